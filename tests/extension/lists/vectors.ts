import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Bytes} from '../../../extension/src/lists/golomb.js';

/** What the service writes and any reader must understand alike; made by tests/vectors/make_lists.py. */
interface Vectors {
	hash48: Array<{salt: string; subject: string; hash: string}>;
	lists: Array<{
		name: string;
		salt: string;
		entries?: Array<[subject: string, tier: string]>;
		count: number;
		hashes?: string[];
		tiers?: number[];
		full: string;
		result_sha256: string;
	}>;
	deltas: Array<{from: string; to: string; delta: string; result_sha256: string}>;
	broken_files: Array<{why: string; kind: string; file: string; old?: string; result_sha256: string}>;
	growth: Array<{old: number; new: number; allowed: boolean}>;
	catalogues: Array<{
		name: string;
		now: string;
		pinned: string | null;
		newest: number;
		body: string;
		root?: string;
		version?: number;
		refused?: string;
	}>;
	files: Record<string, string>;
	why: {salt: string; subject: string; prefix: string; body: string; entry: Record<string, string>};
}

export const VECTORS: Vectors = JSON.parse(
	readFileSync(join(import.meta.dirname, '../../vectors/lists.json'), 'utf8'),
);

export function bytesOf(base64: string): Bytes {
	return Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
}

/** Rows of hashes in hex and of their tiers. */
export function rowsOf(hashes: string[], tiers: number[]): Bytes {
	const rows = hashes.map((hash, index) => [
		...(hash.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16)),
		tiers[index] ?? 0,
	]);
	return new Uint8Array(rows.flat());
}
