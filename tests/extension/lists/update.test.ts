import {IDBFactory, IDBKeyRange as Range, IDBObjectStore as Stores} from 'fake-indexeddb';
import {HOLD, openHasher, SALT_HOLD, tierOf} from '../../../extension/src/lists/match.js';
import {loadLists, type News, useList} from '../../../extension/src/lists/state.js';
import {readList} from '../../../extension/src/lists/store.js';
import {
	EVERY,
	GRACE,
	isDropped,
	isDue,
	lookInto,
	nextTry,
	update,
} from '../../../extension/src/lists/update.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {ADDRESS, accounts, LIST, makeKey, openServer, SALT, type Server} from './server.js';
import {VECTORS} from './vectors.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const OTHER_SALT = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff';
const THIRD_SALT = 'e0e1e2e3e4e5e6e7e8e9eaebecedeeef';
let browser: FakeChrome;
let server: Server;

beforeEach(() => {
	vi.useFakeTimers({toFake: ['Date'], now: new Date('2026-11-22T12:00:00Z')});
	browser = installChrome();
	vi.stubGlobal('indexedDB', new IDBFactory());
	vi.stubGlobal('IDBKeyRange', Range);
});

/** A server with one list, which the reader uses. */
async function start(...lists: Parameters<typeof openServer>): Promise<void> {
	server = await openServer(...lists);
	await server.publish();
	await useList(ADDRESS, LIST, 'hide');
	await refresh();
}

const refresh = () => update(ADDRESS, server.edge);
const news = async (): Promise<News> => (await loadLists(ADDRESS)).news;
const problem = async () => (await news()).problem;
const kept = () => readList(ADDRESS, LIST);

/** What counts of an account at present. */
async function tier(account: string): Promise<string | undefined> {
	const list = await kept();
	return list && tierOf(list, account, Date.now(), openHasher());
}

function pass(time: number): void {
	vi.setSystemTime(Date.now() + time);
}

/** A new version with these entries. */
async function change(entries: Record<string, 'flag' | 'hide'>): Promise<void> {
	const list = server.first();
	list.before = {[list.version]: list.entries};
	Object.assign(list, {version: list.version + 1, entries});
	await server.publish();
}

describe('taking lists', () => {
	test('the lists in use are here and count at once; the root is remembered', async () => {
		await start([{entries: {1: 'hide', 2: 'flag'}}, {entries: {3: 'hide'}}]);
		expect(await problem()).toBeUndefined();
		expect([await tier('1'), await tier('2'), await tier('3')]).toEqual(['hide', 'flag', undefined]);
		expect((await loadLists(ADDRESS)).root).toBe(server.root.name);
		expect(await readList(ADDRESS, 'list-2')).toBeUndefined();
	});

	test('whoever uses any list fetches the pack, also for a large list alone', async () => {
		await start([{packed: false, entries: {1: 'hide'}}, {entries: {3: 'hide'}}]);
		expect(server.asked).toEqual(['catalogue.json', 'pack-1.bin', 'list-1/1-1.full']);
	});

	test('whoever uses none fetches the catalogue only', async () => {
		server = await openServer([{entries: {1: 'hide'}}]);
		await server.publish();
		await refresh();
		expect(server.asked).toEqual(['catalogue.json']);
	});

	test('a small list shows in nothing that is asked', async () => {
		const asked: string[][] = [];
		for (const used of ['list-1', 'list-2']) {
			installChrome();
			vi.stubGlobal('indexedDB', new IDBFactory());
			server = await openServer([{entries: {1: 'hide'}}, {entries: {2: 'hide'}}]);
			await server.publish();
			await useList(ADDRESS, used, 'hide');
			await refresh();
			expect(await readList(ADDRESS, used)).toBeDefined();
			asked.push(server.asked);
		}
		expect(asked[0]).toEqual(asked[1]);
	});

	test('a pack that has not changed is not fetched again', async () => {
		await start([{entries: {1: 'hide'}}]);
		const [before] = [server.asked.length];
		await refresh();
		expect(server.asked.slice(before)).toEqual(['catalogue.json']);
	});

	test('a delta is taken where one leads to the new version', async () => {
		await start([{packed: false, entries: accounts(60)}]);
		server.asked.length = 0;
		await change({...accounts(59), 70: 'flag'});
		await refresh();
		expect(server.asked).toEqual(['catalogue.json', 'list-1/1-1-2.delta']);
		expect([await tier('59'), await tier('60')]).toEqual(['hide', undefined]);
		expect((await kept())?.version).toBe(2);
	});

	test('the full file is taken where the delta leads elsewhere', async () => {
		await start([{packed: false, entries: accounts(60)}]);
		const list = server.first();
		// Made for a list that never was: the digest of the result tells.
		list.before = {1: accounts(60, 100)};
		Object.assign(list, {version: 2, entries: accounts(59)});
		await server.publish();
		server.asked.length = 0;
		await refresh();
		expect(server.asked).toContain('list-1/1-2.full');
		expect([await tier('59'), await tier('60')]).toEqual(['hide', undefined]);
	});

	test('the full file is taken where the delta cannot be had', async () => {
		await start([{packed: false, entries: accounts(60)}]);
		await change(accounts(59));
		server.files.delete('list-1/1-1-2.delta');
		await refresh();
		expect(await tier('60')).toBeUndefined();
	});

	test('a list that the server has no more is deleted, and so is one that is used no more', async () => {
		await start([{entries: {1: 'hide'}}, {entries: {2: 'hide'}}]);
		await useList(ADDRESS, 'list-2', 'flag');
		await refresh();
		expect(await readList(ADDRESS, 'list-2')).toBeDefined();
		await useList(ADDRESS, 'list-2', undefined);
		server.lists.shift();
		await server.publish();
		await refresh();
		expect([await kept(), await readList(ADDRESS, 'list-2')]).toEqual([undefined, undefined]);
		expect((await news()).lists).toEqual({[LIST]: 'gone'});
	});
});

