import {type Decision, decide} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import type {ScoreAnswer, ScoreRequest} from '../core/messages.js';
import type {Settings} from '../core/settings.js';
import type {Verdict} from '../core/verdicts.js';
import type {Covers, Wish} from '../present/covers.js';
import {type Extraction, extract, type Reply, readContext, textElement} from '../x/extract.js';
import {openThread, type Place} from '../x/thread.js';

/** Questions on their way at once. The rest waits here, where the nearest can still go first. */
const ASKED_AT_ONCE = 64;

/** What we know of one reply, whether or not X shows it at present. */
interface Known {
	text: string;
	partial: boolean;
	verdict: Verdict | undefined;
	/** The verdict was given under other settings; it serves until the new one comes. */
	stale: boolean;
	/** The name of the question on its way. */
	asked: string | undefined;
	/** Not to be asked before this time, in milliseconds since 1970. */
	notBefore: number;
}

export interface ConversationParts {
	ask(request: ScoreRequest): Promise<ScoreAnswer>;
	cancel(asks: string[]): void;
	/** Told when the extension is gone, with what ask() raised. */
	onFault(fault: unknown): void;
	settings(): Settings;
	language(): Language;
	/** The handle of who is signed in. */
	viewer(): string | undefined;
	covers: Covers;
}

export type Conversation = ReturnType<typeof openConversation>;

