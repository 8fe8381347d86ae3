import {SITE_HOSTS} from '../core/sites.js';

/** Whether a message comes from this extension, and not from another one. */
export function isOurs(sender: chrome.runtime.MessageSender): boolean {
	return sender.id === chrome.runtime.id;
}

/** Whether it comes from one of our own pages. */
export function isOwnPage(sender: chrome.runtime.MessageSender): boolean {
	return isOurs(sender) && (sender.url?.startsWith(chrome.runtime.getURL('')) ?? false);
}

/** Whether it comes from our script in a page of X. */
export function isSitePage(sender: chrome.runtime.MessageSender): boolean {
	const from = sender.url ?? sender.origin ?? '';
	if (!isOurs(sender) || !URL.canParse(from)) return false;
	const {protocol, hostname} = new URL(from);
	return protocol === 'https:' && SITE_HOSTS.has(hostname);
}
