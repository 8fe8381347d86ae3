import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {IDBFactory} from 'fake-indexeddb';
import {listKept} from '../../../extension/src/evidence/chain.js';
import {readEvidence, saveEvidence} from '../../../extension/src/evidence/save.js';
import {chainOf, post, savedPost} from '../evidence/factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const HTML = readFileSync(
	join(import.meta.dirname, '../../../extension/src/pages/evidence/evidence.html'),
	'utf8',
);
const PASSPHRASE = 'kite lamp river seven';

let browser: FakeChrome;
let made: Array<{name: string; blob: Blob}>;

const at = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as T;
const isHidden = (id: string) => at(`#${id}`).hidden;
const said = (id: string) => at(`#${id}`).textContent;
const replies = () => [...document.querySelectorAll<HTMLElement>('#list > .reply')];
const until = vi.waitFor;

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/evidence/evidence.js');
	await until(() => expect(isHidden('import') && isHidden('filled') && isHidden('unlock')).toBe(false));
}

function press(text: string, within: ParentNode = document): void {
	const buttons = [...within.querySelectorAll('button')].filter(one => one.textContent === text);
	expect(buttons, text).toHaveLength(1);
	buttons[0]?.click();
}

function type(id: string, text: string): void {
	at<HTMLInputElement>(`#${id}`).value = text;
	at(`#${id}`).dispatchEvent(new Event('input', {bubbles: true}));
}

function submit(id: string): void {
	at<HTMLFormElement>(`#${id}`).dispatchEvent(new Event('submit', {cancelable: true}));
}

function give(id: string, text: string, name = 'file.json'): void {
	Object.defineProperty(at(`#${id}`), 'files', {value: [new File([text], name)], configurable: true});
	at(`#${id}`).dispatchEvent(new Event('change'));
}

function pick(name: string, value: string): void {
	at<HTMLInputElement>(`input[name="${name}"][value="${value}"]`).checked = true;
}

async function protect(): Promise<void> {
	type('pass-new', PASSPHRASE);
	type('pass-again', PASSPHRASE);
	submit('switch-on');
	await until(() => expect(isHidden('protected')).toBe(false), {timeout: 5000});
}

beforeEach(() => {
	browser = installChrome();
	Object.assign(browser.runtime, {getManifest: () => ({version: '0.1.0'})});
	vi.stubGlobal('indexedDB', new IDBFactory());
	made = [];
	let blob = new Blob();
	vi.spyOn(URL, 'createObjectURL').mockImplementation(given => {
		blob = given as Blob;
		return 'blob:made';
	});
	vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
		made.push({name: this.download, blob});
	});
});

