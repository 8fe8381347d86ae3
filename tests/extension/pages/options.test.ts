import type {ScoreAnswer, ScoreRequest, Status} from '../../../extension/src/core/messages.js';
import {DEFAULT_SETTINGS} from '../../../extension/src/core/settings.js';
import {ACTS} from '../../../extension/src/core/verdicts.js';
import {EXAMPLES} from '../../../extension/src/pages/options/examples.js';
import {readHandle} from '../../../extension/src/pages/options/people.js';
import {readFile, writeFile} from '../../../extension/src/pages/options/settings-file.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	choose,
	click,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	said,
	settle,
	submit,
} from './open-page.js';

let browser: FakeChrome;
let status: Status | undefined;
let judge: (request: ScoreRequest) => ScoreAnswer;
let scored: ScoreRequest[];

const settingsNow = () => browser.storage.sync.held.get('settings') as Record<string, unknown>;
const serverNow = () => browser.storage.local.held.get('server') as Record<string, unknown>;
const open = () => openOwnPage('options', () => import('../../../extension/src/pages/options/options.js'));
const SHOW: ScoreAnswer = {ok: true, verdict: {action: 'show', partial: false, source: 'model'}};

async function saveServer(address: string, token?: string): Promise<void> {
	field('address').value = address;
	if (token !== undefined) field('token').value = token;
	await submit('#server');
}

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	status = {state: 'ready', version: {model: 'v1', policy: 'v1-0'}};
	judge = () => SHOW;
	scored = [];
	browser.runtime.sendMessage.mockImplementation(async message => {
		const request = message as ScoreRequest | {kind: 'status'};
		if (request.kind === 'status') return status;
		scored.push(request);
		return judge(request);
	});
});

test.each(['en', 'ur'])(
	'every text of the page is there, and every control has a name (%s)',
	async language => {
		await browser.storage.sync.set({settings: {language}});
		await browser.storage.local.set({people: [{handle: 'made_up', since: '2026-01-02'}]});
		await open();
		await click('#examples-toggle');
		expectWholeTexts();
	},
);

test('each switch shows and keeps its setting', async () => {
	await open();
	const names = [
		'enabled',
		'holdBack',
		'foldBeneath',
		'showFollowed',
		'tap',
		'exitKey',
		'numbers',
		'counter',
		'discreet',
	];
	for (const name of names) {
		const before = DEFAULT_SETTINGS[name as 'enabled'];
		expect(field(name).checked, name).toBe(before);
		await choose(`#${name}`);
		expect(settingsNow(), name).toMatchObject({[name]: !before});
	}
});

test('two quick choices are both kept', async () => {
	await open();
	for (const name of ['holdBack', 'counter']) {
		field(name).checked = true;
		field(name).dispatchEvent(new Event('change'));
	}
	await settle();
	expect(settingsNow()).toMatchObject({holdBack: true, counter: true});
});

test('a choice that the browser cannot keep is told beside it, and the old one stands', async () => {
	await open();
	browser.storage.sync.set.mockRejectedValueOnce(new Error('QUOTA_BYTES'));
	await choose('#holdBack');
	expect([said('x-note'), field('holdBack').checked]).toEqual([
		expect.stringMatching(/could not be saved/),
		false,
	]);
});

test('the discreet name is told, and where the real one still stands', async () => {
	await open();
	expect(said('discreet-help')).toMatch(/“Reader”.*list of extensions.*“Panah”/);
});

test('another language is spoken at once, in its direction', async () => {
	await open();
	await choose('#language', 'ur');
	expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['ur', 'rtl']);
	expect(settingsNow()).toMatchObject({language: 'ur'});
});

describe('the kinds of replies', () => {
	test('are judged like the rest until somebody says otherwise, and again when it is taken back', async () => {
		await open();
		for (const act of ACTS) expect(at<HTMLSelectElement>(`#kind-${act}`).value).toBe('same');
		await choose('#kind-threat', 'strict');
		await choose('#kind-minimising', 'off');
		expect(settingsNow()).toMatchObject({levels: {threat: 'strict', minimising: 'off'}});
		await choose('#kind-threat', 'same');
		expect(settingsNow().levels).toEqual({minimising: 'off'});
	});
});

