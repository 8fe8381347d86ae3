import {setTimeout as pass} from 'node:timers/promises';
import type {Told} from '../../../extension/src/background/contribute.js';
import {loadContributor, makeContributor} from '../../../extension/src/contribute/key.js';
import {loadMine} from '../../../extension/src/contribute/mine.js';
import {keepNews, type News} from '../../../extension/src/contribute/news.js';
import {loadOutbox, loadReports, queueReport, succeed} from '../../../extension/src/contribute/outbox.js';
import {loadSquads} from '../../../extension/src/contribute/squads.js';
import type {SavedPost} from '../../../extension/src/core/messages.js';
import {setAddress} from '../factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	choose as chooseAtOnce,
	click as clickAtOnce,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	said,
	settle as settleAtOnce,
	submit as submitAtOnce,
} from '../pages/open-page.js';

const SERVER = 'http://127.0.0.1:8000';
const DRAFT = '33333333-3333-4333-8333-333333333333';
const TASK = '11111111-1111-4111-8111-111111111111';
const NOTICE = '22222222-2222-4222-8222-222222222222';
const POST: SavedPost = {
	id: '11',
	handle: 'Made_Up',
	name: 'Made Up',
	accountId: '77',
	text: 'abc',
	partial: false,
	url: 'https://x.com/Made_Up/status/11',
	foundOn: 'https://x.com/somebody/status/1',
	verdict: {act: 'hide', reason: 'blame', source: 'model'},
};
const LISTS = [
	{
		slug: 'main',
		name: 'Main',
		description: '',
		norms: 'Rules.',
		contact: '',
		joining: 'open',
		archived: false,
	},
	{
		slug: 'closed',
		name: 'Closed',
		description: '',
		norms: '',
		contact: '',
		joining: 'invited',
		archived: false,
	},
	{slug: 'old', name: 'Old', description: '', norms: '', contact: '', joining: 'open', archived: true},
];
const NEWS: News = {
	server: SERVER,
	tasks: [
		{
			id: TASK,
			list: 'main',
			listName: 'Main',
			norms: 'Rules.',
			account: '77',
			posts: ['11', '12'],
			due: '2026-11-29',
		},
	],
	notices: [{id: NOTICE, listName: 'Main', due: '2026-11-29'}],
};

let browser: FakeChrome;
let told: Record<string, Told>;
let asked: Array<Record<string, unknown>>;

const openReport = () =>
	openOwnPage('report', () => import('../../../extension/src/pages/report/report.js')).then(settle);
const openReports = () =>
	openOwnPage('contribute', () => import('../../../extension/src/pages/contribute/contribute.js')).then(
		settle,
	);
const openMine = () =>
	openOwnPage('mine', () => import('../../../extension/src/pages/mine/mine.js')).then(settle);

/** Digests and keys are made outside the time that a test keeps still. */
async function settle(): Promise<void> {
	for (let round = 0; round < 3; round += 1) {
		await pass(5);
		await settleAtOnce();
	}
}

const click = (selector: string) => clickAtOnce(selector).then(settle);
const choose = (selector: string, value?: string) => chooseAtOnce(selector, value).then(settle);
const submit = (selector: string) => submitAtOnce(selector).then(settle);

beforeEach(async () => {
	fakeTime();
	vi.setSystemTime(new Date('2026-11-22T10:00:00Z'));
	browser = installChrome();
	told = {lists: {ok: true, value: LISTS}};
	asked = [];
	browser.runtime.sendMessage.mockImplementation(async message => {
		const {ask} = message as {ask: {do: string}};
		asked.push(ask);
		return told[ask.do] ?? {ok: true, value: undefined};
	});
	setAddress(`https://page.example/report.html#${DRAFT}`);
	await browser.storage.session.set({[`draft:${DRAFT}`]: POST});
	browser.storage.session.set.mockClear();
});

