import {permissionFor} from '../core/server-address.js';
import {loadServer, loadSettings, parseServer} from '../core/settings.js';
import {ACTS} from '../core/verdicts.js';
import {type Catalogue, fingerprint, type ListInfo, readSigned, type Tier} from '../lists/catalogue.js';
import {find} from '../lists/golomb.js';
import {agreeOn, capped, hash48, hex, openHasher, tierOf} from '../lists/match.js';
import {
	type Detail,
	type Details,
	type ListedAnswer,
	type ListReport,
	type ListsReport,
	type OnLists,
	type PreviewAnswer,
	readListsMessage,
} from '../lists/messages.js';
import {
	type Cap,
	keepNews,
	loadLists,
	type News,
	pinRoot,
	stamp,
	type Used,
	useList,
} from '../lists/state.js';
import {forgetServer, type KeptList, readCatalogue, readLists} from '../lists/store.js';
import {type Edge, isDropped, isDue, lookInto, nextTry, update, waiting} from '../lists/update.js';
import {askDetails, download} from './client.js';

const ALARM = 'lists';
/** What concerns pages of X when it changes in storage.local. */
const STAMP = 'listStamp';
/** After the browser has started, in milliseconds: so that not all of its users come at the same minute. */
const SOON = 60_000;

const edge: Edge = {
	mayReach: address => chrome.permissions.contains({origins: [permissionFor(address)]}),
	get: download,
};
const hash = openHasher();

/** One list that does something. */
interface Ready {
	info: ListInfo;
	cap: Tier;
	kept: KeptList;
}

/** What is held in memory of the lists in use. It may be lost at any moment. */
interface Memory {
	address: string;
	ready: Ready[];
	agree: number;
	/** When the newest catalogue ends to be good. */
	expires: number;
	news: News;
}

let memory: Promise<Memory> | undefined;

function remembered(): Promise<Memory> {
	memory ??= recall().catch(fault => {
		memory = undefined;
		throw fault;
	});
	return memory;
}

async function recall(): Promise<Memory> {
	const [{address}, {listsAgree}] = await Promise.all([loadServer(), loadSettings()]);
	const {used, news} = await loadLists(address);
	const nothing: Memory = {address, ready: [], agree: listsAgree, expires: Number.POSITIVE_INFINITY, news};
	if (!isInUse(used)) return nothing;
	const kept = await readCatalogue(address);
	if (kept === undefined) return nothing;
	const {lists} = readSigned(kept.signed);
	const ready = (await readLists(address)).flatMap(list => {
		const info = lists.find(one => one.listId === list.listId);
		const cap = used[list.listId];
		return info === undefined || cap === undefined || cap === 'off' ? [] : [{info, cap, kept: list}];
	});
	return {...nothing, ready, expires: kept.expires};
}

function isInUse(used: Used): boolean {
	return Object.values(used).some(cap => cap !== 'off');
}

interface Match {
	info: ListInfo;
	kept: KeptList;
	tier: Tier;
}

async function matchesOf({ready}: Memory, accountId: string, now: number): Promise<Match[]> {
	const found: Match[] = [];
	for (const {info, cap, kept} of ready) {
		const tier = await tierOf(kept, accountId, now, hash);
		if (tier !== undefined) found.push({info, kept, tier: capped(tier, info.tierCap, cap)});
	}
	return found;
}

async function answerListed(accounts: string[]): Promise<ListedAnswer> {
	const now = Date.now();
	const held = await remembered().catch(() => undefined);
	if (held === undefined) return {listed: {}};
	const {address, expires, news, agree} = held;
	// Sleeping computers miss their alarms, and a clock may have been put forward: first we look for news.
	if (held.ready.length > 0 && isDue(news, now)) void lookForNews(address);
	if (isDropped(expires, news, now)) return {listed: {}};
	const listed: Record<string, OnLists> = {};
	for (const accountId of new Set(accounts)) {
		const agreed = agreeOn(await matchesOf(held, accountId, now), agree);
		if (agreed !== undefined) {
			listed[accountId] = {tier: agreed.tier, lists: agreed.by.map(({info}) => info.name)};
		}
	}
	return {listed};
}

