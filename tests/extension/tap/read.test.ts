import {checkPost, MAX_TEXT, readPosts, type TapPost} from '../../../extension/src/tap/read.js';

// Synthetic, after the shapes of X's answers: no real person or post is in it.
const ID = '1900000000000000001';
const PARENT = '1900000000000000000';
const QUOTED = '1900000000000000009';
const AUTHOR = '1400000000000000007';

type Fields = Record<string, unknown>;

/** The author as X sends it since May 2025. */
function author(fields: Fields = {}) {
	return {
		__typename: 'User',
		rest_id: AUTHOR,
		core: {screen_name: 'Some_Body', name: 'Some Body'},
		privacy: {protected: false},
		relationship_perspectives: {following: true},
		legacy: {},
		...fields,
	};
}

function tweet(legacy: Fields = {}, fields: Fields = {}) {
	return {
		__typename: 'Tweet',
		rest_id: ID,
		core: {user_results: {result: author()}},
		legacy: {
			id_str: ID,
			full_text: 'A reply.',
			conversation_id_str: PARENT,
			in_reply_to_status_id_str: PARENT,
			user_id_str: AUTHOR,
			...legacy,
		},
		...fields,
	};
}

/** A whole answer with one entry that holds these results. */
function detail(results: unknown[], itemContent: Fields = {}) {
	const entries = results.map((result, index) => ({
		entryId: `tweet-${index}`,
		sortIndex: '1',
		content: {
			__typename: 'TimelineTimelineItem',
			itemContent: {__typename: 'TimelineTweet', tweet_results: {result}, ...itemContent},
		},
	}));
	const instructions = [{type: 'TimelineClearCache'}, {type: 'TimelineAddEntries', entries}];
	return {data: {threaded_conversation_with_injections_v2: {instructions}}};
}

function one(result: unknown, itemContent?: Fields): TapPost | undefined {
	const posts = readPosts(detail([result], itemContent));
	expect(posts.length).toBeLessThanOrEqual(1);
	return posts[0];
}

function textOf(legacy: Fields, fields?: Fields): string | undefined {
	return one(tweet(legacy, fields))?.text;
}

function longText(text: string) {
	return {note_tweet: {is_expandable: true, note_tweet_results: {result: {id: 'x', text}}}};
}

const WHOLE: TapPost = {
	id: ID,
	accountId: AUTHOR,
	handle: 'some_body',
	parentId: PARENT,
	conversationId: PARENT,
	text: 'A reply.',
	promoted: false,
	protected: false,
	following: true,
};

