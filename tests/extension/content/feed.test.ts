import type {ScoreAnswer} from '../../../extension/src/core/messages.js';
import {cellHtml, FOCAL_ID, type PostParts, postHtml} from '../factories.js';
import {pressIn} from '../shadow.js';
import {
	add,
	articleOf,
	asked,
	BLAME,
	cancelled,
	change,
	contexts,
	edge,
	FakeIntersectionObserver,
	FOCAL,
	go,
	HIDE,
	isTapOn,
	lineOf,
	lines,
	markOf,
	never,
	notice,
	open,
	quoteOf,
	reply,
	request,
	reuse,
	SHOW,
	sent,
	settle,
	setUp,
	takeAway,
	tearDown,
	tellState,
	tellTap,
	texts,
	unfold,
	wordsIn,
} from './x-page.js';

beforeEach(setUp);
afterEach(tearDown);

const TO_VIEWER = '<a href="/Viewer" role="link">@Viewer</a> look at this fault';
const DISCLOSURE = 'I was followed.';
const answer = (verdict = HIDE): ScoreAnswer => ({ok: true, verdict});
const post = (parts: PostParts) => cellHtml(postHtml(parts));

/** Answers each question only when the test says so. */
function waitForTest(): Array<(answer: ScoreAnswer) => void> {
	const answers: Array<(answer: ScoreAnswer) => void> = [];
	edge.worker = () => new Promise(resolve => answers.push(resolve));
	return answers;
}

describe('who is judged', () => {
	const CELLS = [
		reply(2, 'standing fault'),
		reply(3, 'answering fault', {answering: ['survivor']}),
		reply(4, TO_VIEWER),
		reply(5, 'leading on', {joined: true, handle: 'starter'}),
		reply(6, 'joined fault'),
		reply(7, 'quoting fault', {quote: 'quoted fault'}),
	];
	const ANSWERS = ['answering fault', '@Viewer look at this fault', 'joined fault', 'quoting fault'];

	test.each(['/home', '/search?q=fault', '/hashtag/fault', '/i/lists/1', '/i/communities/1', '/writer_7'])(
		'on %s: what answers somebody, names the reader or quotes; standing posts are not asked about',
		async path => {
			await open(CELLS, path);
			expect(texts().sort()).toEqual([...ANSWERS].sort());
			expect([2, 3, 4, 5, 6].map(markOf)).toEqual([undefined, 'hidden', 'hidden', undefined, 'hidden']);
		},
	);

	test('there, a post that is no answer but quotes is only labelled, and what it quotes is left alone', async () => {
		await open(CELLS, '/home');
		expect(markOf(7)).toBe('flagged');
		expect(quoteOf(7).dataset.panah).toBeUndefined();
	});

	test('there, what an answer quotes is judged too', async () => {
		await open([reply(2, 'See here', {answering: ['survivor'], quote: 'quoted fault'})], '/home');
		expect(texts()).toEqual(['See here', 'quoted fault']);
		expect(markOf(2)).toBeUndefined();
		expect(quoteOf(2).dataset.panah).toBe('hidden');
	});

	test('there, a post that X’s own data tells to be an answer', async () => {
		await open([reply(2), reply(3)], '/home');
		expect(asked()).toEqual([]);
		await tellTap({id: '3', handle: 'somebody', parentId: '1'}, {id: '2', handle: 'somebody'});
		expect(texts()).toEqual([BLAME]);
		expect([markOf(2), markOf(3)]).toEqual([undefined, 'hidden']);
	});

	test.each(['/home', '/notifications'])(
		'on %s, who goes on with their own post is only labelled: it may be the one who tells what happened',
		async path => {
			await open([reply(5, 'leading on', {joined: true}), reply(6, 'joined fault')], path);
			expect(markOf(6)).toBe('flagged');
		},
	);

	test('so is, in a conversation, who began it, though the page is about another post in it', async () => {
		const first = reply(1, 'It was me.', {handle: 'speaker'});
		await open([first, cellHtml(FOCAL), reply(2, BLAME, {handle: 'speaker'}), reply(3)]);
		expect([markOf(2), markOf(3)]).toEqual(['flagged', 'hidden']);
	});

	test('… whose post X shows only later, and nobody who stands between them', async () => {
		await open([
			reply(1, 'And?', {handle: 'between'}),
			cellHtml(FOCAL),
			reply(2, BLAME, {handle: 'speaker'}),
			reply(3, BLAME, {handle: 'between'}),
		]);
		expect([markOf(2), markOf(3)]).toEqual(['hidden', 'flagged']);
		const first = reply(9, 'It was me.', {handle: 'speaker'});
		document.querySelector('#list')?.insertAdjacentHTML('afterbegin', first);
		await settle();
		expect([markOf(2), markOf(3)]).toEqual(['flagged', 'hidden']);
		takeAway(9);
		await settle();
		expect([markOf(2), markOf(3)]).toEqual(['flagged', 'hidden']);
	});

	test('… also where X says only later whose post that is', async () => {
		const first = reply(1, 'It was me.', {handle: 'speaker', author: '', focal: true});
		const nameless = first.replace('UserAvatar-Container-speaker', 'UserAvatar-Container-unknown');
		await open([nameless, cellHtml(FOCAL), reply(2, BLAME, {handle: 'speaker'})]);
		expect(markOf(2)).toBe('hidden');
		reuse(articleOf(1), {id: '1', text: 'It was me.', handle: 'speaker'});
		await settle();
		expect(markOf(2)).toBe('flagged');
	});

	test.each([
		['a conversation', undefined],
		['a timeline', '/notifications'],
	])('in %s, X’s own data tells too who began', async (_, path) => {
		await open([cellHtml(FOCAL), reply(2), reply(3, BLAME, {handle: 'another'})], path);
		await tellTap(
			{id: '2', handle: 'somebody', conversationId: '1'},
			{id: '3', handle: 'another', conversationId: '1'},
			{id: '1', handle: 'somebody'},
		);
		expect([markOf(2), markOf(3)]).toEqual(['flagged', 'hidden']);
	});

	test('a separator or an ad in between joins nothing', async () => {
		await open([reply(2, 'leading on', {joined: true}), cellHtml('<div></div>'), reply(3)], '/home');
		expect(asked()).toEqual([]);
	});

	test('in notifications every post, and what it quotes', async () => {
		await open([...CELLS.slice(0, 2), CELLS[5] as string], '/notifications/mentions');
		expect(texts()).toEqual(['standing fault', 'answering fault', 'quoting fault', 'quoted fault']);
		expect([2, 3, 7].map(markOf)).toEqual(['hidden', 'hidden', 'hidden']);
	});

	test('among the quotes of a post every post, and never what it quotes', async () => {
		await open(
			[reply(2, 'first fault', {quote: 'My fault?'}), reply(3, 'second', {quote: 'My fault?'})],
			`/survivor/status/${FOCAL_ID}/quotes`,
		);
		expect(contexts()).toEqual([
			['first fault', 'My fault?'],
			['second', 'My fault?'],
		]);
		expect([markOf(2), markOf(3)]).toEqual(['hidden', undefined]);
		expect(quoteOf(2).dataset.panah).toBeUndefined();
	});

	test('nowhere the reader’s own posts, ads and protected accounts', async () => {
		await open(
			[
				reply(2, BLAME, {handle: 'Viewer', answering: ['survivor']}),
				post({promoted: true, text: BLAME, answering: ['survivor']}),
				reply(3, BLAME, {locked: true, answering: ['survivor']}),
			],
			'/notifications',
		);
		expect(asked()).toEqual([]);
	});
});

