import type {Listed} from './decide.js';
import type {Account} from './people.js';
import {isOnX} from './sites.js';
import {ACTS, type Act, fields, SOURCES, type Source, type Verdict, type Version} from './verdicts.js';

/** One reply to be judged. Texts are as the page shows them; the worker masks them. */
export interface ScoreRequest {
	kind: 'score';
	/** Names this question, for cancelling it. Unique over all tabs, and says nothing about the page. */
	ask: string;
	text: string;
	/** The post the reply answers. */
	context?: string | undefined;
}

/** Several of them in one message, since each message costs the page more than a question. Answered with ScoresAnswer. */
export interface ScoresRequest {
	kind: 'scores';
	asks: ScoreRequest[];
}

/** These questions are of no interest any more. */
export interface CancelRequest {
	kind: 'cancel';
	asks: string[];
}

/**
 * Asked by our own pages: is the server there? Looks anew, and ends a pause when the server answers; but a server
 * that has too much to do is left alone as long as it said.
 */
export interface StatusRequest {
	kind: 'status';
}

/** Asked by a page of X: what this browser alone knows and a page needs. Answered with PageState. */
export interface StateRequest {
	kind: 'state';
}

/** The reader said in a line: never cover this account. Answered with DoneAnswer. */
export interface AlwaysShowRequest extends Account {
	kind: 'always-show';
}

/** The reader said in a line: this is not harmful. Answered with MarkAnswer. */
export interface FineRequest {
	kind: 'fine';
	text: string;
	/** The post the reply answers, as it was judged with. */
	context?: string | undefined;
}

/** The reader said on a page of ours: this hurts, and was shown. Answered with MarkAnswer. */
export interface MissedRequest {
	kind: 'say-missed';
	text: string;
	context?: string;
	/** What the reader takes it for. */
	act?: Act;
}

/** This many replies were hidden that were not hidden before. Answered with DoneAnswer. */
export interface CountRequest {
	kind: 'count';
	hidden: number;
}

/** The reader wants to keep a reply. Answered with SaveAnswer. */
export interface SaveRequest {
	kind: 'save';
	post: SavedPost;
}

/** What a post is chosen for: its account is reported to a list, or the post should have been hidden. */
export type Chosen = 'report' | 'missed';

/** The reader has chosen a post: opens our page for that. Answered with DoneAnswer. */
export type ReportRequest = {kind: 'report'; post: SavedPost} | {kind: 'missed'; post: SavedPost};

/** The reader puts an account on their own list, or takes it off. Answered with DoneAnswer. */
export interface HideAccountRequest {
	kind: 'hide-account';
	handle: string;
	accountId: string;
	hidden: boolean;
}

/** Asked by our own pages: something of shared lists, see background/contribute.ts. */
export interface ContributeRequest {
	kind: 'contribute';
	ask: unknown;
}

export type Request =
	| ScoreRequest
	| ScoresRequest
	| CancelRequest
	| StatusRequest
	| StateRequest
	| AlwaysShowRequest
	| FineRequest
	| MissedRequest
	| CountRequest
	| SaveRequest
	| ReportRequest
	| HideAccountRequest
	| ContributeRequest;

export type Refusal = 'off' | 'permission' | 'paused' | 'failed' | 'cancelled';
/** `retryIn`: milliseconds after which asking again makes sense. */
export type ScoreAnswer = {ok: true; verdict: Verdict} | {ok: false; refusal: Refusal; retryIn: number};
/** In the order of the questions, at least one answer. Null: still on its way, ask again under the same name. */
export interface ScoresAnswer {
	answers: Array<ScoreAnswer | null>;
}
/** Whether it is kept; the browser may have no room left. */
export interface DoneAnswer {
	ok: boolean;
}
/** `telling`: whether the server is told of the mark, or the reader is asked first. Without it, it is not. */
export interface MarkAnswer extends DoneAnswer {
	telling?: 'queued' | 'asking';
}
/** 'full': the browser has no room left. */
export type SaveAnswer = {ok: true; already: boolean} | {ok: false; problem: 'full' | 'failed'};

/** What a page of X needs of what this browser alone knows. */
export interface PageState {
	/** Accounts that are always shown. */
	people: Account[];
	/** Nothing is covered until then, in milliseconds since 1970. */
	pausedUntil: number;
	/** Nothing is covered in the conversations of these posts, by status id. */
	pausedThreads: string[];
	/** Accounts on the reader's own list and on those shared with friends, by number. */
	listed?: Record<string, Listed>;
	/** Another text whenever what lists say may have changed; undefined where the reader uses none. */
	lists?: string;
	/** What replaces selectors of ours, by name, once signed ones come with the lists. */
	selectors?: Record<string, string>;
}