describe('the examples', () => {
	const results = () => all('#examples .result').map(result => result.textContent);

	test('are sent to nobody before they are asked for', async () => {
		await open();
		await choose('input[value=strict]');
		expect(scored).toEqual([]);
		expect(isHidden('examples')).toBe(true);
	});

	test('tell what the settings do with each', async () => {
		judge = ({text}) =>
			text === EXAMPLES[1]?.text
				? {ok: true, verdict: {action: 'hide', reason: 'blame', partial: false, source: 'model'}}
				: SHOW;
		await open();
		await click('#examples-toggle');
		expect(results().length).toBe(EXAMPLES.length);
		expect(results().slice(0, 2)).toEqual(['Shown', 'Hidden: blames the person who was harmed']);
		await choose('input[value=flag]');
		expect(results()[1]).toMatch(/^Labelled/);
		await choose('input[value=out]');
		expect(results()[1]).toMatch(/^Left out/);
		expect(scored.length).toBe(EXAMPLES.length);
		expect(new Set(scored.map(({ask}) => ask)).size).toBe(scored.length);
	});

	test('are judged anew when the level or the server changes', async () => {
		await open();
		await click('#examples-toggle');
		judge = () => ({ok: true, verdict: {action: 'flag', reason: 'blame', partial: false, source: 'model'}});
		await choose('input[value=strict]');
		expect(results()[0]).toMatch(/^Labelled/);
		judge = () => SHOW;
		browser.runtime.onMessage.fire({kind: 'notice', notice: 'changed'}, {}, () => {});
		await settle();
		expect(results()[0]).toBe('Shown');
	});

	test('say so when the server is away, or everything is off', async () => {
		judge = () => ({ok: false, refusal: 'failed', retryIn: 1000});
		await open();
		await click('#examples-toggle');
		expect(said('examples-note')).toMatch(/does not answer/);
		expect(results().join('')).toBe('');
		await choose('#enabled');
		expect(said('examples-note')).toMatch(/is off or paused/);
	});

	test('a server that stopped is told at the top, too, once, and nothing waits for it', async () => {
		await open();
		const asked = () =>
			browser.runtime.sendMessage.mock.calls.filter(
				([message]) => (message as {kind: string}).kind === 'status',
			).length;
		const before = asked();
		const answerTo = browser.runtime.sendMessage.getMockImplementation();
		browser.runtime.sendMessage.mockImplementation(async message => {
			const {kind, text} = message as {kind: string; text?: string};
			if (kind !== 'score') return answerTo?.(message);
			if (text === EXAMPLES[0]?.text) return {ok: false, refusal: 'failed', retryIn: 1000};
			return new Promise(() => {});
		});
		await click('#examples-toggle');
		expect(said('examples-note')).toMatch(/does not answer/);
		expect(results().join('')).toBe('');
		await choose('input[value=strict]');
		expect(asked()).toBe(before + 1);
	});

	test('a worker that does not answer is no server either', async () => {
		await open();
		browser.runtime.sendMessage.mockRejectedValue(new Error('Receiving end does not exist.'));
		await click('#examples-toggle');
		expect(said('examples-note')).toMatch(/does not answer/);
	});

	test('are put away again', async () => {
		await open();
		await click('#examples-toggle');
		await click('#examples-toggle');
		expect([isHidden('examples'), at('#examples-toggle').getAttribute('aria-expanded')]).toEqual([
			true,
			'false',
		]);
	});

	test('are a dozen in three ways of writing', () => {
		expect(EXAMPLES.length).toBe(12);
		expect(new Set(EXAMPLES.map(({language}) => language))).toEqual(new Set(['en', 'ur-Latn', 'ur']));
	});
});