describe('reporting', () => {
	test.each(['en', 'ur'])('has all its texts, before and after consent (%s)', async language => {
		await browser.storage.sync.set({settings: {language}});
		await openReport();
		expectWholeTexts();
		await click('#agree');
		expectWholeTexts();
	});

	test('begins with the rules, and makes no key before somebody agrees', async () => {
		await openReport();
		expect([isHidden('guide'), isHidden('form')]).toEqual([false, true]);
		expect([await loadContributor(SERVER), asked]).toEqual([undefined, []]);
		await click('#agree');
		expect([isHidden('guide'), isHidden('form')]).toEqual([true, false]);
		expect(await loadContributor(SERVER)).toBeDefined();
	});

	test('shows all that will be sent: no words, no name', async () => {
		await makeContributor(SERVER);
		await openReport();
		await choose('#list', 'main');
		const shown = said('sent');
		for (const part of ['127.0.0.1:8000', 'Main', '77', '11', 'ba7816bf8f01cfea'])
			expect(shown).toContain(part);
		expect(shown).not.toMatch(/Made|abc/);
		expect(field('category').value).toBe('blame');
		expect([...at<HTMLSelectElement>('#list').options].map(({value}) => value)).toEqual(['main', 'closed']);
	});

	test('queues exactly that, and can be taken back', async () => {
		await makeContributor(SERVER);
		await openReport();
		await choose('#list', 'main');
		await submit('#form');
		const [job] = await loadOutbox();
		expect(job?.work).toEqual({
			do: 'report',
			list: 'main',
			account: '77',
			category: 'blame',
			post: '11',
			sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
		});
		expect(JSON.stringify([...browser.storage.local.held])).not.toMatch(/Made|abc/);
		expect([...browser.storage.session.held.keys()]).toEqual([]);
		expect(said('state')).toMatch(/will be sent at/);
		await click('#undo');
		expect([await loadOutbox(), await loadReports()]).toEqual([[], []]);
		expect([said('state'), isHidden('undo')]).toEqual([expect.stringMatching(/Nothing was sent/), true]);
	});

	test('says when it was sent', async () => {
		await makeContributor(SERVER);
		await openReport();
		await submit('#form');
		const [job] = await loadOutbox();
		if (job) await succeed(job);
		await settle();
		expect([said('state'), isHidden('undo')]).toEqual([expect.stringMatching(/was sent/), true]);
	});

	test('of a text of which only the beginning is known sends no fingerprint', async () => {
		await makeContributor(SERVER);
		await browser.storage.session.set({[`draft:${DRAFT}`]: {...POST, partial: true}});
		await openReport();
		await submit('#form');
		expect((await loadOutbox())[0]?.work).not.toHaveProperty('sha256');
	});

	test('without a category goes on only when one was chosen', async () => {
		await makeContributor(SERVER);
		const {verdict: _, ...bare} = POST;
		await browser.storage.session.set({[`draft:${DRAFT}`]: bare});
		await openReport();
		await submit('#form');
		expect([await loadOutbox(), said('form-note')]).toEqual([[], expect.stringMatching(/choose/)]);
	});

	test('to a closed list joins it with the code first, and says when that fails', async () => {
		await makeContributor(SERVER);
		await openReport();
		await choose('#list', 'closed');
		expect(isHidden('invited')).toBe(false);
		field('invitation').value = 'code';
		told.join = {ok: false, problem: 'forbidden', code: ''};
		await submit('#form');
		expect(asked.at(-1)).toEqual({do: 'join', list: 'closed', name: 'Closed', invitation: 'code'});
		expect([await loadOutbox(), said('form-note')]).toEqual([[], expect.stringMatching(/does not allow/)]);
		delete told.join;
		await submit('#form');
		expect(await loadOutbox()).toHaveLength(1);
	});

	test('can hide the account for the reader as well', async () => {
		await makeContributor(SERVER);
		await openReport();
		await choose('#also-mine');
		await submit('#form');
		expect(await loadMine()).toEqual({77: {tier: 'hide', since: '2026-11-22', handle: 'made_up'}});
	});

	test('works from the lists known before while the server cannot be reached', async () => {
		await makeContributor(SERVER);
		await browser.storage.local.set({publicLists: {lists: LISTS}});
		told.lists = {ok: false, problem: 'later', code: ''};
		await openReport();
		await submit('#form');
		expect(await loadOutbox()).toHaveLength(1);
	});

	test.each([
		[{accountId: undefined}, /did not tell the number/],
		[{url: 'https://x.com/quoting/status/11'}, /another one quotes/],
		[{foundOn: 'https://x.com/made_up/status/1'}, /must never end up on a list/],
	])('is refused with the reason: %j', async (change, reason) => {
		const post = {...POST, ...change};
		await browser.storage.session.set({[`draft:${DRAFT}`]: JSON.parse(JSON.stringify(post))});
		await openReport();
		expect(said('why')).toMatch(reason);
		expect([isHidden('guide'), isHidden('form')]).toEqual([true, true]);
	});

	test('without a post says how to report one', async () => {
		setAddress('https://page.example/report.html');
		await openReport();
		expect(said('why')).toMatch(/Report to a list/);
	});
});

