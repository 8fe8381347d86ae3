import {type BreakerState, busy, CLOSED, opened} from '../../../extension/src/background/breaker.js';
import {type Question, ScoringFailed, type Target} from '../../../extension/src/background/client.js';
import {
	BATCH_BYTES,
	BATCH_REPLIES,
	FIRST_QUIET,
	FIRST_REPLIES,
	type Job,
	LONGEST_WAIT,
	openQueue,
	QUIET,
	REST,
} from '../../../extension/src/background/queue.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';

const TARGET: Target = {address: 'http://127.0.0.1:8000', token: '', sensitivity: 'balanced', levels: {}};
const HIDE: Verdict = {action: 'hide', reason: 'blame', partial: false, source: 'model'};
const VERSION = {model: 'v1', policy: 'v1-0'};

type Score = (
	target: Target,
	questions: Question[],
) => Promise<{version: typeof VERSION; verdicts: Verdict[]}>;

/** Hides each text, with itself nowhere in the verdict. */
async function hideAll(_target: Target, questions: Question[]) {
	return {
		version: VERSION,
		verdicts: questions.map(() => HIDE),
	};
}

function open({score = hideAll, breaker = CLOSED}: {score?: Score; breaker?: BreakerState} = {}) {
	const edge = vi.fn(score);
	const remember = vi.fn();
	const breakerChanged = vi.fn();
	const queue = openQueue({score: edge, remember, breakerChanged, breaker});
	const names = Array.from({length: 1000}, (_, index) => index).values();
	return {
		queue,
		edge,
		remember,
		breakerChanged,
		ask(text: string, target: Target = TARGET, name = `ask-${names.next().value}`) {
			const job: Job = {key: `${target.sensitivity}:${text}`, target, question: {text}};
			return queue.ask(name, job);
		},
		/** The texts of each request so far. */
		requests: () => edge.mock.calls.map(([, questions]) => questions.map(question => question.text)),
	};
}

/** A queue that has just sent a batch and got its answer: somebody goes on reading. */
async function openInUse() {
	const used = open();
	void used.ask('earlier');
	await tick(QUIET);
	used.edge.mockClear();
	return used;
}

/** A server whose answers the test gives itself. */
function byHand() {
	const waiting: Array<{questions: Question[]; answer: () => void; fail: (fault: Error) => void}> = [];
	const score: Score = (_target, questions) =>
		new Promise((resolve, reject) => {
			waiting.push({questions, answer: () => void hideAll(TARGET, questions).then(resolve), fail: reject});
		});
	return {score, waiting};
}

const texts = (count: number, prefix = 'text') =>
	Array.from({length: count}, (_, index) => `${prefix} ${index}`);
const tick = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
	vi.useFakeTimers();
	vi.spyOn(Math, 'random').mockReturnValue(0.5);
});

