import en from '../../../extension/_locales/en/messages.json';
import ur from '../../../extension/_locales/ur/messages.json';
import {direction, pickLanguage, say, sayAct, sayMeaning} from '../../../extension/src/core/i18n.js';
import {LABELS} from '../../../extension/src/core/verdicts.js';

test.each([
	['browser', 'ur-PK', 'ur'],
	['browser', 'ur', 'ur'],
	['browser', 'en-GB', 'en'],
	['browser', 'de', 'en'],
	['browser', 'urh', 'en'],
	['en', 'ur', 'en'],
	['ur', 'en', 'ur'],
] as const)('the choice "%s" in a browser that speaks %s gives %s', (choice, browser, language) => {
	expect(pickLanguage(choice, browser)).toBe(language);
});

test('Urdu runs from right to left', () => {
	expect([direction('en'), direction('ur')]).toEqual(['ltr', 'rtl']);
});

test('values take their places, and a missing one leaves the place to be seen', () => {
	expect(say('en', 'line_hidden', {act: 'may be a threat'})).toBe('Reply hidden: may be a threat');
	expect(say('en', 'line_hidden')).toBe('Reply hidden: {act}');
});

test('an address or a version between Urdu words keeps its own direction', () => {
	expect(say('ur', 'status_permission', {server: 'panah.example.org'})).toContain(
		'\u2066panah.example.org\u2069',
	);
	expect(say('ur', 'line_hidden', {act: sayAct('ur', 'blame')})).not.toMatch(/[\u2066\u2069]/);
});

test.each([...LABELS, 'other'] as const)('%s has its own words in both languages', reason => {
	const said = (['en', 'ur'] as const).flatMap(language => [
		sayAct(language, reason),
		sayMeaning(language, reason),
	]);
	expect(new Set(said).size).toBe(4);
});

test('what is said in a page is calm: no numbers, no exclamation, no alarm', () => {
	const said = [en, ur].flatMap(messages =>
		Object.entries(messages).filter(([key]) => /^(?:act|meaning|line|flag)/.test(key)),
	);
	expect(said.length).toBeGreaterThan(40);
	for (const [, {message}] of said) expect(message).not.toMatch(/[!%]|\p{N}|warning|danger:|alert/iu);
});

test('Urdu is written in Urdu letters, not in Arabic look-alikes', () => {
	for (const {message} of Object.values(ur)) expect(message).not.toMatch(/[يكه]/);
});