describe('my reports', () => {
	beforeEach(() => makeContributor(SERVER));

	async function report(account = '77', list = 'main'): Promise<string> {
		return queueReport(SERVER, {list, name: list, account, category: 'blame', post: '11'});
	}

	test.each(['en', 'ur'])('has all its texts, and every control a name (%s)', async language => {
		await browser.storage.sync.set({settings: {language}});
		await keepNews(NEWS);
		await report();
		await openReports();
		await click('#show-tasks');
		expectWholeTexts();
	});

	test('are listed with their state, newest first, and each can be taken back', async () => {
		await report('77');
		const second = await report('78');
		await openReports();
		expect(all('#reports li p:first-child').map(row => row.textContent)).toEqual([
			'Account 78 · main',
			'Account 77 · main',
		]);
		await click(`#undo-${second}`);
		expect((await loadReports()).map(({account}) => account)).toEqual(['77']);
		const [job] = await loadOutbox();
		if (job) await succeed(job);
		await settle();
		await click('[id^=withdraw-]');
		expect((await loadReports()).map(({state}) => state)).toEqual(['withdrawing']);
		await click('[id^=undo-]');
		expect((await loadReports()).map(({state}) => state)).toEqual(['sent']);
	});

	test('to one list are withdrawn together', async () => {
		await report('77', 'main');
		await report('78', 'other');
		await openReports();
		at<HTMLSelectElement>('#which-list').value = 'main';
		await click('#delete-list');
		expect((await loadReports()).map(({list}) => list)).toEqual(['other']);
	});

	test('are all deleted only after a second press', async () => {
		await report();
		await openReports();
		await click('#delete-all');
		expect(asked).toEqual([]);
		await click('#delete-all-yes');
		expect(asked).toEqual([{do: 'delete-reports'}]);
		expect(said('reports-note')).toBe('Deleted.');
	});

	test('keep the keyboard’s place when the page is drawn anew', async () => {
		const id = await report();
		await openReports();
		at(`#undo-${id}`).focus();
		await report('78');
		await settle();
		expect(document.activeElement?.id).toBe(`undo-${id}`);
	});
});

