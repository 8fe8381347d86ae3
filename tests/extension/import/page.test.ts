import {keepBatch, loadBatches} from '../../../extension/src/pages/import/batches.js';
import {REASONS} from '../../../extension/src/pages/import/report.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	click,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	said,
	settle,
	submit,
} from '../pages/open-page.js';

const SERVER = 'http://127.0.0.1:8000';
const BATCH = '00000000-0000-4000-8000-000000000001';
const LISTS = [
	{slug: 'calm', name: 'Calm', description: '', norms: '', contact: '', joining: 'open', archived: false},
	{slug: 'old', name: 'Old', description: '', norms: '', contact: '', joining: 'open', archived: true},
];

let browser: FakeChrome;
let asked: Array<Record<string, unknown>>;
let answers: Record<string, unknown>;

const report = (parts: Record<string, unknown> = {}) => ({
	format: 'x-csv',
	new: 3,
	known: 1,
	retractions: 0,
	days: 2,
	sample: ['x:1', 'x:2', 'x:3'],
	refused: [],
	refused_count: 0,
	batch: null,
	...parts,
});
const ok = (value: unknown) => ({ok: true, value});
const refuse = (problem: string, code = '') => ({ok: false, problem, code});

async function open(): Promise<void> {
	await openOwnPage('import', () => import('../../../extension/src/pages/import/import.js'));
}

async function give(content: string | Uint8Array<ArrayBuffer>, name = 'blocks.csv'): Promise<void> {
	Object.defineProperty(at('#file'), 'files', {value: [new File([content], name)], configurable: true});
	at('#file').dispatchEvent(new Event('change', {bubbles: true}));
	await settle();
}

async function pick(id: string, value: string): Promise<void> {
	field(id).value = value;
	at(`#${id}`).dispatchEvent(new Event('change', {bubbles: true}));
	await settle();
}

async function look(content: string | Uint8Array<ArrayBuffer> = '1\n2\n3\n4\n'): Promise<void> {
	await give(content);
	await pick('category', 'abuse');
	await submit('#form');
}

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	asked = [];
	answers = {lists: ok(LISTS), join: ok(undefined), import: ok(report()), 'take-back': ok(undefined)};
	browser.runtime.sendMessage.mockImplementation(async message => {
		const {ask} = message as {ask: Record<string, unknown>};
		asked.push(ask);
		return ask.do === 'import' && ask.preview === false
			? ok(report({batch: BATCH}))
			: answers[String(ask.do)];
	});
});

afterEach(() => {
	vi.useRealTimers();
});

test.each(['en', 'ur'])('every text is there, and every control has a name (%s)', async language => {
	await browser.storage.sync.set({settings: {language}});
	await open();
	expectWholeTexts();
	expect(document.documentElement.dir).toBe(language === 'ur' ? 'rtl' : 'ltr');
});

test('offers the lists that take reports', async () => {
	await open();
	expect(all('#list option').map(option => option.textContent)).toEqual(['Calm']);
});

test('says why there is no list', async () => {
	answers.lists = refuse('later');
	await open();
	expect(said('list-note')).toMatch(/does not answer/);
});

test('shows what would happen before anything is brought in', async () => {
	await open();
	expect(isHidden('preview')).toBe(true);
	await look();
	expect(asked.at(-1)).toEqual({
		do: 'import',
		list: 'calm',
		text: '1\n2\n3\n4\n',
		format: 'auto',
		category: 'abuse',
		preview: true,
	});
	expect(all('#counts li').map(line => line.textContent)).toEqual([
		'3 accounts are new.',
		'A list takes only so many a day: it needs 2 days until all are reports.',
		'1 account you have reported before, or it waits already.',
	]);
	expect(all('#subjects li').map(line => line.textContent)).toEqual(['x:1', 'x:2', 'x:3']);
	expect(asked.filter(({preview}) => preview === false)).toEqual([]);
	expect(document.activeElement?.id).toBe('preview-title');
});

test('asks for what is missing and sends nothing', async () => {
	await open();
	await submit('#form');
	expect(said('note')).toMatch(/choose a list, a file/);
	await give('1\n');
	await submit('#form');
	expect(said('note')).toMatch(/choose a list, a file/);
	expect(asked.map(ask => ask.do)).toEqual(['lists']);
});

test('names the lines that cannot be taken, and offers nothing more', async () => {
	const refused = [
		{line: 2, why: 'handle', text: ''},
		{line: 9, why: 'something-new', text: ''},
	];
	answers.import = ok(report({refused, refused_count: 5}));
	await open();
	await look();
	expect(said('refused-count')).toMatch(/^5 lines cannot be taken/);
	expect(all('#lines li').map(line => line.textContent)).toEqual([
		'Line 2: this is a name, and a name can change hands. The account’s number is needed.',
		'Line 9: something is missing, or is not of this kind of file.',
	]);
	expect(isHidden('go')).toBe(true);
	expect(isHidden('sample')).toBe(true);
	expect(all('#counts li')).toEqual([]);
});

