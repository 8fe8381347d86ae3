import type {Covered, Decision} from '../../../extension/src/core/decide.js';
import type {Language} from '../../../extension/src/core/i18n.js';
import type {LineKey} from '../../../extension/src/core/line-texts.js';
import type {SaveAnswer} from '../../../extension/src/core/messages.js';
import type {Detail} from '../../../extension/src/lists/messages.js';
import {type Covers, openCovers, type Wish} from '../../../extension/src/present/covers.js';
import {cellHtml, postHtml, REPLY_ID, showPage} from '../factories.js';
import {buttonsIn, insideOf, pressIn, spyOnShadowRoots} from '../shadow.js';

const BLAME: Covered = {reason: 'blame', partial: false, source: 'model'};
const HIDE: Decision = {act: 'hide', ...BLAME};
const OUT: Decision = {act: 'out', ...BLAME};
const FLAG: Decision = {act: 'flag', reason: 'disbelief', partial: false, source: 'model'};
const SHOW: Decision = {act: 'show'};
const HOLD = {act: 'hold'} as const;

const actions = {
	alwaysShow: vi.fn<(id: string) => Promise<boolean>>(),
	fine: vi.fn<(id: string) => Promise<boolean>>(),
	save: vi.fn<(id: string) => Promise<SaveAnswer>>(),
	report: vi.fn<(id: string) => Promise<boolean>>(),
	hideAccount: vi.fn<(id: string, hidden: boolean) => Promise<LineKey | false>>(),
	details: vi.fn<(id: string) => Promise<Detail[] | undefined>>(),
	changed: vi.fn<() => void>(),
};

let covers: Covers;
let article: HTMLElement;

function present(
	decision: Wish['decision'],
	{id = REPLY_ID, language = 'en' as Language, numbers = false, discreet = false} = {},
): void {
	const sample = () => article.querySelector('[data-testid]') ?? undefined;
	covers.present([{element: article, id, of: 'post', sample, decision, numbers, discreet}], language);
}

/** Where the article stands in the window, as far as layout goes. */
function place(element: Element, top: number, height = 200): void {
	vi.spyOn(element, 'getBoundingClientRect').mockReturnValue({top, height, bottom: top + height} as DOMRect);
}

const lines = () => [...document.querySelectorAll<HTMLElement>('panah-line')];
const flags = () => [...document.querySelectorAll<HTMLElement>('panah-flag')];

beforeEach(() => {
	spyOnShadowRoots();
	showPage([cellHtml(postHtml())]);
	article = document.querySelector('article') as HTMLElement;
	vi.clearAllMocks();
	covers = openCovers(actions);
});

