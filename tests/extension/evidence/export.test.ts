import {type Event, isWhole, type WholeEvent} from '../../../extension/src/evidence/chain.js';
import {
	type Checked,
	checkFile,
	choose,
	escapeHtml,
	isOnX,
	makeFile,
	pack,
	toCsv,
	toHtml,
	toJson,
} from '../../../extension/src/evidence/export.js';
import {sayEvidence} from '../../../extension/src/evidence/texts.js';
import {chainOf, note, post, removal, savedPost} from './factories.js';

const HOSTILE = [
	'<script>globalThis.ran = true</script>',
	'</script><script>globalThis.ran = true</script>',
	'<!-- <script> --> ]]> </style>',
	'"><img src=x onerror="globalThis.ran = true">',
	"' onclick='x' &lt; &amp;amp; &#0;",
	'\u202Eesrever \u2066 left open',
	'\0 \ud800 \r\n \u2028',
	'{act} {time} $& $1 $`',
];

const check = (text: string) => checkFile(text, sayEvidence);
const whole = async (text: string) => (await check(text)) as Extract<Checked, {state: 'whole'}>;
const parse = (text: string) => new DOMParser().parseFromString(text, 'text/html');

async function hostileChain(): Promise<Event[]> {
	const events: Event[] = [];
	for (const words of HOSTILE) {
		const payload = savedPost({text: words, name: words, answers: {text: words}});
		events.push(...(await chainOf({kind: 'post', payload})));
	}
	// One chain, not many: each made anew after the one before.
	const said = events.filter(isWhole).map(({kind, payload}) => ({kind, payload}) as WholeEvent);
	return chainOf(...said, note(1, HOSTILE.join('\n')));
}

test.each(['en', 'ur'] as const)('no words of a reply become markup (%s)', async language => {
	const page = toHtml(makeFile(await hostileChain(), language), sayEvidence);
	const parsed = parse(page);
	expect(parsed.querySelectorAll('script')).toHaveLength(1);
	expect(parsed.querySelectorAll('script')[0]?.getAttribute('type')).toBe('application/json');
	expect(parsed.querySelectorAll('img, iframe, [onclick], [onerror]')).toHaveLength(0);
	expect(parsed.querySelectorAll('article')).toHaveLength(HOSTILE.length);
	const quotes = [...parsed.querySelectorAll('article')].map(
		one => one.querySelector('blockquote')?.textContent,
	);
	expect(quotes.reverse()[0]).toBe(HOSTILE[0]);
	expect(quotes[3]).toBe(HOSTILE[3]);
	expect(quotes[7]).toBe(HOSTILE[7]);
});

test('a page runs and loads nothing, and leads only to X', async () => {
	const elsewhere = savedPost({url: 'https://example.org/status/1'});
	const events = await chainOf(post(), {kind: 'post', payload: elsewhere});
	const page = toHtml(makeFile(events, 'en'), sayEvidence);
	const parsed = parse(page);
	const policy = parsed.querySelector('meta[http-equiv="Content-Security-Policy"]');
	expect(policy?.getAttribute('content')).toBe("default-src 'none'; style-src 'unsafe-inline'");
	expect(parsed.querySelectorAll('[src], link')).toHaveLength(0);
	const links = [...parsed.querySelectorAll('a')].map(link => link.getAttribute('href'));
	expect(new Set(links)).toEqual(new Set([savedPost().url, savedPost().foundOn]));
	expect(parsed.body.textContent).toContain('https://example.org/status/1');
});

test('a page speaks its language in its direction', async () => {
	for (const [language, dir] of [
		['en', 'ltr'],
		['ur', 'rtl'],
	] as const) {
		const parsed = parse(toHtml(makeFile(await chainOf(post()), language), sayEvidence));
		expect(parsed.documentElement.getAttribute('lang')).toBe(language);
		expect(parsed.documentElement.getAttribute('dir')).toBe(dir);
		expect(parsed.querySelector('h1')?.textContent).toBe(sayEvidence(language, 'file_title'));
		expect(parsed.querySelector('blockquote')?.getAttribute('dir')).toBe('auto');
	}
});

test.each(['en', 'ur'] as const)(
	'a file that nobody touched is whole, as page and as JSON (%s)',
	async language => {
		const file = makeFile(await hostileChain(), language);
		const page = await whole(await pack(file, 'html', sayEvidence).blob.text());
		expect(page).toMatchObject({state: 'whole', readable: true, verified: {withheld: 0}});
		const json = await whole(await pack(file, 'json', sayEvidence).blob.text());
		expect(json.state).toBe('whole');
		expect(json).not.toHaveProperty('readable');
		expect(json.file).toEqual(file);
	},
);

test('a page is whole after its line ends were written anew', async () => {
	const page = toHtml(makeFile(await chainOf(post('one\r\ntwo\nthree')), 'en'), sayEvidence);
	expect(await whole(page.replaceAll(/\r?\n/g, '\r\n'))).toMatchObject({state: 'whole', readable: true});
});

