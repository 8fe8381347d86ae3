import {alwaysShow, type Mark, mark, pause, pauseThread} from '../../../extension/src/core/local.js';
import {markKey} from '../../../extension/src/core/text.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

// The worker's part in what this browser alone knows: marks, pauses, people, the count.

type Router = typeof import('../../../extension/src/background/router.js');

const save = vi.hoisted(() => ({saveEvidence: vi.fn()}));
vi.mock('../../../extension/src/evidence/save.js', () => save);

const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const POPUP = {id: 'panah', url: 'chrome-extension://panah/popup.html'} as chrome.runtime.MessageSender;
const FINE: Mark = {mark: 'fine', by: 'reader'};

let browser: FakeChrome;
let edge: ReturnType<typeof vi.fn<(url: string, init: RequestInit) => Promise<Response>>>;

/** A worker that has just been started and hears of what is stored. */
async function startWorker(): Promise<Router> {
	vi.resetModules();
	const router = await import('../../../extension/src/background/router.js');
	browser.storage.onChanged.addListener((changes, area) => router.storageChanged(changes, area));
	return router;
}

function ask(router: Router, text: string): Promise<unknown> {
	return router.answer({kind: 'score', ask: crypto.randomUUID(), text}, PAGE) as Promise<unknown>;
}

/** What the first tab was told, in order. */
function told(): unknown[] {
	return browser.tabs.sendMessage.mock.calls
		.filter(([tab]) => tab === 1)
		.map(([, message]) => (message as {notice: string}).notice);
}

beforeEach(() => {
	browser = installChrome();
	save.saveEvidence.mockReset().mockResolvedValue({ok: true, already: false});
	edge = vi.fn(async (_url: string, init: RequestInit) => {
		const {replies} = JSON.parse(init.body as string);
		const verdicts = replies.map(({id}: {id: string}) => ({id, action: 'hide', reason: 'blame'}));
		return new Response(JSON.stringify({model: 'v1', policy: 'v1-0', verdicts}));
	});
	vi.stubGlobal('fetch', edge);
});

describe('a mark', () => {
	test('of the reader shows a reply, and nobody is asked', async () => {
		await mark({[await markKey('her fault')]: FINE});
		expect(await ask(await startWorker(), ' her  fault ')).toEqual({
			ok: true,
			verdict: {action: 'show', partial: false, source: 'reader'},
		});
		expect(edge).not.toHaveBeenCalled();
	});

	test('of a friend hides a reply for the reason given, or for none that has a name', async () => {
		await mark({
			[await markKey('one')]: {mark: 'hurtful', by: 'friend', reason: 'silencing'},
			[await markKey('two')]: {mark: 'hurtful', by: 'friend'},
		});
		const router = await startWorker();
		expect(await ask(router, 'one')).toEqual({
			ok: true,
			verdict: {action: 'hide', reason: 'silencing', partial: false, source: 'friend'},
		});
		expect(await ask(router, 'two')).toMatchObject({verdict: {reason: 'other', source: 'friend'}});
		expect(edge).not.toHaveBeenCalled();
	});

	test('counts without a server, but not while all is off', async () => {
		await mark({[await markKey('one')]: {mark: 'hurtful', by: 'friend'}});
		browser.permissions.contains.mockResolvedValue(false);
		expect(await ask(await startWorker(), 'one')).toMatchObject({ok: true, verdict: {action: 'hide'}});
		await browser.storage.sync.set({settings: {enabled: false}});
		expect(await ask(await startWorker(), 'one')).toMatchObject({ok: false, refusal: 'off'});
	});

	test('that is set from a line counts at once, for other people and links too, and pages ask anew', async () => {
		const router = await startWorker();
		expect(await ask(router, '@one her fault https://t.co/a')).toMatchObject({verdict: {action: 'hide'}});
		const fine = {kind: 'fine', text: '@one her fault https://t.co/a'};
		expect(await router.answer(fine, PAGE)).toEqual({ok: true});
		expect(await ask(router, '@two her fault https://t.co/b')).toMatchObject({
			verdict: {action: 'show', source: 'reader'},
		});
		await vi.waitFor(() => expect(told()).toEqual(['state', 'changed']));
		expect(JSON.stringify([...browser.storage.local.held])).not.toMatch(/fault/);
	});

	test('is not set for a reply without words, which all pictures would share', async () => {
		const router = await startWorker();
		expect(await router.answer({kind: 'fine', text: '@one https://t.co/a'}, PAGE)).toEqual({ok: true});
		expect(browser.storage.local.held.has('marks')).toBe(false);
	});

	test('that two lines set at once is kept twice', async () => {
		const router = await startWorker();
		await Promise.all(['one', 'two'].map(text => router.answer({kind: 'fine', text}, PAGE)));
		expect(Object.keys(browser.storage.local.held.get('marks') as object)).toHaveLength(2);
	});
});

