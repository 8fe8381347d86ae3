import {setTimeout as pass} from 'node:timers/promises';
import type {MarkAnswer, SavedPost} from '../../../extension/src/core/messages.js';
import type {Facts} from '../../../extension/src/feedback/facts.js';
import {
	type Asked,
	loadAsked,
	loadHow,
	loadReceipts,
	loadTellings,
	loadWords,
	note,
	type Receipt,
	refuse,
	saveHow,
	type Telling,
	UNDO,
} from '../../../extension/src/feedback/tellings.js';
import {setAddress} from '../factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	choose as chooseAtOnce,
	click as clickAtOnce,
	coveredPost,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	pageReport,
	said,
	settle as settleAtOnce,
	submit as submitAtOnce,
} from '../pages/open-page.js';

const SERVER = 'http://127.0.0.1:8000';
const DRAFT = '33333333-3333-4333-8333-333333333333';
const HOSTILE = '<img src=x onerror=alert(1)> & "her fault"';
const FACTS: Facts = {
	kind: 'not-harmful',
	label: 'blame',
	language: 'ur-Latn',
	bucket: 18,
	action: 'hide',
	sensitivity: 'strict',
	model: 'v2',
	policy: 'v2-1',
};
const POST: SavedPost = {
	id: '11',
	handle: 'Made_Up',
	name: 'Made Up',
	text: 'A nasty word.',
	partial: false,
	url: 'https://x.com/Made_Up/status/11',
	foundOn: 'https://x.com/somebody/status/1',
	answers: {text: 'I was followed.'},
};
const RECEIPT: Receipt = {
	receipt: 'a'.repeat(32),
	server: SERVER,
	kind: 'missed',
	label: 'threat',
	withWords: true,
	day: '2026-11-20',
	keepUntil: '2027-05-19',
};

let browser: FakeChrome;
let sent: unknown[];
let answer: unknown;

async function settle(): Promise<void> {
	for (let round = 0; round < 3; round += 1) {
		await pass(5);
		await settleAtOnce();
	}
}

const open = () =>
	openOwnPage('tell', () => import('../../../extension/src/pages/tell/tell.js')).then(settle);
const openOptions = () =>
	openOwnPage('options', () => import('../../../extension/src/pages/options/options.js')).then(settle);
const click = (selector: string) => clickAtOnce(selector).then(settle);

async function unfold(element: Element | null | undefined): Promise<void> {
	(element as HTMLDetailsElement).open = true;
	element?.dispatchEvent(new Event('toggle'));
	await settle();
}

async function ask(words = {text: 'her fault', context: 'I was followed.'}): Promise<string> {
	await saveHow(SERVER, 'ask');
	await note(SERVER, FACTS, words);
	return (await loadAsked()).at(-1)?.id ?? '';
}

beforeEach(() => {
	fakeTime();
	vi.setSystemTime(new Date('2026-11-22T10:00:00Z'));
	browser = installChrome();
	sent = [];
	answer = undefined;
	browser.runtime.sendMessage.mockImplementation(async message => {
		sent.push(message);
		return answer;
	});
	setAddress('https://page.example/tell.html');
});

