import {readId} from './extract.js';
import {SELECTORS} from './selectors.js';

/** Where a post stands. 'unknown': the focal post was not seen yet, so nothing is known about its answers. */
export type Place = 'focal' | 'above' | 'below' | 'beyond' | 'unknown';

/** What one virtual list showed of a conversation, also of cells that X has taken away since. */
interface List {
	/** Where the focal post began; null if X did not say, undefined if it was not seen yet. */
	focalTop: number | null | undefined;
	above: Set<string>;
	beyond: Set<string>;
}

export interface Stand {
	place: Place;
	/** The status id, if the post has one. */
	id: string | undefined;
	/** The post right above it, with nothing in between: this one may answer it. */
	previous: Element | undefined;
}

export interface Survey {
	/** Each post that stands in a cell, in reading order within its list. */
	places: Map<Element, Stand>;
	/** The focal post, if X shows it at present. */
	focal: Element | undefined;
}

/**
 * Tells the places of posts, by the focal post's id and never by position alone: ancestors may come after it.
 * Without a focal post, as in a timeline, every post is 'below'.
 */
export function openThread(focalId: string | undefined) {
	const lists = new WeakMap<Element, List>();

	/** `idOf`: the status id of a post, where the caller knows it already. */
	function survey(page: ParentNode, idOf = readId): Survey {
		const found: Survey = {places: new Map(), focal: undefined};
		for (const [list, cells] of groupCells(page)) {
			let known = lists.get(list);
			if (known === undefined) {
				known = {focalTop: undefined, above: new Set(), beyond: new Set()};
				lists.set(list, known);
			}
			surveyList(
				known,
				cells.map(cell => readSlot(cell, idOf)),
				found,
			);
		}
		return found;
	}

	function surveyList(list: List, unsorted: Slot[], found: Survey): void {
		const slots = unsorted.sort(inReadingOrder);
		if (focalId === undefined) {
			for (const [index, {post, id}] of slots.entries()) {
				if (post !== undefined)
					found.places.set(post, {place: 'below', id, previous: slots[index - 1]?.post});
			}
			return;
		}
		const focalIndex = slots.findIndex(slot => slot.id === focalId);
		const focal = slots[focalIndex];
		if (focal !== undefined) list.focalTop = focal.top ?? null;
		const firstBelow = focal ? focalIndex : countAbove(list, slots);
		const firstBeyond = findBeyond(list, slots, firstBelow);
		for (const [index, {post, id}] of slots.entries()) {
			if (post === undefined) continue;
			let place: Place = index < firstBelow ? 'above' : index >= firstBeyond ? 'beyond' : 'below';
			if (list.focalTop === undefined) place = 'unknown';
			if (id !== undefined) {
				remember(list.above, id, place === 'above');
				remember(list.beyond, id, place === 'beyond');
			}
			if (id === focalId) {
				place = 'focal';
				found.focal = post;
			}
			found.places.set(post, {place, id, previous: slots[index - 1]?.post});
		}
	}

	return {survey};
}

interface Slot {
	cell: Element;
	/** Pixels from the list's beginning, where X has said so. */
	top: number | undefined;
	post: Element | undefined;
	id: string | undefined;
}

function readSlot(cell: Element, idOf: typeof readId): Slot {
	const post = cell.querySelector(SELECTORS.post) ?? undefined;
	const moved = /translateY\((-?[\d.]+)px\)/.exec(cell.getAttribute('style') ?? '');
	return {cell, top: moved ? Number(moved[1]) : undefined, post, id: post && idOf(post)};
}

/** A list that recycles its cells moves them by style, so the order in the document is only the second guess. */
function inReadingOrder(a: Slot, b: Slot): number {
	if (a.top !== undefined && b.top !== undefined && a.top !== b.top) return a.top - b.top;
	return a.cell.compareDocumentPosition(b.cell) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1;
}

/** How many of the slots stand above a focal post that X has taken away, as far as we saw it. */
function countAbove(list: List, slots: Slot[]): number {
	const lastKnown = slots.findLastIndex(({id}) => id !== undefined && list.above.has(id));
	const {focalTop} = list;
	const lastHigher =
		typeof focalTop === 'number' ? slots.findLastIndex(({top}) => top !== undefined && top < focalTop) : -1;
	return Math.max(lastKnown, lastHigher) + 1;
}

/** Where the replies end: at a heading, or at a post that followed one when we last saw it. */
function findBeyond(list: List, slots: Slot[], firstBelow: number): number {
	const heading = slots.findIndex(
		({cell, post}, index) =>
			index >= firstBelow && post === undefined && cell.querySelector(SELECTORS.sectionHeading) !== null,
	);
	if (heading >= 0) return heading;
	const known = slots.findIndex(({id}) => id !== undefined && list.beyond.has(id));
	return known >= 0 ? known : slots.length;
}

function remember(ids: Set<string>, id: string, belongs: boolean): void {
	if (belongs) ids.add(id);
	else ids.delete(id);
}

function groupCells(page: ParentNode): Map<Element, Element[]> {
	const lists = new Map<Element, Element[]>();
	for (const cell of page.querySelectorAll(SELECTORS.cell)) {
		const list = cell.parentElement;
		if (list === null) continue;
		const cells = lists.get(list);
		if (cells === undefined) lists.set(list, [cell]);
		else cells.push(cell);
	}
	return lists;
}