export type Status =
	/** 'stranger': something answers at the address that is not our server. */
	| {state: 'off' | 'site' | 'permission' | 'unreachable' | 'stranger' | 'refused' | 'starting'}
	/** 'busy': the server has too much to do. `until`: milliseconds since 1970. */
	| {state: 'paused' | 'busy'; until: number}
	| {state: 'ready'; version?: Version};

/**
 * From the worker to every tab. 'changed': earlier verdicts no longer count. 'back': the server answers again.
 * 'state': ask for the PageState again.
 */
export interface Notice {
	kind: 'notice';
	notice: 'changed' | 'back' | 'state';
}

/** What the popup and the page of hidden replies ask of one tab. */
export type PageRequest =
	/** What is covered there? Answered with PageReport. */
	| {kind: 'page'}
	/** Show this reply once, and scroll to it; or hide it again. */
	| {kind: 'reveal'; id: string}
	| {kind: 'hide-again'; id: string}
	/** Let the reader choose posts on the page to save as evidence, or one for something else. */
	| {kind: 'choose'; to?: Chosen | undefined}
	/** Which accounts does the reader follow, as far as X told this tab? Answered with their numbers. */
	| {kind: 'followed'}
	/** Leave for a page of no interest, without a way back. */
	| {kind: 'exit'};

/** A post as it can be kept: texts, people and addresses. It leaves a page only when the reader says so. */
export interface SavedPost {
	/** X's status id. */
	id: string;
	/** Without "@", as X writes it. */
	handle: string;
	name: string;
	accountId?: string;
	text: string;
	/** The text is not whole: X showed only its beginning. */
	partial: boolean;
	/** https://x.com/…/status/… */
	url: string;
	/** When it was posted, in ISO 8601, as X tells it. */
	postedAt?: string;
	/** The page it was found on. */
	foundOn: string;
	/** The post it answers. */
	answers?: {id?: string; url?: string; handle?: string; text: string};
	/** What was said about it. */
	verdict?: {act: 'flag' | 'hide'; reason: string; source: Source | 'thread'};
}

/** One covered post, or quoted post, of a page. */
export interface CoveredPost {
	/** The status id; of a quoted post, that of the quoting one with "#quote". */
	id: string;
	act: 'flag' | 'hide';
	reason: string;
	source: Source | 'thread';
	partial: boolean;
	/** The lists that its author is on, where they say so. */
	lists?: string[];
	/** The reader chose to see it. */
	shown: boolean;
	post: SavedPost;
}

export interface PageReport {
	/** 'none': not a page where replies are judged. */
	surface: string;
	/** The post that a conversation is about. */
	focalId?: string;
	focalUrl?: string;
	pausedHere: boolean;
	/** Posts should stand there, and none can be read: X's pages have changed. */
	unreadable: boolean;
	covered: CoveredPost[];
}

// More than any post is long; the worker cuts to what may be sent.
const MAX_TEXT = 100_000;
const MAX_ASK = 100;
const MAX_ASKS = 200;
const MAX_NAME = 500;

/** Reads a message that came to the worker; undefined if it is none of ours. */
export function readRequest(value: unknown): Request | undefined {
	const message = record(value);
	switch (message?.kind) {
		case 'status':
		case 'state':
			return {kind: message.kind};
		case 'cancel': {
			const {asks} = message;
			return Array.isArray(asks) && asks.every(isAsk) ? {kind: 'cancel', asks} : undefined;
		}
		case 'score':
			return readScore(message);
		case 'scores':
			return readScores(message);
		case 'always-show':
			return readAlwaysShow(message);
		case 'fine':
			return readFine(message);
		case 'say-missed': {
			const read = readFine(message);
			const act = ACTS.find(one => one === message.act);
			return read && {...read, kind: 'say-missed', ...(act === undefined ? {} : {act})};
		}
		case 'count': {
			const {hidden} = message;
			return Number.isInteger(hidden) && Number(hidden) > 0 && Number(hidden) <= 1000
				? {kind: 'count', hidden: Number(hidden)}
				: undefined;
		}
		case 'save': {
			const post = readSavedPost(message.post);
			return post && {kind: 'save', post};
		}
		case 'report':
		case 'missed': {
			const post = readSavedPost(message.post);
			return post && {kind: message.kind, post};
		}
		case 'hide-account': {
			const {handle, accountId, hidden} = message;
			if (!isHandle(handle) || !isId(accountId)) return undefined;
			return {kind: 'hide-account', handle: handle.toLowerCase(), accountId, hidden: hidden === true};
		}
		case 'contribute':
			return {kind: 'contribute', ask: message.ask};
		default:
			return undefined;
	}
}