describe('the shapes of an answer', () => {
	test('a post with its author in parts is read whole', () => {
		expect(one(tweet())).toEqual(WHOLE);
	});

	test('so is one of before May 2025, with all in legacy', () => {
		const result = {
			rest_id: AUTHOR,
			legacy: {screen_name: 'Some_Body', protected: true, following: false},
		};
		expect(one(tweet({}, {core: {user_results: {result}}}))).toEqual({
			...WHOLE,
			protected: true,
			following: false,
		});
	});

	test('the author is known by number where X sends nothing else about it', () => {
		const {handle, following, protected: locked, ...rest} = WHOLE;
		expect(one(tweet({}, {core: {user_results: {}}}))).toEqual(rest);
	});

	test('a post with limited visibility is read from within', () => {
		const result = {__typename: 'TweetWithVisibilityResults', tweet: tweet(), limitedActionResults: {}};
		expect(one(result)).toEqual(WHOLE);
		const {__typename, ...bare} = tweet();
		expect(one({__typename: 'TweetWithVisibilityResults', tweet: bare})).toEqual(WHOLE);
	});

	test.each([
		['a tombstone', {__typename: 'TweetTombstone', tombstone: {text: {text: 'Gone.'}}}],
		['an unavailable post', {__typename: 'TweetUnavailable', reason: 'Protected'}],
		['a missing result', undefined],
		['an account', author({legacy: {screen_name: 'a', description: 'b'}})],
	])('%s gives nothing', (_, result) => {
		expect(readPosts(detail([result]))).toEqual([]);
	});

	test.each([
		['entries of a module', {entries: [{content: {items: [{item: {itemContent: 'HERE'}}]}}]}],
		['items added to a module', {type: 'TimelineAddToModule', moduleItems: [{item: {itemContent: 'HERE'}}]}],
		['a nesting not seen yet', {a: [[{b: {c: {d: 'HERE'}}}]]}],
	])('posts are found in %s', (_, shape) => {
		const body = JSON.parse(
			JSON.stringify(shape).replace('"HERE"', JSON.stringify({tweet_results: {result: tweet()}})),
		);
		expect(readPosts({data: {x: {instructions: [body]}}})).toEqual([WHOLE]);
	});

	test('an answer about one post is read', () => {
		expect(readPosts({data: {tweetResult: {result: tweet()}}})).toEqual([WHOLE]);
	});

	test('an ad is told from other posts', () => {
		expect(one(tweet(), {promotedMetadata: {advertiser_results: {}}})?.promoted).toBe(true);
		expect(one(tweet(), {promotedMetadata: null})?.promoted).toBe(false);
	});

	test('a quoted post is read as well, and is no ad because an ad quotes it', () => {
		const quoted = tweet({full_text: 'Quoted.', in_reply_to_status_id_str: undefined}, {rest_id: QUOTED});
		const quoting = tweet(
			{quoted_status_id_str: QUOTED},
			{quoted_status_result: {result: {__typename: 'TweetWithVisibilityResults', tweet: quoted}}},
		);
		const {promoted, parentId, ...rest} = WHOLE;
		expect(readPosts(detail([quoting], {promotedMetadata: {}}))).toEqual([
			{...WHOLE, promoted: true, quotedId: QUOTED},
			{...rest, id: QUOTED, text: 'Quoted.'},
		]);
		const unnamed = tweet({}, {quoted_status_result: {result: {tweet: quoted}}});
		expect(readPosts(detail([unnamed]))[0]?.quotedId).toBe(QUOTED);
	});

	test('of a repost only the inner post is read', () => {
		const outer = {full_text: 'RT @Some_Body: A re…', retweeted_status_result: {result: tweet()}};
		expect(readPosts(detail([tweet(outer, {rest_id: '1900000000000000005'})]))).toEqual([WHOLE]);
		const onTop = {rest_id: '1900000000000000005', retweeted_status_result: {result: tweet()}};
		expect(readPosts(detail([tweet({}, onTop)]))).toEqual([WHOLE]);
	});

	test('a post that comes twice is told once, with what both say', () => {
		const posts = readPosts(detail([tweet({conversation_id_str: undefined}), tweet({full_text: undefined})]));
		expect(posts).toEqual([WHOLE]);
	});
});

describe('the text', () => {
	test('is the long one where there is one', () => {
		expect(textOf({full_text: 'A long…'}, longText('A long reply.'))).toBe('A long reply.');
		const older = {note_tweet: {note_tweet_results: {text: 'A long reply.'}}};
		expect(textOf({full_text: 'A long…'}, older)).toBe('A long reply.');
	});

	test('is without the mentions and links that X does not show', () => {
		const full_text = '@one @two yes @three https://t.co/aaaaaaaaaa';
		expect(textOf({full_text, display_text_range: [10, 20]})).toBe('yes @three');
		expect(textOf({full_text: 'yes https://t.co/aaaaaaaaaa', display_text_range: [0, 27]})).toBe(
			'yes https://t.co/aaaaaaaaaa',
		);
	});

	test('is cut by code points, not by UTF-16 units', () => {
		const full_text = '@one 👩‍👩‍👧😀 غلطی https://t.co/aaaaaaaaaa';
		const end = [...'@one 👩‍👩‍👧😀 غلطی'].length;
		expect(textOf({full_text, display_text_range: [5, end]})).toBe('👩‍👩‍👧😀 غلطی');
	});

	test('is without hidden mentions where it is a long one', () => {
		const legacy = {full_text: '@one @two A long…', display_text_range: [10, 17]};
		expect(textOf(legacy, longText('@one @two A long reply.'))).toBe('A long reply.');
		expect(textOf(legacy, longText('A long reply.'))).toBe('A long reply.');
	});

	test('loses no words to a range that is off', () => {
		for (const display_text_range of [
			[4, 6],
			[-3, 99],
			[5, 2],
			['0', '3'],
			[Number.NaN, 3],
			[0.5, 1.5],
			[],
			'0,3',
			{0: 0, 1: 2},
		]) {
			expect(textOf({full_text: '@one two three', display_text_range})).toBe('@one two three');
		}
	});

	test('is without the links to its media and to what it quotes', () => {
		const media = {url: 'https://t.co/mmmmmmmmmm'};
		const full_text = 'yes https://t.co/qqqqqqqqqq https://t.co/mmmmmmmmmm';
		const quoted_status_permalink = {url: 'https://t.co/qqqqqqqqqq'};
		expect(textOf({full_text, entities: {media: [media, media]}})).toBe('yes https://t.co/qqqqqqqqqq');
		expect(textOf({full_text: 'yes https://t.co/qqqqqqqqqq', quoted_status_permalink})).toBe('yes');
		expect(textOf({full_text: 'yes no', entities: {media: [{url: 'no'}, null, 3]}})).toBe('yes no');
	});

	test('is decoded once', () => {
		expect(textOf({full_text: 'a &lt;3 &amp;amp; &gt; &quot; &amp;lt;'})).toBe('a <3 &amp; > &quot; &lt;');
	});

	test('is empty for pictures only', () => {
		const full_text = 'https://t.co/mmmmmmmmmm';
		expect(textOf({full_text, display_text_range: [0, 0]})).toBe('');
	});

	test('has an end', () => {
		expect(textOf({}, longText('a'.repeat(MAX_TEXT + 5)))).toHaveLength(MAX_TEXT);
		expect(textOf({full_text: 'a'.repeat(MAX_TEXT + 5)})).toHaveLength(MAX_TEXT);
	});
});