describe('additions', () => {
	beforeEach(() => start([{entries: {1: 'hide', 2: 'flag'}}]));

	test('are held for a day, while removals count at once', async () => {
		await change({2: 'flag', 3: 'hide'});
		await refresh();
		expect([await tier('1'), await tier('3')]).toEqual([undefined, undefined]);
		pass(HOLD - 1);
		expect(await tier('3')).toBeUndefined();
		pass(1);
		expect(await tier('3')).toBe('hide');
	});

	test('are held also when something got stricter: meanwhile it is as it was', async () => {
		await change({1: 'hide', 2: 'hide'});
		await refresh();
		expect(await tier('2')).toBe('flag');
		pass(HOLD);
		expect(await tier('2')).toBe('hide');
	});

	test('are not held when something got milder', async () => {
		await change({1: 'flag', 2: 'flag'});
		await refresh();
		expect(await tier('1')).toBe('flag');
	});

	test('wait from when they were first seen, however often there are news', async () => {
		await change({1: 'hide', 2: 'flag', 3: 'hide'});
		await refresh();
		for (let times = 0; times < 4; times += 1) {
			pass(HOLD / 4);
			if (times < 3) expect(await tier('3')).toBeUndefined();
			await change({...server.first().entries, [`9${times}`]: 'hide'});
			await refresh();
		}
		expect(await tier('3')).toBe('hide');
		expect(await tier('90')).toBeUndefined();
	});

	test('that were taken away and come again wait anew', async () => {
		await change({3: 'hide'});
		await refresh();
		pass(20 * HOUR);
		await change({});
		await refresh();
		await change({3: 'hide'});
		await refresh();
		pass(10 * HOUR);
		expect(await tier('3')).toBeUndefined();
		pass(14 * HOUR);
		expect(await tier('3')).toBe('hide');
	});

	test('are not held for ever when the clock goes back', async () => {
		await change({3: 'hide'});
		await refresh();
		pass(-400 * DAY);
		await server.publish();
		await refresh();
		pass(HOLD);
		expect(await tier('3')).toBe('hide');
	});

	test('under a new salt are held, while what was there before goes on to count and removals count at once', async () => {
		Object.assign(server.first(), {epoch: 2, salt: OTHER_SALT, version: 1, entries: {1: 'hide', 3: 'hide'}});
		await server.publish();
		await refresh();
		expect([await tier('1'), await tier('2'), await tier('3')]).toEqual(['hide', undefined, undefined]);
		await change({3: 'hide'});
		await refresh();
		expect(await tier('1')).toBeUndefined();
		pass(SALT_HOLD - 1);
		expect(await tier('3')).toBeUndefined();
		pass(1);
		expect([await tier('2'), await tier('3')]).toEqual([undefined, 'hide']);
		await server.publish();
		await refresh();
		expect((await kept())?.before).toBeUndefined();
	});

	test('under a new salt are held for a week, so that nobody exchanges a whole list overnight', async () => {
		Object.assign(server.first(), {epoch: 2, salt: OTHER_SALT, entries: {3: 'hide', 4: 'hide'}});
		for (let day = 0; day < 7; day += 1) {
			await server.publish();
			await refresh();
			expect([await tier('3'), await tier('4')]).toEqual([undefined, undefined]);
			pass(DAY);
		}
		expect(await tier('3')).toBe('hide');
	});

	test('under one new salt after the other begin to wait anew', async () => {
		Object.assign(server.first(), {epoch: 2, salt: OTHER_SALT, entries: {1: 'hide', 2: 'flag'}});
		await server.publish();
		await refresh();
		pass(6 * DAY);
		Object.assign(server.first(), {epoch: 3, salt: THIRD_SALT, entries: {1: 'hide', 3: 'hide'}});
		await server.publish();
		await refresh();
		pass(2 * DAY);
		expect([await tier('1'), await tier('2'), await tier('3')]).toEqual(['hide', undefined, undefined]);
		pass(5 * DAY);
		expect(await tier('3')).toBe('hide');
	});
});