describe('the post that goes along', () => {
	test('is the one that X’s own data tells, where its text is known', async () => {
		await open([cellHtml(FOCAL), reply(2, 'one'), reply(3, 'two')]);
		await tellTap(
			{id: '9', handle: 'else', text: 'Told elsewhere.'},
			{id: '4', handle: 'somebody', parentId: '2'},
			{id: '5', handle: 'somebody', parentId: '9'},
			{id: '6', handle: 'somebody', parentId: FOCAL_ID},
			{id: '7', handle: 'somebody', parentId: '99'},
		);
		add(reply(4, 'four'), reply(5, 'five'), reply(6, 'six'), reply(7, 'seven'));
		await settle();
		expect(contexts().slice(2)).toEqual([
			['four', 'one'],
			['five', 'Told elsewhere.'],
			['six', DISCLOSURE],
			['seven', undefined],
		]);
	});

	test('else the one that a line joins it to, else the one the page is about', async () => {
		await open([
			cellHtml(FOCAL),
			reply(2, 'one', {joined: true}),
			reply(3, 'two', {joined: true}),
			reply(4, 'three'),
			reply(5, 'four'),
		]);
		expect(contexts()).toEqual([
			['one', DISCLOSURE],
			['two', 'one'],
			['three', 'two'],
			['four', DISCLOSURE],
		]);
	});

	test('is not the one a line joins it to where X’s own data tells of another', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap({id: '3', handle: 'somebody', parentId: FOCAL_ID});
		add(reply(2, 'one', {joined: true}), reply(3, 'two'));
		await settle();
		expect(contexts()).toContainEqual(['two', DISCLOSURE]);
	});

	test('in a timeline is what it quotes, or none', async () => {
		await open(
			[reply(2, 'one', {quote: 'Said before.'}), reply(3, 'two', {answering: ['survivor']})],
			'/home',
		);
		expect(contexts()).toEqual([
			['one', 'Said before.'],
			['two', undefined],
		]);
	});

	test('is never that of a protected account: not the focal one', async () => {
		await open([
			post({id: FOCAL_ID, handle: 'survivor', focal: true, text: DISCLOSURE, locked: true}),
			reply(2, 'one'),
		]);
		expect(contexts()).toEqual([['one', undefined]]);
	});

	test('… nor one that X’s own data calls protected', async () => {
		await open([]);
		await tellTap(
			{id: FOCAL_ID, handle: 'survivor', protected: true},
			{id: '2', handle: 'somebody', protected: true},
			{id: '9', handle: 'else', text: 'For few.', protected: true},
			{id: '4', handle: 'somebody', parentId: '9'},
			{id: '5', handle: 'somebody', parentId: FOCAL_ID},
		);
		add(
			cellHtml(FOCAL),
			reply(2, 'hidden words', {joined: true}),
			reply(3, 'three'),
			reply(4, 'four'),
			reply(5, 'five'),
		);
		await settle();
		expect(contexts()).toEqual([
			['three', undefined],
			['four', undefined],
			['five', undefined],
		]);
	});

	test('… nor one joined by a line, nor a quoted one', async () => {
		await open([cellHtml(FOCAL), reply(2, 'few may read', {joined: true, locked: true}), reply(3, 'three')]);
		expect(contexts()).toEqual([['three', DISCLOSURE]]);
	});

	test('… nor one that is quoted', async () => {
		await open(
			[reply(2, 'one', {answering: ['survivor'], quote: 'few may read', quoteLocked: true})],
			'/home',
		);
		expect(contexts()).toEqual([['one', undefined]]);
	});
});

