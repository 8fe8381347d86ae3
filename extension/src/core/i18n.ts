import en from '../../_locales/en/messages.json';
import ur from '../../_locales/ur/messages.json';
import type {LanguageChoice} from './settings.js';
import type {Reason} from './verdicts.js';

export type Language = 'en' | 'ur';
export type MessageKey = keyof typeof en;

// The browser's own lookup cannot leave the browser's language, and a person may want another one.
const MESSAGES: Record<Language, Record<MessageKey, {message: string}>> = {en, ur};

/** The language to speak: the one chosen, else the browser's if we speak it, else English. */
export function pickLanguage(choice: LanguageChoice, browser: string): Language {
	if (choice !== 'browser') return choice;
	return /^ur\b/i.test(browser) ? 'ur' : 'en';
}

export function direction(language: Language): 'ltr' | 'rtl' {
	return language === 'ur' ? 'rtl' : 'ltr';
}

/** One text of ours. `{name}` in it stands for `values.name`. */
export function say(language: Language, key: MessageKey, values: Record<string, string> = {}): string {
	return MESSAGES[language][key].message.replace(/\{(\w+)\}/g, (whole, name: string) => {
		const value = values[name];
		if (value === undefined) return whole;
		// Between Urdu words an address or a version would fall apart without a direction of its own.
		return language === 'ur' && /[A-Za-z0-9]/.test(value) ? `\u2066${value}\u2069` : value;
	});
}

/** What the reply does, in a few words that follow "Reply hidden:". */
export function sayAct(language: Language, reason: Reason): string {
	return say(language, `act_${reason}`);
}

/** What that means, in one or two sentences. */
export function sayMeaning(language: Language, reason: Reason): string {
	return say(language, `meaning_${reason}`);
}
