import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Status} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const HTML = readFileSync(join(import.meta.dirname, '../../../extension/src/pages/popup/popup.html'), 'utf8');

let browser: FakeChrome;
let status: Status | undefined;

const at = <T extends HTMLElement>(selector: string) => document.querySelector(selector) as T;
const field = (id: string) => at<HTMLInputElement>(`#${id}`);
const said = (id: string) => at(`#${id}`).textContent;
const isHidden = (id: string) => at(`#${id}`).hidden;
const settingsNow = () => browser.storage.sync.held.get('settings') as Record<string, unknown>;
const serverNow = () => browser.storage.local.held.get('server') as Record<string, unknown>;

async function settle(): Promise<void> {
	for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/popup/popup.js');
	await settle();
}

async function saveServer(address: string, token?: string): Promise<void> {
	field('address').value = address;
	if (token !== undefined) field('token').value = token;
	at<HTMLFormElement>('#server').dispatchEvent(new Event('submit', {cancelable: true}));
	await settle();
}

function choose(selector: string): void {
	const input = at<HTMLInputElement>(selector);
	input.checked = input.type === 'radio' || !input.checked;
	input.dispatchEvent(new Event('change'));
}

beforeEach(() => {
	browser = installChrome();
	status = {state: 'ready', version: {model: 'v1', policy: 'v1-0'}};
	browser.runtime.sendMessage.mockImplementation(async () => status);
});

test('every text of the page is there, and every control has a name', async () => {
	await open();
	for (const element of document.querySelectorAll('[data-say]')) expect(element.textContent).toMatch(/\S/);
	for (const control of document.querySelectorAll<HTMLInputElement>('input, select')) {
		expect([...(control.labels ?? [])].map(label => label.textContent).join(), control.id).toMatch(/\S/);
	}
	for (const described of document.querySelectorAll('[aria-describedby]')) {
		for (const id of described.getAttribute('aria-describedby')?.split(' ') ?? []) {
			expect(document.getElementById(id), id).not.toBeNull();
		}
	}
});

test('it shows what is set', async () => {
	await browser.storage.sync.set({
		settings: {enabled: false, sensitivity: 'strict', presentation: 'flag', language: 'en'},
	});
	await browser.storage.local.set({
		server: {address: 'http://127.0.0.1:9000', token: 'abc', useContext: false},
	});
	await open();
	expect(field('enabled').checked).toBe(false);
	expect(at<HTMLInputElement>('input[value=strict]').checked).toBe(true);
	expect(at<HTMLInputElement>('input[value=flag]').checked).toBe(true);
	expect([field('address').value, field('token').value]).toEqual(['http://127.0.0.1:9000', 'abc']);
	expect(field('context').checked).toBe(false);
});

test('each choice is kept', async () => {
	await open();
	for (const selector of ['#enabled', 'input[value=gentle]', 'input[value=flag]']) {
		choose(selector);
		await settle();
	}
	expect(settingsNow()).toMatchObject({enabled: false, sensitivity: 'gentle', presentation: 'flag'});
	choose('#context');
	await settle();
	expect(serverNow()).toMatchObject({useContext: false});
});

test('another language is spoken at once, in its direction', async () => {
	await open();
	at<HTMLSelectElement>('#language').value = 'ur';
	at('#language').dispatchEvent(new Event('change'));
	await settle();
	expect([document.documentElement.lang, document.documentElement.dir]).toEqual(['ur', 'rtl']);
	expect(at('h1').textContent).toBe('پناہ');
	expect(settingsNow()).toMatchObject({language: 'ur'});
});

describe('the server', () => {
	const states: Array<[Status | undefined, RegExp, string[]]> = [
		[{state: 'ready'}, /is ready/, []],
		[{state: 'off'}, /All replies are shown/, []],
		[{state: 'starting'}, /is starting/, ['check']],
		[{state: 'unreachable'}, /does not answer/, ['check']],
		[{state: 'refused'}, /access token/, ['check']],
		[
			{state: 'paused', until: new Date(2026, 0, 1, 14, 5).getTime()},
			/tries again at (?:14:05|2:05)/,
			['check'],
		],
		[{state: 'permission'}, /may not reach 127\.0\.0\.1:8000/, ['grant']],
		[{state: 'site'}, /may not work on x\.com/, ['grant']],
		[undefined, /does not answer/, ['check']],
	];

	test.each(states)('%o is told, with a way on', async (state, text, buttons) => {
		status = state;
		await open();
		expect(said('status')).toMatch(text);
		expect(['grant', 'check'].filter(id => !isHidden(id))).toEqual(buttons);
	});

	test('which is ready tells model and rules', async () => {
		await open();
		expect(said('version')).toBe('Model v1, rules v1-0');
	});

	test('which is far away is named', async () => {
		await browser.storage.local.set({server: {address: 'https://panah.example.org'}});
		await open();
		expect(said('version')).toContain('Texts are sent to panah.example.org.');
	});

	test('is asked again on request', async () => {
		status = {state: 'unreachable'};
		await open();
		status = {state: 'ready'};
		at('#check').click();
		await settle();
		expect(said('status')).toMatch(/is ready/);
	});

	test('a late answer does not replace a newer one', async () => {
		const answers: Array<(status: Status) => void> = [];
		browser.runtime.sendMessage.mockImplementation(() => new Promise(resolve => answers.push(resolve)));
		await open();
		choose('#enabled');
		await settle();
		answers[1]?.({state: 'off'});
		answers[0]?.({state: 'ready'});
		await settle();
		expect(said('status')).toMatch(/All replies are shown/);
	});
});

