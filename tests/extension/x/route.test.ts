import {readRoute} from '../../../extension/src/x/route.js';

const ID = '1800000000000000001';

test.each([
	`https://x.com/somebody/status/${ID}`,
	`https://twitter.com/somebody/status/${ID}`,
	`https://mobile.twitter.com/somebody/status/${ID}/`,
	`https://x.com/somebody/status/${ID}?s=20#m`,
	`https://x.com/somebody/status/${ID}/photo/1`,
	`https://x.com/somebody/status/${ID}/video/1`,
	`https://x.com/i/status/${ID}`,
	`https://x.com/i/web/status/${ID}`,
])('%s is a conversation', href => {
	expect(readRoute(href)).toEqual({kind: 'conversation', focalId: ID});
});

test('ids stay texts, since they exceed what a number holds', () => {
	expect(readRoute('https://x.com/a/status/9007199254740993')).toEqual({
		kind: 'conversation',
		focalId: '9007199254740993',
	});
});

test.each(['https://x.com/compose/post', 'https://x.com/intent/post', 'https://x.com/i/flow/login'])(
	'%s lies over the page before',
	href => {
		expect(readRoute(href)).toEqual({kind: 'overlay'});
	},
);

test.each([
	'https://x.com/home',
	'https://x.com/somebody',
	`https://x.com/somebody/status/${ID}/quotes`,
	`https://x.com/somebody/status/${ID}/likes`,
	`https://x.com/somebody/status/${ID}/analytics`,
	`https://x.com/somebody/status/${ID}/history`,
	'https://x.com/somebody/status/abc',
	'https://x.com/messages/1-2',
	'https://x.com/i/chat/1',
	'https://x.com/composer',
	`https://example.org/somebody/status/${ID}`,
	`https://x.com.example.org/somebody/status/${ID}`,
])('%s is none of ours', href => {
	expect(readRoute(href)).toEqual({kind: 'other'});
});
