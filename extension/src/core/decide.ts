import type {Settings} from './settings.js';
import type {Reason, Verdict} from './verdicts.js';

export type Decision = {act: 'show'} | {act: 'flag' | 'hide'; reason: Reason; partial: boolean};

/** What to do with a reply. No verdict, no cover: a fault must never hide somebody's words. */
export function decide(
	verdict: Verdict | undefined,
	settings: Pick<Settings, 'enabled' | 'presentation'>,
): Decision {
	if (!settings.enabled || verdict === undefined || verdict.action === 'show') return {act: 'show'};
	const act = settings.presentation === 'flag' ? 'flag' : verdict.action;
	return {act, reason: verdict.reason, partial: verdict.partial};
}
