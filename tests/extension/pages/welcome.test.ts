import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ScoreAnswer, ScoreRequest, Status} from '../../../extension/src/core/messages.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const PAGES = join(import.meta.dirname, '../../../extension/src/pages');
const HTML = readFileSync(join(PAGES, 'welcome/welcome.html'), 'utf8');

let browser: FakeChrome;
let status: Status;
let verdict: (request: ScoreRequest) => ScoreAnswer | undefined;
let asked: ScoreRequest[];

const at = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as T;
const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
const settingsNow = () => browser.storage.sync.held.get('settings') as Record<string, unknown> | undefined;
const serverNow = () => browser.storage.local.held.get('server') as Record<string, unknown> | undefined;

async function settle(): Promise<void> {
	for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
}

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/welcome/welcome.js');
	await settle();
}

async function tick(selector: string): Promise<void> {
	const input = at<HTMLInputElement>(selector);
	input.checked = input.type === 'radio' || !input.checked;
	input.dispatchEvent(new Event('change'));
	await settle();
}

async function press(selector: string): Promise<void> {
	at(selector).click();
	await settle();
}

const hides: ScoreAnswer = {
	ok: true,
	verdict: {action: 'hide', reason: 'blame', partial: false, source: 'model'},
};
const shows: ScoreAnswer = {ok: true, verdict: {action: 'show', partial: false, source: 'model'}};

beforeEach(() => {
	browser = installChrome();
	status = {state: 'ready', version: {model: 'v1', policy: 'v1-0'}};
	verdict = request => (/attention/.test(request.text) ? hides : shows);
	asked = [];
	browser.runtime.sendMessage.mockImplementation(async message => {
		if ((message as {kind: string}).kind === 'status') return status;
		asked.push(message as ScoreRequest);
		return verdict(message as ScoreRequest);
	});
});

test('opening it and walking through all steps stores nothing', async () => {
	await open();
	for (let step = 1; step < 5; step += 1) await press('#next');
	expect(at('#next').hidden).toBe(true);
	expect(browser.storage.sync.set).not.toHaveBeenCalled();
	expect(browser.storage.local.set).not.toHaveBeenCalled();
	expect(asked).toEqual([]);
});

test('every text is there, every control has a name, every description exists', async () => {
	await open();
	await tick('input[value=survivor]');
	for (const element of all('[data-say]')) expect(element.textContent, element.dataset.say).toMatch(/\S/);
	for (const control of document.querySelectorAll('input')) {
		expect([...(control.labels ?? [])].map(label => label.textContent).join(), control.value).toMatch(/\S/);
	}
	for (const described of all('[aria-describedby]')) {
		const text = document.getElementById(described.getAttribute('aria-describedby') ?? '')?.textContent;
		expect(text).toMatch(/\S/);
	}
});

test('steps tell where one is, go on and back, and move the keyboard to their heading', async () => {
	await open();
	const shown = () => all('.step').filter(step => !step.hidden);
	expect(shown()).toHaveLength(1);
	expect(shown()[0]?.querySelector('.progress')?.textContent).toBe('Step 1 of 5');
	expect(at('#back').hidden).toBe(true);
	await press('#next');
	expect(shown()[0]?.querySelector('.progress')?.textContent).toBe('Step 2 of 5');
	expect(document.activeElement?.id).toBe('title-role');
	expect([at('#intro').hidden, at('#all').hidden]).toEqual([true, true]);
	await press('#back');
	expect([at('#intro').hidden, at('#all').hidden]).toEqual([false, false]);
	expect(document.activeElement?.id).toBe('title-language');
});

test('all steps stand on one page on request', async () => {
	await open();
	await press('#all');
	expect(all('.step').every(step => !step.hidden)).toBe(true);
	expect(at('#steps').hidden).toBe(true);
	await press('#all');
	expect(all('.step').filter(step => !step.hidden)).toHaveLength(1);
});

test('another language is spoken at once and kept', async () => {
	await open();
	await tick('input[name=language][value=ur]');
	expect(document.documentElement.dir).toBe('rtl');
	expect(at('#title-role').textContent).toBe('آپ یہاں کس لیے آئے ہیں؟');
	expect(settingsNow()).toMatchObject({language: 'ur'});
});

describe('what brings somebody here', () => {
	const boxes = () =>
		[...document.querySelectorAll<HTMLInputElement>('#boxes input')].map(box => [box.value, box.checked]);

	test('only proposes, and stores nothing by itself', async () => {
		await open();
		await tick('input[value=survivor]');
		expect(boxes()).toEqual([
			['hold', true],
			['line', true],
			['balanced', true],
			['discreet', false],
			['exit', false],
		]);
		expect(browser.storage.sync.set).not.toHaveBeenCalled();
	});

	test('is never kept: only settings are, as they were left ticked', async () => {
		await open();
		await tick('input[value=survivor]');
		await tick('#boxes input[value=hold]');
		await tick('#boxes input[value=exit]');
		await press('#use');
		expect(settingsNow()).toMatchObject({
			holdBack: false,
			exitKey: true,
			discreet: false,
			presentation: 'line',
		});
		const kept = JSON.stringify([...browser.storage.sync.held, ...browser.storage.local.held]);
		expect(kept).not.toMatch(/survivor|role/);
		expect(at('#used').textContent).toMatch(/Kept/);
	});

	test('leaves alone what is not ticked and has no off', async () => {
		await browser.storage.sync.set({settings: {presentation: 'out', sensitivity: 'strict'}});
		await open();
		await tick('input[value=ally]');
		await tick('#boxes input[value=line]');
		await tick('#boxes input[value=balanced]');
		await press('#use');
		expect(settingsNow()).toMatchObject({presentation: 'out', sensitivity: 'strict'});
	});

	test('proposes labels to those who look after lists', async () => {
		await open();
		await tick('input[value=curator]');
		await press('#use');
		expect(settingsNow()).toMatchObject({presentation: 'flag'});
	});

	test('proposes nothing to those who just look', async () => {
		await open();
		await tick('input[value=looking]');
		expect(boxes()).toEqual([]);
		expect(at('#proposals').hidden).toBe(true);
		expect(at('#nothing').hidden).toBe(false);
	});
});

