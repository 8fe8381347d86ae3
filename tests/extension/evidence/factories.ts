import type {CoveredPost, SavedPost} from '../../../extension/src/core/messages.js';
import {type Event, makeEvent, type Said} from '../../../extension/src/evidence/chain.js';

/** Synthetic: no real person or post is in it. */
export function savedPost(parts: Partial<SavedPost> = {}): SavedPost {
	return {
		id: '1800000000000000002',
		handle: 'somebody',
		name: 'Some Body',
		text: 'Words of a reply.',
		partial: false,
		url: 'https://x.com/somebody/status/1800000000000000002',
		postedAt: '2026-01-01T00:00:00.000Z',
		foundOn: 'https://x.com/teller/status/1800000000000000001',
		...parts,
	};
}

export function coveredPost(parts: Partial<CoveredPost> = {}, post: Partial<SavedPost> = {}): CoveredPost {
	const saved = savedPost(post);
	return {
		id: saved.id,
		act: 'hide',
		reason: 'blame',
		source: 'model',
		partial: false,
		shown: false,
		post: saved,
		...parts,
	};
}

export async function chainOf(...said: Said[]): Promise<Event[]> {
	const events: Event[] = [];
	for (const one of said) events.push(await makeEvent(events.at(-1), one));
	return events;
}

export const post = (text = 'Words of a reply.'): Said => ({kind: 'post', payload: savedPost({text})});
export const note = (of: number, text: string): Said => ({kind: 'note', payload: {of, text}});
export const removal = (...of: number[]): Said => ({kind: 'removal', payload: {of}});