describe('batches', () => {
	test('questions that come together travel together, in order, after a quiet moment', async () => {
		const {ask, requests} = await openInUse();
		const answers = Promise.all(['a', 'b', 'c'].map(text => ask(text)));
		await tick(QUIET - 1);
		expect(requests()).toEqual([]);
		await tick(1);
		expect(requests()).toEqual([['a', 'b', 'c']]);
		expect(await answers).toEqual(Array(3).fill({ok: true, verdict: HIDE}));
	});

	test('a stream without a pause is sent after the longest wait', async () => {
		const {ask, requests} = await openInUse();
		for (let at = 0; at < LONGEST_WAIT; at += 40) {
			void ask(`at ${at}`);
			await tick(40);
		}
		expect(requests()).toEqual([['at 0', 'at 40', 'at 80', 'at 120', 'at 160']]);
	});

	test('a full batch goes at once, and the rest after it', async () => {
		const {ask, requests} = await openInUse();
		for (const text of texts(BATCH_REPLIES + 3)) void ask(text);
		expect(requests().map(batch => batch.length)).toEqual([BATCH_REPLIES]);
		await tick(QUIET);
		expect(requests().map(batch => batch.length)).toEqual([BATCH_REPLIES, 3]);
	});

	test('a batch is also full by bytes, and Urdu counts by its bytes', async () => {
		const {ask, requests, edge} = await openInUse();
		for (const text of texts(20, 'غ'.repeat(8000))) void ask(text);
		await tick(LONGEST_WAIT);
		expect(requests().map(batch => batch.length)).toEqual([9, 9, 2]);
		for (const [, questions] of edge.mock.calls) {
			expect(new TextEncoder().encode(JSON.stringify(questions)).length).toBeLessThan(BATCH_BYTES + 100);
		}
	});

	test('at most two requests are on their way', async () => {
		const {score, waiting} = byHand();
		const {ask, requests} = open({score});
		for (const text of texts(BATCH_REPLIES * 3 + 5)) void ask(text);
		await tick(LONGEST_WAIT);
		expect(requests()).toHaveLength(2);
		waiting[0]?.answer();
		await tick(0);
		expect(requests().map(batch => batch.length)).toEqual([FIRST_REPLIES, BATCH_REPLIES, BATCH_REPLIES]);
	});

	test('the first batch after a rest is small and goes at once, with the rest right behind it', async () => {
		const {score, waiting} = byHand();
		const {ask, requests} = open({score});
		const answers = texts(20).map(text => ask(text));
		expect(requests()).toEqual([texts(20).slice(0, FIRST_REPLIES)]);
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([texts(20).slice(0, FIRST_REPLIES), texts(20).slice(FIRST_REPLIES)]);
		waiting[0]?.answer();
		// The verdicts on those do not wait for the others.
		expect((await Promise.all(answers.slice(0, FIRST_REPLIES))).every(answer => answer.ok)).toBe(true);
	});

	test('a single question after a rest does not wait long for company, and the next ones do', async () => {
		const {ask, requests} = await openInUse();
		await tick(REST);
		void ask('a');
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([['a']]);
		await tick(QUIET);
		void ask('b');
		await tick(QUIET - 1);
		expect(requests()).toEqual([['a']]);
		await tick(1);
		expect(requests()).toEqual([['a'], ['b']]);
	});

	test('questions for different servers, sensitivities or levels never share a request', async () => {
		const {ask, edge} = open();
		void ask('a');
		void ask('b', {...TARGET, sensitivity: 'strict'});
		void ask('c');
		void ask('d', {...TARGET, address: 'https://panah.example.org'});
		void ask('e', {...TARGET, levels: {threat: 'off', blame: 'strict'}});
		void ask('f', {...TARGET, levels: {blame: 'strict', threat: 'off'}});
		await tick(QUIET);
		const sent = edge.mock.calls.map(([target, questions]) => [
			target.sensitivity,
			target.address,
			...questions.map(question => question.text),
		]);
		expect(sent).toEqual([
			['balanced', TARGET.address, 'a', 'c'],
			['strict', TARGET.address, 'b'],
			['balanced', 'https://panah.example.org', 'd'],
			['balanced', TARGET.address, 'e', 'f'],
		]);
	});
});

describe('the same text', () => {
	test('is asked once and answers everybody, also while it is on its way', async () => {
		const {score, waiting} = byHand();
		const {ask, requests} = open({score});
		const first = [ask('a'), ask('a')];
		await tick(FIRST_QUIET);
		const late = ask('a');
		await tick(LONGEST_WAIT);
		expect(requests()).toEqual([['a']]);
		waiting[0]?.answer();
		expect((await Promise.all([...first, late])).every(answer => answer.ok)).toBe(true);
	});

	test('is remembered by its key with the version that judged it', async () => {
		const {ask, remember} = open();
		void ask('a');
		await tick(FIRST_QUIET);
		expect(remember).toHaveBeenCalledWith(TARGET, VERSION, [['balanced:a', HIDE]]);
	});
});

describe('cancelling', () => {
	test('what nobody waits for is not sent', async () => {
		const {ask, queue, requests} = open();
		const gone = ask('a', TARGET, 'one');
		void ask('b', TARGET, 'two');
		queue.cancel(['one']);
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([['b']]);
		expect(await gone).toMatchObject({ok: false, refusal: 'cancelled'});
	});

	test('one of two who ask the same does not cancel for the other', async () => {
		const {ask, queue, requests} = open();
		void ask('a', TARGET, 'one');
		const other = ask('a', TARGET, 'two');
		queue.cancel(['one']);
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([['a']]);
		expect((await other).ok).toBe(true);
	});

	test('a batch that waits for its next try and that nobody wants gives up its place', async () => {
		const {ask, queue, edge} = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		void ask('a', TARGET, 'one');
		await tick(FIRST_QUIET);
		queue.cancel(['one']);
		await tick(60_000);
		expect(edge).toHaveBeenCalledTimes(1);
	});

	test('all who wait can be refused, and nothing more is sent of what they asked', async () => {
		const {ask, queue, edge} = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		const tried = ask('tried');
		await tick(FIRST_QUIET);
		const waits = ask('waits');
		const answer = {ok: false, refusal: 'off', retryIn: 7} as const;
		queue.refuse(answer);
		expect([await tried, await waits]).toEqual([answer, answer]);
		await tick(60_000);
		expect(edge).toHaveBeenCalledTimes(1);
	});

	test('after a refusal others are asked as before', async () => {
		const {ask, queue, requests} = open();
		void ask('a');
		queue.refuse({ok: false, refusal: 'off', retryIn: 7});
		const again = ask('a');
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([['a']]);
		expect((await again).ok).toBe(true);
	});

	test('an unknown name does no harm', async () => {
		const {ask, queue, requests} = open();
		void ask('a');
		queue.cancel(['nobody']);
		await tick(FIRST_QUIET);
		expect(requests()).toEqual([['a']]);
	});
});

