import {type Decision, decide, type Facts} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import type {
	CoveredPost,
	PageState,
	SaveAnswer,
	SavedPost,
	ScoreAnswer,
	ScoreRequest,
} from '../core/messages.js';
import {type Account, isSame} from '../core/people.js';
import type {Settings} from '../core/settings.js';
import {hasWords, prepare} from '../core/text.js';
import type {Verdict} from '../core/verdicts.js';
import type {Covers, Wish} from '../present/covers.js';
import {
	type Extraction,
	extract,
	extractToKeep,
	findPosts,
	leadsToNext,
	type Post,
	type Quote,
	readContext,
	readHandle,
	readId,
	textElement,
} from '../x/extract.js';
import type {Surface} from '../x/route.js';
import {openThread, type Stand} from '../x/thread.js';
import {original, type Tap, type TapFacts, wholeText} from './tap.js';

/** Questions on their way at once. The rest waits here, where the nearest can still go first. */
const ASKED_AT_ONCE = 64;
/** How long a post may be held back, in milliseconds: after that it is shown, checked or not. */
const LONGEST_HOLD = 1500;
/** Posts whose judgement is kept while X does not show them. */
const REMEMBERED = 1500;
/** Added to a post's id: the post that it quotes. */
const QUOTE = '#quote';

/** What is judged: a post's own words, or those of the post it quotes. */
interface Subject {
	key: string;
	text: string;
	partial: boolean;
	translated: boolean;
	context: string | undefined;
	account: Account;
	/** All that is worth keeping of it, without a part of the page. */
	saved: SavedPost;
}

type Whole = Pick<Subject, 'text' | 'partial' | 'translated'>;

/** What we know of one subject, whether or not X shows it at present. */
interface Known {
	subject: Subject;
	verdict: Verdict | undefined;
	/** The verdict was given under other settings; it serves until the new one comes. */
	stale: boolean;
	/** The name of the question on its way. */
	asked: string | undefined;
	/** Whether it was asked about at all. */
	wasAsked: boolean;
	/** Not to be asked before this time, in milliseconds since 1970. */
	notBefore: number;
	/** Never covered, so there is no reason to ask. */
	exempt: boolean;
	/** Held back until then, unless the answer comes before. */
	holdUntil: number;
	/** The page before had covered it. */
	coveredBefore: boolean;
	/** What was done with it at the last look. */
	decision: Decision;
}

/** What a post says, read when it is asked for. */
interface Reading {
	/** All of its text, as the browser has it. */
	saying: string;
	id(): string | undefined;
	handle(): string | undefined;
	found(): Extraction;
	/** Its text as something that is answered. */
	context(): string | undefined;
	/** Whether a line leads from it to the post below. */
	leads(): boolean;
}

export interface FeedPage {
	/** The post that a conversation is about. */
	focalId?: string;
	/** A timeline of that kind; undefined for a conversation. */
	surface?: Surface;
}

export interface FeedParts {
	ask(request: ScoreRequest): Promise<ScoreAnswer>;
	cancel(asks: string[]): void;
	/** Told when the extension is gone, with what ask() raised. */
	onFault(fault: unknown): void;
	settings(): Settings;
	/** What this browser alone knows; undefined until the worker has said it, and then nothing is covered. */
	state(): PageState | undefined;
	language(): Language;
	/** The handle of who is signed in. */
	viewer(): string | undefined;
	/** Whether X has said who is signed in, or had time enough to. */
	isViewerKnown(): boolean;
	tap: Tap;
	covers: Covers;
	/** The page's address, also while something lies over the page. */
	address(): string;
	/** Whether X may still show the page before this one. */
	isLeaving(): boolean;
	/** This is hidden; told at each look. */
	noteHidden(key: string): void;
	/** Whether it could be kept. */
	alwaysShow(account: Account): Promise<boolean>;
	/** Whether it could be kept. */
	fine(text: string): Promise<boolean>;
	save(post: SavedPost): Promise<SaveAnswer>;
}

export type Feed = ReturnType<typeof openFeed>;

