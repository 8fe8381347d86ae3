import {sha256, utf8} from '../../../extension/src/lists/catalogue.js';
import type {Bytes} from '../../../extension/src/lists/golomb.js';
import {hash48} from '../../../extension/src/lists/match.js';
import {DownloadFailed, type Edge} from '../../../extension/src/lists/update.js';

export const ADDRESS = 'http://127.0.0.1:8000';
export const SALT = '000102030405060708090a0b0c0d0e0f';
export const LIST = 'list-1';
const DAY = 86_400_000;
const K = 40;

type Entries = Record<string, 'flag' | 'hide'>;

/** What a made-up server says of one list besides its entries. */
interface Made {
	listId: string;
	slug: string;
	name: string;
	tierCap: 'flag' | 'hide';
	epoch: number;
	salt: string;
	version: number;
	entries: Entries;
	packed: boolean;
	/** Earlier versions that a delta leads from. */
	before: Record<number, Entries>;
	change?: (part: Record<string, unknown>) => void;
}

/** A server of lists that signs as ours does. What is set is served from the next `publish` on. */
export async function openServer(lists: Array<Partial<Made>> = [{}]) {
	const [root, online] = await Promise.all([makeKey(), makeKey()]);
	const made: Made[] = lists.map((list, index) => ({
		listId: `list-${index + 1}`,
		slug: `slug-${index + 1}`,
		name: `List ${index + 1}`,
		tierCap: 'hide',
		epoch: 1,
		salt: SALT,
		version: 1,
		entries: {},
		packed: true,
		before: {},
		...list,
	}));
	const files = new Map<string, Bytes>();
	const asked: string[] = [];
	const server = {
		root,
		online,
		/** The chain of roots, oldest first. */
		roots: [{public: root.name, signature: ''}],
		lists: made,
		version: 0,
		files,
		asked,
		/** Undefined: it answers. */
		trouble: undefined as 'down' | 'absent' | undefined,
		allowed: true,
		first: (): Made => made[0] as Made,
		/** Signs what there is by now. `change`: of what is signed; `spoil`: of what is sent. */
		async publish(
			change: (signed: Record<string, unknown>) => void = () => {},
			spoil: (sent: Record<string, unknown>) => void = () => {},
		): Promise<void> {
			server.version += 1;
			const parts: unknown[] = [];
			const packParts: unknown[] = [];
			let pack: number[] = [];
			for (const list of made) {
				const body = await encodeFull(list.salt, list.entries);
				const rows = await rowsOf(list.salt, list.entries);
				const url = `${list.listId}/${list.epoch}-${list.version}.full`;
				const deltas: unknown[] = [];
				for (const [from, entries] of Object.entries(list.before)) {
					const delta = await encodeDelta(list.salt, entries, list.entries);
					const name = `${list.listId}/${list.epoch}-${from}-${list.version}.delta`;
					deltas.push({
						from: Number(from),
						to: list.version,
						...(await put(name, delta)),
						result_sha256: await sha256(rows),
					});
				}
				if (list.packed) {
					packParts.push({list_id: list.listId, offset: pack.length, size: body.length});
					pack = [...pack, ...body];
				}
				const part: Record<string, unknown> = {
					list_id: list.listId,
					slug: list.slug,
					name: list.name,
					description: 'What it is.',
					norms: 'What belongs on it.',
					contact: 'lists@example.org',
					tier_cap: list.tierCap,
					epoch: list.epoch,
					salt: list.salt,
					version: list.version,
					count: rows.length / 7,
					unattended: false,
					full: await put(url, body),
					result_sha256: await sha256(rows),
					deltas,
					packed: list.packed,
					min_client: 1,
					max_growth: 0.1,
				};
				list.change?.(part);
				parts.push(part);
			}
			const packed = new Uint8Array(pack);
			const signed: Record<string, unknown> = {
				format: 1,
				server: 'Made-up server',
				created: new Date(Date.now() - 60_000).toISOString(),
				expires: new Date(Date.now() + 14 * DAY).toISOString(),
				version: server.version,
				prev_sha256: '0'.repeat(64),
				lists: parts,
				pack: {...(await put(`pack-${server.version}.bin`, packed)), parts: packParts},
			};
			change(signed);
			const text = JSON.stringify(signed);
			const newest = server.root;
			const [notBefore, notAfter] = [-30, 60].map(days => new Date(Date.now() + days * DAY).toISOString());
			const {online} = server;
			const sent: Record<string, unknown> = {
				signed: text,
				signature: await online.sign(text),
				key: {
					public: online.name,
					not_before: notBefore,
					not_after: notAfter,
					signature: await newest.sign(`panah-online-key\n${online.name}\n${notBefore}\n${notAfter}`),
				},
				roots: server.roots,
			};
			spoil(sent);
			files.set('catalogue.json', utf8(JSON.stringify(sent)));
		},
		edge: {
			mayReach: async (): Promise<boolean> => server.allowed,
			async get(url: string, most: number): Promise<Bytes> {
				const name = url.replace(`${ADDRESS}/lists/`, '');
				asked.push(name);
				if (server.trouble !== undefined) throw new DownloadFailed(server.trouble === 'absent');
				const bytes = files.get(name);
				if (bytes === undefined) throw new DownloadFailed(true);
				if (bytes.length > most) throw new DownloadFailed(false);
				return bytes.slice();
			},
		} satisfies Edge,
	};

	async function put(url: string, bytes: Bytes) {
		files.set(url, bytes);
		return {url, sha256: await sha256(bytes), size: bytes.length};
	}
	return server;
}

