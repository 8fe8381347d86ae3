import {fileURLToPath} from 'node:url';
import {defineConfig} from 'vitest/config';

export default defineConfig({
	// The tests live beside the other tests of the project, outside this folder; Vite has to be let out to them.
	server: {fs: {allow: [fileURLToPath(new URL('..', import.meta.url))]}},
	test: {
		environment: 'happy-dom',
		dir: fileURLToPath(new URL('../tests/extension', import.meta.url)),
		include: ['**/*.test.ts'],
		globals: true,
		restoreMocks: true,
		unstubGlobals: true,
	},
});
