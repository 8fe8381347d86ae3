import {
	checkHealth,
	levelsKey,
	ScoringFailed,
	score,
	TIMEOUT,
} from '../../../extension/src/background/client.js';
import {DEFAULT_SERVER} from '../../../extension/src/core/settings.js';

const target = {address: 'http://127.0.0.1:8000', token: '', sensitivity: 'balanced', levels: {}} as const;

function answerWith(status: number, body: unknown = {}, headers: Record<string, string> = {}) {
	const edge = vi.fn(
		async (_url: string, _init: RequestInit) => new Response(JSON.stringify(body), {status, headers}),
	);
	vi.stubGlobal('fetch', edge);
	return edge;
}

function verdicts(count: number) {
	return {
		model: 'v1',
		policy: 'v1-0',
		verdicts: Array.from({length: count}, (_, index) => ({
			id: String(index),
			action: 'show',
			reason: null,
			truncated: false,
			scores: {},
		})),
	};
}

async function failure(promise: Promise<unknown>): Promise<ScoringFailed> {
	const fault: unknown = await promise.catch((cause: unknown) => cause);
	expect(fault).toBeInstanceOf(ScoringFailed);
	return fault as ScoringFailed;
}

test('a request holds texts, numbers of its own and the sensitivity, and nothing else', async () => {
	const edge = answerWith(200, verdicts(2));
	const answer = await score(target, [{text: 'one'}, {text: 'two', context: 'post'}]);
	expect(answer.verdicts).toHaveLength(2);
	const [url, init] = edge.mock.calls[0] as [string, RequestInit];
	expect(url).toBe('http://127.0.0.1:8000/v1/score');
	expect(JSON.parse(init.body as string)).toEqual({
		replies: [
			{id: '0', text: 'one'},
			{id: '1', text: 'two', context: 'post'},
		],
		sensitivity: 'balanced',
	});
});

test('levels go along only where some are set', async () => {
	const edge = answerWith(200, verdicts(1));
	await score({...target, levels: {threat: 'strict', minimising: 'off'}}, [{text: 'one'}]);
	const [, init] = edge.mock.calls[0] as [string, RequestInit];
	expect(JSON.parse(init.body as string)).toEqual({
		replies: [{id: '0', text: 'one'}],
		sensitivity: 'balanced',
		levels: {threat: 'strict', minimising: 'off'},
	});
});

test('equal levels have equal keys, in whatever order they were set', () => {
	expect(levelsKey({threat: 'off', blame: 'strict'})).toBe(levelsKey({blame: 'strict', threat: 'off'}));
	expect(levelsKey({threat: 'off'})).not.toBe(levelsKey({threat: 'strict'}));
	expect(levelsKey({})).not.toBe(levelsKey({threat: 'balanced'}));
});

test('nothing tells who reads: no cookies, no referrer, no cache, no redirect', async () => {
	const edge = answerWith(200, verdicts(1));
	await score(target, [{text: 'one'}]);
	const [, init] = edge.mock.calls[0] as [string, RequestInit];
	expect(init).toMatchObject({
		method: 'POST',
		credentials: 'omit',
		referrerPolicy: 'no-referrer',
		cache: 'no-store',
		redirect: 'error',
	});
	expect([...(init.headers as Headers).keys()].sort()).toEqual(['accept', 'content-type']);
});

test('a token goes along where there is one', async () => {
	const edge = answerWith(200, verdicts(1));
	await score({...target, token: 'abc'}, [{text: 'one'}]);
	const [, init] = edge.mock.calls[0] as [string, RequestInit];
	expect((init.headers as Headers).get('authorization')).toBe('Bearer abc');
});

test.each([
	[500, true, false],
	[502, true, false],
	[503, true, false],
	[429, true, false],
	[400, false, false],
	[413, false, false],
	[422, false, false],
	[401, false, true],
	[403, false, true],
])('status %i: may be tried again %s, refused %s', async (status, retryable, refused) => {
	answerWith(status, {}, {});
	expect(await failure(score(target, [{text: 'one'}]))).toMatchObject({retryable, refused, retryAfter: 0});
});

