import {inTurn} from '../core/in-turn.js';
import {isoWeek} from '../core/local.js';
import {fromBase64Url, toBase64Url} from './bytes.js';
import {isDay, isRecord, isSlug, textOf, today} from './forms.js';

// Whoever helps with shared lists is known to a server by a random key alone. In storage.local, by the server's
// address: only the worker and our own pages read it, and one server never sees the key for another.

export const STANDINGS = ['probation', 'trusted', 'suspended'] as const;
export type Standing = (typeof STANDINGS)[number];

/** A list that the key takes part in, as the server told it last. */
export interface Joined {
	name: string;
	standing: Standing;
	onboarded: boolean;
}

export interface Contributor {
	/** 32 random bytes in base64url. */
	key: string;
	/** Day it was made here, as YYYY-MM-DD. */
	since: string;
	/** Whether the server knows it. */
	registered: boolean;
	/** By slug. */
	lists: Record<string, Joined>;
	/** When the server is asked next for what waits for us, in milliseconds since 1970. */
	nextLook: number;
	/** So many answers as a juror a week, at most. */
	cap: number;
	/** Answers of one week, as 2026-W47. */
	voted: {week: string; count: number};
}

/** The service draws nobody more often. */
export const MOST_VOTES = 12;
const DAY = 86_400_000;

/** When to ask the server again: about a day later, at a time that tells nothing. */
export function drawNextLook(now = Date.now()): number {
	return Math.round(now + DAY * (0.75 + Math.random() / 2));
}

/** Whether a text is a key in the one form we write it. */
export function isKey(value: unknown): value is string {
	return typeof value === 'string' && value.length === 43 && fromBase64Url(value) !== undefined;
}

export function loadContributors(): Promise<Record<string, Contributor>> {
	return chrome.storage.local.get('contributors').then(({contributors}) => {
		const entries = Object.entries(isRecord(contributors) ? contributors : {});
		return Object.fromEntries(entries.flatMap(([address, value]) => readContributor(address, value)));
	});
}

/** Who we are to the server at this address; undefined before anybody consented. */
export async function loadContributor(address: string): Promise<Contributor | undefined> {
	return (await loadContributors())[address];
}

/** Makes a key for this server, or takes one that was made in another browser. One that is there stays. */
export async function makeContributor(address: string, key?: string): Promise<void> {
	const made: Contributor = {
		key: key ?? toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
		since: today(),
		registered: false,
		lists: {},
		nextLook: Math.round(Date.now() + DAY * Math.random()),
		cap: MOST_VOTES,
		voted: {week: '', count: 0},
	};
	await change(address, before => before ?? made);
}

/** Changes what is kept with a key. Nothing happens where it is gone, or is another one by now. */
export async function changeContributor(
	address: string,
	{key}: Pick<Contributor, 'key'>,
	part: (before: Contributor) => Partial<Contributor>,
): Promise<void> {
	await change(address, before => (before?.key === key ? {...before, ...part(before)} : before));
}

export async function forgetContributor(address: string): Promise<void> {
	await change(address, () => undefined);
}

function change(
	address: string,
	work: (before: Contributor | undefined) => Contributor | undefined,
): Promise<void> {
	return inTurn('contributors', async () => {
		const {[address]: before, ...others} = await loadContributors();
		const next = work(before);
		await chrome.storage.local.set({
			contributors: next === undefined ? others : {...others, [address]: next},
		});
	});
}

/** How many more tasks may be answered this week. */
export function votesLeft({cap, voted}: Contributor, now = new Date()): number {
	return Math.max(0, cap - (voted.week === isoWeek(now) ? voted.count : 0));
}

/** The count after one more answer, or with -1 one less. */
export function countVote({voted}: Contributor, by: 1 | -1 = 1, now = new Date()): Contributor['voted'] {
	const week = isoWeek(now);
	return {week, count: Math.max(0, (voted.week === week ? voted.count : 0) + by)};
}

/** What the service says of us on one list. */
export function readStanding(value: unknown): Omit<Joined, 'name'> {
	const {standing, onboarded} = isRecord(value) ? value : {};
	return {
		standing: STANDINGS.find(one => one === standing) ?? 'probation',
		onboarded: onboarded === true,
	};
}

function readContributor(address: string, value: unknown): Array<[string, Contributor]> {
	if (!isRecord(value) || !isKey(value.key)) return [];
	const {key, since, registered, lists, nextLook, cap, voted} = value;
	const joined = Object.entries(isRecord(lists) ? lists : {}).filter(
		(entry): entry is [string, Record<string, unknown>] => isSlug(entry[0]) && isRecord(entry[1]),
	);
	return [
		[
			address,
			{
				key,
				since: isDay(since) ? since : today(),
				registered: registered === true,
				lists: Object.fromEntries(
					joined.map(([slug, one]) => [slug, {name: textOf(one.name, 80) || slug, ...readStanding(one)}]),
				),
				nextLook: typeof nextLook === 'number' && Number.isFinite(nextLook) ? nextLook : 0,
				cap: Number.isInteger(cap) ? Math.min(Math.max(Number(cap), 0), MOST_VOTES) : MOST_VOTES,
				voted: readVoted(voted),
			},
		],
	];
}

function readVoted(value: unknown): Contributor['voted'] {
	const {week, count} = isRecord(value) ? value : {};
	return {week: textOf(week, 10), count: Number.isInteger(count) ? Math.max(0, Number(count)) : 0};
}
