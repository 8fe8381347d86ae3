import type {Bytes} from './golomb.js';

// IndexedDB of the extension's own origin. A list is put as a whole or not at all, so a worker that dies in the middle
// of an update leaves the list as it was.

/** Additions that were first seen at the same time. */
export interface Held {
	/** Milliseconds since 1970. */
	since: number;
	/** The byte of the tier tells what counts meanwhile. */
	rows: Bytes;
}

/** A list as it is known. */
export interface Entries {
	/** 16 bytes in hex. */
	salt: string;
	rows: Bytes;
	held: Held[];
}

export interface KeptList extends Entries {
	address: string;
	listId: string;
	epoch: number;
	version: number;
	resultSha256: string;
	/** When the newest catalogue that agreed with it was made, in milliseconds since 1970. */
	agreed: number;
	/** The list under its salt before, as long as additions are held: what is on both was no addition. */
	before?: Entries & {since: number};
}

/** The newest catalogue that was accepted. */
export interface KeptCatalogue {
	address: string;
	signed: string;
	sha256: string;
	version: number;
	/** Milliseconds since 1970. */
	expires: number;
}

export interface KeptPack {
	address: string;
	sha256: string;
	bytes: Bytes;
}

/** The browser keeps nothing for us, or has no room left. */
export class StoreFailed extends Error {
	override name = 'StoreFailed';
	readonly isFull: boolean;

	constructor(cause: unknown) {
		super('The lists could not be stored.', {cause});
		this.isFull = (cause as {name?: unknown} | null)?.name === 'QuotaExceededError';
	}
}

const NAME = 'lists';
type StoreName = 'catalogues' | 'lists' | 'packs';

export function readCatalogue(address: string): Promise<KeptCatalogue | undefined> {
	return inStore('catalogues', 'readonly', store => store.get(address));
}

export async function putCatalogue(catalogue: KeptCatalogue): Promise<void> {
	await inStore('catalogues', 'readwrite', store => store.put(catalogue));
}

export function readList(address: string, listId: string): Promise<KeptList | undefined> {
	return inStore('lists', 'readonly', store => store.get([address, listId]));
}

export function readLists(address: string): Promise<KeptList[]> {
	return inStore('lists', 'readonly', store => store.getAll(ofServer(address)));
}

export async function putList(list: KeptList): Promise<void> {
	await inStore('lists', 'readwrite', store => store.put(list));
}

export async function removeList(address: string, listId: string): Promise<void> {
	await inStore('lists', 'readwrite', store => store.delete([address, listId]));
}

export function readPack(address: string): Promise<KeptPack | undefined> {
	return inStore('packs', 'readonly', store => store.get(address));
}

export async function putPack(pack: KeptPack): Promise<void> {
	await inStore('packs', 'readwrite', store => store.put(pack));
}

/** Deletes all that is known of a server's lists. */
export async function forgetServer(address: string): Promise<void> {
	await inStore('lists', 'readwrite', store => store.delete(ofServer(address)));
	await inStore('packs', 'readwrite', store => store.delete(address));
	await inStore('catalogues', 'readwrite', store => store.delete(address));
}

function ofServer(address: string): IDBKeyRange {
	// In the order of keys a list comes after every text.
	return IDBKeyRange.bound([address], [address, []]);
}

/** Runs one request in a transaction of its own. Raises StoreFailed. */
async function inStore<T>(
	name: StoreName,
	mode: IDBTransactionMode,
	ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
	try {
		const database = await openDatabase();
		try {
			const transaction = database.transaction(name, mode);
			const request = ask(transaction.objectStore(name));
			await new Promise<void>((resolve, reject) => {
				transaction.oncomplete = () => resolve();
				transaction.onabort = () => reject(transaction.error ?? request.error);
			});
			return request.result;
		} finally {
			database.close();
		}
	} catch (cause) {
		throw new StoreFailed(cause);
	}
}

async function openDatabase(): Promise<IDBDatabase> {
	const request = indexedDB.open(NAME, 1);
	return new Promise((resolve, reject) => {
		request.onupgradeneeded = () => {
			const database = request.result;
			database.createObjectStore('catalogues', {keyPath: 'address'});
			database.createObjectStore('lists', {keyPath: ['address', 'listId']});
			database.createObjectStore('packs', {keyPath: 'address'});
		};
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}
