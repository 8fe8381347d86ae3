// Wire format 1 of lists. In memory and in storage a list is its rows: ROW bytes for each entry, ascending by hash. They
// are searched as they are, and `result_sha256` is over them, so that nothing has to be made from them.

export type Bytes = Uint8Array<ArrayBuffer>;

/** Six bytes of hash, big-endian, and one of tier. */
export const ROW = 7;
export const FLAG = 0;
export const HIDE = 1;

const MAGIC = [0x50, 0x4e, 0x48, 0x31];
const HASHES = 2 ** 48;
const LOW = 2 ** 32;
/** Bits that are surely there, whichever bit of a byte they begin with. */
const WINDOW = 24;

/** What was downloaded is not what the format says. */
export class MalformedList extends Error {
	override name = 'MalformedList';
}

/** The rows of a full file. Raises MalformedList. */
export function decodeFull(bytes: Bytes): Bytes {
	const file = openFile(bytes, 0);
	const [k, tk] = [file.byte(), file.byte()];
	if (file.byte() !== 0) throw new MalformedList('A byte is set that means nothing yet.');
	const count = file.word();
	const rows = file.rows(count, k);
	file.tiers(rows, tk);
	file.end();
	return rows;
}

/** The rows that a delta file makes of a list's old ones. Raises MalformedList. */
export function applyDelta(old: Bytes, bytes: Bytes): Bytes {
	const file = openFile(bytes, 1);
	const [removedK, addedK, tk] = [file.byte(), file.byte(), file.byte()];
	const removed = file.positions(file.word(), removedK, countOf(old));
	const added = file.rows(file.word(), addedK);
	file.tiers(added, tk);
	file.end();
	return merge(leaveOut(old, removed), added);
}

export function countOf(rows: Uint8Array): number {
	return rows.length / ROW;
}

/** The tier of the entry with that hash; undefined if there is none. */
export function find(rows: Uint8Array, hash: number): number | undefined {
	let low = 0;
	let high = countOf(rows);
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (hashAt(rows, middle) < hash) low = middle + 1;
		else high = middle;
	}
	return low < countOf(rows) && hashAt(rows, low) === hash ? rows[low * ROW + 6] : undefined;
}

/**
 * What a newer list holds that an older one does not, as rows: entries that are new, and those of a higher tier. The
 * byte of the tier tells what was there before: `FLAG`, or `none`.
 */
export function additions(old: Uint8Array, now: Uint8Array, none: number): Bytes {
	const found: number[] = [];
	let at = 0;
	for (let row = 0; row < countOf(now); row += 1) {
		const hash = hashAt(now, row);
		while (at < countOf(old) && hashAt(old, at) < hash) at += 1;
		const before = at < countOf(old) && hashAt(old, at) === hash ? old[at * ROW + 6] : undefined;
		if (before === undefined || before < (now[row * ROW + 6] ?? 0)) found.push(row, before ?? none);
	}
	const rows = new Uint8Array((found.length / 2) * ROW);
	for (let index = 0; index < found.length; index += 2) {
		const row = found[index] ?? 0;
		const to = (index / 2) * ROW;
		rows.set(now.subarray(row * ROW, row * ROW + 6), to);
		rows[to + 6] = found[index + 1] ?? none;
	}
	return rows;
}

function hashAt(rows: Uint8Array, row: number): number {
	const at = row * ROW;
	const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = [
		rows[at],
		rows[at + 1],
		rows[at + 2],
		rows[at + 3],
		rows[at + 4],
		rows[at + 5],
	];
	// Six bytes exceed what bit operations hold.
	return (a * 256 + b) * LOW + (((c << 24) | (d << 16) | (e << 8) | f) >>> 0);
}

function leaveOut(rows: Bytes, positions: Uint32Array): Bytes {
	const kept = new Uint8Array(rows.length - positions.length * ROW);
	let from = 0;
	let to = 0;
	for (const position of positions) {
		kept.set(rows.subarray(from, position * ROW), to);
		to += position * ROW - from;
		from = (position + 1) * ROW;
	}
	kept.set(rows.subarray(from), to);
	return kept;
}

function merge(rows: Bytes, added: Bytes): Bytes {
	const merged = new Uint8Array(rows.length + added.length);
	let from = 0;
	let to = 0;
	let row = 0;
	for (let next = 0; next < countOf(added); next += 1) {
		const hash = hashAt(added, next);
		while (row < countOf(rows) && hashAt(rows, row) < hash) row += 1;
		if (row < countOf(rows) && hashAt(rows, row) === hash) throw new MalformedList('An entry stands twice.');
		merged.set(rows.subarray(from, row * ROW), to);
		to += row * ROW - from;
		from = row * ROW;
		merged.set(added.subarray(next * ROW, (next + 1) * ROW), to);
		to += ROW;
	}
	merged.set(rows.subarray(from), to);
	return merged;
}

