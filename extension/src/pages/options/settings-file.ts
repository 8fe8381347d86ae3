import {parseAddress} from '../../core/server-address.js';
import {parseSettings, type Settings} from '../../core/settings.js';
import {download} from '../common/download.js';
import {keep} from '../common/keep.js';
import {find} from '../common/page.js';
import type {ServerForm} from './server-form.js';
import type {OptionsPage} from './texts.js';

/** What a file of settings begins with. Says nothing about whose settings they are. */
const KIND = 'reader-settings';
/** In bytes; ours have less than one thousand. */
const LARGEST = 100_000;

/** The part of the page that writes settings to a file and takes them from one. */
export function openSettingsFile(
	page: () => OptionsPage,
	server: Pick<ServerForm, 'address' | 'suggest'>,
): void {
	const picker = find('file', HTMLInputElement);
	const note = find('file-note', HTMLElement);
	find('export', HTMLButtonElement).addEventListener('click', () => {
		const {settings} = page();
		const blob = new Blob([writeFile(settings, server.address())], {type: 'application/json'});
		download({name: 'settings.json', blob});
	});
	find('import', HTMLButtonElement).addEventListener('click', () => picker.click());
	picker.addEventListener('change', async () => {
		const [file] = picker.files ?? [];
		if (file === undefined) return;
		const read = file.size > LARGEST ? undefined : readFile(await file.text().catch(() => ''));
		// The same file can be chosen again.
		picker.value = '';
		if (read === undefined) {
			note.textContent = page().say('file_unreadable');
			return;
		}
		if (!(await keep(page(), note, () => page().change(read.settings)))) return;
		const isOther = read.address !== undefined && read.address !== server.address();
		// A file is no reason to send words to a server: somebody has to say so, and the browser asks them.
		if (isOther) server.suggest(read.address ?? '');
		note.textContent = page().say(isOther ? 'file_taken_address' : 'file_taken');
	});
}

/** The settings as the text of a file: no token, no consent, no accounts. */
export function writeFile(settings: Settings, address: string): string {
	return `${JSON.stringify({kind: KIND, settings, address}, null, '\t')}\n`;
}

/** What such a file says; undefined if it is none. What it does not name is as at the beginning. */
export function readFile(text: string): {settings: Settings; address?: string} | undefined {
	let found: {kind?: unknown; settings?: unknown; address?: unknown} | null;
	try {
		found = JSON.parse(text);
	} catch {
		return undefined;
	}
	if (found?.kind !== KIND || typeof found.settings !== 'object') return undefined;
	const settings = parseSettings(found.settings);
	const parsed = typeof found.address === 'string' ? parseAddress(found.address) : undefined;
	return parsed?.ok ? {settings, address: parsed.address} : {settings};
}
