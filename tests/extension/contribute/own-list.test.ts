import {readNumber} from '../../../extension/src/contribute/forms.js';
import {loadListed} from '../../../extension/src/contribute/listed.js';
import {
	changeMine,
	hideAccount,
	ListFull,
	loadMine,
	MOST_MINE,
	type Own,
} from '../../../extension/src/contribute/mine.js';
import {
	CSV_ROWS,
	readFile,
	toCsv,
	toJson,
	UnreadableFile,
} from '../../../extension/src/contribute/mine-file.js';
import {makeCode} from '../../../extension/src/contribute/squad-box.js';
import {addSquad} from '../../../extension/src/contribute/squads.js';
import {decide, type Facts, type Listed} from '../../../extension/src/core/decide.js';
import {DEFAULT_SETTINGS, type Settings} from '../../../extension/src/core/settings.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';
import {installChrome} from '../fake-chrome.js';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const own: Own = {tier: 'hide', since: '2026-11-01', handle: 'made_up', note: 'Why.'};

beforeEach(() => {
	installChrome();
});

describe('the own list', () => {
	test('keeps a note and a tier through hiding the same account again, under the name of today', async () => {
		await changeMine({7: {...own, tier: 'flag'}});
		await hideAccount('7', 'renamed');
		expect(await loadMine()).toEqual({7: {...own, handle: 'renamed'}});
	});

	test('takes two changes of one moment', async () => {
		await Promise.all([hideAccount('7', 'a'), hideAccount('8', 'b'), changeMine({9: own})]);
		expect(Object.keys(await loadMine())).toEqual(['7', '8', '9']);
	});

	test('that is full takes nothing more and loses nothing', async () => {
		const many = Object.fromEntries(Array.from({length: MOST_MINE}, (_, at) => [String(at + 1), own]));
		await changeMine(many);
		await expect(changeMine({999999: own})).rejects.toThrow(ListFull);
		expect(Object.keys(await loadMine())).toHaveLength(MOST_MINE);
	});

	test('what is stored and cannot be read is left out', async () => {
		await chrome.storage.local.set({
			mine: {
				7: own,
				x: own,
				8: {tier: 'hide'},
				9: {tier: 'other', since: '2026-01-01', handle: '<b>'},
				0: own,
			},
		});
		expect(await loadMine()).toEqual({7: own, 9: {tier: 'hide', since: '2026-01-01'}});
	});
});

describe('files', () => {
	const mine = {7: own, 8: {tier: 'flag' as const, since: '2026-11-02'}};

	test('of ours hold numbers, tiers and days, and come back so, without names and notes', () => {
		const text = toJson(mine);
		expect(text).not.toMatch(/made_up|Why/);
		expect(readFile(text)).toEqual({7: {tier: 'hide', since: '2026-11-01'}, 8: mine[8]});
	});

	test('with numbers hold 5,000 each and come back', () => {
		const many = Object.fromEntries(Array.from({length: CSV_ROWS + 1}, (_, at) => [String(at + 1), own]));
		const files = toCsv(many);
		expect(files.map(text => text.trim().split('\n').length)).toEqual([CSV_ROWS, 1]);
		expect(Object.keys({...readFile(files[0] ?? ''), ...readFile(files[1] ?? '')})).toEqual(
			Object.keys(many),
		);
	});

	test.each([
		['with a header', 'user_id\n7\n8\n'],
		['with quotes and Windows’ line ends', '"7"\r\n"8"\r\n'],
		['with an empty line and a mark at the start', '\uFEFF7\n\n8'],
		[
			'of blocks out of X’s archive',
			'window.YTD.block.part0 = [{"blocking":{"accountId":"7"}},{"blocking":{"accountId":"8"}}]',
		],
		[
			'of mutes out of X’s archive',
			'window.YTD.mute.part1 = [{"muting":{"accountId":"7"}},{"muting":{"accountId":"8"}}];',
		],
	])('of numbers are read: %s', (_, text) => {
		expect(readFile(text, NOW)).toEqual({
			7: {tier: 'hide', since: '2026-11-22'},
			8: {tier: 'hide', since: '2026-11-22'},
		});
	});

	test.each([
		['7\nmade_up\n8', 2],
		['id\n7\n0', 3],
		['', undefined],
		['{"format": "other", "accounts": []}', undefined],
		['{"format": "panah-own-list", "accounts": [{"account_id": 7}]}', undefined],
		['window.YTD.block.part0 = alert(1)', undefined],
		['window.YTD.block.part0 = [{"blocking":{"accountId":"x"}}]', undefined],
		['{', undefined],
	])('that hold something else are refused, with the line where there is one: %j', (text, line) => {
		let fault: unknown;
		try {
			readFile(text);
		} catch (error) {
			fault = error;
		}
		expect(fault).toBeInstanceOf(UnreadableFile);
		expect((fault as UnreadableFile).line).toBe(line);
	});
});

