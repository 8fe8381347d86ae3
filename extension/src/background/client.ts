import type {Levels, Server} from '../core/settings.js';
import {fields, readVerdicts, type Sensitivity, type Verdict, type Version} from '../core/verdicts.js';
import type {Bytes} from '../lists/golomb.js';
import {DownloadFailed} from '../lists/update.js';
import {SITE_PERMISSION} from '../x/route.js';
import {FIRST_PAUSE, LONGEST_PAUSE} from './breaker.js';

/**
 * How long one request may take, in milliseconds: longer than the service lets a reply wait, which is 5 seconds unless
 * its operator sets PANAH_PATIENCE. What would wait longer it refuses at once.
 */
export const TIMEOUT = 8000;
/** How long a file of lists may take, in milliseconds: the largest have several megabytes. */
const DOWNLOAD_TIMEOUT = 120_000;

const MOST_DETAILS = 4_000_000;
const PLAIN = {
	credentials: 'omit',
	referrerPolicy: 'no-referrer',
	cache: 'no-store',
	// A redirect would carry texts and the token to a place nobody agreed to.
	redirect: 'error',
} as const satisfies RequestInit;

/** Where a question goes and how it is to be judged. */
export interface Target {
	address: string;
	token: string;
	sensitivity: Sensitivity;
	levels: Levels;
}

/** Equal for equal levels. */
export function levelsKey(levels: Levels): string {
	return JSON.stringify(Object.entries(levels).sort());
}

/** What is sent of one reply. */
export interface Question {
	text: string;
	context?: string;
}

export class ScoringFailed extends Error {
	override name = 'ScoringFailed';
	/** Whether the same request may succeed later. */
	readonly retryable: boolean;
	/** Milliseconds that the server asked us to wait; 0 if it did not. */
	readonly retryAfter: number;
	/** Whether the server does not take our token, or wants one. */
	readonly refused: boolean;
	/** Whether the server has too much to do, or too much from us. */
	readonly busy: boolean;

	constructor(kind: 'passing' | 'busy' | 'lasting' | 'refused', retryAfter = 0, options?: ErrorOptions) {
		super('The server did not score the replies.', options);
		this.retryable = kind === 'passing' || kind === 'busy';
		this.busy = kind === 'busy';
		this.refused = kind === 'refused';
		this.retryAfter = retryAfter;
	}
}

/**
 * Asks the service. Verdicts come in the order of the questions. Raises ScoringFailed; a lasting one also when the
 * service is so old that it does not know levels and some are set.
 */
export async function score(
	target: Target,
	questions: Question[],
): Promise<{version: Version; verdicts: Verdict[]}> {
	// Counted anew in each request: the service must not be able to join requests by an id.
	const ids = questions.map((_, index) => String(index));
	const body = JSON.stringify({
		replies: questions.map((question, index) => ({id: ids[index], ...question})),
		sensitivity: target.sensitivity,
		...(Object.keys(target.levels).length === 0 ? {} : {levels: target.levels}),
	});
	try {
		return await call(target, '/v1/score', {method: 'POST', body}, async response => {
			if (!response.ok) throw refusal(response);
			return readVerdicts(await response.json(), ids);
		});
	} catch (cause) {
		if (cause instanceof ScoringFailed) throw cause;
		throw new ScoringFailed('passing', 0, {cause});
	}
}

export type Health =
	| {state: 'ready'; version: Version}
	/** 'stranger': something answers that is not our service. */
	| {state: 'starting' | 'refused' | 'unreachable' | 'stranger'}
	/** `until`: milliseconds since 1970. */
	| {state: 'busy'; until: number};

/** Whether the service is ready, and which model it serves. Never raises. */
export async function checkHealth(server: Server): Promise<Health> {
	try {
		const trouble = await call(server, '/readyz', {}, async response =>
			response.status === 503 ? {state: 'starting' as const} : troubleOf(response),
		);
		return trouble ?? (await call(server, '/v1/policy', {}, readPolicy));
	} catch {
		return {state: 'unreachable'};
	}
}

/** Which model and rules the service works with at present; undefined where it does not say. Never raises. */
export async function askVersion(server: Server): Promise<Version | undefined> {
	const told = await call(server, '/v1/policy', {}, readPolicy).catch(() => undefined);
	return told?.state === 'ready' ? told.version : undefined;
}

/** A route of the shared lists, and of what readers tell. */
export interface Route {
	method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
	path: string;
	/** The contributor's key. */
	key?: string;
	/** The write secret of a squad. */
	squad?: string;
	body?: unknown;
}

/** Asks a route. `body`: what came, if it was JSON. `retryAfter`: milliseconds. Raises what fetch raises. */
export async function askRoute(
	server: Pick<Server, 'address' | 'token'>,
	{method = 'GET', path, key, squad, body}: Route,
): Promise<{status: number; body: unknown; retryAfter: number}> {
	const headers = {...(key ? {'panah-key': key} : {}), ...(squad ? {'panah-squad': squad} : {})};
	const sent = body === undefined ? {} : {body: JSON.stringify(body)};
	return call(server, path, {method, headers, ...sent}, async response => ({
		status: response.status,
		body: readFields(await response.text()),
		retryAfter: retryAfter(response),
	}));
}

