import {
	readNotice,
	readPageRequest,
	readRequest,
	readSavedPost,
	type SavedPost,
} from '../../../extension/src/core/messages.js';

const POST: SavedPost = {
	id: '1800000000000000001',
	handle: 'Some_One',
	name: 'Somebody ✨',
	accountId: '7',
	text: 'her own fault',
	partial: true,
	url: 'https://x.com/Some_One/status/1800000000000000001',
	postedAt: '2026-01-01T00:00:00.000Z',
	foundOn: 'https://twitter.com/another/status/1',
	answers: {
		id: '1',
		url: 'https://mobile.twitter.com/another/status/1',
		handle: 'another',
		text: 'I was followed.',
	},
	verdict: {act: 'hide', reason: 'blame', source: 'thread'},
};

const LONG = 'x'.repeat(100_001);
const ODD: unknown[] = [undefined, null, 7, '', 'score', [[]], {}, () => {}, Symbol('kind'), 7n, {kind: {}}];

describe('requests to the worker', () => {
	test.each([
		[{kind: 'score', ask: 'a', text: 't', context: 'c'}],
		[{kind: 'score', ask: 'a', text: ''}],
		[{kind: 'scores', asks: [{kind: 'score', ask: 'a', text: 't', context: 'c'}]}],
		[{kind: 'cancel', asks: ['a', 'b']}],
		[{kind: 'cancel', asks: []}],
		[{kind: 'status'}],
		[{kind: 'state'}],
		[{kind: 'always-show', handle: 'some_one', accountId: '9007199254740993'}],
		[{kind: 'always-show', handle: 'some_one'}],
		[{kind: 'fine', text: 't'}],
		[{kind: 'fine', text: 't', context: 'c'}],
		[{kind: 'say-missed', text: 't', context: 'c', act: 'blame'}],
		[{kind: 'missed', post: POST}],
		[{kind: 'count', hidden: 1}],
		[{kind: 'count', hidden: 1000}],
		[{kind: 'save', post: POST}],
	])('%o is read, and nothing of it but what is known', message => {
		expect(readRequest(message)).toEqual(message);
		expect(readRequest({...message, later: 1, url: 'x'})).toEqual(message);
	});

	test('what is odd and not needed is left out', () => {
		const score = {kind: 'score', ask: 'a', text: 't'};
		expect(readRequest({...score, context: 7})).toEqual(score);
		expect(readRequest({...score, context: LONG})).toEqual(score);
		const account = {kind: 'always-show', handle: 'one'};
		for (const accountId of [7, '7x', '-7', '', '7'.repeat(21), null]) {
			expect(readRequest({...account, accountId})).toEqual(account);
		}
	});

	test('a handle is kept in lower case', () => {
		expect(readRequest({kind: 'always-show', handle: 'Some_One'})).toMatchObject({handle: 'some_one'});
	});

	test.each([
		...ODD,
		{kind: 'other'},
		{kind: ['score'], ask: 'a', text: 't'},
		{kind: 'score', ask: 'a'},
		{kind: 'score', text: 't'},
		{kind: 'score', ask: '', text: 't'},
		{kind: 'score', ask: 'a'.repeat(101), text: 't'},
		{kind: 'score', ask: 'a', text: LONG},
		{kind: 'score', ask: 'a', text: {toString: () => 't'}},
		{kind: 'scores'},
		{kind: 'scores', asks: []},
		{kind: 'scores', asks: [{kind: 'score', ask: 'a', text: 't'}, null]},
		{kind: 'scores', asks: [{kind: 'score', ask: 'a'}]},
		{kind: 'scores', asks: {length: 1, 0: {kind: 'score', ask: 'a', text: 't'}}},
		{kind: 'scores', asks: Array(201).fill({kind: 'score', ask: 'a', text: 't'})},
		{kind: 'cancel', asks: [7]},
		{kind: 'cancel', asks: 'a'},
		{kind: 'cancel', asks: {length: 1, 0: 'a'}},
		{kind: 'cancel'},
		{kind: 'always-show'},
		{kind: 'always-show', handle: ''},
		{kind: 'always-show', handle: 7},
		{kind: 'always-show', handle: '@one'},
		{kind: 'always-show', handle: 'one two'},
		{kind: 'always-show', handle: 'one\n'},
		{kind: 'always-show', handle: 'x'.repeat(21)},
		{kind: 'fine'},
		{kind: 'fine', text: null},
		{kind: 'fine', text: LONG},
		{kind: 'count'},
		{kind: 'count', hidden: 0},
		{kind: 'count', hidden: -1},
		{kind: 'count', hidden: 1.5},
		{kind: 'count', hidden: 1001},
		{kind: 'count', hidden: '1'},
		{kind: 'count', hidden: Number.NaN},
		{kind: 'count', hidden: Number.POSITIVE_INFINITY},
		{kind: 'save'},
		{kind: 'save', post: null},
		{kind: 'save', post: []},
		{kind: 'save', post: 'a post'},
	])('%o is none', message => {
		expect(readRequest(message)).toBeUndefined();
	});
});