describe('growth', () => {
	test.each(VECTORS.growth)(
		'from $old to $new in a day: allowed $allowed',
		async ({old, new: grown, allowed}) => {
			await start([{entries: accounts(old)}]);
			await change(accounts(grown));
			await refresh();
			expect((await news()).lists).toEqual(allowed ? {} : {[LIST]: 'growth'});
			expect((await kept())?.version).toBe(allowed ? 2 : 1);
		},
	);

	test('a list whose entries are exchanged for others grows, too', async () => {
		await start([{entries: accounts(100)}]);
		await change(accounts(100, 1000));
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
		expect(await tier('1')).toBe('hide');
	});

	test('what was refused is taken when enough days have gone by', async () => {
		await start([{entries: accounts(10)}]);
		await change(accounts(150));
		await refresh();
		expect((await kept())?.version).toBe(1);
		pass(2.5 * DAY);
		await server.publish();
		await refresh();
		expect((await kept())?.version).toBe(2);
	});

	test('days in which a list did not change give it no right to grow', async () => {
		await start([{entries: accounts(10)}]);
		for (let day = 0; day < 5; day += 1) {
			pass(DAY);
			await server.publish();
			await refresh();
		}
		await change(accounts(150));
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
	});

	test('is a tenth a day at most, whatever the server allows', async () => {
		await start([{entries: accounts(1000)}]);
		server.first().change = part => Object.assign(part, {max_growth: 1});
		await change(accounts(1101));
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
		await change(accounts(1100));
		await refresh();
		expect((await news()).lists).toEqual({});
	});

	test('a server may allow less', async () => {
		await start([{entries: accounts(1000)}]);
		server.first().change = part => Object.assign(part, {max_growth: 0.06});
		await change(accounts(1061));
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
	});

	test('a catalogue dated back first gives no right to grow by many days', async () => {
		server = await openServer([{entries: accounts(10)}]);
		await server.publish(signed => {
			signed.created = new Date(Date.now() - 13 * DAY).toISOString();
		});
		await useList(ADDRESS, LIST, 'hide');
		await refresh();
		await change(accounts(150));
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
	});

	test('a new salt is no way around it', async () => {
		await start([{entries: accounts(10)}]);
		Object.assign(server.first(), {epoch: 2, salt: OTHER_SALT, entries: accounts(100)});
		await server.publish();
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'growth'});
		expect(await tier('1')).toBe('hide');
	});
});

