import {readNotice, readRequest} from '../../../extension/src/core/messages.js';

test('requests are read, and nothing of them but what is known', () => {
	expect(readRequest({kind: 'score', ask: 'a', text: 't', context: 'c', url: 'x'})).toEqual({
		kind: 'score',
		ask: 'a',
		text: 't',
		context: 'c',
	});
	expect(readRequest({kind: 'score', ask: 'a', text: 't', context: 7})).toEqual({
		kind: 'score',
		ask: 'a',
		text: 't',
	});
	expect(readRequest({kind: 'cancel', asks: ['a']})).toEqual({kind: 'cancel', asks: ['a']});
	expect(readRequest({kind: 'status'})).toEqual({kind: 'status'});
});

test.each([
	[undefined],
	['score'],
	[{kind: 'other'}],
	[{kind: 'score', ask: 'a'}],
	[{kind: 'score', text: 't'}],
	[{kind: 'score', ask: '', text: 't'}],
	[{kind: 'score', ask: 'a'.repeat(101), text: 't'}],
	[{kind: 'score', ask: 'a', text: 'x'.repeat(100_001)}],
	[{kind: 'cancel', asks: [7]}],
	[{kind: 'cancel'}],
])('%o is no request', message => {
	expect(readRequest(message)).toBeUndefined();
});

test('notices are read', () => {
	expect(readNotice({kind: 'notice', notice: 'changed'})).toEqual({kind: 'notice', notice: 'changed'});
	expect(readNotice({kind: 'notice', notice: 'back'})).toEqual({kind: 'notice', notice: 'back'});
	expect(readNotice({kind: 'notice', notice: 'hide everything'})).toBeUndefined();
	expect(readNotice(null)).toBeUndefined();
});
