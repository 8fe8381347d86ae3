import {inTurn} from '../core/in-turn.js';
import {isDay, isNumber, isRecord, textOf, today} from './forms.js';

// The reader's own list: accounts never to be seen, by number. In storage.local; nothing of it is ever sent.

export type Tier = 'flag' | 'hide';

export interface Own {
	tier: Tier;
	/** Day it was put there, as YYYY-MM-DD. */
	since: string;
	/** What it was called then, in lower case, for the reader to know it again. */
	handle?: string;
	/** Why, for the reader alone: in no file, and never shared. */
	note?: string;
}

/** By account number. */
export type Mine = Record<string, Own>;

export const MOST_MINE = 20_000;
export const MOST_NOTE = 200;

/** There is no room for so many accounts. */
export class ListFull extends Error {
	override name = 'ListFull';
}

export async function loadMine(): Promise<Mine> {
	return readMine((await chrome.storage.local.get('mine')).mine);
}

export function readMine(value: unknown): Mine {
	const entries = Object.entries(isRecord(value) ? value : {});
	return Object.fromEntries(entries.flatMap(([id, one]) => (isNumber(id) ? readOwn(id, one) : [])));
}

/** Adds accounts, or with undefined takes them off. Raises ListFull; then nothing has changed. */
export function changeMine(changes: Record<string, Own | undefined>): Promise<void> {
	return inTurn('mine', async () => {
		const mine = await loadMine();
		for (const [id, own] of Object.entries(changes)) {
			if (own === undefined) delete mine[id];
			else mine[id] = own;
		}
		if (Object.keys(mine).length > MOST_MINE) throw new ListFull();
		await chrome.storage.local.set({mine});
	});
}

/** Puts one account there. What is known about it stays. */
export function hideAccount(id: string, handle: string | undefined, now = Date.now()): Promise<void> {
	return inTurn('mine-account', async () => {
		const before = (await loadMine())[id];
		const named = handle === undefined ? {} : {handle};
		await changeMine({[id]: {since: today(now), ...before, ...named, tier: 'hide'}});
	});
}

function readOwn(id: string, value: unknown): Array<[string, Own]> {
	if (!isRecord(value) || !isDay(value.since)) return [];
	const {tier, since} = value;
	const handle = textOf(value.handle, 20);
	const note = textOf(value.note, MOST_NOTE);
	return [
		[
			id,
			{
				tier: tier === 'flag' ? 'flag' : 'hide',
				since,
				...(/^\w+$/.test(handle) ? {handle} : {}),
				...(note === '' ? {} : {note}),
			},
		],
	];
}
