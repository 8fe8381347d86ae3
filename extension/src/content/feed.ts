import {type Decision, decide, type Facts, type Listed} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import type {
	Chosen,
	CoveredPost,
	PageState,
	SaveAnswer,
	SavedPost,
	ScoreAnswer,
	ScoreRequest,
} from '../core/messages.js';
import {type Account, isSame} from '../core/people.js';
import type {Settings} from '../core/settings.js';
import type {Verdict} from '../core/verdicts.js';
import type {Detail, OnLists} from '../lists/messages.js';
import type {Covers, Wish} from '../present/covers.js';
import {type Extraction, extractToKeep, hasArticles, type Post, textElement} from '../x/extract.js';
import type {Surface} from '../x/route.js';
import {openThread, type Stand} from '../x/thread.js';
import {openNearness} from './nearness.js';
import {memoise, openReadings} from './reading.js';
import {
	holdsWords,
	type Parent,
	QUOTE,
	type Subject,
	toAccount,
	toParent,
	toSave,
	toSaveQuote,
	type Whole,
	wholeTextOf,
	worth,
} from './subject.js';
import type {Tap, TapFacts} from './tap.js';

/** Questions on their way at once. The rest waits here, where the nearest can still go first. */
const ASKED_AT_ONCE = 64;
/** How long a post may be held back, in milliseconds: after that it is shown, checked or not. */
const LONGEST_HOLD = 1500;
/** Posts whose judgement is kept while X does not show them. */
const REMEMBERED = 1500;

/** So many replies without a word that can be read are no accident. */
const MUTE_FROM = 3;

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
	fine(reply: Pick<Subject, 'text' | 'context'>): Promise<boolean>;
	save(post: SavedPost): Promise<SaveAnswer>;
	/** What public lists say about an account, by number. */
	listed(account: string): OnLists | undefined;
	/** What they tell of it on request; undefined when nobody answered. */
	details(account: string): Promise<Detail[] | undefined>;
	report(post: SavedPost, kind?: Chosen): Promise<boolean>;
	/** Whether it could be kept. */
	hideAccount(account: Required<Account>, hidden: boolean): Promise<boolean>;
}

export type Feed = ReturnType<typeof openFeed>;

