import {isDay, isRecord, isUuid, textOf, today} from '../contribute/forms.js';
import {inTurn} from '../core/in-turn.js';
import {LABELS, type Label} from '../core/verdicts.js';
import {type Facts, KINDS, type Kind, readFacts} from './facts.js';

// What a reader tells a server about its verdicts. In storage.local lies what holds nobody's words: what the reader
// allowed, what is to be sent, and what was. Words are in storage.session, which is memory alone: they end with the
// browser.

/** How long it can be taken back before it is sent, in milliseconds. */
export const UNDO = 30_000;
/** 'without': marks are told without the reply's words. 'ask': the reader is asked each time. */
export const HOWS = ['never', 'without', 'ask'] as const;
export type How = (typeof HOWS)[number];
/** What a server answered that does not take what readers tell. */
export const REFUSALS = ['unsupported', 'refused', 'invalid'] as const;
export type Refused = (typeof REFUSALS)[number];

const MOST_ASKED = 50;
const MOST_TELLINGS = 200;
const MOST_RECEIPTS = 500;

/** As they would be sent: people and links masked. */
export interface Words {
	text: string;
	/** The post that the reply answers. */
	context?: string;
}

/** A mark that the reader has yet to say about whether it is told. */
export interface Asked extends Words {
	id: string;
	server: string;
	facts: Facts;
}

/** To be sent. Its words, if it has any, lie apart. */
export interface Telling {
	id: string;
	server: string;
	facts: Facts;
	/** Not before this time, in milliseconds since 1970. */
	at: number;
	/** How often in a row the server could not be reached. */
	tries: number;
	/** The server may have got it already. */
	tried: boolean;
	withWords: boolean;
}

/** What a server has. With the receipt, and nothing else, it can be deleted there. */
export interface Receipt {
	receipt: string;
	server: string;
	kind: Kind;
	label: Label;
	withWords: boolean;
	/** Day it was told, as YYYY-MM-DD. */
	day: string;
	/** Last day that the server keeps it. */
	keepUntil: string;
	/** It is to be deleted there: not before this time, and after so many tries. */
	deleting?: {at: number; tries: number};
}

/** What the reader allowed this server to be told. */
export async function loadHow(server: string): Promise<How> {
	const {tellHow} = await chrome.storage.local.get('tellHow');
	const how = isRecord(tellHow) ? tellHow[server] : undefined;
	return HOWS.find(one => one === how) ?? 'never';
}

/** Keeps what the reader allows. Without it, what was not sent yet is dropped. */
export async function saveHow(server: string, how: How): Promise<void> {
	await inTurn('tellHow', async () => {
		const {tellHow} = await chrome.storage.local.get('tellHow');
		await chrome.storage.local.set({tellHow: {...(isRecord(tellHow) ? tellHow : {}), [server]: how}});
	});
	if (how === 'never') await dropUnsent(server);
}

export async function loadAsked(): Promise<Asked[]> {
	const {asked} = await chrome.storage.session.get('asked');
	return Array.isArray(asked) ? asked.flatMap(readAsked) : [];
}

export async function loadTellings(): Promise<Telling[]> {
	const {tellings} = await chrome.storage.local.get('tellings');
	return Array.isArray(tellings) ? tellings.flatMap(readTelling) : [];
}

/** What servers still keep, as far as this browser knows. */
export async function loadReceipts(now = Date.now()): Promise<Receipt[]> {
	const {receipts} = await chrome.storage.local.get('receipts');
	const kept = Array.isArray(receipts) ? receipts.filter(isReceipt) : [];
	return kept.filter(({keepUntil}) => keepUntil >= today(now));
}

/** Why the server took nothing the last time, if it did not. */
export async function loadRefused(server: string): Promise<Refused | undefined> {
	const {tellRefused} = await chrome.storage.local.get('tellRefused');
	if (!isRecord(tellRefused) || tellRefused.server !== server) return undefined;
	return REFUSALS.find(one => one === tellRefused.why);
}

