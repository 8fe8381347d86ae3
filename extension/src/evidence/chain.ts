import type {SavedPost} from '../core/messages.js';

/** A note about a saved reply; of several the newest counts, and an empty one takes the note away. */
export interface Note {
	/** The saved reply's `seq`. */
	of: number;
	text: string;
}

/** A saved reply and its notes were wiped. */
export interface Removal {
	/** What was wiped, by `seq`; the reply comes first. */
	of: number[];
}

export type Said =
	| {kind: 'post'; payload: SavedPost}
	| {kind: 'note'; payload: Note}
	| {kind: 'removal'; payload: Removal};

/** A place in the chain whose content is not here: removed, left out of a file, or locked away. */
export interface BareEvent {
	/** 1, 2, 3, … */
	seq: number;
	/** The hash of the event before; START for the first. */
	prev: string;
	/** SHA-256, as hex, of the canonical form of seq, kind, at, salt, payload and prev. */
	hash: string;
}

export type Content = Said & {
	/** When it was saved, in ISO 8601. */
	at: string;
	/** 128 random bits, as hex: without them a hash would confirm guessed words. */
	salt: string;
};

export type WholeEvent = BareEvent & Content;
export type Event = WholeEvent | BareEvent;

export type Verified =
	| {
			ok: true;
			/** The last hash: whoever knows it knows the whole chain by it. */
			last: string;
			/** Events that the person removed, and events whose content is not here for another reason. */
			removed: number;
			withheld: number;
	  }
	/** The first place that does not fit. */
	| {ok: false; seq: number; problem: 'order' | 'link' | 'content' | 'missing'};

/** What stands before the first event. */
export const START = '0'.repeat(64);

export function isWhole(event: Event): event is WholeEvent {
	return 'payload' in event;
}

/** The event that follows `last`. */
export async function makeEvent(
	last: BareEvent | undefined,
	said: Said,
	at = new Date(),
): Promise<WholeEvent> {
	const content: Content = {...said, at: at.toISOString(), salt: hex(randomBytes(16))};
	const place = {seq: (last?.seq ?? 0) + 1, prev: last?.hash ?? START};
	return {...place, ...content, hash: await hashOf({...place, ...content})};
}

export async function hashOf(event: Omit<BareEvent, 'hash'> & Content): Promise<string> {
	const {seq, kind, at, salt, payload, prev} = event;
	return digest(canonical({seq, kind, at, salt, payload, prev}));
}

/** SHA-256 of a text in UTF-8, as hex. */
export async function digest(text: string): Promise<string> {
	return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

/**
 * One spelling for one value: JSON without spaces, the names of an object sorted by UTF-16 code units, names
 * without a value left out, and texts and numbers as JSON.stringify writes them.
 */
export function canonical(value: unknown): string {
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
	const parts = Object.entries(value)
		.filter(([, part]) => part !== undefined)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`);
	return `{${parts.join(',')}}`;
}

/**
 * Looks whether every event is as it was saved and follows the one before. `part`: contents may be missing without
 * a removal that says so, as in a file of chosen replies, or while they are locked away.
 *
 * An end that was cut off, and a chain that was made anew as a whole, cannot be seen from within: only a last hash
 * that somebody else keeps shows them.
 */
export async function verify(events: readonly Event[], {part = false} = {}): Promise<Verified> {
	const wiped = new Set(events.flatMap(event => (isRemoval(event) ? event.payload.of : [])));
	let prev = START;
	let removed = 0;
	let withheld = 0;
	for (const [index, event] of events.entries()) {
		const seq = index + 1;
		if (event.seq !== seq) return {ok: false, seq, problem: 'order'};
		if (event.prev !== prev) return {ok: false, seq, problem: 'link'};
		if (isWhole(event)) {
			if ((await hashOf(event)) !== event.hash) return {ok: false, seq, problem: 'content'};
		} else if (wiped.has(seq)) {
			removed += 1;
		} else if (part) {
			withheld += 1;
		} else {
			return {ok: false, seq, problem: 'missing'};
		}
		prev = event.hash;
	}
	return {ok: true, last: prev, removed, withheld};
}

function isRemoval(event: Event): event is WholeEvent & {kind: 'removal'} {
	return isWhole(event) && event.kind === 'removal';
}

export function bare({seq, prev, hash}: BareEvent): BareEvent {
	return {seq, prev, hash};
}

/** A saved reply as a person sees it. */
export interface Kept {
	event: WholeEvent & {kind: 'post'};
	/** Empty where there is none. */
	note: string;
}

/** The saved replies that are still there, newest first. */
export function listKept(events: readonly Event[]): Kept[] {
	const notes = new Map<number, string>();
	for (const event of events) {
		if (isWhole(event) && event.kind === 'note') notes.set(event.payload.of, event.payload.text);
	}
	return events
		.filter(event => isWhole(event) && event.kind === 'post')
		.map(event => ({event: event as Kept['event'], note: notes.get(event.seq) ?? ''}))
		.reverse();
}

export function randomBytes(count: number): Uint8Array<ArrayBuffer> {
	return crypto.getRandomValues(new Uint8Array(count));
}

function hex(bytes: Uint8Array): string {
	return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
