import type {Problem} from '../../../extension/src/lists/catalogue.js';
import type {ListReport, ListsReport} from '../../../extension/src/lists/messages.js';
import type {ListProblem} from '../../../extension/src/lists/state.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	choose,
	click,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	said,
	settle,
} from './open-page.js';

let browser: FakeChrome;
let report: ListsReport;
let asked: Array<Record<string, unknown>>;
let followed: unknown;
let found: number | undefined;

const open = () => openOwnPage('lists', () => import('../../../extension/src/pages/lists/lists.js'));
const card = (listId: string) => `[data-list-id="${listId}"]`;

function list(parts: Partial<ListReport> = {}): ListReport {
	return {
		listId: 'a',
		slug: 'calm',
		name: 'Calm replies',
		description: 'What it is.',
		norms: 'What belongs on it.',
		contact: 'lists@example.org',
		tierCap: 'hide',
		count: 41,
		unattended: false,
		waiting: 0,
		missing: false,
		gone: false,
		...parts,
	};
}

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	asked = [];
	followed = undefined;
	found = 0;
	const now = Date.now();
	report = {
		address: 'http://127.0.0.1:8000',
		server: 'A server',
		fingerprint: 'abcd 0123',
		created: now,
		triedAt: now,
		fetchedAt: now,
		dropped: false,
		lists: [list(), list({listId: 'b', slug: 'other', name: 'Another', cap: 'hide'})],
	};
	browser.runtime.sendMessage.mockImplementation(async message => {
		const request = message as Record<string, unknown>;
		asked.push(request);
		if (request.kind === 'preview-list') return found === undefined ? {ok: false} : {ok: true, found};
		if (request.kind === 'use-list') {
			report = {
				...report,
				lists: report.lists.map(one => {
					const {cap: _, ...rest} = one;
					if (one.listId !== request.listId) return one;
					return request.cap === null ? rest : {...rest, cap: request.cap as 'hide'};
				}),
			};
		}
		return structuredClone(report);
	});
	browser.tabs.sendMessage.mockImplementation(async (_tab, message) => {
		expect(message).toEqual({kind: 'followed'});
		return followed as never;
	});
});

test.each(['en', 'ur'])(
	'every text of the page is there, and every control has a name (%s)',
	async language => {
		await browser.storage.sync.set({settings: {language}});
		report.lists.push(
			list({listId: 'c', tierCap: 'flag', unattended: true, norms: '', contact: '', description: ''}),
			list({listId: 'd', name: '', slug: '', cap: 'flag', gone: true, missing: true}),
			list({listId: 'e', cap: 'off', waiting: 3}),
		);
		await open();
		expectWholeTexts();
	},
);

test.each<Problem>([
	'unsupported',
	'permission',
	'unreachable',
	'absent',
	'unreadable',
	'signature',
	'root',
	'key',
	'older',
	'expired',
	'clock',
	'storage',
	'full',
])('what was refused is told in words: %s', async problem => {
	report = {...report, problem};
	await open();
	expect(said('news')).toMatch(/\w{3}.*\./);
	expect(said('news')).not.toContain('Up to date');
	expect(said('news-times')).toContain('Last try');
});

test.each<ListProblem>(['growth', 'damaged', 'gone', 'client', 'older', 'unreachable', 'storage', 'full'])(
	'why a list stays as it was is told: %s',
	async problem => {
		report.lists = [list({cap: 'hide', problem})];
		await open();
		expect(at(card('a')).textContent).not.toContain('up to date');
		expectWholeTexts();
	},
);

test('whoever opens the page gets what is known, and news only when the last are some minutes old', async () => {
	await open();
	expect(asked).toEqual([{kind: 'lists', fresh: false}]);
	asked = [];
	report.fetchedAt -= 11 * 60_000;
	await open();
	expect(asked).toEqual([
		{kind: 'lists', fresh: false},
		{kind: 'lists', fresh: true},
	]);
});

test('news are looked for on request', async () => {
	await open();
	await click('#look');
	expect(asked.at(-1)).toEqual({kind: 'lists', fresh: true});
	expect(said('news')).toContain('Up to date');
});

test('lists in use stand apart from the others, with what the server says of them', async () => {
	await open();
	expect(at('#used').textContent).toContain('Another');
	expect(at('#others').textContent).toContain('41 accounts');
	expect(at('#others').textContent).toContain('What belongs on it.');
	expect(at<HTMLAnchorElement>('#others a').href).toBe('http://127.0.0.1:8000/lists/calm/appeal');
	expect(said('fingerprint')).toBe('abcd 0123');
});

