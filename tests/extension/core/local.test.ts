import {
	alwaysShow,
	count,
	isoWeek,
	loadLocal,
	loadPausedThreads,
	type Mark,
	mark,
	parseLocal,
	pause,
	pauseThread,
	stopShowing,
} from '../../../extension/src/core/local.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const NOTHING = {people: [], marks: {}, pausedUntil: 0, count: undefined};
const FINE: Mark = {mark: 'fine', by: 'reader'};

let browser: FakeChrome;

/** A digest of its own for each number. */
const digest = (at: number) => at.toString(16).padStart(64, '0');

beforeEach(() => {
	browser = installChrome();
});

describe('what is stored', () => {
	test.each([
		[{}],
		[{people: null, marks: null, pausedUntil: null, count: null}],
		[{people: {}, marks: [], pausedUntil: '1', count: 7}],
		[{people: 'one', marks: 'fine', pausedUntil: Number.NaN, count: {week: '2026-W47', hidden: 'many'}}],
		[{pausedUntil: Number.POSITIVE_INFINITY, count: {week: 47, hidden: 1}}],
		[{people: [null, 7, {handle: 'one'}, {handle: 7, since: '2026-01-01'}, {since: '2026-01-01'}]}],
		[{people: [{handle: 'one', since: '2026-01-01', accountId: 7}]}],
		[{people: [{handle: 'one', since: '2026-01-01', accountId: '7x'}]}],
		[{marks: {[digest(1)]: null, [digest(2)]: 'fine', [digest(3)]: {mark: 'fine'}}}],
		[{marks: {[digest(1)]: {mark: 'bad', by: 'reader'}, [digest(2)]: {mark: 'fine', by: 'model'}}}],
		[{marks: {her: FINE, [digest(1).toUpperCase().replace('1', 'A')]: FINE}}],
	])('%o is read as nothing', stored => {
		expect(parseLocal(stored)).toEqual(NOTHING);
	});

	test('is read as it was kept, and one bad part leaves the others', () => {
		const stored = {
			people: [{handle: 'one', accountId: '7', since: '2026-01-01'}, 7],
			marks: {[digest(1)]: {mark: 'hurtful', by: 'friend', reason: 'blame'}, other: FINE},
			pausedUntil: 5,
			count: {week: '2026-W47', hidden: 3},
		};
		expect(parseLocal(stored)).toEqual({
			...stored,
			people: stored.people.slice(0, 1),
			marks: {[digest(1)]: {mark: 'hurtful', by: 'friend', reason: 'blame'}},
		});
	});

	test('a reason that nobody knows is no reason', () => {
		const marks = {[digest(1)]: {mark: 'hurtful', by: 'friend', reason: '<b>', more: 1}};
		expect(parseLocal({marks}).marks).toEqual({[digest(1)]: {mark: 'hurtful', by: 'friend'}});
	});
});

describe('people', () => {
	const day = new Date(2026, 0, 2, 1);

	test('are kept with the day where the reader is, once each', async () => {
		await alwaysShow({handle: 'one', accountId: '7'}, day);
		await alwaysShow({handle: 'renamed', accountId: '7'}, day);
		expect((await loadLocal()).people).toEqual([{handle: 'renamed', accountId: '7', since: '2026-01-02'}]);
	});

	test('known by number stay known by it when a page tells only the handle, and gain it when one does', async () => {
		await alwaysShow({handle: 'one', accountId: '7'}, day);
		await alwaysShow({handle: 'one'}, day);
		await alwaysShow({handle: 'two'}, day);
		await alwaysShow({handle: 'two', accountId: '8'}, day);
		expect((await loadLocal()).people.map(({accountId}) => accountId)).toEqual(['7', '8']);
	});

	test('can be taken away again', async () => {
		await alwaysShow({handle: 'one'}, day);
		await alwaysShow({handle: 'two', accountId: '8'}, day);
		await stopShowing({handle: 'two'});
		expect((await loadLocal()).people.map(({handle}) => handle)).toEqual(['one']);
	});

	test('chosen at one moment are all kept', async () => {
		await Promise.all(['one', 'two', 'three'].map(handle => alwaysShow({handle}, day)));
		expect((await loadLocal()).people.map(({handle}) => handle)).toEqual(['one', 'two', 'three']);
	});
});

