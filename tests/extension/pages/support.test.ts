import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {COUNTRIES, guessCountry} from '../../../extension/src/pages/support/country.js';
import {GROUPS, KINDS, ORGANISATIONS} from '../../../extension/src/pages/support/organisations.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const HTML = readFileSync(
	join(import.meta.dirname, '../../../extension/src/pages/support/support.html'),
	'utf8',
);
const ARABIC_LETTERS = /[\u0600-\u06ff]/;

let browser: FakeChrome;

const at = <T extends HTMLElement = HTMLElement>(selector: string) => document.querySelector(selector) as T;
const all = <T extends HTMLElement = HTMLElement>(selector: string) => [
	...document.querySelectorAll<T>(selector),
];

async function settle(): Promise<void> {
	for (let turn = 0; turn < 40; turn += 1) await Promise.resolve();
}

async function open(): Promise<void> {
	document.documentElement.innerHTML = HTML.replace(/<script.*<\/script>|<link.*>/g, '');
	vi.resetModules();
	await import('../../../extension/src/pages/support/support.js');
	await settle();
}

async function choose(country: string): Promise<void> {
	at<HTMLSelectElement>('#country').value = country;
	at('#country').dispatchEvent(new Event('change'));
	await settle();
}

beforeEach(() => {
	browser = installChrome();
});

describe('the list of organisations', () => {
	test.each(ORGANISATIONS.map(one => [`${one.country} ${one.name}`, one] as const))(
		'%s is whole',
		(_, one) => {
			expect(COUNTRIES).toContain(one.country);
			expect(KINDS).toContain(one.kind);
			expect(GROUPS).toContain(one.for);
			expect(one.what).toMatch(/\w.*\.$/);
			expect(one.what_ur).toMatch(/۔$/);
			expect(one.what_ur).toMatch(ARABIC_LETTERS);
			if (one.name_ur !== undefined) expect(one.name_ur).toMatch(ARABIC_LETTERS);
			expect(one.hours === undefined).toBe(one.hours_ur === undefined);
			// There is a way to reach them, and a page that says so.
			expect([one.phone, one.text, one.whatsapp, one.web].some(way => way !== undefined)).toBe(true);
			expect(new URL(one.source).protocol).toMatch(/^https?:$/);
			expect(one.source_date).toMatch(/^(?:20\d\d-\d\d(?:-\d\d)?|unknown)$/);
			for (const code of one.languages) expect(code).toMatch(/^[a-z]{2,3}$/);
			if (one.web !== undefined) expect(new URL(one.web).protocol).toBe('https:');
		},
	);

	test.each(ORGANISATIONS.map(one => [one.name, one] as const))(
		'the numbers of %s can be dialled',
		(_, one) => {
			for (const number of [one.phone, one.text, one.whatsapp]) {
				if (number === undefined) continue;
				expect(number).toMatch(/^\+?\d[\d -]*\d$/);
				const digits = number.replace(/\D/g, '');
				expect(digits.length).toBeGreaterThanOrEqual(2);
				expect(digits.length).toBeLessThanOrEqual(15);
			}
		},
	);

	test('tells what was not checked, and gives no number for it', () => {
		for (const one of ORGANISATIONS) {
			if (one.checked !== null) expect(one.checked).toMatch(/^20\d\d-\d\d-\d\d$/);
			else expect([one.phone, one.text, one.whatsapp]).toEqual([undefined, undefined, undefined]);
		}
	});

	test('names none twice in a country', () => {
		const names = ORGANISATIONS.map(one => `${one.country} ${one.name}`);
		expect(new Set(names).size).toBe(names.length);
	});

	test.each(['PK', 'IN', 'GB', 'US'])('has an emergency number and help online for %s', country => {
		const kinds = ORGANISATIONS.filter(one => one.country === country).map(one => one.kind);
		expect(kinds).toEqual(expect.arrayContaining(['emergency', 'support', 'online']));
	});

	test('knows some that are for men', () => {
		expect(ORGANISATIONS.filter(one => one.for === 'men').map(one => one.country)).toEqual(
			expect.arrayContaining(['GB', 'US', 'AU']),
		);
	});
});