describe('the jury', () => {
	beforeEach(async () => {
		await makeContributor(SERVER);
		await keepNews(NEWS);
	});

	test('warns before it shows anything, and opens posts only on a press', async () => {
		await openReports();
		expect([isHidden('warning'), all('#tasks form')]).toEqual([false, []]);
		await click('#show-tasks');
		expect(at('#tasks').textContent).not.toMatch(/\bothers\b.*\d+ of/);
		expect(browser.tabs.create).not.toHaveBeenCalled();
		await click(`#post-${TASK}-1`);
		expect(browser.tabs.create).toHaveBeenCalledWith({url: 'https://x.com/i/status/12'});
	});

	test('takes an answer, keeps it for a while, and gives it back', async () => {
		await openReports();
		await click('#show-tasks');
		await submit(`#task-${TASK}`);
		expect([said('jury-note'), await loadOutbox()]).toEqual([expect.stringMatching(/choose/), []]);
		at<HTMLInputElement>(`#vote-${TASK}-keep`).checked = true;
		at<HTMLInputElement>(`#disclosure-${TASK}`).checked = true;
		await submit(`#task-${TASK}`);
		expect((await loadOutbox())[0]?.work).toEqual({do: 'vote', vote: 'keep', disclosure: true});
		expect(all('#tasks form')).toEqual([]);
		await click(`#undo-${TASK}`);
		expect([await loadOutbox(), all('#tasks form').length]).toEqual([[], 1]);
	});

	test('asks no more than the person wants in a week', async () => {
		await openReports();
		await choose('#cap', '0');
		expect([isHidden('warning'), said('jury-state')]).toEqual([
			true,
			expect.stringMatching(/as many as you wanted/),
		]);
		expect((await loadContributor(SERVER))?.cap).toBe(0);
	});

	test('proposes a break after twenty minutes, which may be taken or put off', async () => {
		await openReports();
		await click('#show-tasks');
		await vi.advanceTimersByTimeAsync(19 * 60_000);
		expect(isHidden('break')).toBe(true);
		await vi.advanceTimersByTimeAsync(60_000);
		expect([isHidden('break'), all('#tasks form').length]).toEqual([false, 1]);
		await click('#go-on');
		expect([isHidden('break'), all('#tasks form').length]).toEqual([true, 1]);
		await vi.advanceTimersByTimeAsync(20 * 60_000);
		await click('#stop-tasks');
		expect([isHidden('break'), isHidden('warning'), all('#tasks form').length]).toEqual([true, false, 0]);
		await vi.advanceTimersByTimeAsync(20 * 60_000);
		expect(isHidden('break')).toBe(true);
	});

	test('can be declined without a reason', async () => {
		await openReports();
		await click('#show-tasks');
		at<HTMLInputElement>(`#vote-${TASK}-recuse`).checked = true;
		await submit(`#task-${TASK}`);
		expect((await loadOutbox())[0]?.work).toEqual({do: 'vote', vote: 'recuse', disclosure: false});
	});

	test('does not throw away an answer that somebody has begun', async () => {
		await openReports();
		await click('#show-tasks');
		at<HTMLInputElement>(`#vote-${TASK}-keep`).checked = true;
		await queueReport(SERVER, {list: 'main', name: 'Main', account: '9', category: 'blame', post: '1'});
		await settle();
		expect(at<HTMLInputElement>(`#vote-${TASK}-keep`).checked).toBe(true);
	});
});