describe('the address', () => {
	test('is kept in one form, and localhost is 127.0.0.1', async () => {
		await open();
		await saveServer('localhost:9000/');
		expect(serverNow()).toMatchObject({address: 'http://127.0.0.1:9000', useContext: true});
		expect(field('address').value).toBe('http://127.0.0.1:9000');
		expect(said('address-note')).toBe('Saved.');
	});

	test('of another computer asks for exactly its permission, and keeps the post here', async () => {
		await open();
		await saveServer('https://panah.example.org');
		expect(browser.permissions.request).toHaveBeenCalledWith({origins: ['https://panah.example.org/*']});
		expect(serverNow()).toMatchObject({address: 'https://panah.example.org', useContext: false});
		expect(field('context').checked).toBe(false);
	});

	test('the permission is asked for before anything is waited for, as browsers want it', async () => {
		await open();
		field('address').value = 'https://panah.example.org';
		at<HTMLFormElement>('#server').dispatchEvent(new Event('submit', {cancelable: true}));
		expect(browser.permissions.request).toHaveBeenCalledTimes(1);
	});

	test('that is left gives its permission back', async () => {
		await browser.storage.local.set({server: {address: 'https://one.example.org', token: 'abc'}});
		await open();
		await saveServer('https://two.example.org');
		expect(browser.permissions.remove).toHaveBeenCalledWith({origins: ['https://one.example.org/*']});
	});

	test('of this computer never gives up its permission', async () => {
		await open();
		await saveServer('https://panah.example.org');
		expect(browser.permissions.remove).not.toHaveBeenCalled();
	});

	test('that is empty is the usual one', async () => {
		await browser.storage.local.set({server: {address: 'http://127.0.0.1:9000'}});
		await open();
		await saveServer('');
		expect(serverNow()).toMatchObject({address: 'http://127.0.0.1:8000'});
	});

	test.each([
		['http://panah.example.org', /begins with https/],
		['two words', /not an address/],
	])('"%s" is refused with a reason, and nothing is kept', async (typed, reason) => {
		await open();
		await saveServer(typed);
		expect(said('address-note')).toMatch(reason);
		expect(field('address').getAttribute('aria-invalid')).toBe('true');
		expect(document.activeElement).toBe(field('address'));
		expect(serverNow()).toBeUndefined();
		expect(browser.permissions.request).not.toHaveBeenCalled();
	});
});

describe('the token', () => {
	test('is kept, and removed when the field is emptied', async () => {
		await open();
		await saveServer('', 'abc');
		expect(serverNow()).toMatchObject({token: 'abc'});
		await saveServer('', '');
		expect(serverNow()).toMatchObject({token: ''});
	});

	test('of one server is not given to another, unless it was typed anew', async () => {
		await browser.storage.local.set({server: {address: 'https://one.example.org', token: 'abc'}});
		await open();
		await saveServer('https://two.example.org');
		expect(serverNow()).toMatchObject({token: ''});
		await saveServer('https://three.example.org', 'def');
		expect(serverNow()).toMatchObject({token: 'def'});
	});

	test('that no header can hold is refused', async () => {
		await open();
		await saveServer('', 'two words');
		expect(said('token-note')).toMatch(/no spaces/);
		expect(serverNow()).toBeUndefined();
	});
});

test('so is being allowed on X, and a browser that does not ask has said no', async () => {
	status = {state: 'site'};
	await open();
	browser.permissions.request.mockRejectedValueOnce(
		new Error('Only permissions of the manifest may be requested.'),
	);
	at('#grant').click();
	await settle();
	expect(browser.permissions.request).toHaveBeenCalledWith({origins: ['https://x.com/*']});
	expect(said('status')).toMatch(/may not work on x\.com/);
});

test('a missing permission is asked for on the click', async () => {
	status = {state: 'permission'};
	await open();
	status = {state: 'ready'};
	at('#grant').click();
	expect(browser.permissions.request).toHaveBeenCalledWith({origins: ['http://127.0.0.1/*']});
	await settle();
	expect(said('status')).toMatch(/is ready/);
});