test.each([
	['Asia/Karachi', ['en-US'], 'PK'],
	['Asia/Calcutta', ['en-GB'], 'IN'],
	['Europe/London', [], 'GB'],
	['America/Toronto', ['en-US'], 'CA'],
	['America/Indiana/Indianapolis', [], 'US'],
	['Australia/Perth', ['en-GB'], 'AU'],
	['Europe/Berlin', ['en-GB'], 'XX'],
	['America/Sao_Paulo', ['pt-BR'], 'XX'],
	['UTC', ['ur-PK', 'en-US'], 'PK'],
	['Etc/UTC', ['en', 'en-AU'], 'AU'],
	[undefined, ['ur-Arab-PK'], 'PK'],
	[undefined, ['ur', 'fr-FR'], 'XX'],
] as const)('a clock in %s with %j is taken for %s', (zone, languages, country) => {
	expect(guessCountry(zone, languages)).toBe(country);
});

describe('the page', () => {
	test('begins with the emergency numbers of the country', async () => {
		await open();
		await choose('PK');
		const [first] = all('#organisations section');
		expect(first?.querySelector('h2')?.textContent).toBe('In danger now');
		expect(first?.querySelector('a')?.getAttribute('href')).toBe('tel:15');
	});

	test('says what to do where no emergency number is known', async () => {
		await open();
		await choose('XX');
		expect(at('#organisations section p').textContent).toMatch(/emergency number of the place where you are/);
	});

	test('has numbers that can be pressed, read from left to right', async () => {
		await open();
		await choose('PK');
		const hrefs = all('#organisations a').map(link => link.getAttribute('href'));
		expect(hrefs).toEqual(expect.arrayContaining(['tel:080039393', 'tel:03117786264']));
		await choose('US');
		expect(at('a[href="sms:88788"]').closest('dd')?.previousElementSibling?.textContent).toBe(
			'Text START to',
		);
		for (const link of all('#organisations a')) expect(link.dir).toBe('ltr');
	});

	test('leads outside only in another tab, by an address that can be read, telling nothing', async () => {
		await open();
		for (const country of COUNTRIES) {
			await choose(country);
			for (const link of all<HTMLAnchorElement>('#organisations a[href^="http"]')) {
				expect([link.target, link.rel]).toEqual(['_blank', 'noreferrer']);
				expect(link.href).toContain(link.textContent);
			}
		}
	});

	test('marks what was not checked', async () => {
		await open();
		await choose('IN');
		const unchecked = ORGANISATIONS.filter(one => one.country === 'IN' && one.checked === null);
		expect(unchecked.length).toBeGreaterThan(0);
		expect(
			all('.organisation .help').filter(help => /Not checked/.test(help.textContent ?? '')),
		).toHaveLength(unchecked.length);
	});

	test('shows those who help anywhere in every country', async () => {
		await open();
		for (const country of COUNTRIES) {
			await choose(country);
			expect(document.body.textContent).toContain('StopNCII.org');
		}
	});

	test('remembers no country, asks nobody and loads nothing', async () => {
		await open();
		await choose('GB');
		expect(browser.storage.sync.set).not.toHaveBeenCalled();
		expect(browser.storage.local.set).not.toHaveBeenCalled();
		expect(browser.runtime.sendMessage).not.toHaveBeenCalled();
		expect(all('img, iframe, object, script')).toEqual([]);
	});

	test('speaks Urdu, and tells the name that the organisation itself uses', async () => {
		await browser.storage.sync.set({settings: {language: 'ur'}});
		await open();
		await choose('PK');
		const heading = all('.organisation h3').find(one => one.textContent?.includes('سائبر ہراسمنٹ'));
		expect(heading?.nextElementSibling?.textContent).toBe(
			'Cyber Harassment Helpline (Digital Rights Foundation)',
		);
		expect(at('#country option[value=PK]').textContent).toBe('پاکستان');
	});

	test('has the quick exit twice, and every text', async () => {
		await open();
		expect(all('[data-exit]')).toHaveLength(2);
		for (const element of all('[data-say]')) expect(element.textContent).toMatch(/\S/);
	});
});