describe('a hidden reply', () => {
	test('is marked, and one line with its id stands right before it', () => {
		present(HIDE);
		expect(article.dataset.panah).toBe('hidden');
		expect(lines()).toHaveLength(1);
		expect(article.previousElementSibling).toBe(lines()[0]);
		expect(lines()[0]?.dataset.statusId).toBe(REPLY_ID);
	});

	test('leaves the page’s own nodes as they were', () => {
		const before = article.outerHTML;
		present(HIDE);
		delete article.dataset.panah;
		expect(article.outerHTML).toBe(before);
	});

	test('cannot be read out of the line by the page', () => {
		present(HIDE);
		expect(lines()[0]?.shadowRoot).toBeNull();
		expect(lines()[0]?.outerHTML).toBe(`<panah-line data-status-id="${REPLY_ID}"></panah-line>`);
	});

	test('has a line that names itself, tells the act and offers three buttons', () => {
		present(HIDE);
		const line = insideOf(lines()[0]);
		const group = line.querySelector('[role=group]');
		expect(group?.getAttribute('aria-label')).toBe('Reply hidden');
		expect(group?.querySelector('.text')?.textContent).toBe('Reply hidden: blames the person who was harmed');
		expect(buttonsIn(lines()[0])).toEqual(['Show once', 'Why?', 'More']);
		expect(line.querySelector('[aria-live], [role=status], [role=alert]')).toBeNull();
	});

	test('speaks our language and runs its way, whatever the page does', () => {
		document.documentElement.dir = 'ltr';
		present(HIDE, {language: 'ur'});
		const group = insideOf(lines()[0]).querySelector('[role=group]') as HTMLElement;
		expect([group.lang, group.dir]).toEqual(['ur', 'rtl']);
		expect(group.textContent).toContain('متاثرہ فرد کو قصوروار ٹھہراتا ہے');
	});

	test('is shown on request, and hidden again, under the same key', () => {
		present(HIDE);
		const button = pressIn(lines()[0], 'Show once');
		expect(article.dataset.panah).toBeUndefined();
		expect(button.textContent).toBe('Hide again');
		expect(insideOf(lines()[0]).querySelector('[role=group]')?.getAttribute('aria-label')).toBe(
			'Reply shown once',
		);
		pressIn(lines()[0], 'Hide again');
		expect(article.dataset.panah).toBe('hidden');
		expect(button.textContent).toBe('Show once');
	});

	test('once shown stays shown when X takes it away and brings it back', () => {
		present(HIDE);
		pressIn(lines()[0], 'Show once');
		showPage([cellHtml(postHtml())]);
		covers.tend();
		article = document.querySelector('article') as HTMLElement;
		present(HIDE);
		expect(article.dataset.panah).toBeUndefined();
		expect(insideOf(lines()[0]).textContent).toContain('Hide again');
	});

	test('once shown is hidden again after another page was visited', () => {
		present(HIDE);
		pressIn(lines()[0], 'Show once');
		covers.forget();
		covers.clearAll();
		present(HIDE);
		expect(article.dataset.panah).toBe('hidden');
	});

	test('gives its keyboard to the line, so that nobody is thrown to the top of the page', () => {
		article.querySelector('button')?.focus();
		present(HIDE);
		expect(document.activeElement).toBe(lines()[0]);
	});

	test('takes no keyboard that is elsewhere', () => {
		document.body.insertAdjacentHTML('beforeend', '<input>');
		document.querySelector('input')?.focus();
		present(HIDE);
		expect(document.activeElement?.tagName).toBe('INPUT');
	});

	test('keeps clicks and keys on its line from X', () => {
		present(HIDE);
		const heard = vi.fn();
		const types = ['click', 'keydown', 'mousedown', 'touchstart'];
		for (const type of types) document.addEventListener(type, heard, {once: true});
		for (const type of types) lines()[0]?.dispatchEvent(new Event(type, {bubbles: true}));
		expect(heard).not.toHaveBeenCalled();
	});
});

describe('a flagged reply', () => {
	test('stays visible below a small label that explains', () => {
		present(FLAG);
		expect(article.dataset.panah).toBe('flagged');
		expect(article.previousElementSibling).toBe(flags()[0]);
		expect(lines()).toEqual([]);
		const label = insideOf(flags()[0]);
		expect(label.querySelector('[role=group]')?.getAttribute('aria-label')).toBe('Note about this reply');
		expect(label.querySelector('.text')?.textContent).toBe('Please note: doubts that it happened');
		expect(buttonsIn(flags()[0])).toEqual(['Why?', 'More']);
		pressIn(flags()[0], 'Why?');
		expect((label.querySelector('#why') as HTMLElement).hidden).toBe(false);
	});

	test('above the window gets its label only once it comes into view, since a label pushes the page down', () => {
		place(article, -300);
		present(FLAG);
		expect(flags()).toEqual([]);
		place(article, 10);
		present(FLAG);
		expect(flags()).toHaveLength(1);
	});
});

