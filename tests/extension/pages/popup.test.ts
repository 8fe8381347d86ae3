import type {PageReport, PageRequest, Status} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	choose,
	click,
	coveredPost,
	expectWholeTexts,
	fakeTime,
	field,
	isHidden,
	openOwnPage,
	pageReport,
	said,
	settle,
} from './open-page.js';

let browser: FakeChrome;
let status: Status | undefined;
/** What the open tab answers; undefined: nobody of ours is there. */
let report: PageReport | undefined;
let told: PageRequest[];
const update = vi.fn(async () => {});
const close = vi.fn();

const settingsNow = () => browser.storage.sync.held.get('settings') as Record<string, unknown>;
const open = () => openOwnPage('popup', () => import('../../../extension/src/pages/popup/popup.js'));

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	status = {state: 'ready', version: {model: 'v1', policy: 'v1-0'}};
	report = pageReport();
	told = [];
	update.mockClear();
	close.mockClear();
	vi.stubGlobal('close', close);
	browser.runtime.sendMessage.mockImplementation(async () => status);
	browser.tabs.query.mockResolvedValue([{id: 7}] as never);
	browser.tabs.sendMessage.mockImplementation((async (tab: number, request: PageRequest) => {
		expect(tab).toBe(7);
		if (report === undefined)
			throw new Error('Could not establish connection. Receiving end does not exist.');
		told.push(request);
		const post = report.covered.find(({id}) => 'id' in request && id === request.id);
		if (post) post.shown = request.kind === 'reveal';
		return structuredClone(report);
	}) as never);
	Object.assign(browser.tabs, {update});
});

test.each(['en', 'ur'])(
	'every text of the page is there, and every control has a name (%s)',
	async language => {
		await browser.storage.sync.set({settings: {language}});
		report = pageReport({covered: [coveredPost(), coveredPost({id: '12', act: 'flag'})]});
		await open();
		expectWholeTexts();
	},
);

test('it shows what is set, and keeps each choice', async () => {
	await browser.storage.sync.set({settings: {enabled: false, sensitivity: 'strict', presentation: 'flag'}});
	await open();
	expect(field('enabled').checked).toBe(false);
	expect(at<HTMLInputElement>('input[value=strict]').checked).toBe(true);
	expect(at<HTMLInputElement>('input[value=flag]').checked).toBe(true);
	for (const selector of ['#enabled', 'input[value=gentle]', 'input[value=out]']) await choose(selector);
	expect(settingsNow()).toMatchObject({enabled: true, sensitivity: 'gentle', presentation: 'out'});
});

test('what is chosen is explained in a line', async () => {
	await open();
	await choose('input[value=gentle]');
	expect(said('sensitivity-help')).toMatch(/plainly hurtful/);
});

test('a choice that the browser cannot keep is told, and the old one stands', async () => {
	await open();
	browser.storage.sync.set.mockRejectedValueOnce(new Error('QUOTA_BYTES'));
	await choose('input[value=strict]');
	expect(said('saved-note')).toMatch(/could not be saved/);
	expect(at<HTMLInputElement>('input[value=balanced]').checked).toBe(true);
	await choose('input[value=strict]');
	expect(said('saved-note')).toBe('');
});

test('another language is spoken at once, in its direction', async () => {
	await open();
	await browser.storage.sync.set({settings: {language: 'ur'}});
	expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['ur', 'rtl']);
	expect(at('h1').textContent).toBe('پناہ');
});

test('with the discreet name, neither name nor mark tells what it is', async () => {
	await browser.storage.sync.set({settings: {discreet: true}});
	await open();
	expect([at('h1').textContent, document.title, said('enabled-text')]).toEqual([
		'Reader',
		'Reader',
		'Reader is on',
	]);
	expect(at<HTMLImageElement>('#mark').src).toMatch(/plain-32\.png$/);
	expect(document.body.textContent).not.toContain('Panah');
});

