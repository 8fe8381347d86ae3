import {say, sayMeaning} from '../core/line-texts.js';
import {build} from './elements.js';
import type {Story} from './shell.js';

/** What "Why?" tells: what such a reply does, who said so, and a number only to those who asked for numbers. */
export function explain({language, reason, partial, source, score}: Story): HTMLElement[] {
	const notes = [say(language, `source_${source}`)];
	if (partial) notes.push(say(language, 'partial'));
	if (score !== undefined) notes.push(say(language, 'sure', {percent: percent(language, score)}));
	const told = [build('p', 'note', notes.join(' '))];
	// A person who marked it without a category has said no more than that.
	if (reason !== 'other' || source === 'model') told.unshift(build('p', '', sayMeaning(language, reason)));
	return told;
}

/** Never 100 %: no model is that sure. */
function percent(language: string, score: number): string {
	return new Intl.NumberFormat(language, {style: 'percent'}).format(Math.min(score, 0.99));
}