describe('a post to be kept', () => {
	test('is read whole', () => {
		expect(readSavedPost(POST)).toEqual(POST);
		expect(readSavedPost({...POST, html: '<b>', answers: {...POST.answers, more: 1}})).toEqual(POST);
	});

	test('needs no more than what every post has', () => {
		const {accountId: _, postedAt: __, answers: ___, verdict: ____, ...bare} = POST;
		expect(readSavedPost(bare)).toEqual(bare);
		const odd = {...bare, accountId: 7, postedAt: 'yesterday', answers: 'that', verdict: 'bad'};
		expect(readSavedPost(odd)).toEqual(bare);
		expect(readSavedPost({...bare, postedAt: `2026 (${LONG})`})).toEqual(bare);
		expect(readSavedPost({...bare, partial: 'yes'})).toEqual({...bare, partial: false});
	});

	test('keeps of the answered post and the verdict what can be read', () => {
		const answers = {id: 'x', url: 'https://example.org/', handle: '<b>', text: 'I was followed.'};
		expect(readSavedPost({...POST, answers})?.answers).toEqual({text: 'I was followed.'});
		expect(readSavedPost({...POST, answers: {id: '1'}})).not.toHaveProperty('answers');
		for (const change of [{act: 'delete'}, {source: 'nobody'}, {reason: 7}]) {
			const verdict = {...POST.verdict, ...change};
			expect(readSavedPost({...POST, verdict})).not.toHaveProperty('verdict');
		}
		const verdict = {...POST.verdict, reason: 'x'.repeat(500)};
		expect(readSavedPost({...POST, verdict})?.verdict?.reason).toHaveLength(32);
	});

	test.each([
		['no id', {id: undefined}],
		['a number as id', {id: 1800000000000000}],
		['an id that is none', {id: '1/../2'}],
		['no handle', {handle: ''}],
		['a handle that is none', {handle: '../one'}],
		['no name', {name: undefined}],
		['a name without end', {name: LONG}],
		['no text', {text: null}],
		['a text without end', {text: LONG}],
		['a link that runs', {url: 'javascript:alert(1)//https://x.com/'}],
		['a link to somewhere else', {url: 'https://example.org/https://x.com/'}],
		['a link to a host that only looks like X', {url: 'https://x.com.example.org/'}],
		['a link with a name in it', {url: 'https://x.com@example.org/'}],
		['a link that is not encrypted', {url: 'http://x.com/one/status/1'}],
		['a link without end', {url: `https://x.com/${LONG}`}],
		['a page that is none', {foundOn: 'about:blank'}],
	])('with %s is none', (_, change) => {
		expect(readSavedPost({...POST, ...change})).toBeUndefined();
	});

	test.each(ODD.slice(0, 7))('%o is none', value => {
		expect(readSavedPost(value)).toBeUndefined();
	});

	test('that turns in circles does no harm', () => {
		const post: Record<string, unknown> = {...POST};
		post.self = post;
		expect(readSavedPost(post)).toEqual(POST);
	});
});

describe('notices to pages', () => {
	test.each(['changed', 'back', 'state'])('"%s" is read', notice => {
		expect(readNotice({kind: 'notice', notice, more: 1})).toEqual({kind: 'notice', notice});
	});

	test.each([...ODD, {kind: 'notice', notice: 'hide everything'}, {kind: 'notice'}, {notice: 'back'}])(
		'%o is none',
		message => {
			expect(readNotice(message)).toBeUndefined();
		},
	);
});

describe('what our own pages ask of a page of X', () => {
	test.each([
		[{kind: 'page'}],
		[{kind: 'choose'}],
		[{kind: 'exit'}],
		[{kind: 'reveal', id: '1#quote'}],
		[{kind: 'hide-again', id: '1'}],
	])('%o is read', message => {
		expect(readPageRequest({...message, more: 1})).toEqual(message);
	});

	test.each([...ODD, {kind: 'reveal'}, {kind: 'hide-again', id: 7}, {kind: 'score', ask: 'a', text: 't'}])(
		'%o is none',
		message => {
			expect(readPageRequest(message)).toBeUndefined();
		},
	);
});
