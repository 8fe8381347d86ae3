import {hasWords, MAX_CHARACTERS, prepare} from '../core/text.js';
import {checkPost, type TapPost} from '../tap/read.js';

/**
 * What X's own answers said about a post, if it was X that spoke. To be used only for a post that stands on the page
 * under the same id and handle.
 */
export type TapFacts = Omit<TapPost, 'id'>;

/** UTF-16 units of one message. */
const MAX_MESSAGE = 2_000_000;
const MAX_POSTS = 200;
const MAX_KNOWN = 5_000;

export type Tap = ReturnType<typeof openTap>;

/**
 * Listens to tap/main.ts, which runs among the page's scripts. They can see and forge all of it, so nothing of it is
 * trusted, and none of it is kept longer than the page. `onPosts` gets the ids about which there is something new.
 */
export function openTap(onPosts: (ids: string[]) => void, signal: AbortSignal) {
	const known = new Map<string, TapFacts>();
	let channel: string | undefined;
	let said: string | undefined;

	function enable(): void {
		if (channel !== undefined || signal.aborted) return;
		channel = crypto.randomUUID();
		document.addEventListener(channel, hear);
		say(`on:${channel}`);
	}

	/** Forgets everything. Said also where nothing was enabled: the tap stops waiting. */
	function disable(): void {
		if (channel !== undefined) document.removeEventListener(channel, hear);
		channel = undefined;
		known.clear();
		say('off');
	}

	function say(detail: string): void {
		said = detail;
		document.dispatchEvent(new CustomEvent('panah-tap', {detail}));
	}

	/** The tap may start after the settings were read. */
	function repeat(event: Event): void {
		if ((event as CustomEvent).detail === 'ready' && said !== undefined) say(said);
	}

	function hear(event: Event): void {
		const ids = new Set<string>();
		for (const {id, ...facts} of readMessage((event as CustomEvent).detail)) {
			const before: TapFacts = known.get(id) ?? {};
			// Put in anew, so that the oldest stand first.
			known.delete(id);
			const now = merge(before, facts);
			known.set(id, now);
			const names = Object.keys(now) as Array<keyof TapFacts>;
			if (names.some(name => now[name] !== before[name])) ids.add(id);
		}
		for (const id of known.keys()) {
			if (known.size <= MAX_KNOWN) break;
			known.delete(id);
		}
		if (ids.size > 0) onPosts([...ids]);
	}

	document.addEventListener('panah-tap', repeat, {signal});
	if (signal.aborted) disable();
	else signal.addEventListener('abort', disable, {once: true});

	/** The accounts that the reader follows, by number, of those that X told about. */
	function followed(): string[] {
		const ids = [...known.values()].flatMap(({following, accountId}) => (following && accountId) || []);
		return [...new Set(ids)];
	}

	return {enable, disable, followed, about: (id: string): TapFacts | undefined => known.get(id)};
}

/** What is newer counts, but a whole text is not given up for its beginning: not all answers of X hold the whole. */
function merge(before: TapFacts, facts: TapFacts): TapFacts {
	const now = {...before, ...facts};
	if (before.text !== undefined && facts.text !== undefined && before.text !== facts.text) {
		if (letters(before.text).startsWith(letters(facts.text))) now.text = before.text;
	}
	return now;
}

/** The posts in a message; none where its form is not the agreed one. */
function readMessage(message: unknown): TapPost[] {
	if (typeof message !== 'string' || message.length > MAX_MESSAGE) return [];
	let given: unknown;
	try {
		given = JSON.parse(message);
	} catch {
		return [];
	}
	if (!Array.isArray(given) || given.length > MAX_POSTS) return [];
	return given.map(checkPost).filter(post => post !== undefined);
}

/**
 * The whole text of a post of which the page shows only the beginning: `told`, if what is shown is a beginning of it
 * and it goes on. Undefined otherwise: then what the page shows counts. Not for translated posts: see original().
 */
export function wholeText(shown: string, partial: boolean, told: string | undefined): string | undefined {
	if (!partial || told === undefined) return undefined;
	const beginning = letters(shown);
	const whole = letters(told);
	const goesOn = beginning !== '' && whole.length > beginning.length && whole.startsWith(beginning);
	return goesOn ? told : undefined;
}

/**
 * What the author wrote, where the page shows a translation: `told`, if there are words in it. Nothing on the page
 * confirms it, so the caller has to make sure that the page shows the post under the same id AND the same handle.
 * Whoever could forge both could as well have changed the page.
 */
export function original(told: string | undefined): string | undefined {
	return told !== undefined && hasWords(prepare(told.slice(0, MAX_CHARACTERS)).text) ? told : undefined;
}

/**
 * Letters and digits only. The page and X's answers write links, mentions, emoji and spaces differently, and a text can
 * be cut in the midst of a letter with marks. Of a very long text the beginning: X shows the beginning of far less.
 */
function letters(text: string): string {
	const start = text.slice(0, MAX_CHARACTERS);
	const masked = prepare(start.replace(/https?:\/\/t\.co\/\w+/gi, ' URL ')).text;
	return masked
		.replace(/@user|\bURL\b/g, '')
		.normalize('NFKD')
		.replace(/[^\p{L}\p{N}]/gu, '')
		.toLowerCase();
}
