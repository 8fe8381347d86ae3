import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import en from '../../../extension/_locales/en/messages.json';
import ur from '../../../extension/_locales/ur/messages.json';
import type {Status} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const HTML = readFileSync(join(import.meta.dirname, '../../../extension/src/pages/about/about.html'), 'utf8');

let browser: FakeChrome;
let copied: string[];

const at = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as T;
const report = () => at<HTMLTextAreaElement>('#report').value;

async function settle(): Promise<void> {
	for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/about/about.js');
	await settle();
}

beforeEach(() => {
	browser = installChrome();
	Object.assign(browser.runtime, {getManifest: () => ({version: '9.8.7'})});
	const status: Status = {state: 'ready', version: {model: 'v2', policy: 'v2-0'}};
	browser.runtime.sendMessage.mockImplementation(async () => status);
	copied = [];
	Object.defineProperty(navigator, 'clipboard', {
		configurable: true,
		value: {writeText: async (text: string) => void copied.push(text)},
	});
});

test('it tells name and version', async () => {
	await open();
	expect([at('#name').textContent, at('#program-version').textContent]).toEqual(['Panah', 'Version 9.8.7']);
	for (const element of document.querySelectorAll('[data-say]')) expect(element.textContent).toMatch(/\S/);
});

test('with a discreet name neither the name nor the picture tells what it is', async () => {
	await browser.storage.sync.set({settings: {discreet: true}});
	await open();
	expect(at('#name').textContent).toBe('Reader');
	expect(document.title).toBe('About – Reader');
	expect(at<HTMLImageElement>('#mark').getAttribute('src')).toBe('icons/plain-48.png');
	expect(document.body.textContent).not.toContain('Panah');
});

test('it links to our own pages only', async () => {
	await open();
	const links = [...document.querySelectorAll('a')].map(link => link.getAttribute('href') ?? '');
	expect(links).toEqual(expect.arrayContaining(['welcome.html', 'support.html', 'options.html']));
	for (const link of links) expect(link).toMatch(/^[a-z]+\.html$/);
});

describe('the report', () => {
	test('holds what helps to find a fault', async () => {
		await browser.storage.sync.set({settings: {sensitivity: 'strict', levels: {threat: 'gentle'}}});
		await open();
		expect(JSON.parse(report())).toMatchObject({
			version: '9.8.7',
			browser: navigator.userAgent,
			languages: {browser: 'en-GB', page: 'en'},
			settings: {sensitivity: 'strict', levels: {threat: 'gentle'}},
			server: {thisComputer: true, token: false, useContext: true},
			status: {state: 'ready', version: {model: 'v2'}},
		});
	});

	test('holds no address, no token and nobody', async () => {
		await browser.storage.local.set({
			server: {address: 'https://panah.example.org', token: 'secret-token'},
			people: [{handle: 'somebody', since: '2026-01-01'}],
			marks: {['a'.repeat(64)]: {mark: 'fine', by: 'reader'}},
		});
		await open();
		expect(report()).not.toMatch(/example|secret|somebody|aaaa/);
		expect(JSON.parse(report()).server).toEqual({thisComputer: false, token: true, useContext: false});
	});

	test('is copied as it stands there, and only on request', async () => {
		await open();
		expect(copied).toEqual([]);
		at('#copy').click();
		await settle();
		expect(copied).toEqual([report()]);
		expect(at('#copied').textContent).toBe('Copied.');
	});

	test('can be selected by hand where the browser does not copy', async () => {
		Object.defineProperty(navigator, 'clipboard', {
			configurable: true,
			value: {writeText: async () => Promise.reject(new Error('Not allowed.'))},
		});
		await open();
		at('#copy').click();
		await settle();
		expect(at('#copied').textContent).toMatch(/select the text/);
	});

	test('is there even when the worker does not answer', async () => {
		browser.runtime.sendMessage.mockRejectedValue(new Error('Receiving end does not exist.'));
		await open();
		expect(JSON.parse(report()).status).toBeNull();
	});
});

describe.each([
	['en', en],
	['ur', ur],
])('the listing for stores in %s', (language, {name, description}) => {
	const listing = readFileSync(
		join(import.meta.dirname, `../../../extension/store/listing.${language}.md`),
		'utf8',
	);

	test('has the name and the short description that the extension itself has', () => {
		expect(listing).toContain(`\n${name.message}\n`);
		expect(listing).toContain(`\n> ${description.message}\n`);
		expect(description.message.length).toBeLessThanOrEqual(132);
	});

	test('invents no address', () => {
		expect(listing.match(/https?:\/\/[^\s`)]+/g) ?? []).toEqual(
			language === 'en' ? ['http://127.0.0.1/*', 'https://*/*'] : [],
		);
	});
});
