import {IDBFactory, IDBKeyRange as Range} from 'fake-indexeddb';
import type {Details, ListedAnswer, ListsReport} from '../../../extension/src/lists/messages.js';
import {readList} from '../../../extension/src/lists/store.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {ADDRESS, accounts, LIST, openServer, type Server} from '../lists/server.js';
import {VECTORS} from '../lists/vectors.js';

type Router = typeof import('../../../extension/src/background/router.js');
type Lists = typeof import('../../../extension/src/background/lists.js');

const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const OWN = {id: 'panah', url: 'chrome-extension://panah/lists.html'} as chrome.runtime.MessageSender;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

let browser: FakeChrome;
let server: Server;
let router: Router;
let lists: Lists;
let asked: Array<[url: string, init: RequestInit]>;
let details: string | undefined;

/** A worker that has just been started: it remembers nothing but what is stored. */
async function startWorker(): Promise<void> {
	vi.resetModules();
	router = await import('../../../extension/src/background/router.js');
	lists = await import('../../../extension/src/background/lists.js');
	browser.storage.onChanged.addListener(
		(changes, area) => void router.storageChanged(changes as never, area),
	);
}

beforeEach(async () => {
	vi.useFakeTimers({toFake: ['Date'], now: new Date('2026-11-22T12:00:00Z')});
	browser = installChrome();
	vi.stubGlobal('indexedDB', new IDBFactory());
	vi.stubGlobal('IDBKeyRange', Range);
	asked = [];
	details = undefined;
	vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
		asked.push([url, init]);
		if (url.includes('/why/')) return details ? new Response(details) : new Response('', {status: 500});
		if (server.trouble === 'down') throw new TypeError('Failed to fetch');
		const bytes = server.files.get(url.replace(`${ADDRESS}/lists/`, ''));
		return bytes ? new Response(bytes) : new Response('', {status: 404});
	});
	server = await openServer([
		{entries: {1: 'hide', 2: 'flag'}},
		{entries: {1: 'flag', 3: 'hide'}},
		{entries: {4: 'hide'}, tierCap: 'flag'},
	]);
	await server.publish();
	await startWorker();
});

const own = <Answer>(message: unknown) => router.answer(message, OWN) as Promise<Answer>;
const use = (listId: string, cap: string | null) => own<ListsReport>({kind: 'use-list', listId, cap});
const state = async () => ((await router.answer({kind: 'state'}, PAGE)) as {lists?: string}).lists;

/** The accounts of 1 to 4 that are listed, with what is to become of them. */
async function listed(): Promise<Record<string, string>> {
	const request = {kind: 'listed', accounts: ['1', '2', '3', '4', '5']};
	const answer = (await router.answer(request, PAGE)) as ListedAnswer;
	return Object.fromEntries(Object.entries(answer.listed).map(([account, {tier}]) => [account, tier]));
}

test('where no list is used, pages of X are not told to ask, and no alarm is set', async () => {
	expect(await state()).toBeUndefined();
	await lists.startLists();
	expect(browser.alarms.create).not.toHaveBeenCalled();
	expect(asked).toEqual([]);
});

test('a list that is taken into use is fetched, counts at once, and is looked after from then on', async () => {
	const report = await use(LIST, 'hide');
	expect(report.lists[0]).toMatchObject({name: 'List 1', cap: 'hide', missing: false});
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
	expect(await state()).toMatch(/ 1$/);
	const [[name, when]] = browser.alarms.create.mock.calls.slice(-1) as [[string, {delayInMinutes: number}]];
	expect(name).toBe('lists');
	expect(when.delayInMinutes).toBeGreaterThanOrEqual(300);
	expect(when.delayInMinutes).toBeLessThanOrEqual(420);
});

test('a worker that was stopped knows them again, without asking anybody', async () => {
	await use(LIST, 'hide');
	asked = [];
	await startWorker();
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
	expect(asked).toEqual([]);
});

test('what is fetched carries no token and no cookies', async () => {
	await browser.storage.local.set({server: {address: ADDRESS, token: 'secret'}});
	await use(LIST, 'hide');
	expect(asked.length).toBeGreaterThan(1);
	for (const [, init] of asked) {
		expect(init).toMatchObject({credentials: 'omit', redirect: 'error', referrerPolicy: 'no-referrer'});
		expect(new Headers(init.headers).has('authorization')).toBe(false);
	}
});