describe('failures', () => {
	test('are tried again after 1, 4 and 16 seconds, then refused', async () => {
		const {ask, edge} = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		const answer = ask('a');
		await tick(FIRST_QUIET);
		const counts: number[] = [];
		for (const wait of [999, 1, 3999, 1, 15_999, 1]) {
			await tick(wait);
			counts.push(edge.mock.calls.length);
		}
		expect(counts).toEqual([1, 2, 2, 3, 3, 4]);
		expect(await answer).toEqual({ok: false, refusal: 'failed', retryIn: 30_000});
	});

	test('the waiting times vary by a fifth, so that not everybody comes back at once', async () => {
		vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(1);
		const {ask, edge} = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		void ask('a');
		await tick(FIRST_QUIET + 800);
		expect(edge).toHaveBeenCalledTimes(2);
		await tick(4799);
		expect(edge).toHaveBeenCalledTimes(2);
		await tick(1);
		expect(edge).toHaveBeenCalledTimes(3);
	});

	test('a server that says when to come back is not asked before', async () => {
		const {ask, edge} = open({score: () => Promise.reject(new ScoringFailed('passing', 9000))});
		void ask('a');
		await tick(FIRST_QUIET + 8999);
		expect(edge).toHaveBeenCalledTimes(1);
		await tick(1);
		expect(edge).toHaveBeenCalledTimes(2);
	});

	test('one that has too much to do and says so is waited for as often as it says, without a pause', async () => {
		const score = vi.fn<Score>(() => Promise.reject(new ScoringFailed('passing', 2000)));
		const {ask, queue} = open({score});
		const answers = texts(FIRST_REPLIES + BATCH_REPLIES).map(text => ask(text));
		await tick(FIRST_QUIET + 9000);
		// Both batches were refused three times each, which would open the circuit if the server had been silent.
		expect(score).toHaveBeenCalledTimes(6);
		expect(queue.breaker()).toEqual(CLOSED);
		score.mockImplementation(hideAll);
		await tick(20_000);
		expect((await Promise.all(answers)).every(answer => answer.ok)).toBe(true);
	});

	test('a server that wants a long rest gets a pause for everybody', async () => {
		const {ask, edge, queue} = open({score: () => Promise.reject(new ScoringFailed('passing', 90_000))});
		const answer = ask('a');
		await tick(FIRST_QUIET);
		expect(await answer).toMatchObject({ok: false, refusal: 'paused', retryIn: 93_000});
		expect(await ask('b')).toMatchObject({ok: false, refusal: 'paused'});
		expect(edge).toHaveBeenCalledTimes(1);
		expect(queue.breaker().openUntil).toBe(Date.now() + 90_000);
	});

	test.each(['lasting', 'refused'] as const)('a %s one is not tried again', async kind => {
		const {ask, edge} = open({score: () => Promise.reject(new ScoringFailed(kind))});
		const answer = ask('a');
		await tick(FIRST_QUIET);
		expect(await answer).toMatchObject({ok: false, refusal: 'failed'});
		await tick(60_000);
		expect(edge).toHaveBeenCalledTimes(1);
	});

	test('a mistake of ours is a refusal too, and blocks nothing', async () => {
		const {ask} = open({score: () => Promise.reject(new TypeError('undefined is not a function'))});
		const answers = texts(BATCH_REPLIES * 3).map(text => ask(text));
		await tick(LONGEST_WAIT);
		expect((await Promise.all(answers)).every(answer => !answer.ok)).toBe(true);
	});

	test('a success in between answers, and forgets the failures', async () => {
		const score = vi.fn<Score>(hideAll).mockRejectedValueOnce(new ScoringFailed('passing'));
		const {ask, queue} = open({score});
		const answer = ask('a');
		await tick(FIRST_QUIET + 1000);
		expect((await answer).ok).toBe(true);
		expect(queue.breaker()).toEqual(CLOSED);
	});
});

