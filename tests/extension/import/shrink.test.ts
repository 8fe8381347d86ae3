import {shrink} from '../../../extension/src/pages/import/shrink.js';

const block = (...ids: unknown[]) =>
	`window.YTD.block.part0 = ${JSON.stringify(
		ids.map(accountId => ({blocking: {accountId, userLink: 'https://x.com/a'}})),
		null,
		2,
	)}`;
const queue = (...ids: unknown[]) =>
	JSON.stringify(ids.map(user_id => ({user_id, user: {name: 'A', screen_name: 'a'}})));

test.each(['auto', 'x-archive'])('of an archive the numbers alone are sent (%s)', format => {
	const sent = shrink({text: block('1234567890123456789', '12'), format});
	expect(sent).toEqual({text: '1234567890123456789\n12\n', format: 'x-csv'});
});

test('mute.js is read like block.js, with a semicolon at its end as well', () => {
	const text = 'window.YTD.mute.part1 = [{"muting": {"accountId": "12"}}];\n';
	expect(shrink({text, format: 'auto'})).toEqual({text: '12\n', format: 'x-csv'});
});

test.each(['auto', 'blue-blocker'])('of Blue Blocker’s queue the numbers alone are sent (%s)', format => {
	expect(shrink({text: queue('12', '34'), format})).toEqual({text: '12\n34\n', format: 'x-csv'});
});

test.each([
	['a number that JSON would round', queue(12)],
	['a handle', queue('12', '@someone')],
	['a number with a zero before it', queue('012')],
	['digits of another script', queue('٣٤')],
	['an item of another form', `[{"user_id": "12"}, 7]`],
	['an empty list', '[]'],
	['an archive without blocks', 'window.YTD.block.part0 = [ ]'],
	['broken JSON', '[{"user_id": "12"}'],
	['a script', 'window.YTD.block.part0 = JSON.parse("[]")'],
	[
		'a part of the archive that holds other people',
		'window.YTD.following.part0 = [{"following": {"accountId": "12"}}]',
	],
	['JSON nested without end', `[{"user_id": ${'['.repeat(100_000)}`],
	['plain numbers', '12\n34\n'],
	['addresses', 'a@example.org\n'],
	['a list called toString', '[{"toString": "12"}]'],
])('%s goes as it is, so that the service names the lines', (_, text) => {
	expect(shrink({text, format: 'auto'})).toEqual({text, format: 'auto'});
});

test('a file of another kind, as the reader says, goes as it is', () => {
	const sent = {text: queue('12'), format: 'bluesky'};
	expect(shrink(sent)).toEqual(sent);
});
