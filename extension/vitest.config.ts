import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';

export default defineConfig({
	// build.mjs gives the style sheets to the scripts as texts; Vite would take them out.
	plugins: [
		{
			name: 'style-sheets-as-texts',
			enforce: 'pre',
			resolveId(source, importer) {
				if (!source.endsWith('.css') || importer === undefined) return undefined;
				return `\0text:${fileURLToPath(new URL(source, `file://${importer}`))}.js`;
			},
			load(id) {
				if (!id.startsWith('\0text:')) return undefined;
				return `export default ${JSON.stringify(readFileSync(id.slice(6, -3), 'utf8'))}`;
			},
		},
	],
	// Tests outside this folder do not find its packages by themselves.
	resolve: {
		alias: {
			fflate: fileURLToPath(new URL('node_modules/fflate', import.meta.url)),
			'fake-indexeddb': fileURLToPath(new URL('node_modules/fake-indexeddb', import.meta.url)),
		},
	},
	// The tests live beside the other tests of the project, outside this folder; Vite has to be let out to them.
	server: {fs: {allow: [fileURLToPath(new URL('..', import.meta.url))]}},
	test: {
		environment: 'happy-dom',
		dir: fileURLToPath(new URL('../tests/extension', import.meta.url)),
		include: ['**/*.test.ts'],
		setupFiles: [fileURLToPath(new URL('../tests/extension/quiet.ts', import.meta.url))],
		globals: true,
		restoreMocks: true,
		unstubGlobals: true,
	},
});