function readScore({ask, text, context}: Record<string, unknown>): ScoreRequest | undefined {
	if (!isAsk(ask) || !isText(text)) return undefined;
	const request: ScoreRequest = {kind: 'score', ask, text};
	if (isText(context)) request.context = context;
	return request;
}

function readScores({asks}: Record<string, unknown>): ScoresRequest | undefined {
	if (!Array.isArray(asks) || asks.length === 0 || asks.length > MAX_ASKS) return undefined;
	const read = asks.flatMap(one => readScore(record(one) ?? {}) ?? []);
	return read.length === asks.length ? {kind: 'scores', asks: read} : undefined;
}

function readFine({text, context}: Record<string, unknown>): (FineRequest & {context?: string}) | undefined {
	if (!isText(text)) return undefined;
	return isText(context) ? {kind: 'fine', text, context} : {kind: 'fine', text};
}

function readAlwaysShow({handle, accountId}: Record<string, unknown>): AlwaysShowRequest | undefined {
	if (!isHandle(handle)) return undefined;
	const request: AlwaysShowRequest = {kind: 'always-show', handle: handle.toLowerCase()};
	if (isId(accountId)) request.accountId = accountId;
	return request;
}

/** A post that is to be kept, out of whatever came from a page or a file; undefined if it is none. */
export function readSavedPost(value: unknown): SavedPost | undefined {
	const found = record(value);
	if (found === undefined) return undefined;
	const {id, handle, name, accountId, text, partial, url, postedAt, foundOn, answers, verdict} = found;
	if (!isId(id) || !isHandle(handle)) return undefined;
	if (typeof name !== 'string' || name.length > MAX_NAME || !isText(text) || !isLink(url) || !isLink(foundOn))
		return undefined;
	const post: SavedPost = {id, handle, name, text, partial: partial === true, url, foundOn};
	if (isId(accountId)) post.accountId = accountId;
	if (isTime(postedAt)) post.postedAt = postedAt;
	const answered = readAnswered(answers);
	if (answered !== undefined) post.answers = answered;
	const said = readSaid(verdict);
	if (said !== undefined) post.verdict = said;
	return post;
}

function readAnswered(value: unknown): SavedPost['answers'] {
	const found = record(value);
	if (found === undefined || !isText(found.text)) return undefined;
	return {
		text: found.text,
		...(isId(found.id) ? {id: found.id} : {}),
		...(isLink(found.url) ? {url: found.url} : {}),
		...(isHandle(found.handle) ? {handle: found.handle} : {}),
	};
}

function readSaid(value: unknown): SavedPost['verdict'] {
	const found = record(value);
	if (found === undefined || typeof found.reason !== 'string') return undefined;
	const {act, reason, source} = found;
	if (act !== 'flag' && act !== 'hide') return undefined;
	const known = ([...SOURCES, 'thread'] as const).find(one => one === source);
	return known && {act, reason: reason.slice(0, 32), source: known};
}

/** Reads a message that came to a page; undefined if it is none of ours. */
export function readNotice(value: unknown): Notice | undefined {
	const message = record(value);
	if (message?.kind !== 'notice') return undefined;
	const notice = (['changed', 'back', 'state'] as const).find(one => one === message.notice);
	return notice && {kind: 'notice', notice};
}

/** Reads what one of our pages asks of a page of X; undefined if it is none of ours. */
export function readPageRequest(value: unknown): PageRequest | undefined {
	const message = record(value);
	switch (message?.kind) {
		case 'choose':
			return {kind: 'choose', to: (['report', 'missed'] as const).find(one => one === message.to)};
		case 'page':
		case 'followed':
		case 'exit':
			return {kind: message.kind};
		case 'reveal':
		case 'hide-again':
			return typeof message.id === 'string' ? {kind: message.kind, id: message.id} : undefined;
		default:
			return undefined;
	}
}

function record(value: unknown): Record<string, unknown> | undefined {
	return typeof value === 'object' && value !== null ? fields(value) : undefined;
}

function isAsk(value: unknown): value is string {
	return typeof value === 'string' && value.length > 0 && value.length <= MAX_ASK;
}

function isText(value: unknown): value is string {
	return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isId(value: unknown): value is string {
	return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

function isHandle(value: unknown): value is string {
	return typeof value === 'string' && /^\w{1,20}$/.test(value);
}

function isTime(value: unknown): value is string {
	// Short, since a date may be followed by a note in brackets without end.
	return typeof value === 'string' && value.length <= 40 && !Number.isNaN(Date.parse(value));
}

/** A page of X, as a saved post may name it. */
export function isLink(value: unknown): value is string {
	return typeof value === 'string' && value.length <= 2000 && isOnX(value);
}
