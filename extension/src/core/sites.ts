/** The hosts of X, on which our content scripts run; the older ones lead to the first. */
export const SITE_HOSTS: ReadonlySet<string> = new Set(['x.com', 'twitter.com', 'mobile.twitter.com']);

/** What the browser must let us work on. */
export const SITE_ORIGINS = [...SITE_HOSTS].map(host => `https://${host}/*`);

/** Whether an address leads to X: what is kept becomes a link again, and it may come from a file. */
export function isOnX(url: string): boolean {
	return [...SITE_HOSTS].some(host => url.startsWith(`https://${host}/`));
}
