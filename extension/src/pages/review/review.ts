import en from '../../../_locales/en/review.json';
import ur from '../../../_locales/ur/review.json';
import {sayAct} from '../../core/line-texts.js';
import {loadLocal, type Mark, mark} from '../../core/local.js';
import {isOnX} from '../../core/sites.js';
import {ACTS, type Reason} from '../../core/verdicts.js';
import {
	findKept,
	JUDGEMENTS,
	type Judgement,
	type Label,
	MAX_FILE,
	makeLabel,
	type Problem,
	packLabels,
	type Review,
	type ReviewReply,
	readLabels,
	readReview,
	toMarks,
} from '../../evidence/review.js';
import {saveEvidence} from '../../evidence/save.js';
import {download} from '../common/download.js';
import {attempt as attemptTo, onFile as onAnyFile, show, tell, tellAgain} from '../common/notes.js';
import {build, find, openPage, type Page, quote} from '../common/page.js';

type ReviewKey = keyof typeof en;

interface Answer {
	judgement: Judgement | undefined;
	reason: Reason;
	note: string;
}

/** After so many replies, a break is suggested. */
const BREAK = 25;

/** Where a file of each kind is opened. */
const PLACES = {
	replies: 'friend_title',
	answers: 'back_title',
	saved: 'nav_evidence',
	settings: 'nav_options',
} as const;

let page: Page<ReviewKey>;
// For the one who helps: what was given, where one is, and the answers so far.
let review: Review | undefined;
let at = 0;
let isLooking = false;
let answers: Answer[] = [];
/** Something was answered that is not in a file yet. */
let unsaved = false;
// For the one who was helped: what came back, and what was marked before.
let labels: Label[] | undefined;
let before: Record<string, Mark | undefined> | undefined;

const act = find('act', HTMLSelectElement);
const note = find('note', HTMLTextAreaElement);
const looking = find('looking', HTMLElement);

async function start(): Promise<void> {
	addJudgements();
	listen();
	await openPage({en, ur}, drawn => {
		page = drawn;
		draw();
	});
}

function addJudgements(): void {
	const group = find('judge', HTMLFieldSetElement);
	for (const [index, value] of JUDGEMENTS.entries()) {
		const label = build('label', 'choice');
		const input = build('input');
		Object.assign(input, {type: 'radio', name: 'judge', value});
		input.setAttribute('aria-describedby', `judge-${value}-help`);
		input.setAttribute('aria-keyshortcuts', String(index + 1));
		input.addEventListener('change', () => judge(value));
		const text = build('span');
		text.dataset.say = `judge_${value}`;
		const help = build('span', 'help');
		help.id = `judge-${value}-help`;
		help.dataset.say = `judge_${value}_help`;
		label.append(input, text, help);
		group.append(label);
	}
}

function listen(): void {
	onFile('friend-file', 'friend-note', async text => {
		const read = readReview(text);
		if (!read.ok) return refuse('friend-note', read);
		review = read.review;
		answers = review.replies.map(({reason}) => ({judgement: undefined, reason, note: ''}));
		[at, isLooking, unsaved] = [0, false, false];
		tell('friend-note');
		draw();
		find('warning', HTMLElement).focus();
	});
	find('start', HTMLElement).addEventListener('click', () => {
		isLooking = true;
		go(0);
	});
	find('previous', HTMLElement).addEventListener('click', () => go(at - 1));
	find('next', HTMLElement).addEventListener('click', () => go(at + 1));
	find('end-previous', HTMLElement).addEventListener('click', () => go(at - 1));
	find('begin-again', HTMLElement).addEventListener('click', () => go(0));
	find('open-another', HTMLElement).addEventListener('click', openAnother);
	// Only while the focus is within: elsewhere these keys belong to the browser and to assistive technology.
	looking.addEventListener('keydown', takeKey);
	act.addEventListener('change', () => {
		const answer = answers[at];
		const reason = listActs(at).find(one => one === act.value);
		if (answer === undefined || reason === undefined) return;
		answer.reason = reason;
		unsaved = true;
	});
	note.addEventListener('input', () => {
		const answer = answers[at];
		if (answer === undefined) return;
		answer.note = note.value;
		unsaved = true;
	});
	find('make-answers', HTMLElement).addEventListener('click', () => void makeAnswers());
	onFile('back-file', 'back-note', async text => {
		const read = readLabels(text);
		if (!read.ok) return refuse('back-note', read);
		[labels, before] = [read.labels, undefined];
		for (const id of ['back-note', 'applied', 'kept']) tell(id);
		draw();
		find('summary', HTMLElement).focus();
	});
	find('apply', HTMLElement).addEventListener('click', () => void attempt('applied', apply));
	find('undo', HTMLElement).addEventListener('click', () => void attempt('applied', undo));
	onFile('keep-file', 'kept', keep);
	addEventListener('beforeunload', event => {
		// A quick exit hides the page first, and nothing may stand in its way.
		if (unsaved && !document.body.hidden) event.preventDefault();
	});
}

