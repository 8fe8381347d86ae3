import {EXIT_URL} from '../../core/exit.js';
import type {PageReport, PageRequest} from '../../core/messages.js';

/** How long a page may take to leave by itself, in milliseconds. */
const PATIENCE = 400;

/** The tab that the reader looks at. */
export async function activeTab(): Promise<number | undefined> {
	const [tab] = await chrome.tabs.query({active: true, currentWindow: true});
	return tab?.id;
}

/** What is covered on the page of that tab; undefined where we do not work, or when the tab is gone. */
export async function readReport(tab: number): Promise<PageReport | undefined> {
	const answer = await tell<PageReport>(tab, {kind: 'page'});
	return Array.isArray(answer?.covered) ? answer : undefined;
}

/** Tells the page of that tab something. Undefined when nobody is there to hear it. */
export async function tell<Answer>(tab: number, request: PageRequest): Promise<Answer | undefined> {
	return chrome.tabs.sendMessage<PageRequest, Answer>(tab, request).catch(() => undefined);
}

/** Leads that tab to a page of no interest: by itself, without a way back, where our part of the page answers. */
export async function leaveTab(tab: number): Promise<void> {
	const left = chrome.tabs.sendMessage(tab, {kind: 'exit'} satisfies PageRequest).then(
		() => true,
		// A page that leaves breaks the line; only where nobody was there, nobody leaves.
		(fault: Error) => !/Receiving end|establish connection/i.test(fault.message),
	);
	const late = new Promise<boolean>(resolve => setTimeout(() => resolve(false), PATIENCE));
	if (!(await Promise.race([left, late]))) await chrome.tabs.update(tab, {url: EXIT_URL}).catch(() => {});
}
