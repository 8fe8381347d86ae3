import {type FakeChrome, installChrome} from '../fake-chrome.js';

type Router = typeof import('../../../extension/src/background/router.js');

const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const POPUP = {id: 'panah', url: 'chrome-extension://panah/popup.html'} as chrome.runtime.MessageSender;

let browser: FakeChrome;
let edge: ReturnType<typeof vi.fn<(url: string, init: RequestInit) => Promise<Response>>>;
let health = 200;
let model = 'v1';

/** A worker that has just been started: it remembers nothing but what is stored. */
async function startWorker(): Promise<Router> {
	vi.resetModules();
	return await import('../../../extension/src/background/router.js');
}

function ask(router: Router, text: string, more: object = {}): Promise<unknown> {
	const name = crypto.randomUUID();
	return router.answer({kind: 'score', ask: name, text, ...more}, PAGE) as Promise<unknown>;
}

/** A worker that has just asked the server: the next question waits for company. */
async function startUsedWorker(): Promise<Router> {
	const router = await startWorker();
	await ask(router, 'asked before');
	edge.mockClear();
	vi.useFakeTimers({toFake: ['Date'], now: Date.now() + 100});
	return router;
}

/** The bodies of all scoring requests. */
function sent(): Array<{
	replies: Array<Record<string, string>>;
	sensitivity: string;
	levels?: Record<string, string>;
}> {
	return edge.mock.calls
		.filter(([url]) => String(url).endsWith('/v1/score'))
		.map(([, init]) => JSON.parse(init.body as string));
}

/** Until as many verdicts lie in storage. */
async function stored(count: number): Promise<void> {
	const keys = () => [...browser.storage.session.held.keys()].filter(key => key.startsWith('verdict:'));
	await vi.waitFor(() => expect(keys()).toHaveLength(count));
}

beforeEach(() => {
	browser = installChrome();
	health = 200;
	model = 'v1';
	edge = vi.fn(async (url: string, init: RequestInit) => {
		if (url.endsWith('/readyz')) return new Response('{}', {status: health});
		if (url.endsWith('/v1/policy')) return new Response(JSON.stringify({model, policy: 'v1-0'}));
		const {replies} = JSON.parse(init.body as string);
		const verdicts = replies.map(({id, text}: {id: string; text: string}) => ({
			id,
			action: text.includes('fault') ? 'hide' : 'show',
			reason: text.includes('fault') ? 'blame' : null,
			truncated: false,
		}));
		return new Response(JSON.stringify({model, policy: 'v1-0', verdicts}));
	});
	vi.stubGlobal('fetch', edge);
});

test('a reply is judged, with people and links masked and nothing about the page', async () => {
	const router = await startWorker();
	expect(await ask(router, '@Imran it was her fault https://t.co/abc', {context: 'I was followed.'})).toEqual(
		{
			ok: true,
			verdict: {action: 'hide', reason: 'blame', partial: false, source: 'model'},
		},
	);
	expect(sent()).toEqual([
		{
			replies: [{id: '0', text: '@user it was her fault URL', context: 'I was followed.'}],
			sensitivity: 'balanced',
		},
	]);
});

test('the post stays here when the setting says so', async () => {
	await browser.storage.local.set({server: {address: 'http://127.0.0.1:8000', useContext: false}});
	await ask(await startWorker(), 'her fault', {context: 'I was followed.'});
	expect(sent()[0]?.replies).toEqual([{id: '0', text: 'her fault'}]);
});

test('a known reply is not asked about again, not even after the worker died', async () => {
	await ask(await startWorker(), 'her fault');
	await stored(1);
	const reborn = await startWorker();
	expect(await ask(reborn, 'her  fault')).toMatchObject({ok: true, verdict: {action: 'hide'}});
	expect(sent()).toHaveLength(1);
});

test('another post, another sensitivity and another model are other questions', async () => {
	const router = await startWorker();
	await ask(router, 'her fault', {context: 'one'});
	await ask(router, 'her fault', {context: 'two'});
	await browser.storage.sync.set({settings: {sensitivity: 'strict'}});
	const strict = await startWorker();
	await ask(strict, 'her fault', {context: 'one'});
	model = 'v2';
	await ask(strict, 'something new');
	await ask(strict, 'her fault', {context: 'one'});
	expect(sent().map(body => [body.replies[0]?.text, body.replies[0]?.context, body.sensitivity])).toEqual([
		['her fault', 'one', 'balanced'],
		['her fault', 'two', 'balanced'],
		['her fault', 'one', 'strict'],
		['something new', undefined, 'strict'],
		['her fault', 'one', 'strict'],
	]);
});