describe('notices, protection and the key', () => {
	beforeEach(() => makeContributor(SERVER));

	test('a notice tells until when, and takes either answer', async () => {
		await keepNews(NEWS);
		await openReports();
		expect(at('#notices').textContent).toMatch(/Main.*Nov 29, 2026/);
		await click(`#doubt-${NOTICE}`);
		expect((await loadOutbox())[0]?.work).toEqual({do: 'answer', answer: 'doubt'});
		await click(`#undo-${NOTICE}`);
		expect(await loadOutbox()).toEqual([]);
	});

	test('protection takes a number or a link with one, and shows the code', async () => {
		told.protect = {ok: true, value: 'green river'};
		told.protection = {ok: true, value: [{digest: 'd', code: 'green river', status: 'pending'}]};
		await openReports();
		field('own-number').value = '@me';
		await submit('#protect');
		expect([asked, said('protect-note')]).toEqual([[], expect.stringMatching(/no account number/)]);
		field('own-number').value = 'x.com/i/user/123';
		await submit('#protect');
		expect(asked[0]).toEqual({do: 'protect', account: '123'});
		expect(at<HTMLInputElement>('#protected input').value).toBe('green river');
		expect(JSON.stringify([...browser.storage.local.held])).not.toContain('"123"');
	});

	test('the key stands on the page only while it is asked for, and can be brought to another browser', async () => {
		await openReports();
		const key = (await loadContributor(SERVER))?.key ?? '';
		expect(document.body.innerHTML).not.toContain(key);
		at<HTMLDetailsElement>('#key-part').open = true;
		at('#key-part').dispatchEvent(new Event('toggle'));
		expect(at<HTMLInputElement>('#key-code input').value).toBe(key);
		browser.storage.local.held.clear();
		await openReports();
		field('other-key').value = 'no key';
		await submit('#use-key');
		expect(said('use-note')).toMatch(/no key/);
		field('other-key').value = ` ${key} `;
		await submit('#use-key');
		expect((await loadContributor(SERVER))?.key).toBe(key);
	});

	test('a key that the server cannot be told about can be forgotten here, after that was said', async () => {
		told['delete-key'] = {ok: false, problem: 'later', code: ''};
		await openReports();
		await click('#delete-key');
		await click('#delete-key-yes');
		expect([isHidden('forget-here'), said('key-note')]).toEqual([
			false,
			expect.stringMatching(/does not answer/),
		]);
		await click('#forget-key');
		expect(asked.at(-1)).toEqual({do: 'delete-key', here: true});
	});

	test('examples are judged one by one, and sent when each has an answer', async () => {
		await browser.storage.local.set({
			contributors: {
				[SERVER]: {
					...(await loadContributor(SERVER)),
					lists: {main: {name: 'Main', standing: 'probation', onboarded: false}},
				},
			},
		});
		const text = (en: string) => ({en, ur: en});
		told.onboarding = {
			ok: true,
			value: [
				{id: 'a', text: text('One')},
				{id: 'b', text: text('Two')},
			],
		};
		await openReports();
		await click('#onboard-main');
		at<HTMLInputElement>('#item-0-list').checked = true;
		await submit('#items');
		expect(said('joined-note')).toMatch(/each one/);
		at<HTMLInputElement>('#item-1-keep').checked = true;
		await submit('#items');
		expect(asked.at(-1)).toEqual({do: 'onboard', list: 'main', answers: {a: 'list', b: 'keep'}});
		expect(isHidden('items')).toBe(true);
	});
});

describe('my list', () => {
	const own = {tier: 'hide', since: '2026-11-01', handle: 'made_up'};

	test.each(['en', 'ur'])('has all its texts, and every control a name (%s)', async language => {
		await browser.storage.sync.set({settings: {language}});
		await browser.storage.local.set({mine: {77: own}});
		await openMine();
		field('squad-name').value = 'Friends';
		await submit('#new');
		expectWholeTexts();
	});

	test('takes a number, changes what happens to it, keeps a note, and takes it off again with a way back', async () => {
		await openMine();
		field('number').value = 'x.com/i/user/77';
		await submit('#add');
		await choose('#tier-77', 'flag');
		await choose('#note-77', 'Why.');
		expect(await loadMine()).toEqual({77: {tier: 'flag', since: '2026-11-22', note: 'Why.'}});
		await click('#off-77');
		expect(await loadMine()).toEqual({});
		expect(document.activeElement?.id).toBe('undo');
		await click('#undo');
		expect(await loadMine()).toEqual({77: {tier: 'flag', since: '2026-11-22', note: 'Why.'}});
	});

	test('refuses what is no number, and says so', async () => {
		await openMine();
		field('number').value = '@made_up';
		await submit('#add');
		expect([await loadMine(), said('add-note')]).toEqual([{}, expect.stringMatching(/no account number/)]);
	});

	async function give(content: string): Promise<void> {
		const file = field('file');
		Object.defineProperty(file, 'files', {value: [new File([content], 'a.csv')], configurable: true});
		file.dispatchEvent(new Event('change'));
		await settle();
	}

	test('shows what a file would add before it does, keeps what is there, and can take it back', async () => {
		await browser.storage.local.set({mine: {77: own}});
		await openMine();
		await give('77\n78\n79\n');
		expect(said('file-note')).toBe('2 accounts are new, 1 were there already.');
		expect(Object.keys(await loadMine())).toEqual(['77']);
		await click('#import');
		expect(await loadMine()).toMatchObject({77: own, 78: {tier: 'hide'}, 79: {tier: 'hide'}});
		await click('#import-undo');
		expect(await loadMine()).toEqual({77: own});
	});

	test('names the line of a file that cannot be read, and changes nothing', async () => {
		await openMine();
		await give('77\nno number\n');
		expect([said('file-note'), isHidden('import')]).toEqual([expect.stringMatching(/Line 2/), true]);
		expect(await loadMine()).toEqual({});
	});
});

