import {fromBase64, fromBase64Url, sha256, toBase64, toBase64Url, toHex} from './bytes.js';
import {isDay, isNumber, isRecord, textOf, today} from './forms.js';
import type {Tier} from './mine.js';

/** What friends share. */
export interface SquadContent {
	name: string;
	/** By account number. */
	accounts: Record<string, {tier: Tier; since: string}>;
}

/** What is made of an invitation. The server gets the first two, never the key. */
export interface SquadKeys {
	id: string;
	secret: string;
	key: CryptoKey;
}

export const MOST_NAME = 60;
const PREFIX = 'squad1-';
/** Bytes of a sealed box: all squads look like one of these, and the server takes no larger one. */
export const SIZES = [4096, 16_384, 65_536, 196_608] as const;
const IV = 12;
const TAG = 16;
/** The length of the text before it, in bytes. */
const HEAD = 4;

/** A code that is none, or a box that this code does not open. */
export class WrongCode extends Error {
	override name = 'WrongCode';
}

/** There is no room for so many accounts. */
export class SquadFull extends Error {
	override name = 'SquadFull';
}

/** A new invitation: the squad's key, and four bytes by which a mistake is noticed. */
export async function makeCode(): Promise<string> {
	const key = crypto.getRandomValues(new Uint8Array(32));
	return PREFIX + toBase64Url(new Uint8Array([...key, ...(await sha256(key)).subarray(0, 4)]));
}

/** The code in what somebody pasted, in its one form. Raises WrongCode. */
export async function readCode(typed: string): Promise<string> {
	const code = typed.replace(/\s+/g, '');
	await readKey(code);
	return code;
}

async function readKey(code: string): Promise<Uint8Array<ArrayBuffer>> {
	const bytes = code.startsWith(PREFIX) ? fromBase64Url(code.slice(PREFIX.length)) : undefined;
	if (bytes?.length !== 36) throw new WrongCode();
	const key = bytes.slice(0, 32);
	const check = (await sha256(key)).subarray(0, 4);
	if (check.some((byte, index) => byte !== bytes[32 + index])) throw new WrongCode();
	return key;
}

/** Id, write secret and key, each derived by HKDF with a purpose of its own. Raises WrongCode. */
export async function deriveKeys(code: string): Promise<SquadKeys> {
	const root = await crypto.subtle.importKey('raw', await readKey(code), 'HKDF', false, [
		'deriveBits',
		'deriveKey',
	]);
	const how = (purpose: string) => ({
		name: 'HKDF',
		hash: 'SHA-256',
		salt: new Uint8Array(),
		info: new TextEncoder().encode(`panah squad 1 ${purpose}`),
	});
	const bits = async (purpose: string, length: number) =>
		new Uint8Array(await crypto.subtle.deriveBits(how(purpose), root, length));
	const [id, secret, key] = await Promise.all([
		bits('id', 128),
		bits('secret', 256),
		crypto.subtle.deriveKey(how('box'), root, {name: 'AES-GCM', length: 256}, false, ['encrypt', 'decrypt']),
	]);
	return {id: toHex(id), secret: toBase64Url(secret), key};
}

/** Seals what friends share, as the version of that number: an older box cannot be passed off as a newer one. */
export async function seal({id, key}: SquadKeys, content: SquadContent, version: number): Promise<string> {
	const text = new TextEncoder().encode(JSON.stringify(content));
	const size = SIZES.find(one => one - IV - TAG - HEAD >= text.length);
	if (size === undefined) throw new SquadFull();
	const plain = new Uint8Array(size - IV - TAG);
	new DataView(plain.buffer).setUint32(0, text.length);
	plain.set(text, HEAD);
	const iv = crypto.getRandomValues(new Uint8Array(IV));
	const sealed = await crypto.subtle.encrypt(cipher(iv, id, version), key, plain);
	return toBase64(new Uint8Array([...iv, ...new Uint8Array(sealed)]));
}

/** Opens a box. Raises WrongCode for one that was sealed with another code, as another version, or changed. */
export async function open({id, key}: SquadKeys, box: string, version: number): Promise<SquadContent> {
	try {
		const bytes = fromBase64(box);
		const plain = await crypto.subtle.decrypt(cipher(bytes.slice(0, IV), id, version), key, bytes.slice(IV));
		const length = new DataView(plain).getUint32(0);
		return readContent(JSON.parse(new TextDecoder().decode(plain.slice(HEAD, HEAD + length))));
	} catch (cause) {
		throw new WrongCode('This box cannot be opened.', {cause});
	}
}

function cipher(iv: Uint8Array<ArrayBuffer>, id: string, version: number) {
	return {name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(`${id} ${version}`)};
}

/** Each part that is missing or unreadable left out: friends may have another version of this. */
export function readContent(value: unknown): SquadContent {
	const {name, accounts} = isRecord(value) ? value : {};
	const entries = Object.entries(isRecord(accounts) ? accounts : {}).flatMap(([id, one]) =>
		isNumber(id) && isRecord(one)
			? [
					[
						id,
						{
							tier: one.tier === 'flag' ? ('flag' as const) : ('hide' as const),
							since: isDay(one.since) ? one.since : today(0),
						},
					] as const,
				]
			: [],
	);
	return {name: textOf(name, MOST_NAME), accounts: Object.fromEntries(entries)};
}

/** What `mine` changed since `base`, done to `theirs`. Of two changes to one account, the one of `mine` counts. */
export function merge(base: SquadContent, mine: SquadContent, theirs: SquadContent): SquadContent {
	const accounts = {...theirs.accounts};
	for (const id of new Set([...Object.keys(base.accounts), ...Object.keys(mine.accounts)])) {
		const [was, is] = [base.accounts[id], mine.accounts[id]];
		if (is === undefined) {
			if (was !== undefined) delete accounts[id];
		} else if (was?.tier !== is.tier) accounts[id] = is;
	}
	return {name: mine.name === base.name ? theirs.name : mine.name, accounts};
}

/** Whether both hold the same. */
export function isSameContent(a: SquadContent, b: SquadContent): boolean {
	const ids = Object.keys(a.accounts);
	return (
		a.name === b.name &&
		ids.length === Object.keys(b.accounts).length &&
		ids.every(id => a.accounts[id]?.tier === b.accounts[id]?.tier)
	);
}