describe('what is refused leaves everything as it was', () => {
	beforeEach(() => start([{entries: {1: 'hide'}}]));

	async function expectKept(expected: string): Promise<void> {
		await refresh();
		expect(await problem()).toBe(expected);
		expect(await tier('1')).toBe('hide');
		expect((await news()).fetchedAt).toBeLessThan((await news()).triedAt);
	}

	beforeEach(() => {
		pass(HOUR);
		// Were it taken, nobody would be on the list.
		server.first().entries = {};
		server.first().version = 2;
	});

	test('another root', async () => {
		server.root = await makeKey();
		server.roots = [{public: server.root.name, signature: ''}];
		await server.publish();
		await expectKept('root');
	});

	test('but not a root that the one we know has signed', async () => {
		const next = await makeKey();
		server.roots = [
			...server.roots,
			{public: next.name, signature: await server.root.sign(`panah-root-key\n${next.name}`)},
		];
		server.root = next;
		await server.publish();
		await refresh();
		expect(await problem()).toBeUndefined();
		expect(await tier('1')).toBeUndefined();
		expect((await loadLists(ADDRESS)).root).toBe(next.name);
	});

	test('a changed text', async () => {
		await server.publish(undefined, sent => {
			sent.signed = String(sent.signed).replace('Made-up', 'Another');
		});
		await expectKept('signature');
	});

	test('an older catalogue', async () => {
		server.version = -1;
		await server.publish();
		await expectKept('older');
	});

	test('another catalogue under the number of the one we know', async () => {
		server.version = 0;
		await server.publish(signed => {
			signed.expires = new Date(Date.now() + DAY).toISOString();
		});
		await expectKept('older');
	});

	test('a catalogue that has expired', async () => {
		await server.publish(signed => {
			signed.created = new Date(Date.now() - 15 * DAY).toISOString();
			signed.expires = new Date(Date.now() - 1).toISOString();
		});
		await expectKept('expired');
	});

	test('a catalogue from the future: it would say that many days have gone by', async () => {
		await server.publish(signed => {
			signed.created = new Date(Date.now() + DAY + 1).toISOString();
		});
		await expectKept('clock');
	});

	test('but not one that is some hours ahead, as with a clock in another zone', async () => {
		await server.publish(signed => {
			signed.created = new Date(Date.now() + DAY).toISOString();
		});
		await refresh();
		expect(await problem()).toBeUndefined();
	});

	test('a catalogue that says it holds longer than its key', async () => {
		await server.publish(signed => {
			signed.expires = new Date(Date.now() + 61 * DAY).toISOString();
		});
		await expectKept('key');
	});

	test.each([
		['size', {full: {url: 'x', sha256: '0'.repeat(64), size: 99_000_000_000}, packed: false}],
		['salt', {salt: 'zz'}],
		['slug', {slug: '../x'}],
		['epoch', {epoch: 1.5}],
		['growth', {max_growth: -1}],
		['hash', {result_sha256: 'short'}],
		['name', {name: {}}],
	])('a list whose %s is of no form', async (_, part) => {
		server.first().change = made => Object.assign(made, part);
		await server.publish();
		await expectKept('unreadable');
	});

	test('an answer that is no catalogue, none at all, and a server that cannot be reached', async () => {
		server.files.set('catalogue.json', new TextEncoder().encode('<html>'));
		await expectKept('unreadable');
		server.trouble = 'absent';
		await expectKept('absent');
		server.trouble = 'down';
		await expectKept('unreachable');
	});

	test('without the permission nothing is asked', async () => {
		await server.publish();
		server.allowed = false;
		server.asked.length = 0;
		await expectKept('permission');
		expect(server.asked).toEqual([]);
	});

	test('where the browser has no Ed25519 nothing is asked', async () => {
		await server.publish();
		server.asked.length = 0;
		vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
		await expectKept('unsupported');
		expect(server.asked).toEqual([]);
	});

	test('a file on another server', async () => {
		server.first().packed = false;
		server.first().change = part => Object.assign(part.full as object, {url: 'https://elsewhere.example/x'});
		await server.publish();
		await refresh();
		expect(server.asked.some(url => url.includes('elsewhere'))).toBe(false);
		expect(await tier('1')).toBe('hide');
		expect((await news()).lists).toEqual({[LIST]: 'damaged'});
	});

	test('a list for a newer version of us, an older list, and one that is not what was announced', async () => {
		server.first().change = part => Object.assign(part, {min_client: 2});
		await server.publish();
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'client'});
		server.first().change = part => Object.assign(part, {version: 0});
		await server.publish();
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'older'});
		server.first().change = part => Object.assign(part, {result_sha256: '1'.repeat(64)});
		await server.publish();
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'damaged'});
		expect(await tier('1')).toBe('hide');
	});

	test('a pack that was changed on the way', async () => {
		await server.publish();
		const pack = server.files.get('pack-2.bin');
		pack?.set([(pack[0] ?? 0) ^ 1]);
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'damaged'});
		expect(await tier('1')).toBe('hide');
	});
});

