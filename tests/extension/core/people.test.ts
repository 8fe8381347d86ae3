import {type Account, isSame} from '../../../extension/src/core/people.js';

const table: Array<[string, Account, Account, boolean]> = [
	['the same number', {handle: 'one', accountId: '7'}, {handle: 'one', accountId: '7'}, true],
	[
		'the same number under another handle',
		{handle: 'one', accountId: '7'},
		{handle: 'two', accountId: '7'},
		true,
	],
	[
		'the same handle with another number',
		{handle: 'one', accountId: '7'},
		{handle: 'one', accountId: '8'},
		false,
	],
	['the same handle, one number unknown', {handle: 'one', accountId: '7'}, {handle: 'one'}, true],
	['the same handle, no number known', {handle: 'one'}, {handle: 'one'}, true],
	['another handle, one number unknown', {handle: 'one', accountId: '7'}, {handle: 'two'}, false],
	[
		'numbers that only a text can tell apart',
		{handle: 'one', accountId: '9007199254740993'},
		{handle: 'one', accountId: '9007199254740992'},
		false,
	],
];

test.each(table)('%s', (_, a, b, expected) => {
	expect(isSame(a, b)).toBe(expected);
	expect(isSame(b, a)).toBe(expected);
});