describe('a pause', () => {
	test('sends nothing, and says when to come back', async () => {
		vi.useFakeTimers({toFake: ['Date']});
		await pause(Date.now() + 30_000);
		const router = await startWorker();
		expect(await ask(router, 'her fault')).toEqual({ok: false, refusal: 'off', retryIn: 30_000});
		await pause(Date.now() + 3_600_000);
		expect(await ask(router, 'her fault')).toEqual({ok: false, refusal: 'off', retryIn: 60_000});
		expect(edge).not.toHaveBeenCalled();
	});

	test('ends by itself, and by hand', async () => {
		vi.useFakeTimers({toFake: ['Date']});
		await pause(Date.now() + 30_000);
		const router = await startWorker();
		vi.setSystemTime(Date.now() + 30_000);
		expect(await ask(router, 'her fault')).toMatchObject({ok: true});
		await pause(Date.now() + 30_000);
		await pause(0);
		expect(await ask(router, 'her fault')).toMatchObject({ok: true});
	});

	test('stops what waits to be sent', async () => {
		const router = await startWorker();
		// Asked again so soon, it waits for company.
		await ask(router, 'asked before');
		edge.mockClear();
		vi.useFakeTimers({toFake: ['Date'], now: Date.now() + 100});
		const answer = ask(router, 'her fault');
		await new Promise(resolve => setTimeout(resolve, 20));
		await pause(Date.now() + 30_000);
		expect(await answer).toMatchObject({ok: false, refusal: 'off'});
		await new Promise(resolve => setTimeout(resolve, 100));
		expect(edge).not.toHaveBeenCalled();
	});
});

describe('what a page of X is told', () => {
	const state = async () => (await startWorker()).answer({kind: 'state'}, PAGE);

	test('nothing yet', async () => {
		expect(await state()).toEqual({people: [], pausedUntil: 0, pausedThreads: []});
	});

	test('people without the day they were chosen, pauses that last, and selectors', async () => {
		const until = Date.now() + 60_000;
		await alwaysShow({handle: 'one', accountId: '7'});
		await alwaysShow({handle: 'two'});
		await pause(until);
		await pauseThread('1800000000000000001', true);
		await browser.storage.local.set({selectors: {post: 'article'}});
		expect(await state()).toEqual({
			people: [{handle: 'one', accountId: '7'}, {handle: 'two'}],
			pausedUntil: until,
			pausedThreads: ['1800000000000000001'],
			selectors: {post: 'article'},
		});
	});

	test('no pause that is over, and no selectors that are none', async () => {
		await pause(Date.now() - 1);
		await browser.storage.local.set({selectors: {post: 7}});
		expect(await state()).toEqual({people: [], pausedUntil: 0, pausedThreads: []});
		await browser.storage.local.set({selectors: ['article']});
		expect(await state()).not.toHaveProperty('selectors');
	});

	test('never the token or the marks', async () => {
		await browser.storage.local.set({server: {address: 'https://panah.example.org', token: 'secret'}});
		await mark({[await markKey('her fault')]: FINE});
		expect(JSON.stringify(await state())).not.toMatch(/secret|example|fine/);
	});
});

describe('an account', () => {
	test('is always shown once a line says so', async () => {
		const router = await startWorker();
		const wish = {kind: 'always-show', handle: 'Some_One', accountId: '7', url: 'x'};
		expect(await router.answer(wish, PAGE)).toEqual({ok: true});
		expect(browser.storage.local.held.get('people')).toEqual([
			{handle: 'some_one', accountId: '7', since: expect.stringMatching(/^\d{4}-\d\d-\d\d$/)},
		]);
		await vi.waitFor(() => expect(told()).toEqual(['state']));
		expect(await router.answer({kind: 'state'}, PAGE)).toMatchObject({
			people: [{handle: 'some_one', accountId: '7'}],
		});
	});
});

describe('the count', () => {
	test('is kept only if the setting says so', async () => {
		const router = await startWorker();
		expect(await router.answer({kind: 'count', hidden: 2}, PAGE)).toEqual({ok: true});
		expect(browser.storage.local.held.has('count')).toBe(false);
		await browser.storage.sync.set({settings: {counter: true}});
		await Promise.all([2, 3].map(hidden => router.answer({kind: 'count', hidden}, PAGE)));
		expect(browser.storage.local.held.get('count')).toMatchObject({hidden: 5});
		expect(told()).toEqual([]);
	});
});

