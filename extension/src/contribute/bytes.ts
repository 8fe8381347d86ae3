/** Bytes as base64, as the service takes them. */
export function toBase64(bytes: Uint8Array): string {
	let text = '';
	// In parts: a call takes only so many arguments.
	for (let at = 0; at < bytes.length; at += 8192)
		text += String.fromCharCode(...bytes.subarray(at, at + 8192));
	return btoa(text);
}

/** Raises an error for what is no base64. */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(text), one => one.charCodeAt(0));
}

/** As it can stand in an address or a header: no padding, no other characters. */
export function toBase64Url(bytes: Uint8Array): string {
	return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Undefined for what has not that form, also where it only says the same bytes in another way. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
	if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
	const bytes = fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
	return toBase64Url(bytes) === text ? bytes : undefined;
}

export function toHex(bytes: Uint8Array): string {
	return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** SHA-256 of a post's words, as NFC in UTF-8 and without space around them, in hex. */
export async function hashWords(text: string): Promise<string> {
	return toHex(await sha256(new TextEncoder().encode(text.toWellFormed().normalize('NFC').trim())));
}
