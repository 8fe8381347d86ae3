import type {Tier} from './catalogue.js';
import {find, HIDE} from './golomb.js';
import type {Entries, KeptList} from './store.js';

/** How long additions are held, in milliseconds: time to take back what was a mistake. */
export const HOLD = 86_400_000;
/** The same after a change of salt, when nobody can tell what was added: time enough to see a list exchanged. */
export const SALT_HOLD = 7 * HOLD;
/** The tier of an addition that does not count yet and was not there before. */
export const NONE = 255;

const MOST_HASHES = 20_000;

export type Hasher = (salt: string, accountId: string) => Promise<number>;

/** Hashes accounts as lists do, each once. */
export function openHasher(): Hasher {
	const known = new Map<string, number>();
	return async (salt, accountId) => {
		const key = salt + accountId;
		const before = known.get(key);
		if (before !== undefined) return before;
		const hash = await hash48(salt, `x:${accountId}`);
		if (known.size >= MOST_HASHES) known.clear();
		known.set(key, hash);
		return hash;
	};
}

/** The first 48 bits of the SHA-256 of a salt in hex and of a subject. */
export async function hash48(salt: string, subject: string): Promise<number> {
	const name = new TextEncoder().encode(subject);
	const bytes = new Uint8Array(salt.length / 2 + name.length);
	for (let at = 0; at < salt.length / 2; at += 1)
		bytes[at] = Number.parseInt(salt.slice(2 * at, 2 * at + 2), 16);
	bytes.set(name, salt.length / 2);
	const view = new DataView(await crypto.subtle.digest('SHA-256', bytes));
	return view.getUint16(0) * 2 ** 32 + view.getUint32(2);
}

/** A hash as the service writes it. */
export function hex(hash: number): string {
	return hash.toString(16).padStart(12, '0');
}

/** What counts at present of what a list says about an account. */
export async function tierOf(
	list: KeptList,
	accountId: string,
	now: number,
	hash: Hasher,
): Promise<Tier | undefined> {
	let tier = countingTier(list, await hash(list.salt, accountId), now);
	const {before} = list;
	if (tier !== undefined && before !== undefined && isHeld(before.since, now, SALT_HOLD)) {
		const earlier = countingTier(before, await hash(before.salt, accountId), now);
		tier = earlier === undefined ? undefined : Math.min(tier, earlier);
	}
	return tier === undefined ? undefined : tier === HIDE ? 'hide' : 'flag';
}

function countingTier({rows, held}: Entries, hash: number, now: number): number | undefined {
	const tier = find(rows, hash);
	if (tier === undefined) return undefined;
	// What was added last counts: it may have been taken away and come again.
	for (const batch of held.toReversed()) {
		const meanwhile = isHeld(batch.since, now) ? find(batch.rows, hash) : undefined;
		if (meanwhile !== undefined) return meanwhile === NONE ? undefined : Math.min(tier, meanwhile);
	}
	return tier;
}

/** Whether what was first seen then does not count yet. A clock that went back is put right at the next update. */
export function isHeld(since: number, now: number, hold = HOLD): boolean {
	return now - since < hold;
}

/** The weaker of them. */
export function capped(...tiers: Tier[]): Tier {
	return tiers.includes('flag') ? 'flag' : 'hide';
}

/** What so many lists agree on: the strongest that at least `agree` of them say, and which they are. */
export function agreeOn<Match extends {tier: Tier}>(
	matches: Match[],
	agree: number,
): {tier: Tier; by: Match[]} | undefined {
	const hiding = matches.filter(({tier}) => tier === 'hide');
	if (hiding.length >= agree) return {tier: 'hide', by: hiding};
	return matches.length >= agree ? {tier: 'flag', by: matches} : undefined;
}