/** Judges the posts of one page that answer somebody. What it knows ends with it. */
export function openFeed(page: FeedPage, parts: FeedParts) {
	const {covers} = parts;
	const thread = openThread(page.focalId);
	const known = new Map<string, Known>();
	const names = nameQuestions();
	/** The posts on the page at the last look that may be judged, with what is judged of them. */
	let standing = new Map<HTMLElement, string[]>();
	/** What each post said when it was read last, for as long as it is not touched. */
	const readings = new WeakMap<Element, Reading>();
	/** Those on the way, by the key of their subject. */
	const asking = new Map<string, Known>();
	let focalText: string | undefined;
	let focalHandle: string | undefined;
	/** The author of the first post above the focal one, with whom the conversation began. */
	let firstHandle: string | undefined;
	/** What is to be judged of a post, for as long as X's own data tells the same of it. */
	const wholes = new WeakMap<Post, {told: string | undefined; whole: Whole; hasWords: boolean}>();
	/** What was made of a post at the last look, while what it was made of is the same. */
	const subjects = new WeakMap<Post | Quote, {from: unknown[]; subject: Subject}>();
	const worded = new WeakMap<Quote, boolean>();
	/** Since when there are cells and no post that can be read, in milliseconds since 1970. */
	let blindSince: number | undefined;
	let closed = false;
	let frame = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let release: ReturnType<typeof setTimeout> | undefined;

	// One screen ahead of the reader in both directions. Watched is the place a post stands in, not the post: a
	// hidden one is nowhere for the browser, and would never be asked about again.
	const spots = new Map<HTMLElement, Element>();
	const near = new Set<Element>();
	const nearness = new IntersectionObserver(
		entries => {
			for (const {target, isIntersecting} of entries) {
				if (isIntersecting) near.add(target);
				else near.delete(target);
			}
			// Right after the browser has laid out the page: measuring costs nothing here.
			askForNearest();
		},
		{rootMargin: '100% 0px'},
	);

	function isPaused(): boolean {
		const state = parts.state();
		if (state === undefined) return true;
		const {focalId} = page;
		return Date.now() < state.pausedUntil || (focalId !== undefined && state.pausedThreads.includes(focalId));
	}

	/** Whether posts may be covered and asked about at present. */
	function isAtWork(): boolean {
		return parts.settings().enabled && !isPaused();
	}

	/**
	 * Looks at every post X shows at present, and makes the page agree with what is known. Posts are read again that
	 * are in `touched`, or all of them.
	 */
	function look(touched?: ReadonlySet<Element>): void {
		for (const post of touched ?? findPosts(document)) readings.delete(post);
		const {places, focal} = thread.survey(document, idOf);
		if (focal !== undefined) {
			focalText = openText(focal);
			focalHandle = reading(focal).handle();
		}
		const [first] = [...places].find(([, {place}]) => place === 'above') ?? [];
		if (first !== undefined) firstHandle ??= reading(first).handle();
		noteBlindness(places);
		const before = standing;
		standing = new Map();
		if (!isAtWork()) {
			covers.clearAll();
			for (const post of before.keys()) leave(post);
			cancelAll();
			return;
		}
		const wishes: Wish[] = [];
		for (const [post, stand] of places) wishes.push(...visitSafely(post as HTMLElement, stand));
		covers.present(wishes, parts.language());
		for (const post of before.keys()) if (!standing.has(post)) leave(post);
		covers.tend();
		prune();
		cancelUnwanted();
		releaseLater();
		askSoon();
	}

	/**
	 * Looks after what nobody told us of: X can change a post without adding a node. What a post says as a whole tells
	 * whether it has to be read again.
	 */
	function glance(): void {
		covers.giveBackRoom();
		const changed = [...findPosts(document)].filter(
			post => readings.get(post)?.saying !== (post.textContent ?? ''),
		);
		look(new Set(changed));
	}

	/** What is known of a post that stands on the page; read when it is asked for, and once while it is not touched. */
	function reading(article: Element): Reading {
		let held = readings.get(article);
		if (held === undefined) {
			held = readLater(article, parts.viewer);
			readings.set(article, held);
		}
		return held;
	}

	function idOf(article: Element): string | undefined {
		return reading(article).id();
	}

	/** A post that we stumble over is shown, and the others are looked at all the same. */
	function visitSafely(article: HTMLElement, stand: Stand): Wish[] {
		try {
			return visit(article, stand);
		} catch {
			uncover(article);
			return [];
		}
	}

	/** What is to be done with a post and what it quotes. Takes the covers off where nothing is. */
	function visit(article: HTMLElement, stand: Stand): Wish[] {
		const {place, id} = stand;
		const isCoveredHere = id !== undefined && covers.idOn(article) === id;
		const isJudgedHere = id !== undefined && holdsVerdict(article, id);
		// Until more is known, the cover that is there was put with a verdict about the same reply.
		if (place === 'unknown' && isJudgedHere) return [];
		const found = place === 'below' ? reading(article).found() : undefined;
		if (found?.state === 'retry' && isJudgedHere) return [];
		const post = found?.state === 'ok' ? found.post : undefined;
		const told = post && facts(post);
		if (post === undefined || told?.promoted || told?.protected || !isAddressed(post, stand, told)) {
			if (post !== undefined && told?.protected) known.delete(post.id);
			// Shown at once is what somebody opened. All else X may be about to take away.
			if (place === 'focal' || !parts.isLeaving() || isReused(article, id)) uncover(article);
			return [];
		}
		// X reuses elements: a cover here may belong to the reply that stood here before.
		if (!isCoveredHere) covers.clear(article);
		const wishes = [wishForPost(article, post, stand, told), wishForQuote(article, post, stand)];
		return wishes.flatMap(wish => wish ?? []);
	}

	/** Takes off every cover on a post and in it. */
	function uncover(article: HTMLElement): void {
		covers.clear(article);
		for (const part of coveredIn(article)) covers.clear(part);
	}

	/** Whether a cover there belongs to another post. */
	function isReused(article: HTMLElement, id: string | undefined): boolean {
		return [article, ...coveredIn(article)].some(element => {
			const covered = covers.idOn(element);
			return covered !== undefined && covered !== id && covered !== id + QUOTE;
		});
	}

	/** Whether the post, or what it quotes, is covered by a verdict, and not only held back. */
	function holdsVerdict(article: HTMLElement, id: string): boolean {
		return [article, ...coveredIn(article)].some(
			element => [id, id + QUOTE].includes(covers.idOn(element) ?? '') && !covers.isHeld(element),
		);
	}

	function coveredIn(article: HTMLElement): HTMLElement[] {
		return covers.within(article);
	}

	/** What X's own data tells of a post, if it means the same one. */
	function facts(post: Post): TapFacts | undefined {
		return factsOf(post.id, post.handle);
	}

	function factsOf(id: string | undefined, handle: string | undefined): TapFacts | undefined {
		const told = id === undefined ? undefined : parts.tap.about(id);
		return told?.handle === handle ? told : undefined;
	}

	/** The text of a post that stands on the page, unless only followers may read it. */
	function openText(article: Element): string | undefined {
		const {id, handle, context} = reading(article);
		const isProtected = factsOf(id(), handle())?.protected === true;
		return isProtected ? undefined : context();
	}

	/**
	 * Whether a post answers somebody. In a conversation, among quotes and in notifications every post does; in a
	 * timeline one that X shows or tells to be an answer, that names the reader, or that quotes.
	 */
	function isAddressed(post: Post, stand: Stand, told: TapFacts | undefined): boolean {
		const {surface} = page;
		if (surface === undefined || surface === 'quotes' || surface === 'notifications') return true;
		return isReply(post, stand, told) || post.quote !== undefined;
	}

	function isReply(post: Post, {previous}: Stand, told: TapFacts | undefined): boolean {
		const viewer = parts.viewer();
		return (
			told?.parentId !== undefined ||
			post.answering.length > 0 ||
			(viewer !== undefined && post.mentions.includes(viewer)) ||
			(previous !== undefined && isJoined(previous))
		);
	}

	function isJoined(previous: Element): boolean {
		return reading(previous).leads();
	}

	/** The same subject for as long as it is made of the same. */
	function subjectOf(source: Post | Quote, from: unknown[], make: () => Subject): Subject {
		const before = subjects.get(source);
		if (before?.from.every((part, index) => part === from[index])) return before.subject;
		const subject = make();
		subjects.set(source, {from, subject});
		return subject;
	}

	/**
	 * Whether somebody goes on with what they began: the author of the conversation, or in a timeline of the post that
	 * is answered. It may be the one who tells what happened to her.
	 */
	function isOwnThread(
		post: Post,
		told: TapFacts | undefined,
		parent: {handle?: string} | undefined,
	): boolean {
		const began = factsOfFirst(told)?.handle;
		const owner = page.surface === undefined ? firstHandle : parent?.handle;
		return post.handle === began || post.handle === owner;
	}

	function factsOfFirst(told: TapFacts | undefined): TapFacts | undefined {
		return told?.conversationId === undefined ? undefined : parts.tap.about(told.conversationId);
	}

	function readWhole(post: Post, told: TapFacts | undefined): {whole: Whole; hasWords: boolean} {
		const before = wholes.get(post);
		if (before !== undefined && before.told === told?.text) return before;
		const whole = wholeTextOf(post, told);
		const found = {told: told?.text, whole, hasWords: hasWords(prepare(whole.text).text)};
		wholes.set(post, found);
		return found;
	}

	function wishForPost(
		article: HTMLElement,
		post: Post,
		stand: Stand,
		told: TapFacts | undefined,
	): Wish | undefined {
		const {whole, hasWords} = readWhole(post, told);
		if (!hasWords) {
			covers.clear(article);
			return undefined;
		}
		const account = accountOf(post, told);
		const parent = findParent(post, stand, told);
		const from = [told, whole, parent?.id, parent?.text, parts.address()];
		const subject = subjectOf(post, from, () => ({
			key: post.id,
			...whole,
			context: parent?.text,
			account,
			saved: toSave(post, account, whole, answered(parent, told), parts.address()),
		}));
		const isTrusted = isTrustedAccount(account, told?.following ?? post.follows);
		const isFocalAuthor = page.surface === undefined && post.handle === focalHandle;
		const {surface} = page;
		const isDirect = surface === undefined || surface === 'quotes' || surface === 'notifications';
		return wishFor(article, article, 'post', subject, {
			trusted: isTrusted,
			focalAuthor: isFocalAuthor,
			aside: (!isDirect && !isReply(post, stand, told)) || isOwnThread(post, told, parent),
			beneath: parent?.id !== undefined && isHidden(parent.id),
		});
	}

	/** The quoted post is judged by itself, where it is neither the disclosure nor the reader's own. */
	function wishForQuote(article: HTMLElement, post: Post, stand: Stand): Wish | undefined {
		const {quote} = post;
		const key = post.id + QUOTE;
		// What was a quoted post in an element that X uses again may be none now.
		for (const part of coveredIn(article)) if (covers.idOn(part) !== key) covers.clear(part);
		if (quote === undefined) return undefined;
		const {handle} = quote;
		const isOurs = [focalHandle, firstHandle, parts.viewer()].includes(handle);
		const id = quote.id ?? facts(post)?.quotedId;
		const told = factsOf(id, handle);
		const accountId = told?.accountId;
		const account: Account = {handle: handle ?? '', ...(accountId === undefined ? {} : {accountId})};
		if (
			page.surface === 'quotes' ||
			handle === undefined ||
			isOurs ||
			quote.protected ||
			told?.protected ||
			!isReplyPlace(post, stand) ||
			!isWorded(quote)
		) {
			covers.clear(quote.element);
			return undefined;
		}
		const context = page.surface === undefined ? focalText : undefined;
		const subject = subjectOf(quote, [told, context, parts.address()], () => ({
			key,
			text: quote.text,
			partial: quote.partial,
			translated: false,
			context,
			account,
			saved: toSaveQuote(post, {...quote, id: told === undefined ? quote.id : id}, account, parts.address()),
		}));
		return wishFor(article, quote.element, 'quote', subject, {
			trusted: isTrustedAccount(account, told?.following),
			focalAuthor: false,
			aside: false,
			beneath: false,
		});
	}

	function isWorded(quote: Quote): boolean {
		const before = worded.get(quote);
		if (before !== undefined) return before;
		const found = hasWords(prepare(quote.text).text);
		worded.set(quote, found);
		return found;
	}

	/** Whether what a post quotes lies before somebody who is answered. */
	function isReplyPlace(post: Post, stand: Stand): boolean {
		return (
			page.surface === undefined || page.surface === 'notifications' || isReply(post, stand, facts(post))
		);
	}

	function wishFor(
		article: HTMLElement,
		element: HTMLElement,
		of: Wish['of'],
		subject: Subject,
		where: Pick<Facts, 'trusted' | 'focalAuthor' | 'aside' | 'beneath'>,
	): Wish | undefined {
		const {key} = subject;
		const held = know(subject, covers.idOn(element) === key);
		const {partial, translated} = held.subject;
		held.exempt = where.trusted || where.focalAuthor;
		standing.set(article, [...(standing.get(article) ?? []), key]);
		watch(article);
		const decision = isPaused()
			? ({act: 'show'} as const)
			: decide({...where, partial, translated, verdict: held.verdict}, parts.settings());
		noteDecision(key, held, decision);
		const wish = {
			element,
			id: key,
			of,
			sample: () => textElement(article),
			numbers: parts.settings().numbers,
		};
		if (held.verdict !== undefined || decision.act !== 'show') return {...wish, decision};
		// Uncovered for as long as it is asked about here, it would flash.
		if (held.coveredBefore && isAtWork() && isWaiting(held)) return undefined;
		if (isHeldBack(held)) return {...wish, decision: {act: 'hold'}};
		// Nothing is known yet and nothing to be done, unless it was held until now, or Panah was switched off.
		return covers.idOn(element) === key ? {...wish, decision} : undefined;
	}

	function isHeldBack(held: Known): boolean {
		return parts.settings().holdBack && isAtWork() && isWaiting(held);
	}

	function isWaiting({exempt, holdUntil}: Known): boolean {
		return !exempt && Date.now() < holdUntil;
	}

	function noteDecision(key: string, held: Known, decision: Decision): void {
		held.decision = decision;
		if (isHiding(decision)) parts.noteHidden(key);
	}

	function isHidden(id: string): boolean {
		const held = known.get(id);
		return held !== undefined && isHiding(held.decision) && !covers.isShown(id);
	}

	function isTrustedAccount(account: Account, follows: boolean | undefined): boolean {
		if (follows === true && parts.settings().showFollowed) return true;
		return parts.state()?.people.some(person => isSame(person, account)) ?? false;
	}

	/** The post that this one answers, as far as its text is known: told by X, joined to it by a line, or focal. */
	function findParent(
		post: Post,
		{previous, place}: Stand,
		told: TapFacts | undefined,
	): {id?: string; handle?: string; text: string} | undefined {
		const parentId = told?.parentId;
		if (parentId !== undefined) {
			const text = textOf(parentId);
			if (text !== undefined) return text;
		}
		if (previous !== undefined && (parentId === undefined || idOf(previous) === parentId)) {
			const isParent = parentId !== undefined || isJoined(previous);
			const text = isParent ? openText(previous) : undefined;
			if (text !== undefined) return described(idOf(previous), reading(previous).handle(), text);
		}
		// X has told of another post than those we could take for it.
		if (parentId !== undefined) return undefined;
		if (page.surface === undefined) {
			// What stands above the focal post does not answer it.
			if (focalText === undefined || place !== 'below') return undefined;
			return described(page.focalId, focalHandle, focalText);
		}
		const {quote} = post;
		if (quote === undefined || quote.protected) return undefined;
		return described(quote.id, quote.handle, quote.text);
	}

	/** What may be claimed to be answered: X's own data may tell of a post whose text is not known. */
	function answered<Parent extends {id?: string} | undefined>(
		parent: Parent,
		told: TapFacts | undefined,
	): Parent | undefined {
		return told?.parentId === undefined || told.parentId === parent?.id ? parent : undefined;
	}

	function textOf(id: string): {id?: string; handle?: string; text: string} | undefined {
		if (id === page.focalId) {
			return focalText === undefined ? undefined : described(id, focalHandle, focalText);
		}
		const told = parts.tap.about(id);
		if (told?.protected) return undefined;
		const held = known.get(id);
		if (held !== undefined) return described(id, held.subject.account.handle, held.subject.text);
		if (told?.text === undefined) return undefined;
		return described(id, told.handle, told.text);
	}

	function know(subject: Subject, isCovered: boolean): Known {
		const before = known.get(subject.key);
		if (before !== undefined) {
			// At the end again: prune() forgets from the beginning.
			known.delete(subject.key);
			known.set(subject.key, before);
			const isSameText = before.subject.text === subject.text;
			if (isSameText) before.subject = subject;
			if (isSameText || !isBetter(subject, before.subject)) return before;
		}
		// More of the text came into sight. What was said about its beginning serves until the whole is judged.
		const fresh: Known = {
			subject,
			verdict: before?.verdict,
			stale: true,
			asked: undefined,
			wasAsked: false,
			exempt: false,
			notBefore: 0,
			// Nothing can be asked about until it is known who reads; what was seen meanwhile is not taken away again.
			holdUntil: before?.holdUntil ?? (parts.isViewerKnown() ? Date.now() + LONGEST_HOLD : 0),
			coveredBefore: before?.coveredBefore ?? isCovered,
			decision: {act: 'show'},
		};
		known.set(subject.key, fresh);
		if (before?.asked !== undefined) parts.cancel([before.asked]);
		asking.delete(subject.key);
		return fresh;
	}

	/**
	 * Whether other words of the same post are to be judged in place of those known. The whole is not given up for its
	 * beginning, nor what was written for its translation, and where the post stands on the page twice, they agree on
	 * one: else each look would ask anew.
	 */
	function isBetter(found: Subject, before: Subject): boolean {
		const isTwin = [...standing.values()].some(keys => keys.includes(found.key));
		return isTwin ? worth(found) > worth(before) : worth(found) >= worth(before);
	}

	/** Forgets the posts that were seen longest ago, of those that X does not show. */
	function prune(): void {
		if (known.size <= REMEMBERED) return;
		const seen = new Set([...standing.values()].flat());
		for (const [key, {asked}] of known) {
			if (known.size <= REMEMBERED) return;
			if (seen.has(key)) continue;
			if (asked !== undefined) parts.cancel([asked]);
			known.delete(key);
		}
	}

	function watch(post: HTMLElement): void {
		const spot = post.parentElement ?? post;
		if (spots.get(post) === spot) return;
		leave(post);
		spots.set(post, spot);
		nearness.observe(spot);
	}

	function leave(post: HTMLElement): void {
		const spot = spots.get(post);
		if (spot === undefined) return;
		spots.delete(post);
		nearness.unobserve(spot);
		near.delete(spot);
	}

	/** X's pages may have changed so that posts cannot be found in them any more. */
	function noteBlindness(places: Map<Element, Stand>): void {
		const canRead = [...places.values()].some(({id}) => id !== undefined);
		if (page.focalId === undefined || canRead || !thread.hasCells(document)) blindSince = undefined;
		else blindSince ??= Date.now();
	}

	/** Of what X shows no more, and of what turned out to be never covered. */
	function cancelUnwanted(): void {
		const seen = new Set([...standing.values()].flat());
		cancelAsked((key, {exempt}) => exempt || !seen.has(key));
	}

	function cancelAll(): void {
		cancelAsked(() => true);
	}

	function cancelAsked(isUnwanted: (key: string, held: Known) => boolean): void {
		const asks: string[] = [];
		for (const [key, held] of asking) {
			if (held.asked === undefined || !isUnwanted(key, held)) continue;
			asks.push(held.asked);
			held.asked = undefined;
			asking.delete(key);
		}
		if (asks.length > 0) parts.cancel(asks);
	}

	function askForNearest(): void {
		if (closed || !isAtWork() || !parts.isViewerKnown()) return;
		const now = Date.now();
		const open = [...standing]
			.flatMap(([article, keys]) => {
				const spot = spots.get(article);
				if (spot === undefined || !near.has(spot)) return [];
				const unjudged = keys.flatMap(key => known.get(key) ?? []).filter(held => isOpen(held, now));
				return unjudged.length > 0 ? [{unjudged, distance: distanceFromView(spot)}] : [];
			})
			.sort((a, b) => a.distance - b.distance)
			.flatMap(({unjudged, distance}) => unjudged.map(held => ({held, distance})));
		let free = ASKED_AT_ONCE - asking.size;
		for (const {held, distance} of open) {
			if (free <= 0) return;
			// Two posts on the page can be the same reply.
			if (held.asked !== undefined) continue;
			free -= 1;
			// Found out of sight, it is held back from when it is asked about. In sight, it is not taken away again.
			if (!held.wasAsked && distance > innerHeight) held.holdUntil = now + LONGEST_HOLD;
			held.wasAsked = true;
			void judge(held);
		}
	}

	/** Asks for a verdict, and shows it if the same reply still stands somewhere. */
	async function judge(held: Known): Promise<void> {
		const name = names();
		held.asked = name;
		asking.set(held.subject.key, held);
		try {
			const {text, context} = held.subject;
			const request: ScoreRequest = {kind: 'score', ask: name, text};
			const answer = await parts.ask(context === undefined ? request : {...request, context});
			// Another question about it, or none, is what counts by now.
			if (closed || held.asked !== name) return;
			held.asked = undefined;
			asking.delete(held.subject.key);
			if (answer.ok) {
				held.verdict = answer.verdict;
				held.stale = false;
			} else {
				held.notBefore = Date.now() + answer.retryIn;
				held.holdUntil = 0;
				// What was said under other settings, or by another server, cannot stand for long.
				const isOver = held.stale && held.verdict?.source === 'model' && answer.refusal !== 'cancelled';
				if (isOver) held.verdict = undefined;
			}
		} catch (fault) {
			parts.onFault(fault);
			return;
		}
		// The page may have changed in the meantime: look at what stands there now.
		lookSoon();
	}

	/** Looks again when the first of those that are held back, or stay covered, has waited long enough. */
	function releaseLater(): void {
		clearTimeout(release);
		const {holdBack} = parts.settings();
		const now = Date.now();
		const ends = [...standing.values()]
			.flat()
			.flatMap(key => known.get(key) ?? [])
			.filter(held => (holdBack || held.coveredBefore) && held.verdict === undefined && held.holdUntil > now)
			.map(held => held.holdUntil - now);
		if (ends.length > 0) release = setTimeout(() => look(new Set()), Math.min(...ends));
	}

	/** Asks once for all that was found until then. */
	function askSoon(): void {
		timer ??= setTimeout(() => {
			timer = undefined;
			askForNearest();
		});
	}

	/** Looks once for all answers that come before the next frame. */
	function lookSoon(): void {
		frame ||= requestAnimationFrame(() => {
			frame = 0;
			if (!closed) look(new Set());
		});
	}

	/** Looks and asks no more. What is covered stays as it is. */
	function stop(): void {
		closed = true;
		nearness.disconnect();
		cancelAnimationFrame(frame);
		clearTimeout(timer);
		clearTimeout(release);
	}

	return {
		look,
		glance,
		/** Earlier verdicts no longer count: the settings or the server changed. */
		askAnew() {
			cancelAll();
			for (const held of known.values()) Object.assign(held, {stale: true, notBefore: 0});
			askForNearest();
		},
		/** Nobody reads any more: what was not sent yet shall not be. Reading on asks again. */
		rest: cancelAll,
		/** The server answers again. */
		askUnanswered() {
			for (const held of known.values()) held.notBefore = 0;
			askForNearest();
		},
		/** X's own data told more about posts, maybe that one is an answer. */
		told: lookSoon,
		/** Whether posts stand there that cannot be read, for the milliseconds given. */
		isBlind: (forAtLeast: number) => blindSince !== undefined && Date.now() - blindSince >= forAtLeast,
		isPausedHere: () =>
			page.focalId !== undefined && parts.state()?.pausedThreads.includes(page.focalId) === true,
		/** What is covered on the page, shown at present or not, in the order it was found. */
		covered: (): CoveredPost[] =>
			isAtWork() ? [...known.values()].flatMap(held => describeCovered(held, covers)) : [],
		/** A post on the page as it can be kept; undefined if it cannot be read. */
		describe(article: HTMLElement): SavedPost | undefined {
			const post = extractToKeep(article);
			if (post === undefined) return undefined;
			const told = facts(post);
			const stand: Stand = thread.survey(document, idOf).places.get(article) ?? {
				place: 'unknown',
				id: post.id,
				previous: undefined,
			};
			const parent = answered(findParent(post, stand, told), told);
			return toSave(post, accountOf(post, told), wholeTextOf(post, told), parent, parts.address());
		},
		/** Whether it could be kept. */
		async alwaysShow(key: string): Promise<boolean> {
			const account = known.get(key)?.subject.account;
			return account !== undefined && parts.alwaysShow(account);
		},
		/** The reader says that it is not harmful. That counts at once; whether it could be kept for the next time. */
		async fine(key: string): Promise<boolean> {
			const held = known.get(key);
			if (held === undefined) return false;
			const kept = parts.fine(held.subject.text);
			if (held.asked !== undefined) parts.cancel([held.asked]);
			held.asked = undefined;
			asking.delete(key);
			held.verdict = {action: 'show', partial: false, source: 'reader'};
			look(new Set());
			return kept;
		},
		async save(key: string): Promise<SaveAnswer> {
			const held = known.get(key);
			if (held === undefined) return {ok: false, problem: 'failed'};
			return parts.save(withVerdict(held));
		},
		stop,
		close() {
			stop();
			cancelAll();
			covers.forget();
		},
	};
}

