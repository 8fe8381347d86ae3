import type {Told} from '../../../extension/src/background/contribute.js';
import {loadContributor, MOST_VOTES, makeContributor} from '../../../extension/src/contribute/key.js';
import {loadNews} from '../../../extension/src/contribute/news.js';
import {
	loadOutbox,
	loadReports,
	queueNotice,
	queueReport,
	queueVote,
	UNDO,
	undo,
	withdraw,
} from '../../../extension/src/contribute/outbox.js';
import type {SavedPost} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

type Worker = typeof import('../../../extension/src/background/contribute.js');

const SERVER = 'http://127.0.0.1:8000';
const TASK = '11111111-1111-4111-8111-111111111111';
const NOTICE = '22222222-2222-4222-8222-222222222222';
const REPORT = {list: 'main', name: 'Main', account: '77', category: 'blame', post: '11'} as const;
const HOUR = 3_600_000;

let browser: FakeChrome;
let worker: Worker;
/** What the server answers, by "METHOD path"; a number is a status without a body. */
let server: Record<string, number | object | 'down'>;
let asked: Array<{route: string; key: string | null; body: unknown}>;

/** A worker that has just been started: it remembers nothing but what is stored. */
async function startWorker(): Promise<void> {
	vi.resetModules();
	worker = await import('../../../extension/src/background/contribute.js');
}

function routes(): string[] {
	return asked.map(({route}) => route);
}

function alarm(name: string): number | undefined {
	const calls = browser.alarms.create.mock.calls as unknown as Array<[string, {when: number}]>;
	return calls.filter(([one]) => one === name).at(-1)?.[1].when;
}

async function states(): Promise<string[]> {
	return (await loadReports()).map(({state}) => state);
}

/** Lets the time to undo go by, and does what the alarm would. */
async function later(by = UNDO): Promise<void> {
	vi.setSystemTime(Date.now() + by);
	await worker.alarmed({name: 'outbox'});
}

beforeEach(async () => {
	vi.useFakeTimers({toFake: ['Date']});
	vi.setSystemTime(new Date('2026-11-22T10:00:00Z'));
	browser = installChrome();
	server = {};
	asked = [];
	vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
		const headers = new Headers(init.headers);
		const {pathname} = new URL(url);
		const route = `${init.method} ${pathname}`;
		asked.push({
			route,
			key: headers.get('panah-key'),
			body: init.body === undefined ? undefined : JSON.parse(init.body as string),
		});
		const answer = server[route] ?? server['*'] ?? 201;
		if (answer === 'down') throw new TypeError('offline');
		return typeof answer === 'number'
			? new Response(null, {status: answer})
			: new Response(JSON.stringify(answer), {status: 200});
	});
	await startWorker();
});

