import {readSavedPost, type SavedPost} from '../core/messages.js';
import {ACTS, type Act} from '../core/verdicts.js';
import {isRecord, isUuid} from './forms.js';

// What somebody wants to report, on its way from a page of X to our own page: in storage.session, which is memory
// alone. An address would stay in the browser's history.

const PREFIX = 'draft:';
const MOST_DRAFTS = 10;

/** Keeps a post until our page asks for it, and returns its random name. */
export async function keepDraft(post: SavedPost): Promise<string> {
	const name = crypto.randomUUID();
	const before = Object.keys(await chrome.storage.session.get(null)).filter(key => key.startsWith(PREFIX));
	// Which of them are the oldest cannot be told; nobody reports so many at once.
	if (before.length >= MOST_DRAFTS) await chrome.storage.session.remove(before);
	await chrome.storage.session.set({[PREFIX + name]: post});
	return name;
}

export async function readDraft(name: string): Promise<SavedPost | undefined> {
	if (!isUuid(name)) return undefined;
	return readSavedPost((await chrome.storage.session.get(PREFIX + name))[PREFIX + name]);
}

export async function dropDraft(name: string): Promise<void> {
	await chrome.storage.session.remove(PREFIX + name);
}

/** Why a post cannot be reported. */
export type Obstacle = 'no_account' | 'quote' | 'discloser';

/** Why not, or undefined: it must be a post by the account, and not by the one whose page it stands on. */
export function findObstacle({handle, id, accountId, url, foundOn}: SavedPost): Obstacle | undefined {
	const own = readAddress(url);
	// Of a quoted post X may tell no number; then its link is that of the post around it.
	if (own.id !== id || own.handle !== handle.toLowerCase()) return 'quote';
	const {handle: focal, id: focalId} = readAddress(foundOn);
	if (focal === handle.toLowerCase() && focalId !== undefined) return 'discloser';
	return accountId === undefined ? 'no_account' : undefined;
}

function readAddress(address: string): {handle?: string; id?: string} {
	const [, handle, id] = /^\/(\w+)\/status\/(\d+)/.exec(new URL(address).pathname) ?? [];
	return {...(handle ? {handle: handle.toLowerCase()} : {}), ...(id ? {id} : {})};
}

/** The category that a verdict's reason suggests. */
export function suggestCategory(post: SavedPost): Act | undefined {
	return ACTS.find(act => act === post.verdict?.reason);
}

/** What a page asks the worker of shared lists; undefined if it is none of that. */
export function readAsk(value: unknown): ({do: string} & Record<string, unknown>) | undefined {
	return isRecord(value) && typeof value.do === 'string' ? {...value, do: value.do} : undefined;
}