function readLater(article: Element, viewer: () => string | undefined): Reading {
	return {
		saying: article.textContent ?? '',
		id: once(() => readId(article)),
		handle: once(() => readHandle(article)),
		found: once(() => extract(article, viewer())),
		context: once(() => readContext(article)),
		leads: once(() => leadsToNext(article)),
	};
}

function once<Value>(read: () => Value): () => Value {
	let held: {value: Value} | undefined;
	return () => {
		held ??= {value: read()};
		return held.value;
	};
}

function isOpen(held: Known, now: number): boolean {
	const isWanted = held.verdict === undefined || held.stale;
	return isWanted && !held.exempt && held.asked === undefined && now >= held.notBefore;
}

/** How much of what was written a text holds. */
function worth({partial, translated}: Subject): number {
	return translated ? 0 : partial ? 1 : 2;
}

function isHiding({act}: Decision): boolean {
	return act === 'hide' || act === 'out';
}

/** The whole text where X's own data has it and agrees with the page; the original of a translation. */
function wholeTextOf(post: Post, told: TapFacts | undefined): Whole {
	const {text, partial, translated} = post;
	const written = translated ? original(told?.text) : undefined;
	if (written !== undefined) return {text: written, partial: false, translated: false};
	const whole = wholeText(text, partial, told?.text);
	return whole === undefined ? {text, partial, translated} : {text: whole, partial: false, translated};
}