describe('accounts that are always shown', () => {
	const shown = () => all('#people-list bdi').map(({textContent}) => textContent);

	test('are added by hand, in lower case and once', async () => {
		await open();
		expect(isHidden('people-none')).toBe(false);
		for (const typed of ['@Made_Up', 'https://x.com/made_up', 'other']) {
			field('people-add').value = typed;
			await submit('#people-form');
		}
		expect(shown()).toEqual(['@made_up', '@other']);
		expect([said('people-note'), field('people-add').value]).toEqual([
			'@other is always shown from now on.',
			'',
		]);
	});

	test('an account that is known by its number stays so when its name is added', async () => {
		await browser.storage.local.set({people: [{handle: 'made_up', accountId: '77', since: '2026-01-02'}]});
		await open();
		field('people-add').value = 'made_up';
		await submit('#people-form');
		expect(browser.storage.local.held.get('people')).toEqual([
			{handle: 'made_up', accountId: '77', since: '2026-01-02'},
		]);
	});

	test('what is no name is refused with a reason', async () => {
		await open();
		field('people-add').value = 'two words';
		await submit('#people-form');
		expect(said('people-note')).toMatch(/up to 15/);
		expect(field('people-add').getAttribute('aria-invalid')).toBe('true');
		expect(document.activeElement).toBe(field('people-add'));
	});

	test('are removed one by one, and the keyboard goes on with the next', async () => {
		const people = ['one', 'two'].map(handle => ({handle, since: '2026-01-02'}));
		await browser.storage.local.set({people});
		await open();
		at('#people-list button').focus();
		await click('#people-list button');
		expect(shown()).toEqual(['@two']);
		expect(document.activeElement).toBe(at('#people-list button'));
		await click('#people-list button');
		expect(shown()).toEqual([]);
		expect(document.activeElement).toBe(field('people-add'));
		expect(said('people-note')).toMatch(/@two/);
	});

	test('that cannot be kept are told', async () => {
		await open();
		field('people-add').value = 'made_up';
		browser.storage.local.set.mockRejectedValueOnce(new Error('full'));
		await submit('#people-form');
		expect([said('people-note'), shown()]).toEqual([expect.stringMatching(/could not be saved/), []]);
	});

	test.each([
		['@Name_1', 'name_1'],
		['https://twitter.com/name/', 'name'],
		['x.com/name', 'name'],
		['', undefined],
		['@', undefined],
		['a-b', undefined],
		['x.com/name/status/1', undefined],
		['sixteen_letters_', undefined],
	])('"%s" names %s', (typed, handle) => {
		expect(readHandle(typed)).toBe(handle);
	});
});

describe('marks', () => {
	const marks = {
		['a'.repeat(64)]: {mark: 'fine', by: 'reader'},
		['b'.repeat(64)]: {mark: 'fine', by: 'friend'},
	};

	test('are forgotten only after a second question', async () => {
		await browser.storage.local.set({marks});
		await open();
		expect(said('marks-count')).toMatch(/^2 replies were marked/);
		await click('#forget');
		expect(document.activeElement).toBe(at('#forget-no'));
		await click('#forget-no');
		expect(browser.storage.local.held.get('marks')).toEqual(marks);
		expect(document.activeElement).toBe(at('#forget'));
		await click('#forget');
		await click('#forget-yes');
		expect(browser.storage.local.held.get('marks')).toEqual({});
		expect(said('marks-count')).toMatch(/Neither you nor a friend/);
		expect(document.activeElement).toBe(at('#marks-count'));
	});

	test('Escape is a no', async () => {
		await browser.storage.local.set({marks});
		await open();
		await click('#forget');
		at('#forget-no').dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}));
		expect(at('#forget').getAttribute('aria-expanded')).toBe('false');
		expect(browser.storage.local.held.get('marks')).toEqual(marks);
	});
});

test('a pause of an hour begins and ends here, too', async () => {
	await open();
	await click('#pause-hour');
	expect(said('pause-state')).toMatch(/^Paused until/);
	expect(isHidden('pause-thread')).toBe(true);
	await click('#pause-end');
	expect(browser.storage.local.held.get('pausedUntil')).toBe(0);
});

