import {isDay, isRecord, isSlug, isUuid, textOf} from '../../contribute/forms.js';
import {inTurn} from '../../core/in-turn.js';

const MOST = 100;

/** One import from this browser, so that it can be taken back. */
export interface Batch {
	/** The server's address. */
	server: string;
	/** Slug. */
	list: string;
	name: string;
	batch: string;
	/** YYYY-MM-DD. */
	day: string;
	count: number;
}

/** What was brought in, the newest first. */
export async function loadBatches(): Promise<Batch[]> {
	const {imports} = await chrome.storage.local.get('imports');
	return Array.isArray(imports) ? imports.flatMap(readBatch) : [];
}

export async function keepBatch(made: Batch): Promise<void> {
	await change(before => [made, ...before].slice(0, MOST));
}

export async function forgetBatch(batch: string): Promise<void> {
	await change(before => before.filter(one => one.batch !== batch));
}

function change(work: (before: Batch[]) => Batch[]): Promise<void> {
	return inTurn('imports', async () => {
		await chrome.storage.local.set({imports: work(await loadBatches())});
	});
}

function readBatch(value: unknown): Batch[] {
	if (!isRecord(value)) return [];
	const {server, list, name, batch, day, count} = value;
	if (typeof server !== 'string' || !isSlug(list) || !isUuid(batch) || !isDay(day)) return [];
	return [{server, list, name: textOf(name, 80) || list, batch, day, count: Number(count) || 0}];
}
