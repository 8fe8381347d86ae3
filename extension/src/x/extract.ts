import {hasWords, prepare} from '../core/text.js';
import {AVATAR_PREFIX, SELECTORS} from './selectors.js';

export interface Post {
	/** X's status id: a text, since it exceeds what a number can hold. */
	id: string;
	/** In lower case. */
	handle: string;
	/** As X writes it. */
	writtenHandle: string;
	/** The display name as read by eye, emoji included; '' where it cannot be read. */
	name: string;
	/** ISO 8601. */
	postedAt: string | undefined;
	/** The author's numeric id, which X seldom shows; a text. */
	accountId: string | undefined;
	/** Whether the viewer follows the author, where X shows it. */
	follows: boolean | undefined;
	/** The post's own words, emoji included and links as "URL"; '' where only the quote has words. */
	text: string;
	/** The same with links as they stand there, for keeping. */
	shown: string;
	/** X shows only the beginning of the text. */
	partial: boolean;
	/** The text is X's or the browser's translation of what was written. */
	translated: boolean;
	/** Whom the post answers, where X says so above the text; handles in lower case. */
	answering: string[];
	/** Who is linked in the text; handles in lower case. */
	mentions: string[];
	quote: Quote | undefined;
}

export interface Quote {
	element: HTMLElement;
	/** In lower case. */
	handle: string | undefined;
	name: string;
	text: string;
	/** The same with links as they stand there, for keeping. */
	shown: string;
	partial: boolean;
	/** Only followers of the quoted account may read it. */
	protected: boolean;
	/** The status id, where a link inside says it. */
	id: string | undefined;
}

export type SkipReason = 'promoted' | 'own' | 'protected' | 'no-words';
/** 'retry': not all of it is there yet. */
export type Extraction = {state: 'ok'; post: Post} | {state: 'retry'} | {state: 'skip'; because: SkipReason};

/** A post or the post it quotes: what lies below `root`, but not below one of `without`. */
interface Part {
	root: Element;
	without: readonly Element[];
}

