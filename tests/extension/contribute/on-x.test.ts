import {
	articleOf,
	BLAME,
	edge,
	FOCAL,
	lineOf,
	lines,
	markOf,
	open,
	reply,
	request,
	sent,
	settle,
	setUp,
	tearDown,
	tellState,
	tellTap,
	texts,
	wordsIn,
} from '../content/x-page.js';
import {cellHtml} from '../factories.js';
import {insideOf, pressIn} from '../shadow.js';

beforeEach(setUp);
afterEach(tearDown);

const MINE = {tier: 'hide', source: 'mine'} as const;

describe('an account on the reader’s own list', () => {
	test('is hidden without asking anybody, and its line says why and how to end it', async () => {
		edge.state = {people: [], pausedUntil: 0, pausedThreads: [], listed: {70: MINE}};
		await open([
			cellHtml(FOCAL),
			reply(2, 'Good morning.', {follow: {accountId: '70', followed: false}}),
			reply(3, 'Good evening.'),
		]);
		expect([markOf(2), markOf(3)]).toEqual(['hidden', undefined]);
		expect(texts()).toEqual(['Good evening.']);
		pressIn(lineOf(2), 'Why?');
		expect(wordsIn(lineOf(2))).toContain('You put this account on your own list.');
		pressIn(lineOf(2), 'More');
		pressIn(lineOf(2), 'Stop hiding this account');
		expect(sent('hide-account')).toEqual([
			{kind: 'hide-account', accountId: '70', handle: 'somebody', hidden: false},
		]);
		await tellState({});
		expect(markOf(2)).toBeUndefined();
	});

	test('is shown where the reader follows it or always shows it, and where it wrote the post itself', async () => {
		edge.state = {
			people: [{handle: 'friend', accountId: '71'}],
			pausedUntil: 0,
			pausedThreads: [],
			listed: {70: MINE, 71: MINE, 72: MINE},
		};
		await open([
			cellHtml(FOCAL),
			reply(2, 'One.', {follow: {accountId: '70', followed: true}}),
			reply(3, 'Two.', {handle: 'friend', follow: {accountId: '71', followed: false}}),
			reply(4, 'Three.', {handle: 'survivor', follow: {accountId: '72', followed: false}}),
		]);
		expect(lines()).toEqual([]);
	});
});

test('"Hide this account" is kept by number, and says so where there is none', async () => {
	await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault', {handle: 'Other'})]);
	await tellTap({id: '2', handle: 'somebody', accountId: '70'});
	for (const id of [2, 3]) {
		pressIn(lineOf(id), 'More');
		pressIn(lineOf(id), 'Hide this account from now on');
	}
	await settle(50);
	expect(sent('hide-account')).toEqual([
		{kind: 'hide-account', accountId: '70', handle: 'somebody', hidden: true},
	]);
	expect(wordsIn(lineOf(3))).toMatch(/does not tell this account’s number/);
});

test('"Report to a list" hands on what the page tells of the reply, and what was said about it', async () => {
	await open([cellHtml(FOCAL), reply(2, BLAME)]);
	await tellTap({id: '2', handle: 'somebody', accountId: '70'});
	pressIn(lineOf(2), 'More');
	pressIn(lineOf(2), 'Report to a list…');
	expect(sent('report').map(({post}) => post)).toMatchObject([
		{id: '2', handle: 'somebody', accountId: '70', verdict: {act: 'hide', reason: 'blame', source: 'model'}},
	]);
});

test('any reply can be chosen for a report, one at a time, and nothing is kept as evidence', async () => {
	await open([cellHtml(FOCAL), reply(2, 'Good morning.')]);
	await request({kind: 'choose', to: 'report'});
	const bar = document.querySelector('panah-chooser') ?? undefined;
	expect(insideOf(bar).textContent).toMatch(/want to report/);
	articleOf(2).click();
	await settle(50);
	expect(sent('report').map(({post}) => post.id)).toEqual(['2']);
	expect(sent('save')).toEqual([]);
	expect(document.querySelector('panah-chooser')).toBeNull();
});

test('a reply that was not hidden is chosen the same way, and its words go to our page alone', async () => {
	await open([cellHtml(FOCAL), reply(2, 'Good morning.')]);
	await request({kind: 'choose', to: 'missed'});
	const bar = document.querySelector('panah-chooser') ?? undefined;
	expect(insideOf(bar).textContent).toMatch(/should have been hidden/);
	articleOf(2).click();
	await settle(50);
	expect(sent('missed').map(({post}) => post.id)).toEqual(['2']);
	expect([sent('report'), sent('save')]).toEqual([[], []]);
	expect(document.querySelector('panah-chooser')).toBeNull();
});