test.each([
	['123', '123'],
	[' https://x.com/i/user/123 ', '123'],
	['twitter.com/i/user/123/', '123'],
	['@made_up', undefined],
	['https://x.com/made_up', undefined],
	['0', undefined],
	['', undefined],
	['1'.repeat(21), undefined],
])('the account number in %j', (typed, number) => {
	expect(readNumber(typed)).toBe(number);
});

test('pages of X are told who is on one’s own list and in squads; one’s own goes first, then the stronger', async () => {
	const hide = {tier: 'hide', since: '2026-11-22'} as const;
	const flag = {tier: 'flag', since: '2026-11-22'} as const;
	await changeMine({1: {...own, tier: 'flag'}, 2: own});
	await addSquad(await makeCode(), 'https://a.example', {name: 'a', accounts: {1: hide, 3: flag, 4: hide}});
	await addSquad(await makeCode(), 'https://a.example', {name: 'b', accounts: {3: hide, 4: flag}});
	const listed = await loadListed();
	expect(listed).toEqual({
		1: {tier: 'flag', source: 'mine'},
		2: {tier: 'hide', source: 'mine'},
		3: {tier: 'hide', source: 'squad'},
		4: {tier: 'hide', source: 'squad'},
	});
	expect(JSON.stringify(listed)).not.toMatch(/Why|made_up/);
});

describe('what is done with a reply by an account on a list', () => {
	const mine: Listed = {tier: 'hide', source: 'mine'};
	const squad: Listed = {tier: 'hide', source: 'squad'};
	const show: Verdict = {action: 'show', partial: false, source: 'model'};
	const fine: Verdict = {action: 'show', partial: false, source: 'reader'};
	const friend: Verdict = {action: 'show', partial: false, source: 'friend'};
	const blame: Verdict = {action: 'hide', reason: 'blame', partial: true, source: 'model'};
	const plain: Facts = {
		verdict: undefined,
		partial: false,
		translated: false,
		trusted: false,
		focalAuthor: false,
		aside: false,
		beneath: false,
	};
	const table: Array<[string, Partial<Facts>, Partial<Settings>, string]> = [
		['it needs no verdict', {listed: mine}, {}, 'hide'],
		['the model finds it harmless', {listed: squad, verdict: show}, {}, 'hide'],
		['it is only to be labelled', {listed: {...mine, tier: 'flag'}}, {}, 'flag'],
		[
			'it is to be labelled, and the words are harmful',
			{listed: {...mine, tier: 'flag'}, verdict: blame},
			{},
			'hide',
		],
		['a translation changes nothing about who wrote it', {listed: mine, translated: true}, {}, 'hide'],
		['it stands beside the matter', {listed: mine, aside: true}, {}, 'flag'],
		['the reader wants labels only', {listed: mine}, {presentation: 'flag'}, 'flag'],
		['the reader wants not even a line', {listed: mine}, {presentation: 'out'}, 'out'],
		['the reader follows it, or always shows it', {listed: mine, trusted: true}, {}, 'show'],
		['it wrote the post itself', {listed: mine, focalAuthor: true}, {}, 'show'],
		['all is off', {listed: mine}, {enabled: false}, 'show'],
		['the reader found these words harmless', {listed: mine, verdict: fine}, {}, 'show'],
		['a friend did, of an account on the own list', {listed: mine, verdict: friend}, {}, 'hide'],
		['a friend did, of one in a squad', {listed: squad, verdict: friend}, {}, 'show'],
	];

	test.each(table)('%s', (_, facts, settings, act) => {
		expect(decide({...plain, ...facts}, {...DEFAULT_SETTINGS, ...settings}).act).toBe(act);
	});

	test('its line says that it is the account, and claims nothing about the words', () => {
		expect(decide({...plain, listed: mine, verdict: blame, partial: true}, DEFAULT_SETTINGS)).toEqual({
			act: 'hide',
			reason: 'listed',
			partial: false,
			source: 'mine',
		});
	});
});
