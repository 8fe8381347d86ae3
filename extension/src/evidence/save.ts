import {readSavedPost, type SaveAnswer, type SavedPost} from '../core/messages.js';
import {bare, type Event, isWhole, makeEvent, type Said} from './chain.js';
import {type Lock, makeLock, rewrap} from './seal.js';
import {type Change, commit, findPosts, fromRow, type Now, readRows, toRow} from './store.js';

/** More than a note needs. */
export const MAX_NOTE = 5000;

/**
 * Keeps a reply in this browser. The same text under the same id is kept once, as long as there is no passphrase:
 * with one, what is there already cannot be read. A changed text is kept beside the old one.
 */
export async function saveEvidence(post: SavedPost): Promise<SaveAnswer> {
	const read = readSavedPost(post);
	if (read === undefined) return {ok: false, problem: 'failed'};
	try {
		return await commit(async (now): Promise<Change<SaveAnswer>> => {
			const before = (await findPosts(read.id)).at(-1);
			if (before?.kind === 'post' && before.payload.text === read.text) {
				return {put: [], answer: {ok: true, already: true}};
			}
			return append(now, {kind: 'post', payload: read}, {ok: true, already: false});
		});
	} catch (error) {
		const isFull = error instanceof Error && error.name === 'QuotaExceededError';
		return {ok: false, problem: isFull ? 'full' : 'failed'};
	}
}

/** Sets the note of a saved reply. */
export async function saveNote(of: number, text: string): Promise<void> {
	const payload = {of, text: text.slice(0, MAX_NOTE).toWellFormed()};
	await commit(now => append(now, {kind: 'note', payload}, undefined));
}

/**
 * Wipes a saved reply and its notes. Their places in the chain stay, and an event says that they were wiped.
 * `key` is needed where there is a passphrase, since only whoever can read notes knows what they are about.
 */
export async function removeKept(of: number, key?: CryptoKey): Promise<void> {
	await commit(async now => {
		const {events} = await readEvidence(key);
		const notes = events.filter(event => isWhole(event) && event.kind === 'note' && event.payload.of === of);
		const wiped = [...events.filter(({seq}) => seq === of), ...notes];
		const payload = {of: wiped.map(({seq}) => seq)};
		const {put, answer} = await append(now, {kind: 'removal', payload}, undefined);
		return {put: [...wiped.map(bare), ...put], answer};
	});
}

/** The chain, opened as far as `key` goes, and the lock if there is a passphrase. */
export async function readEvidence(key?: CryptoKey): Promise<{events: Event[]; lock: Lock | undefined}> {
	const {rows, lock} = await readRows();
	return {events: await Promise.all(rows.map(row => fromRow(row, lock, key))), lock};
}

/** Seals all that is kept, and all that will be, under a passphrase. False when there is one already. */
export async function switchOn(passphrase: string): Promise<boolean> {
	const made = await makeLock(passphrase);
	return commit(async ({lock}) => {
		if (lock !== undefined) return {put: [], answer: false};
		const {rows} = await readRows();
		return {put: await Promise.all(rows.map(row => toRow(row, made))), lock: made, answer: true};
	});
}

/** Opens all that is kept and takes the passphrase away. False, and nothing changes, when something cannot be opened. */
export async function switchOff(key: CryptoKey): Promise<boolean> {
	return commit(async ({lock}) => {
		const {rows} = await readRows();
		const put = await Promise.all(rows.map(row => fromRow(row, lock, key)));
		// Without the lock, what stayed closed could never be opened.
		const stayed = put.filter((event, index) => 'sealed' in (rows[index] ?? {}) && !isWhole(event));
		return stayed.length > 0 ? {put: [], answer: false} : {put, lock: null, answer: true};
	});
}

/** Puts another passphrase in place of the current one; false when that is wrong. */
export async function changePassphrase(current: string, next: string): Promise<boolean> {
	return commit(async ({lock}) => {
		const changed = lock && (await rewrap(lock, current, next));
		return changed ? {put: [], lock: changed, answer: true} : {put: [], answer: false};
	});
}

/** Takes over a whole chain that was verified. False when something is kept here already. */
export async function takeOver(events: readonly Event[]): Promise<boolean> {
	return commit(async ({last, lock}) => {
		if (last !== undefined) return {put: [], answer: false};
		return {put: await Promise.all(events.map(event => toRow(event, lock))), answer: true};
	});
}

async function append<T>(now: Now, said: Said, answer: T): Promise<Change<T>> {
	const event = await makeEvent(now.last, said);
	return {put: [await toRow(event, now.lock)], answer};
}