describe('marks', () => {
	test('are kept, replaced and taken away by digest', async () => {
		await mark({[digest(1)]: FINE, [digest(2)]: {mark: 'hurtful', by: 'friend', reason: 'threat'}});
		await mark({[digest(1)]: undefined, [digest(2)]: {mark: 'fine', by: 'friend'}});
		expect((await loadLocal()).marks).toEqual({[digest(2)]: {mark: 'fine', by: 'friend'}});
	});

	test('have an end, and those just made are among those that stay', async () => {
		await mark(Object.fromEntries(Array.from({length: 5000}, (_, at) => [digest(at + 10), FINE])));
		await mark({[digest(1)]: FINE});
		const {marks} = await loadLocal();
		expect(Object.keys(marks)).toHaveLength(5000);
		expect(marks[digest(1)]).toEqual(FINE);
	});

	test('that cannot be kept leave the others, and say so', async () => {
		await mark({[digest(1)]: FINE});
		browser.storage.local.set.mockRejectedValueOnce(new Error('QUOTA_BYTES quota exceeded'));
		await expect(mark({[digest(2)]: FINE})).rejects.toThrow('QUOTA');
		expect((await loadLocal()).marks).toEqual({[digest(1)]: FINE});
		await mark({[digest(3)]: FINE});
		expect(Object.keys((await loadLocal()).marks)).toHaveLength(2);
	});
});

describe('pauses', () => {
	test('of everything', async () => {
		await pause(5);
		expect((await loadLocal()).pausedUntil).toBe(5);
		await pause(0);
		expect((await loadLocal()).pausedUntil).toBe(0);
	});

	test('of one conversation end with the browser, and are few', async () => {
		await pauseThread('1', true);
		await pauseThread('1', true);
		await pauseThread('2', true);
		expect(await loadPausedThreads()).toEqual(['1', '2']);
		await pauseThread('1', false);
		expect(await loadPausedThreads()).toEqual(['2']);
		for (let at = 0; at < 100; at += 1) await pauseThread(`1${at}`, true);
		expect(await loadPausedThreads()).toHaveLength(100);
		expect(browser.storage.local.held.size).toBe(0);
	});

	test('of conversations that are none are left out', async () => {
		await browser.storage.session.set({pausedThreads: ['1', 7, null]});
		expect(await loadPausedThreads()).toEqual(['1']);
		await browser.storage.session.set({pausedThreads: 'all'});
		expect(await loadPausedThreads()).toEqual([]);
	});
});

describe('the count', () => {
	test('adds up over a week and begins anew with the next', async () => {
		await count(2, new Date(2026, 10, 16));
		await count(3, new Date(2026, 10, 22, 23));
		expect((await loadLocal()).count).toEqual({week: '2026-W47', hidden: 5});
		await count(1, new Date(2026, 10, 23));
		expect((await loadLocal()).count).toEqual({week: '2026-W48', hidden: 1});
	});

	test('loses none of what two tabs tell at one moment', async () => {
		await Promise.all(Array.from({length: 10}, () => count(1, new Date(2026, 10, 16))));
		expect((await loadLocal()).count?.hidden).toBe(10);
	});
});

// From Wikipedia's table of weeks at the ends of years, and the years with 53.
test.each([
	['2005-01-01', '2004-W53'],
	['2005-01-02', '2004-W53'],
	['2005-12-31', '2005-W52'],
	['2006-01-01', '2005-W52'],
	['2006-01-02', '2006-W01'],
	['2007-12-31', '2008-W01'],
	['2008-12-28', '2008-W52'],
	['2008-12-29', '2009-W01'],
	['2009-12-31', '2009-W53'],
	['2010-01-03', '2009-W53'],
	['2010-01-04', '2010-W01'],
	['2020-12-31', '2020-W53'],
	['2021-01-03', '2020-W53'],
	['2024-12-30', '2025-W01'],
	['2026-12-31', '2026-W53'],
	['2027-01-01', '2026-W53'],
	['2027-01-04', '2027-W01'],
])('%s lies in %s, at any hour', (day, week) => {
	const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
	for (const hour of [0, 12, 23]) expect(isoWeek(new Date(year, month - 1, date, hour, 59))).toBe(week);
});
