/** The words the service uses. The eight first are acts; the two last are sums over them. */
export const LABELS = [
	'blame',
	'disbelief',
	'shaming',
	'minimising',
	'excusing',
	'silencing',
	'threat',
	'abuse',
	'victim_blaming',
	'hostile',
] as const;

/** Why a reply was covered. 'other' stands for a label that only a newer service knows. */
export type Reason = (typeof LABELS)[number] | 'other';

export const SENSITIVITIES = ['gentle', 'balanced', 'strict'] as const;
export type Sensitivity = (typeof SENSITIVITIES)[number];

/** What the service said about one reply. `partial`: it saw only the beginning of the text. */
export type Verdict =
	| {action: 'show'; partial: boolean}
	| {action: 'flag' | 'hide'; reason: Reason; partial: boolean};

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
	const {action, reason} = verdict;
	if (action === 'show') return {action, partial};
	if ((action === 'flag' || action === 'hide') && typeof reason === 'string') {
		return {action, reason: LABELS.find(label => label === reason) ?? 'other', partial};
	}
	throw new MalformedAnswer('The answer holds no action.');
}

export function fields(value: unknown): Record<string, unknown> {
	if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
	throw new MalformedAnswer('The answer is no object.');
}

function name(value: unknown): string {
	if (typeof value === 'string' && value.length > 0 && value.length <= 64) return value;
	throw new MalformedAnswer('The answer does not name its model and policy.');
}