describe('where X’s own data tells of a post whose words are not ours to send', () => {
	const answers = (id: string) =>
		request({kind: 'page'}).covered.find(covered => covered.id === id)?.post.answers;

	test.each([
		['unknown', {id: '9', handle: 'else'}],
		['protected', {id: '9', handle: 'else', text: 'For few.', protected: true}],
	])('%s: no other goes along, and none is said to be answered', async (_, told) => {
		await open([cellHtml(FOCAL)]);
		await tellTap(told, {id: '3', handle: 'somebody', parentId: '9'});
		add(reply(2, 'one', {joined: true}), reply(3, BLAME, {quote: 'Said before.'}));
		await settle();
		expect(contexts()).toContainEqual([BLAME, undefined]);
		expect(markOf(3)).toBe('hidden');
		expect(answers('3')).toBeUndefined();
	});

	test('in a timeline, what a post quotes is not taken for what it answers', async () => {
		await open([], '/home');
		await tellTap({id: '3', handle: 'somebody', parentId: '9'});
		add(reply(3, BLAME, {quote: 'Said before.'}));
		await settle();
		expect(contexts()[0]).toEqual([BLAME, undefined]);
		expect(answers('3')).toBeUndefined();
	});

	test('a reply that turns out to be protected goes along no more', async () => {
		await open([cellHtml(FOCAL), reply(2, 'one', {joined: true}), reply(3), reply(4, 'b fault')]);
		await tellTap({id: '4', handle: 'somebody', parentId: '2'});
		expect([answers('3')?.text, answers('4')?.text]).toEqual(['one', 'one']);
		await tellTap({id: '2', handle: 'somebody', protected: true});
		notice('changed');
		await settle();
		expect(contexts().slice(-2)).toEqual([
			[BLAME, DISCLOSURE],
			['b fault', undefined],
		]);
		expect([answers('3')?.text, answers('4')]).toEqual([DISCLOSURE, undefined]);
	});

	test('the post of the page goes along no more, though X has taken it away meanwhile', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		takeAway(FOCAL_ID);
		await tellTap({id: FOCAL_ID, handle: 'survivor', protected: true});
		add(reply(3, 'b fault', {quote: 'quoted fault'}));
		await settle();
		expect(contexts().slice(1)).toEqual([
			['b fault', undefined],
			['quoted fault', undefined],
		]);
		expect(answers('2')).toBeUndefined();
	});
});

describe('what is judged, and what of it is kept, follows', () => {
	const kept = () => request({kind: 'page'}).covered[0]?.post;

	test('what X’s own data tells', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		expect(kept()?.accountId).toBeUndefined();
		await tellTap({id: '2', handle: 'somebody', accountId: '70'});
		expect(kept()).toMatchObject({accountId: '70', answers: {id: FOCAL_ID}});
		await tellTap({id: '2', handle: 'somebody', parentId: '9'});
		expect(kept()?.answers).toBeUndefined();
		await tellTap({id: '9', handle: 'else', text: 'Told.'});
		expect(kept()?.answers).toMatchObject({id: '9', text: 'Told.'});
		notice('changed');
		await settle();
		expect(contexts()).toEqual([
			[BLAME, DISCLOSURE],
			[BLAME, 'Told.'],
		]);
	});

	test('… and who it is that is answered, though the words are the same', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap(
			{id: '8', handle: 'one', text: 'Told.'},
			{id: '9', handle: 'other', text: 'Told.'},
			{id: '2', handle: 'somebody', parentId: '8'},
		);
		add(reply(2));
		await settle();
		expect(kept()?.answers).toMatchObject({id: '8', handle: 'one'});
		await tellTap({id: '8', handle: 'renamed'});
		expect(kept()?.answers).toMatchObject({id: '8', handle: 'renamed'});
		await tellTap({id: '2', handle: 'somebody', parentId: '9'});
		expect(kept()?.answers).toMatchObject({id: '9', handle: 'other'});
	});

	test('of a quoted post, too', async () => {
		await open([cellHtml(FOCAL), reply(2, 'See', {quote: 'quoted fault'})]);
		expect(kept()).toMatchObject({id: '2', handle: 'quoted'});
		await tellTap({id: '2', handle: 'somebody', quotedId: '8'}, {id: '8', handle: 'quoted', accountId: '70'});
		expect(kept()).toMatchObject({id: '8', handle: 'quoted', accountId: '70'});
	});

	test('the text of what is answered', async () => {
		await open([cellHtml(FOCAL), reply(2, 'A long', {joined: true, showMore: true}), reply(3)]);
		expect(kept()?.answers?.text).toBe('A long');
		unfold(2, 'A long reply');
		await settle();
		expect(kept()?.answers?.text).toBe('A long reply');
		notice('changed');
		await settle();
		expect(contexts().at(-1)).toEqual([BLAME, 'A long reply']);
	});

	test('which post is answered, where X uses its element for another with the same words', async () => {
		await open([cellHtml(FOCAL), reply(2, 'one', {joined: true}), reply(3)]);
		expect(kept()?.answers?.id).toBe('2');
		reuse(articleOf(2), {id: '7', text: 'one', joined: true});
		await settle();
		expect(kept()?.answers?.id).toBe('7');
	});

	test.each([
		['a reply', reply(2)],
		['a quoted post', reply(2, 'See', {quote: 'quoted fault'})],
	])('the address of the page, for %s', async (_, cell) => {
		await open([cellHtml(FOCAL), cell]);
		go(`/survivor/status/${FOCAL_ID}/photo/1`);
		await settle();
		expect(kept()?.foundOn).toBe(`https://x.com/survivor/status/${FOCAL_ID}/photo/1`);
	});
});

