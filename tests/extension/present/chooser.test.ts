import type {Language} from '../../../extension/src/core/i18n.js';
import {say} from '../../../extension/src/core/line-texts.js';
import type {SaveAnswer, SavedPost} from '../../../extension/src/core/messages.js';
import {openChooser} from '../../../extension/src/present/chooser.js';
import {cellHtml, postHtml, showPage} from '../factories.js';
import {insideOf, pressIn, spyOnShadowRoots} from '../shadow.js';

const SAVED: SavedPost = {
	id: '2',
	handle: 'somebody',
	name: 'Name',
	text: 'A reply.',
	partial: false,
	url: 'https://x.com/somebody/status/2',
	foundOn: 'https://x.com/home',
};
const POINTED = '[data-panah-choosing]';

let language: Language;
let chooser: ReturnType<typeof openChooser>;
const describePost = vi.fn<(article: HTMLElement) => SavedPost | undefined>();
const save = vi.fn<(post: SavedPost) => Promise<SaveAnswer>>();
const report = vi.fn<(post: SavedPost) => Promise<boolean>>();
/** X's own handlers, on the post and around it. */
const ofX = vi.fn<(event: Event) => void>();

const articles = () => [...document.querySelectorAll('article')];
const text = (index = 0) => articles()[index]?.querySelector('[data-testid="tweetText"]') as HTMLElement;
const bars = () => [...document.querySelectorAll<HTMLElement>('panah-chooser')];
const note = () => insideOf(bars()[0]).querySelector('[role="status"]')?.textContent;
const settle = () => new Promise(resolve => setTimeout(resolve));

function fire(target: EventTarget, type: string, init: EventInit & {key?: string} = {}): Event {
	const options = {bubbles: true, composed: true, cancelable: true, ...init};
	const event = type.startsWith('key') ? new KeyboardEvent(type, options) : new Event(type, options);
	target.dispatchEvent(event);
	return event;
}

beforeEach(() => {
	spyOnShadowRoots();
	vi.clearAllMocks();
	language = 'en';
	describePost.mockReturnValue(SAVED);
	save.mockResolvedValue({ok: true, already: false});
	showPage([cellHtml(postHtml({id: '2'})), cellHtml(postHtml({id: '3', quote: 'Quoted.'}))]);
	for (const type of 'pointerdown mousedown mouseup pointerup touchstart touchend click auxclick keydown'.split(
		' ',
	)) {
		for (const article of articles()) article.addEventListener(type, ofX);
		document.querySelector('#react-root')?.addEventListener(type, ofX, true);
	}
	chooser = openChooser({describe: describePost, save, report, language: () => language});
});

afterEach(() => chooser.stop());

test('nothing stands on the page and nothing is caught before it starts', () => {
	fire(text(), 'click');
	expect(bars()).toEqual([]);
	expect(ofX).toHaveBeenCalled();
	expect(save).not.toHaveBeenCalled();
});

describe('the bar', () => {
	test('says how it goes, has the keyboard on its button, and ends with it', () => {
		chooser.start();
		expect(note()).toBe(say('en', 'choose'));
		const root = insideOf(bars()[0]);
		expect(root.querySelector('[role="group"]')?.getAttribute('aria-label')).toBe(say('en', 'choose_name'));
		expect(root.activeElement?.textContent).toBe(say('en', 'choose_done'));
		pressIn(bars()[0], say('en', 'choose_done'));
		expect(bars()).toEqual([]);
		fire(text(), 'click');
		expect(save).not.toHaveBeenCalled();
	});

	test('speaks the reader’s language, in its direction', () => {
		language = 'ur';
		chooser.start();
		const bar = insideOf(bars()[0]).querySelector<HTMLElement>('.bar');
		expect([bar?.lang, bar?.dir]).toEqual(['ur', 'rtl']);
		expect(note()).toBe(say('ur', 'choose'));
	});

	test('takes the page’s dark colours', () => {
		document.body.style.backgroundColor = 'rgb(0, 0, 0)';
		chooser.start();
		expect(insideOf(bars()[0]).querySelector('.bar.dark')).not.toBeNull();
		document.body.removeAttribute('style');
	});

	test('keeps its own presses from X', () => {
		chooser.start();
		const listening = new AbortController();
		for (const type of ['click', 'keydown'])
			document.body.addEventListener(type, ofX, {signal: listening.signal});
		const done = insideOf(bars()[0]).querySelector('button') as HTMLElement;
		fire(done, 'keydown', {key: 'Enter'});
		fire(done, 'click');
		listening.abort();
		expect(ofX).not.toHaveBeenCalled();
		expect(save).not.toHaveBeenCalled();
		expect(bars()).toEqual([]);
	});
});