describe('changes', () => {
	test('the same decision again changes nothing', () => {
		present(HIDE);
		const [line] = lines();
		pressIn(line, 'Why?');
		present(HIDE);
		expect(lines()).toEqual([line]);
		expect(insideOf(line).querySelector('#why')?.hasAttribute('hidden')).toBe(false);
	});

	test.each([
		['show', SHOW, undefined, 0, 0],
		['flag', FLAG, 'flagged', 0, 1],
		['another reason', {...HIDE, reason: 'threat'} as Decision, 'hidden', 1, 0],
		['leaving it out', OUT, 'hidden', 0, 0],
	])('a verdict that changes to %s leaves nothing of the old', (_, next, mark, lineCount, flagCount) => {
		present(HIDE);
		present(next);
		expect(article.dataset.panah).toBe(mark);
		expect([lines().length, flags().length]).toEqual([lineCount, flagCount]);
		if (lineCount > 0) expect(insideOf(lines()[0]).textContent).toContain('may be a threat');
	});

	test('another language is spoken at once', () => {
		present(HIDE);
		present(HIDE, {language: 'ur'});
		expect(lines()).toHaveLength(1);
		expect(insideOf(lines()[0]).textContent).toContain('ایک بار دکھائیں');
	});

	test('an element that gets another reply has the line of the new one only', () => {
		present(HIDE);
		present(HIDE, {id: '99'});
		expect(lines().map(line => line.dataset.statusId)).toEqual(['99']);
	});

	test('all is measured before anything is changed, so that the page is laid out once', () => {
		showPage([cellHtml(postHtml({id: '1'})), cellHtml(postHtml({id: '2'}))]);
		const order: string[] = [];
		const articles = [...document.querySelectorAll<HTMLElement>('article')];
		for (const one of articles) {
			vi.spyOn(one, 'getBoundingClientRect').mockImplementation(() => {
				order.push('measure');
				return {top: 0, height: 10} as DOMRect;
			});
			vi.spyOn(one, 'before').mockImplementation(() => void order.push('change'));
		}
		const wishes = articles.map((one, index) => ({
			element: one,
			id: `${index}`,
			of: 'post' as const,
			sample: () => undefined,
			decision: HIDE,
			numbers: false,
			discreet: false,
		}));
		covers.present(wishes, 'en');
		expect(order).toEqual(['measure', 'measure', 'change', 'change']);
	});

	test('the mark of ours stands in a line unless the reader wants to be discreet', () => {
		const marks = () => insideOf(lines()[0]).querySelectorAll('svg').length;
		present(HIDE);
		expect(marks()).toBe(1);
		present(HIDE, {discreet: true});
		expect(marks()).toBe(0);
	});

	test('a line that the page dropped, or put elsewhere, comes back', () => {
		present(HIDE);
		lines()[0]?.remove();
		delete article.dataset.panah;
		present(HIDE);
		expect(article.previousElementSibling).toBe(lines()[0]);
		expect(article.dataset.panah).toBe('hidden');
		article.after(lines()[0] as HTMLElement);
		present(HIDE);
		expect(article.previousElementSibling).toBe(lines()[0]);
		expect(lines()).toHaveLength(1);
	});

	test('the line of a post that X took out of its cell goes too', () => {
		present(HIDE);
		article.remove();
		covers.tend();
		expect(lines()).toEqual([]);
	});

	test('clearing all leaves the page as it was', () => {
		const before = document.body.innerHTML;
		present(HIDE);
		covers.clearAll();
		expect(document.body.innerHTML).toBe(before);
		expect(covers.idOn(article)).toBeUndefined();
	});

	test('the page’s colours and font are taken over when they change', () => {
		document.body.style.backgroundColor = 'rgb(255, 255, 255)';
		present(HIDE);
		const group = insideOf(lines()[0]).querySelector('[role=group]') as HTMLElement;
		expect(group.classList.contains('dark')).toBe(false);
		document.body.style.backgroundColor = 'rgb(0, 0, 0)';
		covers.wear();
		expect(group.classList.contains('dark')).toBe(true);
	});

	test('an extension that is gone asks for a reload, and leaves hidden what is hidden', () => {
		present(HIDE);
		const notes = () => [...insideOf(lines()[0]).querySelectorAll('.reload')].map(note => note.textContent);
		expect(notes()).toEqual([]);
		covers.askForReload();
		covers.askForReload();
		expect(notes()).toEqual(['There was an update. Reload the page to go on.']);
		expect(article.dataset.panah).toBe('hidden');
	});
});

describe('a reply above what is being read', () => {
	const room = () => (insideOf(lines()[0]).querySelector('.cover') as HTMLElement).style.minBlockSize;

	test('keeps its room when it is hidden, so that the page stays where it is', () => {
		place(article, -150, 220);
		present(HIDE);
		expect(room()).toBe('220px');
	});

	test('gives the room back once it is below the window', () => {
		place(article, -150, 220);
		present(HIDE);
		place(lines()[0] as Element, 100);
		covers.giveBackRoom();
		expect(room()).toBe('220px');
		place(lines()[0] as Element, innerHeight + 10);
		covers.giveBackRoom();
		expect(room()).toBe('');
	});

	test('keeps the same room when X brings it back, since X remembers its height', () => {
		place(article, -150, 220);
		present(HIDE);
		showPage([cellHtml(postHtml())]);
		covers.tend();
		article = document.querySelector('article') as HTMLElement;
		place(article, -500, 180);
		present(HIDE);
		expect(room()).toBe('220px');
	});

	test('one in view keeps none', () => {
		place(article, 0, 220);
		present(HIDE);
		expect(room()).toBe('');
	});

	test('gives it up when the person shows the reply and hides it again', () => {
		place(article, -150, 220);
		present(HIDE);
		pressIn(lines()[0], 'Show once');
		expect(room()).toBe('');
		pressIn(lines()[0], 'Hide again');
		expect(room()).toBe('');
	});
});