describe('a quoted post', () => {
	const withQuote = (more: PostParts = {}) => reply(2, 'See this.', {quote: 'quoted fault', ...more});

	test('is judged by itself, and hidden by itself', async () => {
		await open([cellHtml(FOCAL), withQuote()]);
		expect(contexts()).toEqual([
			['See this.', DISCLOSURE],
			['quoted fault', DISCLOSURE],
		]);
		expect(markOf(2)).toBeUndefined();
		expect(quoteOf(2).dataset.panah).toBe('hidden');
		expect(lines()).toEqual(['2#quote']);
	});

	test('in a post without words of its own is all that is judged', async () => {
		await open([cellHtml(FOCAL), withQuote({text: null})]);
		expect(texts()).toEqual(['quoted fault']);
		expect(quoteOf(2).dataset.panah).toBe('hidden');
	});

	test.each([
		['the focal author’s', {quoteHandle: 'Survivor'}],
		['the reader’s own', {quoteHandle: 'Viewer'}],
		['a protected account’s', {quoteLocked: true}],
		['without words', {quote: '…'}],
	])('is not judged: %s', async (_, more) => {
		await open([cellHtml(FOCAL), withQuote(more)]);
		expect(texts()).toEqual(['See this.']);
		expect(quoteOf(2).dataset.panah).toBeUndefined();
	});

	test('is not judged either where X’s own data says that the account is followed or protected', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap(
			{id: '2', handle: 'somebody', quotedId: '8'},
			{id: '8', handle: 'quoted', following: true},
			{id: '3', handle: 'somebody', quotedId: '9'},
			{id: '9', handle: 'quoted', protected: true},
			{id: '4', handle: 'somebody', quotedId: '10'},
			{id: '10', handle: 'another', protected: true},
		);
		add(withQuote(), reply(3, 'three', {quote: 'few fault'}), reply(4, 'four', {quote: 'third fault'}));
		await settle();
		expect(texts()).toEqual(['See this.', 'three', 'four', 'third fault']);
	});

	test.each([
		['of whom X does not say who it is', {quoteHandle: ''}],
		['of the one with whom the conversation began', {quoteHandle: 'Speaker'}],
	])('is not judged: %s', async (_, more) => {
		await open([reply(1, 'It was me.', {handle: 'speaker'}), cellHtml(FOCAL), withQuote(more)]);
		expect(texts()).toEqual(['See this.']);
		expect(quoteOf(2).dataset.panah).toBeUndefined();
	});

	test('is kept under its own id, where X’s own data tells it', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap({id: '2', handle: 'somebody', quotedId: '8'}, {id: '8', handle: 'quoted', accountId: '70'});
		add(withQuote());
		await settle();
		expect(request({kind: 'page'}).covered[0]?.post).toMatchObject({
			id: '8',
			handle: 'quoted',
			accountId: '70',
			url: 'https://x.com/quoted/status/8',
		});
	});

	test('is uncovered before the next frame when another post takes its element', async () => {
		await open([cellHtml(FOCAL), withQuote()]);
		const article = articleOf(2);
		const quote = quoteOf(2);
		edge.worker = never;
		article.querySelector('a:has(time)')?.setAttribute('href', '/somebody/status/3');
		(quote.querySelector('[data-testid="tweetText"]') as Element).innerHTML = 'I believe you.';
		article.querySelector('[data-testid="User-Name"]')?.append(document.createElement('b'));
		await settle(20);
		expect(quote.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('is uncovered too when the element is no quoted post any more', async () => {
		await open([cellHtml(FOCAL), withQuote()]);
		const quote = quoteOf(2);
		edge.worker = never;
		articleOf(2).querySelector('a:has(time)')?.setAttribute('href', '/somebody/status/3');
		for (const part of quote.querySelectorAll('[data-testid]')) part.remove();
		await settle(600);
		expect(quote.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('stays hidden when X takes its parts away for a moment', async () => {
		await open([cellHtml(FOCAL), withQuote()]);
		for (const part of quoteOf(2).querySelectorAll('[data-testid]')) part.remove();
		await settle(600);
		expect(quoteOf(2).dataset.panah).toBe('hidden');
	});
});

describe('never covered, never asked about', () => {
	test('the author of the post that the page is about', async () => {
		await open([cellHtml(FOCAL), reply(2, BLAME, {handle: 'Survivor'}), reply(3)]);
		expect(asked()).toHaveLength(1);
		expect([markOf(2), markOf(3)]).toEqual([undefined, 'hidden']);
	});

	test('who is always shown, by handle, or by number where both are known', async () => {
		edge.state = {
			people: [{handle: 'friend'}, {handle: 'renamed', accountId: '7'}, {handle: 'taken', accountId: '8'}],
			pausedUntil: 0,
			pausedThreads: [],
		};
		await open([cellHtml(FOCAL)]);
		await tellTap({id: '3', handle: 'newname', accountId: '7'}, {id: '4', handle: 'taken', accountId: '9'});
		add(
			reply(2, 'a fault', {handle: 'Friend'}),
			reply(3, 'b fault', {handle: 'newname'}),
			reply(4, 'c fault', {handle: 'taken'}),
			reply(5, 'd', {quote: 'e fault', quoteHandle: 'Friend'}),
		);
		await settle();
		expect(texts()).toEqual(['c fault', 'd']);
		expect(lines()).toEqual(['4']);
	});

	test('who is chosen to be always shown is uncovered at once', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await tellState({people: [{handle: 'somebody'}]});
		expect(lines()).toEqual([]);
	});

	test('who is followed, told by X’s own data or by the button in the post', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap({id: '2', handle: 'somebody', following: true});
		add(
			reply(2, 'a fault'),
			reply(3, 'b fault', {follow: {accountId: '5', followed: true}}),
			reply(4, 'c fault', {follow: {accountId: '6', followed: false}}),
		);
		await settle();
		expect(texts()).toEqual(['c fault']);
	});

	test('… unless the reader wants those judged too', async () => {
		await open([cellHtml(FOCAL), reply(3, BLAME, {follow: {accountId: '5', followed: true}})], undefined, {
			showFollowed: false,
		});
		expect(markOf(3)).toBe('hidden');
		await change({showFollowed: true});
		expect(markOf(3)).toBeUndefined();
	});
});

describe('a pause', () => {
	test('by time shows everything, asks nothing, and ends by itself', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await tellState({pausedUntil: Date.now() + 60_000});
		expect(lines()).toEqual([]);
		add(reply(3, 'Another fault.'));
		await settle(50_000);
		expect(asked()).toHaveLength(1);
		expect(request({kind: 'page'})).toMatchObject({pausedHere: false, covered: []});
		await settle(11_000);
		expect(lines()).toEqual(['2', '3']);
		expect(asked()).toHaveLength(2);
	});

	test('of one conversation is one of that conversation only', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await tellState({pausedThreads: ['77']});
		expect(lines()).toEqual(['2']);
		await tellState({pausedThreads: [FOCAL_ID]});
		expect(lines()).toEqual([]);
		expect(request({kind: 'page'})).toMatchObject({pausedHere: true, covered: []});
		await tellState({});
		expect(lines()).toEqual(['2']);
	});

	test('covers nothing of what X has taken off the page meanwhile', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Another fault.')]);
		articleOf(2).closest('[data-testid="cellInnerDiv"]')?.remove();
		await settle();
		expect(request({kind: 'page'}).covered.map(({id}) => id)).toEqual(['2', '3']);
		await tellState({pausedUntil: Date.now() + 60_000});
		expect(request({kind: 'page'}).covered).toEqual([]);
		await tellState({});
		await change({enabled: false});
		expect(request({kind: 'page'}).covered).toEqual([]);
	});
});