describe('the page of what is told', () => {
	test.each(['en', 'ur'])('has all its texts, empty and full (%s)', async language => {
		await browser.storage.sync.set({settings: {language}});
		await open();
		expectWholeTexts();
		await ask();
		await saveHow(SERVER, 'without');
		await note(SERVER, FACTS, {text: 'her fault'});
		await browser.storage.local.set({receipts: [RECEIPT]});
		await settle();
		await unfold(at('#asked details:nth-of-type(2)'));
		expectWholeTexts();
		expect(['asked', 'waiting', 'told'].map(id => at(`#${id}`).children.length)).toEqual([1, 1, 1]);
	});

	test.each([
		['never', /nothing is told/],
		['without', /without the reply’s words/],
		['ask', /until you say/],
	] as const)('says what the reader allowed: %s', async (how, words) => {
		await saveHow(SERVER, how);
		await open();
		expect(said('how')).toMatch(words);
	});

	test('shows all that is told, and the words only when they are unfolded', async () => {
		await ask({text: HOSTILE, context: 'I was followed.'});
		await open();
		const card = at('#asked > li');
		expect(card.textContent).toContain('blames the person who was harmed');
		const facts = [...card.querySelectorAll('dd')].map(({textContent}) => textContent);
		expect(facts).toEqual([
			'blames the person who was harmed',
			'90% to 95%',
			'hide',
			'Strict',
			'Urdu in Latin letters',
			'v2 · v2-1',
		]);
		expect(card.textContent).not.toContain('fault');
		expect([...card.querySelectorAll('button')].map(({textContent}) => textContent)).toEqual([
			'Tell without the words',
			'Do not tell',
		]);
		await unfold(card.querySelector('details:nth-of-type(2)'));
		const words = [...card.querySelectorAll('.said')].map(({textContent}) => textContent);
		expect(words).toEqual([HOSTILE, 'I was followed.']);
		expect(card.querySelector('img')).toBeNull();
		(card.querySelector('details:nth-of-type(2)') as HTMLDetailsElement).open = false;
		card.querySelector('details:nth-of-type(2)')?.dispatchEvent(new Event('toggle'));
		expect(card.textContent).not.toContain('fault');
	});

	test('sends the reply alone, unless the post is chosen as well', async () => {
		const id = await ask();
		await open();
		await unfold(at('#asked details:nth-of-type(2)'));
		expect(field(`also-${id}`).checked).toBe(false);
		await click(`#with-${id}`);
		expect(await loadWords(id)).toEqual({text: 'her fault'});
		expect((await loadTellings())[0]).toMatchObject({id, withWords: true});

		const other = await ask();
		await settle();
		await unfold(at('#asked details:nth-of-type(2)'));
		field(`also-${other}`).click();
		await click(`#with-${other}`);
		expect(await loadWords(other)).toEqual({text: 'her fault', context: 'I was followed.'});
	});

	test('sends nothing of the words, or nothing at all, when that is pressed', async () => {
		const first = await ask();
		const second = await ask();
		await open();
		await click(`#without-${first}`);
		await click(`#no-${second}`);
		expect((await loadTellings()).map(({id, withWords}) => [id, withWords])).toEqual([[first, false]]);
		expect([await loadAsked(), await loadWords(first)]).toEqual([[], undefined]);
		expect(isHidden('asked-none')).toBe(false);
	});

	test('tells when it is sent, and takes it back until then', async () => {
		await saveHow(SERVER, 'without');
		await note(SERVER, FACTS, {text: 'her fault'});
		await open();
		const [{id} = {id: ''}] = await loadTellings();
		expect(at('#waiting').textContent).toMatch(/Without the words\. It is told at /);
		await click(`#undo-${id}`);
		expect([await loadTellings(), said('waiting-note')]).toEqual([[], 'Taken back. Nothing was sent.']);
		expect(isHidden('waiting-part')).toBe(true);
	});

	test('says that it waits for the server, this one or another', async () => {
		await saveHow(SERVER, 'without');
		await note(SERVER, FACTS, {text: 'her fault'});
		const tellings = (await loadTellings()).map(one => ({...one, tries: 2, at: Date.now() + UNDO}));
		const elsewhere: Telling[] = tellings.map(one => ({
			...one,
			id: crypto.randomUUID(),
			server: 'https://other.example',
		}));
		await browser.storage.local.set({tellings: [...tellings, ...elsewhere]});
		await open();
		expect(all('#waiting > li').map(({textContent}) => textContent)).toEqual([
			expect.stringContaining('waits for the server.'),
			expect.stringContaining('waits until other.example is your server again'),
		]);
	});

	test.each([
		['unsupported', /Nothing waits to be sent/],
		['refused', /did not let this browser/],
		['invalid', /could not read/],
	] as const)('says kindly that the server took nothing: %s', async (why, words) => {
		await saveHow(SERVER, 'without');
		await note(SERVER, FACTS, {text: 'her fault'});
		await open();
		await refuse((await loadTellings())[0] as Telling, why);
		await settle();
		expect(said('refused')).toMatch(words);
		expect(await loadTellings()).toEqual([]);
	});

	test('deletes one on the server', async () => {
		await browser.storage.local.set({receipts: [RECEIPT]});
		await open();
		expect(at('#told').textContent).toMatch(/Was not hidden: may be a threat.*With the words\./);
		await click(`#delete-${RECEIPT.receipt}`);
		expect(sent).toContainEqual({kind: 'feedback', ask: {do: 'send'}});
		expect((await loadReceipts())[0]?.deleting).toEqual({at: expect.any(Number), tries: 0});
		expect(said('told-note')).toMatch(/does not answer/);
	});

	test('deletes all only after a second question, and of this server alone', async () => {
		const other: Receipt = {...RECEIPT, receipt: 'b'.repeat(32), server: 'https://other.example'};
		await browser.storage.local.set({receipts: [RECEIPT, other]});
		await open();
		expect(at('#told').textContent).toContain('when other.example is your server again');
		await click('#delete-all');
		expect((await loadReceipts()).map(({deleting}) => deleting)).toEqual([undefined, undefined]);
		await click('#delete-all-yes');
		expect((await loadReceipts()).map(({deleting}) => deleting !== undefined)).toEqual([true, false]);
		expect(isHidden('delete-all')).toBe(true);
	});
});