/** Does with a mark what the reader allowed: nothing, sends it soon without its words, or has the reader asked. */
export async function note(
	server: string,
	facts: Facts,
	words: Words,
	now = Date.now(),
): Promise<'queued' | 'asking' | undefined> {
	const how = await loadHow(server);
	if (how === 'never') return undefined;
	const id = crypto.randomUUID();
	if (how === 'without') {
		await queue({id, server, facts}, undefined, now);
		return 'queued';
	}
	await changeAsked(asked => [...asked, {id, server, facts, ...words}].slice(-MOST_ASKED));
	return 'asking';
}

/** Does what the reader said about one mark: not to tell it, or to tell it, with these words or without any. */
export async function decide(id: string, told: {words?: Words} | 'no', now = Date.now()): Promise<void> {
	const one = (await loadAsked()).find(asked => asked.id === id);
	if (one !== undefined && told !== 'no') await queue(one, told.words, now);
	await changeAsked(asked => asked.filter(other => other.id !== id));
}

async function queue(
	{id, server, facts}: Pick<Telling, 'id' | 'server' | 'facts'>,
	words: Words | undefined,
	now: number,
): Promise<void> {
	const withWords = words !== undefined;
	if (withWords) await chrome.storage.session.set({[keyOf(id)]: words});
	const telling = {id, server, facts, at: now + UNDO, tries: 0, tried: false, withWords};
	await change(kept => ({...kept, tellings: [...kept.tellings, telling].slice(-MOST_TELLINGS)}));
}

/** The words that go with it. Undefined once the browser was closed: they were in its memory alone. */
export async function loadWords(id: string): Promise<Words | undefined> {
	const found = (await chrome.storage.session.get(keyOf(id)))[keyOf(id)];
	return isRecord(found) ? readWords(found) : undefined;
}

/** Takes back what was not sent yet. Whether it could be: it may be on its way already. */
export async function undo(id: string): Promise<boolean> {
	let isUndone = false;
	await change(kept => {
		const tellings = kept.tellings.filter(one => one.id !== id || one.tried);
		isUndone = tellings.length < kept.tellings.length;
		return {...kept, tellings};
	});
	if (isUndone) await chrome.storage.session.remove(keyOf(id));
	return isUndone;
}

/** Notes that it is being sent now. False where it was taken back meanwhile. */
export async function begin(id: string): Promise<boolean> {
	let isThere = false;
	await change(kept => {
		isThere = kept.tellings.some(one => one.id === id);
		return {...kept, tellings: kept.tellings.map(one => (one.id === id ? {...one, tried: true} : one))};
	});
	return isThere;
}

/** Notes that the server has it. Its words are forgotten here. */
export async function succeed(
	{id, server, facts: {kind, label}}: Telling,
	told: Pick<Receipt, 'receipt' | 'keepUntil' | 'withWords'>,
	now = Date.now(),
): Promise<void> {
	const receipt: Receipt = {...told, server, kind, label, day: today(now)};
	await change(({tellings, receipts}) => ({
		tellings: tellings.filter(one => one.id !== id),
		receipts: [...receipts, receipt].slice(-MOST_RECEIPTS),
	}));
	await chrome.storage.session.remove(keyOf(id));
	await chrome.storage.local.remove('tellRefused');
}

/** Puts off what is due for that server: it cannot be reached. */
export function postpone(server: string, now: number, until: number): Promise<void> {
	return change(({tellings, receipts}) => ({
		tellings: tellings.map(one =>
			one.server === server && one.at <= now ? {...one, at: until, tries: one.tries + 1} : one,
		),
		receipts: receipts.map(one =>
			one.server === server && one.deleting !== undefined && one.deleting.at <= now
				? {...one, deleting: {at: until, tries: one.deleting.tries + 1}}
				: one,
		),
	}));
}

