import type {Settings} from './settings.js';
import type {Reason, Source, Verdict} from './verdicts.js';

/** All that bears on what happens to one post, apart from the settings. */
export interface Facts {
	verdict: Verdict | undefined;
	/** X shows only the beginning of the text, and the whole is not known. */
	partial: boolean;
	/** Only a translation could be read. */
	translated: boolean;
	/** The reader said "Always show this account", or follows it and wants those shown. */
	trusted: boolean;
	/** The author of the post that is answered: on a disclosure's page, the one who disclosed. */
	focalAuthor: boolean;
	/** At most to be flagged: it stands by itself and quotes another, or goes on with what its author began. */
	aside: boolean;
	/** Answers a reply that is hidden. */
	beneath: boolean;
	/** What a list says about its author. */
	listed?: Listed | undefined;
}

/** How an account stands on a list, and on whose. */
export interface Listed {
	tier: 'flag' | 'hide';
	source: 'mine' | 'squad' | 'list';
	/** What public lists are called. */
	lists?: string[];
}

export interface Covered {
	reason: Reason;
	partial: boolean;
	/** Who said so. 'thread': nobody; it answers a hidden reply. */
	source: Source | 'thread';
	score?: number;
	/** The lists that its author is on, where they say so. */
	lists?: string[];
}
/** 'out': hidden without even a line. */
export type Decision = {act: 'show'} | ({act: 'flag' | 'hide' | 'out'} & Covered);

const SHOW: Decision = {act: 'show'};

/** What to do with a post. No verdict, no cover: a fault must never hide somebody's words. */
export function decide(facts: Facts, settings: Settings): Decision {
	const {trusted, focalAuthor} = facts;
	if (!settings.enabled || trusted || focalAuthor) return SHOW;
	const verdict = strongest(facts.verdict, facts.listed);
	const own = verdict === undefined || verdict.action === 'show' ? SHOW : cover(verdict, facts, settings);
	if (own.act === 'hide' || own.act === 'out' || !isFolded(facts, settings)) return own;
	return {act: hidden(settings), reason: 'beneath', partial: false, source: 'thread'};
}

/** What counts of what was said about a reply and about its author. */
function strongest(verdict: Verdict | undefined, listed: Listed | undefined): Verdict | undefined {
	if (listed === undefined) return verdict;
	const isCovered = verdict !== undefined && verdict.action !== 'show';
	if (isCovered && listed.tier === 'flag') return verdict;
	// What somebody looked at stays; but what the reader chose about an account only the reader takes back.
	const isFine = verdict?.action === 'show' && verdict.source !== 'model';
	if (isFine && (verdict.source === 'reader' || listed.source !== 'mine')) return verdict;
	return {action: listed.tier, reason: 'listed', partial: false, source: listed.source};
}

function isFolded({beneath, verdict}: Facts, {foldBeneath, presentation}: Settings): boolean {
	// What somebody looked at and found harmless stays, wherever it stands.
	const isFine = verdict?.action === 'show' && verdict.source !== 'model';
	return beneath && foldBeneath && presentation !== 'flag' && !isFine;
}

function cover(verdict: Exclude<Verdict, {action: 'show'}>, facts: Facts, settings: Settings): Decision {
	const {action, reason, source, score} = verdict;
	const isByWords = reason !== 'listed';
	const partial = isByWords && (verdict.partial || facts.partial);
	// A translation may sound harsher than what was written; a quoting post elsewhere is not under a disclosure.
	const isUnsure = facts.aside || (isByWords && facts.translated);
	const onlyFlag = action === 'flag' || settings.presentation === 'flag' || isUnsure;
	const act = onlyFlag ? 'flag' : hidden(settings);
	const lists = source === 'list' ? facts.listed?.lists : undefined;
	return {
		act,
		reason,
		partial,
		source,
		...(score === undefined ? {} : {score}),
		...(lists === undefined ? {} : {lists}),
	};
}

function hidden({presentation}: Settings): 'hide' | 'out' {
	return presentation === 'out' ? 'out' : 'hide';
}
