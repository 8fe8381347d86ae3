import {DEFAULT_ADDRESS} from '../../core/server-address.js';
import {loadServer} from '../../core/settings.js';
import {find} from '../common/page.js';
import {giveBack} from '../common/permission.js';
import {askTwice} from '../common/twice.js';
import type {OptionsPage} from './texts.js';

/** The part of the page that deletes everything. `erased` runs afterwards. */
export function openErasing(page: () => OptionsPage, erased: () => Promise<void>): void {
	const button = find('erase', HTMLButtonElement);
	askTwice(button, {question: 'erase_question', yes: 'erase_yes'}, async () => {
		const isAll = await eraseAll();
		await erased();
		find('erase-note', HTMLElement).textContent = page().say(isAll ? 'erased' : 'erased_partly');
	});
}

/** Deletes what this browser keeps for us, and whether all of it is gone. What fails does not keep the rest. */
async function eraseAll(): Promise<boolean> {
	const {address} = await loadServer();
	const databases = await indexedDB.databases().catch(() => []);
	const {local, session, sync} = chrome.storage;
	const done = await Promise.allSettled([
		...databases.map(({name}) => (name === undefined ? undefined : deleteDatabase(name))),
		local.clear(),
		session.clear(),
		sync.clear(),
		giveBack(address, DEFAULT_ADDRESS),
	]);
	return done.every(({status}) => status === 'fulfilled');
}

function deleteDatabase(name: string): Promise<void> {
	return new Promise((resolve, reject) => {
		const request = indexedDB.deleteDatabase(name);
		request.onsuccess = () => resolve();
		request.onerror = () => reject(request.error);
		// Another page of ours holds it open; it is deleted once that page is closed.
		request.onblocked = () => reject(new Error('The database is in use.'));
	});
}
