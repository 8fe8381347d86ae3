import type {PageReport, PageRequest, SaveAnswer} from '../../../extension/src/core/messages.js';
import {readReview} from '../../../extension/src/evidence/review.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {
	all,
	at,
	click,
	coveredPost,
	expectWholeTexts,
	fakeTime,
	isHidden,
	openOwnPage,
	pageReport,
	said,
	settle,
} from './open-page.js';

let browser: FakeChrome;
let report: PageReport | undefined;
let told: PageRequest[];
let saved: SaveAnswer | undefined;
const update = vi.fn(async () => {});

const card = (index: number) => all('#list > li')[index] as HTMLElement;
const texts = (selector: string) => all(selector).map(({textContent}) => textContent);
const note = () => at('#list .note').textContent;

async function press(name: string, index = 0): Promise<void> {
	const buttons = [...card(index).querySelectorAll('button')];
	buttons.find(({textContent, hidden}) => textContent === name && !hidden)?.click();
	await settle();
}

async function open(query = '?tab=7'): Promise<void> {
	history.replaceState(null, '', query);
	await openOwnPage('hidden', () => import('../../../extension/src/pages/hidden/hidden.js'));
}

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	report = pageReport({
		covered: [
			coveredPost(),
			coveredPost({id: '12#quote', reason: 'minimising', source: 'friend', partial: true}),
			coveredPost({id: '13', act: 'flag', source: 'reader'}),
		],
	});
	told = [];
	saved = {ok: true, already: false};
	update.mockClear();
	Object.assign(browser.tabs, {update});
	browser.runtime.sendMessage.mockImplementation(async message =>
		(message as {kind: string}).kind === 'save' ? saved : undefined,
	);
	browser.tabs.sendMessage.mockImplementation((async (tab: number, request: PageRequest) => {
		if (tab !== 7 || report === undefined) throw new Error('Receiving end does not exist.');
		told.push(request);
		const post = report.covered.find(({id}) => 'id' in request && id === request.id);
		if (post) post.shown = request.kind === 'reveal';
		return structuredClone(report);
	}) as never);
});

test.each(['en', 'ur'])(
	'every text of the page is there, and every control has a name (%s)',
	async language => {
		await browser.storage.sync.set({settings: {language}});
		await open();
		expectWholeTexts();
	},
);

test('each reply is listed with what it does, whose it is, and when it was written', async () => {
	await open();
	expect(texts('#list .act')).toEqual([
		'blames the person who was harmed',
		'makes light of what happened',
		'Please note: blames the person who was harmed',
	]);
	expect([...card(0).querySelectorAll('bdi')].map(({textContent}) => textContent)).toEqual([
		'Made Up',
		'@Made_Up',
	]);
	expect(at<HTMLTimeElement>('#list time').dateTime).toBe('2026-01-02T10:00:00.000Z');
	expect(card(1).textContent).toMatch(/quoted post/);
});

test('why is told, with who said so', async () => {
	await open();
	expect(card(0).textContent).toMatch(/A program judged this/);
	expect(card(1).textContent).toMatch(/A friend.*Only the beginning/s);
	expect(card(2).textContent).toMatch(/You marked it/);
});

test('no text is in the page until it is unfolded, nor after it is folded again', async () => {
	await open();
	expect(document.body.textContent).not.toContain('Why were you there?');
	const words = card(0).querySelectorAll('details')[1] as HTMLDetailsElement;
	words.open = true;
	words.dispatchEvent(new Event('toggle'));
	expect(words.textContent).toContain('Why were you there?');
	words.open = false;
	words.dispatchEvent(new Event('toggle'));
	expect(document.body.textContent).not.toContain('Why were you there?');
});

test('a reply is shown once on its page, which comes to the front, and hidden again', async () => {
	await open();
	await press('Show once on the page');
	expect(told).toContainEqual({kind: 'reveal', id: '11'});
	expect(update).toHaveBeenCalledWith(7, {active: true});
	expect(card(0).textContent).toMatch(/Shown on the page at present/);
	update.mockClear();
	await press('Hide again');
	expect(told).toContainEqual({kind: 'hide-again', id: '11'});
	expect(update).not.toHaveBeenCalled();
});

