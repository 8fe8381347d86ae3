import {ask, ContextGone, cancel} from '../../../extension/src/content/link.js';
import type {ScoreRequest} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const REQUEST: ScoreRequest = {kind: 'score', ask: 'a', text: 't'};
const ANSWER = {ok: true, verdict: {action: 'show', partial: false}};

let browser: FakeChrome;

beforeEach(() => {
	browser = installChrome();
});

test('an answer is passed on', async () => {
	browser.runtime.sendMessage.mockResolvedValue(ANSWER);
	expect(await ask(REQUEST)).toEqual(ANSWER);
	expect(browser.runtime.sendMessage).toHaveBeenCalledWith(REQUEST);
});

test.each([
	'Could not establish connection. Receiving end does not exist.',
	'The message port closed before a response was received.',
	'A listener indicated an asynchronous response by returning true, but the message channel closed before a response was received',
	'Promised response from onMessage listener went out of scope',
])('a dead worker ("%s") is asked once more', async message => {
	browser.runtime.sendMessage.mockRejectedValueOnce(new Error(message)).mockResolvedValueOnce(ANSWER);
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

test('cancelling never fails', async () => {
	browser.runtime.sendMessage.mockRejectedValue(new Error('Receiving end does not exist.'));
	cancel(['a']);
	expect(browser.runtime.sendMessage).toHaveBeenCalledWith({kind: 'cancel', asks: ['a']});
	browser.runtime.id = undefined;
	cancel(['b']);
	expect(browser.runtime.sendMessage).toHaveBeenCalledTimes(1);
});
