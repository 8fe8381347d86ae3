import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {openPage, type Page} from '../../../extension/src/pages/common/page.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {at, fakeTime, settle} from './open-page.js';

const TEXTS = {
	en: {
		hello: {message: 'Hello from {name}'},
		things_one: {message: '{count} thing'},
		things_other: {message: '{count} things'},
	},
	ur: {
		hello: {message: '{name} سے سلام'},
		things_one: {message: '{count} چیز'},
		things_other: {message: '{count} چیزیں'},
	},
};
type Key = keyof (typeof TEXTS)['en'];

let browser: FakeChrome;
const draw = vi.fn((_page: Page<Key>) => {});
// Never the real one: it would leave for another page. Every page opened before listens on the same document.
let leaveHere = vi.fn();

beforeEach(() => {
	fakeTime();
	browser = installChrome();
	draw.mockClear();
	leaveHere = vi.fn();
	document.head.innerHTML = '<title>…</title>';
	document.body.innerHTML =
		'<p id="hello" data-say="hello"></p><nav data-say-label="nav"></nav><button data-exit></button>';
	document.body.dataset.title = 'nav_options';
	document.body.hidden = true;
});

test('texts, labels and the title are filled before the page appears', async () => {
	draw.mockImplementationOnce(() => expect(document.body.hidden).toBe(true));
	await openPage(TEXTS, draw, leaveHere);
	expect(at('#hello').textContent).toBe('Hello from Panah');
	expect(at('nav').getAttribute('aria-label')).toBe('Pages of Panah');
	expect(document.title).toBe('Settings – Panah');
	expect([draw.mock.calls.length, document.body.hidden]).toEqual([1, false]);
});

test('under the discreet name, texts, title and icon say nothing', async () => {
	await browser.storage.sync.set({settings: {discreet: true}});
	await openPage(TEXTS, draw, leaveHere);
	expect([at('#hello').textContent, document.title]).toEqual(['Hello from Reader', 'Settings – Reader']);
	expect(at<HTMLLinkElement>('link').getAttribute('href')).toBe('icons/plain-32.png');
});

test('before the name is known, no page tells one, neither as its title nor by its icon', () => {
	const folder = join(import.meta.dirname, '../../../extension/src/pages');
	const pages = readdirSync(folder).filter(name => name !== 'common');
	for (const name of pages) {
		const html = readFileSync(join(folder, name, `${name}.html`), 'utf8');
		expect(/<title>(.*)<\/title>/.exec(html)?.[1], name).toBe('…');
		expect(html, name).not.toMatch(/rel="icon"/);
	}
	expect(pages).toContain('options');
});

test('a change is stored and drawn', async () => {
	const page = await openPage(TEXTS, draw, leaveHere);
	expect(await page.change({language: 'ur'})).toBe(true);
	expect([document.documentElement.dir, at('#hello').textContent]).toEqual(['rtl', 'پناہ سے سلام']);
	expect(browser.storage.sync.held.get('settings')).toMatchObject({language: 'ur'});
});

test('a change that cannot be stored is said to the caller, and the old state is drawn', async () => {
	const page = await openPage(TEXTS, draw, leaveHere);
	browser.storage.sync.set.mockRejectedValueOnce(new Error('QUOTA_BYTES'));
	expect(await page.change({language: 'ur'})).toBe(false);
	expect([page.settings.language, document.documentElement.dir, draw.mock.calls.length]).toEqual([
		'browser',
		'ltr',
		2,
	]);
});

test('a change in another window is drawn here', async () => {
	await openPage(TEXTS, draw, leaveHere);
	await browser.storage.sync.set({settings: {language: 'ur'}});
	expect(document.documentElement.lang).toBe('ur');
});

test('counts take their form', async () => {
	const page = await openPage(TEXTS, draw, leaveHere);
	expect([page.sayCount('things', 1), page.sayCount('things', 2)]).toEqual(['1 thing', '2 things']);
});

test('leaving means what the page says it means, by button or by three times Shift', async () => {
	await openPage(TEXTS, draw, leaveHere);
	at('[data-exit]').click();
	expect(leaveHere).toHaveBeenCalledTimes(1);
	for (let press = 0; press < 3; press += 1)
		document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Shift'}));
	await settle();
	expect(leaveHere).toHaveBeenCalledTimes(2);
});