describe('the server', () => {
	const states: Array<[Status | undefined, RegExp, string[]]> = [
		[{state: 'ready'}, /is ready/, []],
		[{state: 'off'}, /All replies are shown/, []],
		[{state: 'starting'}, /is starting/, ['check']],
		[{state: 'unreachable'}, /does not answer/, ['check']],
		[{state: 'refused'}, /access token/, ['check']],
		[{state: 'stranger'}, /answers at 127\.0\.0\.1:8000, but it is not a Panah server/, ['check']],
		[
			{state: 'busy', until: new Date(2026, 0, 1, 14, 5).getTime()},
			/too much to do.*2:05.PM.*new replies are shown/,
			['check'],
		],
		[
			{state: 'paused', until: new Date(2026, 0, 1, 14, 5).getTime()},
			/tries again at (?:14:05|2:05)/,
			['check'],
		],
		[{state: 'permission'}, /may not reach 127\.0\.0\.1:8000/, ['grant']],
		[{state: 'site'}, /may not work on x\.com/, ['grant']],
		[undefined, /does not answer/, ['check']],
	];

	test.each(states)('%o is told, with a way on', async (state, text, buttons) => {
		status = state;
		await open();
		expect(said('status')).toMatch(text);
		expect(['grant', 'check'].filter(id => !isHidden(id))).toEqual(buttons);
	});

	test('which is ready tells model and rules', async () => {
		await open();
		expect(said('version')).toBe('Model v1, rules v1-0');
	});

	test('which is far away is named', async () => {
		await browser.storage.local.set({server: {address: 'https://panah.example.org'}});
		await open();
		expect(said('version')).toContain('Texts are sent to panah.example.org.');
	});

	test('is asked again on request', async () => {
		status = {state: 'unreachable'};
		await open();
		status = {state: 'ready'};
		await click('#check');
		expect(said('status')).toMatch(/is ready/);
	});

	test('is not there when the worker does not answer', async () => {
		browser.runtime.sendMessage.mockRejectedValue(new Error('The message port closed.'));
		await open();
		expect(said('status')).toMatch(/does not answer/);
	});

	test('a late answer does not replace a newer one', async () => {
		const answers: Array<(status: Status) => void> = [];
		browser.runtime.sendMessage.mockImplementation(() => new Promise(resolve => answers.push(resolve)));
		await open();
		await choose('#enabled');
		answers[1]?.({state: 'off'});
		answers[0]?.({state: 'ready'});
		await settle();
		expect(said('status')).toMatch(/All replies are shown/);
	});

	test('a missing permission is asked for on the click, before anything is waited for', async () => {
		status = {state: 'permission'};
		await open();
		status = {state: 'ready'};
		at('#grant').click();
		expect(browser.permissions.request).toHaveBeenCalledWith({origins: ['http://127.0.0.1/*']});
		await settle();
		expect(said('status')).toMatch(/is ready/);
	});

	test('so is being allowed on X, and a browser that does not ask has said no', async () => {
		status = {state: 'site'};
		await open();
		browser.permissions.request.mockRejectedValueOnce(new Error('Only permissions of the manifest.'));
		await click('#grant');
		expect(browser.permissions.request).toHaveBeenCalledWith({
			origins: ['https://x.com/*', 'https://twitter.com/*', 'https://mobile.twitter.com/*'],
		});
		expect(said('status')).toMatch(/may not work on x\.com/);
	});
});

describe('this page', () => {
	test.each([
		['where we do not work', undefined, /does not work on this page/],
		['of X where no replies are judged', {surface: 'none'}, /does not work on this page/],
		['that cannot be read', {unreadable: true}, /cannot read this page at present/],
		['with nothing to hide', {}, /Nothing is hidden here/],
	] as const)('%s is told calmly', async (_, parts, text) => {
		report = parts && pageReport(parts);
		await open();
		expect(said('here')).toMatch(text);
		expect(isHidden('covered')).toBe(true);
		expect(isHidden('choose')).toBe(report === undefined || report.surface === 'none');
	});

	test('lists what is hidden, folded and without a number', async () => {
		report = pageReport({covered: [coveredPost(), coveredPost({id: '12', reason: 'minimising'})]});
		await open();
		expect(at<HTMLDetailsElement>('#covered').open).toBe(false);
		expect(said('covered-summary')).toBe('Hidden on this page');
		expect(all('#covered-list li').length).toBe(2);
		expect(all('#covered-list .act').map(act => act.textContent)).toContain(
			'blames the person who was harmed',
		);
		expect(at('#covered-list bdi').textContent).toBe('@Made_Up');
		expect(document.body.textContent).not.toContain('Why were you there?');
		expect(at<HTMLAnchorElement>('#as-list').getAttribute('href')).toBe('hidden.html?tab=7');
	});

	test('tells numbers to those who want them', async () => {
		const now = new Date(2026, 10, 22);
		vi.setSystemTime(now);
		await browser.storage.sync.set({settings: {counter: true}});
		await browser.storage.local.set({count: {week: '2026-W47', hidden: 3}});
		report = pageReport({covered: [coveredPost()]});
		await open();
		expect(said('covered-summary')).toBe('Hidden on this page: 1');
		expect(said('week')).toBe('This week: 3 replies');
		vi.setSystemTime(new Date(2026, 10, 30));
		await open();
		expect(said('week')).toBe('This week: 0 replies');
	});

	test('counts nothing unless asked to', async () => {
		await browser.storage.local.set({count: {week: '2026-W47', hidden: 3}});
		await open();
		expect(said('week')).toBe('');
	});

	test.each([
		[['flag'], 'Labelled on this page'],
		[['flag', 'hide'], 'Hidden or labelled on this page'],
	] as const)('the list is called after what is in it: %o', async (acts, summary) => {
		report = pageReport({covered: acts.map((act, index) => coveredPost({id: String(20 + index), act}))});
		await open();
		expect(said('covered-summary')).toBe(summary);
		expect(at('#covered-list li button').hidden).toBe(true);
	});

	test('a reply is shown once and hidden again, and the keyboard stays on the button', async () => {
		report = pageReport({covered: [coveredPost()]});
		await open();
		const button = at('#covered-list button');
		button.focus();
		await click('#covered-list button');
		expect(told).toContainEqual({kind: 'reveal', id: '11'});
		expect([button.textContent, document.activeElement]).toEqual(['Hide again', button]);
		await click('#covered-list button');
		expect(told).toContainEqual({kind: 'hide-again', id: '11'});
		expect(button.textContent).toBe('Show once');
	});

	test('a reason of another version has words, too', async () => {
		report = pageReport({covered: [coveredPost({reason: 'something-new'})]});
		await open();
		expect(at('#covered-list .act').textContent).toBe('may be hurtful');
	});

	test('a reply to be saved is chosen on the page, and the popup makes room', async () => {
		await open();
		await click('#choose');
		expect(told).toContainEqual({kind: 'choose'});
		expect(close).toHaveBeenCalled();
	});
});