describe('the address', () => {
	test('is kept in one form, and localhost is 127.0.0.1', async () => {
		await open();
		await saveServer('localhost:9000/');
		expect(serverNow()).toMatchObject({address: 'http://127.0.0.1:9000', useContext: true});
		expect(field('address').value).toBe('http://127.0.0.1:9000');
		expect(said('address-note')).toBe('Saved.');
	});

	test('of another computer asks for exactly its permission, and keeps the post here', async () => {
		await open();
		await saveServer('https://panah.example.org');
		expect(browser.permissions.request).toHaveBeenCalledWith({origins: ['https://panah.example.org/*']});
		expect(serverNow()).toMatchObject({address: 'https://panah.example.org', useContext: false});
		expect(field('context').checked).toBe(false);
		expect(said('version')).toContain('panah.example.org');
	});

	test('of another computer asks for the consent that Firefox keeps, too', async () => {
		browser.permissions.getAll.mockResolvedValue({origins: [], permissions: [], data_collection: []});
		await open();
		await saveServer('https://panah.example.org');
		expect(browser.permissions.request).toHaveBeenCalledWith({
			origins: ['https://panah.example.org/*'],
			data_collection: ['websiteContent'],
		});
		await saveServer('');
		expect(browser.permissions.remove).toHaveBeenCalledWith({
			origins: ['https://panah.example.org/*'],
			data_collection: ['websiteContent'],
		});
	});

	test('that the reader does not allow is kept, and told', async () => {
		browser.permissions.request.mockResolvedValue(false);
		await open();
		await saveServer('https://panah.example.org');
		expect(said('address-note')).toMatch(/does not allow it yet/);
	});

	test('the permission is asked for before anything is waited for, as browsers want it', async () => {
		await open();
		field('address').value = 'https://panah.example.org';
		at('#server').dispatchEvent(new Event('submit', {cancelable: true}));
		expect(browser.permissions.request).toHaveBeenCalledTimes(1);
	});

	test('that is left gives its permission back', async () => {
		await browser.storage.local.set({server: {address: 'https://one.example.org', token: 'abc'}});
		await open();
		await saveServer('https://two.example.org');
		expect(browser.permissions.remove).toHaveBeenCalledWith({origins: ['https://one.example.org/*']});
	});

	test('of this computer never gives up its permission', async () => {
		await open();
		await saveServer('https://panah.example.org');
		expect(browser.permissions.remove).not.toHaveBeenCalled();
	});

	test('that is empty is the usual one', async () => {
		await browser.storage.local.set({server: {address: 'http://127.0.0.1:9000'}});
		await open();
		await saveServer('');
		expect(serverNow()).toMatchObject({address: 'http://127.0.0.1:8000'});
	});

	test('that cannot be kept is told, its permission goes back, and the old server stays', async () => {
		await open();
		browser.storage.local.set.mockRejectedValueOnce(new Error('full'));
		await saveServer('https://panah.example.org');
		expect(said('address-note')).toMatch(/could not be saved/);
		expect(browser.permissions.remove).toHaveBeenCalledWith({origins: ['https://panah.example.org/*']});
		expect([serverNow(), said('version')]).toEqual([undefined, 'Model v1, rules v1-0']);
	});

	test.each([
		['http://panah.example.org', /begins with https/],
		['two words', /not an address/],
	])('"%s" is refused with a reason, and nothing is kept', async (typed, reason) => {
		await open();
		await saveServer(typed);
		expect(said('address-note')).toMatch(reason);
		expect(field('address').getAttribute('aria-invalid')).toBe('true');
		expect(document.activeElement).toBe(field('address'));
		expect(serverNow()).toBeUndefined();
		expect(browser.permissions.request).not.toHaveBeenCalled();
	});

	test('that another page saves meanwhile does not take away what is being typed', async () => {
		await open();
		field('address').value = 'half-typ';
		await browser.storage.local.set({server: {address: 'http://127.0.0.1:9000'}});
		expect(field('address').value).toBe('half-typ');
	});
});

describe('the token', () => {
	test('is kept, and removed when the field is emptied', async () => {
		await open();
		await saveServer('', 'abc');
		expect(serverNow()).toMatchObject({token: 'abc'});
		await saveServer('', '');
		expect(serverNow()).toMatchObject({token: ''});
	});

	test('of one server is not given to another, unless it was typed anew', async () => {
		await browser.storage.local.set({server: {address: 'https://one.example.org', token: 'abc'}});
		await open();
		await saveServer('https://two.example.org');
		expect(serverNow()).toMatchObject({token: ''});
		await saveServer('https://three.example.org', 'def');
		expect(serverNow()).toMatchObject({token: 'def'});
	});

	test('that no header can hold is refused', async () => {
		await open();
		await saveServer('', 'two words');
		expect(said('token-note')).toMatch(/no spaces/);
		expect(serverNow()).toBeUndefined();
	});
});

test('the post is sent with its replies or not, and a switch that cannot be kept goes back', async () => {
	await open();
	await choose('#context');
	expect(serverNow()).toMatchObject({useContext: false});
	browser.storage.local.set.mockRejectedValueOnce(new Error('full'));
	await choose('#context');
	expect([field('context').checked, said('context-note')]).toEqual([
		false,
		expect.stringMatching(/could not/),
	]);
});

