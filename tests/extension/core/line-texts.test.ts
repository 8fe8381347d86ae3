import en from '../../../extension/_locales/en/line.json';
import ur from '../../../extension/_locales/ur/line.json';
import {LANGUAGES} from '../../../extension/src/core/i18n.js';
import {sayAct, sayMeaning} from '../../../extension/src/core/line-texts.js';
import {REASONS} from '../../../extension/src/core/verdicts.js';

test.each(REASONS)('%s has its own words in both languages', reason => {
	const said = LANGUAGES.flatMap(language => [sayAct(language, reason), sayMeaning(language, reason)]);
	expect(new Set(said).size).toBe(4);
	for (const one of said) expect(one).not.toMatch(/[{}]/);
});

test('what is said in a page is calm: no numbers, no exclamation, no alarm', () => {
	const said = [en, ur].flatMap(messages => Object.values(messages));
	expect(said.length).toBeGreaterThan(40);
	for (const {message} of said) expect(message).not.toMatch(/[!]|\p{N}|warning|danger:|alert/iu);
});

test('Urdu is written in Urdu letters, not in Arabic look-alikes', () => {
	for (const {message} of Object.values(ur)) expect(message).not.toMatch(/[يكه]/);
});