test('what is stored holds no text', async () => {
	const router = await startWorker();
	await ask(router, 'her fault, said @Imran', {context: 'I was followed.'});
	await stored(1);
	const {session, local, sync} = browser.storage;
	const all = JSON.stringify([session, local, sync].map(area => [...area.held]));
	expect(all).toMatch(/verdict:[0-9a-f]{64}/);
	expect(all).not.toMatch(/fault|Imran|followed/);
});

test('a reply without words is shown and not sent', async () => {
	const router = await startWorker();
	expect(await ask(router, '@somebody https://t.co/x')).toEqual({
		ok: true,
		verdict: {action: 'show', partial: false, source: 'model'},
	});
	expect(sent()).toEqual([]);
});

test('a text that had to be cut says so', async () => {
	const router = await startWorker();
	expect(await ask(router, `fault ${'very '.repeat(1000)}`)).toMatchObject({
		verdict: {action: 'hide', partial: true},
	});
});

test('switched off, nothing is sent', async () => {
	await browser.storage.sync.set({settings: {enabled: false}});
	expect(await ask(await startWorker(), 'her fault')).toMatchObject({ok: false, refusal: 'off'});
	expect(edge).not.toHaveBeenCalled();
});

test('without the permission nothing is sent, and granting it tells the pages', async () => {
	browser.permissions.contains.mockResolvedValue(false);
	const router = await startWorker();
	expect(await ask(router, 'her fault')).toMatchObject({ok: false, refusal: 'permission'});
	expect(edge).not.toHaveBeenCalled();
	browser.permissions.contains.mockResolvedValue(true);
	await router.permissionsChanged();
	expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'back'});
	expect(await ask(router, 'her fault')).toMatchObject({ok: true});
});

test('a distant server gets nothing without the consent that Firefox keeps, and everything once it is there', async () => {
	await browser.storage.local.set({server: {address: 'https://panah.example.org'}});
	const allow = (consents: string[]) =>
		browser.permissions.getAll.mockResolvedValue({
			origins: ['https://x.com/*'],
			permissions: [],
			data_collection: consents,
		});
	allow([]);
	const router = await startWorker();
	expect(await ask(router, 'her fault')).toMatchObject({ok: false, refusal: 'permission'});
	expect(await router.answer({kind: 'status'}, POPUP)).toEqual({state: 'permission'});
	expect(edge).not.toHaveBeenCalled();
	allow(['websiteContent']);
	await router.permissionsChanged();
	expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'back'});
	expect(await ask(router, 'her fault')).toMatchObject({ok: true});
});

test('a consent that is taken back stops what waits to be sent', async () => {
	const router = await startUsedWorker();
	const answer = ask(router, 'her fault');
	await new Promise(resolve => setTimeout(resolve, 20));
	browser.permissions.contains.mockResolvedValue(false);
	await router.permissionsChanged();
	expect(await answer).toMatchObject({ok: false, refusal: 'permission'});
	expect(sent()).toEqual([]);
});