function draw(): void {
	find('brand', HTMLElement).textContent = page.name;
	show('warning', review !== undefined && !isLooking);
	show('friend-open', !isLooking);
	const isEnd = isLooking && at === answers.length;
	show('looking', isLooking && !isEnd);
	const isNone = answers.every(({judgement}) => judgement === undefined);
	show('end', isEnd);
	find('end-said', HTMLElement).textContent = page.say(isNone ? 'end_skipped' : 'end');
	show('begin-again', isNone);
	show('open-another', isNone);
	show('give-back', isLooking && !(isEnd && isNone));
	if (isLooking && !isEnd) drawReply();
	drawSummary();
	tellAgain();
}

function drawReply(): void {
	const reply = review?.replies[at];
	const answer = answers[at];
	if (reply === undefined || answer === undefined) return;
	find('progress', HTMLElement).textContent = page.say('progress', {at: at + 1, all: answers.length});
	Object.assign(find('bar', HTMLProgressElement), {max: answers.length, value: at + 1});
	show('break', at > 0 && at % BREAK === 0);
	find('reply', HTMLElement).replaceChildren(...describe(reply));
	act.replaceChildren(
		...listActs(at).map(one => {
			const option = build('option', '', sayAct(page.language, one));
			option.value = one;
			return option;
		}),
	);
	act.value = answer.reason;
	note.value = answer.note;
	for (const input of document.querySelectorAll<HTMLInputElement>('input[name="judge"]')) {
		input.checked = input.value === answer.judgement;
	}
	find('previous', HTMLButtonElement).disabled = at === 0;
	drawJudged(answer);
}

/** What can be chosen; what the program said may be no single act. */
function listActs(index: number): Reason[] {
	const reason = review?.replies[index]?.reason;
	const isAct = reason === undefined || ACTS.some(one => one === reason);
	return isAct ? [...ACTS] : [reason, ...ACTS];
}

function drawJudged({judgement}: Answer): void {
	show('more', judgement === 'hurtful' || judgement === 'keep');
	find('next', HTMLElement).textContent = page.say(judgement === undefined ? 'skip' : 'next');
}

function describe(reply: ReviewReply): HTMLElement[] {
	const {name, handle, text, partial, url, reason} = reply;
	const who = build('h3');
	const account = build('bdi', '', `@${handle}`);
	account.dir = 'ltr';
	who.append(build('bdi', '', name), ' ', account);
	const parts: HTMLElement[] = [who, quote(text)];
	if (partial) parts.push(build('p', 'help', page.say('partial')));
	if (reply.answers !== undefined) {
		parts.push(build('p', 'help', page.say('answers')), quote(reply.answers));
	}
	parts.push(build('p', 'help', page.say('said', {act: sayAct(page.language, reason)})));
	if (isOnX(url)) {
		const link = build('a', '', page.say('open_link'));
		Object.assign(link, {href: url, target: '_blank', rel: 'noreferrer'});
		const row = build('p');
		row.append(link);
		parts.push(row);
	}
	return parts;
}

function takeKey(event: KeyboardEvent): void {
	const {target, code} = event;
	if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
	if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return;
	// By place on the keyboard: an Urdu one writes other digits.
	const [, digit] = /^(?:Digit|Numpad)([1-4])$/.exec(code) ?? [];
	const judgement = JUDGEMENTS[Number(digit) - 1];
	const isRtl = document.documentElement.dir === 'rtl';
	const onward = isRtl ? 'ArrowLeft' : 'ArrowRight';
	const backward = isRtl ? 'ArrowRight' : 'ArrowLeft';
	if (judgement !== undefined) judge(judgement);
	// There the arrows choose between the answers, as everywhere.
	else if (target instanceof HTMLInputElement) return;
	else if (code === onward) go(at + 1);
	else if (code === backward && at > 0) go(at - 1);
	else return;
	event.preventDefault();
}

function judge(judgement: Judgement): void {
	const answer = answers[at];
	if (answer === undefined) return;
	answer.judgement = judgement;
	unsaved = true;
	const input = document.querySelector<HTMLInputElement>(`input[name="judge"][value="${judgement}"]`);
	if (input) input.checked = true;
	drawJudged(answer);
}

