import {type BareEvent, bare, type Content, type Event, isWhole, type WholeEvent} from './chain.js';
import {type Lock, openSealed, seal} from './seal.js';

// IndexedDB of the extension's own origin: the worker and our pages reach it, X's pages do not.

/** An event whose content is sealed: what was saved, and when, cannot be read without the passphrase. */
export interface SealedEvent extends BareEvent {
	sealed: string;
}
export type Row = Event | SealedEvent;

/** What decides whether something prepared still fits. */
export interface Now {
	last: BareEvent | undefined;
	lock: Lock | undefined;
}

export interface Change<T> {
	put: Row[];
	/** null takes the passphrase away. */
	lock?: Lock | null;
	answer: T;
}

interface Stores {
	events: IDBObjectStore;
	about: IDBObjectStore;
}

const NAME = 'evidence';
const MOST_TRIES = 100;

/**
 * Prepares a change from what is stored and stores it as a whole, or not at all. Hashing and sealing take time in
 * which no transaction stays open; when another tab or the worker was faster meanwhile, it is prepared anew.
 */
export async function commit<T>(prepare: (now: Now) => Promise<Change<T>>): Promise<T> {
	for (let tries = 0; tries < MOST_TRIES; tries += 1) {
		const before = await inStores('readonly', readNow);
		const {put, lock, answer} = await prepare(before);
		if (put.length === 0 && lock === undefined) return answer;
		const stored = await inStores('readwrite', async stores => {
			const now = await readNow(stores);
			if (now.last?.hash !== before.last?.hash || now.lock?.wrapped !== before.lock?.wrapped) return false;
			const requests: IDBRequest[] = put.map(row => stores.events.put(row));
			if (lock === null) requests.push(stores.about.delete('lock'));
			if (lock) requests.push(stores.about.put(lock, 'lock'));
			await Promise.all(requests.map(settled));
			return true;
		});
		if (stored) return answer;
	}
	throw new Error('Others kept saving at the same time.');
}

/** All events as they are stored, and the passphrase's lock if there is one. */
export async function readRows(): Promise<{rows: Row[]; lock: Lock | undefined}> {
	return inStores('readonly', async ({events, about}) => {
		const [rows, lock] = await Promise.all([settled(events.getAll()), settled(about.get('lock'))]);
		return {rows, lock};
	});
}

/** The saved forms of one post, oldest first, as far as they can be read without a passphrase. */
export async function findPosts(id: string): Promise<WholeEvent[]> {
	return inStores('readonly', ({events}) => settled(events.index('post').getAll(id)));
}

/** The row of an event: sealed where there is a passphrase. */
export async function toRow(event: Row, lock: Lock | undefined): Promise<Row> {
	if (lock === undefined || 'sealed' in event || !isWhole(event)) return event;
	const {kind, at, salt, payload} = event;
	const place = bare(event);
	return {...place, sealed: await seal(lock, place, JSON.stringify({kind, at, salt, payload}))};
}

/** The event of a row. What cannot be opened stays bare, and verifying tells where. */
export async function fromRow(row: Row, lock: Lock | undefined, key: CryptoKey | undefined): Promise<Event> {
	if (!('sealed' in row)) return row;
	const place = bare(row);
	if (lock === undefined || key === undefined) return place;
	try {
		const content: Content = JSON.parse(await openSealed(lock, key, place, row.sealed));
		return {...place, ...content};
	} catch {
		return place;
	}
}

async function readNow({events, about}: Stores): Promise<Now> {
	const [cursor, lock] = await Promise.all([
		settled(events.openCursor(null, 'prev')),
		settled(about.get('lock')),
	]);
	return {last: cursor === null ? undefined : bare(cursor.value), lock};
}

/** Runs `work` in one transaction. It may wait for requests of its stores, and for nothing else. */
async function inStores<T>(mode: IDBTransactionMode, work: (stores: Stores) => Promise<T>): Promise<T> {
	const database = await openDatabase();
	try {
		const transaction = database.transaction(['events', 'about'], mode, {durability: 'strict'});
		const ended = new Promise<void>((resolve, reject) => {
			transaction.oncomplete = () => resolve();
			transaction.onabort = () => reject(transaction.error);
		});
		// When `work` fails first, its own error is the one that is told.
		ended.catch(() => {});
		const stores = {events: transaction.objectStore('events'), about: transaction.objectStore('about')};
		const answer = await work(stores).catch(error => {
			const cause = transaction.error ?? error;
			// What was asked for before the fault would be stored all the same.
			if (transaction.error === null) transaction.abort();
			throw cause;
		});
		await ended;
		return answer;
	} finally {
		database.close();
	}
}

async function openDatabase(): Promise<IDBDatabase> {
	const request = indexedDB.open(NAME, 1);
	request.onupgradeneeded = () => {
		const events = request.result.createObjectStore('events', {keyPath: 'seq'});
		// Sealed rows have no payload, and so no place in it.
		events.createIndex('post', 'payload.id');
		request.result.createObjectStore('about');
	};
	return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}
