import manifest from '../../../extension/manifest.json';
import {isSitePage} from '../../../extension/src/background/senders.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

let browser: FakeChrome;

/** Starts the whole worker. What it does at once has been done when this returns. */
async function startWorker(): Promise<void> {
	vi.resetModules();
	await import('../../../extension/src/background/main.js');
	await vi.waitFor(() => expect(browser.action.setTitle).toHaveBeenCalled());
}

beforeEach(() => {
	browser = installChrome();
	vi.stubGlobal('fetch', vi.fn());
});

test('the worker listens as soon as it is loaded, before anything was read from storage', async () => {
	browser.storage.local.get.mockReturnValue(new Promise(() => {}));
	await startWorker();
	const {runtime, storage, alarms, permissions} = browser;
	const events = [
		runtime.onMessage,
		runtime.onInstalled,
		runtime.onStartup,
		storage.onChanged,
		alarms.onAlarm,
		permissions.onAdded,
		permissions.onRemoved,
	];
	for (const event of events) expect(event.count()).toBeGreaterThan(0);
});

test('a message is answered, and one that is none of ours is left to others', async () => {
	await startWorker();
	const sender = {id: 'panah', url: 'https://x.com/home'};
	const answer = await new Promise(respond => {
		expect(browser.runtime.onMessage.fire({kind: 'state'}, sender, respond)).toEqual([true]);
	});
	expect(answer).toEqual({people: [], pausedUntil: 0, pausedThreads: []});
	expect(browser.runtime.onMessage.fire({kind: 'other'}, sender, () => {})).toEqual([false]);
});

test('a storage that cannot be read leaves a question without an answer, and the next one gets its own', async () => {
	await startWorker();
	const sender = {id: 'panah', url: 'https://x.com/home'};
	const ask = () => new Promise(respond => browser.runtime.onMessage.fire({kind: 'state'}, sender, respond));
	browser.storage.session.get.mockRejectedValueOnce(new Error('no storage'));
	expect(await ask()).toBeUndefined();
	expect(await ask()).toMatchObject({people: []});
});

test.each([
	['install', 1],
	['update', 0],
	['chrome_update', 0],
	['browser_update', 0],
])('the first page opens on "%s": %i', async (reason, times) => {
	await startWorker();
	browser.runtime.onInstalled.fire({reason});
	expect(browser.tabs.create).toHaveBeenCalledTimes(times);
	if (times > 0) {
		expect(browser.tabs.create).toHaveBeenCalledWith({url: 'chrome-extension://panah/welcome.html'});
	}
});

test('a discreet button is dressed each time the worker starts', async () => {
	await browser.storage.sync.set({settings: {discreet: true}});
	await startWorker();
	expect(browser.action.setTitle).toHaveBeenCalledWith({title: 'Reader'});
});

test('what is kept in storage.local stays out of reach for pages', async () => {
	await startWorker();
	expect(browser.storage.local.setAccessLevel).toHaveBeenCalledWith({accessLevel: 'TRUSTED_CONTEXTS'});
});

test('the worker answers on every site where our scripts run, and on no other', () => {
	const matches = manifest.content_scripts.flatMap(script => script.matches);
	expect(matches.length).toBeGreaterThan(2);
	for (const match of matches) {
		const sender = {id: 'panah', url: match.replace('*', 'home')};
		expect(isSitePage(sender), match).toBe(true);
	}
	expect(isSitePage({id: 'panah', url: 'https://ads.x.com/home'})).toBe(false);
});