test.each(['en', 'ur'])('has words for every reason (%s)', async language => {
	await browser.storage.sync.set({settings: {language}});
	answers.import = ok(report({refused: REASONS.map((why, at) => ({line: at + 1, why})), refused_count: 16}));
	await open();
	await look();
	const lines = all('#lines li').map(line => line.textContent?.replace(/\d+/, ''));
	expect(new Set(lines).size).toBe(REASONS.length);
	for (const line of lines) expect(line).not.toMatch(/bring_|undefined|\{/);
});

test('a file that brings nothing new cannot be brought in', async () => {
	answers.import = ok(report({new: 0, known: 4, days: 0, sample: []}));
	await open();
	await look();
	expect(isHidden('go')).toBe(true);
	expect(at('#counts').textContent).toContain('nothing new');
});

test('brings in what was shown, and remembers it for taking back', async () => {
	await open();
	await look();
	await click('#go');
	expect(asked.slice(-2)).toEqual([
		{do: 'join', list: 'calm', name: 'Calm'},
		{do: 'import', list: 'calm', text: '1\n2\n3\n4\n', format: 'auto', category: 'abuse', preview: false},
	]);
	expect(isHidden('preview')).toBe(true);
	expect(said('before-note')).toMatch(/brought in/);
	expect(await loadBatches()).toMatchObject([
		{server: SERVER, list: 'calm', name: 'Calm', batch: BATCH, count: 3},
	]);
	await click('#before button');
	expect(asked.at(-1)).toEqual({do: 'take-back', list: 'calm', batch: BATCH});
	expect(await loadBatches()).toEqual([]);
	expect(said('before-note')).toMatch(/^Taken back/);
});

test('another file, list or kind makes the preview go away', async () => {
	await open();
	for (const change of [() => give('7\n'), () => pick('format', 'x-csv'), () => pick('category', 'blame')]) {
		await look();
		expect(isHidden('preview')).toBe(false);
		await change();
		expect(isHidden('preview')).toBe(true);
	}
	await click('#go');
	expect(asked.filter(({preview}) => preview === false)).toEqual([]);
});

test.each([
	['import-format-ambiguous', /several kinds/],
	['import-format-unknown', /not known/],
	['body-too-large', /panah lists import/],
	['import-too-large', /panah lists import/],
	['import-too-many', /more than a year/],
	['something-else', /could not read that/],
])('says in words what %s means', async (code, words) => {
	answers.import = refuse('invalid', code);
	await open();
	await look();
	expect(said('note')).toMatch(words);
	expect(isHidden('preview')).toBe(true);
});

test('without a key it says how one is made', async () => {
	answers.import = refuse('no_key');
	await open();
	await look();
	expect(said('note')).toMatch(/need a key/);
});

test('who may not join is told so, and nothing is kept', async () => {
	answers.join = refuse('forbidden', 'invitation-needed');
	await open();
	await look();
	await click('#go');
	expect(said('note')).toMatch(/invitation/);
	expect(asked.filter(({preview}) => preview === false)).toEqual([]);
	expect(await loadBatches()).toEqual([]);
});

test('a file that is not UTF-8 is not sent', async () => {
	await open();
	await look(new Uint8Array([0x31, 0x0a, 0xff, 0xfe]));
	expect(said('note')).toMatch(/UTF-8/);
	expect(asked.map(ask => ask.do)).toEqual(['lists']);
});

test('a file over 20 MB is not read', async () => {
	await open();
	await give('1\n');
	const large = new File(['1\n'], 'large.csv');
	Object.defineProperty(large, 'size', {value: 20 * 1024 * 1024 + 1});
	Object.defineProperty(at('#file'), 'files', {value: [large], configurable: true});
	await pick('category', 'abuse');
	await submit('#form');
	expect(said('note')).toMatch(/too large/);
	expect(asked.map(ask => ask.do)).toEqual(['lists']);
});

test('an answer that cannot be read is no preview', async () => {
	answers.import = ok({new: -1});
	await open();
	await look();
	expect(isHidden('preview')).toBe(true);
	expect(said('note')).toMatch(/could not read/);
});

test('an import stays where the server cannot be reached, and goes where its key is gone', async () => {
	await keepBatch({server: SERVER, list: 'calm', name: 'Calm', batch: BATCH, day: '2026-03-01', count: 1});
	answers['take-back'] = refuse('later');
	await open();
	await click('#before button');
	expect(await loadBatches()).toHaveLength(1);
	answers['take-back'] = refuse('key');
	await click('#before button');
	expect(await loadBatches()).toEqual([]);
});

test('imports to another server are not shown', async () => {
	const made = {list: 'calm', name: 'Calm', batch: BATCH, day: '2026-03-01', count: 1};
	await keepBatch({server: 'https://panah.example', ...made});
	await open();
	expect(isHidden('before-none')).toBe(false);
});

test('what lies in storage in another form is passed over', async () => {
	await browser.storage.local.set({imports: [7, {server: SERVER}, null]});
	expect(await loadBatches()).toEqual([]);
	await browser.storage.local.set({imports: 'x'});
	expect(await loadBatches()).toEqual([]);
});
