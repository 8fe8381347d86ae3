import en from '../../_locales/en/line.json';
import ur from '../../_locales/ur/line.json';
import {type Language, sayer} from './i18n.js';
import type {Reason} from './verdicts.js';

export type LineKey = keyof typeof en;

export const LINE_TEXTS = {en, ur};

/** What stands in X's page: the line, the label, and what they explain. */
export const say = sayer<LineKey>(LINE_TEXTS);

/** What the reply does, in a few words that follow "Reply hidden:". */
export function sayAct(language: Language, reason: Reason): string {
	return say(language, `act_${reason}`);
}

/** What that means, in one or two sentences. */
export function sayMeaning(language: Language, reason: Reason): string {
	return say(language, `meaning_${reason}`);
}