test('what only has a label cannot be shown, since it is', async () => {
	await open();
	expect(card(2).querySelector('button')?.hidden).toBe(true);
});

test('an account can always be shown', async () => {
	await open();
	await press('Always show this account');
	expect(browser.storage.local.held.get('people')).toMatchObject([{handle: 'made_up', accountId: '77'}]);
	expect(note()).toMatch(/@Made_Up is always shown from now on/);
});

test('a browser without room says so, and nothing breaks', async () => {
	await open();
	browser.storage.local.set.mockRejectedValueOnce(new Error('full'));
	await press('Always show this account');
	expect(note()).toMatch(/did not work/);
});

test('what is not harmful is told to the worker', async () => {
	await open();
	await press('Not harmful');
	expect(browser.runtime.sendMessage).toHaveBeenCalledWith({kind: 'fine', text: 'Why were you there?'});
	expect(note()).toMatch(/will be shown/);
});

test.each([
	[{ok: true, already: false}, /among your saved replies/],
	[{ok: true, already: true}, /saved before/],
	[{ok: false, problem: 'full'}, /no room left/],
	[{ok: false, problem: 'failed'}, /could not be saved/],
	[undefined, /could not be saved/],
] as const)('saving as evidence tells %o', async (answer, text) => {
	saved = answer;
	await open();
	await press('Save as evidence');
	expect(browser.runtime.sendMessage).toHaveBeenCalledWith({kind: 'save', post: report?.covered[0]?.post});
	expect(note()).toMatch(text);
});

describe('a friend', () => {
	const blobs: Blob[] = [];

	beforeEach(() => {
		blobs.length = 0;
		vi.spyOn(URL, 'createObjectURL').mockImplementation(blob => {
			blobs.push(blob as Blob);
			return 'blob:x';
		});
		vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
	});

	test('gets a file with the chosen replies alone', async () => {
		await open();
		await click('#select-all');
		await click('#select-none');
		card(1).querySelector('input')?.click();
		await click('#friend');
		const read = readReview((await blobs[0]?.text()) ?? '');
		expect(read).toMatchObject({ok: true, review: {focalUrl: 'https://x.com/somebody/status/1'}});
		expect(read.ok && read.review.replies.map(({key}) => key)).toEqual(['12#quote']);
		expect(said('friend-note')).toMatch(/in your downloads/);
	});

	test('gets all of them at once', async () => {
		await open();
		await click('#select-all');
		await click('#friend');
		const read = readReview((await blobs[0]?.text()) ?? '');
		expect(read.ok && read.review.replies.length).toBe(3);
	});

	test('gets no empty file', async () => {
		await open();
		await click('#friend');
		expect([blobs.length, said('friend-note')]).toEqual([0, 'Choose at least one reply first.']);
	});
});

describe('the page of X', () => {
	test.each([
		['that is gone', undefined, /closed, or has moved on/],
		['that is none any more', {surface: 'none'}, /closed, or has moved on/],
		['with nothing hidden', {}, /Nothing is hidden there/],
		['that cannot be read', {unreadable: true}, /cannot read that page/],
	] as const)('%s is told', async (_, parts, text) => {
		report = parts && pageReport(parts);
		await open();
		expect(said('state')).toMatch(text);
		expect([isHidden('list'), isHidden('friend-part')]).toEqual([true, true]);
	});

	test.each(['', '?tab=', '?tab=x'])('is gone where the address names none: "%s"', async query => {
		await open(`/hidden.html${query}`);
		expect(said('state')).toMatch(/closed, or has moved on/);
	});

	test('is asked again, and rows that stay keep what is chosen', async () => {
		await open();
		const kept = card(1);
		kept.querySelector('input')?.click();
		report = pageReport({covered: report?.covered.slice(1) ?? []});
		await click('#refresh');
		expect(all('#list > li').length).toBe(2);
		expect(card(0)).toBe(kept);
		expect(card(0).querySelector('input')?.checked).toBe(true);
	});
});
