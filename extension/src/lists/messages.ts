import type {Problem, Tier} from './catalogue.js';
import {CAPS, type Cap, type ListProblem} from './state.js';

/** Asked by a page of X: which of these accounts are on lists that the reader uses? Answered with ListedAnswer. */
export interface ListedRequest {
	kind: 'listed';
	accounts: string[];
}

/** The reader wants to know more of why an account is on lists. Answered with Details. */
export interface ListDetailsRequest {
	kind: 'list-details';
	accountId: string;
}

/** Asked by our own pages: what is known of lists. With `fresh`, after looking for news. Answered with ListsReport. */
export interface ListsRequest {
	kind: 'lists';
	fresh: boolean;
}

/** The reader uses a list, with that cap, or with null no more. Answered with ListsReport. */
export interface UseListRequest {
	kind: 'use-list';
	listId: string;
	cap: Cap | null;
}

/** Which of these accounts are on a list? Answered with PreviewAnswer. */
export interface PreviewRequest {
	kind: 'preview-list';
	listId: string;
	accounts: string[];
}

/** Forget all that is known of this server's lists, the key too. Answered with ListsReport. */
export interface ForgetListsRequest {
	kind: 'forget-lists';
}

export type ListsMessage =
	| ListedRequest
	| ListDetailsRequest
	| ListsRequest
	| UseListRequest
	| PreviewRequest
	| ForgetListsRequest;

/** What the lists that the reader uses agree on about one account, and what they are called. */
export interface OnLists {
	tier: Tier;
	lists: string[];
}
/** By account. Who is on none is not in it. */
export interface ListedAnswer {
	listed: Record<string, OnLists>;
}

/** What a list tells on request. */
export interface Detail {
	list: string;
	/** In the words of the service. */
	category?: string;
	/** As 2026-11. */
	listed?: string;
	review?: string;
}
/** Without `details` the server did not answer. */
export interface Details {
	details?: Detail[];
}

export interface ListsReport {
	/** The server's address. */
	address: string;
	/** What the server calls itself; undefined before its first catalogue. */
	server?: string;
	/** What people can compare of the server's key. */
	fingerprint?: string;
	/** When the newest catalogue was made, in milliseconds since 1970. */
	created?: number;
	triedAt: number;
	fetchedAt: number;
	problem?: Problem;
	/** The lists are so old that they do nothing any more. */
	dropped: boolean;
	lists: ListReport[];
}

export interface ListReport {
	listId: string;
	slug: string;
	name: string;
	description: string;
	norms: string;
	contact: string;
	tierCap: Tier;
	count: number;
	unattended: boolean;
	/** Undefined where it is not used. */
	cap?: Cap;
	/** Additions that do not count yet. */
	waiting: number;
	problem?: ListProblem;
	/** It is used, and nothing of it is here yet. */
	missing: boolean;
	/** The server announces it no more. */
	gone: boolean;
}

export type PreviewAnswer = {ok: true; found: number} | {ok: false};

/** More accounts than any page of X holds, and as many as a tab tells of those the reader follows. */
export const MOST_ACCOUNTS = 5000;

/** Reads a message about lists; undefined if it is none. */
export function readListsMessage(value: unknown): ListsMessage | undefined {
	if (typeof value !== 'object' || value === null) return undefined;
	const {kind, accounts, accountId, listId, fresh, cap} = value as Record<string, unknown>;
	switch (kind) {
		case 'listed':
			return areIds(accounts) ? {kind, accounts} : undefined;
		case 'list-details':
			return isId(accountId) ? {kind, accountId} : undefined;
		case 'lists':
			return {kind, fresh: fresh === true};
		case 'use-list': {
			const known = cap === null ? null : CAPS.find(one => one === cap);
			return isListId(listId) && known !== undefined ? {kind, listId, cap: known} : undefined;
		}
		case 'preview-list':
			return isListId(listId) && areIds(accounts) ? {kind, listId, accounts} : undefined;
		case 'forget-lists':
			return {kind};
		default:
			return undefined;
	}
}

function areIds(value: unknown): value is string[] {
	return Array.isArray(value) && value.length <= MOST_ACCOUNTS && value.every(isId);
}

function isId(value: unknown): value is string {
	return typeof value === 'string' && /^\d{1,20}$/.test(value);
}

function isListId(value: unknown): value is string {
	return typeof value === 'string' && /^[\w-]{1,64}$/.test(value);
}