test('a changed file is found, and where', async () => {
	const file = makeFile(await chainOf(post('one'), post('two'), post('three')), 'en');
	const json = toJson(file);
	expect(await check(json.replace('"two"', '"2"'))).toEqual({state: 'broken', seq: 2});
	expect(await check(json.replace('https://x.com/somebody', 'http://x.com/somebody'))).toEqual({
		state: 'broken',
		seq: 1,
	});
	const page = toHtml(file, sayEvidence);
	expect(await check(page.replaceAll('two', '2'))).toEqual({state: 'broken', seq: 2});
	const onlyRead = page.replace('>two<', '>2<');
	expect(onlyRead).not.toBe(page);
	expect(await check(onlyRead)).toMatchObject({state: 'whole', readable: false});
	const added = page.replace('</main>', '<p>And one more.</p></main>');
	expect(await check(added)).toMatchObject({state: 'whole', readable: false});
});

test.each([
	'',
	'hello',
	'null',
	'[]',
	'{}',
	'<p>A page</p>',
	'{"kind":"panah-review","version":1}',
	'{"kind":"panah-evidence","version":2}',
	'{"kind":"panah-evidence","version":1,"created":"2026-01-01","language":"en","offset":0,"events":[]}',
	'{"kind":"panah-evidence","version":1,"created":"2026-01-01","language":"fr","offset":0,"events":[{}]}',
	'{"kind":"panah-evidence","version":1,"created":"no","language":"en","offset":0,"events":[{}]}',
])('what is none of our files is not taken for one: %s', async text => {
	expect(await check(text)).toEqual({state: 'unknown'});
});

test.each([
	null,
	{},
	{seq: 1, prev: '0'.repeat(64), hash: 'x'},
	{seq: 1, prev: '0'.repeat(64), hash: '1'.repeat(64), payload: 'text'},
	{
		seq: 1,
		prev: '0'.repeat(64),
		hash: '1'.repeat(64),
		at: '2026-01-01',
		salt: '0'.repeat(32),
		kind: 'other',
		payload: {},
	},
	{
		seq: 1,
		prev: '0'.repeat(64),
		hash: '1'.repeat(64),
		at: '2026-01-01',
		salt: '0'.repeat(32),
		kind: 'post',
		payload: {id: '1'},
	},
])('an event of another shape is a broken place: %j', async event => {
	const file = {...makeFile([], 'en'), events: [event]};
	expect(await check(JSON.stringify(file))).toEqual({state: 'broken', seq: 1});
});

test('a file of chosen replies holds nothing of the others, and can be checked', async () => {
	const events = await chainOf(
		post('mine'),
		post('other'),
		note(1, 'my note'),
		note(2, 'other note'),
		removal(9),
	);
	const file = makeFile(choose(events, new Set([1])), 'en');
	const json = toJson(file);
	expect(json).toContain('my note');
	expect(json).not.toContain('other');
	expect(await whole(json)).toMatchObject({state: 'whole', verified: {withheld: 2}});
	expect(await whole(toHtml(file, sayEvidence))).toMatchObject({readable: true});
});

test('a table holds one row for each reply, and every cell as it is', async () => {
	const words = 'He said "no",\nthen\r\nleft; آپ';
	const table = toCsv(makeFile(await chainOf(post(words), note(1, 'a, b')), 'en'), sayEvidence);
	expect(table.startsWith('\uFEFF"Number","Saved"')).toBe(true);
	expect(table.endsWith('\r\n')).toBe(true);
	const rows = readCsv(table.slice(1));
	expect(rows).toHaveLength(2);
	expect(new Set(rows.map(row => row.length))).toEqual(new Set([13]));
	expect(rows[1]).toContain(words);
	expect(rows[1]).toContain('a, b');
});

test.each(['=1+1', '+1', '-1', '@sum', '\t=1', '\r=1', '\n=1', '＝1'])(
	'no cell is a formula: %j',
	async words => {
		const events = await chainOf(
			{kind: 'post', payload: savedPost({text: words, name: words})},
			note(1, words),
		);
		const [, row] = readCsv(toCsv(makeFile(events, 'en'), sayEvidence).slice(1));
		expect(row?.filter(cell => cell === `'${words}`)).toHaveLength(3);
		expect(row?.some(cell => /^[=+\-@\t\r\n＝]/.test(cell))).toBe(false);
	},
);

test('names of files say nothing about what they are for', async () => {
	const file = makeFile(await chainOf(post()), 'en', new Date('2026-11-22T12:00:00Z'));
	for (const format of ['html', 'json', 'csv'] as const) {
		expect(pack(file, format, sayEvidence).name).toBe(`replies-2026-11-22.${format}`);
	}
});

test('escaping leaves no sign that markup is made of', () => {
	expect(escapeHtml(`<a href="x" id='y'>&</a>\0`)).toBe(
		'&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;&lt;/a&gt;\uFFFD',
	);
});

test('only addresses of X are links', () => {
	expect(['https://x.com/a', 'https://twitter.com/a', 'https://mobile.twitter.com/a'].every(isOnX)).toBe(
		true,
	);
	const others = [
		'http://x.com/a',
		'https://x.com.example.org/',
		'https://example.org/x.com',
		'javascript:x',
		'https://',
	];
	expect(others.some(isOnX)).toBe(false);
});

/** Cells after RFC 4180. */
function readCsv(text: string): string[][] {
	const rows: string[][] = [[]];
	const cell = /"((?:[^"]|"")*)"(,|\r\n)/gy;
	for (const [, inner = '', end] of text.matchAll(cell)) {
		rows.at(-1)?.push(inner.replaceAll('""', '"'));
		if (end === '\r\n') rows.push([]);
	}
	return rows.slice(0, -1);
}