describe('several questions in one message', () => {
	const about = (...texts: string[]) => ({
		kind: 'scores',
		asks: texts.map(text => ({kind: 'score', ask: text, text})),
	});
	const told = (...actions: Array<string | null>) => ({
		answers: actions.map(
			action => action && expect.objectContaining({verdict: expect.objectContaining({action})}),
		),
	});

	test('are answered in their order, together with all that came in one batch', async () => {
		const router = await startUsedWorker();
		const answer = await router.answer(about('her fault', 'good morning', 'your fault'), PAGE);
		expect(answer).toEqual(told('hide', 'show', 'hide'));
		expect(sent()).toHaveLength(1);
	});

	test('are answered as far as the first batch goes, and asking again sends nothing twice', async () => {
		const router = await startWorker();
		const texts = Array.from({length: 10}, (_, index) => `${index} good morning`);
		const {answers} = (await router.answer(about(...texts), PAGE)) as {answers: unknown[]};
		const open = texts.filter((_, index) => answers[index] === null);
		expect(open).toHaveLength(6);
		expect(await router.answer(about(...open), PAGE)).toEqual(told(...open.map(() => 'show')));
		expect(sent().map(({replies}) => replies.length)).toEqual([4, 6]);
	});

	test('are not kept from what is known by what is not', async () => {
		await ask(await startWorker(), 'her fault');
		await stored(1);
		const router = await startWorker();
		edge.mockImplementation(() => new Promise(() => {}));
		const answer = await router.answer(about('good morning', 'her fault', '@somebody'), PAGE);
		expect(answer).toEqual(told(null, 'hide', 'show'));
	});

	test('are all shown when nobody can be asked', async () => {
		await browser.storage.sync.set({settings: {enabled: false}});
		const answer = await (await startWorker()).answer(about('her fault', 'good morning'), PAGE);
		const off = expect.objectContaining({ok: false, refusal: 'off'});
		expect(answer).toEqual({answers: [off, off]});
	});

	test('can be cancelled one by one', async () => {
		const router = await startUsedWorker();
		const answer = router.answer(about('her fault', 'your fault'), PAGE);
		await new Promise(resolve => setTimeout(resolve, 20));
		await router.answer({kind: 'cancel', asks: ['her fault']}, PAGE);
		expect(await answer).toEqual({answers: [expect.objectContaining({refusal: 'cancelled'}), null]});
		expect(await router.answer(about('your fault'), PAGE)).toEqual(told('hide'));
		expect(sent().map(({replies}) => replies.map(({text}) => text))).toEqual([['your fault']]);
	});
});

test('messages that are none of ours are left alone', async () => {
	const router = await startWorker();
	expect(router.answer({kind: 'other'}, PAGE)).toBeUndefined();
	expect(router.answer({kind: 'score', ask: 'a', text: 't'}, {id: 'another-extension'})).toBeUndefined();
	expect(router.answer({kind: 'status'}, PAGE)).toBeUndefined();
});

test('a question can be cancelled before it is sent', async () => {
	const router = await startUsedWorker();
	const answer = router.answer({kind: 'score', ask: 'mine', text: 'her fault'}, PAGE);
	await new Promise(resolve => setTimeout(resolve, 20));
	await router.answer({kind: 'cancel', asks: ['mine']}, PAGE);
	expect(await answer).toMatchObject({ok: false, refusal: 'cancelled'});
	expect(sent()).toEqual([]);
});

