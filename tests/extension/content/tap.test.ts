import {openTap, original, type Tap, wholeText} from '../../../extension/src/content/tap.js';
import type {TapPost} from '../../../extension/src/tap/read.js';

const ID = '1900000000000000001';
const POST: TapPost = {
	id: ID,
	accountId: '1400000000000000007',
	handle: 'somebody',
	parentId: '1900000000000000000',
	conversationId: '1900000000000000000',
	text: 'A reply.',
	promoted: false,
	protected: false,
	following: true,
};
const {id: _, ...FACTS} = POST;

let closing: AbortController;
let said: unknown[];
let news: string[][];
let tap: Tap;

function channel(): string {
	const last = said.findLast(detail => typeof detail === 'string' && detail.startsWith('on:'));
	return (last as string).slice(3);
}

function tellRaw(detail: unknown, name = channel()): void {
	document.dispatchEvent(new CustomEvent(name, {detail}));
}

function tell(posts: unknown, name?: string): void {
	tellRaw(JSON.stringify(posts), name);
}

beforeEach(() => {
	closing = new AbortController();
	said = [];
	news = [];
	document.addEventListener('panah-tap', event => said.push((event as CustomEvent).detail), {
		signal: closing.signal,
	});
	tap = openTap(ids => news.push(ids), closing.signal);
});

afterEach(() => closing.abort());

describe('the channel', () => {
	test('nothing is said before somebody has decided', () => {
		expect(said).toEqual([]);
	});

	test('its name cannot be guessed, and is another one each time', () => {
		tap.enable();
		const first = channel();
		expect(first).toMatch(/^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/);
		tap.enable();
		expect(said).toHaveLength(1);
		tap.disable();
		tap.enable();
		expect(channel()).not.toBe(first);
		tell([POST], first);
		expect(tap.about(ID)).toBeUndefined();
	});

	test('off is said also where it never was on, since the tap waits', () => {
		tap.disable();
		expect(said).toEqual(['off']);
	});

	test('what was said is said again to a tap that starts late', () => {
		tellRaw('ready', 'panah-tap');
		expect(said).toEqual(['ready']);
		tap.enable();
		tellRaw('ready', 'panah-tap');
		expect(said.filter(detail => detail === `on:${channel()}`)).toHaveLength(2);
	});

	test('it ends with the page, and does not come back', () => {
		tap.enable();
		tell([POST]);
		const name = channel();
		closing.abort();
		tell([POST], name);
		expect(tap.about(ID)).toBeUndefined();
		const heard: unknown[] = [];
		document.addEventListener('panah-tap', event => heard.push(event), {once: true});
		tap.enable();
		expect(heard).toEqual([]);
	});
});

describe('facts', () => {
	beforeEach(() => tap.enable());

	test('are known by the id of their post, and news of them is given', () => {
		tell([POST, {id: '2'}]);
		expect(tap.about(ID)).toEqual(FACTS);
		expect(tap.about('3')).toBeUndefined();
		expect(news).toEqual([[ID]]);
	});

	test('newer ones lie over older ones', () => {
		tell([POST]);
		tell([{id: ID, following: false, quotedId: '7'}]);
		expect(tap.about(ID)).toEqual({...FACTS, following: false, quotedId: '7'});
	});

	test('a whole text is not given up for its beginning', () => {
		const text = 'It was your own fault for going there.';
		tell([{id: ID, text}]);
		tell([{id: ID, text: 'It was your own… https://t.co/aaaaaaaaaa'}]);
		expect(tap.about(ID)?.text).toBe(text);
		tell([{id: ID, text: 'Something else.'}]);
		expect(tap.about(ID)?.text).toBe('Something else.');
	});

	test('what is known already is no news', () => {
		tell([POST]);
		tell([POST]);
		tell([{id: ID, following: true}]);
		expect(news).toEqual([[ID]]);
	});

	test('are forgotten when it is switched off', () => {
		tell([POST]);
		const name = channel();
		tap.disable();
		expect(tap.about(ID)).toBeUndefined();
		tell([POST], name);
		expect(tap.about(ID)).toBeUndefined();
		tap.enable();
		expect(tap.about(ID)).toBeUndefined();
	});

	test('are bounded: the oldest go', () => {
		const ids = Array.from({length: 5_100}, (_, index) => String(index + 1));
		tell([{id: '1', promoted: false}]);
		for (let from = 1; from < ids.length; from += 200) {
			tell(ids.slice(from, from + 200).map(id => ({id, promoted: false})));
			// Told again and again, this one is never the oldest.
			tell([{id: '2', promoted: false}]);
		}
		expect(tap.about('1')).toBeUndefined();
		expect(tap.about('2')).toEqual({promoted: false});
		expect(tap.about('5100')).toEqual({promoted: false});
		expect(ids.filter(id => tap.about(id) !== undefined)).toHaveLength(5_000);
	});
});