function accountOf(post: Post, told: TapFacts | undefined): Account {
	const accountId = told?.accountId ?? post.accountId;
	return {handle: post.handle, ...(accountId === undefined ? {} : {accountId})};
}

function described(id: string | undefined, handle: string | undefined, text: string) {
	return {text, ...(id === undefined ? {} : {id}), ...(handle === undefined ? {} : {handle})};
}

function linkTo(handle: string, id: string): string {
	return `https://x.com/${handle}/status/${id}`;
}

function toSave(
	post: Post,
	{accountId}: Account,
	{text, partial}: {text: string; partial: boolean},
	parent: {id?: string; handle?: string; text: string} | undefined,
	foundOn: string,
): SavedPost {
	const saved: SavedPost = {
		id: post.id,
		handle: post.writtenHandle,
		name: post.name,
		text,
		partial,
		url: linkTo(post.writtenHandle, post.id),
		foundOn,
	};
	if (accountId !== undefined) saved.accountId = accountId;
	if (post.postedAt !== undefined) saved.postedAt = post.postedAt;
	if (parent !== undefined) {
		const {id, handle} = parent;
		const url = id !== undefined && handle !== undefined ? {url: linkTo(handle, id)} : {};
		saved.answers = {...parent, ...url};
	}
	return saved;
}

