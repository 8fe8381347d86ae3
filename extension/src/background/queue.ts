import type {ScoreAnswer} from '../core/messages.js';
import type {Verdict, Version} from '../core/verdicts.js';
import {type BreakerState, busy, CLOSED, failed, isTrial, opened, pauseLeft} from './breaker.js';
import {levelsKey, type Question, ScoringFailed, type Target} from './client.js';

export const QUIET = 50;
export const LONGEST_WAIT = 200;
export const BATCH_REPLIES = 32;
/**
 * After so long without a request, in milliseconds, a page was opened or its reader goes on: the next batch has
 * FIRST_REPLIES at most, and it goes after FIRST_QUIET, and so does what is asked within QUIET of it. The service
 * answers a batch when its last reply is judged, and pages ask about what is in sight first.
 */
export const REST = 2000;
export const FIRST_REPLIES = 4;
export const FIRST_QUIET = 10;
/** Bytes of JSON. The service takes 512 KiB; smaller batches come back sooner. */
export const BATCH_BYTES = 150_000;
const IN_FLIGHT = 2;
/** Waiting times before the second, third and fourth try, each ±20 %. */
const BACK_OFF = [1000, 4000, 16_000];
/** A wait longer than this is a pause for everybody, not for one batch. */
const LONGEST_RETRY_AFTER = 30_000;
/** When to ask again about replies that could not be scored. */
const ASK_AGAIN = 30_000;
/** Added to a pause: the alarm looks after the server first, and it sends nobody's words. */
const AFTER_ALARM = 3000;

export interface Job {
	/** Equal for questions that have the same answer. */
	key: string;
	target: Target;
	question: Question;
}

export interface QueueParts {
	score(target: Target, questions: Question[]): Promise<{version: Version; verdicts: Verdict[]}>;
	/** Told about each batch that was answered. */
	remember(target: Target, version: Version, verdicts: Array<[key: string, verdict: Verdict]>): void;
	/** Told each time the breaker changes. */
	breakerChanged(state: BreakerState): void;
	breaker: BreakerState;
}

interface Waiting extends Job {
	bytes: number;
	waiters: Map<string, (answer: ScoreAnswer) => void>;
}

/** A batch that waits for its next try. */
interface Sleeper {
	/** The server said how long to wait, or that it has too much to do, so we do wait. */
	ordered: boolean;
	/** Milliseconds since 1970. */
	until: number;
	/** Whether anybody still waits for an answer. */
	isWanted(): boolean;
	wake(): void;
}

export type ScoreQueue = ReturnType<typeof openQueue>;

/**
 * Joins questions from all tabs into requests, few at a time, and asks again with patience.
 *
 * A batch closes after QUIET ms without a new question, LONGEST_WAIT ms after its first one, or when it is full; the
 * first one after a REST sooner.
 * Each question is answered once, whatever happens: a verdict, or a refusal that says when to come back.
 */