describe('a question on its way is cancelled', () => {
	test.each([
		['by a pause', () => tellState({pausedUntil: Date.now() + 60_000})],
		['by a pause of the conversation', () => tellState({pausedThreads: [FOCAL_ID]})],
		['when Panah is switched off', () => change({enabled: false})],
		['when its author is always shown', () => tellState({people: [{handle: 'somebody'}]})],
		[
			'when X’s own data tells that it is an ad',
			() => tellTap({id: '2', handle: 'somebody', promoted: true}),
		],
	])('%s, and its answer counts for nothing', async (_, act) => {
		const answers = waitForTest();
		await open([cellHtml(FOCAL), reply(2)]);
		expect(cancelled()).toEqual([]);
		await act();
		expect(cancelled()).toEqual(asked().map(({ask}) => ask));
		answers[0]?.(answer(HIDE));
		await tellState({});
		await change({});
		expect(lines()).toEqual([]);
	});
});

describe('a post that we stumble over', () => {
	test('is shown, and the others are covered all the same', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault', {quote: 'quoted fault'})]);
		expect(lines()).toEqual(['2', '3', '3#quote']);
		for (const id of [2, 3]) {
			const row = articleOf(id).querySelector('[data-testid="User-Name"]') as Element;
			vi.spyOn(row, 'querySelector').mockImplementation(() => {
				throw new Error('Unlike anything we know.');
			});
			articleOf(id).append(document.createElement('i'));
		}
		add(reply(4, 'c fault'));
		await settle(50);
		expect(lines()).toEqual(['4']);
		expect([2, 3].map(markOf)).toEqual([undefined, undefined]);
		expect(quoteOf(3).dataset.panah).toBeUndefined();
	});
});

