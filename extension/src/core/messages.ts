import {fields, type Verdict, type Version} from './verdicts.js';

/** One reply to be judged. Texts are as the page shows them; the worker masks them. */
export interface ScoreRequest {
	kind: 'score';
	/** Names this question, for cancelling it. Unique over all tabs, and says nothing about the page. */
	ask: string;
	text: string;
	/** The post the reply answers. */
	context?: string;
}

/** These questions are of no interest any more. */
export interface CancelRequest {
	kind: 'cancel';
	asks: string[];
}

/** Asked by the popup: is the server there? Looks anew, and ends a pause when the server answers. */
export interface StatusRequest {
	kind: 'status';
}

export type Request = ScoreRequest | CancelRequest | StatusRequest;

export type Refusal = 'off' | 'permission' | 'paused' | 'failed' | 'cancelled';
/** `retryIn`: milliseconds after which asking again makes sense. */
export type ScoreAnswer = {ok: true; verdict: Verdict} | {ok: false; refusal: Refusal; retryIn: number};

export type Status =
	| {state: 'off' | 'site' | 'permission' | 'unreachable' | 'refused' | 'starting'}
	/** `until`: milliseconds since 1970. */
	| {state: 'paused'; until: number}
	| {state: 'ready'; version?: Version};

/** From the worker to every tab. 'changed': earlier verdicts no longer count. 'back': the server answers again. */
export interface Notice {
	kind: 'notice';
	notice: 'changed' | 'back';
}

// More than any post is long; the worker cuts to what may be sent.
const MAX_TEXT = 100_000;
const MAX_ASK = 100;

/** Reads a message that came to the worker; undefined if it is none of ours. */
export function readRequest(value: unknown): Request | undefined {
	const message = record(value);
	if (message === undefined) return undefined;
	if (message.kind === 'status') return {kind: 'status'};
	if (message.kind === 'cancel') {
		const {asks} = message;
		return Array.isArray(asks) && asks.every(isAsk) ? {kind: 'cancel', asks} : undefined;
	}
	if (message.kind !== 'score' || !isAsk(message.ask)) return undefined;
	const {ask, text, context} = message;
	if (typeof text !== 'string' || text.length > MAX_TEXT) return undefined;
	const request: ScoreRequest = {kind: 'score', ask, text};
	if (typeof context === 'string' && context.length <= MAX_TEXT) request.context = context;
	return request;
}

/** Reads a message that came to a page; undefined if it is none of ours. */
export function readNotice(value: unknown): Notice | undefined {
	const message = record(value);
	if (message?.kind !== 'notice') return undefined;
	const {notice} = message;
	return notice === 'changed' || notice === 'back' ? {kind: 'notice', notice} : undefined;
}

function record(value: unknown): Record<string, unknown> | undefined {
	return typeof value === 'object' && value !== null ? fields(value) : undefined;
}

function isAsk(value: unknown): value is string {
	return typeof value === 'string' && value.length > 0 && value.length <= MAX_ASK;
}
