import {loadMine} from '../../../extension/src/contribute/mine.js';
import {alwaysShow, loadLocal} from '../../../extension/src/core/local.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const PAGE = {id: 'panah', url: 'https://x.com/somebody/status/1'} as chrome.runtime.MessageSender;
const OWN = {id: 'panah', url: 'chrome-extension://panah/mine.html'} as chrome.runtime.MessageSender;
const WISH = {kind: 'hide-account', handle: 'Made_Up', accountId: '77', hidden: true};

let browser: FakeChrome;
let router: typeof import('../../../extension/src/background/router.js');

beforeEach(async () => {
	browser = installChrome();
	vi.stubGlobal('fetch', async () => new Response('{}'));
	browser.storage.onChanged.addListener((changes, area) => void router.storageChanged(changes, area));
	vi.resetModules();
	router = await import('../../../extension/src/background/router.js');
});

test('a page of X hides an account, is told so, and takes it back', async () => {
	expect(await router.answer(WISH, PAGE)).toEqual({ok: true});
	expect(await loadMine()).toMatchObject({77: {tier: 'hide', handle: 'made_up'}});
	await vi.waitFor(() =>
		expect(browser.tabs.sendMessage).toHaveBeenCalledWith(1, {kind: 'notice', notice: 'state'}),
	);
	expect(await router.answer({kind: 'state'}, PAGE)).toMatchObject({
		listed: {77: {tier: 'hide', source: 'mine'}},
	});
	await router.answer({...WISH, hidden: false}, PAGE);
	expect(await loadMine()).toEqual({});
});

test('the last word counts: hiding ends always showing, and the other way round', async () => {
	await alwaysShow({handle: 'made_up', accountId: '77'});
	await router.answer(WISH, PAGE);
	expect((await loadLocal()).people).toEqual([]);
	await router.answer({kind: 'always-show', handle: 'made_up', accountId: '77'}, PAGE);
	expect(await loadMine()).toEqual({});
	expect((await loadLocal()).people).toMatchObject([{handle: 'made_up'}]);
});

test('what has no number of an account is no wish to hide it', () => {
	for (const wrong of [{accountId: undefined}, {accountId: 'x'}, {handle: '<b>'}])
		expect(router.answer({...WISH, ...wrong}, PAGE)).toBeUndefined();
});

test('pages of X cannot ask for what is done with the key', () => {
	expect(router.answer({kind: 'contribute', ask: {do: 'delete-key'}}, PAGE)).toBeUndefined();
	expect(router.answer({kind: 'contribute', ask: {do: 'lists'}}, OWN)).toBeInstanceOf(Promise);
});
