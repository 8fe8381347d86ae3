import type {Bytes} from './golomb.js';

/** What an account that is on a list has coming to it. */
export type Tier = 'flag' | 'hide';

export interface FileInfo {
	url: string;
	sha256: string;
	size: number;
}

export interface DeltaInfo extends FileInfo {
	from: number;
	to: number;
	resultSha256: string;
}

/** One list as its server announces it. */
export interface ListInfo {
	listId: string;
	slug: string;
	name: string;
	description: string;
	norms: string;
	contact: string;
	tierCap: Tier;
	/** A new one has a new salt: nothing of the one before can be compared with it. */
	epoch: number;
	/** 16 bytes in hex. */
	salt: string;
	version: number;
	count: number;
	/** Nobody looks after it at present. */
	unattended: boolean;
	/** Undefined: it travels in the pack only. */
	full: FileInfo | undefined;
	resultSha256: string;
	deltas: DeltaInfo[];
	minClient: number;
	/** How much it may grow in a day, as a share of what it was; in [0, 0.1]. */
	maxGrowth: number;
}

export interface PackInfo extends FileInfo {
	parts: Array<{listId: string; offset: number; size: number}>;
}

export interface Catalogue {
	server: string;
	version: number;
	/** Milliseconds since 1970, as the two below. */
	created: number;
	expires: number;
	lists: ListInfo[];
	pack: PackInfo | undefined;
	selectors: Record<string, string> | undefined;
}

/**
 * Why news are not taken. 'unsupported': this browser cannot verify. 'absent': the server has no lists. 'unreadable':
 * it says what we do not understand. 'signature', 'root', 'key': nobody we know has signed it. 'older': we had a newer
 * one. 'expired': it is too old, or our clock is wrong. 'clock': it is from the future, so ours or theirs is wrong.
 * 'storage': the browser keeps nothing. 'full': no room left.
 */
export type Problem =
	| 'unsupported'
	| 'permission'
	| 'unreachable'
	| 'absent'
	| 'unreadable'
	| 'signature'
	| 'root'
	| 'key'
	| 'older'
	| 'expired'
	| 'clock'
	| 'storage'
	| 'full';

/** A catalogue that is not to be used, and why. */
export class Refused extends Error {
	override name = 'Refused';
	readonly problem: Problem;

	constructor(problem: Problem, options?: ErrorOptions) {
		super(`The catalogue is refused: ${problem}.`, options);
		this.problem = problem;
	}
}

export interface Opened {
	catalogue: Catalogue;
	/** The text that was signed, and its SHA-256 in hex. */
	signed: string;
	sha256: string;
	/** The key that is trusted from now on. */
	root: string;
}

const MOST_ROOTS = 50;
const MOST_LISTS = 2000;
const MOST_DELTAS = 400;
/** How much of itself a list may gain in a day, whatever its server says. */
const MOST_GROWTH = 0.1;
/** By how much the clocks of a server and of this browser may differ, in milliseconds. */
const MOST_AHEAD = 86_400_000;
/** What no list of ours can exceed; entries have about four bytes. */
const MOST_BYTES = 64_000_000;

/**
 * The catalogue in what a server sent, once all signatures are right: from the root that is pinned, or the first one
 * when none is, to the newest, from that to the key in use, from that to the catalogue. Raises Refused.
 */
export async function openCatalogue(sent: string, pinned: string | undefined, now: number): Promise<Opened> {
	const {signed, signature, key, roots} = read(() => readEnvelope(JSON.parse(sent)));
	const root = await followRoots(roots, pinned);
	const announced = `panah-online-key\n${key.public}\n${key.notBefore}\n${key.notAfter}`;
	if (!(await isSigned(announced, key.signature, root))) throw new Refused('key');
	if (!(await isSigned(signed, signature, key.public))) throw new Refused('signature');
	const catalogue = read(() => readCatalogue(JSON.parse(signed)));
	const [from, to] = [Date.parse(key.notBefore), Date.parse(key.notAfter)];
	const {created, expires} = catalogue;
	// Whoever steals an old key can date a catalogue back, but not make it last beyond the key's end.
	if (!(from <= created && created < expires && expires <= to)) throw new Refused('key');
	if (now > expires) throw new Refused('expired');
	// Lists may grow by the day: whoever dates catalogues ahead would let many days go by at once.
	if (created > now + MOST_AHEAD) throw new Refused('clock');
	return {catalogue, signed, sha256: await sha256(utf8(signed)), root};
}

/** What an accepted catalogue said. Raises Refused when storage was spoilt. */
export function readSigned(signed: string): Catalogue {
	return read(() => readCatalogue(JSON.parse(signed)));
}

/** Whether this browser can verify the signatures that catalogues have: Chrome from 137, Firefox from 129. */
export async function canVerify(): Promise<boolean> {
	// The public key of the first example in RFC 8032.
	const known = '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=';
	return importKey(known).then(
		() => true,
		() => false,
	);
}

/** What people can compare of a key: the first half of its SHA-256 in hex, in groups of four. */
export async function fingerprint(key: string): Promise<string> {
	const hash = await sha256(fromBase64(key));
	return hash.slice(0, 32).replace(/(.{4})(?=.)/g, '$1 ');
}

/** SHA-256 in hex. */
export async function sha256(bytes: Bytes): Promise<string> {
	const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
	return Array.from(hash, byte => byte.toString(16).padStart(2, '0')).join('');
}

export function utf8(text: string): Bytes {
	return new TextEncoder().encode(text);
}

