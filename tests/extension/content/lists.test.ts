import type {ListsMessage, OnLists} from '../../../extension/src/lists/messages.js';
import {cellHtml, FOCAL_ID} from '../factories.js';
import {pressIn} from '../shadow.js';
import {
	edge,
	FOCAL,
	lineOf,
	markOf,
	NOTHING,
	never,
	open,
	reply,
	settle,
	setUp,
	tearDown,
	tellState,
	tellTap,
	wordsIn,
} from './x-page.js';

beforeEach(setUp);
afterEach(tearDown);

/** What lists say, by account. */
let onLists: Record<string, OnLists>;
/** Answers to "Ask for more". */
let details: unknown;
let questions: ListsMessage[];

const HIDDEN: OnLists = {tier: 'hide', lists: ['Calm']};
const USED = {lists: 'a'};
const WORDS = 'Good morning to all.';

beforeEach(() => {
	onLists = {77: HIDDEN};
	details = {};
	questions = [];
	const before = edge.browser.runtime.sendMessage.getMockImplementation();
	edge.browser.runtime.sendMessage.mockImplementation(async message => {
		const request = message as ListsMessage;
		if (request.kind !== 'listed' && request.kind !== 'list-details') return before?.(message);
		questions.push(request);
		if (request.kind === 'list-details') return details;
		const listed = Object.entries(onLists).filter(([account]) => request.accounts.includes(account));
		return {listed: Object.fromEntries(listed)};
	});
	edge.state = {...NOTHING, ...USED};
});

/** Opens a page, and has X tell the number of who wrote the reply of id 2. */
async function openTold(cells: string[], path?: string, more: object = {}): Promise<void> {
	await open(cells, path);
	await tellTap({id: '2', handle: 'somebody', accountId: '77', ...more});
	await settle();
}

const conversation = () => [cellHtml(FOCAL), reply(2, WORDS)];

test('a listed account’s reply is hidden while no server answers, and says on which list', async () => {
	edge.worker = never;
	await openTold(conversation());
	expect(markOf(2)).toBe('hidden');
	pressIn(lineOf(2) as Element, 'Why?');
	expect(wordsIn(lineOf(2) as Element)).toContain('On the list Calm, which you use.');
	expect(questions).toEqual([{kind: 'listed', accounts: ['77']}]);
});

test('it stays hidden when the model finds the words harmless', async () => {
	await openTold(conversation());
	expect(markOf(2)).toBe('hidden');
});

test('it is shown when the reader said that these words are fine', async () => {
	edge.worker = async () => ({ok: true, verdict: {action: 'show', partial: false, source: 'reader'}});
	await openTold(conversation());
	expect(markOf(2)).toBeUndefined();
});

test('a list that labels labels', async () => {
	onLists = {77: {tier: 'flag', lists: ['Calm']}};
	await openTold(conversation());
	expect(markOf(2)).toBe('flagged');
});

test('nobody is asked about where no list is used, and of accounts without a number', async () => {
	edge.state = NOTHING;
	await openTold(conversation());
	expect(questions).toEqual([]);
	await tellState(USED);
	await settle();
	expect(markOf(2)).toBe('hidden');
	expect(questions).toHaveLength(1);
});

test('whoever the reader follows, always shows, or reads about is not hidden', async () => {
	await openTold(conversation(), undefined, {following: true});
	expect(markOf(2)).toBeUndefined();
	await tellTap({id: '2', handle: 'somebody', accountId: '77', following: false});
	await settle();
	expect(markOf(2)).toBe('hidden');
	await tellState({...USED, people: [{handle: 'somebody', accountId: '77'}]});
	expect(markOf(2)).toBeUndefined();
});

test('also where accounts that are followed are judged, none is hidden for a list', async () => {
	await open(conversation(), undefined, {showFollowed: false});
	await tellTap({id: '2', handle: 'somebody', accountId: '77', following: true});
	await settle();
	expect(markOf(2)).toBeUndefined();
});

test('the author of the post that is read is never hidden', async () => {
	await open([cellHtml(FOCAL), reply(2, WORDS, {handle: 'survivor'})]);
	await tellTap(
		{id: '2', handle: 'survivor', accountId: '77'},
		{id: FOCAL_ID, handle: 'survivor', accountId: '77'},
	);
	await settle();
	expect(markOf(2)).toBeUndefined();
	expect(document.querySelector('[data-panah]')).toBeNull();
});

test('in a timeline a standing post is left alone, and an answer is not', async () => {
	await openTold([reply(2, WORDS)], '/home');
	expect([markOf(2), questions]).toEqual([undefined, []]);
	await tellTap({id: '2', handle: 'somebody', accountId: '77', parentId: '1'});
	await settle();
	expect(markOf(2)).toBe('hidden');
});

test('a post that only quotes is left alone, too, and what a reply quotes', async () => {
	await openTold([reply(2, WORDS, {quote: 'See'})], '/home');
	expect(markOf(2)).toBeUndefined();
	expect(questions).toEqual([]);
});

test('what lists say anew is asked anew', async () => {
	await openTold(conversation());
	onLists = {};
	await tellState({lists: 'b'});
	await settle();
	expect(markOf(2)).toBeUndefined();
});

test('more is asked on request only, and told in words', async () => {
	await openTold(conversation());
	const line = lineOf(2) as Element;
	pressIn(line, 'Why?');
	pressIn(line, 'Ask for more');
	await settle();
	expect(questions.at(-1)).toEqual({kind: 'list-details', accountId: '77'});
	expect(wordsIn(line)).toContain('did not answer');
	details = {
		details: [{list: 'Calm', category: 'blame', listed: '2026-10', review: '2027-07'}, {list: 'Other'}],
	};
	pressIn(line, 'Ask for more');
	await settle();
	expect(wordsIn(line)).toContain('Listed: October 2026. To be looked at again: July 2027.');
	expect(wordsIn(line)).toContain('Other. Nothing more is told.');
});

test('our own pages learn whom the reader follows, as far as X told this tab', async () => {
	await openTold(conversation(), undefined, {following: true});
	let answer: unknown;
	edge.browser.runtime.onMessage.fire({kind: 'followed'}, {}, given => {
		answer = given;
	});
	expect(answer).toEqual(['77']);
});