test('the reader’s cap and the list’s own are the most that happens', async () => {
	await use(LIST, 'flag');
	await use('list-3', 'hide');
	expect(await listed()).toEqual({1: 'flag', 2: 'flag', 4: 'flag'});
	await use(LIST, 'off');
	expect(await listed()).toEqual({4: 'flag'});
	await use('list-3', 'off');
	expect(await state()).toBeUndefined();
});

test('two lists have to agree where the reader wants that, and then on the milder', async () => {
	await use(LIST, 'hide');
	await use('list-2', 'hide');
	expect(await listed()).toEqual({1: 'hide', 2: 'flag', 3: 'hide'});
	const before = await state();
	await browser.storage.sync.set({settings: {listsAgree: 2}});
	expect(await listed()).toEqual({1: 'flag'});
	expect(await state()).not.toBe(before);
	const {listed: found} = (await router.answer({kind: 'listed', accounts: ['1']}, PAGE)) as ListedAnswer;
	expect(found[1]?.lists).toEqual(['List 1', 'List 2']);
});

test('pages of X are told when lists change', async () => {
	const before = await use(LIST, 'hide').then(state);
	browser.tabs.sendMessage.mockClear();
	server.first().entries = {2: 'flag'};
	server.first().version = 2;
	await server.publish();
	await own({kind: 'lists', fresh: true});
	await vi.waitFor(() =>
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'state'}),
	);
	expect(await state()).not.toBe(before);
	expect(await listed()).toEqual({2: 'flag'});
});

test('lists work while their server is down, and are tried again sooner', async () => {
	await use(LIST, 'hide');
	server.trouble = 'down';
	await lists.listsAlarm({name: 'lists'} as chrome.alarms.Alarm);
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
	const [[, when]] = browser.alarms.create.mock.calls.slice(-1) as [[string, {delayInMinutes: number}]];
	expect(when.delayInMinutes).toBeLessThan(120);
	expect((await own<ListsReport>({kind: 'lists', fresh: false})).problem).toBe('unreachable');
});

test('lists that nobody confirms are dropped a month later, and not before somebody has asked', async () => {
	await use(LIST, 'hide');
	server.trouble = 'down';
	vi.setSystemTime(Date.now() + 29 * DAY);
	// The clock alone is no proof: the first question is still answered, and looks for news.
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
	await vi.waitFor(async () => expect(await listed()).toEqual({}));
	expect(await own<ListsReport>({kind: 'lists', fresh: false})).toMatchObject({dropped: true});
	server.trouble = undefined;
	await server.publish();
	await own({kind: 'lists', fresh: true});
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
});

test('the alarm ends with the last list, and what was kept of it is deleted', async () => {
	await use(LIST, 'hide');
	const report = await use(LIST, null);
	expect(report.lists.every(({cap}) => cap === undefined)).toBe(true);
	expect(browser.alarms.clear).toHaveBeenLastCalledWith('lists');
	expect(await readList(ADDRESS, LIST)).toBeUndefined();
	expect(await listed()).toEqual({});
	asked = [];
	await lists.listsAlarm({name: 'lists'} as chrome.alarms.Alarm);
	expect(asked).toEqual([]);
});

test('an alarm that the browser lost, or that a clock left far away, is set anew', async () => {
	await use(LIST, 'hide');
	browser.alarms.create.mockClear();
	browser.alarms.get.mockResolvedValue({name: 'lists', scheduledTime: Date.now() + HOUR});
	await lists.startLists();
	expect(browser.alarms.create).not.toHaveBeenCalled();
	browser.alarms.get.mockResolvedValue({name: 'lists', scheduledTime: Date.now() + 400 * DAY});
	await lists.startLists();
	browser.alarms.get.mockResolvedValue(undefined);
	await lists.startLists();
	expect(browser.alarms.create).toHaveBeenCalledTimes(2);
	vi.setSystemTime(Date.now() + DAY);
	await lists.startLists();
	expect(browser.alarms.create).toHaveBeenLastCalledWith('lists', {delayInMinutes: 1});
});