/** Reads one file from its beginning to its end. */
function openFile(bytes: Bytes, kind: number) {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	let at = 0;

	function byte(): number {
		if (at + 1 > bytes.length) throw new MalformedList('The file ends too early.');
		at += 1;
		return view.getUint8(at - 1);
	}

	function word(): number {
		if (at + 4 > bytes.length) throw new MalformedList('The file ends too early.');
		at += 4;
		return view.getUint32(at - 4, true);
	}

	/** The numbers of the next bit string. There are at least as many bits as numbers: nothing else is set aside. */
	function numbers(count: number, k: number): Rice {
		const length = word();
		if (at + length > bytes.length || k >= 48 || count > length * 8) {
			throw new MalformedList('A part does not fit into the file.');
		}
		at += length;
		return readRice(bytes.subarray(at - length, at), k);
	}

	/** Ascending and distinct, below `limit`. */
	function ascending(
		count: number,
		k: number,
		limit: number,
	): (take: (number: number, index: number) => void) => void {
		const rice = numbers(count, k);
		return take => {
			let last = -1;
			for (let index = 0; index < count; index += 1) {
				last += rice.next() + 1;
				if (last >= limit) throw new MalformedList('A number is too large.');
				take(last, index);
			}
			rice.end();
		};
	}

	function positions(count: number, k: number, limit: number): Uint32Array {
		const each = ascending(count, k, limit);
		const found = new Uint32Array(count);
		each((position, index) => {
			found[index] = position;
		});
		return found;
	}

	for (const letter of MAGIC) if (byte() !== letter) throw new MalformedList('This is no list.');
	if (byte() !== kind) throw new MalformedList('This is another kind of file.');
	return {
		byte,
		word,
		positions,
		/** The rows of as many hashes, without their tiers. */
		rows(count: number, k: number): Bytes {
			const each = ascending(count, k, HASHES);
			const rows = new Uint8Array(count * ROW);
			const target = new DataView(rows.buffer);
			each((hash, index) => {
				target.setUint16(index * ROW, Math.floor(hash / LOW));
				target.setUint32(index * ROW + 2, hash % LOW);
			});
			return rows;
		},
		/** Writes the tiers that follow into rows. */
		tiers(rows: Bytes, k: number): void {
			const common = byte();
			if (common !== FLAG && common !== HIDE) throw new MalformedList('There is no such tier.');
			const others = positions(word(), k, countOf(rows));
			for (let tier = 6; tier < rows.length; tier += ROW) rows[tier] = common;
			for (const row of others) rows[row * ROW + 6] = 1 - common;
		},
		end(): void {
			if (at !== bytes.length) throw new MalformedList('The file does not end where it should.');
		},
	};
}

interface Rice {
	/** The next number. */
	next(): number;
	/** Nothing may follow but what fills the last byte. */
	end(): void;
}

/** Reads Rice(k) numbers one after the other. Raises MalformedList behind the last bit. */
function readRice(bytes: Bytes, k: number): Rice {
	const padded = new Uint8Array(bytes.length + 8);
	padded.set(bytes);
	const view = new DataView(padded.buffer);
	const end = bytes.length * 8;
	const unit = 2 ** k;
	let at = 0;

	/** The bits that come next, the first of them highest. */
	function ahead(): number {
		if (at > end) throw new MalformedList('The bits end too early.');
		return view.getInt32(at >>> 3) << (at & 7);
	}

	function next(): number {
		let high = 0;
		let run: number;
		do {
			run = Math.min(Math.clz32(~ahead()), WINDOW);
			at += run;
			high += run;
		} while (run === WINDOW);
		at += 1;
		let low = 0;
		for (let left = k; left > 0; ) {
			const bits = Math.min(left, WINDOW);
			low = low * 2 ** bits + (ahead() >>> (32 - bits));
			at += bits;
			left -= bits;
		}
		if (at > end) throw new MalformedList('The bits end too early.');
		return high * unit + low;
	}

	return {
		next,
		end() {
			if (end - at >= 8 || (end > at && ahead() !== 0))
				throw new MalformedList('Something follows the numbers.');
		},
	};
}