describe('a report', () => {
	beforeEach(() => makeContributor(SERVER));

	test('leaves after the time to take it back, with the key, and holds what was shown and no more', async () => {
		const id = await queueReport(SERVER, {...REPORT, sha256: 'ab'});
		await worker.alarmed({name: 'outbox'});
		expect(asked).toEqual([]);
		await later();
		const key = (await loadContributor(SERVER))?.key;
		expect(routes()).toEqual([
			'POST /v1/contributors',
			'POST /v1/lists/main/participants',
			'POST /v1/lists/main/contributions',
		]);
		expect(asked.map(one => one.key)).toEqual([key, key, key]);
		expect(asked.at(-1)?.body).toEqual({
			id,
			subject: 'x:77',
			category: 'blame',
			evidence_post_id: '11',
			evidence_sha256: 'ab',
		});
		expect(await states()).toEqual(['sent']);
	});

	test('is remembered without the post once it was sent', async () => {
		await queueReport(SERVER, {...REPORT, sha256: 'ab'});
		await later();
		expect(await loadOutbox()).toEqual([]);
		expect(await loadReports()).toEqual([
			{
				id: expect.any(String),
				server: SERVER,
				list: 'main',
				name: 'Main',
				account: '77',
				category: 'blame',
				day: '2026-11-22',
				state: 'sent',
			},
		]);
	});

	test('that was taken back in time is never sent, and leaves nothing', async () => {
		const id = await queueReport(SERVER, REPORT);
		expect(await undo(id)).toBe(true);
		await later();
		expect([routes(), await loadReports(), await loadOutbox()]).toEqual([[], [], []]);
	});

	test('survives the worker and an unreachable server, and is sent later under the same id', async () => {
		server['*'] = 'down';
		const id = await queueReport(SERVER, REPORT);
		await later();
		expect(await states()).toEqual(['waiting']);
		const again = alarm('outbox') ?? 0;
		expect(again - Date.now()).toBeGreaterThanOrEqual(48_000);
		expect(again - Date.now()).toBeLessThanOrEqual(72_000);
		await startWorker();
		server['*'] = 201;
		await later(72_000);
		expect(asked.at(-1)?.body).toMatchObject({id});
		expect(await states()).toEqual(['sent']);
	});

	test('waits longer after each failure, six hours at most, and as long as the server says', async () => {
		server['*'] = 'down';
		await queueReport(SERVER, REPORT);
		const waits: number[] = [];
		for (let round = 0; round < 6; round += 1) {
			await later(round === 0 ? UNDO : 8 * HOUR);
			waits.push((alarm('outbox') ?? 0) - Date.now());
		}
		expect(waits[0]).toBeLessThan(waits[1] ?? 0);
		expect(waits[3]).toBeLessThan(waits[4] ?? 0);
		expect(Math.max(...waits)).toBeLessThanOrEqual(6 * HOUR * 1.2);
		vi.stubGlobal('fetch', async () => new Response(null, {status: 429, headers: {'retry-after': '90000'}}));
		await later(8 * HOUR);
		expect((alarm('outbox') ?? 0) - Date.now()).toBe(90_000_000);
	});

	test.each([
		[401, 'key'],
		[403, 'forbidden'],
		[404, 'gone'],
		[409, 'conflict'],
		[422, 'invalid'],
	])('that is answered with %i ends, is said to, and is not sent again', async (status, end) => {
		server['POST /v1/lists/main/contributions'] = status;
		await queueReport(SERVER, REPORT);
		await later();
		await later(24 * HOUR);
		expect(await states()).toEqual([end]);
		expect(routes().filter(route => route.endsWith('contributions'))).toHaveLength(1);
	});

	test('to a list that does not let us in ends before anything of it is sent', async () => {
		server['POST /v1/lists/main/participants'] = 403;
		await queueReport(SERVER, REPORT);
		await later();
		expect(await states()).toEqual(['forbidden']);
		expect(routes()).not.toContain('POST /v1/lists/main/contributions');
	});

	test('for another server waits until that is ours again', async () => {
		await queueReport(SERVER, REPORT);
		await browser.storage.local.set({
			server: {address: 'https://other.example', token: '', useContext: false},
		});
		await later();
		expect([routes(), await states()]).toEqual([[], ['waiting']]);
	});

	test('is not sent without the browser’s permission', async () => {
		browser.permissions.contains.mockResolvedValue(false);
		await queueReport(SERVER, REPORT);
		await later();
		expect([routes(), await states()]).toEqual([[], ['waiting']]);
	});

	test('takes two of one moment in their order, and introduces us once', async () => {
		await queueReport(SERVER, REPORT);
		await queueReport(SERVER, {...REPORT, account: '78'});
		await later();
		expect(asked.flatMap(({body}) => (body as {subject?: string}).subject ?? [])).toEqual(['x:77', 'x:78']);
		expect(routes().filter(route => route === 'POST /v1/contributors')).toHaveLength(1);
	});
});

describe('withdrawing', () => {
	beforeEach(() => makeContributor(SERVER));

	test('a sent report asks the server after the time to undo, and forgets it then', async () => {
		const id = await queueReport(SERVER, REPORT);
		await later();
		await withdraw([id]);
		expect(await states()).toEqual(['withdrawing']);
		await later();
		expect(asked.at(-1)?.route).toBe(`DELETE /v1/lists/main/contributions/${id}`);
		expect([await loadReports(), await loadOutbox()]).toEqual([[], []]);
	});

	test('can itself be taken back', async () => {
		const id = await queueReport(SERVER, REPORT);
		await later();
		await withdraw([id]);
		expect(await undo(id)).toBe(true);
		await later();
		expect(await states()).toEqual(['sent']);
		expect(routes().some(route => route.startsWith('DELETE'))).toBe(false);
	});

	test('what may have reached the server asks it all the same', async () => {
		server['POST /v1/lists/main/contributions'] = 'down';
		const id = await queueReport(SERVER, REPORT);
		await later();
		expect(await undo(id)).toBe(false);
		await withdraw([id]);
		await later();
		expect(asked.at(-1)?.route).toBe(`DELETE /v1/lists/main/contributions/${id}`);
		expect(await loadReports()).toEqual([]);
	});

	test('while the report is being sent is not undone by its success', async () => {
		const id = await queueReport(SERVER, REPORT);
		const answered = fetch;
		vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
			if (init.method === 'POST' && url.endsWith('contributions')) await withdraw([id]);
			return answered(url, init);
		});
		await later();
		expect(await states()).toEqual(['withdrawing']);
		await later();
		expect(await loadReports()).toEqual([]);
	});

	test('everything asks the server once and forgets all of that server', async () => {
		await queueReport(SERVER, REPORT);
		await later();
		await queueReport(SERVER, {...REPORT, account: '78'});
		expect(await worker.answerContribute({do: 'delete-reports'})).toMatchObject({ok: true});
		expect(asked.at(-1)?.route).toBe('DELETE /v1/me/contributions');
		expect([await loadReports(), await loadOutbox()]).toEqual([[], []]);
	});
});

