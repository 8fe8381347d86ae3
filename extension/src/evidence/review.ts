import type {Mark} from '../core/local.js';
import {type CoveredPost, isLink, readSavedPost, type SavedPost} from '../core/messages.js';
import {markKey} from '../core/text.js';
import {REASONS, type Reason, readReason} from '../core/verdicts.js';

// A person who does not want to read what was hidden can give it to a friend, in a file, and get back what the
// friend thinks of it, in another one. Both go by hand: nothing is sent.

export interface ReviewReply {
	/** Unique in the file: the status id, with "#quote" for a quoted post. */
	key: string;
	id: string;
	handle: string;
	name: string;
	accountId?: string;
	text: string;
	partial: boolean;
	url: string;
	postedAt?: string;
	reason: Reason;
	act: 'flag' | 'hide';
	/** The text it answers. */
	answers?: string;
}

export interface Review {
	kind: 'panah-review';
	version: 1;
	/** The day, as YYYY-MM-DD. */
	created: string;
	/** The conversation they stand in. */
	focalUrl?: string;
	replies: ReviewReply[];
}

export const JUDGEMENTS = ['fine', 'hurtful', 'keep', 'unsure'] as const;
/** 'keep': hurtful, and worth keeping as evidence. */
export type Judgement = (typeof JUDGEMENTS)[number];

export interface Label {
	key: string;
	/** What `markKey` makes of the text, so that the answers hold no texts. */
	textDigest: string;
	label: Judgement;
	reason?: Reason;
	note?: string;
}

export interface Labels {
	kind: 'panah-labels';
	version: 1;
	created: string;
	labels: Label[];
}

/**
 * Why a file cannot be used. 'other': it is a file of ours for another purpose, which `given` tells where it is known.
 * 'newer': a later version made it. 'part': the reply or answer at `at` is not as it should be.
 */
export interface Problem {
	ok: false;
	problem: 'large' | 'unreadable' | 'foreign' | 'other' | 'newer' | 'empty' | 'many' | 'part';
	at?: number;
	given?: FileKind;
}

const FILE_KINDS = {
	'panah-review': 'replies',
	'panah-labels': 'answers',
	'panah-evidence': 'saved',
	'reader-settings': 'settings',
} as const;
/** The kinds of files that we make: replies for a friend, a friend's answers, saved replies, settings. */
export type FileKind = (typeof FILE_KINDS)[keyof typeof FILE_KINDS];

export const MOST_REPLIES = 2000;
/** In bytes. */
export const MAX_FILE = 30_000_000;
export const MAX_NOTE = 500;
// X's long posts end at 25,000.
const MAX_TEXT = 30_000;
const MAX_NAME = 200;

/** A file of covered replies for a friend: MOST_REPLIES at most, and nothing about who reads X here. */
export async function exportReview(
	posts: CoveredPost[],
	meta: {focalUrl?: string},
): Promise<{name: string; blob: Blob}> {
	const created = today();
	const review: Review = {
		kind: 'panah-review',
		version: 1,
		created,
		...(meta.focalUrl === undefined ? {} : {focalUrl: meta.focalUrl}),
		// One that cannot be read back would make the whole file useless.
		replies: posts.map(toReply).filter(readReply).slice(0, MOST_REPLIES),
	};
	return packJson(review, `for-a-friend-${created}.json`);
}

function toReply({id: key, reason, act, partial, post}: CoveredPost): ReviewReply {
	const {id, handle, name, accountId, text, url, postedAt, answers} = post;
	const isCut = text.length > MAX_TEXT;
	return {
		key,
		id,
		handle,
		name: name.slice(0, MAX_NAME),
		text: isCut ? text.slice(0, MAX_TEXT) : text,
		partial: partial || post.partial || isCut,
		url,
		reason: readReason(reason),
		act,
		...(accountId === undefined ? {} : {accountId}),
		...(postedAt === undefined ? {} : {postedAt}),
		...(answers === undefined ? {} : {answers: answers.text.slice(0, MAX_TEXT)}),
	};
}

