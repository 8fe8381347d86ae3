import {digest, hasWords, MAX_CHARACTERS, markKey, prepare} from '../../../extension/src/core/text.js';

const cases: Array<[string, string, string]> = [
	['mentions', 'look @someone_1 and @Other', 'look @user and @user'],
	['a mention without a space', 'yes@someone.', 'yes@user.'],
	['mail addresses', 'write to a.b+c@example.co.uk now', 'write to @user now'],
	['links', 'see https://example.com/a?b=c#d and www.example.org/x', 'see URL and URL'],
	['shortened links', 'here t.co/AbC1 pic.twitter.com/xyz pic.x.com/q', 'here URL URL URL'],
	['a link that Urdu follows', 'دیکھو https://t.co/abcیہ غلط ہے', 'دیکھو URLیہ غلط ہے'],
	['bidi controls', 'a\u202Eb\u2066c\u2069\u200Fd\u061C', 'abcd'],
	['tatweel', 'غلـــطی', 'غلطی'],
	['decomposed letters', 'e\u0301', '\u00E9'],
	['spaces', '  a \t b\u00A0c  ', 'a b c'],
	['lines', 'a  \n\n  \n b', 'a\nb'],
	['an address with a wide sign', 'me＠john.example now', '@user now'],
	['letters that tatweel held apart', 'ا\u0640\u0653', 'آ'],
	['a lone surrogate', 'a\uD800b', 'a\uFFFDb'],
];

test.each(cases)('%s are prepared', (_, raw, prepared) => {
	expect(prepare(raw)).toEqual({text: prepared, cut: false});
});

test.each(cases)('%s: preparing twice is preparing once', (_, raw) => {
	const once = prepare(raw).text;
	expect(prepare(once).text).toBe(once);
});

test('the zero-width non-joiner stays, since Urdu spelling needs it', () => {
	expect(prepare('خوش\u200Cقسمت').text).toBe('خوش\u200Cقسمت');
});

test('a text is cut at 4,000 characters, and never through one', () => {
	expect(prepare('😀'.repeat(MAX_CHARACTERS))).toEqual({text: '😀'.repeat(MAX_CHARACTERS), cut: false});
	expect(prepare('😀'.repeat(MAX_CHARACTERS + 1))).toEqual({text: '😀'.repeat(MAX_CHARACTERS), cut: true});
});

test.each([
	['@someone https://t.co/abc', false],
	['  \u202E ', false],
	['…!?', false],
	['ok', true],
	['ہاں', true],
	['😀', true],
	['7', true],
])('"%s" has words: %s', (raw, expected) => {
	expect(hasWords(prepare(raw).text)).toBe(expected);
});

test('the digest is SHA-256 and tells apart where parts end', async () => {
	expect(await digest(['a'])).toBe('0eb5b8d6f81bc677da8a08567cc4fa9a06a57e9ec8da85ed73a7f62727996002');
	expect(await digest(['a', 'b'])).not.toBe(await digest(['ab']));
});

test('a mark is kept by the masked text: other people, links and spaces make no other one', async () => {
	const key = await markKey('@one her fault https://t.co/a');
	expect(key).toBe(await markKey('@two  her fault https://t.co/b '));
	expect(key).toBe(await digest(['@user her fault URL']));
	expect(key).not.toBe(await markKey('her fault'));
	expect(await markKey(prepare('@one her fault').text)).toBe(await markKey('@one her fault'));
});

test.each(['a', 'a.', 'a@', '@a', 'http://', '\u0640', 'a b'])(
	'of "%s" over and over only the beginning is looked at',
	part => {
		const {text, cut} = prepare(part.repeat(1_000_000));
		expect([...text].length).toBeLessThanOrEqual(MAX_CHARACTERS);
		expect(cut).toBe(true);
	},
);