/** The newest root, which the pinned one must lead to. */
async function followRoots(roots: Root[], pinned: string | undefined): Promise<string> {
	const [first, ...later] = roots;
	if (first === undefined) throw new Refused('unreadable');
	let newest = first;
	for (const next of later) {
		const announced = `panah-root-key\n${next.public}`;
		if (!(await isSigned(announced, next.signature, newest.public))) throw new Refused('root');
		newest = next;
	}
	if (pinned !== undefined && !roots.some(root => root.public === pinned)) throw new Refused('root');
	return newest.public;
}

async function isSigned(text: string, signature: string, key: string): Promise<boolean> {
	try {
		return await crypto.subtle.verify('Ed25519', await importKey(key), fromBase64(signature), utf8(text));
	} catch {
		return false;
	}
}

function importKey(key: string): Promise<CryptoKey> {
	return crypto.subtle.importKey('raw', fromBase64(key), 'Ed25519', false, ['verify']);
}

function fromBase64(text: string): Bytes {
	return Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
}

interface Root {
	public: string;
	/** By the root before; empty for the first. */
	signature: string;
}

function readEnvelope(value: unknown) {
	const {signed, signature, key, roots} = record(value);
	const online = record(key);
	return {
		signed: text(signed, 8_000_000),
		signature: text(signature, 200),
		key: {
			public: text(online.public, 200),
			notBefore: text(online.not_before, 40),
			notAfter: text(online.not_after, 40),
			signature: text(online.signature, 200),
		},
		roots: list(roots, MOST_ROOTS).map(root => {
			const {public: key, signature} = record(root);
			return {public: text(key, 200), signature: signature == null ? '' : text(signature, 200)};
		}),
	};
}

function readCatalogue(value: unknown): Catalogue {
	const {format, server, version, created, expires, lists, pack, selectors} = record(value);
	if (format !== 1) throw new Error('Another format.');
	return {
		server: text(server, 200),
		version: count(version),
		created: time(created),
		expires: time(expires),
		lists: list(lists, MOST_LISTS).map(readList),
		pack: pack == null ? undefined : readPack(pack),
		selectors: selectors == null ? undefined : readTexts(selectors),
	};
}

function readList(value: unknown): ListInfo {
	const found = record(value);
	const isPacked = found.packed === true;
	return {
		listId: form(found.list_id, /^[\w-]{1,64}$/),
		slug: form(found.slug, /^[\w-]{1,64}$/),
		name: text(found.name, 200),
		description: text(found.description, 4000),
		norms: text(found.norms, 8000),
		contact: text(found.contact, 1000),
		tierCap: found.tier_cap === 'flag' ? 'flag' : 'hide',
		epoch: count(found.epoch),
		salt: form(found.salt, /^[\da-f]{32}$/),
		version: count(found.version),
		count: count(found.count),
		unattended: found.unattended === true,
		full: isPacked || found.full == null ? undefined : readFile(found.full),
		resultSha256: readHash(found.result_sha256),
		deltas: list(found.deltas ?? [], MOST_DELTAS).map(delta => {
			const {from, to, result_sha256} = record(delta);
			return {
				...readFile(delta),
				from: count(from),
				to: count(to),
				resultSha256: readHash(result_sha256),
			};
		}),
		minClient: found.min_client === undefined ? 1 : count(found.min_client),
		maxGrowth: Math.min(number(found.max_growth), MOST_GROWTH),
	};
}

function readPack(value: unknown): PackInfo {
	const parts = list(record(value).parts, MOST_LISTS).map(part => {
		const {list_id, offset, size} = record(part);
		return {listId: text(list_id, 64), offset: count(offset), size: count(size)};
	});
	return {...readFile(value), parts};
}

function readFile(value: unknown): FileInfo {
	const {url, sha256, size} = record(value);
	const bytes = count(size);
	if (bytes > MOST_BYTES) throw new Error('A file is too large.');
	return {url: text(url, 500), sha256: readHash(sha256), size: bytes};
}

function readTexts(value: unknown): Record<string, string> {
	const entries = Object.entries(record(value)).slice(0, 100);
	return Object.fromEntries(entries.map(([name, one]) => [name, text(one, 300)]));
}

function readHash(value: unknown): string {
	return form(value, /^[\da-f]{64}$/);
}

/** Raises Refused where something is not of its form. */
function read<T>(parse: () => T): T {
	try {
		return parse();
	} catch (cause) {
		throw new Refused('unreadable', {cause});
	}
}

function record(value: unknown): Record<string, unknown> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('No object.');
	return value as Record<string, unknown>;
}

function list(value: unknown, most: number): unknown[] {
	if (!Array.isArray(value) || value.length > most) throw new Error('No list.');
	return value;
}

function text(value: unknown, longest: number): string {
	if (typeof value !== 'string' || value.length > longest) throw new Error('No text.');
	return value;
}

function form(value: unknown, expected: RegExp): string {
	if (typeof value !== 'string' || !expected.test(value)) throw new Error('Another form.');
	return value;
}

function number(value: unknown): number {
	if (typeof value !== 'number' || !(value >= 0)) throw new Error('No number.');
	return value;
}

function count(value: unknown): number {
	if (!Number.isSafeInteger(value) || Number(value) < 0) throw new Error('No count.');
	return Number(value);
}

function time(value: unknown): number {
	const at = typeof value === 'string' && value.length <= 40 ? Date.parse(value) : Number.NaN;
	if (Number.isNaN(at)) throw new Error('No time.');
	return at;
}
