import type {Decision} from '../../../extension/src/core/decide.js';
import type {Language} from '../../../extension/src/core/i18n.js';
import {type Covers, openCovers} from '../../../extension/src/present/covers.js';
import {cellHtml, postHtml, REPLY_ID, showPage} from '../factories.js';
import {insideOf, pressIn, spyOnShadowRoots} from '../shadow.js';

const HIDE: Decision = {act: 'hide', reason: 'blame', partial: false};
const FLAG: Decision = {act: 'flag', reason: 'disbelief', partial: false};
const SHOW: Decision = {act: 'show'};

let covers: Covers;
let article: HTMLElement;

function present(decision: Decision, {id = REPLY_ID, language = 'en' as Language} = {}): void {
	const sample = () => article.querySelector('[data-testid]') ?? undefined;
	covers.present([{article, id, sample, decision}], language);
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
	covers = openCovers();
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

	test('has a line that names itself, tells the act and offers two buttons', () => {
		present(HIDE);
		const line = insideOf(lines()[0]);
		const group = line.querySelector('[role=group]');
		expect(group?.getAttribute('aria-label')).toBe('Reply hidden');
		expect(group?.querySelector('.text')?.textContent).toBe('Reply hidden: blames the person who was harmed');
		expect([...line.querySelectorAll('button')].map(button => button.textContent)).toEqual([
			'Show once',
			'Why?',
		]);
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

	test('explains itself in plain words, without numbers', () => {
		present({...HIDE, partial: true});
		const line = insideOf(lines()[0]);
		const more = line.querySelector('.more') as HTMLElement;
		expect(more.hidden).toBe(true);
		const why = pressIn(lines()[0], 'Why?');
		expect(more.hidden).toBe(false);
		expect(why.getAttribute('aria-expanded')).toBe('true');
		expect(more.textContent).toContain('the fault of the person it happened to');
		expect(more.textContent).toContain('it can be wrong');
		expect(more.textContent).toContain('only the beginning');
		expect(more.textContent).not.toMatch(/\d/);
		pressIn(lines()[0], 'Why?');
		expect(more.hidden).toBe(true);
		expect(why.getAttribute('aria-expanded')).toBe('false');
	});

	test('does not say that only the beginning was read when all of it was', () => {
		present(HIDE);
		expect(insideOf(lines()[0]).textContent).not.toContain('only the beginning');
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
		for (const type of ['click', 'keydown', 'mousedown'])
			document.addEventListener(type, heard, {once: true});
		for (const type of ['click', 'keydown', 'mousedown'])
			lines()[0]?.dispatchEvent(new Event(type, {bubbles: true}));
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
		expect([...label.querySelectorAll('button')].map(button => button.textContent)).toEqual(['Why?']);
		pressIn(flags()[0], 'Why?');
		expect((label.querySelector('.more') as HTMLElement).hidden).toBe(false);
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
		expect(insideOf(line).querySelector('.more')?.hasAttribute('hidden')).toBe(false);
	});

	test.each([
		['show', SHOW, undefined, 0, 0],
		['flag', FLAG, 'flagged', 0, 1],
		['another reason', {...HIDE, reason: 'threat'} as Decision, 'hidden', 1, 0],
	])('a verdict that changes to %s leaves nothing of the old', (_, next, mark, lineCount, flagCount) => {
		present(HIDE);
		present(next);
		expect(article.dataset.panah).toBe(mark);
		expect([lines().length, flags().length]).toEqual([lineCount, flagCount]);
		if (lineCount) expect(insideOf(lines()[0]).textContent).toContain('may be a threat');
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
			article: one,
			id: `${index}`,
			sample: () => undefined,
			decision: HIDE,
		}));
		covers.present(wishes, 'en');
		expect(order).toEqual(['measure', 'measure', 'change', 'change']);
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
		const note = () => insideOf(lines()[0]).querySelector('.reload') as HTMLElement;
		expect(note().hidden).toBe(true);
		covers.askForReload();
		expect(note().hidden).toBe(false);
		expect(note().textContent).toBe('Panah was updated. Reload the page to go on.');
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
