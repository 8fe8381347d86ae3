// `node build.mjs [folder]` builds dist/, which a browser loads as it is, and panah-<version>.zip, the same bytes on
// every computer. Without a folder they come to lie here.
import {cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {zipSync} from 'fflate';
import {checkLocales} from './locales.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = process.argv[2] ?? here;
const dist = join(out, 'dist');

const manifest = JSON.parse(await readFile(join(here, 'manifest.json'), 'utf8'));
const {version} = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
if (manifest.version !== version) throw new Error('manifest.json and package.json tell different versions.');
const locales = await readLocales();
const problems = checkLocales(locales);
if (problems.length > 0) throw new Error(`_locales: ${problems.join(' ')}`);

await rm(dist, {recursive: true, force: true});
await mkdir(dist, {recursive: true});
await build({
	absWorkingDir: here,
	entryPoints: {
		background: 'src/background/main.ts',
		content: 'src/content/main.ts',
		popup: 'src/pages/popup/popup.ts',
	},
	outdir: dist,
	bundle: true,
	format: 'iife',
	target: ['chrome123', 'firefox128'],
	charset: 'utf8',
	// Left readable: whoever wants to know what this code does with a page shall be able to.
	minify: false,
	loader: {'.css': 'text'},
});
/** @type {Array<[from: string, to: string]>} */
const copies = [
	['manifest.json', 'manifest.json'],
	['_locales', '_locales'],
	['icons', 'icons'],
	['src/present/content.css', 'content.css'],
	['src/pages/popup/popup.html', 'popup.html'],
	['src/pages/popup/popup.css', 'popup.css'],
];
for (const [from, to] of copies) await cp(join(here, from), join(dist, to), {recursive: true});
await writeFile(join(out, `panah-${version}.zip`), await zip());

async function readLocales() {
	/** @type {Record<string, import('./locales.mjs').Messages>} */
	const found = {};
	for (const name of await readdir(join(here, '_locales'))) {
		found[name] = JSON.parse(await readFile(join(here, '_locales', name, 'messages.json'), 'utf8'));
	}
	return found;
}

/** The same bytes for the same files: sorted by name, at one time, with one compressor. */
async function zip() {
	const entries = await readdir(dist, {recursive: true, withFileTypes: true});
	const paths = entries
		.filter(entry => entry.isFile())
		.map(entry =>
			join(entry.parentPath, entry.name)
				.slice(dist.length + 1)
				.replaceAll('\\', '/'),
		)
		.sort();
	/** @type {Record<string, Uint8Array>} */
	const files = {};
	for (const path of paths) files[path] = await readFile(join(dist, path));
	// Zip keeps local time without a zone, so this local time is the same everywhere.
	return zipSync(files, {level: 9, mtime: new Date(1980, 0, 1)});
}
