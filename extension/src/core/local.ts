import {inTurn} from './in-turn.js';
import {type Account, isSame, type Person} from './people.js';
import {REASONS, type Reason} from './verdicts.js';

// What this browser alone knows, in storage.local. Only the worker and our own pages read it; nothing is synced.
// What changes it rejects when the browser has no room left, and then nothing has changed.

/** What somebody said about a reply, kept by the digest of its masked text: no words. */
export interface Mark {
	mark: 'fine' | 'hurtful';
	by: 'reader' | 'friend';
	/** What a friend took it for. */
	reason?: Reason;
}

/** Hidden replies of one week, counted if the setting says so. */
export interface Count {
	/** ISO week, as 2026-W47. */
	week: string;
	hidden: number;
}

export interface Local {
	people: Person[];
	marks: Record<string, Mark>;
	/** Until when nothing is covered, in milliseconds since 1970; 0 for no pause. */
	pausedUntil: number;
	count: Count | undefined;
}

export const HOUR = 3_600_000;
const MOST_MARKS = 5000;

export async function loadLocal(): Promise<Local> {
	return parseLocal(await chrome.storage.local.get(['people', 'marks', 'pausedUntil', 'count']));
}

/** What is stored, each part that is missing or unreadable left out. */
export function parseLocal(stored: Record<string, unknown>): Local {
	const {people, marks, pausedUntil, count} = stored;
	return {
		people: Array.isArray(people) ? people.filter(isPerson) : [],
		marks: Object.fromEntries(Object.entries(isRecord(marks) ? marks : {}).flatMap(readMark)),
		pausedUntil: typeof pausedUntil === 'number' && Number.isFinite(pausedUntil) ? pausedUntil : 0,
		count: isCount(count) ? count : undefined,
	};
}

export function alwaysShow(account: Account, today = new Date()): Promise<void> {
	return inTurn('people', async () => {
		const {people} = await loadLocal();
		// Whoever is known by number stays known by it, though this page tells only the handle.
		if (account.accountId === undefined && people.some(person => isSame(person, account))) return;
		const others = people.filter(person => !isSame(person, account));
		await chrome.storage.local.set({people: [...others, {...account, since: dayOf(today)}]});
	});
}

export function stopShowing(account: Account): Promise<void> {
	return inTurn('people', async () => {
		const {people} = await loadLocal();
		await chrome.storage.local.set({people: people.filter(person => !isSame(person, account))});
	});
}

/**
 * Keeps marks by digest; undefined takes one away. Beyond MOST_MARKS earlier ones make room, any of them: Chrome
 * gives back what it stored in the order of the keys.
 */
export function mark(changes: Record<string, Mark | undefined>): Promise<void> {
	return inTurn('marks', async () => {
		const {marks} = await loadLocal();
		for (const [digest, change] of Object.entries(changes)) {
			delete marks[digest];
			if (change !== undefined) marks[digest] = change;
		}
		const kept = Object.entries(marks).slice(-MOST_MARKS);
		await chrome.storage.local.set({marks: Object.fromEntries(kept)});
	});
}

export async function pause(until: number): Promise<void> {
	await chrome.storage.local.set({pausedUntil: until});
}

/** Adds to this week's count, and forgets the week before. */
export function count(hidden: number, now = new Date()): Promise<void> {
	return inTurn('count', async () => {
		const week = isoWeek(now);
		const before = (await loadLocal()).count;
		const sum = (before?.week === week ? before.hidden : 0) + hidden;
		await chrome.storage.local.set({count: {week, hidden: sum}});
	});
}

/** The day where the reader is, as YYYY-MM-DD. */
function dayOf(time: Date): string {
	const day = new Date(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()));
	return day.toISOString().slice(0, 10);
}

/** The ISO 8601 week of a day, as 2026-W47: its Thursday decides the year. */
export function isoWeek(day: Date): string {
	const thursday = new Date(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()));
	thursday.setUTCDate(thursday.getUTCDate() + 4 - (thursday.getUTCDay() || 7));
	const year = thursday.getUTCFullYear();
	const week = Math.ceil(((thursday.getTime() - Date.UTC(year, 0, 1)) / 86_400_000 + 1) / 7);
	return `${year}-W${String(week).padStart(2, '0')}`;
}

function isPerson(value: unknown): value is Person {
	if (!isRecord(value)) return false;
	const {handle, accountId, since} = value;
	return (
		typeof handle === 'string' &&
		typeof since === 'string' &&
		(accountId === undefined || (typeof accountId === 'string' && /^\d{1,20}$/.test(accountId)))
	);
}

function readMark([digest, value]: [string, unknown]): Array<[string, Mark]> {
	if (!/^[0-9a-f]{64}$/.test(digest) || !isRecord(value)) return [];
	const {mark, by} = value;
	if ((mark !== 'fine' && mark !== 'hurtful') || (by !== 'reader' && by !== 'friend')) return [];
	const reason = REASONS.find(one => one === value.reason);
	return [[digest, {mark, by, ...(reason === undefined ? {} : {reason})}]];
}

function isCount(value: unknown): value is Count {
	return isRecord(value) && typeof value.week === 'string' && Number.isSafeInteger(value.hidden);
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}

/** Conversations in which nothing is covered until the browser ends, by the focal post's id. */
export async function loadPausedThreads(): Promise<string[]> {
	const {pausedThreads} = await chrome.storage.session.get('pausedThreads');
	return Array.isArray(pausedThreads) ? pausedThreads.filter(id => typeof id === 'string') : [];
}

export function pauseThread(focalId: string, paused: boolean): Promise<void> {
	return inTurn('pausedThreads', async () => {
		const others = (await loadPausedThreads()).filter(id => id !== focalId);
		await chrome.storage.session.set({pausedThreads: paused ? [...others, focalId].slice(-100) : others});
	});
}