describe('the key', () => {
	test('is another one for each server, and never goes to a second', async () => {
		await makeContributor(SERVER);
		await makeContributor('https://other.example');
		const keys = [await loadContributor(SERVER), await loadContributor('https://other.example')];
		expect(keys[0]?.key).toMatch(/^[\w-]{43}$/);
		expect(keys[0]?.key).not.toBe(keys[1]?.key);
	});

	test('is deleted with all reports on the server first, then here', async () => {
		await makeContributor(SERVER);
		await queueReport(SERVER, REPORT);
		await later();
		expect(await worker.answerContribute({do: 'delete-key'})).toMatchObject({ok: true});
		expect(asked.at(-1)?.route).toBe('DELETE /v1/me');
		expect([await loadContributor(SERVER), await loadReports()]).toEqual([undefined, []]);
	});

	test('stays when the server cannot be told, unless that is wanted', async () => {
		await makeContributor(SERVER);
		await queueReport(SERVER, REPORT);
		await later();
		server['*'] = 'down';
		expect(await worker.answerContribute({do: 'delete-key'})).toMatchObject({ok: false, problem: 'later'});
		expect(await loadContributor(SERVER)).toBeDefined();
		expect(await worker.answerContribute({do: 'delete-key', here: true})).toMatchObject({ok: true});
		expect(await loadContributor(SERVER)).toBeUndefined();
	});

	test('is needed for all that is asked in its name', async () => {
		for (const what of [
			'join',
			'standing',
			'onboarding',
			'onboard',
			'invite',
			'look',
			'protect',
			'protection',
		])
			expect(
				await worker.answerContribute({do: what, list: 'main', account: '7', answers: {}}),
			).toMatchObject({
				problem: 'no_key',
			});
		expect(asked).toEqual([]);
	});
});

describe('what waits for us', () => {
	const TASKS = {
		tasks: [
			{
				id: TASK,
				list: 'main',
				list_name: 'Main',
				norms: 'Rules.',
				subject: 'x:77',
				posts: ['11', 'no number'],
				due_on: '2026-11-29',
			},
		],
	};
	const NOTICES = {notices: [{id: NOTICE, list_name: 'Main', due_on: '2026-11-29'}]};

	beforeEach(async () => {
		await makeContributor(SERVER);
		server['GET /v1/me/tasks'] = TASKS;
		server['GET /v1/me/notices'] = NOTICES;
	});

	test('is asked by everybody with a key, both parts each time, about once a day', async () => {
		await worker.alarmed({name: 'look'});
		expect(routes()).toEqual(['POST /v1/contributors', 'GET /v1/me/tasks', 'GET /v1/me/notices']);
		const news = await loadNews(SERVER);
		expect(news.tasks).toEqual([
			{
				id: TASK,
				list: 'main',
				listName: 'Main',
				norms: 'Rules.',
				account: '77',
				posts: ['11'],
				due: '2026-11-29',
			},
		]);
		expect(news.notices).toEqual([{id: NOTICE, listName: 'Main', due: '2026-11-29'}]);
		const next = (alarm('look') ?? 0) - Date.now();
		expect(next).toBeGreaterThanOrEqual(18 * HOUR);
		expect(next).toBeLessThanOrEqual(30 * HOUR);
	});

	test('that was missed is asked some time later, not when the browser opens, and only once put off', async () => {
		vi.setSystemTime(Date.now() + 72 * HOUR);
		await startWorker();
		await worker.arm();
		const when = alarm('look') ?? 0;
		expect(when).toBeGreaterThan(Date.now());
		expect(asked).toEqual([]);
		await worker.arm();
		expect(alarm('look')).toBe(when);
	});

	test('stays as it was when the server does not answer', async () => {
		await worker.alarmed({name: 'look'});
		server['*'] = 'down';
		server['GET /v1/me/tasks'] = 'down';
		server['GET /v1/me/notices'] = 'down';
		expect(await worker.answerContribute({do: 'look'})).toMatchObject({ok: false});
		expect((await loadNews(SERVER)).tasks).toHaveLength(1);
	});

	test('a vote is sent once, counts for the week, and its task is gone', async () => {
		await worker.alarmed({name: 'look'});
		await queueVote(SERVER, TASK, 'list', false);
		await queueVote(SERVER, TASK, 'keep', true);
		await later();
		const sent = asked.filter(({route}) => route === `POST /v1/me/tasks/${TASK}`);
		expect(sent.map(({body}) => body)).toEqual([{vote: 'keep', disclosure: true}]);
		expect((await loadNews(SERVER)).tasks).toEqual([]);
		expect(await loadContributor(SERVER)).toMatchObject({cap: MOST_VOTES, voted: {count: 1}});
	});

	test('a vote that comes too late is told, not sent again, and not counted', async () => {
		server[`POST /v1/me/tasks/${TASK}`] = 409;
		await queueVote(SERVER, TASK, 'list', false);
		await later();
		await later(24 * HOUR);
		expect((await loadOutbox()).map(({ended}) => ended)).toEqual(['conflict']);
		expect(routes().filter(route => route.includes(TASK))).toHaveLength(1);
		expect((await loadContributor(SERVER))?.voted.count).toBe(0);
	});

	test('the answer to a notice is sent after the time to take it back', async () => {
		await worker.alarmed({name: 'look'});
		await queueNotice(SERVER, NOTICE, 'doubt');
		await later();
		expect(asked.at(-1)).toMatchObject({route: `POST /v1/me/notices/${NOTICE}`, body: {answer: 'doubt'}});
		expect((await loadNews(SERVER)).notices).toEqual([]);
	});
});

