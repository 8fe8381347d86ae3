import {SITE_HOSTS} from '../core/sites.js';

/** A page that lists posts of many conversations. */
export type Surface = 'quotes' | 'notifications' | 'search' | 'home' | 'list' | 'profile';

/** A page of X as far as it concerns us. 'overlay': something lies over the page before, which stays as it is. */
export type Route =
	| {kind: 'conversation'; focalId: string}
	| {
			kind: 'feed';
			surface: Surface;
			/** Another key is another page. */
			key: string;
	  }
	| {kind: 'overlay'}
	| {kind: 'none'};

/** What the browser must let us work on; the older hosts lead here. */
export const SITE_PERMISSION = 'https://x.com/*';

const NONE: Route = {kind: 'none'};

// Ids stay texts: they exceed 2^53. The photo viewer keeps the conversation below or beside it. The history of an
// edited post is none: the older versions in it are the focal post too, and would be taken for its answers.
const CONVERSATION =
	/^\/(?:i(?:\/web)?|\w{1,20})\/status\/(\d{1,20})(?:\/(?:photo|video)\/\d{1,3}|\/mediaviewer)?$/i;
const QUOTES = /^\/(?:i(?:\/web)?|\w{1,20})\/status\/(\d{1,20})\/(?:quotes|retweets\/with_comments)$/;
const OVERLAY = /^\/(?:compose|intent|i\/(?:flow|keyboard_shortcuts|display))(?:\/|$)/;
const NOTIFICATIONS = /^\/notifications(?:\/(?:mentions|verified))?$/;
const LIST = /^\/i\/(?:lists|communities)\/\d{1,20}$/;
const HASHTAG = /^\/hashtag\/[^/]+$/;
const PROFILE = /^\/\w{1,20}(?:\/(?:with_replies|highlights|articles))?$/;
/** A picture of the profile, shown over it. */
const PROFILE_PICTURE = /^\/\w{1,20}\/(?:photo|header_photo)$/;

/** What the address of a search says about which posts it lists; other parameters say where a link was found. */
const SEARCH_PARAMETERS = ['q', 'f', 'pf', 'lf'];

/** First parts of paths that are no handles. Only sure ones: a post of an account named so would not be found. */
const RESERVED = new Set(
	`about account bookmarks compose connect_people download explore follower_requests hashtag home i intent jobs login
	logout messages notifications oauth personalization privacy search settings share signup tos
	who_to_follow`.split(/\s+/),
);

export function readRoute(href: string): Route {
	const {hostname, pathname, searchParams} = new URL(href);
	if (!SITE_HOSTS.has(hostname)) return NONE;
	const path = pathname.replace(/\/+$/, '');
	if (OVERLAY.test(path)) return {kind: 'overlay'};

	const first = (path.split('/')[1] ?? '').toLowerCase();
	const shownId = CONVERSATION.exec(path)?.[1];
	const quotedId = QUOTES.exec(path)?.[1];
	const isHandle = !RESERVED.has(first);
	if (isHandle || first === 'i') {
		if (shownId !== undefined)
			return {kind: 'conversation', focalId: readViewerId(path, searchParams) ?? shownId};
		if (quotedId !== undefined) return feed('quotes', `/status/${quotedId}/quotes`);
	}
	if (path === '/home') return feed('home', path);
	if (NOTIFICATIONS.test(path)) return feed('notifications', path);
	if (path === '/search' || HASHTAG.test(path)) return feed('search', path + readSearch(searchParams));
	if (LIST.test(path)) return feed('list', path);
	if (!isHandle) return NONE;
	if (PROFILE_PICTURE.test(path)) return {kind: 'overlay'};
	return PROFILE.test(path) ? feed('profile', path.toLowerCase()) : NONE;
}

function feed(surface: Surface, key: string): Route {
	return {kind: 'feed', surface, key};
}

/** The media viewer goes on to other posts and says which in a parameter, while the path stays. */
function readViewerId(path: string, parameters: URLSearchParams): string | undefined {
	if (!/\/mediaviewer$/i.test(path)) return undefined;
	const id = parameters.get('currentTweet') ?? '';
	return /^\d{1,20}$/.test(id) ? id : undefined;
}

function readSearch(parameters: URLSearchParams): string {
	const kept = new URLSearchParams();
	for (const name of SEARCH_PARAMETERS) {
		const value = parameters.get(name);
		if (value) kept.set(name, value);
	}
	return kept.size === 0 ? '' : `?${kept}`;
}
