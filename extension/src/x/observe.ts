import {type Route, readRoute} from './route.js';
import {SELECTORS} from './selectors.js';

/** X changes pages without telling, so the address is also compared this often, in milliseconds. */
const POLL = 500;
/** The names of our own elements, whose coming and going needs no look. */
const OURS = 'panah-line, panah-flag, panah-chooser';

export interface PageListener {
	onRoute(route: Route): void;
	/** Something may have changed on the page: in these posts, or without them anywhere. */
	onChange(touched?: ReadonlySet<Element>): void;
	onTheme(): void;
}

/** Watches X's page until the signal aborts. Tells the route first, and works only while the tab is seen. */
export function observe(listener: PageListener, signal: AbortSignal): void {
	let href = '';
	let frame = 0;
	let touched = new Set<Element>();

	function checkRoute(): void {
		if (location.href === href) return;
		href = location.href;
		listener.onRoute(readRoute(href));
	}

	function check(): void {
		if (document.hidden) return;
		checkRoute();
		listener.onChange();
	}

	const changes = new MutationObserver(records => {
		if (document.hidden) return;
		checkRoute();
		if (records.every(isOurs)) return;
		// Posts are covered before they are painted, and before X measures them. All else can wait for the frame.
		for (const record of records) for (const post of postsIn(record)) touched.add(post);
		if (records.some(addsPost)) tell();
		else frame ||= requestAnimationFrame(tell);
	});

	function tell(): void {
		cancelAnimationFrame(frame);
		frame = 0;
		const posts = touched;
		touched = new Set();
		if (!document.hidden) listener.onChange(posts);
	}

	changes.observe(document, {childList: true, subtree: true});

	// X switches between light and dark by the style of the body, which is not there yet at the very beginning.
	const colours = new MutationObserver(() => listener.onTheme());
	let watched: HTMLElement | null = null;
	const poll = setInterval(() => {
		if (document.body !== watched) {
			watched = document.body;
			colours.disconnect();
			colours.observe(watched, {attributes: true, attributeFilter: ['style', 'class']});
		}
		check();
	}, POLL);

	addEventListener('popstate', check, {signal});
	document.addEventListener('visibilitychange', check, {signal});
	signal.addEventListener('abort', () => {
		changes.disconnect();
		colours.disconnect();
		clearInterval(poll);
		cancelAnimationFrame(frame);
	});
	check();
}

/** Whether a post came, or an element that had stood for one got another author: X uses elements again. */
function addsPost({addedNodes}: MutationRecord): boolean {
	return [...addedNodes].some(
		node =>
			node instanceof Element &&
			(node.matches(SELECTORS.author) || node.querySelector(SELECTORS.author) !== null),
	);
}

/** The posts that a change lies in, or brings. */
function* postsIn({target, addedNodes}: MutationRecord): Generator<Element> {
	const around = target instanceof Element ? target.closest(SELECTORS.post) : null;
	if (around !== null) yield around;
	for (const node of addedNodes) {
		if (!(node instanceof Element)) continue;
		if (node.matches(SELECTORS.post)) yield node;
		yield* node.querySelectorAll(SELECTORS.post);
	}
}

function isOurs({addedNodes, removedNodes}: MutationRecord): boolean {
	return [...addedNodes, ...removedNodes].every(node => node instanceof Element && node.matches(OURS));
}
