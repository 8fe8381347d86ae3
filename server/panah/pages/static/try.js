// The try-it page: sends a thread to this server's own API and shows it as the extension would.
// All words come from the page itself, so that this file is the same in every language.

const tool = document.querySelector('#tool');
const find = selector => tool.querySelector(selector);
const words = JSON.parse(tool.dataset.words);
const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, {style: 'percent', maximumFractionDigits: 0});
const PATIENCE = 20_000; // ms; the server answers in well under one second
const LIMIT = 64; // replies in one request

const editor = find('#editor');
const own = find('#own');
const postText = find('#post-text');
const repliesText = find('#replies-text');
const again = find('#again');
const thread = find('#thread');
const choices = [...tool.querySelectorAll('.choice')];

/** The thread on the stage: {lang?, post, replies}. Undefined until somebody chose one. */
let current;
/** Stops the request in flight when another thread is chosen. */
let stop = new AbortController();

/** Fills {curly} parts. */
function fill(text, parts) {
  return text.replace(/\{(\w+)\}/g, (_, name) => parts[name]);
}

/** A template's copy. */
function copy(id) {
  return find(`#${id}`).content.cloneNode(true);
}

/** The language to mark a text with, so that fonts and screen readers read it right. */
function languageOf(text, known) {
  if (known) return known;
  const urdu = text.match(/[\u0600-\u06ff]/g)?.length ?? 0;
  const latin = text.match(/[a-z]/gi)?.length ?? 0;
  return urdu > latin ? 'ur' : 'en';
}

function write(element, text, lang) {
  element.textContent = text;
  element.lang = languageOf(text, lang);
  element.dir = 'auto';
}

/** A request that the server did not answer with verdicts. */
class Unanswered extends Error {
  constructor(said, parts = {}) {
    super(fill(words.said[said], parts));
  }
}

/** The verdicts, in order. Throws Unanswered, or AbortError when another thread was chosen. */
async function ask({post, replies}, signal) {
  const body = {
    replies: replies.map((text, index) => ({id: String(index), text, ...(post && {context: post})})),
    sensitivity: find('input[name=sensitivity]:checked').value,
  };
  let response;
  try {
    response = await fetch('/v1/score', {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify(body),
      credentials: 'omit',
      cache: 'no-store',
      signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
    });
    if (response.ok) return (await response.json()).verdicts;
  } catch (fault) {
    if (signal.aborted) throw fault;
    throw new Unanswered('unreachable');
  }
  const seconds = response.headers.get('Retry-After') ?? 5;
  if (response.status === 429) throw new Unanswered('limit', {seconds});
  if (response.status === 503) throw new Unanswered('busy', {seconds});
  if (response.status === 413) throw new Unanswered('too_large');
  throw new Unanswered('refused');
}

/** Opens and closes what `button` controls. */
function toggles(button, part) {
  button.addEventListener('click', () => {
    part.hidden = !part.hidden;
    button.setAttribute('aria-expanded', String(!part.hidden));
  });
}

function numbers(scores) {
  const part = copy('numbers');
  for (const row of part.querySelectorAll('tr[data-label]')) {
    const score = scores[row.dataset.label];
    // Through the object model, since the page's policy forbids style attributes.
    row.querySelector('i').style.inlineSize = `${score * 100}%`;
    row.querySelector('.figure').textContent = percent.format(score);
  }
  return part;
}

function shownReply(text, lang) {
  const part = copy('shown');
  write(part.querySelector('.text'), text, lang);
  return part;
}

function coveredReply(text, lang, verdict) {
  const part = copy('covered');
  const hidden = verdict.action === 'hide';
  const act = words.acts[verdict.reason] ?? words.acts.hostile;
  const said = part.querySelector('.act');
  const body = part.querySelector('.text');
  const show = part.querySelector('.show');
  const why = part.querySelector('.why');
  const because = part.querySelector('.because');
  part.querySelector('.reply').dataset.action = verdict.action;
  part.querySelector('.line').setAttribute('aria-label', words.line[hidden ? 'hidden_name' : 'flag_name']);
  said.textContent = fill(words.line[hidden ? 'hidden' : 'flag'], {act});
  write(body, text, lang);
  body.hidden = hidden;
  because.append(copy(`because-${verdict.reason in words.acts ? verdict.reason : 'hostile'}`));
  if (verdict.truncated) because.append(copy('partial'));
  because.append(numbers(verdict.scores));
  because.id = `because-reply-${verdict.id}`;
  why.setAttribute('aria-controls', because.id);
  toggles(why, because);
  if (!hidden) {
    show.remove();
    return part;
  }
  // The button keeps its place and the focus; its word says what comes next.
  show.addEventListener('click', () => {
    body.hidden = !body.hidden;
    show.textContent = body.hidden ? words.line.show_once : words.line.hide_again;
    said.textContent = fill(body.hidden ? words.line.hidden : words.line.shown, {act});
  });
  return part;
}

