export const DEFAULT_ADDRESS = 'http://127.0.0.1:8000';

// As a URL writes it: other letters than ours are in punycode already.
const HOST = /^(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])$/;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export type AddressProblem = 'unreadable' | 'needs-https';
export type ParsedAddress = {ok: true; address: string} | {ok: false; problem: AddressProblem};

/** The address in the one form we keep: no query, no closing slash. Plain http only to 127.0.0.1. */
export function parseAddress(typed: string): ParsedAddress {
	const text = typed.trim();
	const bare = text.replace(/^\w+:\/\//, '');
	// Some browsers escape what cannot stand in a host name, and go on.
	if (/^[^/?#\\]*[\s%]/.test(bare)) return {ok: false, problem: 'unreadable'};
	const near = /^(?:127\.0\.0\.1|localhost)(?=[:/]|$)/i.test(bare);
	const url = readUrl(text.includes('://') ? text : `${near ? 'http' : 'https'}://${text}`);
	if (url === undefined || url.username !== '' || url.password !== '' || !HOST.test(url.hostname)) {
		return {ok: false, problem: 'unreadable'};
	}
	// One host permission covers every port of 127.0.0.1 in both browsers; "localhost" would need a second one.
	if (url.protocol === 'http:' && url.hostname === 'localhost') url.hostname = '127.0.0.1';
	if (url.protocol === 'http:' && url.hostname !== '127.0.0.1') return {ok: false, problem: 'needs-https'};
	if (url.protocol !== 'http:' && url.protocol !== 'https:') return {ok: false, problem: 'unreadable'};
	return {ok: true, address: url.origin + url.pathname.replace(/\/+$/, '')};
}

/** Whether texts sent there stay on this computer. */
export function isLoopback(address: string): boolean {
	return LOOPBACK.has(new URL(address).hostname);
}

/** The host permission a fetch to this address needs. Without the port: Firefox grants nothing for one with it. */
export function permissionFor(address: string): string {
	const {protocol, hostname} = new URL(address);
	return `${protocol}//${hostname}/*`;
}

function readUrl(text: string): URL | undefined {
	try {
		return new URL(text);
	} catch {
		return undefined;
	}
}