describe('a reply that is left out', () => {
	test('is hidden with nothing in its place', () => {
		const before = article.parentElement?.innerHTML;
		present(OUT);
		expect(article.dataset.panah).toBe('hidden');
		expect(lines()).toEqual([]);
		covers.clear(article);
		expect(article.parentElement?.innerHTML).toBe(before);
	});

	test('once revealed has a line above it that hides it again, without a trace', () => {
		present(OUT);
		covers.reveal(REPLY_ID);
		expect(covers.isShown(REPLY_ID)).toBe(true);
		expect(article.dataset.panah).toBeUndefined();
		expect(article.previousElementSibling).toBe(lines()[0]);
		expect(buttonsIn(lines()[0])).toEqual(['Hide again', 'Why?', 'More']);
		present(OUT);
		expect(lines()).toHaveLength(1);
		pressIn(lines()[0], 'Hide again');
		expect(lines()).toEqual([]);
		expect(article.dataset.panah).toBe('hidden');
		expect(covers.isShown(REPLY_ID)).toBe(false);
	});

	test('hands the keyboard on when it vanishes, so that nobody is thrown to the top of the page', () => {
		showPage([cellHtml(postHtml()), cellHtml(postHtml({id: '3'}))]);
		const [first, next] = document.querySelectorAll('article');
		article = first as HTMLElement;
		present(OUT);
		covers.reveal(REPLY_ID);
		expect(document.activeElement).toBe(lines()[0]);
		pressIn(lines()[0], 'Hide again');
		expect(document.activeElement).toBe(next);
	});

	test('above what is being read keeps its room, and nothing stands in it', () => {
		place(article, -150, 220);
		present(OUT);
		expect(lines()[0]?.style.blockSize).toBe('220px');
		expect(() => insideOf(lines()[0])).toThrow();
		present(OUT);
		expect(lines()).toHaveLength(1);
		place(lines()[0] as Element, innerHeight + 10);
		covers.giveBackRoom();
		expect(lines()).toEqual([]);
		expect(article.dataset.panah).toBe('hidden');
	});
});

describe('what the popup asks for', () => {
	test('shows a hidden reply, goes there and gives it the keyboard', () => {
		present(HIDE);
		const scroll = vi.spyOn(article, 'scrollIntoView');
		covers.reveal(REPLY_ID);
		expect(article.dataset.panah).toBeUndefined();
		expect(scroll).toHaveBeenCalledWith({block: 'center', behavior: 'instant'});
		expect(document.activeElement).toBe(lines()[0]);
		covers.hideAgain(REPLY_ID);
		expect(article.dataset.panah).toBe('hidden');
		expect(covers.isShown(REPLY_ID)).toBe(false);
	});

	test('shows a reply that X does not hold at present once X brings it', () => {
		covers.reveal(REPLY_ID);
		present(HIDE);
		expect(article.dataset.panah).toBeUndefined();
		expect(buttonsIn(lines()[0])).toContain('Hide again');
	});

	test('hides again what has scrolled above, without moving what is read', () => {
		present(HIDE);
		covers.reveal(REPLY_ID);
		place(article, -400, 180);
		covers.hideAgain(REPLY_ID);
		expect((insideOf(lines()[0]).querySelector('.cover') as HTMLElement).style.minBlockSize).toBe('180px');
	});

	test('is told whenever something was shown or hidden', () => {
		present(HIDE);
		expect(actions.changed).not.toHaveBeenCalled();
		pressIn(lines()[0], 'Show once');
		pressIn(lines()[0], 'Hide again');
		expect(actions.changed).toHaveBeenCalledTimes(2);
	});
});

