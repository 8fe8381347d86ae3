import {
	decide,
	deleteThere,
	type How,
	loadAsked,
	loadReceipts,
	loadRefused,
	loadTellings,
	saveHow,
	UNDO,
	undo,
} from '../../../extension/src/feedback/tellings.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

type Router = typeof import('../../../extension/src/background/router.js');
type Worker = typeof import('../../../extension/src/background/feedback.js');

const SERVER = 'http://127.0.0.1:8000';
const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const OWN = {id: 'panah', url: 'chrome-extension://panah/tell.html'} as chrome.runtime.MessageSender;
const FIRST = '0'.repeat(31);
const FACTS = {
	kind: 'not-harmful',
	label: 'blame',
	language: 'en',
	bucket: 18,
	action: 'hide',
	sensitivity: 'balanced',
	model: 'v1',
	policy: 'v1-0',
};

let browser: FakeChrome;
let router: Router;
let worker: Worker;
/** What the server answers to POST /v1/feedback and to DELETE; a number is a status. */
let telling: number | 'down' | 'lost' | object | undefined;
let deleting: number | 'down';
let told: Array<Record<string, unknown>>;
/** The receipts that came with them. */
let chosen: string[];
let deleted: string[];
let scored: number;

/** A worker that has just been started: it remembers nothing but what is stored. */
async function startWorker(): Promise<void> {
	vi.resetModules();
	router = await import('../../../extension/src/background/router.js');
	worker = await import('../../../extension/src/background/feedback.js');
}

/** A page of X has a reply judged, as it does before anybody can say something about it. */
async function judge(text: string, context?: string): Promise<void> {
	const request = {kind: 'score', ask: crypto.randomUUID(), text, ...(context ? {context} : {})};
	await router.answer(request, PAGE);
	const kept = () => [...browser.storage.session.held.keys()].some(key => key.startsWith('verdict:'));
	await vi.waitFor(() => expect(kept()).toBe(true));
}

async function sayFine(text: string, context?: string): Promise<unknown> {
	return router.answer({kind: 'fine', text, ...(context ? {context} : {})}, PAGE);
}

/** Lets the time to undo go by, and does what the alarm would. */
async function later(by = UNDO): Promise<void> {
	vi.setSystemTime(Date.now() + by);
	await worker.tellingsAlarm({name: 'tell'});
}

async function allow(how: How): Promise<void> {
	await saveHow(SERVER, how);
}

function onDisk(): string {
	return JSON.stringify([...browser.storage.local.held, ...browser.storage.sync.held]);
}

beforeEach(async () => {
	vi.useFakeTimers({toFake: ['Date']});
	vi.setSystemTime(new Date('2026-11-22T10:00:00Z'));
	browser = installChrome();
	telling = undefined;
	deleting = 204;
	told = [];
	chosen = [];
	deleted = [];
	scored = 0;
	vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
		const {pathname} = new URL(url);
		if (init.method === 'DELETE') {
			if (deleting === 'down') throw new TypeError('offline');
			deleted.push(pathname.replace('/v1/feedback/', ''));
			return new Response(null, {status: deleting});
		}
		if (pathname === '/v1/policy') return Response.json({model: 'v1', policy: 'v1-0'});
		const body = JSON.parse(init.body as string);
		if (pathname === '/v1/feedback') {
			if (telling === 'down') throw new TypeError('offline');
			const {receipt, ...said} = body;
			told.push(said);
			chosen.push(receipt);
			if (telling === 'lost') throw new TypeError('the answer was lost');
			if (typeof telling === 'number') return new Response(null, {status: telling});
			const answer = {
				receipt: FIRST + told.length,
				keep_until: body.consent ? '2027-05-21' : '2027-11-22',
				with_text: body.consent,
			};
			return Response.json(telling ?? answer, {status: 201});
		}
		scored += 1;
		const verdicts = body.replies.map(({id, text}: {id: string; text: string}) => ({
			id,
			action: text.includes('fault') ? 'hide' : 'show',
			reason: text.includes('fault') ? 'blame' : null,
			language: 'en',
			truncated: false,
			scores: {blame: text.includes('fault') ? 0.93 : 0.4, threat: 0.01},
		}));
		return Response.json({model: 'v1', policy: 'v1-0', verdicts});
	});
	await startWorker();
});

