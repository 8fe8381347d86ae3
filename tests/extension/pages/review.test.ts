import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {IDBFactory} from 'fake-indexeddb';
import type {Mark} from '../../../extension/src/core/local.js';
import {markKey} from '../../../extension/src/core/text.js';
import {listKept} from '../../../extension/src/evidence/chain.js';
import {exportReview, type Labels} from '../../../extension/src/evidence/review.js';
import {readEvidence} from '../../../extension/src/evidence/save.js';
import {coveredPost} from '../evidence/factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const HTML = readFileSync(
	join(import.meta.dirname, '../../../extension/src/pages/review/review.html'),
	'utf8',
);

let browser: FakeChrome;
let made: Blob[];

const at = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as T;
const isHidden = (id: string) => at(`#${id}`).hidden;
const said = (id: string) => at(`#${id}`).textContent;
const press = (id: string) => at(`#${id}`).click();
const marksNow = () => (browser.storage.local.held.get('marks') ?? {}) as Record<string, Mark>;
const until = vi.waitFor;

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/review/review.js');
	await until(() => expect(document.body.hidden).toBe(false));
}

function give(id: string, text: string): void {
	Object.defineProperty(at(`#${id}`), 'files', {value: [new File([text], 'f.json')], configurable: true});
	at(`#${id}`).dispatchEvent(new Event('change'));
}

function key(code: string, target: Element = at('#progress')): boolean {
	return target.dispatchEvent(new KeyboardEvent('keydown', {code, bubbles: true, cancelable: true}));
}

function choose(value: string): void {
	const input = at<HTMLInputElement>(`input[name="judge"][value="${value}"]`);
	input.checked = true;
	input.dispatchEvent(new Event('change'));
}

async function fileOf(...texts: string[]): Promise<string> {
	const posts = texts.map((text, index) =>
		coveredPost({id: String(index + 1)}, {id: String(index + 1), text}),
	);
	return (await exportReview(posts, {})).blob.text();
}

async function look(...texts: string[]): Promise<void> {
	give('friend-file', await fileOf(...texts));
	await until(() => expect(isHidden('warning')).toBe(false));
	press('start');
}

async function answersMade(): Promise<Labels> {
	const before = made.length;
	press('make-answers');
	await until(() => expect(made).toHaveLength(before + 1));
	return JSON.parse((await made.at(-1)?.text()) ?? '');
}

beforeEach(() => {
	browser = installChrome();
	vi.stubGlobal('indexedDB', new IDBFactory());
	made = [];
	vi.spyOn(URL, 'createObjectURL').mockImplementation(blob => {
		made.push(blob as Blob);
		return 'blob:made';
	});
	vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
});

test('every text of the page is there, and every control has a name', async () => {
	await open();
	for (const element of document.querySelectorAll('[data-say]')) expect(element.textContent).toMatch(/\S/);
	for (const control of document.querySelectorAll<HTMLInputElement>('input, select, textarea')) {
		expect([...(control.labels ?? [])].map(label => label.textContent).join(), control.id).toMatch(/\S/);
	}
	for (const described of document.querySelectorAll('[aria-describedby]')) {
		for (const id of described.getAttribute('aria-describedby')?.split(' ') ?? []) {
			expect(document.getElementById(id), id).not.toBeNull();
		}
	}
});

test('no words are seen before the warning was', async () => {
	await open();
	give('friend-file', await fileOf('hard words <b>'));
	await until(() => expect(isHidden('warning')).toBe(false));
	expect(document.body.textContent).not.toContain('hard words');
	press('start');
	expect(at('#reply blockquote').textContent).toBe('hard words <b>');
	expect(document.activeElement?.id).toBe('progress');
});

test('a file that cannot be used says what is wrong with it', async () => {
	await open();
	give('friend-file', '{');
	await until(() => expect(said('friend-note')).toContain('could not be read'));
	const review = JSON.parse(await fileOf('one', 'two'));
	review.replies[1].url = 'javascript:x';
	give('friend-file', JSON.stringify(review));
	await until(() => expect(said('friend-note')).toContain('Entry 2'));
	expect(isHidden('warning')).toBe(true);
	await browser.storage.sync.set({settings: {language: 'ur'}});
	expect(said('friend-note')).toContain('اندراج');
});

test('a file of another kind is named, and where it belongs', async () => {
	await open();
	for (const [kind, told] of [
		['panah-labels', 'the answers of a friend. It belongs under “My friend gave me the answers”.'],
		['panah-evidence', 'saved replies. It belongs on the page “Saved replies”.'],
		['reader-settings', 'settings. It belongs on the page “Settings”.'],
	] as const) {
		give('friend-file', JSON.stringify({kind}));
		await until(() => expect(said('friend-note')).toContain(told));
	}
	give('back-file', await fileOf('one'));
	await until(() => expect(said('back-note')).toContain('belongs under “A friend gave me a file”.'));
});