test('every text of the page is there, and every control has a name', async () => {
	await saveEvidence(savedPost());
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

test('an empty page tells how to save a reply', async () => {
	await open();
	expect([isHidden('empty'), isHidden('filled'), isHidden('import')]).toEqual([false, true, false]);
	expect(said('empty')).toContain('Save as evidence');
});

test('words stay folded until somebody asks for them', async () => {
	const hostile = '<img src=x onerror=alert(1)> bitter';
	await saveEvidence(savedPost({text: hostile, answers: {text: 'The post.'}}));
	await open();
	expect(document.body.textContent).not.toContain('bitter');
	expect(document.body.textContent).toContain('@somebody');
	press('Show text');
	expect([...document.querySelectorAll('blockquote')].map(one => one.textContent)).toEqual([
		hostile,
		'The post.',
	]);
	expect(document.querySelector('blockquote img')).toBeNull();
	press('Hide text');
	expect(document.body.textContent).not.toContain('bitter');
});

test('the newest comes first, and a search leaves what fits', async () => {
	await saveEvidence(savedPost({id: '1', name: 'First'}));
	await saveEvidence(savedPost({id: '2', name: 'Second', text: 'about the Weather'}));
	await open();
	expect(replies().map(one => one.querySelector('bdi')?.textContent)).toEqual(['Second', 'First']);
	type('search', 'weather');
	expect(replies()).toHaveLength(1);
	type('search', 'nothing like it');
	expect([replies().length, said('none-found')]).toEqual([0, 'Nothing fits this search.']);
	type('search', '');
	expect([replies().length, said('none-found')]).toEqual([2, '']);
});

test('a note is kept, and what is being typed outlives another language', async () => {
	await saveEvidence(savedPost());
	await open();
	type('note-1', 'typed, not saved');
	await browser.storage.sync.set({settings: {language: 'ur'}});
	expect(document.documentElement.dir).toBe('rtl');
	expect(at<HTMLTextAreaElement>('#note-1').value).toBe('typed, not saved');
	press('نوٹ محفوظ کریں');
	await until(() => expect(said('note-1-result')).toBe('نوٹ محفوظ ہو گیا۔'));
	expect(listKept((await readEvidence()).events)[0]?.note).toBe('typed, not saved');
});

test('removing asks first', async () => {
	await saveEvidence(savedPost());
	await open();
	press('Remove');
	press('Cancel');
	expect((await readEvidence()).events).toHaveLength(1);
	press('Remove');
	press('Remove for good');
	await until(() => expect(said('notice')).toBe('The reply was removed.'));
	expect(replies()).toHaveLength(0);
	expect(isHidden('empty')).toBe(false);
	expect(said('chain-state')).toBe('Yes. Nothing was changed, exchanged or left out.');
	expect(JSON.stringify((await readEvidence()).events)).not.toContain('Words');
});

test('all replies or the chosen ones go into a file', async () => {
	await saveEvidence(savedPost({id: '1', text: 'number one'}));
	await saveEvidence(savedPost({id: '2', text: 'number two'}));
	await open();
	submit('export');
	await until(() => expect(made).toHaveLength(1));
	expect(made[0]?.name).toMatch(/^replies-\d{4}-\d\d-\d\d\.html$/);
	expect(await made[0]?.blob.text()).toMatch(/number two[\s\S]*number one/);

	pick('which', 'chosen');
	pick('format', 'json');
	submit('export');
	await until(() => expect(said('export-note')).toBe('First choose at least one reply in the list.'));
	at<HTMLInputElement>('[data-seq="2"] input').click();
	submit('export');
	await until(() => expect(made).toHaveLength(2));
	const text = (await made[1]?.blob.text()) ?? '';
	expect(text).toContain('number two');
	expect(text).not.toContain('number one');

	press('Choose none');
	press('Choose all');
	pick('format', 'csv');
	submit('export');
	await until(() => expect(made).toHaveLength(3));
	expect(await made[2]?.blob.text()).toContain('number one');
});

test('a file is checked against itself and a code from earlier', async () => {
	await saveEvidence(savedPost());
	const [first] = (await readEvidence()).events;
	await saveEvidence(savedPost({id: '2', text: 'the second'}));
	await open();
	submit('export');
	await until(() => expect(made).toHaveLength(1));
	const page = (await made[0]?.blob.text()) ?? '';
	give('check-file', page, 'replies.html');
	await until(() => expect(said('check-result')).toContain('What the file holds is as it was saved.'));
	expect(said('check-result')).toContain('What can be read in the page is what was saved.');
	expect(said('check-result')).toContain('version 0.1.0 of the program made it');
	expect(document.querySelectorAll('#check-list > .reply')).toHaveLength(2);
	type('check-code', ` ${first?.hash.toUpperCase()} `);
	expect(said('check-result')).toContain('The code fits');
	type('check-code', 'abc');
	expect(said('check-result')).toContain('The code is not in this file');
	give('check-file', page.replaceAll('the second', 'another'), 'replies.html');
	await until(() => expect(said('check-result')).toContain('From entry 2 on'));
	give('check-file', 'no file of ours');
	await until(() => expect(said('check-result')).toContain('This is no file of saved replies'));
	expect(isHidden('check-holds')).toBe(true);
	give('check-file', '{"kind":"panah-labels"}');
	await until(() => expect(said('check-result')).toContain('It belongs on the page “Help a friend”.'));
});

test('replies move from another computer, whole and unchanged or not at all', async () => {
	const events = await chainOf(post('one'), post('two'));
	const file = {
		kind: 'panah-evidence',
		version: 1,
		created: '2026-11-22T00:00:00.000Z',
		language: 'en',
		offset: 0,
		events,
	};
	await open();
	give('import-file', JSON.stringify(file).replace('"two"', '"2"'));
	await until(() => expect(said('import-note')).toContain('From entry 2 on'));
	const part = {
		...file,
		events: events.map(({seq, prev, hash}, index) => (index === 0 ? {seq, prev, hash} : events[index])),
	};
	give('import-file', JSON.stringify(part));
	await until(() => expect(said('import-note')).toContain('only a part'));
	give('import-file', JSON.stringify(file));
	await until(() => expect(replies()).toHaveLength(2));
	expect(isHidden('import')).toBe(true);
	expect((await readEvidence()).events).toEqual(events);
});

test('a passphrase is asked for twice, and a short one is taken when it is meant', async () => {
	await saveEvidence(savedPost());
	await open();
	submit('switch-on');
	await until(() => expect(said('pass-note')).toBe('Please type a passphrase.'));
	type('pass-new', PASSPHRASE);
	type('pass-again', 'something else');
	submit('switch-on');
	await until(() => expect(said('pass-note')).toBe('The two are not the same. Please type them again.'));
	type('pass-new', 'short');
	type('pass-again', 'short');
	submit('switch-on');
	await until(() => expect(said('pass-note')).toContain('This is short'));
	expect((await readEvidence()).lock).toBeUndefined();
	submit('switch-on');
	await until(() => expect(isHidden('protected')).toBe(false), {timeout: 5000});
	expect((await readEvidence()).lock).toBeDefined();
});

test('locked replies say nothing until the passphrase is right', async () => {
	await saveEvidence(savedPost());
	await open();
	await protect();
	expect(replies()).toHaveLength(1);
	press('Show text');
	press('Lock now');
	await until(() => expect(isHidden('chain')).toBe(false));
	expect([isHidden('unlock'), isHidden('filled'), isHidden('protect')]).toEqual([false, true, true]);
	expect(document.body.textContent).not.toMatch(/@somebody|Words of/);
	expect(said('chain-state')).toContain('The order is as it was.');

	type('unlock-with', 'a wrong one');
	submit('unlock');
	await until(() => expect(said('unlock-note')).toContain('does not fit'), {timeout: 5000});
	expect(isHidden('filled')).toBe(true);
	type('unlock-with', PASSPHRASE);
	submit('unlock');
	await until(() => expect(replies()).toHaveLength(1), {timeout: 5000});
	expect(at<HTMLInputElement>('#unlock-with').value).toBe('');
	expect(document.body.textContent).not.toContain('Words');
});

test('opened replies close when the page is left', async () => {
	await saveEvidence(savedPost());
	await open();
	await protect();
	dispatchEvent(new Event('pagehide'));
	expect(replies()).toHaveLength(0);
	await until(() => expect(isHidden('unlock')).toBe(false));
});

test('a look that began before locking does not open anything after it', async () => {
	await saveEvidence(savedPost());
	await open();
	await protect();
	await saveEvidence(savedPost({id: '5', text: 'the newest'}));
	// Opening takes as long as this test wants.
	let goOn: () => void = () => {};
	const wait = new Promise<void>(resolve => {
		goOn = resolve;
	});
	const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
	const slow = vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (...values) => {
		await wait;
		return decrypt(...values);
	});
	dispatchEvent(new Event('focus'));
	await until(() => expect(slow).toHaveBeenCalled());
	press('Lock now');
	await until(() => expect(isHidden('chain')).toBe(false));
	goOn();
	await new Promise(resolve => setTimeout(resolve, 100));
	slow.mockRestore();
	expect(replies()).toHaveLength(0);
	expect([isHidden('unlock'), isHidden('filled')]).toEqual([false, true]);
	expect(document.body.textContent).not.toContain('@somebody');
});

test('a passphrase that is still being tried opens nothing once the page was left', async () => {
	await saveEvidence(savedPost());
	await open();
	await protect();
	press('Lock now');
	await until(() => expect(isHidden('chain')).toBe(false));
	type('unlock-with', PASSPHRASE);
	const tried = vi.spyOn(crypto.subtle, 'deriveKey');
	const derived = vi.spyOn(crypto.subtle, 'deriveBits');
	submit('unlock');
	dispatchEvent(new Event('pagehide'));
	expect(at<HTMLInputElement>('#unlock-with').value).toBe('');
	await until(() => expect(tried.mock.calls.length + derived.mock.calls.length).toBeGreaterThan(0));
	await Promise.allSettled([...tried.mock.results, ...derived.mock.results].map(({value}) => value));
	await new Promise(resolve => setTimeout(resolve, 100));
	expect(replies()).toHaveLength(0);
	expect(isHidden('unlock')).toBe(false);
});

test('opened replies close after ten minutes of no use', async () => {
	const rest = globalThis.setTimeout;
	await saveEvidence(savedPost());
	await open();
	await protect();
	vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout']});
	document.dispatchEvent(new Event('keydown'));
	vi.advanceTimersByTime(500_000);
	document.dispatchEvent(new Event('keydown'));
	vi.advanceTimersByTime(500_000);
	expect(replies()).toHaveLength(1);
	vi.advanceTimersByTime(100_000);
	expect(replies()).toHaveLength(0);
	expect(isHidden('unlock')).toBe(false);
	// The page reads its store again; that has to end before the test does.
	vi.useRealTimers();
	await new Promise(resolve => rest(resolve, 50));
});

test('a passphrase is changed and taken away', async () => {
	await saveEvidence(savedPost());
	await open();
	await protect();
	const fill = (from: string) => {
		type('change-from', from);
		type('change-to', 'another long one');
		type('change-again', 'another long one');
		submit('change');
	};
	fill('a wrong one');
	await until(() => expect(said('pass-note')).toContain('does not fit'), {timeout: 5000});
	fill(PASSPHRASE);
	await until(() => expect(said('pass-note')).toBe('The passphrase is changed.'), {timeout: 5000});
	press('Take the passphrase away');
	await until(() => expect(said('pass-note')).toBe('The passphrase is taken away.'));
	expect((await readEvidence()).lock).toBeUndefined();
	expect(replies()).toHaveLength(1);
});