const HANDLE_PATH = /^\/(\w{1,20})$/;
const STATUS_PATH = /^(?:\/(\w{1,20}))?.*\/status\/(\d{1,20})(?:[/?#]|$)/;
const WRITTEN_HANDLE = /^[\u200e\u200f\u2066-\u2069\s]*@(\w{1,20})[\u200e\u200f\u2066-\u2069\s]*$/;
const FOLLOW = /^(\d{1,20})-(un)?follow$/;
/** Around a link while a text is read. No page can hold this sign: HTML turns it into another one. */
const LINK_MARK = '\0';
const MARKED_LINK = new RegExp(`${LINK_MARK}[^${LINK_MARK}]*${LINK_MARK}`, 'g');
/** Enough of a long text to find a word in it, in characters. */
const GLANCE = 1000;

/** Reads one post for judging. `viewer` is the handle of who is signed in, in lower case. */
export function extract(article: Element, viewer: string | undefined): Extraction {
	const found = readPost(article);
	if (found.state !== 'ok') return found;
	const {post, isProtected} = found;
	if (post.handle === viewer) return {state: 'skip', because: 'own'};
	if (isProtected) return {state: 'skip', because: 'protected'};
	const isWordless = post.text === '' && !holdsWords(post.quote?.text ?? '');
	return isWordless ? {state: 'skip', because: 'no-words'} : {state: 'ok', post};
}

/** Reads one post for keeping it: anybody's, and also one without words. */
export function extractToKeep(article: Element): Post | undefined {
	const found = readPost(article);
	return found.state === 'ok' ? found.post : undefined;
}

function readPost(
	article: Element,
): Exclude<Extraction, {state: 'ok'}> | {state: 'ok'; post: Post; isProtected: boolean} {
	const part = ownPart(article);
	const link = findPermalink(part);
	if (link === undefined) {
		return isPlacement(article) ? {state: 'skip', because: 'promoted'} : {state: 'retry'};
	}
	const row = find(part, SELECTORS.author);
	const author = readAuthor(part, row, link.handle);
	if (author === undefined) return {state: 'retry'};
	const handle = author.writtenHandle.toLowerCase();
	// Without the author's row nobody can tell whether the account is protected.
	if (row === undefined) return {state: 'retry'};
	const written = findText(part);
	const actions = find(part, SELECTORS.actions);
	// A post without text is whole once its buttons are there: it holds pictures only.
	if (written === undefined && actions === undefined) return {state: 'retry'};
	const {text: words, shown} = readWritten(written, part);
	const text = holdsWords(words) ? words : '';
	const quote = readQuote(part);
	return {
		state: 'ok',
		isProtected: row.querySelector(SELECTORS.lock) !== null,
		post: {
			id: link.id,
			handle,
			...author,
			postedAt: link.postedAt,
			...readFollow(part, handle),
			text,
			shown,
			partial: written?.kind === 'title' || find(part, SELECTORS.showMore) !== undefined,
			translated: written !== undefined && isTranslated(written, article),
			answering: readAnswering(part, row, written?.element ?? actions),
			mentions: written === undefined ? [] : readMentions(written.element),
			quote,
		},
	};
}

/** The status id, from the post's own link. */
export function readId(article: Element): string | undefined {
	return findPermalink(ownPart(article))?.id;
}

/** The author's handle in lower case. */
export function readHandle(article: Element): string | undefined {
	const part = ownPart(article);
	const author = readAuthor(part, find(part, SELECTORS.author), findPermalink(part)?.handle);
	return author?.writtenHandle.toLowerCase();
}

/** Every post on the page, wherever it stands. */
export function findPosts(page: ParentNode): NodeListOf<HTMLElement> {
	return page.querySelectorAll(SELECTORS.post);
}

/** Whether something stands there that may be a post, even if it cannot be read. */
export function hasArticles(page: ParentNode): boolean {
	return page.querySelector(SELECTORS.article) !== null;
}

export function hasPosts(page: ParentNode): boolean {
	return page.querySelector(SELECTORS.post) !== null;
}

/** Whether an element is, or lies in, the post of that id; what follows a "#" in the id is our own. */
export function isAbout(element: Element, id: string): boolean {
	const article = element.closest(SELECTORS.post);
	return article !== null && readId(article) === id.split('#')[0];
}

/** The element that holds the post's own text. */
export function textElement(article: Element): Element | undefined {
	return findText(ownPart(article))?.element;
}

/** The text of the post that replies answer; undefined if it has none, or if only followers may read it. */
export function readContext(focal: Element): string | undefined {
	const part = ownPart(focal);
	const row = find(part, SELECTORS.author);
	// Without the author's row nobody can tell whether the account is protected.
	if (row === undefined || row.querySelector(SELECTORS.lock)) return undefined;
	const written = findText(part);
	return written && readWritten(written, part).text;
}

/** The handle of who is signed in, in lower case; undefined where X shows none. */
export function readViewer(page: ParentNode): string | undefined {
	const profile = page.querySelector(SELECTORS.viewerProfile)?.getAttribute('href') ?? '';
	const written =
		avatarHandle(page.querySelector(SELECTORS.viewerAvatar) ?? undefined) ?? HANDLE_PATH.exec(profile)?.[1];
	return written?.toLowerCase();
}

/** Whether X draws a line from this post to the next one, which then answers it. */
export function leadsToNext(article: Element): boolean {
	let step = find(ownPart(article), SELECTORS.avatarSlot);
	// The line is a later neighbour of the picture in its column; the column ends where the author row comes in.
	for (; step !== undefined && step !== article; step = step.parentElement ?? undefined) {
		if (step.querySelector(SELECTORS.author) !== null) return false;
		for (let below = step.nextElementSibling; below !== null; below = below.nextElementSibling) {
			if (below.matches(SELECTORS.author) || below.querySelector(SELECTORS.author) !== null) return false;
			if (isThin(below) || Array.from(below.querySelectorAll('*')).some(isThin)) return true;
		}
	}
	return false;
}

function isThin(element: Element): boolean {
	// The style map, which Firefox lacks, answers without having the browser lay out the page.
	const width = element.computedStyleMap?.().get('width') ?? getComputedStyle(element).width;
	return Math.abs(Number.parseFloat(String(width)) - 2) < 0.5;
}

function ownPart(article: Element): Part {
	const candidates = article.querySelectorAll(`${SELECTORS.quote},${SELECTORS.nestedPost}`);
	return {root: article, without: Array.from(candidates).filter(isOtherPost)};
}

function isOtherPost(candidate: Element): boolean {
	return (
		candidate.matches(SELECTORS.nestedPost) ||
		candidate.querySelector(`${SELECTORS.author},${SELECTORS.text}`) !== null
	);
}

function find(part: Part, selector: string): Element | undefined {
	if (part.without.length === 0) return part.root.querySelector(selector) ?? undefined;
	return findAll(part, selector)[0];
}

function findAll({root, without}: Part, selector: string): Element[] {
	const found = Array.from(root.querySelectorAll(selector));
	if (without.length === 0) return found;
	return found.filter(element => !without.some(other => other.contains(element)));
}

interface Permalink {
	id: string;
	handle: string | undefined;
	postedAt: string | undefined;
}

function findPermalink(part: Part): Permalink | undefined {
	for (const link of findAll(part, SELECTORS.permalink)) {
		const time = link.querySelector(SELECTORS.time);
		const [, handle, id] = (time && STATUS_PATH.exec(link.getAttribute('href') ?? '')) ?? [];
		if (id !== undefined) return {id, handle, postedAt: time?.getAttribute('datetime') ?? undefined};
	}
	return undefined;
}

/** The author's handle and name. `expected`: the handle in the post's own link, if it has one. */
function readAuthor(
	part: Part,
	row: Element | undefined,
	expected: string | undefined,
): Pick<Post, 'writtenHandle' | 'name'> | undefined {
	const links = Array.from(row?.querySelectorAll(SELECTORS.profileLink) ?? []).filter(
		link => !isForeign(link),
	);
	const handles = links.map(readHandlePath);
	// A company's badge and other extensions' links stand in the row too.
	const known = handles.find(handle => handle?.toLowerCase() === expected?.toLowerCase());
	const writtenHandle = known ?? handles.find(handle => handle !== undefined);
	if (writtenHandle === undefined) {
		const handle = avatarHandle(find(part, SELECTORS.avatar));
		return handle === undefined ? undefined : {writtenHandle: handle, name: ''};
	}
	// The name comes first and leads to the same place as the handle. A name may look like a handle.
	const [first, ...more] = links.filter((_, index) => handles[index] === writtenHandle);
	const name = first === undefined ? '' : tidy(read(first).join(''));
	const isHandle = more.length === 0 && name.toLowerCase() === `@${writtenHandle.toLowerCase()}`;
	return {writtenHandle, name: isHandle ? '' : name};
}

function readHandlePath(link: Element): string | undefined {
	return HANDLE_PATH.exec(link.getAttribute('href') ?? '')?.[1];
}

function avatarHandle(avatar: Element | undefined): string | undefined {
	const handle = avatar?.getAttribute('data-testid')?.slice(AVATAR_PREFIX.length);
	// X writes "unknown" until it has loaded who that is.
	return handle === '' || handle === 'unknown' ? undefined : handle;
}

function readFollow(part: Part, handle: string): Pick<Post, 'accountId' | 'follows'> {
	for (const button of findAll(part, SELECTORS.follow)) {
		const [whole, accountId, un] = FOLLOW.exec(button.getAttribute('data-testid') ?? '') ?? [];
		// The label names the account in every language; a button beside somebody else's name is not the author's.
		const named = /@(\w{1,20})/.exec(button.getAttribute('aria-label') ?? '')?.[1] ?? handle;
		if (whole !== undefined && named.toLowerCase() === handle) return {accountId, follows: un !== undefined};
	}
	return {accountId: undefined, follows: undefined};
}

/** Where a post's own words are. 'title': only the title of a long article is shown. */
interface Written {
	kind: 'text' | 'article' | 'title';
	element: Element;
}

function findText(part: Part): Written | undefined {
	const text = find(part, SELECTORS.text);
	if (text !== undefined) return {kind: 'text', element: text};
	const article = find(part, SELECTORS.articleView);
	if (article !== undefined) return {kind: 'article', element: article};
	const title = find(part, SELECTORS.articleTitle);
	return title && {kind: 'title', element: title};
}

/** The text with links as "URL", as it may be judged, and with links as they stand there, as it may be kept. */
function readWritten(written: Written | undefined, part: Part): {text: string; shown: string} {
	const marked = written === undefined ? '' : readMarked(written, part);
	if (!marked.includes(LINK_MARK)) {
		const text = tidyLines(marked, written);
		return {text, shown: text};
	}
	const text = tidyLines(marked.replace(MARKED_LINK, ' URL '), written);
	const shown = tidyLines(marked.replaceAll(LINK_MARK, ' '), written);
	// What is kept has to be recognised by what was judged. A link of another form is left out.
	return {text, shown: prepare(shown).text === prepare(text).text ? shown : text};
}

/** An address, which X shows in pieces and without its end, between two marks. */
function toLink(link: Element): string {
	const written = (link.textContent ?? '').trim().replace(/…$/, '');
	return LINK_MARK + (/^https?:/.test(written) ? written : `https://${written}`) + LINK_MARK;
}

function readMarked({kind, element}: Written, part: Part): string {
	if (kind === 'text') return read(element).join('');
	const title = kind === 'article' ? find(part, SELECTORS.articleTitle) : undefined;
	const before = title === undefined || element.contains(title) ? [] : read(title, [], part);
	return read(element, before, part).join('');
}

/** The blocks of a long article as lines; X writes those of a short text itself. */
function tidyLines(text: string, written: Written | undefined): string {
	return written?.kind === 'text' ? text : text.replace(/\s*\n\s*/g, '\n').trim();
}

function readQuote({without}: Part): Quote | undefined {
	const element = without.find(other => other.querySelector(SELECTORS.author) !== null);
	if (element === undefined) return undefined;
	const part: Part = {root: element, without: []};
	const row = find(part, SELECTORS.author);
	const written = findText(part);
	const author = readQuotedAuthor(part, row);
	return {
		element: element as HTMLElement,
		...author,
		...readWritten(written, part),
		partial: written?.kind === 'title' || find(part, SELECTORS.showMore) !== undefined,
		protected: row?.querySelector(SELECTORS.lock) != null,
		id: readQuotedId(part, author.handle),
	};
}

/** A quote is one link, so the name and handle in it are plain pieces of text. */
function readQuotedAuthor(part: Part, row: Element | undefined): Pick<Quote, 'handle' | 'name'> {
	const pieces = row === undefined ? [] : read(row);
	// The last one: a name may look like a handle.
	const index = pieces.findLastIndex(piece => WRITTEN_HANDLE.test(piece));
	const handle = WRITTEN_HANDLE.exec(pieces[index] ?? '')?.[1] ?? avatarHandle(find(part, SELECTORS.avatar));
	return {handle: handle?.toLowerCase(), name: tidy(pieces.slice(0, Math.max(index, 0)).join(''))};
}

function readQuotedId(part: Part, handle: string | undefined): string | undefined {
	for (const link of findAll(part, SELECTORS.permalink)) {
		const [, author, id] = STATUS_PATH.exec(link.getAttribute('href') ?? '') ?? [];
		// Media may lead to the post they were first in.
		if (id !== undefined && (handle === undefined || author?.toLowerCase() === handle)) return id;
	}
	return undefined;
}

function isPlacement(article: Element): boolean {
	return article.closest(SELECTORS.placement) !== null || article.querySelector(SELECTORS.placement) !== null;
}

/** The browser wraps what it translates into <font>; X puts a banner with a button before the text. */
function isTranslated({kind, element}: Written, article: Element): boolean {
	if (element.getElementsByTagName('font').length > 0) return true;
	return kind === 'text' && hasBanner(element, article);
}

/** Looks from the text upwards as far as the author row, which has buttons of its own. */
function hasBanner(text: Element, article: Element): boolean {
	const header = `${SELECTORS.author},${SELECTORS.avatarSlot},${SELECTORS.socialContext}`;
	for (let step: Element | null = text; step !== null && step !== article; step = step.parentElement) {
		for (let before = step.previousElementSibling; before !== null; before = before.previousElementSibling) {
			if (before.matches(header) || before.querySelector(header) !== null) return false;
			if (isBanner(before)) return true;
		}
	}
	return false;
}

/** A banner's button says something; those in the head of a post are pictures, or have test ids. */
function isBanner(element: Element): boolean {
	if (isForeign(element) || element.matches(SELECTORS.follow)) return false;
	const buttons = Array.from(element.querySelectorAll(SELECTORS.plainButton));
	if (element.matches(SELECTORS.plainButton)) buttons.push(element);
	return buttons.some(button => !isForeign(button) && tidy(button.textContent) !== '');
}

/** Links like "@handle" between the author row and the text. What X writes around them is translated. */
function readAnswering(part: Part, row: Element, text: Element | undefined): string[] {
	const end = find(part, SELECTORS.media) ?? text;
	const handles = new Set<string>();
	for (const link of findAll(part, SELECTORS.profileLink)) {
		const handle = readHandlePath(link)?.toLowerCase();
		if (handle === undefined || tidy(link.textContent).toLowerCase() !== `@${handle}`) continue;
		if (!comesBefore(row, link) || row.contains(link) || link.closest(SELECTORS.socialContext)) continue;
		if (text !== undefined && !comesBefore(link, text)) break;
		if (end !== undefined && !comesBefore(link, end)) break;
		if (!isForeign(link)) handles.add(handle);
	}
	return [...handles];
}

function readMentions(text: Element): string[] {
	const handles = new Set<string>();
	for (const link of text.querySelectorAll(SELECTORS.profileLink)) {
		const handle = readHandlePath(link);
		if (handle !== undefined && !isForeign(link)) handles.add(handle.toLowerCase());
	}
	return [...handles];
}

function comesBefore(one: Node, other: Node): boolean {
	return (
		(one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0 && !one.contains(other)
	);
}

/** Whether another extension put this here. */
function isForeign(element: Element): boolean {
	for (let step: Element | null = element; step !== null; step = step.parentElement) {
		if (isForeignNode(step)) return true;
		if (step.matches(SELECTORS.post)) return false;
	}
	return false;
}

function isForeignNode(element: Element): boolean {
	return element.tagName.includes('-') || element.shadowRoot !== null || element.matches(SELECTORS.foreign);
}

function holdsWords(text: string): boolean {
	if (hasWords(prepare(text.slice(0, GLANCE)).text)) return true;
	return text.length > GLANCE && hasWords(prepare(text).text);
}

function tidy(text: string | null): string {
	return (text ?? '').replace(/\s+/g, ' ').trim();
}

const UNREAD = new Set(['BUTTON', 'SCRIPT', 'STYLE', 'svg']);
const BLOCKS = new Set('DIV P H1 H2 H3 H4 H5 H6 LI UL OL BLOCKQUOTE SECTION PRE'.split(' '));

/**
 * What is read by eye below a node, piece by piece: emoji by their alt text, and links that X shortened between two
 * LINK_MARKs. With `long`, the part a long article belongs to, its blocks become lines, and only its words are read.
 */
function read(node: Node, pieces: string[] = [], long?: Part): string[] {
	if (node.nodeType === Node.TEXT_NODE) pieces.push(node.nodeValue ?? '');
	if (!(node instanceof Element) || UNREAD.has(node.tagName) || isForeignNode(node)) return pieces;
	if (long !== undefined && isAside(node, long)) return pieces;
	// Mentions and hashtags lead to X itself; all else is somebody's link.
	if (node.tagName === 'A' && /^https?:/.test(node.getAttribute('href') ?? '')) pieces.push(toLink(node));
	else if (node.tagName === 'IMG') pieces.push(node.getAttribute('alt') ?? '');
	else if (node.tagName === 'BR') pieces.push('\n');
	else {
		const isBlock = long !== undefined && BLOCKS.has(node.tagName);
		if (isBlock) pieces.push('\n');
		for (let child = node.firstChild; child !== null; child = child.nextSibling) read(child, pieces, long);
		if (isBlock) pieces.push('\n');
	}
	return pieces;
}

/** What stands in a long article and is none of its words: its author, buttons, pictures and the posts it shows. */
function isAside(element: Element, {without}: Part): boolean {
	return (
		without.includes(element) ||
		element.matches(`${SELECTORS.author},${SELECTORS.actions},${SELECTORS.media}`)
	);
}