/** Asks the server for the bucket that the account's hash lies in, padded so that nobody sees which one is meant. */
async function answerDetails(accountId: string): Promise<Details> {
	const held = await remembered();
	const details: Detail[] = [];
	for (const {info, kept} of await matchesOf(held, accountId, Date.now())) {
		const whole = hex(await hash(kept.salt, accountId));
		const entries = await askDetails(held.address, info.slug, whole.slice(0, 3)).catch(() => undefined);
		if (entries === undefined) return {};
		details.push({list: info.name, ...readDetail(entries.find(({rest}) => rest === whole.slice(3)))});
	}
	return {details};
}

function readDetail(entry: Record<string, unknown> | undefined): Omit<Detail, 'list'> {
	const {category, listed_month: listed, review_month: review} = entry ?? {};
	const known = ACTS.find(act => act === category);
	return {
		...(known === undefined ? {} : {category: known}),
		...(isMonth(listed) ? {listed} : {}),
		...(isMonth(review) ? {review} : {}),
	};
}

function isMonth(value: unknown): value is string {
	return typeof value === 'string' && /^\d{4}-(?:0[1-9]|1[0-2])$/.test(value);
}

/** Those who look for news of the same server at the same time do it together. */
const looking = new Map<string, Promise<void>>();

function lookForNews(address: string): Promise<void> {
	const running = looking.get(address);
	if (running !== undefined) return running;
	const run = update(address, edge)
		.then(schedule)
		.finally(() => looking.delete(address));
	looking.set(address, run);
	return run;
}

/** Sets the alarm for the next time, or takes it away where no list is used. */
async function schedule(): Promise<void> {
	const {address} = await loadServer();
	const {used, news} = await loadLists(address);
	if (Object.keys(used).length === 0) await chrome.alarms.clear(ALARM);
	else await chrome.alarms.create(ALARM, {delayInMinutes: nextTry(news) / 60_000});
}

/** Sees to the alarm when the worker starts: not every browser keeps alarms until the next day. */
export async function startLists(): Promise<void> {
	const {address} = await loadServer();
	const {used, news} = await loadLists(address);
	if (Object.keys(used).length === 0) return;
	const alarm = await chrome.alarms.get(ALARM);
	const isLate = isDue(news, Date.now());
	// A clock that went back would leave it far in the future.
	const isFar = alarm !== undefined && alarm.scheduledTime - Date.now() > 2 * nextTry({...news}, () => 1);
	if (alarm !== undefined && !isFar) return;
	await chrome.alarms.create(ALARM, {delayInMinutes: (isLate ? SOON : nextTry(news)) / 60_000});
}

export async function listsAlarm(alarm: chrome.alarms.Alarm): Promise<void> {
	if (alarm.name !== ALARM) return;
	// Before anything can fail: a worker that dies in the middle of it is woken again.
	await chrome.alarms.create(ALARM, {
		delayInMinutes: nextTry({triedAt: 0, fetchedAt: 0, lists: {}, problem: 'unreachable'}) / 60_000,
	});
	const {address} = await loadServer();
	const {used} = await loadLists(address);
	if (Object.keys(used).length === 0) await chrome.alarms.clear(ALARM);
	else await lookForNews(address);
}

/** What pages of X have to know to ask at all: undefined where no list is used, and another text after each change. */
export async function listsState(): Promise<string | undefined> {
	const [{address}, {listsAgree}] = await Promise.all([loadServer(), loadSettings()]);
	const {used, stamp} = await loadLists(address);
	return isInUse(used) ? `${stamp} ${listsAgree}` : undefined;
}

/** Takes over what was changed, and returns whether pages of X have to ask anew. */
export function listsChanged(changes: Record<string, chrome.storage.StorageChange>, area: string): boolean {
	const isServer = area === 'local' && changes.server !== undefined;
	const isOurs = area === 'local' && [STAMP, 'lists'].some(key => key in changes);
	const agree = (value: unknown) => (value as {listsAgree?: unknown} | undefined)?.listsAgree;
	const {oldValue, newValue} = changes.settings ?? {};
	const isAgree = area === 'sync' && agree(oldValue) !== agree(newValue);
	if (!isServer && !isOurs && !isAgree) return false;
	memory = undefined;
	if (
		isServer &&
		parseServer(changes.server?.newValue).address !== parseServer(changes.server?.oldValue).address
	) {
		void serverMoved();
	}
	return true;
}

async function serverMoved(): Promise<void> {
	// What one server says of X's pages is no matter of another's.
	await chrome.storage.local.remove('selectors');
	await schedule();
}

