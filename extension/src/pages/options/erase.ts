import type {FeedbackMessage, Forgotten} from '../../background/feedback.js';
import {sayDay} from '../../contribute/parts.js';
import {DEFAULT_ADDRESS} from '../../core/server-address.js';
import {loadServer, type Server} from '../../core/settings.js';
import {loadReceipts, type Receipt} from '../../feedback/tellings.js';
import {find} from '../common/page.js';
import {giveBack} from '../common/permission.js';
import {askTwice} from '../common/twice.js';
import type {OptionsPage} from './texts.js';

/** The part of the page that deletes everything. `erased` runs afterwards. */
export function openErasing(page: () => OptionsPage, erased: () => Promise<void>): void {
	const button = find('erase', HTMLButtonElement);
	askTwice(button, {question: 'erase_question', yes: 'erase_yes'}, async () => {
		const note = find('erase-note', HTMLElement);
		const [server, told] = await Promise.all([loadServer(), loadReceipts()]);
		// What lies here goes first: whoever deletes may be in a hurry, and a server can be slow.
		const isAll = await eraseAll();
		const said = isAll ? 'erased' : 'erased_partly';
		note.textContent = page().say(said);
		const left = await forgetThere(server, told);
		await Promise.allSettled([giveBack(server.address, DEFAULT_ADDRESS)]);
		await erased();
		tellLeft(said, left);
	});

	function tellLeft(said: 'erased' | 'erased_partly', left: Receipt[]): void {
		const codes = find('erase-codes', HTMLTextAreaElement);
		codes.hidden = left.length === 0;
		codes.value = left.map(({server, receipt}) => `${server} ${receipt}`).join('\n');
		const {language, say} = page();
		const note = find('erase-note', HTMLElement);
		// The page may be in another language by now.
		note.textContent = say(said);
		if (left.length === 0) return;
		const last = left.reduce((latest, {keepUntil}) => (keepUntil > latest ? keepUntil : latest), '');
		note.textContent += ` ${say('erased_left', {date: sayDay(language, last)})}`;
	}
}

/** Has the server forget what it was told; returns what is left there, or at other servers. */
async function forgetThere(server: Server, told: Receipt[]): Promise<Receipt[]> {
	const receipts = told.filter(one => one.server === server.address).map(({receipt}) => receipt);
	if (receipts.length === 0) return told;
	const ask: FeedbackMessage = {kind: 'feedback', ask: {do: 'forget', server, receipts}};
	const answer = await chrome.runtime
		.sendMessage<FeedbackMessage, Forgotten | undefined>(ask)
		.catch(() => undefined);
	const left = answer?.left ?? receipts;
	return told.filter(one => one.server !== server.address || left.includes(one.receipt));
}

/** Deletes what this browser keeps for us, and whether all of it is gone. What fails does not keep the rest. */
async function eraseAll(): Promise<boolean> {
	const databases = await indexedDB.databases().catch(() => []);
	const {local, session, sync} = chrome.storage;
	const done = await Promise.allSettled([
		...databases.map(({name}) => (name === undefined ? undefined : deleteDatabase(name))),
		local.clear(),
		session.clear(),
		sync.clear(),
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
