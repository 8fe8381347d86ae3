// `node build.mjs [folder]` builds dist/, which both browsers load as it is, and for the stores and for the service's
// page panah-<version>-chrome.zip and -firefox.zip, the same bytes on every computer. Without a folder they lie here.
import {cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {join, relative, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';
import {zipSync} from 'fflate';
import {checkLocales, checkPage} from './locales.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const out = resolve(process.argv[2] ?? here);
const dist = join(out, 'dist');
const LANGUAGES = ['en', 'ur'];
const TARGET = ['chrome123', 'firefox128'];

// The one place of the version: `panah version` and the service's pages tell the same.
const [, version] =
	/^__version__ = "([\d.]+)"$/m.exec(await readFile(join(here, '../server/panah/__init__.py'), 'utf8')) ?? [];
if (version === undefined) throw new Error('server/panah/__init__.py tells no version.');

const areas = await readAreas();
complain(Object.entries(areas).flatMap(([area, texts]) => name(`_locales/${area}`, checkLocales(texts))));
const pages = (await readdir(join(here, 'src/pages'))).filter(page => page !== 'common');

await rm(dist, {recursive: true, force: true});
await mkdir(dist, {recursive: true});
/** @satisfies {import('esbuild').BuildOptions} */
const shared = {
	absWorkingDir: here,
	outdir: dist,
	bundle: true,
	target: TARGET,
	charset: 'utf8',
	loader: {'.css': 'text'},
	plugins: [{name: 'texts-without-notes', setup: dropNotes}],
};
// Left readable: whoever wants to know what this code does with a page shall be able to.
await build({
	...shared,
	entryPoints: {background: 'src/background/main.ts', tap: 'src/tap/main.ts'},
	format: 'iife',
});
// What several pages have in common lies in shared/, once. Each file names the sources that it is made of.
const {metafile} = await build({
	...shared,
	entryPoints: Object.fromEntries(pages.map(page => [page, `src/pages/${page}/${page}.ts`])),
	format: 'esm',
	splitting: true,
	chunkNames: 'shared/[hash]',
	metafile: true,
});
// What every page of X has to load is made small. The same bytes come from the same source, so it can be checked.
await build({
	...shared,
	entryPoints: {content: 'src/content/main.ts'},
	format: 'iife',
	minify: true,
	lineLimit: 400,
	plugins: [...shared.plugins, {name: 'small-styles', setup: shrinkStyles}],
});

/** @type {Array<[from: string, to: string]>} */
const copies = [
	['icons', 'icons'],
	['src/present/content.css', 'content.css'],
	['src/pages/common/page.css', 'page.css'],
];
for (const language of LANGUAGES) {
	const file = `_locales/${language}/messages.json`;
	copies.push([file, file]);
}
for (const page of pages) {
	const folder = `src/pages/${page}`;
	for (const file of await readdir(join(here, folder))) {
		if (!/\.(?:html|css)$/.test(file)) continue;
		copies.push([`${folder}/${file}`, file]);
		// The compiler looks at what scripts say; what the markup says is looked at here.
		const markup = await readFile(join(here, folder, file), 'utf8');
		complain(name(`${folder}/${file}`, checkPage(markup, findTexts(`${folder}/${page}.ts`))));
	}
}
for (const [from, to] of copies) await cp(join(here, from), join(dist, to), {recursive: true});

// One manifest serves both browsers. What goes out leaves out what only the other one reads.
const manifest = {...JSON.parse(await readFile(join(here, 'manifest.json'), 'utf8')), version};
const {background, browser_specific_settings, minimum_chrome_version, ...both} = manifest;
const {service_worker, scripts, type} = background;
const files = await readFiles(dist);
await writeFile(join(dist, 'manifest.json'), asJson(manifest));
for (const [browser, own] of Object.entries({
	chrome: {...both, minimum_chrome_version, background: {service_worker, type}},
	firefox: {...both, browser_specific_settings, background: {scripts, type}},
})) {
	const content = {'manifest.json': Buffer.from(asJson(own)), ...files};
	// Zip keeps local time without a zone, so this local time is the same everywhere.
	const packed = zipSync(content, {level: 9, mtime: new Date(1980, 0, 1)});
	await writeFile(join(out, `panah-${version}-${browser}.zip`), packed);
}

/** The texts by the name of their file, then by language. A file that one language lacks is empty there. */
async function readAreas() {
	/** @type {Record<string, Record<string, import('./locales.mjs').Messages>>} */
	const found = {};
	for (const language of LANGUAGES) {
		for (const area of await readdir(join(here, '_locales', language))) {
			found[area] ??= Object.fromEntries(LANGUAGES.map(one => [one, {}]));
			found[area][language] = JSON.parse(await readFile(join(here, '_locales', language, area), 'utf8'));
		}
	}
	return found;
}

/** The keys of all texts that the script built from this source says, or what it shares. @param {string} source */
function findTexts(source) {
	const [built] = Object.entries(metafile.outputs).find(([, {entryPoint}]) => entryPoint === source) ?? [];
	const loaded = new Set(built === undefined ? [] : [built]);
	// A set goes on with what is added to it meanwhile.
	for (const file of loaded) for (const {path} of metafile.outputs[file]?.imports ?? []) loaded.add(path);
	const inputs = [...loaded].flatMap(file => Object.keys(metafile.outputs[file]?.inputs ?? {}));
	const paths = inputs.map(path => /^_locales\/en\/(.+)$/.exec(path)?.[1] ?? '');
	return new Set(paths.flatMap(area => Object.keys(areas[area]?.en ?? {})));
}

/** Notes to translators stay in the source. @param {import('esbuild').PluginBuild} builder */
function dropNotes(builder) {
	builder.onLoad({filter: /[\\/]_locales[\\/]/}, async ({path}) => {
		const texts = Object.entries(JSON.parse(await readFile(path, 'utf8')));
		const bare = texts.map(([key, {message}]) => `${JSON.stringify(key)}: ${JSON.stringify({message})}`);
		// One on a line, and so they stay.
		return {contents: `{\n${bare.join(',\n')}\n}`, loader: 'json'};
	});
}

/** Styles that a script holds as a text, without spaces and comments. @param {import('esbuild').PluginBuild} builder */
function shrinkStyles(builder) {
	builder.onLoad({filter: /\.css$/}, async ({path}) => {
		const {code} = await transform(await readFile(path, 'utf8'), {
			loader: 'css',
			minify: true,
			target: TARGET,
		});
		return {contents: code.trimEnd(), loader: 'text'};
	});
}

/** All files below a folder, by path, in the order of their paths. @param {string} folder */
async function readFiles(folder) {
	const entries = await readdir(folder, {recursive: true, withFileTypes: true});
	const full = entries.filter(entry => entry.isFile()).map(({parentPath, name}) => join(parentPath, name));
	/** @type {Record<string, Uint8Array>} */
	const found = {};
	for (const path of full.sort()) found[relative(folder, path).replaceAll('\\', '/')] = await readFile(path);
	return found;
}

/** @param {unknown} content */
function asJson(content) {
	return `${JSON.stringify(content, null, '\t')}\n`;
}

/**
 * @param {string} file
 * @param {string[]} problems
 */
function name(file, problems) {
	return problems.map(problem => `${file}: ${problem}`);
}

/** Ends the build when something is wrong. @param {string[]} problems */
function complain(problems) {
	if (problems.length > 0) throw new Error(problems.join('\n'));
}