async function answerLists(isFresh: boolean): Promise<ListsReport> {
	const {address} = await loadServer();
	if (isFresh) await lookForNews(address);
	return report(address);
}

async function report(address: string): Promise<ListsReport> {
	const {used, root, news} = await loadLists(address);
	const stored = await readCatalogue(address).catch(() => undefined);
	const catalogue = stored && openStored(stored.signed);
	const kept = await readLists(address).catch(() => []);
	const known = catalogue?.lists ?? [];
	const gone = Object.keys(used).filter(listId => !known.some(info => info.listId === listId));
	const {triedAt, fetchedAt, problem} = news;
	return {
		address,
		...(catalogue === undefined ? {} : {server: catalogue.server, created: catalogue.created}),
		...(root === undefined ? {} : {fingerprint: await fingerprint(root)}),
		triedAt,
		fetchedAt,
		...(problem === undefined ? {} : {problem}),
		dropped: stored !== undefined && isDropped(stored.expires, news, Date.now()),
		lists: [
			...known.map(info => reportOf(info, used[info.listId], kept, news)),
			...gone.map(listId => reportGone(listId, used[listId])),
		],
	};
}

function openStored(signed: string): Catalogue | undefined {
	try {
		return readSigned(signed);
	} catch {
		return undefined;
	}
}

function reportOf(info: ListInfo, cap: Cap | undefined, kept: KeptList[], news: News): ListReport {
	const {listId, slug, name, description, norms, contact, tierCap, count, unattended} = info;
	const list = kept.find(one => one.listId === listId);
	const problem = news.lists[listId];
	return {
		listId,
		slug,
		name,
		description,
		norms,
		contact,
		tierCap,
		count,
		unattended,
		...(cap === undefined ? {} : {cap}),
		waiting: list === undefined ? 0 : waiting(list, Date.now()),
		...(cap === undefined || problem === undefined ? {} : {problem}),
		missing: cap !== undefined && list === undefined,
		gone: false,
	};
}

function reportGone(listId: string, cap: Cap | undefined): ListReport {
	return {
		listId,
		slug: '',
		name: '',
		description: '',
		norms: '',
		contact: '',
		tierCap: 'flag',
		count: 0,
		unattended: false,
		...(cap === undefined ? {} : {cap}),
		waiting: 0,
		missing: true,
		gone: true,
	};
}

async function answerUse(listId: string, cap: Cap | null): Promise<ListsReport> {
	const {address} = await loadServer();
	const {used} = await loadLists(address);
	await useList(address, listId, cap ?? undefined);
	await stamp();
	// What is not here yet is fetched, and what is used no more is deleted, with the catalogue that is fetched for it.
	if (!(listId in used) || cap === null) await lookForNews(address);
	return report(address);
}

async function answerPreview(listId: string, accounts: string[]): Promise<PreviewAnswer> {
	try {
		const {address} = await loadServer();
		const {info, rows} = await lookInto(address, listId, edge);
		let found = 0;
		for (const accountId of new Set(accounts)) {
			// Not by the common hasher: whoever is followed shall not stay in memory.
			if (find(rows, await hash48(info.salt, `x:${accountId}`)) !== undefined) found += 1;
		}
		return {ok: true, found};
	} catch {
		return {ok: false};
	}
}

async function answerForget(): Promise<ListsReport> {
	const {address} = await loadServer();
	const {used} = await loadLists(address);
	for (const listId of Object.keys(used)) await useList(address, listId, undefined);
	await pinRoot(address, undefined);
	await keepNews(address, undefined);
	await forgetServer(address).catch(() => {});
	await stamp();
	await lookForNews(address);
	return report(address);
}

/** Answers a message about lists; undefined when it is none, or when its sender may not ask that. */
export function answerAboutLists(message: unknown, ownPage: boolean): Promise<unknown> | undefined {
	const request = readListsMessage(message);
	if (request?.kind === 'listed') return answerListed(request.accounts);
	if (request?.kind === 'list-details') return answerDetails(request.accountId);
	if (!ownPage) return undefined;
	switch (request?.kind) {
		case 'lists':
			return answerLists(request.fresh);
		case 'use-list':
			return answerUse(request.listId, request.cap);
		case 'preview-list':
			return answerPreview(request.listId, request.accounts);
		case 'forget-lists':
			return answerForget();
		default:
			return undefined;
	}
}
