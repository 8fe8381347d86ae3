import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Language} from '../../../extension/src/core/i18n.js';
import {type Event, isWhole, type Said, type WholeEvent} from '../../../extension/src/evidence/chain.js';
import {
	type Checked,
	checkFile,
	choose,
	escapeHtml,
	frameDigest,
	frameOf,
	makeFile as makeFileOf,
	pack,
	toCsv,
	toHtml,
	toJson,
} from '../../../extension/src/evidence/export.js';
import {FRAMES} from '../../../extension/src/evidence/frames.js';
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

const makeFile = (events: Event[], language: Language, now?: Date) =>
	makeFileOf(events, language, '0.1.0', now);
const check = (text: string) => checkFile(text);
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
	const page = toHtml(makeFile(await hostileChain(), language));
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
	const page = toHtml(makeFile(events, 'en'));
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
		const parsed = parse(toHtml(makeFile(await chainOf(post()), language)));
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
		expect(page).toMatchObject({state: 'whole', readable: 'same', verified: {withheld: 0}});
		const json = await whole(await pack(file, 'json', sayEvidence).blob.text());
		expect(json.state).toBe('whole');
		expect(json).not.toHaveProperty('readable');
		expect(json.file).toEqual(file);
	},
);

test('a page is whole after its line ends were written anew', async () => {
	const page = toHtml(makeFile(await chainOf(post('one\r\ntwo\nthree')), 'en'));
	expect(await whole(page.replaceAll(/\r?\n/g, '\r\n'))).toMatchObject({state: 'whole', readable: 'same'});
});

test('a changed file is found, and where', async () => {
	const file = makeFile(await chainOf(post('one'), post('two'), post('three')), 'en');
	const json = toJson(file);
	expect(await check(json.replace('"two"', '"2"'))).toEqual({state: 'broken', seq: 2});
	expect(await check(json.replace('https://x.com/somebody', 'http://x.com/somebody'))).toEqual({
		state: 'broken',
		seq: 1,
	});
	const page = toHtml(file);
	expect(await check(page.replaceAll('two', '2'))).toEqual({state: 'broken', seq: 2});
	const onlyRead = page.replace('>two<', '>2<');
	expect(onlyRead).not.toBe(page);
	expect(await check(onlyRead)).toMatchObject({state: 'whole', readable: 'changed'});
	const added = page.replace('</main>', '<p>And one more.</p></main>');
	expect(await check(added)).toMatchObject({state: 'whole', readable: 'changed'});
});

describe('of a page that an earlier version made', () => {
	const said = frameOf('en');
	const texts = {...said.texts, column_text: {message: 'Words'}, act_blame: {message: 'puts the blame'}};
	const earlier = {style: `${said.style}h1 { font-size: 2em; }`, texts};
	const judged: Said = {
		kind: 'post',
		payload: savedPost({text: 'one', verdict: {act: 'hide', reason: 'blame', source: 'model'}}),
	};

	async function made(): Promise<{page: string; known: Set<string>}> {
		const page = toHtml(makeFile(await chainOf(judged, post('two'), note(1, 'mine')), 'en'), earlier);
		return {page, known: new Set([await frameDigest(earlier)])};
	}

	test('words and looks may be others', async () => {
		const {page, known} = await made();
		expect(parse(page).body.textContent).toContain('A program said: puts the blame');
		expect(page).not.toBe(
			toHtml(((await checkFile(page, known)) as Extract<Checked, {state: 'whole'}>).file),
		);
		expect(await checkFile(page, known)).toMatchObject({state: 'whole', readable: 'same'});
	});

	test.each([
		['a word', '>one<', '>1<'],
		['a note', '>mine<', '>yours<'],
		['a time', '2026-01-01 00:00:00 UTC<', '2026-01-02 00:00:00 UTC<'],
		['where a link leads', 'href="https://x.com/somebody', 'href="https://x.com/another'],
		['what was said', 'A program said: puts', 'A court said: puts'],
		['a heading', '<dt>Words</dt>', '<dt>Threat</dt>'],
		['an added row', '</dl>', '<dt>More</dt><dd>of it</dd></dl>'],
		['a removed row', /<dt>Note<\/dt><dd>.*?<\/dd>/, ''],
		['a removed reply', /<article>.*?<\/article>\n/s, ''],
		['hidden by its looks', '</style>', 'article { display: none; }</style>'],
	])('%s that was changed is found', async (_, from, to) => {
		const {page, known} = await made();
		const changed = page.replace(from, to);
		expect(changed).not.toBe(page);
		expect(await checkFile(changed, known)).toMatchObject({state: 'whole', readable: 'changed'});
	});

	test('words that no version had are not taken for ours', async () => {
		const {page} = await made();
		expect(await check(page)).toMatchObject({state: 'whole', readable: 'unknown', file: {program: '0.1.0'}});
	});
});