/** Reads what `exportReview` made, out of a file that may come from anybody. */
export function readReview(text: string): {ok: true; review: Review} | Problem {
	const opened = open(text, 'panah-review', 'replies');
	if ('problem' in opened) return opened;
	const {fields, list} = opened;
	const replies: ReviewReply[] = [];
	for (const value of list) {
		const reply = readReply(value);
		const isTwice = replies.some(one => one.key === reply?.key);
		if (reply === undefined || isTwice) return {ok: false, problem: 'part', at: replies.length + 1};
		replies.push(reply);
	}
	const {created, focalUrl} = fields;
	const review: Review = {kind: 'panah-review', version: 1, created: day(created), replies};
	// It becomes the place where a reply was found, and a saved post names no other site.
	if (isLink(focalUrl)) review.focalUrl = focalUrl;
	return {ok: true, review};
}

function readReply(value: unknown): ReviewReply | undefined {
	const found = record(value);
	if (found === undefined) return undefined;
	const {key, reason, act, answers, url, name, text} = found;
	// The rest is as in a saved post, and is read like one.
	const post = readSavedPost({...found, foundOn: url, answers: undefined, verdict: undefined});
	if (post === undefined || !isText(text, MAX_TEXT) || !isText(name, MAX_NAME)) return undefined;
	if (!isKey(key) || (act !== 'flag' && act !== 'hide')) return undefined;
	const known = REASONS.find(one => one === reason);
	if (known === undefined || (answers !== undefined && !isText(answers, MAX_TEXT))) return undefined;
	const {id, handle, accountId, partial, postedAt} = post;
	return {
		key,
		id,
		handle,
		name,
		text,
		partial,
		url: post.url,
		reason: known,
		act,
		...(accountId === undefined ? {} : {accountId}),
		...(postedAt === undefined ? {} : {postedAt}),
		...(answers === undefined ? {} : {answers}),
	};
}

/** What somebody thinks of one reply, as the answers hold it. */
export async function makeLabel(
	reply: ReviewReply,
	label: Judgement,
	{reason, note = ''}: {reason?: Reason | undefined; note?: string} = {},
): Promise<Label> {
	const textDigest = await markKey(reply.text);
	const short = note.trim().slice(0, MAX_NOTE);
	return {
		key: reply.key,
		textDigest,
		label,
		...(reason === undefined ? {} : {reason}),
		...(short === '' ? {} : {note: short}),
	};
}

export function packLabels(labels: Label[]): {name: string; blob: Blob} {
	const created = today();
	const answer: Labels = {kind: 'panah-labels', version: 1, created, labels};
	return packJson(answer, `answers-${created}.json`);
}

/** Reads what `packLabels` made, out of a file that may come from anybody. */
export function readLabels(text: string): {ok: true; labels: Label[]} | Problem {
	const opened = open(text, 'panah-labels', 'labels');
	if ('problem' in opened) return opened;
	const labels: Label[] = [];
	for (const value of opened.list) {
		const label = readLabel(value);
		if (label === undefined) return {ok: false, problem: 'part', at: labels.length + 1};
		labels.push(label);
	}
	return {ok: true, labels};
}

function readLabel(value: unknown): Label | undefined {
	const {key, textDigest, label, reason, note} = record(value) ?? {};
	if (!isKey(key) || typeof textDigest !== 'string' || !/^[0-9a-f]{64}$/.test(textDigest)) return undefined;
	const judgement = JUDGEMENTS.find(one => one === label);
	const known = REASONS.find(one => one === reason);
	if (judgement === undefined || (reason !== undefined && known === undefined)) return undefined;
	if (note !== undefined && !isText(note, MAX_NOTE)) return undefined;
	return {
		key,
		textDigest,
		label: judgement,
		...(known === undefined ? {} : {reason: known}),
		...(note === undefined ? {} : {note}),
	};
}

/**
 * The marks that follow from labels, and of how many texts none follows because the reader decided about them. Of two
 * labels about the same words, the one that hides counts. `known`: the marks there are.
 */