describe('settings as a file', () => {
	const settings = {
		...DEFAULT_SETTINGS,
		sensitivity: 'strict' as const,
		levels: {threat: 'off' as const},
		discreet: true,
	};

	async function take(text: string): Promise<void> {
		Object.defineProperty(field('file'), 'files', {
			value: [new File([text], 'settings.json')],
			configurable: true,
		});
		field('file').dispatchEvent(new Event('change'));
		await settle();
	}

	test('come back as they were', () => {
		expect(readFile(writeFile(settings, 'https://panah.example.org'))).toEqual({
			settings,
			address: 'https://panah.example.org',
		});
	});

	test('hold no token, no accounts and no name of ours', async () => {
		await browser.storage.local.set({
			server: {address: 'http://127.0.0.1:9000', token: 'secret'},
			people: [{handle: 'made_up', since: '2026-01-02'}],
		});
		await open();
		const blobs: Blob[] = [];
		vi.spyOn(URL, 'createObjectURL').mockImplementation(blob => {
			blobs.push(blob as Blob);
			return 'blob:x';
		});
		const names: string[] = [];
		vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
			names.push(this.download);
		});
		await click('#export');
		const text = await blobs[0]?.text();
		expect(text).toContain('http://127.0.0.1:9000');
		expect(text).not.toMatch(/secret|made_up|panah/i);
		expect(names).toEqual(['settings.json']);
	});

	test('are taken at once, but another server only when somebody saves it', async () => {
		await open();
		await take(writeFile(settings, 'https://panah.example.org'));
		expect(settingsNow()).toMatchObject({sensitivity: 'strict', levels: {threat: 'off'}, discreet: true});
		expect(serverNow()).toBeUndefined();
		expect(browser.permissions.request).not.toHaveBeenCalled();
		expect([field('address').value, said('file-note')]).toEqual([
			'https://panah.example.org',
			expect.stringMatching(/press “Save”/),
		]);
	});

	test('of the same server are simply taken', async () => {
		await open();
		await take(writeFile(settings, 'http://127.0.0.1:8000'));
		expect(said('file-note')).toBe('The settings were taken from the file.');
	});

	test.each(['', '[]', 'null', '{}', '{"kind":"reader-settings"}', '{"kind":"other","settings":{}}'])(
		'"%s" holds none, and changes nothing',
		async text => {
			await open();
			await take(text);
			expect(said('file-note')).toMatch(/holds no settings/);
			expect(settingsNow()).toBeUndefined();
		},
	);

	test('parts that nobody knows are as at the beginning', () => {
		const text = JSON.stringify({
			kind: 'reader-settings',
			settings: {sensitivity: 'x', counter: true},
			address: 5,
		});
		expect(readFile(text)).toEqual({settings: {...DEFAULT_SETTINGS, counter: true}});
	});

	test('a file beyond measure is not read', async () => {
		await open();
		await take(writeFile(settings, 'http://127.0.0.1:8000') + ' '.repeat(200_000));
		expect(said('file-note')).toMatch(/holds no settings/);
	});
});

describe('deleting everything', () => {
	let databases: string[];
	let outcome: 'onsuccess' | 'onblocked';
	const clears = () =>
		[browser.storage.local, browser.storage.sync, browser.storage.session].map(area => area.held.size);

	beforeEach(async () => {
		databases = ['evidence'];
		outcome = 'onsuccess';
		for (const area of [browser.storage.local, browser.storage.sync, browser.storage.session]) {
			Object.assign(area, {clear: vi.fn(async () => area.held.clear())});
		}
		vi.stubGlobal('indexedDB', {
			databases: async () => databases.map(name => ({name})),
			deleteDatabase: (name: string) => {
				const request: Record<string, () => void> = {};
				setTimeout(() => {
					if (outcome === 'onsuccess') databases = databases.filter(one => one !== name);
					request[outcome]?.();
				});
				return request;
			},
		});
		await browser.storage.sync.set({settings: {counter: true}});
		await browser.storage.session.set({pausedThreads: ['1']});
		await browser.storage.local.set({
			server: {address: 'https://panah.example.org', token: 'secret'},
			people: [{handle: 'made_up', since: '2026-01-02'}],
		});
	});

	test('happens only after a second question', async () => {
		await open();
		await click('#erase');
		expect(clears()).not.toContain(0);
		await click('#erase-yes');
		expect([clears(), databases]).toEqual([[0, 0, 0], []]);
		expect(browser.permissions.remove).toHaveBeenCalledWith({origins: ['https://panah.example.org/*']});
		expect(said('erase-note')).toBe('Everything was deleted.');
		expect([field('address').value, all('#people-list li').length]).toEqual(['http://127.0.0.1:8000', 0]);
	});

	test('tells when something is still in use, and deletes the rest', async () => {
		outcome = 'onblocked';
		await open();
		await click('#erase');
		await click('#erase-yes');
		expect(said('erase-note')).toMatch(/Not everything could be deleted/);
		expect(clears()).toEqual([0, 0, 0]);
	});
});
