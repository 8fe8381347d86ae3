const ARCHIVE = /^\s*window\.YTD\.(block|mute)\.part\d{1,4}\s*=/;
const NUMBER = /^[1-9]\d{0,18}$/;

/** A file as it is sent: `format` as the service calls it. */
export interface Sent {
	text: string;
	format: string;
}

/**
 * The account numbers alone, of files that hold names, links and much else beside them. Whatever is not just so goes
 * as it is: the service names the lines that it does not take, and they must be those of the file.
 */
export function shrink({text, format}: Sent): Sent {
	const ids = readIds(text, format);
	return ids === undefined || ids.length === 0
		? {text, format}
		: {text: `${ids.join('\n')}\n`, format: 'x-csv'};
}

function readIds(text: string, format: string): string[] | undefined {
	const archive = ARCHIVE.exec(text);
	if (archive !== null && ['auto', 'x-archive'].includes(format)) {
		const member = archive[1] === 'block' ? 'blocking' : 'muting';
		// Read as data after the first "=": nothing of it is ever run.
		const rows = parse(text.slice(archive[0].length).replace(/;\s*$/, ''));
		return collect(rows, row => fieldOf(fieldOf(row, member), 'accountId'));
	}
	if (/^\s*\[/.test(text) && ['auto', 'blue-blocker'].includes(format)) {
		return collect(parse(text), row => fieldOf(row, 'user_id'));
	}
	return undefined;
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function fieldOf(value: unknown, name: string): unknown {
	if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
	return (value as Record<string, unknown>)[name];
}

/** Undefined where one is no text of digits: a number in JSON would be rounded here. */
function collect(rows: unknown, find: (row: unknown) => unknown): string[] | undefined {
	if (!Array.isArray(rows)) return undefined;
	const ids = rows.map(find);
	const isWhole = ids.every((id): id is string => typeof id === 'string' && NUMBER.test(id));
	return isWhole ? ids : undefined;
}
