import {type BareEvent, randomBytes} from './chain.js';

// With a passphrase, contents are sealed to a public key, so that saving needs no passphrase, and opened with a
// private key that the passphrase wraps. Binary values are kept as base64.

/** What is stored of a passphrase: enough to seal, and to open with the passphrase. */
export interface Lock {
	publicKey: string;
	/** The private key under the passphrase. */
	wrapped: string;
	iv: string;
	salt: string;
	iterations: number;
}

// OWASP's Password Storage Cheat Sheet, 2023, for PBKDF2 with SHA-256.
const ITERATIONS = 600_000;
const CURVE = {name: 'ECDH', namedCurve: 'P-256'};
const IV_BYTES = 12;
// A point of P-256, uncompressed: a byte that says so, and two numbers of 32 bytes.
const POINT_BYTES = 65;
const INFO = new TextEncoder().encode('evidence, version 1');

export async function makeLock(passphrase: string): Promise<Lock> {
	const pair = await crypto.subtle.generateKey(CURVE, true, ['deriveBits']);
	const publicKey = toBase64(await crypto.subtle.exportKey('raw', pair.publicKey));
	return wrap(pair.privateKey, publicKey, passphrase);
}

/** The private key; undefined for a wrong passphrase. It cannot be taken out of the browser's hands. */
export async function unlock(lock: Lock, passphrase: string): Promise<CryptoKey | undefined> {
	return unwrap(lock, passphrase, false);
}

/** The same keys under another passphrase; undefined when `current` is wrong. */
export async function rewrap(lock: Lock, current: string, next: string): Promise<Lock | undefined> {
	const key = await unwrap(lock, current, true);
	return key && wrap(key, lock.publicKey, next);
}

/** A text that only the private key opens, and only in this place of the chain. */
export async function seal(lock: Lock, place: BareEvent, text: string): Promise<string> {
	const recipient = fromBase64(lock.publicKey);
	const own = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
	const sender = new Uint8Array(await crypto.subtle.exportKey('raw', own.publicKey));
	const publicKey = await crypto.subtle.importKey('raw', recipient, CURVE, false, []);
	const key = await agree(own.privateKey, publicKey, sender, recipient);
	const iv = randomBytes(IV_BYTES);
	const bytes = new TextEncoder().encode(text);
	const sealed = await crypto.subtle.encrypt({name: 'AES-GCM', iv, additionalData: bound(place)}, key, bytes);
	return toBase64(join(sender, iv, new Uint8Array(sealed)));
}

/** What was sealed. Raises an OperationError when it was changed or belongs elsewhere. */
export async function openSealed(
	lock: Lock,
	privateKey: CryptoKey,
	place: BareEvent,
	sealed: string,
): Promise<string> {
	const bytes = fromBase64(sealed);
	const sender = bytes.slice(0, POINT_BYTES);
	const iv = bytes.slice(POINT_BYTES, POINT_BYTES + IV_BYTES);
	const publicKey = await crypto.subtle.importKey('raw', sender, CURVE, false, []);
	const key = await agree(privateKey, publicKey, sender, fromBase64(lock.publicKey));
	const text = await crypto.subtle.decrypt(
		{name: 'AES-GCM', iv, additionalData: bound(place)},
		key,
		bytes.slice(POINT_BYTES + IV_BYTES),
	);
	return new TextDecoder().decode(text);
}

/** The key of one message, out of a secret that both ends can compute. */
async function agree(
	privateKey: CryptoKey,
	publicKey: CryptoKey,
	sender: Uint8Array<ArrayBuffer>,
	recipient: Uint8Array<ArrayBuffer>,
): Promise<CryptoKey> {
	const secret = await crypto.subtle.deriveBits({name: 'ECDH', public: publicKey}, privateKey, 256);
	const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
	return crypto.subtle.deriveKey(
		{name: 'HKDF', hash: 'SHA-256', salt: join(sender, recipient), info: INFO},
		base,
		{name: 'AES-GCM', length: 256},
		false,
		['encrypt', 'decrypt'],
	);
}

async function wrap(privateKey: CryptoKey, publicKey: string, passphrase: string): Promise<Lock> {
	const salt = randomBytes(16);
	const iv = randomBytes(IV_BYTES);
	const key = await stretch(passphrase, salt, ITERATIONS);
	const wrapped = await crypto.subtle.wrapKey('pkcs8', privateKey, key, {
		name: 'AES-GCM',
		iv,
		// Nobody shall slip in another public key, to which new replies would be sealed.
		additionalData: fromBase64(publicKey),
	});
	return {
		publicKey,
		wrapped: toBase64(wrapped),
		iv: toBase64(iv),
		salt: toBase64(salt),
		iterations: ITERATIONS,
	};
}

async function unwrap(lock: Lock, passphrase: string, out: boolean): Promise<CryptoKey | undefined> {
	const key = await stretch(passphrase, fromBase64(lock.salt), lock.iterations);
	const means = {name: 'AES-GCM', iv: fromBase64(lock.iv), additionalData: fromBase64(lock.publicKey)};
	try {
		const wrapped = fromBase64(lock.wrapped);
		return await crypto.subtle.unwrapKey('pkcs8', wrapped, key, means, CURVE, out, ['deriveBits']);
	} catch (error) {
		if (error instanceof Error && error.name === 'OperationError') return undefined;
		throw error;
	}
}

async function stretch(
	passphrase: string,
	salt: Uint8Array<ArrayBuffer>,
	iterations: number,
): Promise<CryptoKey> {
	// Keyboards write the same letter in several ways.
	const bytes = new TextEncoder().encode(passphrase.normalize('NFC'));
	const base = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey']);
	return crypto.subtle.deriveKey(
		{name: 'PBKDF2', hash: 'SHA-256', salt, iterations},
		base,
		{name: 'AES-GCM', length: 256},
		false,
		['wrapKey', 'unwrapKey'],
	);
}

function bound({seq, hash}: BareEvent): Uint8Array<ArrayBuffer> {
	return new TextEncoder().encode(`${seq}:${hash}`);
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
	const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		joined.set(part, at);
		at += part.length;
	}
	return joined;
}

function toBase64(bytes: ArrayBuffer | Uint8Array): string {
	const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
	return btoa(Array.from(view, byte => String.fromCharCode(byte)).join(''));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
	return Uint8Array.from(atob(text), character => character.charCodeAt(0));
}
