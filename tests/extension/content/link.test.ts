import {
	ask,
	askState,
	ContextGone,
	cancel,
	cancelNow,
	count,
	done,
	save,
} from '../../../extension/src/content/link.js';
import type {SavedPost, ScoreRequest} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const REQUEST: ScoreRequest = {kind: 'score', ask: 'a', text: 't'};
const ANSWER = {ok: true, verdict: {action: 'show', partial: false, source: 'model'}};
const STATE = {people: [], pausedUntil: 0, pausedThreads: []};
const POST: SavedPost = {
	id: '2',
	handle: 'somebody',
	name: 'Name',
	text: 't',
	partial: false,
	url: 'https://x.com/somebody/status/2',
	foundOn: 'https://x.com/home',
};
const DEAD = new Error('Could not establish connection. Receiving end does not exist.');

let browser: FakeChrome;

beforeEach(() => {
	browser = installChrome();
});

test('an answer is passed on', async () => {
	browser.runtime.sendMessage.mockResolvedValue({answers: [ANSWER]});
	expect(await ask(REQUEST)).toEqual(ANSWER);
	expect(browser.runtime.sendMessage).toHaveBeenCalledWith({kind: 'scores', asks: [REQUEST]});
});

test('what is asked in one task goes in one message, and each question gets its own answer', async () => {
	const other = {ok: false, refusal: 'paused', retryIn: 7};
	browser.runtime.sendMessage.mockResolvedValue({answers: [ANSWER, other]});
	expect(await Promise.all([ask(REQUEST), ask({...REQUEST, ask: 'b'})])).toEqual([ANSWER, other]);
	expect(browser.runtime.sendMessage.mock.calls).toEqual([
		[{kind: 'scores', asks: [REQUEST, {...REQUEST, ask: 'b'}]}],
	]);
});

test('an answer does not wait for others: what is still on its way is asked again, under its name', async () => {
	let answerLate: (told: unknown) => void = () => {};
	browser.runtime.sendMessage
		.mockResolvedValueOnce({answers: [null, ANSWER, null]})
		.mockReturnValueOnce(new Promise(resolve => (answerLate = resolve)));
	const requests = ['a', 'b', 'c'].map(name => ({...REQUEST, ask: name}));
	const [first, second, third] = requests.map(ask);
	expect(await second).toEqual(ANSWER);
	await vi.waitFor(() => expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(2));
	expect(browser.runtime.sendMessage).toHaveBeenLastCalledWith({
		kind: 'scores',
		asks: [requests[0], requests[2]],
	});
	answerLate({answers: [ANSWER, ANSWER]});
	expect(await Promise.all([first, third])).toEqual([ANSWER, ANSWER]);
});

test('too few answers, or what are none, are refusals and not asked again', async () => {
	browser.runtime.sendMessage.mockResolvedValueOnce({answers: []}).mockResolvedValueOnce({});
	expect(await ask(REQUEST)).toMatchObject({ok: false, refusal: 'failed'});
	expect(await ask(REQUEST)).toMatchObject({ok: false, refusal: 'failed'});
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(2);
});

test.each([
	'Could not establish connection. Receiving end does not exist.',
	'The message port closed before a response was received.',
	'A listener indicated an asynchronous response by returning true, but the message channel closed before a response was received',
	'Promised response from onMessage listener went out of scope',
])('a dead worker ("%s") is asked once more', async message => {
	browser.runtime.sendMessage.mockRejectedValueOnce(new Error(message)).mockResolvedValueOnce({
		answers: [ANSWER],
	});
	expect(await ask(REQUEST)).toEqual(ANSWER);
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(2);
});

test('and only once: then the reply is shown, and asked about later', async () => {
	browser.runtime.sendMessage.mockRejectedValue(new Error('Receiving end does not exist.'));
	expect(await ask(REQUEST)).toMatchObject({ok: false, refusal: 'failed'});
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(2);
});

test('another fault, and an answer that is none, are refusals', async () => {
	browser.runtime.sendMessage.mockRejectedValueOnce(new Error('something else'));
	expect(await ask(REQUEST)).toMatchObject({ok: false});
	browser.runtime.sendMessage.mockResolvedValueOnce(undefined);
	expect(await ask(REQUEST)).toMatchObject({ok: false});
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(2);
});

test('an extension that is gone is told apart, before and while asking', async () => {
	browser.runtime.sendMessage.mockRejectedValueOnce(new Error('Extension context invalidated.'));
	await expect(ask(REQUEST)).rejects.toBeInstanceOf(ContextGone);
	browser.runtime.id = undefined;
	await expect(ask(REQUEST)).rejects.toBeInstanceOf(ContextGone);
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(1);
});