test('a list is taken into use, limited and left; the keyboard stays with it', async () => {
	await open();
	await click('#others button');
	expect(asked.at(-1)).toEqual({kind: 'use-list', listId: 'a', cap: 'hide'});
	expect(document.activeElement?.id).toBe('cap-a');
	expect(isHidden('others-none')).toBe(false);
	await choose('#cap-a', 'flag');
	expect(asked.at(-1)).toEqual({kind: 'use-list', listId: 'a', cap: 'flag'});
	await click(`${card('a')} button`);
	expect(asked.at(-1)).toEqual({kind: 'use-list', listId: 'a', cap: null});
	expect(document.activeElement?.id).toBe('lists-note');
	expect(said('lists-note')).toMatch(/\S/);
});

test('a list that only labels is not offered to hide', async () => {
	report.lists = [list({tierCap: 'flag', cap: 'flag'})];
	await open();
	expect(all('#cap-a option').map(option => (option as HTMLOptionElement).value)).toEqual(['flag', 'off']);
});

test('that a list could not be taken into use is told', async () => {
	await open();
	browser.runtime.sendMessage.mockRejectedValue(new Error('full'));
	await click('#others button');
	expect(said('lists-note')).toContain('could not be saved');
});

describe('a preview', () => {
	const press = () => click('#others button.quiet');
	const told = () => at('#others .note').textContent ?? '';

	test('says so when nobody is known whom the reader follows, and asks nobody', async () => {
		await open();
		await press();
		expect(told()).toContain('not known');
		expect(asked).toHaveLength(1);
	});

	test('counts those that open tabs know of, each once', async () => {
		followed = ['1', '2'];
		found = 2;
		await open();
		await press();
		expect(asked.at(-1)).toEqual({kind: 'preview-list', listId: 'a', accounts: ['1', '2']});
		expect(told()).toContain('2 of the accounts');
		found = 0;
		await press();
		expect(told()).toContain('None');
		expect(browser.storage.local.set).not.toHaveBeenCalled();
	});

	test('says so when the list cannot be read', async () => {
		followed = ['1'];
		found = undefined;
		await open();
		await press();
		expect(told()).toContain('could not be read');
	});
});

test('whether two lists have to agree is a setting', async () => {
	await open();
	expect(field('agree').querySelector<HTMLInputElement>('[value="1"]')?.checked).toBe(true);
	await choose('[name="agree"][value="2"]');
	expect(browser.storage.sync.held.get('settings')).toMatchObject({listsAgree: 2});
});

test('beginning anew is asked twice', async () => {
	await open();
	await click('#anew');
	expect(asked).toHaveLength(1);
	await click('#anew-yes');
	expect(asked.at(-1)).toEqual({kind: 'forget-lists'});
});

test('what another window changes is shown, and what the reader has unfolded stays so', async () => {
	await open();
	at<HTMLDetailsElement>('#others details').open = true;
	report.lists[1] = list({listId: 'b', name: 'Renamed', cap: 'flag'});
	await browser.storage.local.set({lists: {}});
	await settle();
	expect(at('#used').textContent).toContain('Renamed');
	expect(at<HTMLDetailsElement>('#others details').open).toBe(true);
});

test('words of a list’s people are words, never markup', async () => {
	report.lists = [list({name: '<b>x</b>', description: '<img src=x>', norms: '<i>', contact: '<a>'})];
	await open();
	expect(document.querySelector('#others b, #others img, #others i')).toBeNull();
	expect(at('#others').textContent).toContain('<b>x</b>');
});

test('what was asked before does not end looking for news', async () => {
	await open();
	const answers: Array<() => void> = [];
	browser.runtime.sendMessage.mockImplementation(
		() => new Promise(done => answers.push(() => done(structuredClone(report)))),
	);
	await browser.storage.local.set({listNews: {}});
	await click('#look');
	expect(answers.length).toBe(2);
	answers[0]?.();
	await settle();
	expect(said('news')).toContain('Looking');
	expect(at<HTMLButtonElement>('#look').disabled).toBe(true);
	answers[1]?.();
	await settle();
	expect(said('news')).toContain('Up to date');
});
