/** A page of X as far as it concerns us. 'overlay': something lies over the page before, which stays as it is. */
export type Route = {kind: 'conversation'; focalId: string} | {kind: 'overlay'} | {kind: 'other'};

/** What the browser must let us work on; the older hosts lead here. */
export const SITE_PERMISSION = 'https://x.com/*';

const HOSTS = new Set(['x.com', 'twitter.com', 'mobile.twitter.com']);
// The photo viewer keeps the conversation below or beside it. Ids stay texts: they exceed 2^53.
const CONVERSATION = /^\/(?:i\/web|\w{1,20})\/status\/(\d{1,20})(?:\/(?:photo|video)\/\d+)?\/?$/;
const OVERLAY = /^\/(?:compose|intent|i\/(?:flow|keyboard_shortcuts|display))(?:\/|$)/;

export function readRoute(href: string): Route {
	const {hostname, pathname} = new URL(href);
	if (!HOSTS.has(hostname)) return {kind: 'other'};
	const focalId = CONVERSATION.exec(pathname)?.[1];
	if (focalId !== undefined) return {kind: 'conversation', focalId};
	return {kind: OVERLAY.test(pathname) ? 'overlay' : 'other'};
}