describe('the browser', () => {
	test('has no IndexedDB: that is told, and nothing is asked', async () => {
		vi.stubGlobal('indexedDB', undefined);
		await start([{entries: {1: 'hide'}}]);
		expect(await problem()).toBe('storage');
		expect(server.asked).toEqual([]);
	});

	test('has no room for a list: the old one stays', async () => {
		await start([{entries: {1: 'hide'}}]);
		await change({2: 'hide'});
		const put = Stores.prototype.put;
		const full = vi.spyOn(Stores.prototype, 'put').mockImplementation(function (
			this: IDBObjectStore,
			value: unknown,
			key?: IDBValidKey,
		) {
			if (this.name === 'lists') throw new DOMException('', 'QuotaExceededError');
			return put.call(this as never, value, key) as never;
		} as never);
		await refresh();
		expect((await news()).lists).toEqual({[LIST]: 'full'});
		full.mockRestore();
		expect(await tier('1')).toBe('hide');
	});

	test('has no room for the catalogue', async () => {
		await start([{entries: {1: 'hide'}}]);
		await server.publish();
		vi.spyOn(Stores.prototype, 'put').mockImplementation(() => {
			throw new DOMException('', 'QuotaExceededError');
		});
		await refresh();
		expect(await problem()).toBe('full');
	});

	test('stops the worker in the middle of an update: the next one goes on where it was', async () => {
		await start([{packed: false, entries: {1: 'hide'}}]);
		await change({2: 'hide'});
		const {get} = server.edge;
		let reached: () => void = () => {};
		const stopped = new Promise<void>(resolve => {
			reached = resolve;
		});
		// The catalogue has come and is kept; the list's own file never comes, and the worker is gone.
		void update(ADDRESS, {
			...server.edge,
			get: (url, most) => {
				if (!url.endsWith('.full') && !url.endsWith('.delta')) return get(url, most);
				reached();
				return new Promise(() => {});
			},
		});
		await stopped;
		// A lock ends with the worker that holds it.
		installLocksAnew();
		expect(await tier('1')).toBe('hide');
		await refresh();
		expect([await problem(), await tier('1'), (await kept())?.version]).toEqual([undefined, undefined, 2]);
	});
});

function installLocksAnew(): void {
	const {held} = browser.storage.local;
	const stored = [...held];
	browser = installChrome();
	for (const [key, value] of stored) browser.storage.local.held.set(key, value);
}

describe('the time', () => {
	const at = (triedAt: number): News => ({triedAt, fetchedAt: triedAt, lists: {}});

	test('until the next try is about six hours, and less when the server could not be reached', () => {
		expect([0, 0.5, 1].map(chance => nextTry(at(0), () => chance) / HOUR)).toEqual([5, 6, 7]);
		expect(nextTry({...at(0), problem: 'unreachable'}, () => 1)).toBeLessThan(2 * HOUR);
		expect(nextTry({...at(0), problem: 'root'}, () => 0.5)).toBe(EVERY);
	});

	test('has come after seven hours, and when the clock went back', () => {
		const now = Date.now();
		expect([now - 6 * HOUR, now - 7 * HOUR, now + 1, 0].map(tried => isDue(at(tried), now))).toEqual([
			false,
			true,
			true,
			true,
		]);
	});

	test('of lists ends 14 days after their catalogue, once somebody has asked in vain since', () => {
		const expires = Date.now();
		const late = expires + GRACE + 1;
		expect(isDropped(expires, at(late), expires + GRACE)).toBe(false);
		// Only the clock has moved.
		expect(isDropped(expires, at(expires), late)).toBe(false);
		expect(isDropped(expires, at(late), late)).toBe(true);
		// It was put right again.
		expect(isDropped(expires, at(late), expires)).toBe(false);
	});
});

test('a list is looked into before it is used, without being kept', async () => {
	server = await openServer([{entries: {1: 'hide'}}, {entries: accounts(3), packed: false}]);
	await server.publish();
	await refresh();
	expect((await lookInto(ADDRESS, LIST, server.edge)).rows).toHaveLength(7);
	expect((await lookInto(ADDRESS, 'list-2', server.edge)).rows).toHaveLength(21);
	expect(await kept()).toBeUndefined();
	await expect(lookInto(ADDRESS, 'list-9', server.edge)).rejects.toThrow();
	server.files.delete('list-2/1-1.full');
	await expect(lookInto(ADDRESS, 'list-2', server.edge)).rejects.toThrow();
});

test('what replaces selectors comes with the catalogue, and goes with it', async () => {
	server = await openServer();
	await server.publish(signed => {
		signed.selectors = {post: 'article'};
	});
	await refresh();
	expect(browser.storage.local.held.get('selectors')).toEqual({post: 'article'});
	await server.publish();
	await refresh();
	expect(browser.storage.local.held.has('selectors')).toBe(false);
});

test('the same account under two salts is nobody that could be compared', async () => {
	const hash = openHasher();
	expect(await hash(SALT, '1')).not.toBe(await hash(OTHER_SALT, '1'));
	expect(await hash(SALT, '1')).toBe(await hash(SALT, '1'));
});
