import {inTurn} from '../core/in-turn.js';
import type {Problem} from './catalogue.js';

// What this browser alone knows of lists, in storage.local, by the address of the server they come from.

/** How strongly a list that one uses may act. 'off': it is kept up to date and does nothing. */
export const CAPS = ['off', 'flag', 'hide'] as const;
export type Cap = (typeof CAPS)[number];

/**
 * Why one list was left as it was. 'growth': more was added than it may in the time. 'damaged': what came is not what
 * was announced. 'gone': the server has it no more. 'client': it wants a newer version of us.
 */
export type ListProblem =
	| 'growth'
	| 'damaged'
	| 'gone'
	| 'client'
	| 'older'
	| 'unreachable'
	| 'storage'
	| 'full';

export interface News {
	/** When somebody last asked for news, in milliseconds since 1970; 0 for never. */
	triedAt: number;
	/** When news were last taken. */
	fetchedAt: number;
	/** Why none were taken at the last try. */
	problem?: Problem;
	/** Why single lists were left as they were, by their id. */
	lists: Record<string, ListProblem>;
}

export type Used = Record<string, Cap>;

export interface ListsState {
	/** The lists that the reader uses, by their id. */
	used: Used;
	/** The key that the server's signatures have to lead to; undefined before the first catalogue. */
	root: string | undefined;
	news: News;
	/** Another one whenever something changed that a page of X may have asked for. */
	stamp: string;
}

const KEYS = ['lists', 'listRoots', 'listNews', 'listStamp'];
const NEVER: News = {triedAt: 0, fetchedAt: 0, lists: {}};

export async function loadLists(address: string): Promise<ListsState> {
	const {lists, listRoots, listNews, listStamp} = await chrome.storage.local.get(KEYS);
	const root = record(listRoots)[address];
	return {
		used: readUsed(record(lists)[address]),
		root: typeof root === 'string' ? root : undefined,
		news: readNews(record(listNews)[address]),
		stamp: typeof listStamp === 'string' ? listStamp : '',
	};
}

/** Uses a list with this cap, or with undefined no more. Rejects when the browser has no room left. */
export function useList(address: string, listId: string, cap: Cap | undefined): Promise<void> {
	return change('lists', address, before => {
		const {[listId]: _, ...others} = readUsed(before);
		const used: Used = cap === undefined ? others : {...others, [listId]: cap};
		return Object.keys(used).length === 0 ? undefined : used;
	});
}

export function pinRoot(address: string, root: string | undefined): Promise<void> {
	return change('listRoots', address, () => root);
}

export function keepNews(address: string, news: News | undefined): Promise<void> {
	return change('listNews', address, () => news);
}

/** Tells the pages of X that what they know of lists is old. */
export async function stamp(): Promise<void> {
	await chrome.storage.local.set({listStamp: crypto.randomUUID()});
}

/** Puts another value in place of what is kept for one server; undefined takes it away. */
function change(key: string, address: string, next: (before: unknown) => unknown): Promise<void> {
	return inTurn(key, async () => {
		const stored = record((await chrome.storage.local.get(key))[key]);
		const {[address]: before, ...others} = stored;
		const value = next(before);
		await chrome.storage.local.set({[key]: value === undefined ? others : {...others, [address]: value}});
	});
}

function readUsed(value: unknown): Used {
	const used: Used = {};
	for (const [listId, cap] of Object.entries(record(value))) {
		const known = CAPS.find(one => one === cap);
		if (known !== undefined) used[listId] = known;
	}
	return used;
}

function readNews(value: unknown): News {
	const {triedAt, fetchedAt, problem, lists} = record(value);
	if (typeof triedAt !== 'number' || typeof fetchedAt !== 'number') return NEVER;
	return {
		triedAt,
		fetchedAt,
		...(typeof problem === 'string' ? {problem: problem as Problem} : {}),
		lists: record(lists) as News['lists'],
	};
}

function record(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value)
		? (value as Record<string, unknown>)
		: {};
}
