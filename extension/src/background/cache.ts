import type {Verdict} from '../core/verdicts.js';

/** About 300 bytes an entry, so well below the 10 MB that storage.session holds. */
const CACHE_SIZE = 4000;
const PREFIX = 'verdict:';

/** The part of chrome.storage.session that the cache uses. */
export type SessionArea = Pick<chrome.storage.StorageArea, 'get' | 'set' | 'remove'>;

/** Verdicts by the digest of what was asked: no texts. Forgets the one longest unused. */
export interface Cache {
	get(key: string): Verdict | undefined;
	/** Keeps them in memory at once and in storage soon after. */
	put(verdicts: Iterable<readonly [string, Verdict]>): Promise<void>;
}

interface Entry {
	verdict: Verdict;
	/** When it was stored, as a running number: the order to begin with after the worker was restarted. */
	place: number;
}

export async function openCache(area: SessionArea, size = CACHE_SIZE): Promise<Cache> {
	const entries = await readEntries(area);
	let place = [...entries.values()].at(-1)?.place ?? 0;

	async function shrink(most: number): Promise<void> {
		const surplus = [...entries.keys()].slice(0, Math.max(0, entries.size - most));
		for (const key of surplus) entries.delete(key);
		if (surplus.length > 0) await area.remove(surplus.map(key => PREFIX + key));
	}

	return {
		get(key) {
			const entry = entries.get(key);
			if (entry === undefined) return undefined;
			// A Map keeps the order of insertion: the first is the one longest unused.
			entries.delete(key);
			entries.set(key, entry);
			return entry.verdict;
		},
		async put(verdicts) {
			const stored: Record<string, Entry> = {};
			for (const [key, verdict] of verdicts) {
				place += 1;
				entries.delete(key);
				entries.set(key, {verdict, place});
				stored[PREFIX + key] = {verdict, place};
			}
			await shrink(size);
			try {
				await area.set(stored);
			} catch {
				// Storage is full. Memory still serves; the older half makes room for what comes next.
				await shrink(entries.size >> 1);
			}
		},
	};
}

async function readEntries(area: SessionArea): Promise<Map<string, Entry>> {
	const stored = Object.entries((await area.get(null)) as Record<string, Entry>);
	return new Map(
		stored
			.filter(([key]) => key.startsWith(PREFIX))
			.sort(([, a], [, b]) => a.place - b.place)
			.map(([key, entry]) => [key.slice(PREFIX.length), entry]),
	);
}