describe('"Not harmful"', () => {
	test('stays in this browser, unless the reader allowed more', async () => {
		await judge('her fault');
		expect(await sayFine('her fault')).toEqual({ok: true});
		await later();
		expect([await loadAsked(), await loadTellings(), told]).toEqual([[], [], []]);
		expect(Object.keys(browser.storage.local.held.get('marks') as object)).toHaveLength(1);
	});

	test('is kept once where the answer was lost: sent again, it carries the same receipt', async () => {
		await allow('without');
		await judge('her fault');
		await sayFine('her fault');
		telling = 'lost';
		await later();
		telling = undefined;
		await later(3_600_000);
		expect(told).toHaveLength(2);
		expect(chosen[0]).toMatch(/^[0-9a-f]{32}$/);
		expect(chosen[1]).toBe(chosen[0]);
	});

	test('is told half a minute later, without words, and with no more than was said about it', async () => {
		await allow('without');
		await judge('@Somebody her fault https://t.co/abc', 'I was followed.');
		expect(await sayFine('@Somebody her fault https://t.co/abc', 'I was followed.')).toEqual({
			ok: true,
			telling: 'queued',
		});
		await worker.tellingsAlarm({name: 'tell'});
		expect(told).toEqual([]);
		expect(onDisk()).not.toContain('fault');
		await later();
		expect(told).toEqual([{...FACTS, consent: false}]);
		expect(scored).toBe(1);
		expect(await loadReceipts()).toEqual([
			{
				receipt: `${FIRST}1`,
				server: SERVER,
				kind: 'not-harmful',
				label: 'blame',
				withWords: false,
				day: '2026-11-22',
				keepUntil: '2027-11-22',
			},
		]);
		expect(await loadTellings()).toEqual([]);
	});

	test('is told once, however often it is looked at', async () => {
		await allow('without');
		await judge('her fault');
		await sayFine('her fault');
		await later();
		await later();
		expect(told).toHaveLength(1);
	});

	test('can be taken back in time', async () => {
		await allow('without');
		await judge('her fault');
		await sayFine('her fault');
		expect(await undo((await loadTellings())[0]?.id ?? '')).toBe(true);
		await later();
		expect(told).toEqual([]);
	});

	test('waits for an answer where the reader wants to be asked, with the words in memory alone', async () => {
		await allow('ask');
		await judge('@Somebody her fault', 'I was followed.');
		expect(await sayFine('@Somebody her fault', 'I was followed.')).toEqual({ok: true, telling: 'asking'});
		await later();
		expect(told).toEqual([]);
		expect(await loadAsked()).toEqual([
			{
				id: expect.any(String),
				server: SERVER,
				facts: FACTS,
				text: '@user her fault',
				context: 'I was followed.',
			},
		]);
		expect(onDisk()).not.toMatch(/fault|followed|omebody/);
	});

	test('of what the server was never asked about is not told', async () => {
		await allow('without');
		await judge('something else');
		expect(await sayFine('her fault')).toEqual({ok: true});
		expect(await loadTellings()).toEqual([]);
	});

	test('is kept also where the model said the same', async () => {
		await allow('without');
		await judge('kind words');
		expect(await sayFine('kind words')).toEqual({ok: true});
		expect(await loadTellings()).toEqual([]);
	});

	test('is told though what the reply answers became known only afterwards', async () => {
		await allow('without');
		await judge('her fault');
		expect(await sayFine('her fault', 'I was followed.')).toEqual({ok: true, telling: 'queued'});
	});

	test('holds no post where the setting keeps posts here', async () => {
		await browser.storage.local.set({server: {address: SERVER, useContext: false}});
		await allow('ask');
		await judge('her fault', 'I was followed.');
		await sayFine('her fault', 'I was followed.');
		expect((await loadAsked()).map(({text, context}) => [text, context])).toEqual([['her fault', undefined]]);
	});

	test('is told after the worker died in between', async () => {
		await allow('without');
		await judge('her fault');
		await startWorker();
		await sayFine('her fault');
		await startWorker();
		await later();
		expect(told).toHaveLength(1);
	});
});