describe('a reply that was not hidden', () => {
	beforeEach(async () => {
		setAddress(`https://page.example/tell.html#${DRAFT}`);
		await browser.storage.session.set({[`draft:${DRAFT}`]: POST});
	});

	test.each([
		[{ok: true}, /told nothing/],
		[{ok: true, telling: 'queued'}, /told soon/],
		[{ok: true, telling: 'asking'}, /Below you can say/],
	] as Array<[MarkAnswer, RegExp]>)(
		'is said with its kind, and what follows is told: %o',
		async (reply, words) => {
			answer = reply;
			await open();
			expect(isHidden('missed-form')).toBe(false);
			await chooseAtOnce('#act', 'threat');
			await submitAtOnce('#missed-form').then(settle);
			expect(sent).toEqual([
				{kind: 'say-missed', text: 'A nasty word.', context: 'I was followed.', act: 'threat'},
			]);
			expect(said('missed-note')).toMatch(words);
			expect(isHidden('missed-form')).toBe(true);
			expect([...browser.storage.session.held.keys()]).not.toContain(`draft:${DRAFT}`);
		},
	);

	test('needs no kind', async () => {
		answer = {ok: true};
		await open();
		await submitAtOnce('#missed-form').then(settle);
		expect(sent).toEqual([{kind: 'say-missed', text: 'A nasty word.', context: 'I was followed.'}]);
	});

	test('stays where it could not be kept', async () => {
		answer = {ok: false};
		await open();
		await submitAtOnce('#missed-form').then(settle);
		expect(said('missed-note')).toMatch(/try again/);
		expect(isHidden('missed-form')).toBe(false);
	});

	test('that is gone is said so', async () => {
		browser.storage.session.held.clear();
		await open();
		expect([isHidden('missed-form'), said('missed-note')]).toEqual([
			true,
			expect.stringMatching(/not here any more/),
		]);
	});
});

describe('Settings', () => {
	test('begin with never, and keep for this server what is chosen', async () => {
		await openOptions();
		const checked = () => at<HTMLInputElement>('#tell input:checked').value;
		expect(checked()).toBe('never');
		expect(said('tell-help')).toContain('127.0.0.1:8000');
		await chooseAtOnce('#tell input[value=ask]').then(settle);
		expect([checked(), await loadHow(SERVER)]).toEqual(['ask', 'ask']);
		await browser.storage.local.set({server: {address: 'https://other.example', token: ''}});
		await settle();
		expect([checked(), await loadHow('https://other.example')]).toEqual(['never', 'never']);
	});

	test('drop what was not sent once nothing may be told', async () => {
		await ask();
		await openOptions();
		await chooseAtOnce('#tell input[value=never]').then(settle);
		expect(await loadAsked()).toEqual([]);
	});

	test('delete everything on the server as well', async () => {
		vi.stubGlobal('indexedDB', {databases: async () => []});
		await browser.storage.local.set({receipts: [RECEIPT]});
		answer = {left: []};
		await openOptions();
		await click('#erase');
		await click('#erase-yes');
		expect(sent).toContainEqual({
			kind: 'feedback',
			ask: {
				do: 'forget',
				server: {address: SERVER, token: '', useContext: true},
				receipts: [RECEIPT.receipt],
			},
		});
		expect([said('erase-note'), isHidden('erase-codes')]).toEqual(['Everything was deleted.', true]);
	});

	test('say what is left on a server that cannot be reached, and how it can be deleted', async () => {
		vi.stubGlobal('indexedDB', {databases: async () => []});
		await browser.storage.local.set({receipts: [RECEIPT]});
		await openOptions();
		await click('#erase');
		await click('#erase-yes');
		expect(browser.storage.local.held.size).toBe(0);
		expect(said('erase-note')).toMatch(/^Everything was deleted\. The server could not be reached/);
		expect(said('erase-note')).toMatch(/stays there until 19 May 2027|stays there until May 19, 2027/);
		expect(at<HTMLTextAreaElement>('#erase-codes').value).toBe(`${SERVER} ${RECEIPT.receipt}`);
	});
});

test.each([
	[{ok: true}, 'It will be shown from now on.', true],
	[{ok: true, telling: 'queued'}, /told soon, without its words/, false],
	[{ok: true, telling: 'asking'}, /You can say whether/, false],
] as Array<[MarkAnswer, RegExp, boolean]>)(
	'the list of a page says what follows a mark: %o',
	async (reply, words, isLinkHidden) => {
		history.replaceState(null, '', '?tab=7');
		const post = coveredPost();
		post.post.answers = {text: 'I was followed.'};
		browser.tabs.sendMessage.mockImplementation((async () => pageReport({covered: [post]})) as never);
		answer = reply;
		await openOwnPage('hidden', () => import('../../../extension/src/pages/hidden/hidden.js'));
		const fine = all('#list button').find(({textContent}) => textContent === 'Not harmful');
		fine?.click();
		await settle();
		expect(sent).toContainEqual({kind: 'fine', text: 'Why were you there?', context: 'I was followed.'});
		expect(at('#list .note').textContent).toMatch(words);
		expect(at('#list .links').hidden).toBe(isLinkHidden);
	},
);

test.each([
	[SERVER, false],
	['https://other.example', true],
])(
	'the popup leads to a mark that waits for an answer, of this server alone: %s',
	async (server, isLinkHidden) => {
		const asked: Asked[] = [{id: DRAFT, server, facts: FACTS, text: 'her fault'}];
		await browser.storage.session.set({asked});
		Object.assign(browser.tabs, {query: async () => [{id: 7}]});
		browser.tabs.sendMessage.mockImplementation((async () => pageReport()) as never);
		answer = {state: 'off'};
		await openOwnPage('popup', () => import('../../../extension/src/pages/popup/popup.js'));
		expect(isHidden('tell-waiting')).toBe(isLinkHidden);
		expect(isHidden('choose-missed')).toBe(false);
	},
);