describe('settings that change', () => {
	test('another sensitivity makes the pages ask anew, also when the change woke the worker', async () => {
		const change = {settings: {oldValue: {sensitivity: 'balanced'}, newValue: {sensitivity: 'strict'}}};
		await browser.storage.sync.set({settings: {sensitivity: 'strict'}});
		await (await startWorker()).storageChanged(change, 'sync');
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(2, {kind: 'notice', notice: 'changed'});
	});

	test('another level of one category does too, and an equal one does not', async () => {
		const router = await startWorker();
		const change = (before: object, after: object) =>
			router.storageChanged({settings: {oldValue: {levels: before}, newValue: {levels: after}}}, 'sync');
		await change({}, {});
		await change({threat: 'off', blame: 'strict'}, {blame: 'strict', threat: 'off'});
		expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
		await change({}, {threat: 'off'});
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(2, {kind: 'notice', notice: 'changed'});
	});

	test('levels are sent, and are another question', async () => {
		await ask(await startWorker(), 'her fault');
		await stored(1);
		await browser.storage.sync.set({settings: {levels: {blame: 'off', nonsense: 'strict'}}});
		const reborn = await startWorker();
		await ask(reborn, 'her fault');
		expect(sent().map(({levels}) => levels)).toEqual([undefined, {blame: 'off'}]);
	});

	test('switching off stops what waits to be sent', async () => {
		const router = await startUsedWorker();
		const answer = ask(router, 'her fault');
		await new Promise(resolve => setTimeout(resolve, 20));
		await router.storageChanged({settings: {oldValue: {}, newValue: {enabled: false}}}, 'sync');
		expect(await answer).toMatchObject({ok: false, refusal: 'off'});
		expect(sent()).toEqual([]);
	});

	test('what waits for the old server is not sent to anybody', async () => {
		const router = await startUsedWorker();
		const answer = ask(router, 'her fault');
		await new Promise(resolve => setTimeout(resolve, 20));
		const server = {address: 'https://panah.example.org', token: '', useContext: false};
		await router.storageChanged({server: {newValue: server}}, 'local');
		expect(await answer).toMatchObject({ok: false, refusal: 'cancelled'});
		expect(sent()).toEqual([]);
	});

	test('another name is put on the toolbar at once', async () => {
		const router = await startWorker();
		await router.storageChanged({settings: {oldValue: {}, newValue: {discreet: true}}}, 'sync');
		expect(browser.action.setTitle).toHaveBeenCalledWith({title: 'Reader'});
		await router.storageChanged({settings: {oldValue: {}, newValue: {tap: false}}}, 'sync');
		expect(browser.action.setTitle).toHaveBeenCalledTimes(1);
	});

	test('another language does not', async () => {
		const change = {settings: {oldValue: {language: 'en'}, newValue: {language: 'ur'}}};
		await (await startWorker()).storageChanged(change, 'sync');
		expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
	});

	test('another server is asked from then on', async () => {
		const router = await startWorker();
		await ask(router, 'her fault');
		const server = {address: 'https://panah.example.org', token: 'abc', useContext: false};
		await router.storageChanged({server: {newValue: server}}, 'local');
		await ask(router, 'her fault');
		expect(edge.mock.calls.map(([url]) => url)).toEqual([
			'http://127.0.0.1:8000/v1/score',
			'https://panah.example.org/v1/score',
		]);
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'changed'});
	});
});