export function openQueue(parts: QueueParts) {
	let breaker = parts.breaker;
	let inFlight = 0;
	/** When a batch was sent last, in milliseconds since 1970. */
	let sentAt = 0;
	/** The next batch is the first one after a rest. */
	let isFirst = false;
	/** What is asked until then, in milliseconds since 1970, belongs to the first one after a rest. */
	let hurryUntil = 0;
	/** The time of those in the line has come, even if they fill no batch. */
	let due = false;
	let quiet: ReturnType<typeof setTimeout> | undefined;
	let latest: ReturnType<typeof setTimeout> | undefined;
	const line: Waiting[] = [];
	const jobs = new Map<string, Waiting>();
	const sleepers = new Set<Sleeper>();

	function setBreaker(state: BreakerState): void {
		breaker = state;
		parts.breakerChanged(state);
	}

	/** Answers when the question is settled. `ask` names it for cancel(). */
	function ask(name: string, job: Job): Promise<ScoreAnswer> {
		if (pauseLeft(breaker, Date.now()) > 0) return Promise.resolve(paused());
		return new Promise(resolve => {
			const same = jobs.get(job.key);
			if (same !== undefined) {
				same.waiters.set(name, resolve);
				return;
			}
			const waiting = {...job, bytes: sizeOf(job.question), waiters: new Map([[name, resolve]])};
			jobs.set(job.key, waiting);
			if (line.length === 0 && inFlight === 0 && Date.now() - sentAt >= REST) {
				isFirst = true;
				hurryUntil = Date.now() + QUIET;
			}
			line.push(waiting);
			pump();
			if (line.length > 0) startTimers();
		});
	}

	function paused(): ScoreAnswer {
		if (!breaker.wanted) setBreaker({...breaker, wanted: true});
		return {ok: false, refusal: 'paused', retryIn: pauseLeft(breaker, Date.now()) + AFTER_ALARM};
	}

	/** Forgets questions by name. What nobody waits for any more is not sent, and not tried again. */
	function cancel(names: string[]): void {
		for (const job of [...jobs.values()]) {
			for (const name of names) {
				job.waiters.get(name)?.({ok: false, refusal: 'cancelled', retryIn: 0});
				job.waiters.delete(name);
			}
		}
		dropUnwanted();
	}

	/** Answers all who wait, so that nothing more is sent of what they asked. */
	function refuse(answer: ScoreAnswer): void {
		for (const {waiters} of jobs.values()) {
			for (const resolve of waiters.values()) resolve(answer);
			waiters.clear();
		}
		dropUnwanted();
	}

	function dropUnwanted(): void {
		drop();
		for (const sleeper of sleepers) if (!sleeper.isWanted()) sleeper.wake();
	}

	/** Until when the server is left alone since it has too much to do, in milliseconds since 1970. */
	function busyUntil(): number {
		const ordered = [...sleepers].filter(sleeper => sleeper.ordered);
		return Math.max(breaker.busyUntil, ...ordered.map(sleeper => sleeper.until));
	}

	/**
	 * The server has shown that it answers. Ends a pause and all waiting that it did not order; whether there had
	 * been trouble.
	 */
	function recovered(): boolean {
		// A server that limits us is up all the while.
		if (breaker.busyUntil > Date.now()) return false;
		return forget();
	}

	/** Starts afresh, as with a server that has never failed; whether there had been trouble. */
	function forget(): boolean {
		const troubled = breaker.openUntil > 0 || breaker.failures > 0;
		if (troubled) setBreaker(CLOSED);
		for (const sleeper of sleepers) if (!sleeper.ordered) sleeper.wake();
		return troubled;
	}

	/** The server has shown, to an alarm or the popup, that it does not answer. */
	function stillDown(): void {
		setBreaker(failed(breaker, Date.now()));
	}

	function startTimers(): void {
		clearTimeout(quiet);
		quiet = setTimeout(close, Date.now() < hurryUntil ? FIRST_QUIET : QUIET);
		latest ??= setTimeout(close, LONGEST_WAIT);
	}

	function close(): void {
		due = true;
		pump();
	}

	function most(): number {
		return isFirst ? FIRST_REPLIES : BATCH_REPLIES;
	}

	function isFull(): boolean {
		return line.length >= most() || line.reduce((sum, job) => sum + job.bytes, 0) >= BATCH_BYTES;
	}

	/** Sends what may be sent. Batches that found no free place stay in the line and fill up meanwhile. */
	function pump(): void {
		drop();
		while (
			line.length > 0 &&
			(due || isFull()) &&
			inFlight < (isTrial(breaker, Date.now()) ? 1 : IN_FLIGHT)
		) {
			void send(takeBatch());
		}
		if (line.length > 0) return;
		due = false;
		clearTimeout(quiet);
		clearTimeout(latest);
		latest = undefined;
	}

	function drop(): void {
		for (const job of [...line]) {
			if (job.waiters.size > 0) continue;
			line.splice(line.indexOf(job), 1);
			jobs.delete(job.key);
		}
	}

	/** The oldest question and those behind it that go to the same place, as many as fit. */
	function takeBatch(): Waiting[] {
		const batch: Waiting[] = [];
		const limit = most();
		let bytes = 0;
		for (const job of [...line]) {
			const first = batch[0];
			if (first !== undefined && !sameTarget(first.target, job.target)) continue;
			if (batch.length === limit || (first !== undefined && bytes + job.bytes > BATCH_BYTES)) break;
			batch.push(job);
			bytes += job.bytes;
			line.splice(line.indexOf(job), 1);
		}
		return batch;
	}

	async function send(all: Waiting[]): Promise<void> {
		inFlight += 1;
		isFirst = false;
		sentAt = Date.now();
		let batch = all;
		for (let tries = 0; ; tries += 1) {
			const wanted = batch.filter(job => job.waiters.size > 0);
			for (const job of batch) if (!wanted.includes(job)) jobs.delete(job.key);
			batch = wanted;
			if (batch.length === 0) break;
			if (pauseLeft(breaker, Date.now()) > 0) {
				settle(batch, paused);
				break;
			}
			const outcome = await attempt(batch);
			if (outcome === 'answered') break;
			const wait = Math.max(around(BACK_OFF[tries] ?? 0), outcome.retryAfter);
			if (pauseLeft(breaker, Date.now()) > 0) {
				settle(batch, paused);
				break;
			}
			if (!outcome.retryable || tries >= BACK_OFF.length) {
				settle(batch, () => ({ok: false, refusal: 'failed', retryIn: ASK_AGAIN}));
				break;
			}
			await sleep(wait, {
				ordered: outcome.retryAfter > 0 || outcome.busy,
				until: Date.now() + wait,
				isWanted: () => batch.some(job => job.waiters.size > 0),
			});
		}
		inFlight -= 1;
		pump();
	}

	async function attempt(batch: Waiting[]): Promise<'answered' | ScoringFailed> {
		const [first] = batch;
		if (first === undefined) return 'answered';
		try {
			const {version, verdicts} = await parts.score(
				first.target,
				batch.map(job => job.question),
			);
			if (breaker.failures > 0) setBreaker(CLOSED);
			const answers = batch.map((job, index): [Waiting, Verdict] => [job, verdicts[index] as Verdict]);
			parts.remember(
				first.target,
				version,
				answers.map(([job, verdict]) => [job.key, verdict]),
			);
			const byJob = new Map(answers);
			settle(batch, job => ({ok: true, verdict: byJob.get(job) as Verdict}));
			return 'answered';
		} catch (fault) {
			const failure =
				fault instanceof ScoringFailed ? fault : new ScoringFailed('lasting', 0, {cause: fault});
			const now = Date.now();
			// The limit is one for all that we ask, so a wait that comes with it is too.
			const isForAll = failure.retryAfter > (failure.busy ? 0 : LONGEST_RETRY_AFTER);
			// A server that says when to come back is there: it has too much to do, and we do wait.
			const isToldWhen = failure.retryAfter > 0 && !isTrial(breaker, now);
			const missed = isToldWhen ? breaker : failed(breaker, now);
			const next = isForAll ? opened(breaker, now, failure.retryAfter) : missed;
			setBreaker(failure.busy ? busy(next) : next);
			return failure;
		}
	}

	function settle(batch: Waiting[], answer: (job: Waiting) => ScoreAnswer): void {
		for (const job of batch) {
			jobs.delete(job.key);
			for (const resolve of job.waiters.values()) resolve(answer(job));
		}
	}

	/** Sleeps `wait` ms unless somebody wakes it. */
	function sleep(wait: number, why: Omit<Sleeper, 'wake'>): Promise<void> {
		return new Promise(resolve => {
			const sleeper = {...why, wake};
			const timer = setTimeout(wake, wait);
			sleepers.add(sleeper);

			function wake(): void {
				clearTimeout(timer);
				sleepers.delete(sleeper);
				resolve();
			}
		});
	}

	return {ask, cancel, refuse, recovered, forget, stillDown, busyUntil, breaker: () => breaker};
}

function sizeOf(question: Question): number {
	return new TextEncoder().encode(JSON.stringify(question)).length;
}

function sameTarget(a: Target, b: Target): boolean {
	return (
		a.address === b.address &&
		a.token === b.token &&
		a.sensitivity === b.sensitivity &&
		levelsKey(a.levels) === levelsKey(b.levels)
	);
}

/** `delay` ±20 %, so that many browsers do not come back to a restarted server at one moment. */
function around(delay: number): number {
	return delay * (0.8 + Math.random() * 0.4);
}