test('only too many requests make a server busy', async () => {
	answerWith(429);
	expect((await failure(score(target, [{text: 'one'}]))).busy).toBe(true);
	answerWith(503, {}, {'retry-after': '7'});
	expect((await failure(score(target, [{text: 'one'}]))).busy).toBe(false);
});

test('Retry-After is read in seconds and as a date', async () => {
	vi.useFakeTimers({now: new Date('2026-01-01T00:00:00Z')});
	answerWith(503, {}, {'retry-after': '7'});
	expect((await failure(score(target, [{text: 'one'}]))).retryAfter).toBe(7000);
	answerWith(429, {}, {'retry-after': 'Thu, 01 Jan 2026 00:00:30 GMT'});
	expect((await failure(score(target, [{text: 'one'}]))).retryAfter).toBe(30_000);
	answerWith(429, {}, {'retry-after': 'soon'});
	expect((await failure(score(target, [{text: 'one'}]))).retryAfter).toBe(0);
});

test('no answer, and an answer that is none, may be tried again', async () => {
	vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('Failed to fetch')));
	expect((await failure(score(target, [{text: 'one'}]))).retryable).toBe(true);
	vi.stubGlobal('fetch', vi.fn().mockResolvedValue(new Response('<html>')));
	expect((await failure(score(target, [{text: 'one'}]))).retryable).toBe(true);
	answerWith(200, verdicts(2));
	expect((await failure(score(target, [{text: 'one'}]))).retryable).toBe(true);
});

test('a request is given up after eight seconds', async () => {
	vi.useFakeTimers();
	const edge = vi.fn(
		(_url: string, {signal}: RequestInit) =>
			new Promise<Response>((_, reject) =>
				signal?.addEventListener('abort', () => reject(new Error('aborted'))),
			),
	);
	vi.stubGlobal('fetch', edge);
	let settled = false;
	const failing = failure(score(target, [{text: 'one'}])).finally(() => {
		settled = true;
	});
	await vi.advanceTimersByTimeAsync(TIMEOUT - 1);
	expect(settled).toBe(false);
	await vi.advanceTimersByTimeAsync(1);
	expect((await failing).retryable).toBe(true);
});

describe('health', () => {
	function answerBy(routes: Record<string, Response>) {
		vi.stubGlobal(
			'fetch',
			vi.fn(async (url: string) => routes[new URL(url).pathname] ?? new Response('', {status: 404})),
		);
	}

	test('a ready server tells its model and policy', async () => {
		const policy = new Response(JSON.stringify({model: 'v1', policy: 'v1-0', labels: []}));
		answerBy({'/readyz': new Response('{}'), '/v1/policy': policy});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({
			state: 'ready',
			version: {model: 'v1', policy: 'v1-0'},
		});
	});

	test.each([
		[503, 'starting'],
		[500, 'unreachable'],
		[502, 'unreachable'],
		[404, 'stranger'],
		[204, 'stranger'],
		[401, 'refused'],
	])('status %i means %s', async (status, state) => {
		answerBy({'/readyz': new Response(status === 204 ? null : '{}', {status})});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state});
	});

	test('something else that answers on that port is not taken for our server', async () => {
		answerBy({'/readyz': new Response('hello')});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'stranger'});
	});

	test.each([
		'<!doctype html><title>Welcome</title>',
		'{"status":"ok"}',
		'[]',
		'null',
		'{"model":1,"policy":2}',
	])('nor one that answers everything with %s', async body => {
		answerBy({'/readyz': new Response(body), '/v1/policy': new Response(body)});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'stranger'});
	});

	test('an answer that breaks off tells of no stranger', async () => {
		const broken = new Response(new ReadableStream({start: part => part.error(new TypeError('cut'))}));
		answerBy({'/readyz': new Response('{}'), '/v1/policy': broken});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'unreachable'});
	});

	test('a server that limits us is busy, until it says, or for a minute', async () => {
		vi.useFakeTimers();
		answerWith(429, {}, {'retry-after': '7'});
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'busy', until: Date.now() + 7000});
		answerWith(429);
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'busy', until: Date.now() + 60_000});
	});

	test('no answer means unreachable', async () => {
		vi.stubGlobal('fetch', vi.fn().mockRejectedValue(new TypeError('Failed to fetch')));
		expect(await checkHealth(DEFAULT_SERVER)).toEqual({state: 'unreachable'});
	});
});