describe('a list shared with friends', () => {
	async function begin(): Promise<string> {
		await openMine();
		field('squad-name').value = 'Friends';
		await submit('#new');
		return (await loadSquads())[0]?.code ?? '';
	}

	test('shows its code only after a warning, and hides it again', async () => {
		const code = await begin();
		expect(document.body.innerHTML).not.toContain(code);
		await click('#invite-0');
		expect(document.body.innerHTML).not.toContain(code);
		await click('#yes-0');
		expect(at<HTMLInputElement>('#shown-0').value).toBe(code);
		await click('#hide-0');
		expect(document.querySelector('#shown-0')).toBeNull();
	});

	test('is joined with a pasted code, and not with a mistaken one', async () => {
		const code = await begin();
		browser.storage.local.held.clear();
		await openMine();
		field('code').value = code.slice(0, -1);
		await submit('#join');
		expect([await loadSquads(), said('join-note')]).toEqual([[], expect.stringMatching(/no code/)]);
		field('code').value = `${code}\n`;
		await submit('#join');
		expect(await loadSquads()).toMatchObject([{code, server: SERVER, version: 0}]);
		expect(asked).toContainEqual({do: 'squads'});
	});

	test('takes accounts, one by one or the whole own list without its notes', async () => {
		await browser.storage.local.set({mine: {77: {tier: 'flag', since: '2026-11-01', note: 'Why.'}}});
		await begin();
		field('squad-add-0').value = '55';
		await submit('#squads form');
		await click('#add_mine-0');
		await click('#yes-0');
		expect((await loadSquads())[0]?.content.accounts).toEqual({
			55: {tier: 'hide', since: '2026-11-22'},
			77: {tier: 'flag', since: '2026-11-22'},
		});
		await click('#squad-off-0-55');
		expect(Object.keys((await loadSquads())[0]?.content.accounts ?? {})).toEqual(['77']);
	});

	test('begun anew has another code and the same accounts, and the old one is left', async () => {
		const code = await begin();
		field('squad-add-0').value = '55';
		await submit('#squads form');
		await click('#renew-0');
		await click('#yes-0');
		const squads = await loadSquads();
		expect(squads).toHaveLength(1);
		expect(squads[0]?.code).not.toBe(code);
		expect(squads[0]?.content).toMatchObject({name: 'Friends', accounts: {55: {tier: 'hide'}}});
	});

	test('is left only after a question that Escape answers with no', async () => {
		await begin();
		await click('#leave-0');
		at('.sure').dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'}));
		expect(await loadSquads()).toHaveLength(1);
		await click('#leave-0');
		await click('#yes-0');
		expect([await loadSquads(), said('squads-note')]).toEqual([[], 'You have left “Friends”.']);
	});
});
