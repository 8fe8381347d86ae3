/** The most characters (Unicode code points) of one text that leave the browser; the service reads no more. */
export const MAX_CHARACTERS = 4000;

// Marks that steer the direction of text, and tatweel, which only stretches a word: both can disguise the same
// words. Zero-width non-joiner stays, since Urdu spelling needs it.
const INVISIBLE = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\u0640]/g;
// Bounded as addresses are: on a very long word an open pattern would begin anew at each letter.
const EMAIL = /[\w.+-]{1,64}[@＠][\w-]{1,63}(?:\.[\w-]{1,63})+/g;
const MENTION = /[@＠]\w{1,20}/g;
// Printable ASCII only, since Urdu may follow a link without a space.
const LINK = /(?:https?:\/\/|\bwww\.|\bt\.co\/|\bpic\.(?:twitter|x)\.com\/)[\x21-\x7e]*/gi;

/** Units that are looked at: enough for MAX_CHARACTERS of any text that is not links for the most part. */
const MAX_RAW = 6 * MAX_CHARACTERS;

export interface Prepared {
	text: string;
	/** The text was longer than MAX_CHARACTERS and is cut. */
	cut: boolean;
}

/** The form in which a text may be sent: people and links masked, NFC, spaces joined, length capped. */
export function prepare(raw: string): Prepared {
	const text = raw
		.slice(0, MAX_RAW)
		.toWellFormed()
		.replace(INVISIBLE, '')
		.normalize('NFC')
		.replace(LINK, 'URL')
		.replace(EMAIL, '@user')
		.replace(MENTION, '@user')
		.replace(/[^\S\n]+/g, ' ')
		.replace(/ ?\n\s*/g, '\n')
		.trim();
	// A code point takes at most two units, so anything this short needs no counting.
	const cut = raw.length > MAX_RAW;
	if (text.length <= MAX_CHARACTERS) return {text, cut};
	const characters = [...text];
	if (characters.length <= MAX_CHARACTERS) return {text, cut};
	return {text: characters.slice(0, MAX_CHARACTERS).join('').trim(), cut: true};
}

/** Whether anything is left to read once masks are taken away. */
export function hasWords(prepared: string): boolean {
	return /[\p{L}\p{N}\p{Extended_Pictographic}]/u.test(prepared.replace(/@user|\bURL\b/g, ''));
}

/** SHA-256 of the parts as hex. The parts cannot run into each other: they are hashed as a JSON list. */
export async function digest(parts: readonly string[]): Promise<string> {
	const bytes = new TextEncoder().encode(JSON.stringify(parts));
	const hash = await crypto.subtle.digest('SHA-256', bytes);
	return Array.from(new Uint8Array(hash), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** What a reader's or friend's mark is kept by: the same for every reply with the same masked text. */
export function markKey(raw: string): Promise<string> {
	return digest([prepare(raw).text]);
}
