import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {unzipSync} from 'fflate';
import en from '../../extension/_locales/en/messages.json';
import ur from '../../extension/_locales/ur/messages.json';
import {checkLocales} from '../../extension/locales.mjs';
import manifest from '../../extension/manifest.json';
import {version} from '../../extension/package.json';

const EXTENSION = join(import.meta.dirname, '../../extension');

function build(zone: string): {folder: string; zip: Buffer} {
	const folder = mkdtempSync(join(tmpdir(), 'panah-build-'));
	execFileSync(process.execPath, [join(EXTENSION, 'build.mjs'), folder], {env: {...process.env, TZ: zone}});
	return {folder, zip: readFileSync(join(folder, `panah-${version}.zip`))};
}

describe('the build', () => {
	const first = build('UTC');
	const second = build('Asia/Karachi');

	afterAll(() => {
		for (const {folder} of [first, second]) rmSync(folder, {recursive: true});
	});

	test('gives the same bytes in every time zone', () => {
		expect(first.zip.equals(second.zip)).toBe(true);
	});

	test('the zip holds exactly the folder', () => {
		const dist = join(first.folder, 'dist');
		const files = unzipSync(first.zip);
		const paths = readdirSync(dist, {recursive: true, withFileTypes: true})
			.filter(entry => entry.isFile())
			.map(entry => join(entry.parentPath, entry.name).slice(dist.length + 1));
		expect(Object.keys(files)).toEqual(paths.sort());
		for (const path of paths)
			expect(readFileSync(join(dist, path)).equals(files[path] ?? Buffer.of())).toBe(true);
	});

	test('all that the manifest and the pages name is there', () => {
		const {background, content_scripts, icons, action} = manifest;
		const page = readFileSync(join(first.folder, 'dist', action.default_popup), 'utf8');
		const named = [
			background.service_worker,
			...content_scripts.flatMap(({js, css}) => [...js, ...css]),
			...Object.values(icons),
			...Object.values(action.default_icon),
			...[...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? ''),
		];
		for (const path of named) expect(existsSync(join(first.folder, 'dist', path)), path).toBe(true);
	});

	test('the scripts are readable, run no texts as code and write no texts as markup', () => {
		for (const name of ['background.js', 'content.js', 'popup.js']) {
			const script = readFileSync(join(first.folder, 'dist', name), 'utf8');
			expect(script.split('\n').length).toBeGreaterThan(300);
			expect(script).not.toMatch(
				/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
			);
			expect(script).not.toMatch(/console\.|localhost:|XMLHttpRequest|sendBeacon|WebSocket/);
		}
	});

	test('only the worker uses the network', () => {
		for (const name of ['content.js', 'popup.js']) {
			expect(readFileSync(join(first.folder, 'dist', name), 'utf8')).not.toMatch(/\bfetch\(/);
		}
	});
});

test('the extension asks for no more than it needs', () => {
	expect(manifest.permissions).toEqual(['storage', 'alarms']);
	expect(manifest.host_permissions).toEqual(['http://127.0.0.1/*']);
	expect(manifest.optional_host_permissions).toEqual(['https://*/*']);
	expect(manifest.content_scripts).toHaveLength(1);
	expect(manifest.content_scripts[0]?.matches).toEqual([
		'https://x.com/*',
		'https://twitter.com/*',
		'https://mobile.twitter.com/*',
	]);
	expect(manifest.browser_specific_settings.gecko.data_collection_permissions).toEqual({
		required: ['none'],
		optional: ['websiteContent'],
	});
	expect(manifest.version).toBe(version);
});

test('what stores show fits into their fields', () => {
	for (const {name, description} of [en, ur]) {
		expect(name.message.length).toBeLessThanOrEqual(45);
		expect(description.message.length).toBeLessThanOrEqual(132);
	}
});

describe('the languages', () => {
	const message = (text: string) => ({message: text});

	test('say the same things', () => {
		expect(checkLocales({en, ur})).toEqual([]);
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
	])('%s is found', (_, locales, problem) => {
		expect(checkLocales(locales)).toEqual([problem]);
	});

	test('each text is used, and each used text is there', () => {
		const sources = readdirSync(join(EXTENSION, 'src'), {recursive: true, encoding: 'utf8'})
			.filter(path => /\.(?:ts|html)$/.test(path))
			.map(path => readFileSync(join(EXTENSION, 'src', path), 'utf8'));
		const all = [...sources, JSON.stringify(manifest)].join('\n');
		const families = /^(?:act|meaning|status|sensitivity|presentation)_/;
		for (const key of Object.keys(en)) {
			if (!families.test(key)) expect(all, key).toMatch(new RegExp(`['"]${key}['"]|__MSG_${key}__`));
		}
	});
});