export type Server = Awaited<ReturnType<typeof openServer>>;

export async function makeKey() {
	const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair;
	const name = base64(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
	return {
		name,
		sign: async (text: string) =>
			base64(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(text)))),
	};
}

/** As many accounts as that, all to be hidden. */
export function accounts(count: number, from = 1): Entries {
	return Object.fromEntries(
		Array.from({length: count}, (_, index) => [String(from + index), 'hide' as const]),
	);
}

async function sorted(salt: string, entries: Entries): Promise<Array<[number, number]>> {
	const rows = Object.entries(entries).map(
		async ([account, tier]): Promise<[number, number]> => [
			await hash48(salt, `x:${account}`),
			tier === 'hide' ? 1 : 0,
		],
	);
	return (await Promise.all(rows)).sort(([a], [b]) => a - b);
}

export async function rowsOf(salt: string, entries: Entries): Promise<Bytes> {
	const rows = await sorted(salt, entries);
	return new Uint8Array(
		rows.flatMap(([hash, tier]) => [
			...(hash.toString(16).padStart(12, '0').match(/../g) ?? []).map(hexByte),
			tier,
		]),
	);
}

function hexByte(byte: string): number {
	return Number.parseInt(byte, 16);
}

async function encodeFull(salt: string, entries: Entries): Promise<Bytes> {
	const rows = await sorted(salt, entries);
	const bits = rice(gaps(rows.map(([hash]) => hash)), K);
	return new Uint8Array([...MAGIC, 0, K, 0, 0, ...word(rows.length), ...part(bits), ...tiers(rows)]);
}

async function encodeDelta(salt: string, before: Entries, now: Entries): Promise<Bytes> {
	const [old, next] = [await sorted(salt, before), await sorted(salt, now)];
	const has = (rows: Array<[number, number]>, [hash, tier]: [number, number]) =>
		rows.some(row => row[0] === hash && row[1] === tier);
	const removed = old.flatMap((row, at) => (has(next, row) ? [] : [at]));
	const added = next.filter(row => !has(old, row));
	const hashes = rice(gaps(added.map(([hash]) => hash)), K);
	const head = [...MAGIC, 1, 0, K, 0];
	return new Uint8Array([
		...head,
		...word(removed.length),
		...part(rice(gaps(removed), 0)),
		...word(added.length),
		...part(hashes),
		...tiers(added),
	]);
}

const MAGIC = [0x50, 0x4e, 0x48, 0x31];

function tiers(rows: Array<[number, number]>): number[] {
	const hiding = rows.flatMap(([, tier], at) => (tier === 1 ? [at] : []));
	return [0, ...word(hiding.length), ...part(rice(gaps(hiding), 0))];
}

function gaps(ascending: number[]): number[] {
	return ascending.map((number, at) => number - (ascending[at - 1] ?? -1) - 1);
}

function rice(numbers: number[], k: number): number[] {
	const bits = numbers
		.map(number => {
			const low = k === 0 ? '' : (number % 2 ** k).toString(2).padStart(k, '0');
			return `${'1'.repeat(Math.floor(number / 2 ** k))}0${low}`;
		})
		.join('');
	return (bits.match(/.{1,8}/g) ?? []).map(byte => Number.parseInt(byte.padEnd(8, '0'), 2));
}

function part(bytes: number[]): number[] {
	return [...word(bytes.length), ...bytes];
}

function word(number: number): number[] {
	return [number & 255, (number >> 8) & 255, (number >> 16) & 255, number >>> 24];
}

function base64(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes));
}