test('after the last reply one can go back', async () => {
	await open();
	await look('first', 'second');
	choose('fine');
	press('next');
	press('next');
	expect([said('end-said'), isHidden('begin-again'), isHidden('give-back')]).toEqual([
		'That was the last one. Thank you for doing this.',
		true,
		false,
	]);
	press('end-previous');
	expect([said('progress'), isHidden('end')]).toEqual(['Reply 2 of 2', true]);
	expect((await answersMade()).labels).toHaveLength(1);
});

test('who skipped every reply is told so, and begins again or opens another file', async () => {
	await open();
	await look('first', 'second');
	press('next');
	press('next');
	expect(said('end-said')).toContain('You have skipped all of them');
	expect(isHidden('give-back')).toBe(true);
	press('begin-again');
	expect([said('progress'), document.activeElement?.id]).toEqual(['Reply 1 of 2', 'progress']);
	press('next');
	press('next');
	press('open-another');
	expect([isHidden('end'), isHidden('friend-open'), isHidden('warning')]).toEqual([true, false, true]);
	expect(document.activeElement?.id).toBe('friend-file');
	await look('third');
	expect(said('progress')).toBe('Reply 1 of 1');
});

test('one goes through the replies by buttons, and the answers hold no words', async () => {
	await open();
	await look('first', 'second', 'third', 'fourth');
	expect(said('progress')).toBe('Reply 1 of 4');
	expect(said('next')).toBe('Skip');
	expect(isHidden('more')).toBe(true);
	choose('hurtful');
	expect([said('next'), isHidden('more'), at<HTMLSelectElement>('#act').value]).toEqual([
		'Next',
		false,
		'blame',
	]);
	at<HTMLSelectElement>('#act').value = 'shaming';
	at('#act').dispatchEvent(new Event('change'));
	press('next');
	choose('fine');
	at<HTMLTextAreaElement>('#note').value = 'kind, in fact';
	at('#note').dispatchEvent(new Event('input'));
	press('next');
	press('next');
	choose('keep');
	press('previous');
	press('previous');
	expect(at<HTMLTextAreaElement>('#note').value).toBe('kind, in fact');
	expect(at<HTMLInputElement>('input[value="fine"]').checked).toBe(true);
	for (let turn = 0; turn < 3; turn += 1) press('next');
	expect([isHidden('looking'), isHidden('end')]).toEqual([true, false]);

	const answers = await answersMade();
	expect(JSON.stringify(answers)).not.toMatch(/first|second|third|fourth|somebody/);
	expect(answers).toMatchObject({kind: 'panah-labels', version: 1});
	expect(answers.labels).toEqual([
		{key: '1', textDigest: await markKey('first'), label: 'hurtful', reason: 'shaming'},
		{key: '2', textDigest: await markKey('second'), label: 'fine', note: 'kind, in fact'},
		{key: '4', textDigest: await markKey('fourth'), label: 'keep', reason: 'blame'},
	]);
});

test('one goes through the replies by keys, in the direction of the language', async () => {
	await open();
	await look('first', 'second', 'third');
	expect(key('Digit1')).toBe(false);
	key('ArrowRight');
	key('Numpad4');
	key('ArrowLeft');
	expect(said('progress')).toBe('Reply 1 of 3');
	expect(at<HTMLInputElement>('input[value="fine"]').checked).toBe(true);
	await browser.storage.sync.set({settings: {language: 'ur'}});
	key('ArrowLeft');
	key('ArrowLeft');
	expect(said('progress')).toContain('3');
	key('Digit2');
	const {labels} = await answersMade();
	expect(labels.map(({label}) => label)).toEqual(['fine', 'unsure', 'hurtful']);
});

test('keys leave alone what is being typed, chosen, or meant for the browser', async () => {
	await open();
	await look('first', 'second');
	expect(key('Digit1', at('#note'))).toBe(true);
	expect(key('ArrowRight', at('#act'))).toBe(true);
	expect(key('ArrowRight', at('input[name="judge"]'))).toBe(true);
	const alt = new KeyboardEvent('keydown', {
		code: 'ArrowRight',
		altKey: true,
		bubbles: true,
		cancelable: true,
	});
	expect(at('#progress').dispatchEvent(alt)).toBe(true);
	expect(key('ArrowRight', document.body)).toBe(true);
	expect(said('progress')).toBe('Reply 1 of 2');
	expect(at('input[name="judge"]:checked')).toBeNull();
});

test('after 25 replies a break is suggested, once', async () => {
	await open();
	await look(...Array.from({length: 30}, (_, index) => `reply ${index}`));
	const hints: number[] = [];
	for (let seen = 1; seen < 30; seen += 1) {
		press('next');
		if (!isHidden('break')) hints.push(seen);
	}
	expect(hints).toEqual([25]);
});

