import {isRecord} from '../contribute/forms.js';
import type {Settings} from '../core/settings.js';
import {
	ACTS,
	type Act,
	LABELS,
	LANGUAGE_GROUPS,
	type Label,
	type LanguageGroup,
	SENSITIVITIES,
	type Sensitivity,
	type Verdict,
	type Version,
} from '../core/verdicts.js';

export const KINDS = ['not-harmful', 'missed'] as const;
export type Kind = (typeof KINDS)[number];

/** What is told of one verdict, without anybody's words. As the service takes it. */
export interface Facts {
	kind: Kind;
	label: Label;
	language: LanguageGroup;
	/** P of the label in steps of a twentieth, 0 to 19. */
	bucket: number;
	action: 'show' | 'flag' | 'hide';
	sensitivity: Sensitivity;
	model: string;
	policy: string;
}

/** What the model said about a reply, and by which rules. */
export interface Said {
	verdict: Verdict;
	version: Version;
	settings: Pick<Settings, 'sensitivity' | 'levels'>;
}

/**
 * The facts of a mark; undefined where there is nothing to tell: the model said the same as the reader, or the
 * reader's own choice decided. `act`: what the reader takes a missed reply for.
 */
export function factsOf(kind: Kind, {verdict, version, settings}: Said, act?: Act): Facts | undefined {
	const {action, judged} = verdict;
	if (judged === undefined || action === (kind === 'missed' ? 'hide' : 'show')) return undefined;
	const reason = action === 'show' ? undefined : LABELS.find(one => one === verdict.reason);
	const label = kind === 'missed' ? (act ?? likeliest(judged.buckets)) : reason;
	const bucket = label && judged.buckets[label];
	if (label === undefined || bucket === undefined) return undefined;
	const sensitivity = settings.levels[label as Act] ?? settings.sensitivity;
	// Who chose never to hide this kind was not let down by the model.
	if (sensitivity === 'off') return undefined;
	return {kind, label, language: judged.language, bucket, action, sensitivity, ...version};
}

function likeliest(buckets: Partial<Record<Label, number>>): Act | undefined {
	return [...ACTS].sort((a, b) => (buckets[b] ?? -1) - (buckets[a] ?? -1))[0];
}

/** Facts out of whatever is stored. */
export function readFacts(value: unknown): Facts | undefined {
	if (!isRecord(value)) return undefined;
	const {bucket, model, policy} = value;
	const kind = KINDS.find(one => one === value.kind);
	const label = LABELS.find(one => one === value.label);
	const language = LANGUAGE_GROUPS.find(one => one === value.language);
	const action = (['show', 'flag', 'hide'] as const).find(one => one === value.action);
	const sensitivity = SENSITIVITIES.find(one => one === value.sensitivity);
	if (kind === undefined || label === undefined || language === undefined) return undefined;
	if (action === undefined || sensitivity === undefined || typeof bucket !== 'number') return undefined;
	if (typeof model !== 'string' || typeof policy !== 'string') return undefined;
	return {kind, label, language, bucket, action, sensitivity, model, policy};
}