describe('evidence', () => {
	const post = {
		id: '1',
		handle: 'somebody',
		name: 'Somebody',
		text: 'her fault',
		partial: false,
		url: 'https://x.com/somebody/status/1',
		foundOn: 'https://x.com/another/status/2',
	};

	test('is handed on as far as it is a post', async () => {
		const router = await startWorker();
		const answer = await router.answer({kind: 'save', post: {...post, extra: 1}}, PAGE);
		expect(answer).toEqual({ok: true, already: false});
		expect(save.saveEvidence).toHaveBeenCalledWith(post);
		expect(router.answer({kind: 'save', post: {...post, url: 'javascript:1'}}, PAGE)).toBeUndefined();
	});

	test('that cannot be kept says so', async () => {
		const router = await startWorker();
		save.saveEvidence.mockResolvedValue({ok: false, problem: 'full'});
		expect(await router.answer({kind: 'save', post}, PAGE)).toEqual({ok: false, problem: 'full'});
		save.saveEvidence.mockRejectedValue(new Error('no database'));
		expect(await router.answer({kind: 'save', post}, PAGE)).toEqual({ok: false, problem: 'failed'});
	});
});

test('without room left, each says that it is not kept, and nothing is lost', async () => {
	await browser.storage.sync.set({settings: {counter: true}});
	await alwaysShow({handle: 'kept'});
	const before = structuredClone([...browser.storage.local.held]);
	const router = await startWorker();
	browser.storage.local.set.mockRejectedValue(new Error('QUOTA_BYTES quota exceeded'));
	for (const request of [
		{kind: 'always-show', handle: 'another'},
		{kind: 'fine', text: 'her fault'},
		{kind: 'count', hidden: 1},
	]) {
		expect(await router.answer(request, PAGE), request.kind).toEqual({ok: false});
	}
	expect([...browser.storage.local.held]).toEqual(before);
});

describe('who may ask', () => {
	const requests = [
		{kind: 'score', ask: 'a', text: 't'},
		{kind: 'scores', asks: [{kind: 'score', ask: 'a', text: 't'}]},
		{kind: 'cancel', asks: ['a']},
		{kind: 'state'},
		{kind: 'always-show', handle: 'one'},
		{kind: 'fine', text: 't'},
		{kind: 'count', hidden: 1},
	];
	const senders: Array<[string, Partial<chrome.runtime.MessageSender>, boolean]> = [
		['X', {id: 'panah', url: 'https://x.com/home'}, true],
		['X as it was called', {id: 'panah', url: 'https://mobile.twitter.com/home'}, true],
		['X, told by its origin', {id: 'panah', origin: 'https://twitter.com'}, true],
		['our own page', {id: 'panah', url: 'chrome-extension://panah/options.html'}, true],
		['another extension', {id: 'other', url: 'https://x.com/home'}, false],
		['a page of another extension', {id: 'other', url: 'chrome-extension://other/popup.html'}, false],
		['another site', {id: 'panah', url: 'https://example.org/x.com'}, false],
		['a host that only looks like it', {id: 'panah', url: 'https://x.com.example.org/'}, false],
		['X without encryption', {id: 'panah', url: 'http://x.com/home'}, false],
		['nobody', {id: 'panah'}, false],
		['an address that is none', {id: 'panah', url: 'about:'}, false],
	];

	test.each(senders)('%s', async (_, sender, allowed) => {
		const router = await startWorker();
		for (const request of requests) {
			const answer = router.answer(request, sender as chrome.runtime.MessageSender);
			expect(answer !== undefined, request.kind).toBe(allowed);
			await answer;
		}
	});

	test('only our own pages may ask about the server', async () => {
		const router = await startWorker();
		expect(router.answer({kind: 'status'}, PAGE)).toBeUndefined();
		await expect(router.answer({kind: 'status'}, POPUP)).resolves.toBeDefined();
	});
});

describe('what is stored', () => {
	test.each([
		['local', {people: {}}, ['state']],
		['local', {marks: {}}, ['state', 'changed']],
		['local', {pausedUntil: {}}, ['state', 'back']],
		['local', {selectors: {}}, ['state']],
		['local', {people: {}, pausedUntil: {}}, ['state', 'back']],
		['session', {pausedThreads: {}}, ['state']],
		['local', {server: {}}, ['changed', 'state']],
		['local', {count: {}}, []],
		['session', {'verdict:0': {}, breaker: {}, versions: {}}, []],
		['sync', {people: {}}, []],
		['managed', {settings: {}}, []],
	])('in %s, %o: tabs are told %o', async (area, changes, notices) => {
		const router = await startWorker();
		await router.storageChanged(changes, area);
		expect(told()).toEqual(notices);
	});

	test('verdicts that are kept tell nobody and read nothing', async () => {
		const router = await startWorker();
		await ask(router, 'her fault');
		await vi.waitFor(() =>
			expect([...browser.storage.session.held.keys()].some(key => key.startsWith('verdict:'))).toBe(true),
		);
		expect(browser.tabs.query).not.toHaveBeenCalled();
	});
});