describe('holding back', () => {
	const HOLD = {holdBack: true};

	test('keeps a reply back until it is judged', async () => {
		const answers = waitForTest();
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Fine.')], undefined, HOLD);
		expect([markOf(2), markOf(3)]).toEqual(['held', 'held']);
		answers[0]?.(answer(HIDE));
		answers[1]?.(answer(SHOW));
		await settle(50);
		expect([markOf(2), markOf(3)]).toEqual(['hidden', undefined]);
		expect(lines()).toEqual(['2']);
	});

	test('lasts 1.5 seconds at most, and what is shown then is not taken away for being asked about', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2));
		await settle(1400);
		expect(markOf(2)).toBe('held');
		await settle(150);
		expect(markOf(2)).toBeUndefined();
		await settle(5000);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('of a reply further down begins when it is asked about', async () => {
		edge.worker = never;
		FakeIntersectionObserver.everything = false;
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2));
		await settle(2000);
		expect(markOf(2)).toBeUndefined();
		const place = articleOf(2).parentElement as HTMLElement;
		const top = innerHeight * 1.8;
		vi.spyOn(place, 'getBoundingClientRect').mockReturnValue({top, bottom: top, height: 0} as DOMRect);
		FakeIntersectionObserver.near.add(place);
		for (const observer of FakeIntersectionObserver.all) observer.tell(place);
		await settle(600);
		expect(asked()).toHaveLength(1);
		expect(markOf(2)).toBe('held');
		await settle(1500);
		expect(markOf(2)).toBeUndefined();
	});

	test('is not begun again for a text that X folds out', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2, 'A long', {showMore: true}));
		await settle(1000);
		expect(markOf(2)).toBe('held');
		await settle(600);
		unfold(2, 'A long fault');
		await settle(20);
		expect(texts()).toEqual(['A long', 'A long fault']);
		expect(markOf(2)).toBeUndefined();
		await settle(600);
		expect(markOf(2)).toBeUndefined();
	});

	test('ends where X takes parts of the reply away', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2));
		await settle(50);
		expect(markOf(2)).toBe('held');
		for (const part of articleOf(2).querySelectorAll('[data-testid="tweetText"], [role=group]'))
			part.remove();
		await settle(20);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('ends where it is not known any more what the reply answers', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2));
		await settle(50);
		expect(markOf(2)).toBe('held');
		go('/somebody/status/77');
		dispatchEvent(new PopStateEvent('popstate'));
		await settle(900);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('ends when the worker does not judge', async () => {
		edge.worker = async () => ({ok: false, refusal: 'failed', retryIn: 30_000});
		await open([cellHtml(FOCAL)], undefined, HOLD);
		add(reply(2));
		await settle(50);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('is off by default', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL), reply(2)]);
		expect(lines()).toEqual([]);
	});

	test('does not happen while Panah is off or paused, nor to those who are always shown', async () => {
		edge.worker = never;
		edge.state = {people: [{handle: 'friend'}], pausedUntil: Date.now() + 3_600_000, pausedThreads: []};
		await open([cellHtml(FOCAL), reply(2)], undefined, HOLD);
		expect(lines()).toEqual([]);
		await change({holdBack: true, enabled: false});
		await tellState({people: [{handle: 'friend'}]});
		add(reply(3));
		await settle(50);
		expect(lines()).toEqual([]);
		await change({holdBack: true});
		add(reply(4, 'new'), reply(5, BLAME, {handle: 'friend'}), reply(6, BLAME, {handle: 'survivor'}));
		await settle(20);
		expect(markOf(4)).toBe('held');
		expect([markOf(5), markOf(6)]).toEqual([undefined, undefined]);
	});

	test('waits with the questions until it is known who reads, and takes nothing away that was seen', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, HOLD, {viewer: null});
		expect(markOf(2)).toBeUndefined();
		await settle(1000);
		expect(asked()).toEqual([]);
		expect(markOf(2)).toBeUndefined();
		edge.worker = never;
		await settle(3000);
		expect(asked()).toHaveLength(1);
		expect(markOf(2)).toBeUndefined();
	});
});

