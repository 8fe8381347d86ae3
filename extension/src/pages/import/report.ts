import {isRecord, isUuid, textOf} from '../../contribute/forms.js';

/** Why the service does not take a line. */
export const REASONS = [
	'handle',
	'not-an-id',
	'rounded',
	'not-an-address',
	'no-server',
	'domain',
	'not-a-did',
	'platform',
	'category',
	'columns',
	'fields',
	'not-json',
	'other-list',
	'contradiction',
	'hash',
	'malformed',
] as const;
export type Reason = (typeof REASONS)[number];

/** What an import does, or would do. */
export interface ImportReport {
	new: number;
	known: number;
	retractions: number;
	days: number;
	sample: string[];
	refused: Array<{line: number; why: Reason}>;
	refusedCount: number;
	/** Only of an import that was made. */
	batch?: string;
}

/** Reads the service's answer; undefined if it is none. */
export function readReport(value: unknown): ImportReport | undefined {
	if (!isRecord(value)) return undefined;
	const {known, retractions, days, sample, refused, refused_count: refusedCount, batch} = value;
	const counts = [value.new, known, retractions, days, refusedCount];
	if (!counts.every(isCount) || !Array.isArray(sample) || !Array.isArray(refused)) return undefined;
	return {
		new: Number(value.new),
		known: Number(known),
		retractions: Number(retractions),
		days: Number(days),
		sample: sample.map(one => textOf(one, 320)),
		refused: refused.filter(isRecord).map(({line, why}) => ({
			line: isCount(line) ? line : 0,
			why: REASONS.find(one => one === why) ?? 'fields',
		})),
		refusedCount: Number(refusedCount),
		...(isUuid(batch) ? {batch} : {}),
	};
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && Number(value) >= 0;
}