describe('a reply that was not hidden', () => {
	test('is hidden from then on, and told as what the reader takes it for', async () => {
		await allow('without');
		await judge('a nasty word');
		const request = {kind: 'say-missed', text: 'a nasty word', act: 'threat'};
		expect(await router.answer(request, OWN)).toEqual({ok: true, telling: 'queued'});
		expect(Object.values(browser.storage.local.held.get('marks') as object)).toEqual([
			{mark: 'hurtful', by: 'reader', reason: 'threat'},
		]);
		await later();
		expect(told).toEqual([
			{...FACTS, kind: 'missed', label: 'threat', bucket: 0, action: 'show', consent: false},
		]);
	});

	test('without a kind counts as the likeliest', async () => {
		await allow('without');
		await judge('a nasty word');
		await router.answer({kind: 'say-missed', text: 'a nasty word'}, OWN);
		expect((await loadTellings())[0]?.facts).toMatchObject({label: 'blame', bucket: 8});
	});

	test('is nothing that a page of X may say', () => {
		expect(router.answer({kind: 'say-missed', text: 'a nasty word'}, PAGE)).toBeUndefined();
	});
});

describe('what the reader says about the words', () => {
	beforeEach(async () => {
		await allow('ask');
		await judge('her fault', 'I was followed.');
		await sayFine('her fault', 'I was followed.');
	});

	const only = async () => (await loadAsked())[0]?.id ?? '';

	test('sends them only when that was said, and forgets them here', async () => {
		await decide(await only(), {words: {text: 'her fault'}});
		expect(onDisk()).not.toContain('fault');
		await later();
		expect(told).toEqual([{...FACTS, consent: true, text: 'her fault'}]);
		expect((await loadReceipts())[0]).toMatchObject({withWords: true, keepUntil: '2027-05-21'});
		expect(JSON.stringify([...browser.storage.session.held])).not.toContain('her fault');
	});

	test('sends the post that it answers only when that was said as well', async () => {
		await decide(await only(), {words: {text: 'her fault', context: 'I was followed.'}});
		await later();
		expect(told).toEqual([{...FACTS, consent: true, text: 'her fault', context: 'I was followed.'}]);
	});

	test('sends the rest without them', async () => {
		await decide(await only(), {});
		await later();
		expect(told).toEqual([{...FACTS, consent: false}]);
	});

	test('sends nothing when that was said', async () => {
		await decide(await only(), 'no');
		await later();
		expect([told, await loadAsked(), await loadTellings()]).toEqual([[], [], []]);
	});

	test('said twice counts once', async () => {
		const id = await only();
		await decide(id, {});
		await decide(id, {words: {text: 'her fault'}});
		await later();
		expect(told).toEqual([{...FACTS, consent: false}]);
	});

	test('holds for the rest where the words ended with the browser', async () => {
		await decide(await only(), {words: {text: 'her fault'}});
		browser.storage.session.held.clear();
		await startWorker();
		await later();
		expect(told).toEqual([{...FACTS, consent: false}]);
		expect((await loadReceipts())[0]?.withWords).toBe(false);
	});

	test('that the server has them, when they were sent and only the answer was lost', async () => {
		await decide(await only(), {words: {text: 'her fault'}});
		telling = 'lost';
		await later();
		browser.storage.session.held.clear();
		await startWorker();
		telling = {receipt: FIRST + 1, keep_until: '2027-05-21', with_text: true};
		await later(3_600_000);
		expect(told.map(({consent}) => consent)).toEqual([true, false]);
		expect((await loadReceipts())[0]).toMatchObject({withWords: true, keepUntil: '2027-05-21'});
	});
});