describe('a reply that is held back', () => {
	test('has one quiet line in its place that nothing announces', () => {
		present(HOLD);
		expect(article.dataset.panah).toBe('held');
		const inside = insideOf(lines()[0]);
		expect(inside.textContent).toBe('One moment');
		expect(inside.querySelector('button, [aria-live], [role=status], [role=alert]')).toBeNull();
	});

	test.each([
		['show', SHOW, undefined, 0],
		['hide', HIDE, 'hidden', 1],
		['out', OUT, 'hidden', 0],
	] as const)('goes over to "%s" in one step', (_, decision, mark, count) => {
		present(HOLD);
		present(decision);
		expect(article.dataset.panah).toBe(mark);
		expect(lines()).toHaveLength(count);
		expect(
			lines()
				.map(line => insideOf(line).textContent)
				.join(),
		).not.toContain('One moment');
	});

	test('is not held when it begins above what is being read, nor taken away when it comes into view', () => {
		place(article, -20);
		present(HOLD);
		expect(article.dataset.panah).toBeUndefined();
		place(article, 20);
		present(HOLD);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('is not held while the keyboard is in it', () => {
		article.querySelector('button')?.focus();
		present(HOLD);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('that went out of view above stays as it is until it comes back: showing it would push the page down', () => {
		present(HOLD);
		place(lines()[0] as Element, -40, 50);
		present(SHOW);
		expect(article.dataset.panah).toBe('held');
		place(lines()[0] as Element, 5, 50);
		present(SHOW);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('stays as it was judged before, while it is judged anew', () => {
		present(HIDE);
		const [line] = lines();
		present(HOLD);
		expect(lines()).toEqual([line]);
		expect(article.dataset.panah).toBe('hidden');
	});

	test('is told apart from what has a verdict', () => {
		expect(covers.isHeld(article)).toBe(false);
		present(HOLD);
		expect(covers.isHeld(article)).toBe(true);
		present(HIDE);
		expect(covers.isHeld(article)).toBe(false);
	});

	test('is shown when the extension is gone, since nobody will check it', () => {
		present(HOLD);
		covers.askForReload();
		expect(article.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});
});

describe('"Why?"', () => {
	function why(decision: Decision, numbers = false): string {
		present(decision, {numbers});
		pressIn([...lines(), ...flags()][0], 'Why?');
		return insideOf([...lines(), ...flags()][0]).querySelector('#why')?.textContent ?? '';
	}

	test('explains in plain words, without numbers', () => {
		const told = why({...HIDE, partial: true, score: 0.91});
		expect(told).toContain('the fault of the person it happened to');
		expect(told).toContain('A program judged this, and it can be wrong.');
		expect(told).toContain('Only the beginning of the text was read.');
		expect(told).not.toMatch(/\d/);
	});

	test('opens and closes under one key, and says so', () => {
		present(HIDE);
		const opener = pressIn(lines()[0], 'Why?');
		const panel = insideOf(lines()[0]).querySelector('#why') as HTMLElement;
		expect([panel.hidden, opener.getAttribute('aria-expanded')]).toEqual([false, 'true']);
		expect(opener.getAttribute('aria-controls')).toBe('why');
		pressIn(lines()[0], 'Why?');
		expect([panel.hidden, opener.getAttribute('aria-expanded')]).toEqual([true, 'false']);
	});

	test('does not say that only the beginning was read when all of it was', () => {
		expect(why(HIDE)).not.toContain('beginning');
	});

	test.each([
		['reader', 'You marked it.'],
		['friend', 'A friend who looked through it marked it.'],
	] as const)('tells when it was the %s', (source, words) => {
		const told = why({...HIDE, source});
		expect(told).toContain(words);
		expect(told).not.toContain('program');
	});

	test('says no more than a person said who named no reason', () => {
		expect(why({...HIDE, source: 'reader', reason: 'other'})).toBe('You marked it.');
	});

	test('tells that nobody judged what only answers a hidden reply', () => {
		expect(why({...HIDE, reason: 'beneath', source: 'thread'})).toContain(
			'Nobody has judged this reply itself.',
		);
		expect(insideOf(lines()[0]).textContent).toContain('Reply hidden: answers a hidden reply');
	});

	test.each([
		[0.914, '91%'],
		[0.999, '99%'],
	])('tells %d as %s to those who want numbers, and never that the program is wholly sure', (score, told) => {
		expect(why({...FLAG, score}, true)).toContain(`The program was ${told} sure.`);
	});
});

describe('"More"', () => {
	test('opens a row, and closes it', () => {
		present(HIDE);
		const more = pressIn(lines()[0], 'More');
		expect(more.getAttribute('aria-expanded')).toBe('true');
		expect(buttonsIn(lines()[0]).slice(3)).toEqual([
			'Always show this account',
			'Hide this account from now on',
			'Not harmful',
			'Save as evidence',
			'Report to a list…',
		]);
		pressIn(lines()[0], 'More');
		expect((insideOf(lines()[0]).querySelector('#acts') as HTMLElement).hidden).toBe(true);
	});

	test('passes on what the reader says, by the id of the cover', () => {
		present(FLAG);
		pressIn(flags()[0], 'More');
		pressIn(flags()[0], 'Always show this account');
		pressIn(flags()[0], 'Not harmful');
		expect(actions.alwaysShow).toHaveBeenCalledExactlyOnceWith(REPLY_ID);
		expect(actions.fine).toHaveBeenCalledExactlyOnceWith(REPLY_ID);
	});

	test('does not ask whether a reply is harmful that nobody said it of', () => {
		present({...HIDE, reason: 'beneath', source: 'thread'});
		pressIn(lines()[0], 'More');
		expect(buttonsIn(lines()[0])).not.toContain('Not harmful');
	});

	test.each([
		[{ok: true, already: false}, 'Saved'],
		[{ok: true, already: true}, 'Already saved'],
		[{ok: false, problem: 'full'}, 'No room left to save it'],
		[{ok: false, problem: 'failed'}, 'Not saved. Try again'],
	] as const)('answers saving where it is heard: %j is "%s"', async (answer, words) => {
		actions.save.mockResolvedValue(answer);
		present(HIDE);
		pressIn(lines()[0], 'More');
		const status = () => insideOf(lines()[0]).querySelector('[role="status"]')?.textContent;
		expect(status()).toBe('');
		const save = pressIn(lines()[0], 'Save as evidence');
		await vi.waitFor(() => expect(status()).toBe(words));
		expect(save.textContent).toBe('Save as evidence');
		expect(actions.save).toHaveBeenCalledExactlyOnceWith(REPLY_ID);
		expect(save.disabled).toBe(false);
	});

	test.each([
		['alwaysShow', 'Always show this account'],
		['fine', 'Not harmful'],
	] as const)('says when %s could not be kept', async (action, label) => {
		actions[action].mockResolvedValue(false);
		present(HIDE);
		pressIn(lines()[0], 'More');
		const status = () => insideOf(lines()[0]).querySelector('[role="status"]')?.textContent;
		pressIn(lines()[0], label);
		await vi.waitFor(() => expect(status()).toBe('That could not be saved. Please try again.'));
		actions[action].mockResolvedValue(true);
		pressIn(lines()[0], label);
		await vi.waitFor(() => expect(status()).toBe(''));
	});

	test('gives the keyboard to the reply when pressing there shows it', () => {
		present(HIDE);
		pressIn(lines()[0], 'More');
		pressIn(lines()[0], 'Not harmful').focus();
		present(SHOW);
		expect(document.activeElement).toBe(article);
	});

	test.each(['Why?', 'More'])('and "%s" close on Escape, with the keyboard on their button', label => {
		present(HIDE);
		const opener = pressIn(lines()[0], label);
		const panel = insideOf(lines()[0]).querySelector(
			`#${opener.getAttribute('aria-controls')}`,
		) as HTMLElement;
		const heard = vi.fn();
		document.addEventListener('keydown', heard);
		const press = () => new KeyboardEvent('keydown', {key: 'Escape', bubbles: true, composed: true});
		(panel.querySelector('button') ?? opener).dispatchEvent(press());
		expect(panel.hidden).toBe(true);
		expect(insideOf(lines()[0]).activeElement).toBe(opener);
		expect(heard).not.toHaveBeenCalled();
		// With nothing of ours left to close, it closes what X has opened.
		opener.dispatchEvent(press());
		expect(heard).toHaveBeenCalledOnce();
		document.removeEventListener('keydown', heard);
	});
});

describe('a quoted post', () => {
	const QUOTE_ID = `${REPLY_ID}#quote`;
	let quote: HTMLElement;

	function wish(decision: Wish['decision'], id = QUOTE_ID): Wish {
		return {
			element: quote,
			id,
			of: 'quote',
			sample: () => undefined,
			decision,
			numbers: false,
			discreet: false,
		};
	}

	function presentQuote(decision: Wish['decision']): void {
		covers.present([wish(decision)], 'en');
	}

	const names = () => article.getAttribute('aria-labelledby');

	beforeEach(() => {
		showPage([cellHtml(postHtml({quote: 'A quoted text.'}))]);
		article = document.querySelector('article') as HTMLElement;
		quote = article.querySelector('[role=link]') as HTMLElement;
		quote.id = 'block';
		(quote.querySelector('[data-testid=tweetText]') as HTMLElement).id = 'quoted';
		article.setAttribute('aria-labelledby', 'author text block  quoted actions');
	});

	test('is hidden by itself, with a line that says so before it', () => {
		presentQuote(HIDE);
		expect(quote.dataset.panah).toBe('hidden');
		expect(article.dataset.panah).toBeUndefined();
		expect(quote.previousElementSibling).toBe(lines()[0]);
		expect(lines()[0]?.dataset.statusId).toBe(QUOTE_ID);
		expect(insideOf(lines()[0]).querySelector('[role=group]')?.getAttribute('aria-label')).toBe(
			'Quoted post hidden',
		);
	});

	test.each([
		['hidden', HIDE],
		['left out', OUT],
		['held back', HOLD],
	] as const)('that is %s stands in no name around it, until it is uncovered', (_, decision) => {
		const before = names();
		presentQuote(decision);
		expect(names()).toBe('author text actions');
		covers.clear(quote);
		expect(names()).toBe(before);
		expect(lines()).toEqual([]);
	});

	test('that is flagged stays in the name of its post', () => {
		const before = names();
		presentQuote(FLAG);
		expect(names()).toBe(before);
	});

	test('is in the name again while it is shown once', () => {
		const before = names();
		presentQuote(HIDE);
		pressIn(lines()[0], 'Show once');
		expect(names()).toBe(before);
		pressIn(lines()[0], 'Hide again');
		expect(names()).toBe('author text actions');
	});

	test('is taken out anew when X writes the name again, and X’s own name stays in the end', () => {
		presentQuote(HIDE);
		article.setAttribute('aria-labelledby', 'author text block quoted views actions');
		presentQuote(HIDE);
		expect(names()).toBe('author text views actions');
		covers.clear(quote);
		expect(names()).toBe('author text block quoted views actions');
	});

	test('leaves alone a name that X wrote without it in the meantime', () => {
		presentQuote(HIDE);
		article.setAttribute('aria-labelledby', 'something else');
		covers.clear(quote);
		expect(names()).toBe('something else');
	});

	test('is left as it is by the cover of its post, and goes with it', () => {
		presentQuote(HIDE);
		present(FLAG);
		present(SHOW);
		covers.clear(article);
		expect(quote.dataset.panah).toBe('hidden');
		present(FLAG);
		covers.clear(article);
		expect(quote.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('loses its cover when its post becomes another one', () => {
		presentQuote(HIDE);
		present(SHOW, {id: '77'});
		expect(quote.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('that X took away takes its line with it', () => {
		presentQuote(HIDE);
		quote.remove();
		covers.tend();
		expect(lines()).toEqual([]);
		expect(names()).toBe('author text block  quoted actions');
	});

	test.each([
		['line', HIDE],
		['label', FLAG],
	] as const)('above what is being read gets its %s only once it comes into view', (_, decision) => {
		place(quote, -60);
		presentQuote(decision);
		expect(quote.dataset.panah).toBeUndefined();
		place(quote, 60);
		presentQuote(decision);
		expect(quote.dataset.panah).toBeDefined();
	});

	test('stays where it is found to belong, and is put back into the names where not', () => {
		present(HIDE);
		presentQuote(HIDE);
		expect(covers.within(article)).toEqual([quote]);
		covers.keepOnly((element, id) => element === quote && id === QUOTE_ID);
		expect([article.dataset.panah, quote.dataset.panah]).toEqual([undefined, 'hidden']);
		expect(lines().map(({dataset}) => dataset.statusId)).toEqual([QUOTE_ID]);
		covers.keepOnly(() => false);
		expect(quote.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
		expect(names()).toBe('author text block  quoted actions');
		expect(covers.within(article)).toEqual([]);
	});

	test('asks for a reload in its own line, too', () => {
		presentQuote(HIDE);
		covers.askForReload();
		expect(insideOf(lines()[0]).textContent).toContain('Reload the page');
	});
});
