import {existsSync} from 'node:fs';
import {join} from 'node:path';
import {dressToolbar} from '../../../extension/src/background/toolbar.js';
import {DEFAULT_SETTINGS} from '../../../extension/src/core/settings.js';
import {installChrome} from '../fake-chrome.js';

const EXTENSION = join(import.meta.dirname, '../../../extension');

test.each([
	[false, 'en', 'Panah', '/icons/32.png'],
	[true, 'en', 'Reader', '/icons/plain-32.png'],
	[false, 'ur', 'پناہ', '/icons/32.png'],
] as const)('discreet: %s, in %s: called %s, with %s', async (discreet, language, title, icon) => {
	const {action} = installChrome();
	await dressToolbar({...DEFAULT_SETTINGS, discreet, language});
	expect(action.setTitle).toHaveBeenCalledWith({title});
	expect(action.setIcon.mock.calls[0]?.[0].path[32]).toBe(icon);
});

test('the discreet name in Urdu is neither the real one nor the English one', async () => {
	const {action} = installChrome();
	await dressToolbar({...DEFAULT_SETTINGS, discreet: true, language: 'ur'});
	expect(action.setTitle.mock.calls[0]?.[0].title).not.toMatch(/پناہ|[a-z]/i);
});

test.each([false, true])('the icons are there (discreet: %s)', async discreet => {
	const {action} = installChrome();
	await dressToolbar({...DEFAULT_SETTINGS, discreet});
	const paths = Object.values(action.setIcon.mock.calls[0]?.[0].path ?? {});
	expect(paths).toHaveLength(2);
	for (const path of paths) expect(existsSync(join(EXTENSION, path)), path).toBe(true);
});

test('a browser that cannot change them keeps what it has', async () => {
	const {action} = installChrome();
	Object.assign(action, {setIcon: undefined});
	action.setTitle.mockRejectedValue(new Error('no toolbar'));
	await expect(dressToolbar(DEFAULT_SETTINGS)).resolves.toBeUndefined();
});