test('another server has other lists, and the first one’s are there again when it is', async () => {
	await use(LIST, 'hide');
	await browser.storage.local.set({server: {address: 'http://127.0.0.1:9000'}, selectors: {post: 'x'}});
	expect(await listed()).toEqual({});
	expect(await state()).toBeUndefined();
	await vi.waitFor(() => expect(browser.storage.local.held.has('selectors')).toBe(false));
	await browser.storage.local.set({server: {address: ADDRESS}});
	expect(await listed()).toEqual({1: 'hide', 2: 'flag'});
});

test('beginning anew forgets the key and all lists of that server', async () => {
	await use(LIST, 'hide');
	const other = await openServer([{entries: {7: 'hide'}}]);
	await other.publish();
	server = other;
	expect(await own<ListsReport>({kind: 'lists', fresh: true})).toMatchObject({problem: 'root'});
	const report = await own<ListsReport>({kind: 'forget-lists'});
	expect(report.problem).toBeUndefined();
	expect(report.lists.map(({cap}) => cap)).toEqual([undefined]);
	expect(report.fingerprint).toMatch(/^[\da-f ]{39}$/);
});

test('a preview counts the accounts that are on a list, and keeps nothing of it', async () => {
	await own({kind: 'lists', fresh: true});
	const before = JSON.stringify([...browser.storage.local.held, ...browser.storage.session.held]);
	const preview = (listId: string) => own({kind: 'preview-list', listId, accounts: ['1', '3', '5', '1']});
	expect(await preview(LIST)).toEqual({ok: true, found: 1});
	expect(await preview('list-2')).toEqual({ok: true, found: 2});
	expect(await preview('list-9')).toEqual({ok: false});
	expect(JSON.stringify([...browser.storage.local.held, ...browser.storage.session.held])).toBe(before);
});

test('details are asked for the padded part only, on request, and told without what is made up', async () => {
	const {subject, entry, prefix, body, salt} = VECTORS.why;
	Object.assign(server.first(), {salt, entries: {[subject.slice(2)]: 'hide'}});
	await server.publish();
	await use(LIST, 'hide');
	asked = [];
	await listed();
	expect(asked).toEqual([]);
	details = body;
	const request = {kind: 'list-details', accountId: subject.slice(2)};
	expect(await router.answer(request, PAGE)).toEqual({
		details: [
			{
				list: 'List 1',
				category: entry.category ?? '',
				listed: entry.listed_month ?? '',
				review: entry.review_month ?? '',
			},
		],
	} satisfies Details);
	expect(asked.map(([url]) => url)).toEqual([`${ADDRESS}/v1/lists/slug-1/why/${prefix}`]);
	details = JSON.stringify({prefix, entries: [{rest: entry.rest, category: '<b>', listed_month: 7}]});
	expect(await router.answer(request, PAGE)).toEqual({details: [{list: 'List 1'}]});
	details = undefined;
	expect(await router.answer(request, PAGE)).toEqual({});
});

test('pages of X may ask who is listed, and nothing else about lists', async () => {
	for (const message of [
		{kind: 'lists', fresh: true},
		{kind: 'use-list', listId: LIST, cap: 'hide'},
		{kind: 'preview-list', listId: LIST, accounts: []},
		{kind: 'forget-lists'},
	]) {
		expect(router.answer(message, PAGE)).toBeUndefined();
	}
});

test.each([
	{kind: 'listed', accounts: ['x']},
	{kind: 'listed', accounts: Array.from({length: 5001}, () => '1')},
	{kind: 'listed'},
	{kind: 'list-details', accountId: '../1'},
	{kind: 'use-list', listId: '../x', cap: 'hide'},
	{kind: 'use-list', listId: LIST, cap: 'delete'},
	{kind: 'preview-list', listId: LIST, accounts: 7},
])('%o is no question of ours', message => {
	expect(router.answer(message, OWN)).toBeUndefined();
});

test('a growing list says how many additions wait', async () => {
	await use(LIST, 'hide');
	Object.assign(server.first(), {version: 2, entries: {1: 'hide', 2: 'flag', ...accounts(3, 100)}});
	await server.publish();
	const report = await own<ListsReport>({kind: 'lists', fresh: true});
	expect(report.lists[0]).toMatchObject({waiting: 3, count: 5});
});