describe('hostile answers', () => {
	test.each([undefined, null, 3, 'text', true, [], {}, [[]], [null], {data: null}])('%j is no post', body => {
		expect(readPosts(body)).toEqual([]);
	});

	test('ids that are numbers are not taken, since they may have lost digits', () => {
		expect(one(tweet({}, {rest_id: Number(ID)}))).toBeUndefined();
		const {accountId, ...rest} = WHOLE;
		expect(one(tweet({}, {core: {user_results: {result: author({rest_id: Number(AUTHOR)})}}}))).toEqual(rest);
		expect(one(tweet({}, {rest_id: '1'.repeat(21)}))).toBeUndefined();
		expect(one(tweet({}, {rest_id: '12\n'}))).toBeUndefined();
	});

	test('fields of the wrong type are left out, and the others kept', () => {
		const legacy = {conversation_id_str: {}, in_reply_to_status_id_str: ['1'], full_text: 7};
		const result = author({
			core: {screen_name: 'not a handle'},
			privacy: 'yes',
			relationship_perspectives: {following: 1},
		});
		const post = one(tweet(legacy, {core: {user_results: {result}}, note_tweet: 3}));
		expect(post).toEqual({id: ID, accountId: AUTHOR, promoted: false});
	});

	test('keys that reach for prototypes reach nothing', () => {
		const text = JSON.stringify(detail([tweet()])).replace(
			'"legacy":{"id_str"',
			'"__proto__":{"handle":"forged","polluted":true},"constructor":{"prototype":{"polluted":true}},"legacy":{"id_str"',
		);
		expect(text).toContain('__proto__');
		const posts = readPosts(JSON.parse(text));
		expect(posts).toEqual([WHOLE]);
		expect(Object.getPrototypeOf(posts[0])).toBe(Object.prototype);
		expect(({} as Fields).polluted).toBeUndefined();
		expect(Object.keys(checkPost(JSON.parse('{"id":"1","__proto__":{"text":"x"}}')) ?? {})).toEqual(['id']);
	});

	test('what is nested too deep is left', () => {
		let body: unknown = tweet();
		for (let depth = 0; depth < 50; depth++) body = {a: body};
		expect(readPosts(body)).toHaveLength(1);
		for (let depth = 0; depth < 50_000; depth++) body = [body];
		expect(readPosts(body)).toEqual([]);
	});

	test('a huge array ends in time, and what stands before it is read', () => {
		const body = {first: detail([tweet()]), filler: Array.from({length: 400_000}, () => ({}))};
		const start = performance.now();
		expect(readPosts(body)).toEqual([]);
		expect(performance.now() - start).toBeLessThan(2000);
		expect(readPosts({...body, filler: body.filler.slice(0, 150_000)})).toEqual([WHOLE]);
	});

	test('an answer that holds itself ends', () => {
		const body: Fields = detail([tweet()]);
		body.again = body;
		expect(readPosts(body)).toEqual([WHOLE]);
	});
});

describe('a post given by somebody', () => {
	test('is taken as it is when its form is right', () => {
		expect(checkPost({...WHOLE, quotedId: QUOTED})).toEqual({...WHOLE, quotedId: QUOTED});
	});

	test('loses unknown fields', () => {
		expect(checkPost({...WHOLE, html: '<b>', score: 1})).toEqual(WHOLE);
	});

	test.each([[{...WHOLE, id: undefined}], [null], ['x'], [[]], [{id: ['1']}], [{id: ''}]])(
		'is none: %j',
		given => {
			expect(checkPost(given)).toBeUndefined();
		},
	);
});