/** Puts the thread on the stage. Without verdicts every reply is shown: a fault never hides. */
function present({lang, post, replies}, verdicts) {
  find('#post').hidden = post === '';
  write(find('#post p'), post, lang);
  find('#replies').replaceChildren(
    ...replies.map((text, index) => {
      const verdict = verdicts?.[index];
      return !verdict || verdict.action === 'show'
        ? shownReply(text, lang)
        : coveredReply(text, lang, verdict);
    }),
  );
  thread.hidden = false;
}

function summarise(verdicts) {
  const count = action => verdicts.filter(verdict => verdict.action === action).length;
  return fill(words.said.summary, {hidden: count('hide'), flagged: count('flag'), shown: count('show')});
}

/** Judges the current thread and presents it. A newer call ends an older one. */
async function judge() {
  stop.abort();
  stop = new AbortController();
  const {signal} = stop;
  const asked = current;
  find('#empty').hidden = true;
  find('#trouble').textContent = '';
  // A quick answer should not flicker.
  const reading = setTimeout(() => {
    find('#reading').hidden = false;
  }, 250);
  thread.setAttribute('aria-busy', 'true');
  try {
    const verdicts = await ask(asked, signal);
    present(asked, verdicts);
    find('#summary').textContent = summarise(verdicts);
    if (document.activeElement === again) thread.focus(); // Its button goes; focus must not fall to the top.
    again.hidden = true;
  } catch (fault) {
    if (signal.aborted) return;
    if (!(fault instanceof Unanswered)) throw fault;
    present(asked);
    find('#summary').textContent = '';
    find('#trouble').textContent = `${fault.message} ${words.said.unjudged}`;
    again.hidden = false;
  } finally {
    clearTimeout(reading);
    if (!signal.aborted) {
      find('#reading').hidden = true;
      thread.removeAttribute('aria-busy');
    }
  }
}

function press(chosen) {
  for (const choice of choices) choice.setAttribute('aria-pressed', String(choice === chosen));
  editor.hidden = chosen !== own;
  own.setAttribute('aria-expanded', String(chosen === own));
}

/** On a narrow screen the stage lies below the choices: a pointer's owner is taken there, focus stays. */
function bringStage(event) {
  const stage = find('.stage');
  if (event.detail > 0 && stage.getBoundingClientRect().top > innerHeight * 0.7) {
    stage.scrollIntoView({block: 'start'});
  }
}

function openEditor() {
  stop.abort();
  press(own);
  thread.hidden = true;
  for (const id of ['#empty', '#reading', '#again']) find(id).hidden = true;
  for (const id of ['#summary', '#trouble', '#replies-problem']) find(id).textContent = '';
  current = undefined;
}

for (const choice of choices) {
  if (choice === own) continue;
  choice.addEventListener('click', async event => {
    press(choice);
    current = JSON.parse(choice.dataset.thread);
    await judge(); // Before it the page may be too short to scroll.
    bringStage(event);
  });
}

own.addEventListener('click', event => {
  openEditor();
  bringStage(event);
});

find('#change').addEventListener('click', () => {
  postText.value = current.post;
  repliesText.value = current.replies.join('\n');
  openEditor();
  postText.focus();
});

editor.addEventListener('submit', event => {
  event.preventDefault();
  const replies = repliesText.value
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '');
  const problem =
    replies.length === 0
      ? words.said.no_replies
      : replies.length > LIMIT
        ? fill(words.said.too_many, {count: replies.length})
        : '';
  find('#replies-problem').textContent = problem;
  repliesText.setAttribute('aria-invalid', String(problem !== ''));
  if (problem) {
    repliesText.focus();
    return;
  }
  current = {post: postText.value.trim(), replies};
  judge();
});

again.addEventListener('click', judge);

for (const choice of tool.querySelectorAll('input[name=sensitivity]')) {
  choice.addEventListener('change', () => {
    if (current) judge();
  });
}

tool.hidden = false;
