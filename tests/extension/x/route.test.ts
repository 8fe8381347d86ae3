import {type Route, readRoute} from '../../../extension/src/x/route.js';

const ID = '1800000000000000001';
const conversation = (focalId: string): Route => ({kind: 'conversation', focalId});

test.each([
	`https://x.com/somebody/status/${ID}`,
	`https://twitter.com/somebody/status/${ID}`,
	`https://mobile.twitter.com/somebody/status/${ID}/`,
	`https://x.com/somebody/status/${ID}?s=20#m`,
	`https://x.com/somebody/status/${ID}/photo/1`,
	`https://x.com/somebody/status/${ID}/photo/1/`,
	`https://x.com/somebody/status/${ID}/video/1`,
	`https://x.com/somebody/status/${ID}/mediaViewer`,
	`https://x.com/somebody/status/${ID}/mediaviewer?currentTweet=${ID}&currentTweetUser=somebody`,
	`https://x.com/somebody/status/${ID}/mediaViewer?currentTweet=x`,
	`https://x.com/i/status/${ID}`,
	`https://x.com/i/web/status/${ID}`,
])('%s is a conversation', href => {
	expect(readRoute(href)).toEqual(conversation(ID));
});

test('the media viewer is about the post it shows at present', () => {
	const path = `https://x.com/somebody/status/${ID}`;
	expect(readRoute(`${path}/mediaViewer?currentTweet=42`)).toEqual(conversation('42'));
	expect(readRoute(`${path}?currentTweet=42`)).toEqual(conversation(ID));
});

test.each([1, 10, 16, 19, 20])(
	'an id of %i digits stays a text, since a number does not hold all of it',
	length => {
		const id = '9'.repeat(length);
		expect(readRoute(`https://x.com/a/status/${id}`)).toEqual(conversation(id));
	},
);

test.each([
	'/compose/post',
	'/intent/post',
	'/i/flow/login',
	'/i/keyboard_shortcuts',
	'/somebody/photo',
	'/somebody/header_photo',
])('%s lies over the page before', path => {
	expect(readRoute(`https://x.com${path}`)).toEqual({kind: 'overlay'});
});

describe('a page that lists posts', () => {
	test.each([
		['/home', 'home', '/home'],
		['/home/', 'home', '/home'],
		['/notifications', 'notifications', '/notifications'],
		['/notifications/mentions', 'notifications', '/notifications/mentions'],
		['/notifications/verified', 'notifications', '/notifications/verified'],
		['/search', 'search', '/search'],
		['/search?q=her&src=typed_query&f=live', 'search', '/search?q=her&f=live'],
		['/hashtag/MeToo?src=hashtag_click', 'search', '/hashtag/MeToo'],
		['/hashtag/%D8%A2%D9%88%D8%A7%D8%B2?f=live', 'search', '/hashtag/%D8%A2%D9%88%D8%A7%D8%B2?f=live'],
		['/i/lists/42', 'list', '/i/lists/42'],
		['/i/communities/42', 'list', '/i/communities/42'],
	])('%s: %s', (path, surface, key) => {
		expect(readRoute(`https://x.com${path}`)).toEqual({kind: 'feed', surface, key});
	});

	test.each(['', '/', '/with_replies', '/highlights', '/articles'])('a profile, with "%s"', rest => {
		expect(readRoute(`https://x.com/Some_Body${rest}`)).toEqual({
			kind: 'feed',
			surface: 'profile',
			key: `/some_body${rest}`.replace(/\/$/, ''),
		});
	});

	test.each([
		`/somebody/status/${ID}/quotes`,
		`/somebody/status/${ID}/quotes/`,
		`/i/web/status/${ID}/quotes`,
		`/somebody/status/${ID}/retweets/with_comments`,
	])('the quotes of a post, %s', path => {
		expect(readRoute(`https://x.com${path}`)).toEqual({
			kind: 'feed',
			surface: 'quotes',
			key: `/status/${ID}/quotes`,
		});
	});

	test('has one key for one page, and another for another', () => {
		const key = (path: string) => {
			const route = readRoute(`https://x.com${path}`);
			return route.kind === 'feed' ? route.key : undefined;
		};
		expect(key('/search?f=live&q=a&src=x')).toBe(key('/search?q=a&f=live'));
		expect(key('/SomeBody')).toBe(key('/somebody?ref=1#top'));
		const pages = [
			'/search?q=a',
			'/search?q=b',
			'/search?q=a&f=live',
			'/hashtag/a',
			'/a',
			'/a/with_replies',
			'/home',
		];
		expect(new Set(pages.map(key)).size).toBe(pages.length);
	});
});

test.each([
	'https://x.com/',
	'https://x.com/explore',
	'https://x.com/explore/tabs/for-you',
	'https://x.com/settings/account',
	'https://x.com/settings',
	'https://x.com/jobs',
	'https://x.com/tos',
	'https://x.com/privacy',
	'https://x.com/login',
	'https://x.com/logout',
	'https://x.com/signup',
	'https://x.com/i',
	'https://x.com/i/bookmarks',
	'https://x.com/i/grok',
	'https://x.com/i/chat',
	'https://x.com/i/chat/1',
	'https://x.com/messages',
	'https://x.com/messages/1-2',
	'https://x.com/messages/compose',
	'https://x.com/i/lists/42/members',
	'https://x.com/i/lists/create',
	'https://x.com/i/communities/42/about',
	'https://x.com/somebody/lists',
	'https://x.com/somebody/media',
	'https://x.com/somebody/followers',
	'https://x.com/notifications/timeline',
	'https://x.com/composer/a',
	'https://x.com/a-handle-cannot-have-these',
	'https://x.com/a_handle_cannot_be_so_long',
	`https://x.com/somebody/status/${ID}/likes`,
	`https://x.com/somebody/status/${ID}/retweets`,
	`https://x.com/somebody/status/${ID}/analytics`,
	`https://x.com/somebody/status/${ID}/history`,
	`https://x.com/settings/status/${ID}`,
	'https://x.com/somebody/status/abc',
	'https://x.com/somebody/status/',
	'https://x.com/somebody/status/123456789012345678901',
	`https://example.org/somebody/status/${ID}`,
	`https://x.com.example.org/somebody/status/${ID}`,
	`https://example.org/?https://x.com/somebody/status/${ID}`,
	'about:blank',
])('%s is none of ours', href => {
	expect(readRoute(href)).toEqual({kind: 'none'});
});

test('whatever the path, a route is given, and only what is read as one is a handle or an id', () => {
	const parts = [
		'i',
		'web',
		'status',
		'home',
		'Somebody',
		ID,
		'photo',
		'1',
		'quotes',
		'%',
		'..',
		'آواز',
		'',
		'lists',
		'?q=x',
		'#',
	];
	for (const a of parts) {
		for (const b of parts) {
			for (const c of parts) {
				const route = readRoute(`https://x.com/${a}/${b}/${c}`);
				if (route.kind === 'conversation') expect(route.focalId).toMatch(/^\d{1,20}$/);
			}
		}
	}
});