describe('the state told to the popup', () => {
	const status = async () => (await startWorker()).answer({kind: 'status'}, POPUP);

	test('ready, with model and policy', async () => {
		expect(await status()).toEqual({state: 'ready', version: {model: 'v1', policy: 'v1-0'}});
	});

	test('off, and then nothing is asked', async () => {
		await browser.storage.sync.set({settings: {enabled: false}});
		expect(await status()).toEqual({state: 'off'});
		expect(edge).not.toHaveBeenCalled();
	});

	test('switched off on X, which Firefox lets people do', async () => {
		browser.permissions.getAll.mockResolvedValue({origins: ['http://127.0.0.1/*'], permissions: []});
		expect(await status()).toEqual({state: 'site'});
	});

	test('no permission', async () => {
		browser.permissions.contains.mockResolvedValue(false);
		expect(await status()).toEqual({state: 'permission'});
	});

	test('starting, and unreachable', async () => {
		health = 503;
		expect(await status()).toEqual({state: 'starting'});
		edge.mockRejectedValue(new TypeError('Failed to fetch'));
		expect(await status()).toEqual({state: 'unreachable'});
	});

	test('paused, also after the worker died', async () => {
		const openUntil = Date.now() + 60_000;
		await browser.storage.session.set({breaker: {failures: 5, openUntil, nextPause: 120_000, wanted: false}});
		health = 500;
		expect(await status()).toEqual({state: 'paused', until: openUntil});
	});

	test('a server that answers again ends the pause and tells the pages', async () => {
		await browser.storage.session.set({
			breaker: {failures: 5, openUntil: Date.now() + 60_000, nextPause: 120_000, wanted: false},
		});
		const router = await startWorker();
		expect(await router.answer({kind: 'status'}, POPUP)).toMatchObject({state: 'ready'});
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'back'});
		expect(browser.alarms.clear).toHaveBeenCalledWith('probe');
		expect(await ask(router, 'her fault')).toMatchObject({ok: true});
	});

	test('busy, when the server limits us; no look at it ends that, and it is not asked meanwhile', async () => {
		const router = await startWorker();
		const healthy = edge.getMockImplementation() as (url: string, init: RequestInit) => Promise<Response>;
		edge.mockImplementation(async (url: string, init: RequestInit) =>
			url.endsWith('/v1/score')
				? new Response('{}', {status: 429, headers: {'retry-after': '60'}})
				: healthy(url, init),
		);
		expect(await ask(router, 'her fault')).toMatchObject({ok: false, refusal: 'paused'});
		const {openUntil} = browser.storage.session.held.get('breaker') as {openUntil: number};
		expect(await router.answer({kind: 'status'}, POPUP)).toEqual({state: 'busy', until: openUntil});
		expect(await status()).toEqual({state: 'busy', until: openUntil});
		expect(await ask(router, 'her fault again')).toMatchObject({ok: false, refusal: 'paused'});
		expect(edge).toHaveBeenCalledTimes(1);
		expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
		const server = {address: 'http://127.0.0.1:9000', token: '', useContext: true};
		await router.storageChanged({server: {newValue: server}}, 'local');
		expect(await router.answer({kind: 'status'}, POPUP)).toMatchObject({state: 'ready'});
	});

	test('busy, also when the server limits us while it is looked at', async () => {
		const router = await startWorker();
		const healthy = edge.getMockImplementation() as (url: string, init: RequestInit) => Promise<Response>;
		edge.mockImplementation(async (url: string, init: RequestInit) => {
			if (url.endsWith('/v1/score')) return new Response('{}', {status: 429, headers: {'retry-after': '60'}});
			if (url.endsWith('/v1/policy')) await ask(router, 'her fault');
			return healthy(url, init);
		});
		expect(await router.answer({kind: 'status'}, POPUP)).toMatchObject({state: 'busy'});
		expect(browser.storage.session.held.get('breaker')).toMatchObject({failures: 5});
	});

	test('stranger, also in a pause', async () => {
		health = 404;
		expect(await status()).toEqual({state: 'stranger'});
		const openUntil = Date.now() + 60_000;
		await browser.storage.session.set({breaker: {failures: 5, openUntil, nextPause: 120_000, wanted: false}});
		expect(await status()).toEqual({state: 'stranger'});
	});

	test('refused, when the server did not take the token; another token is tried at once', async () => {
		const router = await startWorker();
		const healthy = edge.getMockImplementation() as (url: string, init: RequestInit) => Promise<Response>;
		edge.mockImplementation(async (url: string, init: RequestInit) =>
			url.endsWith('/v1/score') ? new Response('{}', {status: 401}) : healthy(url, init),
		);
		expect(await ask(router, 'her fault')).toMatchObject({ok: false, refusal: 'failed'});
		expect(await router.answer({kind: 'status'}, POPUP)).toEqual({state: 'refused'});
		expect(await status()).toEqual({state: 'refused'});
		const server = {address: 'http://127.0.0.1:8000', token: 'abc', useContext: true};
		await router.storageChanged({server: {newValue: server}}, 'local');
		expect(await router.answer({kind: 'status'}, POPUP)).toMatchObject({state: 'ready'});
	});
});

describe('the alarm after a pause', () => {
	const open = (wanted: boolean) =>
		browser.storage.session.set({
			breaker: {failures: 5, openUntil: Date.now() - 1, nextPause: 120_000, wanted},
		});
	const fire = async () => (await startWorker()).probe({name: 'probe'} as chrome.alarms.Alarm);

	test('is set when the circuit opens', async () => {
		const router = await startWorker();
		edge.mockImplementation(async () => new Response('{}', {status: 503, headers: {'retry-after': '90'}}));
		await ask(router, 'her fault');
		expect(browser.alarms.create).toHaveBeenCalledWith('probe', {when: expect.any(Number)});
		expect(browser.storage.session.held.get('breaker')).toMatchObject({failures: 5});
	});

	test('asks for the health only, and tells the pages when the server is back', async () => {
		await open(true);
		await fire();
		expect(sent()).toEqual([]);
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'back'});
	});

	test('doubles the pause when it is not', async () => {
		await open(true);
		health = 500;
		await fire();
		expect(browser.tabs.sendMessage).not.toHaveBeenCalled();
		expect(browser.storage.session.held.get('breaker')).toMatchObject({nextPause: 240_000});
	});

	test('asks nothing when nobody reads', async () => {
		await open(false);
		await fire();
		expect(edge).not.toHaveBeenCalled();
	});

	test('of somebody else does nothing', async () => {
		await open(true);
		await (await startWorker()).probe({name: 'other'} as chrome.alarms.Alarm);
		expect(edge).not.toHaveBeenCalled();
	});
});
