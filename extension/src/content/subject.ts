import type {SavedPost} from '../core/messages.js';
import type {Account} from '../core/people.js';
import {hasWords, prepare} from '../core/text.js';
import type {Post, Quote} from '../x/extract.js';
import {original, type TapFacts, wholeText} from './tap.js';

/** Added to a post's id: the post that it quotes. */
export const QUOTE = '#quote';

/** What is judged: a post's own words, or those of the post it quotes. */
export interface Subject {
	key: string;
	text: string;
	partial: boolean;
	translated: boolean;
	context: string | undefined;
	account: Account;
	/** All that is worth keeping of it, without a part of the page. */
	saved: SavedPost;
}

/** Of a post's words, as much as is known. */
export interface Whole extends Pick<Subject, 'text' | 'partial' | 'translated'> {
	hasWords: boolean;
}

/** What is answered. */
export interface Parent {
	id?: string;
	handle?: string;
	text: string;
}

/** The whole text where X's own data has it and agrees with the page; the original of a translation. */
export function wholeTextOf({text, partial, translated}: Post, told: TapFacts | undefined): Whole {
	const written = translated ? original(told?.text) : wholeText(text, partial, told?.text);
	if (written === undefined) return {text, partial, translated, hasWords: holdsWords(text)};
	return {text: written, partial: false, translated: false, hasWords: holdsWords(written)};
}

export function holdsWords(text: string): boolean {
	return hasWords(prepare(text).text);
}

/** How much of what was written a text holds. */
export function worth({partial, translated}: Subject): number {
	return translated ? 0 : partial ? 1 : 2;
}

export function toAccount(handle: string, accountId: string | undefined): Account {
	return {handle, ...(accountId === undefined ? {} : {accountId})};
}

export function toParent(id: string | undefined, handle: string | undefined, text: string): Parent {
	return {text, ...(id === undefined ? {} : {id}), ...(handle === undefined ? {} : {handle})};
}

function linkTo(handle: string, id: string): string {
	return `https://x.com/${handle}/status/${id}`;
}

export function toSave(
	post: Post,
	{accountId}: Account,
	whole: Whole,
	parent: Parent | undefined,
	foundOn: string,
): SavedPost {
	const saved: SavedPost = {
		id: post.id,
		handle: post.writtenHandle,
		name: post.name,
		text: whole.text === post.text ? post.shown : whole.text,
		partial: whole.partial,
		url: linkTo(post.writtenHandle, post.id),
		foundOn,
	};
	if (accountId !== undefined) saved.accountId = accountId;
	if (post.postedAt !== undefined) saved.postedAt = post.postedAt;
	if (parent !== undefined) {
		const {id, handle} = parent;
		const url = id !== undefined && handle !== undefined ? {url: linkTo(handle, id)} : {};
		saved.answers = {...parent, ...url};
	}
	return saved;
}

/** X gives no link to a quoted post: the post that quotes it stands for it, where `id` is not known. */
export function toSaveQuote(
	post: Post,
	quote: Quote,
	id: string | undefined,
	{accountId}: Account,
	foundOn: string,
): SavedPost {
	const handle = quote.handle ?? post.writtenHandle;
	return {
		...(accountId === undefined ? {} : {accountId}),
		id: id ?? post.id,
		handle,
		name: quote.name,
		text: quote.shown,
		partial: quote.partial,
		url: id === undefined ? linkTo(post.writtenHandle, post.id) : linkTo(handle, id),
		foundOn,
	};
}
