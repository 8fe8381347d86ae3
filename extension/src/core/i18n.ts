import type {LanguageChoice} from './settings.js';

export const LANGUAGES = ['en', 'ur'] as const;
export type Language = (typeof LANGUAGES)[number];
/** The texts of one part of Panah in each language: files of the same name in `_locales/en` and `_locales/ur`. */
export type Texts<Key extends string> = Record<Language, Record<Key, {message: string}>>;
/** Says one text. `{name}` in it stands for `values.name`; a number is written in the language's own way. */
export type Say<Key extends string> = (
	language: Language,
	key: Key,
	values?: Record<string, string | number>,
) => string;

// Hebrew to Arabic, and the forms of their letters.
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** The language to speak: the one chosen, else the browser's if we speak it, else English. */
export function pickLanguage(choice: LanguageChoice, browser: string): Language {
	if (choice !== 'browser') return choice;
	return /^ur\b/i.test(browser) ? 'ur' : 'en';
}

export function direction(language: Language): 'ltr' | 'rtl' {
	return language === 'ur' ? 'rtl' : 'ltr';
}

/**
 * A voice for these texts. The browser's own lookup cannot leave the browser's language, and a person may want
 * another one.
 */
export function sayer<Key extends string>(texts: Texts<Key>): Say<Key> {
	return (language, key, values = {}) =>
		texts[language][key].message.replace(/\{(\w+)\}/g, (whole, name: string) => {
			const value = Object.hasOwn(values, name) ? values[name] : undefined;
			if (value === undefined) return whole;
			if (typeof value === 'number') return value.toLocaleString(language);
			// Between words that run the other way, an address or a name would fall apart without a direction of its own.
			return (language === 'ur' ? /[A-Za-z0-9]/ : RIGHT_TO_LEFT).test(value) ? `\u2068${value}\u2069` : value;
		});
}

/** Which of a text's two forms a count takes: the keys end in `_one` and `_other`. English and Urdu know no more. */
export function plural(language: Language, count: number): 'one' | 'other' {
	return new Intl.PluralRules(language).select(count) === 'one' ? 'one' : 'other';
}