test('nothing answered makes no file', async () => {
	await open();
	await look('first');
	press('make-answers');
	await until(() => expect(said('made')).toContain('not answered anything'));
	expect(made).toHaveLength(0);
});

test('leaving with answers that are in no file is asked about, and never on a quick exit', async () => {
	await open();
	const leave = () => dispatchEvent(new Event('beforeunload', {cancelable: true}));
	expect(leave()).toBe(true);
	await look('first', 'second');
	expect(leave()).toBe(true);
	choose('fine');
	expect(leave()).toBe(false);
	document.body.hidden = true;
	expect(leave()).toBe(true);
	document.body.hidden = false;
	await answersMade();
	expect(leave()).toBe(true);
});

test('answers come into effect when the person says so, and can be taken back', async () => {
	const [fine, hurtful, kept] = await Promise.all(['fine', 'hurtful', 'kept'].map(markKey));
	const old: Mark = {mark: 'hurtful', by: 'friend'};
	await browser.storage.local.set({marks: {[fine as string]: old}});
	await open();
	const labels = [
		{key: '1', textDigest: fine, label: 'fine'},
		{key: '2', textDigest: hurtful, label: 'hurtful', reason: 'shaming', note: 'I am here for you'},
		{key: '3', textDigest: kept, label: 'keep', reason: 'threat'},
		{key: '4', textDigest: 'd'.repeat(64), label: 'unsure'},
	];
	give('back-file', JSON.stringify({kind: 'panah-labels', version: 1, labels}));
	await until(() => expect(isHidden('summary')).toBe(false));
	expect([...document.querySelectorAll('#counts li')].map(item => item.textContent)).toEqual([
		'1 reply is harmless: it will be shown from now on.',
		'1 reply stays hidden.',
		'1 reply may be worth keeping as evidence. It stays hidden.',
		'For 1 reply nothing changes.',
	]);
	expect(said('notes-list')).toBe('I am here for you');
	expect(marksNow()).toEqual({[fine as string]: old});
	expect(isHidden('keep')).toBe(true);

	press('apply');
	await until(() => expect(isHidden('undo')).toBe(false));
	expect(marksNow()).toEqual({
		[fine as string]: {mark: 'fine', by: 'friend'},
		[hurtful as string]: {mark: 'hurtful', by: 'friend', reason: 'shaming'},
		[kept as string]: {mark: 'hurtful', by: 'friend', reason: 'threat'},
	});
	expect([isHidden('apply'), isHidden('keep')]).toEqual([true, false]);

	press('undo');
	await until(() => expect(isHidden('apply')).toBe(false));
	expect(marksNow()).toEqual({[fine as string]: old});
});

test('what the person decided stays, through a friend’s answers and when these are taken back', async () => {
	const [a, b, c] = (await Promise.all(['a', 'b', 'c'].map(markKey))) as [string, string, string];
	const mine: Mark = {mark: 'fine', by: 'reader'};
	await browser.storage.local.set({marks: {[a]: mine}});
	await open();
	const labels = [a, b, c].map((textDigest, index) => ({
		key: String(index + 1),
		textDigest,
		label: 'hurtful',
	}));
	give('back-file', JSON.stringify({kind: 'panah-labels', version: 1, labels}));
	await until(() => expect(isHidden('summary')).toBe(false));
	press('apply');
	await until(() => expect(isHidden('undo')).toBe(false));
	const friends: Mark = {mark: 'hurtful', by: 'friend'};
	expect(marksNow()).toEqual({[a]: mine, [b]: friends, [c]: friends});
	expect(said('applied')).toBe('Done. Open pages of X follow. 1 reply stays as you decided yourself.');
	await browser.storage.local.set({marks: {...marksNow(), [b]: mine}});
	press('undo');
	await until(() => expect(isHidden('apply')).toBe(false));
	expect(marksNow()).toEqual({[a]: mine, [b]: mine});
});

test('what is worth keeping is saved unread, out of the file that was given', async () => {
	await open();
	const file = await fileOf('kept words', 'other words');
	const labels = [
		{key: '1', textDigest: await markKey('kept words'), label: 'keep', reason: 'threat'},
		{key: '2', textDigest: await markKey('not these words'), label: 'keep'},
	];
	give('back-file', JSON.stringify({kind: 'panah-labels', version: 1, labels}));
	await until(() => expect(isHidden('summary')).toBe(false));
	press('apply');
	await until(() => expect(isHidden('keep')).toBe(false));
	give('keep-file', '{"kind":"panah-labels"}');
	await until(() => expect(said('kept')).toContain('belongs under “My friend gave me the answers”'));
	give('keep-file', file);
	await until(() => expect(said('kept')).toContain('1 reply is saved.'));
	expect(said('kept')).toContain('They were not saved.');
	expect(document.body.textContent).not.toContain('kept words');
	const kept = listKept((await readEvidence()).events);
	expect(kept.map(({event}) => event.payload.text)).toEqual(['kept words']);
});