describe('what answers a hidden reply', () => {
	const FOLD = {foldBeneath: true};
	const CHAIN = [
		cellHtml(FOCAL),
		reply(2, BLAME, {joined: true}),
		reply(3, 'Yes', {joined: true}),
		reply(4, 'Indeed'),
		reply(5, 'Apart'),
	];

	test('stays, where the reader did not ask for folding', async () => {
		await open(CHAIN);
		expect(lines()).toEqual(['2']);
	});

	test('is folded with it, by the line, all the way down', async () => {
		await open(CHAIN, undefined, FOLD);
		expect(lines()).toEqual(['2', '3', '4']);
		expect(wordsIn(lineOf(3))).toContain('answers a hidden reply');
		expect(request({kind: 'page'}).covered).toMatchObject([
			{id: '2', source: 'model', reason: 'blame'},
			{id: '3', source: 'thread', reason: 'beneath'},
			{id: '4', source: 'thread', reason: 'beneath'},
		]);
	});

	test('is folded by what X’s own data tells, wherever it stands', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Apart'), reply(4, 'Yes')], undefined, FOLD);
		await tellTap({id: '4', handle: 'somebody', parentId: '2'});
		expect(lines()).toEqual(['2', '4']);
	});

	test('is shown and hidden with it', async () => {
		await open(CHAIN, undefined, FOLD);
		pressIn(lineOf(2), 'Show once');
		await settle(50);
		expect([2, 3, 4].map(markOf)).toEqual([undefined, undefined, undefined]);
		pressIn(lineOf(2), 'Hide again');
		await settle(50);
		expect([2, 3, 4].map(markOf)).toEqual(['hidden', 'hidden', 'hidden']);
	});

	test('shown by itself, shows what answers it', async () => {
		await open(CHAIN, undefined, FOLD);
		pressIn(lineOf(3), 'Show once');
		await settle(50);
		expect([2, 3, 4].map(markOf)).toEqual(['hidden', undefined, undefined]);
	});

	test.each(['reader', 'friend'] as const)('is not folded where a %s found it harmless', async source => {
		edge.worker = async ({text}) => answer(text === 'Yes' ? {...SHOW, source} : text === BLAME ? HIDE : SHOW);
		await open(CHAIN, undefined, FOLD);
		expect(lines()).toEqual(['2']);
	});

	test('is not folded where nothing is hidden but only labelled', async () => {
		await open(CHAIN, undefined, {...FOLD, presentation: 'flag'});
		expect(lines()).toEqual([]);
		expect([2, 3].map(markOf)).toEqual(['flagged', undefined]);
	});

	test('of the author of the disclosure is not folded', async () => {
		await open(
			[cellHtml(FOCAL), reply(2, BLAME, {joined: true}), reply(3, 'No.', {handle: 'survivor'})],
			undefined,
			FOLD,
		);
		expect(lines()).toEqual(['2']);
	});

	test('is folded also when what it answers has scrolled away', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, FOLD);
		articleOf(2).closest('[data-testid="cellInnerDiv"]')?.remove();
		await tellTap({id: '4', handle: 'somebody', parentId: '2'});
		add(reply(4, 'Yes'));
		await settle();
		expect(lines()).toEqual(['4']);
	});
});

describe('what X’s own data tells', () => {
	test('counts only for a post that stands there under the same handle', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap(
			{id: '2', handle: 'another', following: true, promoted: true},
			{id: '3', following: true, protected: true, accountId: '7'},
		);
		add(reply(2), reply(3, 'Another fault.'));
		await settle();
		expect(lines()).toEqual(['2', '3']);
		pressIn(lineOf(3), 'More');
		pressIn(lineOf(3), 'Always show this account');
		expect(sent('always-show')).toEqual([{kind: 'always-show', handle: 'somebody'}]);
	});

	test('keeps ads and protected accounts from being asked about, and uncovers them', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		expect(lines()).toEqual(['2']);
		await tellTap(
			{id: '2', handle: 'somebody', promoted: true},
			{id: '3', handle: 'somebody', promoted: true},
			{id: '4', handle: 'somebody', protected: true},
		);
		expect(lines()).toEqual([]);
		add(reply(3, 'b fault'), reply(4, 'c fault'));
		await settle();
		expect(asked()).toHaveLength(1);
	});

	test('a whole text takes the place of its beginning, and is judged', async () => {
		await open([cellHtml(FOCAL), reply(2, 'A long reply', {showMore: true})]);
		expect(markOf(2)).toBeUndefined();
		await tellTap({id: '2', handle: 'somebody', text: 'A long reply. Your fault.'});
		expect(texts()).toEqual(['A long reply', 'A long reply. Your fault.']);
		expect(markOf(2)).toBe('hidden');
		expect(request({kind: 'page'}).covered[0]).toMatchObject({
			partial: false,
			post: {text: 'A long reply. Your fault.', partial: false},
		});
	});

	test('… but not another text', async () => {
		await open([cellHtml(FOCAL), reply(2, 'A long reply', {showMore: true})]);
		await tellTap({id: '2', handle: 'somebody', text: 'Your fault.'});
		expect(texts()).toEqual(['A long reply']);
	});

	test('a translated post is judged by what was written', async () => {
		await open([cellHtml(FOCAL)]);
		await tellTap({id: '2', handle: 'somebody', text: 'غلطی fault'});
		add(reply(2, 'In other words', {translated: true}));
		await settle();
		expect(texts()).toEqual(['غلطی fault']);
		expect(markOf(2)).toBe('hidden');
	});

	test('without it, a translation is only labelled', async () => {
		await open([cellHtml(FOCAL), reply(2, BLAME, {translated: true})], undefined, {tap: false});
		expect(isTapOn()).toBe(false);
		expect(markOf(2)).toBe('flagged');
	});

	test('is listened to by the settings, and only while Panah is on', async () => {
		await open([cellHtml(FOCAL)]);
		expect(isTapOn()).toBe(true);
		await change({enabled: false});
		expect(isTapOn()).toBe(false);
		await change({tap: true});
		expect(isTapOn()).toBe(true);
		await change({tap: false});
		expect(isTapOn()).toBe(false);
	});
});