/** Judges the replies of one conversation page. What it knows ends with it. */
export function openConversation(focalId: string, parts: ConversationParts) {
	const {covers} = parts;
	const thread = openThread(focalId);
	const known = new Map<string, Known>();
	const names = nameQuestions();
	/** The replies on the page at the last look. */
	let standing = new Map<HTMLElement, Reply>();
	/** What each post said when it was read last, for as long as it is not touched. */
	const readings = new WeakMap<Element, {id: string | undefined; found: Extraction}>();
	let context: string | undefined;
	let closed = false;
	let frame = 0;
	let timer: ReturnType<typeof setTimeout> | undefined;

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

	/**
	 * Looks at every post X shows at present, and makes the page agree with what is known. Posts are read again that
	 * are in `touched`, or all of them.
	 */
	function look(touched?: ReadonlySet<Element>): void {
		if (touched === undefined) covers.giveBackRoom();
		const {places, focal} = thread.survey(document);
		if (focal !== undefined) context = readContext(focal);
		const before = standing;
		standing = new Map();
		const wishes: Wish[] = [];
		for (const [post, {place, id}] of places) {
			if (touched === undefined || touched.has(post) || readings.get(post)?.id !== id) readings.delete(post);
			const wish = visit(post as HTMLElement, place, id);
			if (wish !== undefined) wishes.push(wish);
		}
		covers.present(wishes, parts.language());
		for (const post of before.keys()) if (!standing.has(post)) leave(post);
		covers.tend();
		cancelUnseen();
		askSoon();
	}

	/** What is to be done with a post that is a reply. Takes the cover off one that is none. */
	function visit(article: HTMLElement, place: Place, id: string | undefined): Wish | undefined {
		const isCoveredHere = id !== undefined && covers.idOn(article) === id;
		// Until more is known, the cover that is there was put with a verdict about the same reply.
		if (place === 'unknown' && isCoveredHere) return undefined;
		const found = place === 'below' ? read(article, id) : undefined;
		if (found?.state === 'retry' && isCoveredHere) return undefined;
		if (found?.state !== 'ok') {
			covers.clear(article);
			return undefined;
		}
		const {reply} = found;
		standing.set(article, reply);
		watch(article);
		const facts = know(reply);
		// X reuses elements: a cover here may belong to the reply that stood here before.
		if (!isCoveredHere) covers.clear(article);
		// Without a verdict there is nothing to do, unless Panah was switched off.
		if (facts.verdict === undefined && parts.settings().enabled) return undefined;
		return {article, id: reply.id, sample: () => textElement(article), decision: decideOn(facts)};
	}

	function read(article: HTMLElement, id: string | undefined): Extraction {
		const held = readings.get(article);
		if (held !== undefined) return held.found;
		const found = extract(article, parts.viewer());
		readings.set(article, {id, found});
		return found;
	}

	function know(reply: Reply): Known {
		const before = known.get(reply.id);
		if (before !== undefined && before.text === reply.text) {
			before.partial = reply.partial;
			return before;
		}
		// More of the text came into sight. What was said about its beginning serves until the whole is judged.
		const facts: Known = {
			text: reply.text,
			partial: reply.partial,
			verdict: before?.verdict,
			stale: true,
			asked: undefined,
			notBefore: 0,
		};
		known.set(reply.id, facts);
		if (before?.asked !== undefined) parts.cancel([before.asked]);
		return facts;
	}

	function decideOn({verdict, partial}: Known): Decision {
		return decide(verdict && {...verdict, partial: verdict.partial || partial}, parts.settings());
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

	function cancelUnseen(): void {
		const seen = new Set([...standing.values()].map(reply => reply.id));
		cancelAsked(id => !seen.has(id));
	}

	function cancelAll(): void {
		cancelAsked(() => true);
	}

	function cancelAsked(isUnwanted: (id: string) => boolean): void {
		const asks: string[] = [];
		for (const [id, facts] of known) {
			if (facts.asked === undefined || !isUnwanted(id)) continue;
			asks.push(facts.asked);
			facts.asked = undefined;
		}
		if (asks.length > 0) parts.cancel(asks);
	}

	function askForNearest(): void {
		if (closed || !parts.settings().enabled) return;
		const now = Date.now();
		const open = [...standing]
			.flatMap(([article, {id}]) => {
				const spot = spots.get(article);
				const facts = spot && near.has(spot) ? known.get(id) : undefined;
				return spot && facts && isOpen(facts, now) ? [{facts, distance: distanceFromView(spot)}] : [];
			})
			.sort((a, b) => a.distance - b.distance);
		let free = ASKED_AT_ONCE - [...known.values()].filter(facts => facts.asked !== undefined).length;
		for (const {facts} of open) {
			if (free <= 0) return;
			// Two posts on the page can be the same reply.
			if (facts.asked !== undefined) continue;
			free -= 1;
			void judge(facts);
		}
	}

	/** Asks for a verdict, and shows it if the same reply still stands somewhere. */
	async function judge(facts: Known): Promise<void> {
		const name = names();
		facts.asked = name;
		try {
			const request: ScoreRequest = {kind: 'score', ask: name, text: facts.text};
			const answer = await parts.ask(context === undefined ? request : {...request, context});
			// Another question about it, or none, is what counts by now.
			if (closed || facts.asked !== name) return;
			facts.asked = undefined;
			if (answer.ok) {
				facts.verdict = answer.verdict;
				facts.stale = false;
			} else {
				facts.notBefore = Date.now() + answer.retryIn;
			}
		} catch (fault) {
			parts.onFault(fault);
			return;
		}
		// The page may have changed in the meantime: look at what stands there now.
		if (facts.verdict !== undefined) lookSoon();
		else askSoon();
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

	return {
		look,
		/** Earlier verdicts no longer count: the settings or the server changed. */
		askAnew() {
			cancelAll();
			for (const facts of known.values()) Object.assign(facts, {stale: true, notBefore: 0});
			askForNearest();
		},
		/** Nobody reads any more: what was not sent yet shall not be. Reading on asks again. */
		rest: cancelAll,
		/** The server answers again. */
		askUnanswered() {
			for (const facts of known.values()) facts.notBefore = 0;
			askForNearest();
		},
		close() {
			closed = true;
			nearness.disconnect();
			cancelAnimationFrame(frame);
			clearTimeout(timer);
			cancelAll();
			covers.forget();
		},
	};
}

function isOpen(facts: Known, now: number): boolean {
	return (facts.verdict === undefined || facts.stale) && facts.asked === undefined && now >= facts.notBefore;
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
