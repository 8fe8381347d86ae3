import type {Language} from '../../core/i18n.js';

/** A time of day as the language writes it, after the date if a style of one is given. */
export function sayTime(
	language: Language,
	at: number | string,
	dateStyle?: Intl.DateTimeFormatOptions['dateStyle'],
): string {
	return new Intl.DateTimeFormat(language, {
		...(dateStyle === undefined ? {} : {dateStyle}),
		timeStyle: 'short',
		// For Urdu the browser writes AM and PM, in Latin letters.
		...(language === 'ur' ? {hourCycle: 'h23'} : {}),
	}).format(new Date(at));
}