describe('lists', () => {
	beforeEach(() => makeContributor(SERVER));

	test('are joined with an invitation, and how one stands there is remembered', async () => {
		server['POST /v1/lists/main/participants'] = {joined_on: '2026-11-22', standing: 'probation'};
		const told = await worker.answerContribute({do: 'join', list: 'main', name: 'Main', invitation: 'code'});
		expect([told.ok, asked.at(-1)?.body]).toEqual([true, {invitation: 'code'}]);
		server['GET /v1/lists/main/me'] = {standing: 'trusted', onboarded: true};
		await worker.answerContribute({do: 'standing', list: 'main'});
		expect((await loadContributor(SERVER))?.lists).toEqual({
			main: {name: 'Main', standing: 'trusted', onboarded: true},
		});
	});

	test('examples are read in both languages, and what has no words is left out', async () => {
		server['GET /v1/lists/main/onboarding'] = {
			items: [
				{id: 'a', text: {en: 'One', ur: 'ایک'}},
				{id: 'b', text: {en: 'Two'}},
				{id: 'c', text: {}},
			],
		};
		expect(await worker.answerContribute({do: 'onboarding', list: 'main'})).toEqual({
			ok: true,
			value: [
				{id: 'a', text: {en: 'One', ur: 'ایک'}},
				{id: 'b', text: {en: 'Two', ur: 'Two'}},
			],
		});
	});

	test('protection is asked for by number, and the code is handed on', async () => {
		server['POST /v1/me/protection'] = {code: 'green river', status: 'pending'};
		const told = (await worker.answerContribute({do: 'protect', account: '7'})) as Told<string>;
		expect(told).toEqual({ok: true, value: 'green river'});
		expect(asked.at(-1)?.body).toEqual({subject: 'x:7'});
	});

	test('the names of lists and accounts that lead elsewhere are not sent', async () => {
		for (const list of ['../me', 'a/b', '', 7])
			expect(await worker.answerContribute({do: 'standing', list})).toMatchObject({problem: 'invalid'});
		expect(await worker.answerContribute({do: 'protect', account: 'x:7'})).toMatchObject({
			problem: 'invalid',
		});
		expect(await worker.answerContribute({do: 'something'})).toMatchObject({problem: 'invalid'});
		expect(asked).toEqual([]);
	});
});

test('a post to be reported goes to our page by memory, and its address tells nothing of it', async () => {
	const post: SavedPost = {
		id: '11',
		handle: 'Made_Up',
		name: 'Made Up',
		accountId: '77',
		text: 'Why were you there?',
		partial: false,
		url: 'https://x.com/Made_Up/status/11',
		foundOn: 'https://x.com/somebody/status/1',
	};
	await worker.openChosen('report', post);
	const [{url}] = browser.tabs.create.mock.calls[0] ?? [{url: ''}];
	expect(url).toMatch(/^chrome-extension:\/\/panah\/report\.html#[0-9a-f-]{36}$/);
	expect([...browser.storage.session.held.values()]).toEqual([post]);
	expect(browser.storage.local.held.size).toBe(0);
});