test.each(['en', 'ur'] as const)('pages of version 0.1.0 can be checked for ever (%s)', async language => {
	const page = readFileSync(join(import.meta.dirname, `pages/0.1.0.${language}.html`), 'utf8');
	expect(await check(page)).toMatchObject({state: 'whole', readable: 'same', file: {program: '0.1.0'}});
});

test.each(['en', 'ur'] as const)(
	'what pages say and how they look is known to a check (%s)',
	async language => {
		const digest = await frameDigest(frameOf(language));
		expect(FRAMES.has(digest), `add ${digest} to evidence/frames.ts and keep what was given out`).toBe(true);
	},
);

test.each(['', 'hello', 'null', '[]', '{}', '<p>A page</p>'])(
	'what is none of our files is not taken for one: %s',
	async text => {
		expect(await check(text)).toEqual({state: 'unknown'});
	},
);

test.each([
	['{"kind":"panah-review","version":1}', 'replies'],
	['{"kind":"panah-labels","version":1}', 'answers'],
	['{"kind":"reader-settings"}', 'settings'],
	['{"kind":"panah-evidence","version":2}', 'saved'],
	[
		'{"kind":"panah-evidence","version":1,"created":"2026-01-01","language":"en","offset":0,"events":[]}',
		'saved',
	],
	[
		'{"kind":"panah-evidence","version":1,"created":"2026-01-01","language":"fr","offset":0,"events":[{}]}',
		'saved',
	],
	['{"kind":"panah-evidence","version":1,"created":"no","language":"en","offset":0,"events":[{}]}', 'saved'],
])('what cannot be checked tells what it says it is: %s', async (text, given) => {
	expect(await check(text)).toEqual({state: 'unknown', given});
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
	expect(await whole(toHtml(file))).toMatchObject({readable: 'same'});
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
		expect(row?.filter(cell => cell.startsWith("'") && cell.replaceAll("'", '') === words)).toHaveLength(3);
		expect(row?.some(cell => /^[=+\-@\t\r\n＝]/.test(cell))).toBe(false);
	},
);

test.each([';=1+1', 'so;@sum', 'so\t+1', 'so|-1', 'so\n=1', 'so;"=1', 'so\n"" =1', 'so; ＝1'])(
	'no part of a text is a formula where other signs part cells: %j',
	async words => {
		const table = toCsv(makeFile(await chainOf(post(`${words} end`), note(1, words)), 'en'), sayEvidence);
		for (const separator of [';', '\t', '|']) {
			const cells = readLoosely(table.slice(1), separator);
			expect(cells.some(cell => cell.includes('end'))).toBe(true);
			expect(cells.filter(cell => /^\s*[=+\-@＝＋－＠]/.test(cell))).toEqual([]);
		}
	},
);

test('a text with such signs stays readable', async () => {
	const words = 'me; you | us\nand a - b; =1';
	const [, row] = readCsv(toCsv(makeFile(await chainOf(post(words)), 'en'), sayEvidence).slice(1));
	expect(row).toContain("me; you | us\nand a - b; '=1");
});

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

/** Cells as a spreadsheet takes them apart that expects another separator: quotes count only where a cell begins. */
function readLoosely(text: string, separator: string): string[] {
	const cells: string[] = [];
	let at = 0;
	while (at < text.length) {
		let cell = '';
		if (text[at] === '"') {
			const quoted = /"((?:[^"]|"")*)"/y;
			quoted.lastIndex = at;
			const found = quoted.exec(text);
			cell = (found?.[1] ?? '').replaceAll('""', '"');
			at = found === null ? text.length : quoted.lastIndex;
		}
		while (at < text.length && text[at] !== separator && !/[\r\n]/.test(text[at] ?? '')) {
			cell += text[at];
			at += 1;
		}
		cells.push(cell);
		at += 1;
	}
	return cells;
}

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
