import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, relative} from 'node:path';
import {gzipSync} from 'node:zlib';
import {unzipSync} from 'fflate';
import {checkLocales, checkPage} from '../../extension/locales.mjs';

const EXTENSION = join(import.meta.dirname, '../../extension');
const BROWSERS = ['chrome', 'firefox'] as const;
type Browser = (typeof BROWSERS)[number];
type Area = Record<string, {message: string}>;

const [, version = ''] =
	/^__version__ = "(.+)"$/m.exec(readFileSync(join(EXTENSION, '../server/panah/__init__.py'), 'utf8')) ?? [];

function build(zone: string): {folder: string; zips: Record<Browser, Buffer>} {
	const folder = mkdtempSync(join(tmpdir(), 'panah-build-'));
	execFileSync(process.execPath, [join(EXTENSION, 'build.mjs'), folder], {env: {...process.env, TZ: zone}});
	const zip = (browser: Browser) => readFileSync(join(folder, `panah-${version}-${browser}.zip`));
	return {folder, zips: {chrome: zip('chrome'), firefox: zip('firefox')}};
}

/** Paths of all files below a folder, in order. */
function list(folder: string): string[] {
	return readdirSync(folder, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(entry => relative(folder, join(entry.parentPath, entry.name)))
		.sort();
}

const first = build('UTC');
const second = build('Asia/Karachi');
const dist = join(first.folder, 'dist');
const read = (path: string) => readFileSync(join(dist, path), 'utf8');
const scripts = list(dist).filter(path => path.endsWith('.js'));
const manifest = JSON.parse(read('manifest.json'));
const manifests = {
	dist: manifest,
	chrome: JSON.parse(Buffer.from(unzipSync(first.zips.chrome)['manifest.json'] ?? []).toString()),
	firefox: JSON.parse(Buffer.from(unzipSync(first.zips.firefox)['manifest.json'] ?? []).toString()),
};

afterAll(() => {
	for (const {folder} of [first, second]) rmSync(folder, {recursive: true});
});

describe.each(BROWSERS)('the zip for %s', browser => {
	test('has the same bytes in every time zone', () => {
		expect(first.zips[browser].equals(second.zips[browser])).toBe(true);
	});

	test('holds exactly the folder, with a manifest of its own', () => {
		const files = unzipSync(first.zips[browser]);
		expect(Object.keys(files).sort()).toEqual(list(dist));
		for (const path of list(dist).filter(path => path !== 'manifest.json')) {
			expect(readFileSync(join(dist, path)).equals(files[path] ?? Buffer.of()), path).toBe(true);
		}
	});

	test('downloads quickly', () => {
		expect(first.zips[browser].length).toBeLessThanOrEqual(300_000);
	});
});

describe('the manifests', () => {
	test('name one version, the one of the service', () => {
		expect(version).toMatch(/^\d+\.\d+\.\d+$/);
		for (const one of Object.values(manifests)) expect(one.version).toBe(version);
	});

	test('each store gets nothing that only the other browser reads', () => {
		const {background, browser_specific_settings, minimum_chrome_version, ...shared} = manifests.dist;
		const {service_worker, scripts, type} = background;
		expect(manifests.chrome).toEqual({
			...shared,
			minimum_chrome_version,
			background: {service_worker, type},
		});
		expect(manifests.firefox).toEqual({
			...shared,
			browser_specific_settings,
			background: {scripts, type},
		});
	});

	test('ask for no more than is needed', () => {
		expect(manifest.permissions).toEqual(['storage', 'alarms']);
		expect(manifest.optional_permissions).toBeUndefined();
		expect(manifest.host_permissions).toEqual(['http://127.0.0.1/*']);
		expect(manifest.optional_host_permissions).toEqual(['https://*/*']);
		expect(manifest.web_accessible_resources).toBeUndefined();
		expect(manifest.externally_connectable).toBeUndefined();
		expect(manifest.browser_specific_settings.gecko.data_collection_permissions).toEqual({
			required: ['none'],
			optional: ['websiteContent'],
		});
	});

	test('run two scripts on X alone, of which only the second stands among the scripts of X', () => {
		const matches = ['https://x.com/*', 'https://twitter.com/*', 'https://mobile.twitter.com/*'];
		expect(manifest.content_scripts).toEqual([
			{matches, js: ['content.js'], css: ['content.css'], run_at: 'document_start'},
			{matches, js: ['tap.js'], run_at: 'document_start', world: 'MAIN'},
		]);
	});

	test('name files that are there', () => {
		const {background, content_scripts, icons, action, options_ui} = manifest;
		const named: string[] = [
			background.service_worker,
			...background.scripts,
			...content_scripts.flatMap(({js = [], css = []}) => [...js, ...css]),
			...Object.values(icons),
			...Object.values(action.default_icon),
			action.default_popup,
			options_ui.page,
		];
		for (const path of named) expect(existsSync(join(dist, path)), path).toBe(true);
	});
});

test('all that our pages load and link to is there, or is somebody else’s https address', () => {
	const pages = list(dist).filter(path => path.endsWith('.html'));
	expect(pages).toContain('popup.html');
	for (const page of pages) {
		for (const [, path = ''] of read(page).matchAll(/(?:src|href)="([^"#?]+)[^"]*"/g)) {
			if (!path.startsWith('https://')) expect(existsSync(join(dist, path)), `${page}: ${path}`).toBe(true);
		}
		expect(read(page), page).not.toMatch(/\bsrc="https?:|<style|\sstyle="|\son[a-z]+="/);
	}
});

test('our pages import only scripts that are there, and each shared one is imported', () => {
	const imported = scripts.flatMap(name =>
		[...read(name).matchAll(/^(?:import|\} from) ?"(.+)";$/gm)].map(([, path = '']) =>
			join(dirname(name), path),
		),
	);
	for (const path of imported) expect(scripts).toContain(path);
	const shared = scripts.filter(name => name.startsWith('shared/'));
	expect(new Set(imported)).toEqual(new Set(shared));
});

test.each(['background.js', 'content.js', 'tap.js'])('%s needs no other script', name => {
	expect(read(name)).not.toMatch(/^(?:import|export)\b|\bfrom ?"\.\//m);
});

test('Mozilla’s own linter finds nothing but what is known', () => {
	const zip = join(first.folder, `panah-${version}-firefox.zip`);
	execFileSync(process.execPath, [join(EXTENSION, 'lint.mjs'), zip]);
}, 30_000);

describe.each(scripts)('%s', name => {
	const script = read(name);

	test('is readable, runs no texts as code and writes no texts as markup', () => {
		const lines = script.split('\n');
		// Texts stand one on a line, however long; minified code stands on one line as a whole. Only what every page of
		// X has to load is that.
		if (name !== 'content.js') expect(script.length / lines.length).toBeLessThan(150);
		expect(script).not.toMatch(
			/innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|setHTML|document\.write|\beval\(|new Function/,
		);
	});

	test('talks to nobody but through the worker', () => {
		expect(script).not.toMatch(/console\.|localhost:|sendBeacon|WebSocket|EventSource|importScripts/);
		if (name !== 'background.js') expect(script).not.toMatch(/\bfetch\(/);
		if (name !== 'tap.js') expect(script).not.toMatch(/XMLHttpRequest/);
	});
});

test('the script that stands among those of X knows nothing of the extension', () => {
	expect(read('tap.js')).not.toMatch(/\b(?:chrome|browser)\./);
	expect(read('tap.js')).not.toMatch(/\.send\(|storage/);
});

test('what runs on every page of X is small', () => {
	expect(gzipSync(read('content.js'), {level: 9}).length).toBeLessThanOrEqual(25_000);
});

describe('the languages', () => {
	const folder = join(EXTENSION, '_locales');
	const area = (language: string, name: string): Area =>
		JSON.parse(readFileSync(join(folder, language, name), 'utf8'));
	const names = list(join(folder, 'en'));
	const message = (text: string) => ({message: text});

	test.each(names)('say the same things: %s', name => {
		expect(checkLocales({en: area('en', name), ur: area('ur', name)})).toEqual([]);
	});

	test('are the same files', () => {
		expect(list(join(folder, 'ur'))).toEqual(names);
	});

	test.each([
		['a text that one lacks', {en: {a: message('x'), b: message('y')}, ur: {a: message('x')}}, 'ur lacks b.'],
		['a text too many', {en: {a: message('x')}, ur: {a: message('x'), b: message('y')}}, 'en lacks b.'],
		[
			'other places',
			{en: {a: message('x {n}')}, ur: {a: message('x {m}')}},
			'a has other {places} in ur than in en.',
		],
		['an empty text', {en: {a: message('x')}, ur: {a: message(' ')}}, 'a is empty in ur.'],
		['half of a pair', {en: {a_one: message('x')}, ur: {a_one: message('x')}}, 'a_one has no a_other.'],
	])('%s is found', (_, locales, problem) => {
		expect(checkLocales(locales)).toEqual([problem]);
	});

	test('a page that names a text which it has not is found', () => {
		const markup =
			'<body data-title="a"><p data-say="b" data-save="d"></p><p\n data-say-label="c"></p></body>';
		expect(checkPage(markup, new Set(['a', 'b', 'c']))).toEqual([]);
		expect(checkPage(markup, new Set(['b']))).toEqual(['there is no text a.', 'there is no text c.']);
	});

	test('what stores show fits into their fields', () => {
		for (const language of ['en', 'ur']) {
			const {name, description} = area(language, 'messages.json');
			expect(name?.message.length).toBeLessThanOrEqual(45);
			expect(description?.message.length).toBeLessThanOrEqual(132);
		}
	});

	test('notes to translators stay out of the scripts', () => {
		// What is not empty: code makes a list without a description.
		for (const name of scripts) expect(read(name), name).not.toMatch(/"?description"?: ?(["'`])(?!\1)/);
	});

	test('each text is used', () => {
		const sources = list(join(EXTENSION, 'src'))
			.filter(path => /\.(?:ts|html)$/.test(path))
			.map(path => readFileSync(join(EXTENSION, 'src', path), 'utf8'));
		const all = [...sources, JSON.stringify(manifest)].join('\n');
		const isWritten = (key: string) => new RegExp(`['"]${key}['"]|__MSG_${key}__`).test(all);
		const isProperty = (key: string) =>
			key.includes('_') &&
			new RegExp(`\\b${key.replace(/_./g, match => match.slice(1).toUpperCase())}\\b`).test(all);
		// `act_${reason}` says a whole family. `${of}_${state}` says no more than that both parts are written somewhere.
		const families = [...all.matchAll(/`(\w+_)\$\{[^`]*`|`\$\{[^`]*\}(_\w+)`/g)].map(
			([, start = '', end = '']) => new RegExp(`^${start}\\w+${end}$`),
		);
		const isSaid = (key: string) =>
			isWritten(key) ||
			isProperty(key) ||
			isWritten(key.replace(/_(?:one|other)$/, '')) ||
			families.some(family => family.test(key)) ||
			[...key.matchAll(/_/g)].some(
				({index}) => isWritten(key.slice(0, index)) && isWritten(key.slice(index + 1)),
			);
		const unused = names.flatMap(name =>
			Object.keys(area('en', name))
				.filter(key => !isSaid(key))
				.map(key => `${name}: ${key}`),
		);
		expect(unused).toEqual([]);
	});
});