async function readPolicy(response: Response): Promise<Health> {
	const trouble = troubleOf(response);
	if (trouble !== undefined) return trouble;
	const {model, policy} = readFields(await response.text());
	if (typeof model !== 'string' || typeof policy !== 'string') return {state: 'stranger'};
	return {state: 'ready', version: {model: model.slice(0, 64), policy: policy.slice(0, 64)}};
}

/** What an answer other than 200 means, on a route that our service answers with 200. */
function troubleOf(response: Response): Health | undefined {
	const {status} = response;
	if (status === 200) return undefined;
	if (isRefusal(status)) return {state: 'refused'};
	if (status === 429)
		return {state: 'busy', until: Date.now() + Math.min(retryAfter(response) || FIRST_PAUSE, LONGEST_PAUSE)};
	// A proxy answers so for a service that is down.
	return {state: status >= 500 ? 'unreachable' : 'stranger'};
}

/**
 * A file that is the same for everybody: without our token, without cookies. Raises DownloadFailed, also when it has
 * more bytes than `most`.
 */
export async function download(url: string, most: number): Promise<Bytes> {
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(), DOWNLOAD_TIMEOUT);
	try {
		const response = await fetch(url, {...PLAIN, signal: stop.signal});
		if (!response.ok) throw new DownloadFailed(response.status === 404);
		return await readUpTo(response, most);
	} catch (cause) {
		if (cause instanceof DownloadFailed) throw cause;
		throw new DownloadFailed(false, {cause});
	} finally {
		clearTimeout(timer);
	}
}

async function readUpTo(response: Response, most: number): Promise<Bytes> {
	const parts: Bytes[] = [];
	let size = 0;
	const reader = response.body?.getReader();
	for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
		size += part.value.length;
		if (size > most) {
			await reader?.cancel();
			throw new DownloadFailed(false);
		}
		parts.push(part.value);
	}
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return bytes;
}

/** What a list says about the accounts whose hashes begin so; made-up ones are among them. Raises DownloadFailed. */
export async function askDetails(
	address: string,
	slug: string,
	prefix: string,
): Promise<Array<Record<string, unknown>>> {
	const bytes = await download(`${address}/v1/lists/${slug}/why/${prefix}`, MOST_DETAILS);
	const {entries} = readFields(new TextDecoder().decode(bytes));
	if (!Array.isArray(entries)) throw new DownloadFailed(false);
	return entries.filter(entry => typeof entry === 'object' && entry !== null);
}

/** The fields of an object in JSON; none where it is something else. */
function readFields(text: string): Record<string, unknown> {
	try {
		return fields(JSON.parse(text));
	} catch {
		return {};
	}
}

/** Whether the browser lets us work on X. In Firefox people can switch that off, and content scripts with it. */
export async function mayWorkOnSite(): Promise<boolean> {
	// Asked this way since Chrome's contains() leaves out what only content scripts may do.
	const {origins = []} = await chrome.permissions.getAll();
	return origins.includes(SITE_PERMISSION);
}

async function call<T>(
	server: Pick<Server, 'address' | 'token'>,
	path: string,
	init: {method?: string; body?: string; headers?: Record<string, string>},
	read: (response: Response) => Promise<T>,
): Promise<T> {
	const headers = new Headers({accept: 'application/json', ...init.headers});
	if (init.body !== undefined) headers.set('content-type', 'application/json');
	if (server.token !== '') headers.set('authorization', `Bearer ${server.token}`);
	const stop = new AbortController();
	// Runs until the body is read, since a server can also stall in the middle of it.
	const timer = setTimeout(() => stop.abort(), TIMEOUT);
	try {
		const response = await fetch(server.address + path, {
			...init,
			headers,
			signal: stop.signal,
			...PLAIN,
		});
		return await read(response);
	} finally {
		clearTimeout(timer);
	}
}

function refusal(response: Response): ScoringFailed {
	const {status} = response;
	if (isRefusal(status)) return new ScoringFailed('refused');
	if (status === 429) return new ScoringFailed('busy', retryAfter(response));
	if (status >= 500) return new ScoringFailed('passing', retryAfter(response));
	return new ScoringFailed('lasting');
}

function isRefusal(status: number): boolean {
	return status === 401 || status === 403;
}

/** The Retry-After header in milliseconds; our service writes seconds, a proxy before it may write a date. */
function retryAfter(response: Response): number {
	const header = response.headers.get('retry-after')?.trim() ?? '';
	if (/^\d+$/.test(header)) return Number(header) * 1000;
	const date = Date.parse(header);
	return Number.isNaN(date) ? 0 : Math.max(0, date - Date.now());
}
