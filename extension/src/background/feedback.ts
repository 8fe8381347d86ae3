import {isDay, isRecord} from '../contribute/forms.js';
import {inTurn} from '../core/in-turn.js';
import {loadServer, parseServer, type Server} from '../core/settings.js';
import {
	begin,
	forget,
	isReceiptCode,
	loadReceipts,
	loadTellings,
	loadWords,
	postpone,
	type Receipt,
	refuse,
	succeed,
	type Telling,
} from '../feedback/tellings.js';
import {backOff, type Problem, request, setAlarm} from './contribute.js';

const TELL = 'tell';
const HOUR = 3_600_000;

/** Asked by our own pages. 'send': what is due shall not wait for its alarm. 'forget': answered with Forgotten. */
export type FeedbackAsk = {do: 'send'} | {do: 'forget'; server: Server; receipts: string[]};
export interface FeedbackMessage {
	kind: 'feedback';
	ask: FeedbackAsk;
}
/** What could not be deleted on the server. */
export interface Forgotten {
	left: string[];
}

/** Answers one of our own pages, or returns undefined when it is not about this. Never rejects. */
export function answerFeedback(message: unknown, ownPage: boolean): Promise<unknown> | undefined {
	if (!isRecord(message) || message.kind !== 'feedback' || !ownPage || !isRecord(message.ask))
		return undefined;
	const {do: what, server, receipts} = message.ask;
	if (what === 'send') return sendTellings().catch(() => {});
	if (what !== 'forget' || !Array.isArray(receipts)) return undefined;
	return forgetNow(parseServer(server), receipts.filter(isReceiptCode));
}

/** Sends what is due, and deletes there what is to be deleted. What cannot be done now waits for its alarm. */
export function sendTellings(now = Date.now()): Promise<void> {
	return inTurn('telling', async () => {
		const server = await loadServer();
		const tellings = (await loadTellings()).filter(one => one.server === server.address && one.at <= now);
		const receipts = (await loadReceipts(now)).filter(
			one => one.server === server.address && one.deleting !== undefined && one.deleting.at <= now,
		);
		await tellAll(server, tellings, now);
		await deleteAll(server, receipts, now);
		await armTellings(now);
	});
}

async function tellAll(server: Server, tellings: Telling[], now: number): Promise<void> {
	for (const one of tellings) {
		// The words may have ended with the browser. The reader allowed what is told without them as well.
		const words = one.withWords ? await loadWords(one.id) : undefined;
		if (!(await begin(one.id))) continue;
		// A receipt of ours: where the answer was lost, what is sent again is kept once.
		const receiptCode = one.id.replaceAll('-', '');
		const body = {...one.facts, consent: words !== undefined, ...words, receipt: receiptCode};
		const reply = await request(server, {method: 'POST', path: '/v1/feedback', body});
		const {problem} = reply;
		if (isPassing(problem)) return putOff(server, now, problem, one.tries, reply.retryAfter);
		const {receipt, keep_until: keepUntil, with_text: withWords} = isRecord(reply.body) ? reply.body : {};
		// Sent again without the words, it may be kept with those of the first time: the server knows.
		if (
			problem === undefined &&
			isReceiptCode(receipt) &&
			isDay(keepUntil) &&
			typeof withWords === 'boolean'
		) {
			await succeed(one, {receipt, keepUntil, withWords}, now);
			continue;
		}
		// Such a server, or an old one, takes no other telling either: nothing is kept for it.
		if (problem === undefined || problem === 'gone') return refuse(one, 'unsupported');
		await refuse(one, problem === 'key' || problem === 'forbidden' ? 'refused' : 'invalid');
	}
}

async function deleteAll(server: Server, receipts: Receipt[], now: number): Promise<void> {
	for (const {receipt, deleting} of receipts) {
		const {problem, retryAfter} = await deleteOne(server, receipt);
		if (problem !== undefined) return putOff(server, now, problem, deleting?.tries ?? 0, retryAfter);
		await forget(receipt);
	}
}

/** What is gone is deleted. */
async function deleteOne(
	server: Server,
	receipt: string,
): Promise<{problem: Problem | undefined; retryAfter: number}> {
	const {problem, retryAfter} = await request(server, {
		method: 'DELETE',
		path: `/v1/feedback/${receipt}`,
	});
	return {problem: problem === 'gone' ? undefined : problem, retryAfter};
}

/** Deletes what this browser has forgotten already; the server it knew then is told by the page. */
async function forgetNow(server: Server, receipts: string[]): Promise<Forgotten> {
	const left = [...receipts];
	for (const receipt of receipts) {
		if ((await deleteOne(server, receipt)).problem !== undefined) break;
		left.shift();
	}
	return {left};
}

function isPassing(problem: Problem | undefined): problem is 'later' | 'permission' {
	return problem === 'later' || problem === 'permission';
}

function putOff(
	{address}: Server,
	now: number,
	problem: Problem,
	tries: number,
	retryAfter: number,
): Promise<void> {
	const wait = problem === 'later' ? backOff(tries) : HOUR;
	return postpone(address, now, now + Math.max(wait, retryAfter));
}

/** Sets the alarm by what is stored. To be called whenever the worker starts, and when that changes. */
export async function armTellings(now = Date.now()): Promise<void> {
	const {address} = await loadServer();
	const [tellings, receipts] = await Promise.all([loadTellings(), loadReceipts(now)]);
	const times = [
		...tellings.filter(({server}) => server === address).map(({at}) => at),
		...receipts.flatMap(({server, deleting}) => (server === address && deleting ? [deleting.at] : [])),
	];
	await setAlarm(TELL, times.length > 0 ? Math.max(now + 1000, Math.min(...times)) : undefined);
}

export async function tellingsAlarm({name}: Pick<chrome.alarms.Alarm, 'name'>): Promise<void> {
	if (name === TELL) await sendTellings();
}

/** Follows what our pages put into storage. */
export async function tellingsChanged(
	changes: Record<string, chrome.storage.StorageChange>,
	area: string,
): Promise<void> {
	if (area === 'local' && ['tellings', 'receipts', 'server'].some(key => key in changes)) await armTellings();
}
