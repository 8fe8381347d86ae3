import {knowsConsents, type WantedPermissions, wantedPermissions} from '../../core/permissions.js';
import {isLoopback, permissionFor} from '../../core/server-address.js';

/** Whether the browser keeps consents for data. Learnt early: after a click there is no time to ask. */
let consents = false;

/** To be called when a page opens, before anybody can click. */
export async function learnConsents(): Promise<void> {
	consents = await knowsConsents().catch(() => false);
}

/** What the browser has to allow before a server at this address can be asked. */
export function wantedFor(address: string): WantedPermissions {
	return wantedPermissions(address, consents);
}

/**
 * Asks the browser's own question. A browser that does not want to ask has said no. To be called before anything is
 * awaited: browsers take only a click for a wish, and not what follows later.
 */
export async function ask(wanted: WantedPermissions): Promise<boolean> {
	return chrome.permissions.request(wanted).catch(() => false);
}

/** Gives back what was allowed for a server that is not used any more, as far as the new one does not need it. */
export async function giveBack(old: string, now: string): Promise<void> {
	// What this computer needs is part of the manifest and cannot be given back.
	if (isLoopback(old)) return;
	const {data_collection} = isLoopback(now) ? wantedFor(old) : {};
	const origins = permissionFor(old) === permissionFor(now) ? [] : [permissionFor(old)];
	if (origins.length === 0 && data_collection === undefined) return;
	const left: WantedPermissions = {origins, ...(data_collection ? {data_collection} : {})};
	await chrome.permissions.remove(left).catch(() => false);
}