describe('a server', () => {
	beforeEach(async () => {
		await allow('without');
		await judge('her fault');
		await sayFine('her fault');
	});

	test('that is away is asked again, with growing patience', async () => {
		telling = 'down';
		await later();
		const first = (await loadTellings())[0];
		expect(first?.tries).toBe(1);
		telling = undefined;
		await worker.tellingsAlarm({name: 'tell'});
		expect(told).toEqual([]);
		await later((first?.at ?? 0) - Date.now());
		expect(told).toHaveLength(1);
		expect(await loadTellings()).toEqual([]);
	});

	test.each([429, 500, 503])('that answers %i is asked again', async status => {
		telling = status;
		await later();
		expect(await loadTellings()).toHaveLength(1);
		expect(await loadRefused(SERVER)).toBeUndefined();
	});

	test.each([
		['an older one', 404],
		['one that gives no receipt', {}],
	])('that does not know of it, %s, is told nothing, and nothing is kept for it', async (_which, answer) => {
		await sayFine('her  fault');
		telling = answer;
		await later();
		expect(told).toHaveLength(1);
		expect([await loadTellings(), await loadReceipts()]).toEqual([[], []]);
		expect(await loadRefused(SERVER)).toBe('unsupported');
	});

	test.each([
		[401, 'refused'],
		[403, 'refused'],
		[422, 'invalid'],
	])('that answers %i is not asked again', async (status, why) => {
		telling = status;
		await later();
		await later(86_400_000);
		expect(told).toHaveLength(1);
		expect(await loadRefused(SERVER)).toBe(why);
	});

	test('that is another one by now gets nothing that was meant for the first', async () => {
		await browser.storage.local.set({server: {address: 'https://other.example', token: ''}});
		await later();
		expect(told).toEqual([]);
		expect(await loadTellings()).toHaveLength(1);
	});

	test('is told nothing any more once the reader takes the permission back', async () => {
		await allow('never');
		await later();
		expect([told, await loadTellings()]).toEqual([[], []]);
	});
});

test('what was allowed to one server was not allowed to another', async () => {
	await allow('without');
	await browser.storage.local.set({server: {address: 'https://other.example', token: ''}});
	await startWorker();
	await judge('her fault');
	expect(await sayFine('her fault')).toEqual({ok: true});
});

describe('deleting', () => {
	beforeEach(async () => {
		await allow('without');
		for (const text of ['her fault', 'all your fault']) {
			await judge(text);
			await sayFine(text);
		}
		await later();
	});

	const codes = async () => (await loadReceipts()).map(({receipt}) => receipt);

	test('asks the server, and forgets the receipt', async () => {
		await deleteThere([`${FIRST}1`]);
		await router.answer({kind: 'feedback', ask: {do: 'send'}}, OWN);
		expect(deleted).toEqual([`${FIRST}1`]);
		expect(await codes()).toEqual([`${FIRST}2`]);
	});

	test('waits for a server that is away', async () => {
		deleting = 'down';
		await deleteThere([`${FIRST}1`, `${FIRST}2`]);
		await worker.sendTellings();
		expect(await codes()).toHaveLength(2);
		deleting = 204;
		await later(86_400_000);
		expect(deleted).toEqual([`${FIRST}1`, `${FIRST}2`]);
		expect(await codes()).toEqual([]);
	});

	test('counts as done where the server knows nothing of it', async () => {
		deleting = 404;
		await deleteThere([`${FIRST}1`]);
		await worker.sendTellings();
		expect(await codes()).toEqual([`${FIRST}2`]);
	});

	test('of everything works with what the page remembers, and tells what is left', async () => {
		const server = {address: SERVER, token: '', useContext: true};
		const ask = {do: 'forget', server, receipts: await codes()};
		browser.storage.local.held.clear();
		expect(await router.answer({kind: 'feedback', ask}, OWN)).toEqual({left: []});
		expect(deleted).toHaveLength(2);
		deleting = 'down';
		expect(await router.answer({kind: 'feedback', ask}, OWN)).toEqual({left: ask.receipts});
		expect(router.answer({kind: 'feedback', ask}, PAGE)).toBeUndefined();
	});
});

test('a receipt goes when the server has forgotten by itself', async () => {
	await allow('without');
	await judge('her fault');
	await sayFine('her fault');
	await later();
	vi.setSystemTime(new Date('2027-11-22T10:00:00Z'));
	expect(await loadReceipts()).toHaveLength(1);
	vi.setSystemTime(new Date('2027-11-23T10:00:00Z'));
	expect(await loadReceipts()).toEqual([]);
});

test('whatever else lies in storage is no telling', async () => {
	await browser.storage.local.set({
		tellings: [null, 7, {}, {id: 'x', server: SERVER, at: 1, facts: FACTS}],
		receipts: [null, {receipt: 'x'}],
		tellHow: {[SERVER]: 'always'},
		tellRefused: 7,
	});
	await browser.storage.session.set({asked: [{}, {id: crypto.randomUUID(), server: SERVER, facts: FACTS}]});
	expect([await loadTellings(), await loadReceipts(), await loadAsked()]).toEqual([[], [], []]);
	expect(await loadRefused(SERVER)).toBeUndefined();
	await judge('her fault');
	expect(await sayFine('her fault')).toEqual({ok: true});
});
