import {hasWords, prepare} from '../core/text.js';
import {AVATAR_PREFIX, SELECTORS} from './selectors.js';

export interface Reply {
	/** X's status id: a text, since it exceeds what a number can hold. */
	id: string;
	/** In lower case. */
	handle: string;
	/** As the page shows it, emoji included and links as "URL"; without the post it quotes. */
	text: string;
	/** X shows only the beginning of the text. */
	partial: boolean;
}

export type SkipReason = 'promoted' | 'own' | 'protected' | 'no-words';
/** 'retry': not all of it is there yet. */
export type Extraction =
	| {state: 'ok'; reply: Reply}
	| {state: 'retry'}
	| {state: 'skip'; because: SkipReason};

/** Reads one post. `viewer` is the handle of who is signed in, in lower case. */
export function extract(article: Element, viewer: string | undefined): Extraction {
	const id = readId(article);
	if (id === undefined) {
		return isPlacement(article) ? {state: 'skip', because: 'promoted'} : {state: 'retry'};
	}
	const handle = readHandle(article);
	if (handle === undefined) return {state: 'retry'};
	if (handle === viewer) return {state: 'skip', because: 'own'};
	if (isProtected(article)) return {state: 'skip', because: 'protected'};
	const text = textElement(article);
	// A post without text is whole once its buttons are there: it holds pictures only.
	if (text === undefined && own(article, SELECTORS.actions) === undefined) return {state: 'retry'};
	const words = text === undefined ? '' : readText(text);
	if (!hasWords(prepare(words).text)) return {state: 'skip', because: 'no-words'};
	const partial = own(article, SELECTORS.showMore) !== undefined;
	return {state: 'ok', reply: {id, handle, text: words, partial}};
}

/** The status id, from the post's own link. */
export function readId(article: Element): string | undefined {
	for (const link of article.querySelectorAll<HTMLAnchorElement>(SELECTORS.permalink)) {
		if (link.querySelector(SELECTORS.time) === null || isQuoted(link, article)) continue;
		const id = /\/status\/(\d{1,20})(?:[/?#]|$)/.exec(link.getAttribute('href') ?? '')?.[1];
		if (id !== undefined) return id;
	}
	return undefined;
}

/** The author's handle in lower case. */
export function readHandle(article: Element): string | undefined {
	const author = own(article, SELECTORS.author);
	for (const link of author?.querySelectorAll(SELECTORS.profileLink) ?? []) {
		const handle = /^\/(\w{1,20})$/.exec(link.getAttribute('href') ?? '')?.[1];
		if (handle !== undefined) return handle.toLowerCase();
	}
	return avatarHandle(own(article, SELECTORS.avatar));
}

/** The element that holds the post's own text. */
export function textElement(article: Element): Element | undefined {
	return own(article, SELECTORS.text);
}

/** The text of the post that replies answer; undefined if it has none, or if only followers may read it. */
export function readContext(focal: Element): string | undefined {
	const text = textElement(focal);
	return text === undefined || isProtected(focal) ? undefined : readText(text);
}

/** The handle of who is signed in, in lower case; undefined where X shows none. */
export function readViewer(page: ParentNode): string | undefined {
	const profile = page.querySelector(SELECTORS.viewerProfile)?.getAttribute('href') ?? '';
	return (
		avatarHandle(page.querySelector(SELECTORS.viewerAvatar) ?? undefined) ??
		/^\/(\w{1,20})$/.exec(profile)?.[1]?.toLowerCase()
	);
}

function avatarHandle(avatar: Element | undefined): string | undefined {
	const handle = avatar?.getAttribute('data-testid')?.slice(AVATAR_PREFIX.length).toLowerCase();
	return handle === '' ? undefined : handle;
}

function isProtected(article: Element): boolean {
	const author = own(article, SELECTORS.author);
	return author?.querySelector(SELECTORS.lock) != null;
}

function isPlacement(article: Element): boolean {
	return article.closest(SELECTORS.placement) !== null || article.querySelector(SELECTORS.placement) !== null;
}

/** The first match that belongs to the post itself and not to the post it quotes. */
function own(article: Element, selector: string): Element | undefined {
	return [...article.querySelectorAll(selector)].find(element => !isQuoted(element, article));
}

function isQuoted(element: Element, article: Element): boolean {
	const nested = element.closest(SELECTORS.nestedPost);
	if (nested !== article) return true;
	for (let quote = element.closest(SELECTORS.quote); quote && article.contains(quote); ) {
		if (quote !== element && quote.querySelector(SELECTORS.author) !== null) return true;
		quote = quote.parentElement?.closest(SELECTORS.quote) ?? null;
	}
	return false;
}

/** The text as read by eye: emoji by their alt text, and "URL" where X shows a shortened link. */
function readText(node: Node): string {
	if (node.nodeType === Node.TEXT_NODE) return node.nodeValue ?? '';
	if (!(node instanceof Element)) return '';
	if (node.tagName === 'IMG') return node.getAttribute('alt') ?? '';
	if (node.tagName === 'BR') return '\n';
	// Mentions and hashtags lead to X itself; all else is somebody's link.
	if (node.tagName === 'A' && /^https?:/.test(node.getAttribute('href') ?? '')) return ' URL ';
	return Array.from(node.childNodes, readText).join('');
}