describe('with the mouse', () => {
	test('the post under it is marked, and no other', () => {
		chooser.start();
		fire(text(0), 'pointerover');
		expect([...document.querySelectorAll(POINTED)]).toEqual([articles()[0]]);
		fire(text(1), 'pointerover');
		expect([...document.querySelectorAll(POINTED)]).toEqual([articles()[1]]);
		fire(document.body, 'pointerover');
		expect(document.querySelector(POINTED)).toBeNull();
	});

	test('a press anywhere in a post keeps it, and X hears nothing of it', async () => {
		chooser.start();
		for (const type of ['pointerdown', 'mousedown', 'pointerup', 'mouseup', 'click', 'auxclick']) {
			const event = fire(text(), type);
			// These two would open what was pressed.
			if (type.endsWith('click')) expect(event.defaultPrevented).toBe(true);
		}
		await settle();
		expect(ofX).not.toHaveBeenCalled();
		expect(describePost.mock.calls).toEqual([[articles()[0]]]);
		expect(save.mock.calls).toEqual([[SAVED]]);
	});

	test('so does one on a link or a button in it', async () => {
		chooser.start();
		fire(articles()[0]?.querySelector('a') as Element, 'click');
		fire(articles()[1]?.querySelector('button') as Element, 'click');
		await settle();
		expect(ofX).not.toHaveBeenCalled();
		expect(describePost.mock.calls).toEqual([[articles()[0]], [articles()[1]]]);
	});

	test('a press beside the posts is X’s', () => {
		chooser.start();
		const event = fire(document.querySelector('header') as Element, 'click');
		expect(event.defaultPrevented).toBe(false);
		expect(ofX).toHaveBeenCalledTimes(1);
		expect(describePost).not.toHaveBeenCalled();
	});

	test('a press on our own line in a post is meant for that line', () => {
		chooser.start();
		const line = document.createElement('panah-line');
		const pressed = vi.fn();
		line.addEventListener('click', pressed);
		articles()[1]?.querySelector('[role="link"]')?.before(line);
		expect(articles()[1]?.contains(line)).toBe(true);
		fire(line, 'click');
		expect(pressed).toHaveBeenCalledTimes(1);
		expect(describePost).not.toHaveBeenCalled();
	});
});

test('with a finger, a touch still becomes a press, though X hears nothing of it', async () => {
	chooser.start();
	// Prevented, it would never become a click.
	for (const type of ['touchstart', 'touchend']) expect(fire(text(), type).defaultPrevented).toBe(false);
	fire(text(), 'click');
	await settle();
	expect(ofX).not.toHaveBeenCalled();
	expect(save).toHaveBeenCalledTimes(1);
});

describe('with the keyboard', () => {
	test('the post that has it is marked, and Enter keeps it', async () => {
		chooser.start();
		articles()[0]?.focus();
		expect([...document.querySelectorAll(POINTED)]).toEqual([articles()[0]]);
		fire(articles()[0] as Element, 'keydown', {key: 'Enter'});
		await settle();
		expect(save).toHaveBeenCalledTimes(1);
		expect(ofX).not.toHaveBeenCalled();
		expect(note()).toBe(say('en', 'choose_saved'));
	});

	test('other keys are X’s', () => {
		chooser.start();
		fire(articles()[0] as Element, 'keydown', {key: 'j'});
		expect(ofX).toHaveBeenCalled();
		expect(describePost).not.toHaveBeenCalled();
	});

	test.each([
		['in a post', () => articles()[0] as Element],
		['anywhere', () => document.body],
		['in the bar', () => bars()[0] as Element],
	])('Escape %s ends it, and closes nothing of X’s', (_, where) => {
		chooser.start();
		fire(text(), 'pointerover');
		const event = fire(where(), 'keydown', {key: 'Escape'});
		expect(event.defaultPrevented).toBe(true);
		expect(ofX).not.toHaveBeenCalled();
		expect(bars()).toEqual([]);
		expect(document.querySelector(POINTED)).toBeNull();
		fire(text(), 'click');
		expect(save).not.toHaveBeenCalled();
	});
});

describe('what is said then', () => {
	test.each<[SaveAnswer, Parameters<typeof say>[1]]>([
		[{ok: true, already: false}, 'choose_saved'],
		[{ok: true, already: true}, 'choose_already'],
		[{ok: false, problem: 'full'}, 'choose_full'],
		[{ok: false, problem: 'failed'}, 'choose_failed'],
	])('after %j, in both languages', async (answer, key) => {
		save.mockResolvedValue(answer);
		for (const spoken of ['en', 'ur'] as const) {
			language = spoken;
			chooser.start();
			fire(text(), 'click');
			await settle();
			expect(note()).toBe(say(spoken, key));
		}
	});

	test('of a post that cannot be read, which is not given to anybody', async () => {
		describePost.mockReturnValue(undefined);
		chooser.start();
		fire(text(), 'click');
		await settle();
		expect(note()).toBe(say('en', 'choose_unreadable'));
		expect(save).not.toHaveBeenCalled();
	});

	test('of the next one, too: it goes on until it is ended', async () => {
		chooser.start();
		fire(text(0), 'click');
		await settle();
		save.mockResolvedValue({ok: false, problem: 'full'});
		fire(text(1), 'click');
		await settle();
		expect(note()).toBe(say('en', 'choose_full'));
		expect(save).toHaveBeenCalledTimes(2);
	});

	test('to nobody, when it was ended meanwhile', async () => {
		let answer: (answer: SaveAnswer) => void = () => {};
		save.mockReturnValue(new Promise(resolve => (answer = resolve)));
		chooser.start();
		fire(text(), 'click');
		chooser.stop();
		answer({ok: true, already: false});
		await settle();
		expect(bars()).toEqual([]);
	});
});

test('ended, it gives the keyboard back to where it was', () => {
	articles()[1]?.focus();
	chooser.start();
	chooser.start();
	expect(document.activeElement).toBe(bars()[0]);
	chooser.stop();
	expect(document.activeElement).toBe(articles()[1]);
});

test('started again, there is still one bar, and a press keeps a post once', async () => {
	chooser.start();
	chooser.start();
	expect(bars()).toHaveLength(1);
	fire(text(), 'click');
	await settle();
	expect(save).toHaveBeenCalledTimes(1);
});

test('stopped, also twice or before it started, it leaves nothing', () => {
	chooser.stop();
	chooser.start();
	fire(text(), 'pointerover');
	chooser.stop();
	chooser.stop();
	expect(bars()).toEqual([]);
	expect(document.querySelector(POINTED)).toBeNull();
	fire(text(), 'pointerover');
	fire(text(), 'click');
	expect(document.querySelector(POINTED)).toBeNull();
	expect(ofX).toHaveBeenCalled();
});