describe('messages that the page may have forged', () => {
	beforeEach(() => tap.enable());

	test.each([
		['nothing', undefined],
		['an object', [POST]],
		['no JSON', '[{'],
		['no list', JSON.stringify(POST)],
		['null', 'null'],
		['too long', `[${JSON.stringify(POST)}${' '.repeat(2_000_000)}]`],
		['too many', JSON.stringify(Array.from({length: 201}, () => POST))],
		['nested without end', '['.repeat(900_000)],
	])('%s: nothing is taken', (_, detail) => {
		tellRaw(detail);
		expect(tap.about(ID)).toBeUndefined();
		expect(news).toEqual([]);
	});

	test('one wrong post does not take the others with it', () => {
		tell([null, 3, 'x', [], {id: 5}, {id: Number(ID)}, {id: '__proto__'}, POST]);
		expect(news).toEqual([[ID]]);
	});

	test('unknown fields and fields of a wrong form are dropped', () => {
		tell([
			{
				...POST,
				accountId: 1234567,
				handle: 'a b',
				parentId: '<img>',
				following: 'no',
				extra: 1,
			},
		]);
		const {accountId, handle, parentId, following, ...rest} = FACTS;
		expect(tap.about(ID)).toEqual(rest);
	});

	test('keys that reach for prototypes reach nothing', () => {
		tellRaw(
			`[{"id":"${ID}","promoted":false,"__proto__":{"following":true,"polluted":true},"constructor":{}}]`,
		);
		expect(tap.about(ID)).toEqual({promoted: false});
		expect(tap.about(ID)?.following).toBeUndefined();
		expect(tap.about('__proto__')).toBeUndefined();
		expect(tap.about('constructor')).toBeUndefined();
		expect(({} as Record<string, unknown>).polluted).toBeUndefined();
	});
});

describe('the whole text', () => {
	const told =
		'Look at https://t.co/aaaaaaaaaa: it was @Some_Body’s own fault ❤️ for going\n\nthere at night.';

	test.each([
		['cut between words', 'Look at  URL : it was @Some_Body’s own fault'],
		['cut within a word', 'Look at  URL : it was @Some_Body’s own fau…'],
		['cut within a mention', 'Look at  URL : it was @Some_…'],
		['with other spaces', 'Look  at URL : it\nwas @Some_Body’s own fault ❤️ for going there'],
		['without its emoji', 'Look at  URL : it was @Some_Body’s own fault  for going …'],
		['with a mention in other letters', 'Look at  URL : it was @some_body’s own fault ❤ for'],
	])('is what was told, when the beginning on the page agrees: %s', (_, shown) => {
		expect(wholeText(shown, true, told)).toBe(told);
	});

	test('in Urdu, too, where the cut goes through a letter with marks', () => {
		const whole = 'غلطی تمہاری ہے، رات کو کیوں گئی تھیں؟ اللّٰہ';
		expect(wholeText('غلطی تمہاری ہے، رات کو…', true, whole)).toBe(whole);
		expect(wholeText('غلطی تمہاری ہے، رات کو کیوں گئی تھیں؟ اللّ…', true, whole)).toBe(whole);
	});

	test.each([
		['something else', 'Look at  URL : it was not…'],
		['only emoji', '❤️…'],
		['nothing', ''],
		['all of it already', told],
		['more of it', `${told} And more`],
	])('is not what was told, where the page shows %s', (_, shown) => {
		expect(wholeText(shown, true, told)).toBeUndefined();
	});

	test('is what the page shows, where it shows the whole', () => {
		expect(wholeText('Look at  URL : it was', false, told)).toBeUndefined();
	});

	test('is not known where nothing was told', () => {
		expect(wholeText('Look', true, undefined)).toBeUndefined();
	});

	test('is compared in time, whatever the text', () => {
		const start = performance.now();
		for (const part of ['@', 'a@', ' ', 'https://', 'a.', '…', '\u0301']) {
			wholeText(part.repeat(4_000), true, part.repeat(12_000));
		}
		expect(performance.now() - start).toBeLessThan(300);
	});
});

describe('the original of a translated post', () => {
	test('is what was told', () => {
		expect(original('غلطی تمہاری ہے')).toBe('غلطی تمہاری ہے');
	});

	test.each([undefined, '', '@somebody https://t.co/aaaaaaaaaa', '…'])('is not known from %j', told => {
		expect(original(told)).toBeUndefined();
	});
});
