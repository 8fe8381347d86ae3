import {isDay, isNumber, isRecord, today} from './forms.js';
import type {Mine, Own} from './mine.js';

/** What a file of ours says it is. */
const FORMAT = 'panah-own-list';
/** What X's own files of this kind held, at most. */
export const CSV_ROWS = 5000;
export const MAX_FILE = 20_000_000;

/** A file that holds no list; `line` is the first one that cannot be read, from 1. */
export class UnreadableFile extends Error {
	override name = 'UnreadableFile';
	constructor(readonly line?: number) {
		super('This file holds no list of accounts.');
	}
}

/** Numbers, tiers and days. Without notes and names: a file is easily given away. */
export function toJson(mine: Mine): string {
	const accounts = Object.entries(mine).map(([id, {tier, since}]) => ({account_id: id, tier, since}));
	return `${JSON.stringify({format: FORMAT, version: 1, accounts}, null, '\t')}\n`;
}

/** Files as X once wrote them: a number a line, no header, 5,000 a file. */
export function toCsv(mine: Mine): string[] {
	const ids = Object.keys(mine);
	const files: string[] = [];
	for (let at = 0; at < ids.length; at += CSV_ROWS)
		files.push(`${ids.slice(at, at + CSV_ROWS).join('\n')}\n`);
	return files;
}

/**
 * The accounts in a file of ours, in one with a number a line, or in block.js or mute.js of the archive that X gives
 * people of their own data. Raises UnreadableFile; then nothing of it counts.
 */
export function readFile(content: string, now = Date.now()): Mine {
	const text = content.replace(/^\uFEFF/, '').trim();
	const since = today(now);
	if (/^window\.YTD\.(?:block|mute)\.part\d+\s*=/.test(text)) return readArchive(text, since);
	if (text.startsWith('{')) return readOwnFile(text, since);
	return readNumbers(text, since);
}

function readArchive(text: string, since: string): Mine {
	// Read as data after the first "=": nothing of it is ever run.
	const rows = parse(text.slice(text.indexOf('=') + 1).replace(/;\s*$/, ''));
	if (!Array.isArray(rows)) throw new UnreadableFile();
	return collect(
		rows.map(row => {
			const found = isRecord(row) ? (row.blocking ?? row.muting) : undefined;
			return isRecord(found) ? found.accountId : undefined;
		}),
		since,
	);
}

function readOwnFile(text: string, since: string): Mine {
	const file = parse(text);
	if (!isRecord(file) || file.format !== FORMAT || !Array.isArray(file.accounts)) throw new UnreadableFile();
	const read = file.accounts.map((row: unknown): [string, Own] => {
		if (!isRecord(row) || !isNumber(row.account_id)) throw new UnreadableFile();
		return [
			row.account_id,
			{tier: row.tier === 'flag' ? 'flag' : 'hide', since: isDay(row.since) ? row.since : since},
		];
	});
	return Object.fromEntries(read);
}

function readNumbers(text: string, since: string): Mine {
	const lines = text.split(/\r\n|\r|\n/).map(line => line.trim().replace(/^"(.*)"$/, '$1'));
	const hasHeader = /^(?:account|user)?_?id$/i.test(lines[0] ?? '');
	return collect(
		lines.map((line, index) => (line === '' || (index === 0 && hasHeader) ? undefined : line)),
		since,
		{skipEmpty: true},
	);
}

function collect(ids: unknown[], since: string, {skipEmpty = false} = {}): Mine {
	const mine: Mine = {};
	ids.forEach((id, index) => {
		if (skipEmpty && id === undefined) return;
		if (!isNumber(id)) throw new UnreadableFile(skipEmpty ? index + 1 : undefined);
		mine[id] = {tier: 'hide', since};
	});
	if (Object.keys(mine).length === 0) throw new UnreadableFile();
	return mine;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new UnreadableFile();
	}
}
