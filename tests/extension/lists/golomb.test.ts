import {sha256} from '../../../extension/src/lists/catalogue.js';
import {
	additions,
	applyDelta,
	type Bytes,
	countOf,
	decodeFull,
	FLAG,
	find,
	MalformedList,
	ROW,
} from '../../../extension/src/lists/golomb.js';
import {hash48, hex, NONE} from '../../../extension/src/lists/match.js';
import {bytesOf, rowsOf, VECTORS} from './vectors.js';

/** The file of the list of that name. */
function full(name: string): Bytes {
	const list = VECTORS.lists.find(one => one.name === name);
	if (list === undefined) throw new Error(`There is no list ${name}.`);
	return bytesOf(list.full);
}

test.each(VECTORS.hash48)(
	'the hash of $subject is the same as in the service',
	async ({salt, subject, hash}) => {
		expect(hex(await hash48(salt, subject))).toBe(hash);
	},
);

test.each(VECTORS.lists)('the list "$name" is read as the service wrote it', async list => {
	const rows = decodeFull(bytesOf(list.full));
	expect(countOf(rows)).toBe(list.count);
	expect(await sha256(rows)).toBe(list.result_sha256);
	if (list.hashes) expect(rows).toEqual(rowsOf(list.hashes, list.tiers ?? []));
});

test.each(VECTORS.lists.filter(({entries}) => entries?.length))(
	'each entry of "$name" is found',
	async list => {
		const rows = decodeFull(bytesOf(list.full));
		for (const [subject = '', tier] of list.entries ?? []) {
			const found = find(rows, await hash48(list.salt, subject));
			// Of two entries for the same account the higher counts.
			const isTwice = list.entries?.filter(([other]) => other === subject).length !== 1;
			expect(found, subject).toBe(isTwice || tier === 'hide' ? 1 : FLAG);
		}
		expect(find(rows, await hash48(list.salt, 'x:404'))).toBeUndefined();
	},
);

test('the first and the last entry are found, and nothing before, between or behind', () => {
	const rows = rowsOf(['000000000001', '7fffffffffff', 'fffffffffffe'], [0, 1, 0]);
	const all = [0, 1, 2, 2 ** 47 - 2, 2 ** 47 - 1, 2 ** 47, 2 ** 48 - 2, 2 ** 48 - 1];
	expect(all.map(hash => find(rows, hash))).toEqual([
		undefined,
		0,
		undefined,
		undefined,
		1,
		undefined,
		0,
		undefined,
	]);
	expect(find(new Uint8Array(0), 1)).toBeUndefined();
});

test.each(VECTORS.deltas)('the delta leads from "$from" to "$to"', async ({from, delta, result_sha256}) => {
	const rows = applyDelta(decodeFull(full(from)), bytesOf(delta));
	expect(await sha256(rows)).toBe(result_sha256);
});

test.each(VECTORS.broken_files)('refused: $why', async ({kind, file, old, result_sha256}) => {
	const bytes = bytesOf(file);
	let rows: Bytes;
	try {
		rows = kind === 'full' ? decodeFull(bytes) : applyDelta(decodeFull(full(old ?? 'fifty')), bytes);
	} catch (fault) {
		expect(fault).toBeInstanceOf(MalformedList);
		return;
	}
	// What has the right form leads to another digest, and is refused for that.
	expect(await sha256(rows)).not.toBe(result_sha256);
});

test('a file that is cut anywhere is refused', () => {
	const bytes = full('fifty');
	for (let end = 0; end < bytes.length; end += 1) {
		expect(() => decodeFull(bytes.slice(0, end)), String(end)).toThrow(MalformedList);
	}
});

test('a file that says it has more entries than it can hold is refused before room is made for them', () => {
	const bytes = full('fifty');
	new DataView(bytes.buffer).setUint32(8, 0xffff_ffff, true);
	expect(() => decodeFull(bytes)).toThrow(MalformedList);
});

test('numbers are read whose high part fills several words', () => {
	// k = 0: the number is told by ones alone.
	const ones = 100;
	const bits = new Uint8Array(Math.ceil((ones + 1) / 8));
	for (let at = 0; at < ones; at += 1) bits[at >> 3] = (bits[at >> 3] ?? 0) | (128 >> (at & 7));
	const head = [0x50, 0x4e, 0x48, 0x31, 0, 0, 0, 0, 1, 0, 0, 0, bits.length, 0, 0, 0];
	const rows = decodeFull(new Uint8Array([...head, ...bits, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
	expect(find(rows, ones)).toBe(FLAG);
});

test('additions are what is new and what got stricter, with what was there before', () => {
	const old = rowsOf(['000000000001', '000000000002', '000000000003', '000000000009'], [0, 1, 0, 0]);
	const now = rowsOf(['000000000002', '000000000003', '000000000004', '000000000009'], [0, 1, 0, 0]);
	expect(additions(old, now, NONE)).toEqual(rowsOf(['000000000003', '000000000004'], [FLAG, NONE]));
	expect(additions(now, now, NONE)).toHaveLength(0);
	expect(additions(new Uint8Array(0), now, NONE)).toHaveLength(4 * ROW);
});