describe('what the reader says in a line', () => {
	test('"Not harmful" counts at once, and is told', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		pressIn(lineOf(2), 'More');
		pressIn(lineOf(2), 'Not harmful');
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
		expect(sent('fine')).toEqual([{kind: 'fine', text: BLAME, context: 'I was followed.'}]);
	});

	test('"Not harmful" is not undone by an answer to an earlier question', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const answers = waitForTest();
		notice('changed');
		await settle(50);
		expect(answers).toHaveLength(1);
		pressIn(lineOf(2), 'More');
		pressIn(lineOf(2), 'Not harmful');
		answers[0]?.(answer(HIDE));
		await settle();
		expect(lines()).toEqual([]);
	});

	test('"Always show this account" is told with the account’s number, where it is known', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault', {handle: 'Other'})]);
		await tellTap({id: '2', handle: 'somebody', accountId: '70'});
		for (const id of [2, 3]) {
			pressIn(lineOf(id), 'More');
			pressIn(lineOf(id), 'Always show this account');
		}
		expect(sent('always-show')).toEqual([
			{kind: 'always-show', handle: 'somebody', accountId: '70'},
			{kind: 'always-show', handle: 'other'},
		]);
	});

	test.each([
		[{ok: true, already: false}, 'Saved'],
		[{ok: true, already: true}, 'Already saved'],
		[{ok: false, problem: 'full'}, 'No room left to save it'],
		[undefined, 'Not saved. Try again'],
	])('"Save as evidence" with the answer %j says "%s"', async (said, words) => {
		edge.save = () => said;
		await open([cellHtml(FOCAL), reply(2)]);
		pressIn(lineOf(2), 'More');
		pressIn(lineOf(2), 'Save as evidence');
		await settle(50);
		expect(wordsIn(lineOf(2))).toContain(words);
	});

	test('"Save as evidence" gives what the page tells of the reply, and what was said about it', async () => {
		await open([cellHtml(FOCAL), reply(2, BLAME, {handle: 'SomeBody'})]);
		pressIn(lineOf(2), 'More');
		pressIn(lineOf(2), 'Save as evidence');
		expect(sent('save').map(({post}) => post)).toEqual([
			{
				id: '2',
				handle: 'SomeBody',
				name: 'Name',
				text: BLAME,
				partial: false,
				url: 'https://x.com/SomeBody/status/2',
				postedAt: '2026-01-01T00:00:00.000Z',
				foundOn: `https://x.com/survivor/status/${FOCAL_ID}`,
				answers: {
					id: FOCAL_ID,
					handle: 'survivor',
					text: DISCLOSURE,
					url: `https://x.com/survivor/status/${FOCAL_ID}`,
				},
				verdict: {act: 'hide', reason: 'blame', source: 'model'},
			},
		]);
	});

	test('what is saved claims no answer to the disclosure where X’s own data tells of another', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await tellTap({id: '2', handle: 'somebody', parentId: '99'});
		expect(request({kind: 'page'}).covered[0]?.post.answers).toBeUndefined();
	});
});

describe('counting', () => {
	const counts = () => sent('count').map(({hidden}) => hidden);

	test('happens only where the reader wants it', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		expect(counts()).toEqual([]);
		await change({counter: true});
		await settle();
		expect(counts()).toEqual([]);
	});

	test('is of each hidden reply once, however often it comes back', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Fine.'), reply(4, 'b fault')], undefined, {
			counter: true,
		});
		expect(counts()).toEqual([1, 1]);
		pressIn(lineOf(2), 'Show once');
		await tellState({pausedUntil: Date.now() + 1000});
		await settle(2000);
		articleOf(4).closest('[data-testid="cellInnerDiv"]')?.remove();
		await settle();
		add(reply(4, 'b fault'));
		await settle();
		expect(lines()).toEqual(['2', '4']);
		expect(counts()).toEqual([1, 1]);
	});

	test('is not of what is only labelled', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, {counter: true, presentation: 'flag'});
		expect(markOf(2)).toBe('flagged');
		expect(counts()).toEqual([]);
	});
});

describe('two posts with one id', () => {
	test('are asked about once, and covered both', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(2)]);
		expect(asked()).toHaveLength(1);
		expect([...document.querySelectorAll('article')].map(({dataset}) => dataset.panah)).toEqual([
			undefined,
			'hidden',
			'hidden',
		]);
	});

	test.each([
		['first', [reply(2, 'A long', {showMore: true}), reply(2, 'A long fault')]],
		['last', [reply(2, 'A long fault'), reply(2, 'A long', {showMore: true})]],
	])('of which the %s is cut are judged by the whole, and come to rest', async (_, cells) => {
		await open([cellHtml(FOCAL), ...cells]);
		await settle(5000);
		expect(asked().length).toBeLessThanOrEqual(2);
		expect(texts().at(-1)).toBe('A long fault');
		expect(lines()).toEqual(['2', '2']);
		expect(cancelled().length).toBeLessThanOrEqual(1);
	});

	test('with different words come to rest, too', async () => {
		await open([cellHtml(FOCAL), reply(2, 'one fault'), reply(2, 'two fault')]);
		await settle(5000);
		expect(asked()).toHaveLength(1);
	});
});

test('of 3,000 replies that were seen no more than 1,500 are remembered, the latest ones', async () => {
	await open([cellHtml(FOCAL)]);
	const list = document.querySelector('#list') as Element;
	for (let from = 100; from < 3100; from += 100) {
		list.innerHTML = Array.from({length: 100}, (_, index) =>
			reply(from + index, `fault ${from + index}`),
		).join('');
		await settle(100);
	}
	expect(asked()).toHaveLength(3000);
	const covered = request({kind: 'page'}).covered.map(({id}) => Number(id));
	expect(covered).toHaveLength(1500);
	expect([Math.min(...covered), Math.max(...covered)]).toEqual([1600, 3099]);
}, 60_000);