/** Notes that the server took it not, and will not: one of them, or with 'unsupported' any. */
export async function refuse({id, server}: Telling, why: Refused): Promise<void> {
	await chrome.storage.local.set({tellRefused: {server, why}});
	if (why === 'unsupported') return dropUnsent(server);
	await change(kept => ({...kept, tellings: kept.tellings.filter(one => one.id !== id)}));
	await chrome.storage.session.remove(keyOf(id));
}

/** Marks these to be deleted on the server. */
export function deleteThere(receipts: string[], now = Date.now()): Promise<void> {
	return change(kept => ({
		...kept,
		receipts: kept.receipts.map(one =>
			receipts.includes(one.receipt) ? {...one, deleting: {at: now, tries: 0}} : one,
		),
	}));
}

/** Notes that the server has forgotten it. */
export function forget(receipt: string): Promise<void> {
	return change(kept => ({...kept, receipts: kept.receipts.filter(one => one.receipt !== receipt)}));
}

async function dropUnsent(server: string): Promise<void> {
	let gone: Telling[] = [];
	await change(kept => {
		gone = kept.tellings.filter(one => one.server === server);
		return {...kept, tellings: kept.tellings.filter(one => one.server !== server)};
	});
	await chrome.storage.session.remove(gone.map(({id}) => keyOf(id)));
	await changeAsked(asked => asked.filter(one => one.server !== server));
}

interface Kept {
	tellings: Telling[];
	receipts: Receipt[];
}

/** Changes both in one step. Rejects when the browser has no room left; then nothing has changed. */
function change(work: (kept: Kept) => Kept): Promise<void> {
	return inTurn('tellings', async () => {
		const [tellings, receipts] = await Promise.all([loadTellings(), loadReceipts()]);
		const kept = work({tellings, receipts});
		await chrome.storage.local.set({...kept});
	});
}

function changeAsked(work: (asked: Asked[]) => Asked[]): Promise<void> {
	return inTurn('asked', async () => {
		await chrome.storage.session.set({asked: work(await loadAsked())});
	});
}

function keyOf(id: string): string {
	return `words:${id}`;
}

function readWords({text, context}: Record<string, unknown>): Words | undefined {
	if (typeof text !== 'string' || text === '') return undefined;
	return typeof context === 'string' && context !== '' ? {text, context} : {text};
}

function readAsked(value: unknown): Asked[] {
	if (!isRecord(value)) return [];
	const {id, server} = value;
	const facts = readFacts(value.facts);
	const words = readWords(value);
	if (!isUuid(id) || typeof server !== 'string' || facts === undefined || words === undefined) return [];
	return [{id, server, facts, ...words}];
}

function readTelling(value: unknown): Telling[] {
	if (!isRecord(value)) return [];
	const {id, server, at, tries, tried, withWords} = value;
	const facts = readFacts(value.facts);
	if (!isUuid(id) || typeof server !== 'string' || typeof at !== 'number' || facts === undefined) return [];
	return [
		{
			id,
			server,
			facts,
			at,
			tries: typeof tries === 'number' ? tries : 0,
			tried: tried === true,
			withWords: withWords === true,
		},
	];
}

/** Whether it is what a server gives for a telling. */
export function isReceiptCode(value: unknown): value is string {
	return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

function isReceipt(value: unknown): value is Receipt {
	if (!isRecord(value)) return false;
	const {receipt, server, kind, label, withWords, day, keepUntil, deleting} = value;
	return (
		isReceiptCode(receipt) &&
		textOf(server, 300) !== '' &&
		KINDS.some(one => one === kind) &&
		LABELS.some(one => one === label) &&
		typeof withWords === 'boolean' &&
		isDay(day) &&
		isDay(keepUntil) &&
		(deleting === undefined ||
			(isRecord(deleting) && typeof deleting.at === 'number' && typeof deleting.tries === 'number'))
	);
}