function go(to: number): void {
	at = to;
	draw();
	find(at === answers.length ? 'end-said' : 'progress', HTMLElement).focus();
}

function openAnother(): void {
	review = undefined;
	answers = [];
	[at, isLooking, unsaved] = [0, false, false];
	tell('made');
	draw();
	find('friend-file', HTMLElement).focus();
}

async function makeAnswers(): Promise<void> {
	const made = await Promise.all(
		(review?.replies ?? []).map((reply, index) => {
			const {judgement, reason, note: words} = answers[index] ?? {};
			if (judgement === undefined) return undefined;
			const isHarmful = judgement === 'hurtful' || judgement === 'keep';
			return makeLabel(reply, judgement, {reason: isHarmful ? reason : undefined, note: words ?? ''});
		}),
	);
	const given = made.filter(label => label !== undefined);
	if (given.length === 0) return tell('made', () => page.say('nothing_answered'));
	const packed = packLabels(given);
	download(packed);
	unsaved = false;
	tell('made', () => page.say('made', {file: packed.name}));
}

function drawSummary(): void {
	const found = labels ?? [];
	show('summary', found.length > 0);
	show('keep', before !== undefined && found.some(({label}) => label === 'keep'));
	show('apply', before === undefined);
	show('undo', before !== undefined);
	const sentences = JUDGEMENTS.flatMap(judgement => {
		const count = found.filter(({label}) => label === judgement).length;
		return count === 0 ? [] : [page.sayCount(`summary_${judgement}`, count)];
	});
	find('counts', HTMLElement).replaceChildren(...sentences.map(sentence => build('li', '', sentence)));
	const notes = found.flatMap(label => (label.note === undefined ? [] : [label.note]));
	show('notes', notes.length > 0);
	find('notes-list', HTMLElement).replaceChildren(
		...notes.map(words => {
			const item = build('li', '', words);
			item.dir = 'auto';
			return item;
		}),
	);
}

async function apply(): Promise<void> {
	const {marks: old} = await loadLocal();
	const {marks, left} = toMarks(labels ?? [], old);
	await mark(marks);
	before = Object.fromEntries(Object.keys(marks).map(digest => [digest, old[digest]]));
	tell('applied', () => {
		const sentences = [page.say('applied'), left === 0 ? '' : page.sayCount('applied_left', left)];
		return sentences.filter(Boolean).join(' ');
	});
	draw();
	find('undo', HTMLElement).focus();
}

async function undo(): Promise<void> {
	const {marks: now} = await loadLocal();
	// What the reader has decided since then is no answer of the friend.
	const others = Object.entries(before ?? {}).filter(([digest]) => now[digest]?.by !== 'reader');
	await mark(Object.fromEntries(others));
	before = undefined;
	tell('applied', () => page.say('undone'));
	draw();
	find('apply', HTMLElement).focus();
}

/** Saves what the friend found worth keeping, with its words out of the file that the friend was given. */
async function keep(text: string): Promise<void> {
	const read = readReview(text);
	if (!read.ok) return refuse('kept', read);
	const wanted = (labels ?? []).filter(({label}) => label === 'keep');
	const posts = await findKept(wanted, read.review);
	let count = 0;
	const problems = new Set<ReviewKey>(posts.length < wanted.length ? ['kept_less'] : []);
	for (const post of posts) {
		const saved = await saveEvidence(post);
		if (saved.ok) count += 1;
		else problems.add(saved.problem === 'full' ? 'kept_full' : 'kept_failed');
	}
	tell('kept', () => [page.sayCount('kept', count), ...[...problems].map(key => page.say(key))].join(' '));
}

function refuse(id: string, {problem, at: entry = 0, given}: Problem): void {
	tell(id, () =>
		given === undefined
			? page.say(`problem_${problem}`, {at: entry})
			: page.say(`problem_given_${given}`, {place: page.say(PLACES[given])}),
	);
}

function onFile(id: string, noteId: string, work: (text: string) => Promise<void>): void {
	onAnyFile(id, file => {
		if (file.size > MAX_FILE) refuse(noteId, {ok: false, problem: 'large'});
		else void attempt(noteId, async () => work(await file.text()));
	});
}

/** Does something that may fail, and says so if it does. */
function attempt(noteId: string, work: () => Promise<void>): Promise<boolean> {
	const key = noteId.endsWith('-note') ? 'problem_unreadable' : 'kept_failed';
	return attemptTo(work, () => tell(noteId, () => page.say(key)));
}

void start();