/** X gives no link to a quoted post: the post that quotes it stands for it. */
function toSaveQuote(post: Post, quote: Quote, {accountId}: Account, foundOn: string): SavedPost {
	const handle = quote.handle ?? post.writtenHandle;
	return {
		...(accountId === undefined ? {} : {accountId}),
		id: quote.id ?? post.id,
		handle,
		name: quote.name,
		text: quote.text,
		partial: quote.partial,
		url: quote.id === undefined ? linkTo(post.writtenHandle, post.id) : linkTo(handle, quote.id),
		foundOn,
	};
}

function withVerdict({subject, decision}: Known): SavedPost {
	if (decision.act === 'show') return subject.saved;
	const {reason, source} = decision;
	const act = decision.act === 'flag' ? 'flag' : 'hide';
	return {...subject.saved, verdict: {act, reason, source}};
}

function describeCovered(held: Known, covers: Covers): CoveredPost[] {
	const {decision, subject} = held;
	if (decision.act === 'show') return [];
	return [
		{
			id: subject.key,
			act: decision.act === 'flag' ? 'flag' : 'hide',
			reason: decision.reason,
			source: decision.source,
			partial: decision.partial,
			shown: covers.isShown(subject.key),
			post: withVerdict(held),
		},
	];
}

/** Pixels between the place of a post and the middle of the window. */
function distanceFromView(spot: Element): number {
	const {top, bottom} = spot.getBoundingClientRect();
	return Math.abs((top + bottom) / 2 - innerHeight / 2);
}

/** Names for questions: random for each page, so that they say nothing, and never the same in two tabs. */
function nameQuestions(): () => string {
	const page = crypto.randomUUID();
	let count = 0;
	return () => {
		count += 1;
		return `${page}-${count}`;
	};
}
