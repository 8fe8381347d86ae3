import {isDay, isNumber, isRecord, isSlug, isUuid, textOf} from './forms.js';

// What a server has for us: in storage.local, so that a notice is there as long as it can be answered.

/** A juror's turn. */
export interface Task {
	id: string;
	list: string;
	listName: string;
	/** What belongs on the list and what does not. */
	norms: string;
	account: string;
	posts: string[];
	/** Last day to answer, as YYYY-MM-DD. */
	due: string;
}

/** A list has judged our own, protected account, and asks before it is listed. */
export interface OwnerNotice {
	id: string;
	listName: string;
	due: string;
}

export interface News {
	server: string;
	tasks: Task[];
	notices: OwnerNotice[];
}

/** A list as the service shows it to everybody. */
export interface PublicList {
	slug: string;
	name: string;
	description: string;
	norms: string;
	contact: string;
	joining: 'open' | 'invited';
	archived: boolean;
}

/** A reply to be judged before somebody takes part in a list. */
export interface Item {
	id: string;
	text: {en: string; ur: string};
}

/** An account of ours that asked for protection. */
export interface ProtectedAccount {
	digest: string;
	code: string;
	status: 'pending' | 'active';
}

/** What was told last by the server at this address. */
export async function loadNews(server: string): Promise<News> {
	const {news} = await chrome.storage.local.get('news');
	if (!isRecord(news) || news.server !== server) return {server, tasks: [], notices: []};
	return {server, tasks: readTasks(news), notices: readNotices(news)};
}

export async function keepNews(news: News): Promise<void> {
	await chrome.storage.local.set({news});
}

export function readTasks(value: unknown): Task[] {
	return listOf(value, 'tasks').flatMap(one => {
		const account = textOf(one.subject ?? one.account, 40).replace(/^x:/, '');
		const {id, list, posts} = one;
		if (!isUuid(id) || !isSlug(list) || !isNumber(account)) return [];
		return [
			{
				id,
				list,
				listName: textOf(one.list_name ?? one.listName, 80) || list,
				norms: textOf(one.norms, 2000),
				account,
				posts: Array.isArray(posts) ? posts.filter(isNumber).slice(0, 20) : [],
				due: dayOf(one),
			},
		];
	});
}

export function readNotices(value: unknown): OwnerNotice[] {
	return listOf(value, 'notices').flatMap(one =>
		isUuid(one.id)
			? [{id: one.id, listName: textOf(one.list_name ?? one.listName, 80), due: dayOf(one)}]
			: [],
	);
}

export function readLists(value: unknown): PublicList[] {
	return listOf(value, 'lists').flatMap(one => {
		const {slug, joining, archived} = one;
		if (!isSlug(slug)) return [];
		return [
			{
				slug,
				name: textOf(one.name, 80) || slug,
				description: textOf(one.description, 1000),
				norms: textOf(one.norms, 2000),
				contact: textOf(one.contact, 200),
				joining: joining === 'open' ? 'open' : 'invited',
				archived: archived === true,
			},
		];
	});
}

export function readItems(value: unknown): Item[] {
	return listOf(value, 'items').flatMap(({id, text}) => {
		if (typeof id !== 'string' || !isRecord(text)) return [];
		const en = textOf(text.en, 1000);
		const ur = textOf(text.ur, 1000);
		return en === '' && ur === '' ? [] : [{id, text: {en: en || ur, ur: ur || en}}];
	});
}

export function readProtected(value: unknown): ProtectedAccount[] {
	return listOf(value, 'accounts').map(one => ({
		digest: textOf(one.subject_digest, 64),
		code: textOf(one.code, 40),
		status: one.status === 'active' ? 'active' : 'pending',
	}));
}

function listOf(value: unknown, name: string): Array<Record<string, unknown>> {
	const found = isRecord(value) ? value[name] : undefined;
	return Array.isArray(found) ? found.filter(isRecord) : [];
}

function dayOf({due_on: dueOn, due}: Record<string, unknown>): string {
	const day = textOf(dueOn ?? due, 10);
	return isDay(day) ? day : '';
}
