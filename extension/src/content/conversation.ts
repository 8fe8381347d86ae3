import {decide} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import type {ScoreAnswer, ScoreRequest} from '../core/messages.js';
import type {Settings} from '../core/settings.js';
import type {Verdict} from '../core/verdicts.js';
import type {Covers} from '../present/covers.js';
import {extract, type Reply, readContext, textElement} from '../x/extract.js';
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
	let context: string | undefined;
	let closed = false;
	let frame = 0;

	// One screen ahead of the reader in both directions.
	const near = new Set<Element>();
	const nearness = new IntersectionObserver(
		entries => {
			for (const {target, isIntersecting} of entries) {
				if (isIntersecting) near.add(target);
				else near.delete(target);
			}
			askForNearest();
		},
		{rootMargin: '100% 0px'},
	);

	/** Looks at every post X shows at present, and makes the page agree with what is known. */
	function look(): void {
		const {places, focal} = thread.survey(document);
		if (focal !== undefined) context = readContext(focal);
		const before = standing;
		standing = new Map();
		for (const [post, {place, id}] of places) visit(post as HTMLElement, place, id);
		for (const post of before.keys()) if (!standing.has(post)) leave(post);
		covers.tend();
		cancelUnseen();
		askForNearest();
	}

	function visit(article: HTMLElement, place: Place, id: string | undefined): void {
		const isCoveredHere = id !== undefined && covers.idOn(article) === id;
		// Until more is known, the cover that is there was put with a verdict about the same reply.
		if (place === 'unknown' && isCoveredHere) return;
		const found = place === 'below' ? extract(article, parts.viewer()) : undefined;
		if (found?.state === 'retry' && isCoveredHere) return;
		if (found?.state !== 'ok') {
			covers.clear(article);
			return;
		}
		const {reply} = found;
		standing.set(article, reply);
		nearness.observe(article);
		const facts = know(reply);
		// X reuses elements: a cover here may belong to the reply that stood here before.
		if (!isCoveredHere) covers.clear(article);
		if (facts.verdict !== undefined || !parts.settings().enabled) show(article, reply, facts);
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

	function show(article: HTMLElement, reply: Reply, {verdict, partial}: Known): void {
		const seen = verdict && {...verdict, partial: verdict.partial || partial};
		const decision = decide(seen, parts.settings());
		covers.present({article, id: reply.id, sample: textElement(article)}, decision, parts.language());
	}

	function leave(post: HTMLElement): void {
		nearness.unobserve(post);
		near.delete(post);
	}

	function cancelUnseen(): void {
		const seen = new Set([...standing.values()].map(reply => reply.id));
		const asks: string[] = [];
		for (const [id, facts] of known) {
			if (facts.asked === undefined || seen.has(id)) continue;
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
				const facts = near.has(article) ? known.get(id) : undefined;
				return facts && isOpen(facts, now) ? [{facts, distance: distanceFromView(article)}] : [];
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
		else askForNearest();
	}

	/** Looks once for all answers that come before the next frame. */
	function lookSoon(): void {
		frame ||= requestAnimationFrame(() => {
			frame = 0;
			look();
		});
	}

	return {
		look,
		/** Earlier verdicts no longer count: the settings or the server changed. */
		askAnew() {
			for (const facts of known.values()) {
				if (facts.asked !== undefined) parts.cancel([facts.asked]);
				Object.assign(facts, {stale: true, asked: undefined, notBefore: 0});
			}
			askForNearest();
		},
		/** The server answers again. */
		askUnanswered() {
			for (const facts of known.values()) facts.notBefore = 0;
			askForNearest();
		},
		close() {
			closed = true;
			nearness.disconnect();
			cancelAnimationFrame(frame);
			const asks = [...known.values()].flatMap(facts => facts.asked ?? []);
			if (asks.length > 0) parts.cancel(asks);
			covers.forget();
		},
	};
}

function isOpen(facts: Known, now: number): boolean {
	return (facts.verdict === undefined || facts.stale) && facts.asked === undefined && now >= facts.notBefore;
}

/** Pixels between a post and the middle of the window. */
function distanceFromView(article: Element): number {
	const {top, bottom} = article.getBoundingClientRect();
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