/** Judges the posts of one page that answer somebody. What it knows ends with it. */
export function openFeed(page: FeedPage, parts: FeedParts) {
	const {covers} = parts;
	const {focalId, surface} = page;
	/** Whether every post there answers somebody. */
	const isAllAnswers = surface === undefined || surface === 'quotes' || surface === 'notifications';
	const thread = openThread(focalId);
	const readings = openReadings(parts.viewer);
	const known = new Map<string, Known>();
	const names = nameQuestions();
	/** The posts on the page at the last look that may be judged, with the keys of what is judged of them. */
	let standing = new Map<HTMLElement, string[]>();
	/** Those on the way, by the key of their subject. */
	const asking = new Map<string, Known>();
	let focalText: string | undefined;
	let focalHandle: string | undefined;
	/** The topmost post above the focal one that was seen, with which the conversation began, and its author. */
	let firstId: string | undefined;
	let firstHandle: string | undefined;
	// What was made of a post at the last look serves while what it was made from is the same.
	const wholes = memoise<Whole>();
	const worded = memoise<boolean>();
	const subjects = memoise<Subject>();
	/** Since when there are cells and no post that can be read, in milliseconds since 1970. */
	let blindSince: number | undefined;
	/** Replies at the last look in which no words could be read. */
	let mute = 0;
	let closed = false;
	let frame = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;
	let release: ReturnType<typeof setTimeout> | undefined;
	// Told right after the browser has laid out the page: measuring costs nothing then.
	const nearness = openNearness(askForNearest);

	function isPaused(): boolean {
		const state = parts.state();
		if (state === undefined) return true;
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
		if (closed) return;
		readings.forget(touched);
		const {places, focal} = thread.survey(document, idOf);
		if (focal !== undefined) {
			focalText = readings.of(focal).context();
			focalHandle = readings.of(focal).handle();
		}
		noteFirst(places);
		const before = standing;
		standing = new Map();
		if (!isAtWork()) {
			covers.clearAll();
			for (const post of before.keys()) nearness.leave(post);
			cancelAll();
			return;
		}
		const wishes: Wish[] = [];
		mute = 0;
		for (const [post, stand] of places) wishes.push(...visitSafely(post as HTMLElement, stand));
		noteBlindness(places);
		covers.present(wishes, parts.language());
		for (const post of before.keys()) if (!standing.has(post)) nearness.leave(post);
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
		look(readings.changed());
	}

	function idOf(article: Element): string | undefined {
		return readings.of(article).id();
	}

	/** X may show posts further above only later: what stands above the first one known takes its place. */
	function noteFirst(places: Map<Element, Stand>): void {
		const above = [...places].filter(([, {place}]) => place === 'above');
		const [first] = above;
		const isHigher = firstHandle === undefined || above.findIndex(([, {id}]) => id === firstId) > 0;
		if (first === undefined || !isHigher) return;
		firstId = first[1].id;
		firstHandle = readings.of(first[0]).handle();
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
		const found = place === 'below' ? readings.of(article).found() : undefined;
		if (isMute(found)) mute += 1;
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
		const wishes = [wishForPost(article, post, stand, told), wishForQuote(article, post, stand, told)];
		return wishes.flatMap(wish => wish ?? []);
	}

	/** Takes off every cover on a post and in it. */
	function uncover(article: HTMLElement): void {
		covers.clear(article);
		for (const part of covers.within(article)) covers.clear(part);
	}

	/** Whether a cover there belongs to another post. */
	function isReused(article: HTMLElement, id: string | undefined): boolean {
		return [article, ...covers.within(article)].some(element => {
			const covered = covers.idOn(element);
			return covered !== undefined && covered !== id && covered !== id + QUOTE;
		});
	}

	/** Whether the post, or what it quotes, is covered by a verdict, and not only held back. */
	function holdsVerdict(article: HTMLElement, id: string): boolean {
		return [article, ...covers.within(article)].some(
			element => [id, id + QUOTE].includes(covers.idOn(element) ?? '') && !covers.isHeld(element),
		);
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
		const {id, handle, context} = readings.of(article);
		return factsOf(id(), handle())?.protected ? undefined : context();
	}

	/** The post that the page is about, also when X shows it no more. */
	function focalParent(): Parent | undefined {
		if (focalText === undefined || factsOf(focalId, focalHandle)?.protected) return undefined;
		return toParent(focalId, focalHandle, focalText);
	}

	/** Whether there is a reason to judge a post: in a timeline one that answers or quotes somebody. */
	function isAddressed(post: Post, stand: Stand, told: TapFacts | undefined): boolean {
		return isAnswer(post, stand, told) || post.quote !== undefined;
	}

	/** Whether a post answers somebody. In a timeline: X shows or tells it to, or it names the reader. */
	function isAnswer(post: Post, {previous}: Stand, told: TapFacts | undefined): boolean {
		const viewer = parts.viewer();
		return (
			isAllAnswers ||
			told?.parentId !== undefined ||
			post.answering.length > 0 ||
			(viewer !== undefined && post.mentions.includes(viewer)) ||
			(previous !== undefined && readings.of(previous).leads())
		);
	}

	/**
	 * Whether somebody goes on with what they began: the author of the conversation, or in a timeline of the post that
	 * is answered. It may be the one who tells what happened to her.
	 */
	function isOwnThread(post: Post, told: TapFacts | undefined, parent: Parent | undefined): boolean {
		const first = told?.conversationId === undefined ? undefined : parts.tap.about(told.conversationId);
		const owner = surface === undefined ? firstHandle : parent?.handle;
		return [first?.handle, owner].includes(post.handle);
	}

	function wishForPost(
		article: HTMLElement,
		post: Post,
		stand: Stand,
		told: TapFacts | undefined,
	): Wish | undefined {
		const whole = wholes(post, [told?.text], () => wholeTextOf(post, told));
		if (!whole.hasWords) {
			covers.clear(article);
			return undefined;
		}
		const account = toAccount(post.handle, told?.accountId ?? post.accountId);
		const parent = findParent(post, stand, told);
		const foundOn = parts.address();
		const from = [told, whole, parent?.id, parent?.handle, parent?.text, foundOn];
		const subject = subjects(post, from, () => ({
			...whole,
			key: post.id,
			context: parent?.text,
			account,
			saved: toSave(post, account, whole, parent, foundOn),
		}));
		const follows = told?.following ?? post.follows;
		return wishFor(article, article, 'post', subject, {
			listed: isAnswer(post, stand, told) && !follows ? onLists(account) : undefined,
			trusted: isTrusted(account, follows),
			focalAuthor: surface === undefined && post.handle === focalHandle,
			aside: !isAnswer(post, stand, told) || isOwnThread(post, told, parent),
			beneath: parent?.id !== undefined && isHidden(parent.id),
		});
	}

	/** The quoted post is judged by itself, where it is neither the disclosure nor the reader's own. */
	function wishForQuote(
		article: HTMLElement,
		post: Post,
		stand: Stand,
		toldOfPost: TapFacts | undefined,
	): Wish | undefined {
		const {quote} = post;
		const key = post.id + QUOTE;
		// What was a quoted post in an element that X uses again may be none now.
		for (const part of covers.within(article)) if (covers.idOn(part) !== key) covers.clear(part);
		if (quote === undefined) return undefined;
		const {handle} = quote;
		const toldId = quote.id ?? toldOfPost?.quotedId;
		const told = factsOf(toldId, handle);
		if (
			handle === undefined ||
			[focalHandle, firstHandle, parts.viewer()].includes(handle) ||
			quote.protected ||
			told?.protected ||
			surface === 'quotes' ||
			!isAnswer(post, stand, toldOfPost) ||
			!worded(quote, [], () => holdsWords(quote.text))
		) {
			covers.clear(quote.element);
			return undefined;
		}
		const account = toAccount(handle, told?.accountId);
		const context = focalParent()?.text;
		const foundOn = parts.address();
		const id = told === undefined ? quote.id : toldId;
		const subject = subjects(quote, [told, id, context, foundOn], () => ({
			key,
			text: quote.text,
			partial: quote.partial,
			translated: false,
			context,
			account,
			saved: toSaveQuote(post, quote, id, account, foundOn),
		}));
		return wishFor(article, quote.element, 'quote', subject, {
			trusted: isTrusted(account, told?.following),
			focalAuthor: false,
			aside: false,
			beneath: false,
		});
	}

	function wishFor(
		article: HTMLElement,
		element: HTMLElement,
		of: Wish['of'],
		subject: Subject,
		where: Pick<Facts, 'trusted' | 'focalAuthor' | 'aside' | 'beneath' | 'listed'>,
	): Wish | undefined {
		const {key} = subject;
		const held = know(subject, covers.idOn(element) === key);
		const {partial, translated, account} = held.subject;
		const own = parts.state()?.listed?.[account.accountId ?? ''];
		const listed = own ?? where.listed;
		held.exempt = where.trusted || where.focalAuthor || own?.tier === 'hide';
		standing.set(article, [...(standing.get(article) ?? []), key]);
		nearness.watch(article);
		const decision = decide({...where, partial, translated, verdict: held.verdict, listed}, parts.settings());
		held.decision = decision;
		if (isHiding(decision)) parts.noteHidden(key);
		const {numbers, discreet, holdBack} = parts.settings();
		const wish = {element, id: key, of, sample: () => textElement(article), numbers, discreet};
		if (held.verdict === undefined && decision.act === 'show' && isWaiting(held)) {
			// Uncovered for as long as it is asked about here, it would flash.
			if (held.coveredBefore) return undefined;
			if (holdBack) return {...wish, decision: {act: 'hold'}};
		}
		return {...wish, decision};
	}

	/** What public lists say about who wrote an answer. Whoever reads may be on one, and is known first. */
	function onLists({accountId}: Account): Listed | undefined {
		const on = accountId === undefined || !parts.isViewerKnown() ? undefined : parts.listed(accountId);
		return on && {...on, source: 'list'};
	}

	function isHidden(id: string): boolean {
		const held = known.get(id);
		return held !== undefined && isHiding(held.decision) && !covers.isShown(id);
	}

	function isTrusted(account: Account, follows: boolean | undefined): boolean {
		if (follows === true && parts.settings().showFollowed) return true;
		return parts.state()?.people.some(person => isSame(person, account)) ?? false;
	}

	/** The post that this one answers, as far as its text is known: told by X, joined to it by a line, or focal. */
	function findParent(post: Post, {previous, place}: Stand, told: TapFacts | undefined): Parent | undefined {
		const parentId = told?.parentId;
		const parent = parentId === undefined ? undefined : parentOf(parentId);
		if (parent !== undefined) return parent;
		if (previous !== undefined && (parentId === undefined || idOf(previous) === parentId)) {
			const isParent = parentId !== undefined || readings.of(previous).leads();
			const text = isParent ? openText(previous) : undefined;
			if (text !== undefined) return toParent(idOf(previous), readings.of(previous).handle(), text);
		}
		// X has told of another post than those we could take for it.
		if (parentId !== undefined) return undefined;
		// What stands above the focal post does not answer it.
		if (surface === undefined) return place === 'below' ? focalParent() : undefined;
		const {quote} = post;
		if (quote === undefined || quote.protected) return undefined;
		return toParent(quote.id, quote.handle, quote.text);
	}

	/** The post of that id, where we know what it says. */
	function parentOf(id: string): Parent | undefined {
		if (id === focalId) return focalParent();
		const told = parts.tap.about(id);
		if (told?.protected) return undefined;
		const held = known.get(id);
		if (held !== undefined) return toParent(id, held.subject.account.handle, held.subject.text);
		return told?.text === undefined ? undefined : toParent(id, told.handle, told.text);
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
		if (before !== undefined) cancelAsked(held => held === before);
		return fresh;
	}

	/**
	 * Whether other words of the same post are to be judged in place of those known. The whole is not given up for its
	 * beginning, nor what was written for its translation, and where the post stands on the page twice, they agree on
	 * one: else each look would ask anew.
	 */
	function isBetter(found: Subject, before: Subject): boolean {
		const isTwin = standingKeys().includes(found.key);
		return isTwin ? worth(found) > worth(before) : worth(found) >= worth(before);
	}

	/** Forgets the posts that were seen longest ago, of those that X does not show. */
	function prune(): void {
		if (known.size <= REMEMBERED) return;
		const seen = new Set(standingKeys());
		for (const key of known.keys()) {
			if (known.size <= REMEMBERED) return;
			if (!seen.has(key)) known.delete(key);
		}
	}

	function standingKeys(): string[] {
		return [...standing.values()].flat();
	}

	/** X's pages may have changed so that posts cannot be found in them any more. */
	function noteBlindness(places: Map<Element, Stand>): void {
		const found = [...places].filter(([, {id}]) => id !== undefined);
		const replies = found.filter(([, {place}]) => place === 'below');
		const isEmpty = found.length === 0 && hasArticles(document);
		const areMute = replies.length >= MUTE_FROM && mute === replies.length;
		if (focalId !== undefined && (isEmpty || areMute)) blindSince ??= Date.now();
		else blindSince = undefined;
	}

	/** Of what X shows no more, and of what turned out to be never covered. */
	function cancelUnwanted(): void {
		const seen = new Set(standingKeys());
		cancelAsked(({exempt, subject}) => exempt || !seen.has(subject.key));
	}

	function cancelAll(): void {
		cancelAsked(() => true);
	}

	function cancelAsked(isUnwanted: (held: Known) => boolean): void {
		const asks: string[] = [];
		for (const [key, held] of asking) {
			if (held.asked === undefined || !isUnwanted(held)) continue;
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
				const unjudged = keys.flatMap(key => known.get(key) ?? []).filter(held => isOpen(held, now));
				const distance = unjudged.length > 0 ? nearness.distance(article) : undefined;
				return distance === undefined ? [] : [{unjudged, distance}];
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
			const answer = await parts.ask({kind: 'score', ask: name, text, context});
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
				const isOver = held.verdict?.source === 'model' && answer.refusal !== 'cancelled';
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
		const ends = standingKeys()
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
			look(new Set());
		});
	}

	/** Looks and asks no more. What is covered stays as it is. */
	function stop(): void {
		closed = true;
		nearness.close();
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
		isPausedHere: () => focalId !== undefined && parts.state()?.pausedThreads.includes(focalId) === true,
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
			const account = toAccount(post.handle, told?.accountId ?? post.accountId);
			const parent = findParent(post, stand, told);
			return toSave(post, account, wholeTextOf(post, told), parent, parts.address());
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
			const kept = parts.fine(held.subject);
			cancelAsked(asked => asked === held);
			held.verdict = {action: 'show', partial: false, source: 'reader'};
			look(new Set());
			return kept;
		},
		async save(key: string): Promise<SaveAnswer> {
			const held = known.get(key);
			if (held === undefined) return {ok: false, problem: 'failed'};
			return parts.save(withVerdict(held));
		},
		async report(key: string): Promise<boolean> {
			const held = known.get(key);
			return held !== undefined && parts.report(withVerdict(held));
		},
		/** What is to be told about it, if anything. */
		async hideAccount(key: string, hidden: boolean): Promise<'number_unknown' | 'choose_failed' | false> {
			const {accountId, handle} = known.get(key)?.subject.account ?? {};
			// A handle can change hands: who is hidden for good is known by number.
			if (accountId === undefined || handle === undefined) return 'number_unknown';
			return (await parts.hideAccount({accountId, handle}, hidden)) ? false : 'choose_failed';
		},
		/** What public lists tell about who wrote it. */
		async details(key: string): Promise<Detail[] | undefined> {
			const {accountId} = known.get(key)?.subject.account ?? {};
			return accountId === undefined ? undefined : parts.details(accountId);
		},
		stop,
		close() {
			stop();
			cancelAll();
			covers.forget();
		},
	};
}

function isMute(found: Extraction | undefined): boolean {
	if (found === undefined) return false;
	return found.state === 'retry' || (found.state === 'skip' && found.because === 'no-words');
}

function isOpen(held: Known, now: number): boolean {
	const isWanted = held.verdict === undefined || held.stale;
	return isWanted && !held.exempt && held.asked === undefined && now >= held.notBefore;
}

/** Whether an answer may still come before it has to be shown. */
function isWaiting({exempt, holdUntil}: Known): boolean {
	return !exempt && Date.now() < holdUntil;
}

function isHiding({act}: Decision): boolean {
	return act === 'hide' || act === 'out';
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
			...(decision.lists === undefined ? {} : {lists: decision.lists}),
			shown: covers.isShown(subject.key),
			post: withVerdict(held),
		},
	];
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
