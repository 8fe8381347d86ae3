import {direction, pickLanguage, plural, sayer} from '../../../extension/src/core/i18n.js';

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

describe('a voice', () => {
	const message = (text: string) => ({message: text});
	const say = sayer({
		en: {at: message('at {server}'), many: message('{count} of {count}'), odd: message('{constructor}')},
		ur: {at: message('{server} پر'), many: message('{count}'), odd: message('{constructor}')},
	});

	test('puts values into their places, and a missing one leaves the place to be seen', () => {
		expect(say('en', 'at', {server: 'home'})).toBe('at home');
		expect(say('en', 'at')).toBe('at {server}');
		expect(say('en', 'many', {count: 2})).toBe('2 of 2');
		expect(say('en', 'odd')).toBe('{constructor}');
	});

	test('does not read a value as a text with places', () => {
		expect(say('en', 'at', {server: '{server} $& $1'})).toBe('at {server} $& $1');
	});

	test.each(['panah.example.org', 'v2-0', '10:30', '@somebody'])(
		'keeps %s together between Urdu words',
		value => {
			expect(say('ur', 'at', {server: value})).toBe(`\u2068${value}\u2069 پر`);
			expect(say('en', 'at', {server: value})).toBe(`at ${value}`);
		},
	);

	test('keeps an Urdu name together between English words', () => {
		expect(say('en', 'at', {server: 'پناہ'})).toBe('at \u2068پناہ\u2069');
		expect(say('ur', 'at', {server: 'پناہ'})).toBe('پناہ پر');
	});

	test.each([
		[0, 'en', '0 of 0'],
		[1234, 'en', '1,234 of 1,234'],
		[1234, 'ur', (1234).toLocaleString('ur')],
	] as const)('writes %i in the way of %s', (count, language, said) => {
		expect(say(language, 'many', {count})).toBe(said);
	});
});

test.each([
	[0, 'other'],
	[1, 'one'],
	[2, 'other'],
	[11, 'other'],
	[100, 'other'],
] as const)('%i of something takes the form "%s" in both languages', (count, form) => {
	expect([plural('en', count), plural('ur', count)]).toEqual([form, form]);
});
