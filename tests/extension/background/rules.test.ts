import {type FakeChrome, installChrome} from '../fake-chrome.js';

type Router = typeof import('../../../extension/src/background/router.js');

const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const MINUTE = 60_000;

let browser: FakeChrome;
let router: Router;
let policy: string;
let asked: string[];

async function startWorker(): Promise<void> {
	vi.resetModules();
	router = await import('../../../extension/src/background/router.js');
}

async function ask(text: string): Promise<string> {
	const request = {kind: 'score', ask: crypto.randomUUID(), text};
	const answering = router.answer(request, PAGE) as Promise<{verdict: {action: string}}>;
	let action = '';
	void answering.then(({verdict}) => {
		action = verdict.action;
	});
	// Digests are made beside the clock, so it cannot simply be put forward.
	await vi.waitFor(() => expect(action).not.toBe(''));
	const kept = () => [...browser.storage.session.held.keys()].filter(key => key.startsWith('verdict:'));
	await vi.waitFor(() => expect(kept()).toHaveLength(count('/v1/score')));
	return action;
}

const count = (path: string) => asked.filter(one => one === path).length;
const notices = () =>
	browser.tabs.sendMessage.mock.calls.filter(
		([tab, message]) => tab === 1 && (message as {notice: string}).notice === 'changed',
	).length;

beforeEach(async () => {
	vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']});
	browser = installChrome();
	policy = 'v1-0';
	asked = [];
	vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
		const {pathname} = new URL(url);
		asked.push(pathname);
		if (pathname === '/v1/policy') return Response.json({model: 'v1', policy});
		const {replies} = JSON.parse(init.body as string);
		const verdicts = replies.map(({id}: {id: string}) => ({
			id,
			action: policy === 'v1-0' ? 'show' : 'hide',
			reason: policy === 'v1-0' ? null : 'blame',
			truncated: false,
		}));
		return Response.json({model: 'v1', policy, verdicts});
	});
	await startWorker();
});

test('verdicts by earlier rules are not used again once an answer names new ones', async () => {
	expect(await ask('one')).toBe('show');
	policy = 'v1-1';
	expect(await ask('one')).toBe('show');
	expect(await ask('two')).toBe('hide');
	expect(await ask('one')).toBe('hide');
	expect(count('/v1/score')).toBe(3);
});

test('open pages ask anew a few seconds after new rules were seen, once', async () => {
	await ask('one');
	policy = 'v1-1';
	await ask('two');
	expect(notices()).toBe(0);
	policy = 'v1-0';
	await ask('three');
	policy = 'v1-1';
	await ask('four');
	await vi.advanceTimersByTimeAsync(router.RULES_SETTLE);
	expect(notices()).toBe(1);
});

test('who sees for the first time what a server works with is not made to ask anew', async () => {
	await ask('one');
	await vi.advanceTimersByTimeAsync(2 * router.RULES_SETTLE);
	expect(notices()).toBe(0);
});

test('new rules are noticed ten minutes later at most, where all that is read is remembered', async () => {
	await ask('one');
	policy = 'v1-1';
	await vi.advanceTimersByTimeAsync(9 * MINUTE);
	expect(await ask('one')).toBe('show');
	expect(count('/v1/policy')).toBe(0);
	await vi.advanceTimersByTimeAsync(MINUTE);
	// This one may or may not be answered before the server is.
	await ask('one');
	await vi.waitFor(() => expect(count('/v1/policy')).toBe(1));
	expect(await ask('one')).toBe('hide');
	await vi.advanceTimersByTimeAsync(router.RULES_SETTLE);
	expect(notices()).toBe(1);
});

test('rules that stay are asked about every ten minutes at most, also by a worker that begins anew', async () => {
	await ask('one');
	await vi.advanceTimersByTimeAsync(router.VERSION_AGE);
	await ask('one');
	await vi.waitFor(() => expect(count('/v1/policy')).toBe(1));
	await startWorker();
	await ask('one');
	await ask('one');
	expect(count('/v1/policy')).toBe(1);
	expect(notices()).toBe(0);
});

test('a worker that begins anew knows when the server answered last', async () => {
	await ask('one');
	await startWorker();
	await ask('one');
	expect(asked).toEqual(['/v1/score']);
});

test('while somebody pauses, nothing is asked', async () => {
	await ask('one');
	await vi.advanceTimersByTimeAsync(router.VERSION_AGE);
	await browser.storage.local.set({pausedUntil: Date.now() + MINUTE});
	await startWorker();
	const answer = await router.answer({kind: 'score', ask: 'a', text: 'one'}, PAGE);
	expect(answer).toMatchObject({ok: false, refusal: 'off'});
	expect(count('/v1/policy')).toBe(0);
});
