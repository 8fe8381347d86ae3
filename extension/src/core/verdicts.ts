/** What a reply can do, in the words of the service. */
export const ACTS = [
	'blame',
	'disbelief',
	'shaming',
	'minimising',
	'excusing',
	'silencing',
	'threat',
	'abuse',
] as const;
export type Act = (typeof ACTS)[number];
/** The acts, and two sums over them. */
export const LABELS = [...ACTS, 'victim_blaming', 'hostile'] as const;
export type Label = (typeof LABELS)[number];
/** What the service tells apart: English, Urdu in Latin letters, Urdu. */
export const LANGUAGE_GROUPS = ['en', 'ur-Latn', 'ur'] as const;
export type LanguageGroup = (typeof LANGUAGE_GROUPS)[number];

/**
 * Why a reply was covered. 'other' stands for a label that only a newer service knows, 'beneath' for a reply that
 * answers a hidden one, 'listed' for one by an account on a list.
 */
export const REASONS = [...LABELS, 'other', 'beneath', 'listed'] as const;
export type Reason = (typeof REASONS)[number];

/** A reason that there are words for: what is older or newer than this version may tell others. */
export function readReason(reason: string): Reason {
	return REASONS.find(known => known === reason) ?? 'other';
}

export const SENSITIVITIES = ['gentle', 'balanced', 'strict'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/**
 * Who says that a reply is to be covered or shown: the model, the reader, a friend who looked through it, or about its
 * account the reader's own list, one shared with friends, or public ones.
 */
export const SOURCES = ['model', 'reader', 'friend', 'mine', 'squad', 'list'] as const;
export type Source = (typeof SOURCES)[number];

/**
 * What was said about one reply. `partial`: only the beginning of the text was judged. `score`: how sure the model
 * was of the reason, in [0, 1].
 */
export type Verdict = (
	| {action: 'show'; partial: boolean; source: Source}
	| {action: 'flag' | 'hide'; reason: Reason; partial: boolean; source: Source; score?: number}
) & {judged?: Judged};

/** What a reader may tell the service about its own verdict. It stays with the worker. */
export interface Judged {
	language: LanguageGroup;
	/** P of each label in steps of a twentieth, 0 to 19. */
	buckets: Partial<Record<Label, number>>;
}

/** Which model and which rules a verdict came from. */
export interface Version {
	model: string;
	policy: string;
}

export class MalformedAnswer extends Error {
	override name = 'MalformedAnswer';
}

/** Reads the body of an answer to POST /v1/score. Raises MalformedAnswer unless it answers `ids`, in order. */
export function readVerdicts(body: unknown, ids: string[]): {version: Version; verdicts: Verdict[]} {
	const {model, policy, verdicts} = fields(body);
	if (!Array.isArray(verdicts) || verdicts.length !== ids.length) {
		throw new MalformedAnswer('The answer does not match the question.');
	}
	return {
		version: {model: name(model), policy: name(policy)},
		verdicts: verdicts.map((verdict, index) => readVerdict(verdict, ids[index])),
	};
}

function readVerdict(value: unknown, id: string | undefined): Verdict {
	const verdict = fields(value);
	if (verdict.id !== id) throw new MalformedAnswer('The answer is in another order.');
	const partial = verdict.truncated === true;
	const {action, reason, scores} = verdict;
	const judged = readJudged(verdict);
	if (action === 'show') return {action, partial, source: 'model', ...judged};
	if ((action === 'flag' || action === 'hide') && typeof reason === 'string') {
		const known = LABELS.find(label => label === reason) ?? 'other';
		const score = readScore(scores, reason);
		const read: Verdict = {action, reason: known, partial, source: 'model', ...judged};
		return score === undefined ? read : {...read, score};
	}
	throw new MalformedAnswer('The answer holds no action.');
}

/** Nothing where an older service does not tell the language. */
function readJudged({language, scores}: Record<string, unknown>): {judged?: Judged} {
	const group = LANGUAGE_GROUPS.find(one => one === language);
	if (group === undefined) return {};
	const buckets: Judged['buckets'] = {};
	for (const label of LABELS) {
		const score = readScore(scores, label);
		if (score !== undefined) buckets[label] = Math.min(19, Math.floor(20 * score));
	}
	return {judged: {language: group, buckets}};
}

function readScore(scores: unknown, label: string): number | undefined {
	if (typeof scores !== 'object' || scores === null) return undefined;
	const score = (scores as Record<string, unknown>)[label];
	return typeof score === 'number' && score >= 0 && score <= 1 ? score : undefined;
}

export function fields(value: unknown): Record<string, unknown> {
	if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
	throw new MalformedAnswer('The answer is no object.');
}

function name(value: unknown): string {
	if (typeof value === 'string' && value.length > 0 && value.length <= 64) return value;
	throw new MalformedAnswer('The answer does not name its model and policy.');
}