test('an extension that goes between the two tries is told apart too', async () => {
	browser.runtime.sendMessage.mockImplementationOnce(async () => {
		browser.runtime.id = undefined;
		throw new Error('Receiving end does not exist.');
	});
	await expect(ask(REQUEST)).rejects.toBeInstanceOf(ContextGone);
});

describe('cancelling', () => {
	test('is told soon, all together', async () => {
		vi.useFakeTimers();
		cancel(['a']);
		cancel(['b', 'c']);
		expect(browser.runtime.sendMessage).not.toHaveBeenCalled();
		await vi.advanceTimersByTimeAsync(50);
		expect(browser.runtime.sendMessage.mock.calls).toEqual([[{kind: 'cancel', asks: ['a', 'b', 'c']}]]);
		vi.useRealTimers();
	});

	test('is told at once when the page is left, and not again', async () => {
		vi.useFakeTimers();
		cancel(['a']);
		cancelNow();
		await vi.advanceTimersByTimeAsync(50);
		expect(browser.runtime.sendMessage.mock.calls).toEqual([[{kind: 'cancel', asks: ['a']}]]);
		vi.useRealTimers();
	});

	test('never fails', () => {
		browser.runtime.sendMessage.mockRejectedValue(DEAD);
		cancel(['a']);
		cancelNow();
		browser.runtime.id = undefined;
		cancel(['b']);
		cancelNow();
		expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(1);
	});
});

describe('what this browser alone knows', () => {
	test('is asked for, and of a dead worker once more', async () => {
		browser.runtime.sendMessage.mockRejectedValueOnce(DEAD).mockResolvedValueOnce(STATE);
		expect(await askState()).toEqual(STATE);
		expect(browser.runtime.sendMessage.mock.calls).toEqual([[{kind: 'state'}], [{kind: 'state'}]]);
	});

	test.each([undefined, null, 'text', 3])('is not known from the answer %j', async answer => {
		browser.runtime.sendMessage.mockResolvedValue(answer);
		expect(await askState()).toBeUndefined();
	});

	test('is not known from a worker that stays dead, nor from an extension that is gone', async () => {
		browser.runtime.sendMessage.mockRejectedValue(DEAD);
		expect(await askState()).toBeUndefined();
		browser.runtime.id = undefined;
		await expect(askState()).rejects.toBeInstanceOf(ContextGone);
	});
});

describe('saving', () => {
	test('passes on what the worker says, also at the second try', async () => {
		browser.runtime.sendMessage.mockRejectedValueOnce(DEAD).mockResolvedValue({ok: true, already: false});
		expect(await save({kind: 'save', post: POST})).toEqual({ok: true, already: false});
		expect(browser.runtime.sendMessage).toHaveBeenLastCalledWith({kind: 'save', post: POST});
	});

	test('that nobody answers has failed', async () => {
		browser.runtime.sendMessage.mockRejectedValue(DEAD);
		expect(await save({kind: 'save', post: POST})).toEqual({ok: false, problem: 'failed'});
		browser.runtime.sendMessage.mockResolvedValue(undefined);
		expect(await save({kind: 'save', post: POST})).toEqual({ok: false, problem: 'failed'});
	});

	test('with an extension that is gone is told apart', async () => {
		browser.runtime.id = undefined;
		await expect(save({kind: 'save', post: POST})).rejects.toBeInstanceOf(ContextGone);
	});
});

describe('what the reader said', () => {
	test('is kept, where the worker says so, also one that has to wake first', async () => {
		browser.runtime.sendMessage.mockRejectedValueOnce(DEAD).mockResolvedValueOnce({ok: true});
		expect(await done({kind: 'fine', text: 't'})).toBe(true);
		expect(browser.runtime.sendMessage.mock.calls).toEqual([
			[{kind: 'fine', text: 't'}],
			[{kind: 'fine', text: 't'}],
		]);
	});

	test.each([{ok: false}, undefined])('is not kept where it says %j', async answer => {
		browser.runtime.sendMessage.mockResolvedValue(answer);
		expect(await done({kind: 'always-show', handle: 'somebody'})).toBe(false);
	});

	test('is told apart where the extension is gone', async () => {
		browser.runtime.id = undefined;
		await expect(done({kind: 'fine', text: 't'})).rejects.toBeInstanceOf(ContextGone);
	});
});

test('counting is told once, and never fails', async () => {
	vi.useFakeTimers();
	browser.runtime.sendMessage.mockRejectedValue(DEAD);
	count();
	browser.runtime.id = undefined;
	count();
	await vi.advanceTimersByTimeAsync(1500);
	expect(browser.runtime.sendMessage.mock.calls).toEqual([[{kind: 'count', hidden: 1}]]);
});
