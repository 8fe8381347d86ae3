import {hashWords} from '../../../extension/src/contribute/bytes.js';
import {
	findObstacle,
	keepDraft,
	readDraft,
	suggestCategory,
} from '../../../extension/src/contribute/draft.js';
import {isKey, loadContributor, makeContributor, votesLeft} from '../../../extension/src/contribute/key.js';
import type {SavedPost} from '../../../extension/src/core/messages.js';
import {installChrome} from '../fake-chrome.js';

const POST: SavedPost = {
	id: '11',
	handle: 'Made_Up',
	name: 'Made Up',
	accountId: '77',
	text: 'Why were you there?',
	partial: false,
	url: 'https://x.com/Made_Up/status/11',
	foundOn: 'https://x.com/somebody/status/1',
};

beforeEach(() => {
	installChrome();
});

test('a post by an account whose number is known can be reported', () => {
	expect(findObstacle(POST)).toBeUndefined();
	expect(findObstacle({...POST, foundOn: 'https://x.com/home'})).toBeUndefined();
});

test('without the account’s number it cannot', () => {
	const {accountId: _, ...unknown} = POST;
	expect(findObstacle(unknown)).toBe('no_account');
});

test('a quoted post whose own number X does not tell cannot', () => {
	expect(findObstacle({...POST, url: 'https://x.com/quoting/status/11'})).toBe('quote');
	expect(findObstacle({...POST, url: 'https://x.com/Made_Up/status/12'})).toBe('quote');
});

test('whoever wrote the post that the page is about cannot be reported there, whatever the case of the name', () => {
	expect(findObstacle({...POST, foundOn: 'https://x.com/made_up/status/1'})).toBe('discloser');
	// On the page of their profile, nobody has disclosed anything to anybody.
	expect(findObstacle({...POST, foundOn: 'https://x.com/made_up/with_replies'})).toBeUndefined();
});

test('the verdict suggests a category where it is one', () => {
	const verdict = {act: 'hide', source: 'model'} as const;
	expect(suggestCategory({...POST, verdict: {...verdict, reason: 'silencing'}})).toBe('silencing');
	expect(suggestCategory({...POST, verdict: {...verdict, reason: 'hostile'}})).toBeUndefined();
	expect(suggestCategory(POST)).toBeUndefined();
});

test('what waits to be reported comes back by its name, and old ones make room', async () => {
	const name = await keepDraft(POST);
	expect(await readDraft(name)).toEqual(POST);
	expect(await readDraft('draft:')).toBeUndefined();
	for (let count = 0; count < 30; count += 1) await keepDraft(POST);
	expect(Object.keys(await chrome.storage.session.get(null)).length).toBeLessThanOrEqual(10);
});

test('words have one fingerprint, however their letters are put together', async () => {
	expect(await hashWords(' caf\u00e9 ')).toBe(await hashWords('cafe\u0301'));
	// As `printf abc | sha256sum` says.
	expect(await hashWords('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('a key has one form', async () => {
	await makeContributor('https://a.example');
	const key = (await loadContributor('https://a.example'))?.key ?? '';
	expect(isKey(key)).toBe(true);
	for (const wrong of ['', key.slice(1), `${key}A`, `${key.slice(0, -1)}=`, `${'A'.repeat(42)}B`, 7])
		expect(isKey(wrong)).toBe(false);
});

test('a key that is there is not replaced by another', async () => {
	await makeContributor('https://a.example');
	const before = await loadContributor('https://a.example');
	await makeContributor('https://a.example', 'A'.repeat(43));
	expect(await loadContributor('https://a.example')).toEqual(before);
});

test('answers count for their week', async () => {
	await makeContributor('https://a.example');
	const made = await loadContributor('https://a.example');
	if (made === undefined) throw new Error('There is no key.');
	const some = {...made, cap: 3, voted: {week: '2026-W47', count: 2}};
	expect(votesLeft(some, new Date('2026-11-18T10:00:00'))).toBe(1);
	expect(votesLeft(some, new Date('2026-11-24T10:00:00'))).toBe(3);
	expect(votesLeft({...some, cap: 1}, new Date('2026-11-18T10:00:00'))).toBe(0);
});