describe('the server', () => {
	test('gets the post only as it was chosen here', async () => {
		await open();
		expect(at<HTMLInputElement>('#context').checked).toBe(true);
		await tick('#context');
		expect(serverNow()).toMatchObject({useContext: false});
	});

	test('that another page put in its place meanwhile does not inherit the consent', async () => {
		await browser.storage.local.set({server: {address: 'http://127.0.0.1:8000', useContext: false}});
		await open();
		await browser.storage.local.set({server: {address: 'https://panah.example.org', useContext: false}});
		await tick('#context');
		expect(serverNow()).toMatchObject({address: 'https://panah.example.org', useContext: false});
		expect(at('#place').textContent).toContain('panah.example.org');
	});

	test('is told apart: this computer, or somebody else’s', async () => {
		await open();
		expect(at('#place').textContent).toBe('It is this computer: 127.0.0.1:8000');
		await browser.storage.local.set({server: {address: 'https://panah.example.org'}});
		await open();
		expect(at('#place').textContent).toMatch(/panah\.example\.org\. Whoever runs it could read/);
	});

	test('and a missing permission for X is asked for on the click, for all its addresses', async () => {
		browser.permissions.getAll.mockResolvedValue({origins: ['http://127.0.0.1/*'], permissions: []});
		status = {state: 'site'};
		await open();
		expect(at('#allow-site').hidden).toBe(false);
		expect(at('#server-grant').hidden).toBe(true);
		at('#allow-site').click();
		expect(browser.permissions.request).toHaveBeenCalledWith({
			origins: ['https://x.com/*', 'https://twitter.com/*', 'https://mobile.twitter.com/*'],
		});
		browser.permissions.getAll.mockResolvedValue({origins: ['https://x.com/*'], permissions: []});
		await settle();
		expect(at('#allow-site').hidden).toBe(true);
	});
});

describe('the examples', () => {
	const posts = () => all('#examples .post').map(post => post.textContent ?? '');

	test('are not in the page before they are asked for, nor while they are judged', async () => {
		let answer: (value: ScoreAnswer) => void = () => {};
		browser.runtime.sendMessage.mockImplementation(async message =>
			(message as {kind: string}).kind === 'status' ? status : new Promise(resolve => (answer = resolve)),
		);
		await open();
		expect(document.body.textContent).not.toContain('attention');
		await press('#show');
		expect(posts()).toEqual([]);
		expect(at('#tried').textContent).toMatch(/reading/);
		answer({ok: false, refusal: 'failed', retryIn: 0});
		await settle();
		expect(posts()).toHaveLength(7);
	});

	test('are judged by the worker, with the made-up post, and stand as they would on X', async () => {
		await open();
		await press('#show');
		expect(asked).toHaveLength(6);
		expect(new Set(asked.map(({ask}) => ask)).size).toBe(6);
		for (const {context} of asked) expect(context).toMatch(/my manager/);
		const [hidden] = all('#examples .cover');
		expect(hidden?.textContent).toMatch(/Reply hidden: blames/);
		const said = [...(hidden?.parentElement?.children ?? [])].slice(1) as HTMLElement[];
		expect(said.map(part => part.hidden)).toEqual([true, true]);
		hidden?.querySelector('button')?.click();
		expect(said.map(part => part.hidden)).toEqual([false, false]);
		expect(hidden?.textContent).toMatch(/Hide again/);
		expect(all('#examples .cover')).toHaveLength(1);
	});

	test('follow the settings', async () => {
		await browser.storage.sync.set({settings: {presentation: 'flag'}});
		await open();
		await press('#show');
		expect(all('#examples .cover')).toEqual([]);
		expect(at('#examples .label').textContent).toMatch(/blames/);
	});

	test('are all shown when the server is away, which is said, with a way on', async () => {
		verdict = () => ({ok: false, refusal: 'failed', retryIn: 1000});
		await open();
		await press('#show');
		expect(asked).toHaveLength(1);
		expect(all('#examples .cover, #examples .label')).toEqual([]);
		expect(posts()).toHaveLength(7);
		expect(at('#tried').textContent).toMatch(/could not be asked, so all replies are shown/);
		verdict = request => (/attention/.test(request.text) ? hides : shows);
		await press('#again');
		expect(all('#examples .cover')).toHaveLength(1);
	});

	test('tell when all is switched off', async () => {
		verdict = () => ({ok: false, refusal: 'off', retryIn: 0});
		await open();
		await press('#show');
		expect(at('#tried').textContent).toMatch(/switched off/);
	});

	test('can be put away again', async () => {
		await open();
		await press('#show');
		await press('#put-away');
		expect(posts()).toEqual([]);
		expect(at('#show').hidden).toBe(false);
	});
});