export function toMarks(
	labels: readonly Label[],
	known: Readonly<Record<string, Mark>>,
): {marks: Record<string, Mark>; left: number} {
	const marks: Record<string, Mark> = {};
	const left = new Set<string>();
	for (const {textDigest, label, reason} of labels) {
		if (label === 'unsure') continue;
		if (known[textDigest]?.by === 'reader') {
			left.add(textDigest);
			continue;
		}
		if (label === 'fine') {
			marks[textDigest] ??= {mark: 'fine', by: 'friend'};
		} else {
			marks[textDigest] = {mark: 'hurtful', by: 'friend', ...(reason === undefined ? {} : {reason})};
		}
	}
	return {marks, left: left.size};
}

/**
 * The replies that a friend found worth keeping, with their texts out of the file that the friend was given.
 * A reply whose words are not those the friend read is left out.
 */
export async function findKept(labels: readonly Label[], review: Review): Promise<SavedPost[]> {
	const kept: SavedPost[] = [];
	for (const {key, textDigest, label, reason} of labels) {
		if (label !== 'keep') continue;
		const reply = review.replies.find(one => one.key === key);
		if (reply === undefined || (await markKey(reply.text)) !== textDigest) continue;
		kept.push(toPost(reply, review.focalUrl, reason));
	}
	return kept;
}

function toPost(reply: ReviewReply, focalUrl: string | undefined, reason?: Reason): SavedPost {
	const {id, handle, name, accountId, text, partial, url, postedAt, answers, act} = reply;
	const verdict: SavedPost['verdict'] =
		reason === undefined
			? {act, reason: reply.reason, source: 'model'}
			: {act: 'hide', reason, source: 'friend'};
	return {
		id,
		handle,
		name,
		text,
		partial,
		url,
		foundOn: focalUrl ?? url,
		verdict,
		...(accountId === undefined ? {} : {accountId}),
		...(postedAt === undefined ? {} : {postedAt}),
		...(answers === undefined ? {} : {answers: {text: answers}}),
	};
}

function open(
	text: string,
	kind: string,
	listName: string,
): {fields: Record<string, unknown>; list: unknown[]} | Problem {
	if (text.length > MAX_FILE) return {ok: false, problem: 'large'};
	const found = parse(text);
	if (found === undefined) return {ok: false, problem: 'unreadable'};
	if (found.kind !== kind) {
		const given = kindOf(found);
		if (given !== undefined) return {ok: false, problem: 'other', given};
		const isOurs = typeof found.kind === 'string' && found.kind.startsWith('panah-');
		return {ok: false, problem: isOurs ? 'other' : 'foreign'};
	}
	if (found.version !== 1) return {ok: false, problem: 'newer'};
	const list = found[listName];
	if (!Array.isArray(list) || list.length === 0) return {ok: false, problem: 'empty'};
	if (list.length > MOST_REPLIES) return {ok: false, problem: 'many'};
	return {fields: found, list};
}

/** Which of our kinds a file says it is. It need not be whole. */
export function readKind(text: string): FileKind | undefined {
	return kindOf(parse(text) ?? {});
}

function kindOf({kind}: Record<string, unknown>): FileKind | undefined {
	return Object.entries(FILE_KINDS).find(([name]) => name === kind)?.[1];
}

function packJson(content: Review | Labels, name: string): {name: string; blob: Blob} {
	return {name, blob: new Blob([`${JSON.stringify(content, null, '\t')}\n`], {type: 'application/json'})};
}

function today(): string {
	return new Date().toISOString().slice(0, 10);
}

function day(value: unknown): string {
	return typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : today();
}

function parse(text: string): Record<string, unknown> | undefined {
	try {
		return record(JSON.parse(text));
	} catch {
		return undefined;
	}
}

function record(value: unknown): Record<string, unknown> | undefined {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isText(value: unknown, most: number): value is string {
	return typeof value === 'string' && value.length <= most;
}

function isKey(value: unknown): value is string {
	return typeof value === 'string' && /^\d{1,20}(?:#quote)?$/.test(value);
}
