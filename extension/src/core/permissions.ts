import {isLoopback, permissionFor} from './server-address.js';

/** The consent that Firefox asks for before texts of pages leave the computer. */
const TEXTS = 'websiteContent';

/** What a page passes to `chrome.permissions.request`. Firefox from 140 on knows consents for data, Chrome none. */
export interface WantedPermissions extends chrome.permissions.Permissions {
	data_collection?: string[];
}

/** Whether the browser lets us send texts to the server. People can take either permission back at any time. */
export async function mayReach(address: string): Promise<boolean> {
	if (!(await chrome.permissions.contains({origins: [permissionFor(address)]}))) return false;
	if (isLoopback(address)) return true;
	const consents = await readConsents();
	return consents?.includes(TEXTS) ?? true;
}

/** Whether the browser keeps consents for data. To be known before a click: see wantedPermissions. */
export async function knowsConsents(): Promise<boolean> {
	return (await readConsents()) !== undefined;
}

/**
 * What the browser has to allow before a server is asked. Not async: browsers take only a click for a wish, and not
 * what follows later. `consents`: what knowsConsents() said; a browser that does not know the key refuses it.
 */
export function wantedPermissions(address: string, consents: boolean): WantedPermissions {
	const origins = [permissionFor(address)];
	return consents && !isLoopback(address) ? {origins, data_collection: [TEXTS]} : {origins};
}

async function readConsents(): Promise<unknown[] | undefined> {
	const {data_collection: consents} = (await chrome.permissions.getAll()) as {data_collection?: unknown};
	return Array.isArray(consents) ? consents : undefined;
}
