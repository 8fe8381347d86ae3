// `node lint.mjs [dist or zip]` looks at the built extension as Mozilla's store does. Silent when all is well.
// @ts-expect-error It has no types.
import linter from 'addons-linter';

/** @typedef {{code: string, file?: string, message: string}} Finding */

/** What it warns of by code, and why that is well. Everything else it finds is a fault. */
const KNOWN = {
	BACKGROUND_SERVICE_WORKER_IGNORED: 'dist/ serves both browsers; the zip for Firefox names scripts alone.',
	KEY_FIREFOX_UNSUPPORTED_BY_MIN_VERSION:
		'Firefox before 140 passes over data_collection_permissions; what it is about waits for a click on our pages there too.',
	KEY_FIREFOX_ANDROID_UNSUPPORTED_BY_MIN_VERSION: 'The same for Firefox for Android before 142.',
};

const path = process.argv[2] ?? 'dist';
/** @type {Record<'errors' | 'warnings' | 'notices', Finding[]>} */
const {errors, warnings, notices} = await linter
	.createInstance({config: {_: [path], logLevel: 'fatal', output: 'none'}, runAsBinary: false})
	.run();
const faults = [...errors, ...notices, ...warnings.filter(({code}) => !(code in KNOWN))];
if (faults.length > 0) {
	throw new Error(faults.map(({code, file, message}) => `${file}: ${code}: ${message}`).join('\n'));
}