describe('a pause', () => {
	test('of an hour is told with its end, and can be ended', async () => {
		await open();
		at('#pause-hour').focus();
		const before = Date.now();
		await click('#pause-hour');
		expect(browser.storage.local.held.get('pausedUntil')).toBeGreaterThanOrEqual(before + 3_600_000);
		expect(said('pause-state')).toMatch(/^Paused until \d/);
		expect(document.activeElement).toBe(at('#pause-end'));
		expect(isHidden('pause-hour')).toBe(true);
		await click('#pause-end');
		expect(browser.storage.local.held.get('pausedUntil')).toBe(0);
		expect(said('pause-state')).toBe('');
		expect(document.activeElement).toBe(at('#pause-hour'));
	});

	test('of one conversation is offered only in one', async () => {
		await open();
		await click('#pause-thread');
		expect(browser.storage.session.held.get('pausedThreads')).toEqual(['1']);
		expect(said('pause-state')).toMatch(/Paused for this conversation/);
		await click('#pause-end');
		expect(browser.storage.session.held.get('pausedThreads')).toEqual([]);
		const {focalId: _, ...elsewhere} = pageReport({surface: 'home'});
		report = elsewhere;
		await open();
		expect(isHidden('pause-thread')).toBe(true);
	});

	test('that cannot be kept is told', async () => {
		await open();
		browser.storage.local.set.mockRejectedValueOnce(new Error('full'));
		await click('#pause-hour');
		expect(said('pause-note')).toMatch(/could not be saved/);
		expect([said('pause-state'), isHidden('pause-hour')]).toEqual(['', false]);
	});
});

describe('leaving quickly', () => {
	test('has the page leave by itself where it can', async () => {
		await open();
		await click('[data-exit]');
		expect(told).toContainEqual({kind: 'exit'});
		expect(update).not.toHaveBeenCalled();
		expect(close).toHaveBeenCalled();
		expect(document.body.hidden).toBe(true);
	});

	test('leads any other tab away', async () => {
		report = undefined;
		await open();
		await click('[data-exit]');
		expect(update).toHaveBeenCalledWith(7, {url: 'https://www.google.com/'});
		expect(close).toHaveBeenCalled();
	});

	test('does not wait for a page that hangs', async () => {
		await open();
		browser.tabs.sendMessage.mockImplementation(() => new Promise(() => {}));
		await click('[data-exit]');
		expect(update).toHaveBeenCalled();
	});

	test('a page that is gone before it could answer has left', async () => {
		await open();
		browser.tabs.sendMessage.mockRejectedValue(
			new Error('The message port closed before a response was received.'),
		);
		await click('[data-exit]');
		expect(update).not.toHaveBeenCalled();
	});
});

test('links open in a tab of their own', async () => {
	await open();
	await click('a[href="support.html"]');
	expect(browser.tabs.create).toHaveBeenCalledWith({url: expect.stringMatching(/support\.html$/)});
	expect(close).toHaveBeenCalled();
});