describe('the circuit', () => {
	test('opens after five failures: all waiting is refused, nothing is sent', async () => {
		const {ask, edge, queue} = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		const answers = texts(BATCH_REPLIES * 3).map(text => ask(text));
		await tick(6000);
		expect(edge).toHaveBeenCalledTimes(5);
		expect(queue.breaker().openUntil).toBeGreaterThan(Date.now());
		await tick(20_000);
		expect((await Promise.all(answers)).every(answer => !answer.ok && answer.refusal === 'paused')).toBe(
			true,
		);
		expect(edge).toHaveBeenCalledTimes(5);
	});

	test('says how long to stay away, and remembers that somebody asked', async () => {
		const breaker = opened(CLOSED, Date.now(), 60_000);
		const {ask, edge, queue, breakerChanged} = open({breaker});
		expect(await ask('a')).toEqual({ok: false, refusal: 'paused', retryIn: 63_000});
		expect(queue.breaker().wanted).toBe(true);
		expect(breakerChanged).toHaveBeenCalledWith({...breaker, wanted: true});
		expect(edge).not.toHaveBeenCalled();
	});

	test('lets a single request try after the pause, and the rest follows a success', async () => {
		const {score, waiting} = byHand();
		const {ask, requests, queue} = open({score, breaker: opened(CLOSED, Date.now(), 60_000)});
		await tick(60_000);
		for (const text of texts(BATCH_REPLIES * 2)) void ask(text);
		await tick(LONGEST_WAIT);
		expect(requests()).toHaveLength(1);
		waiting[0]?.answer();
		await tick(0);
		expect(requests().map(batch => batch.length)).toEqual([
			FIRST_REPLIES,
			BATCH_REPLIES,
			BATCH_REPLIES - FIRST_REPLIES,
		]);
		expect(queue.breaker()).toEqual(CLOSED);
	});

	test('opens again, for longer, when that one fails', async () => {
		const {ask, edge, queue} = open({
			score: () => Promise.reject(new ScoringFailed('passing')),
			breaker: opened(CLOSED, Date.now(), 60_000),
		});
		await tick(60_000);
		void ask('a');
		await tick(FIRST_QUIET);
		expect(edge).toHaveBeenCalledTimes(1);
		expect(queue.breaker().openUntil).toBe(Date.now() + 120_000);
	});

	test('closes when the server has shown itself, and what waits goes at once', async () => {
		const score = vi.fn<Score>(hideAll).mockRejectedValueOnce(new ScoringFailed('passing'));
		const {ask, queue} = open({score});
		const answer = ask('a');
		await tick(FIRST_QUIET);
		expect(queue.recovered()).toBe(true);
		await tick(0);
		expect((await answer).ok).toBe(true);
		expect(queue.recovered()).toBe(false);
	});

	test('a server that limits us is asked by nobody before its time, however well it seems', async () => {
		const score = vi.fn<Score>(hideAll).mockRejectedValueOnce(new ScoringFailed('busy', 9000));
		const {ask, edge, queue} = open({score});
		const answer = ask('a');
		await tick(FIRST_QUIET);
		const until = Date.now() + 9000;
		expect(await answer).toEqual({ok: false, refusal: 'paused', retryIn: 12_000});
		expect(queue.busyUntil()).toBe(until);
		expect(queue.recovered()).toBe(false);
		await tick(8999);
		expect(await ask('b')).toMatchObject({ok: false, refusal: 'paused'});
		expect(edge).toHaveBeenCalledTimes(1);
		await tick(1);
		expect(queue.recovered()).toBe(true);
		expect(queue.busyUntil()).toBe(0);
		void ask('c');
		await tick(FIRST_QUIET);
		expect(edge).toHaveBeenCalledTimes(2);
	});

	test('one that limits us without a time is busy until the next try, and then for the pause', async () => {
		const {ask, queue} = open({score: () => Promise.reject(new ScoringFailed('busy'))});
		void ask('a');
		void ask('b', {...TARGET, sensitivity: 'strict'});
		await tick(FIRST_QUIET);
		expect(queue.busyUntil()).toBe(Date.now() + 1000);
		expect(queue.recovered()).toBe(true);
		expect(queue.busyUntil()).toBe(Date.now() + 1000);
		await tick(60_000);
		expect(queue.breaker().openUntil).toBeGreaterThan(0);
		expect(queue.busyUntil()).toBe(queue.breaker().openUntil);
	});

	test('a short rest that a batch takes by order counts as busy, another one does not', async () => {
		const ordered = open({score: () => Promise.reject(new ScoringFailed('passing', 9000))});
		void ordered.ask('a');
		const other = open({score: () => Promise.reject(new ScoringFailed('passing'))});
		void other.ask('a');
		await tick(FIRST_QUIET);
		expect(ordered.queue.busyUntil()).toBe(Date.now() + 9000);
		expect(other.queue.busyUntil()).toBe(0);
	});

	test('another server is not left alone for what this one ordered', async () => {
		const {ask, edge, queue} = open({breaker: busy(opened(CLOSED, Date.now(), 60_000))});
		expect(queue.forget()).toBe(true);
		void ask('a');
		await tick(FIRST_QUIET);
		expect(edge).toHaveBeenCalledTimes(1);
	});

	test('a wait that the server ordered is kept even then', async () => {
		const {ask, edge, queue} = open({score: () => Promise.reject(new ScoringFailed('passing', 9000))});
		void ask('a');
		await tick(FIRST_QUIET);
		queue.recovered();
		await tick(8000);
		expect(edge).toHaveBeenCalledTimes(1);
	});
});
