import type {Decision} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import {buildFlag} from './flag.js';
import {focusAfter} from './focus.js';
import {buildLine, type Line} from './line.js';
import {isLeftOut, leaveOut, type Name, putBack} from './names.js';
import {buildHeld, buildRoom} from './room.js';
import type {CoverActions, Shell, Story} from './shell.js';
import {readTheme} from './theme.js';

export type {CoverActions} from './shell.js';

/** A post, or one that a post quotes, as it stands on the page, and what is to be done with it. */
export interface Wish {
	/** What is covered: a post's article, or the block of a quoted post inside one. */
	element: HTMLElement;
	/** The status id; of a quoted block, that of the quoting post with '#quote' after it. */
	id: string;
	of: 'post' | 'quote';
	/** Where to read the font of the page's own texts. */
	sample(): Element | undefined;
	/** 'hold': kept back until it is checked. */
	decision: Decision | {act: 'hold'};
	/** Tell the score in "Why?". */
	numbers: boolean;
	/** Nothing shall say whose line it is. */
	discreet: boolean;
}

interface Cover {
	id: string;
	of: Wish['of'];
	act: 'flag' | 'hide' | 'out' | 'hold';
	/** All that decides how the cover looks: while it is the same, the cover stays. */
	look: string;
	sample: Element | undefined;
	/** What stands before the element at present: nothing before one that is left out. */
	shell: Shell | undefined;
	/** The line of a hidden element, once it was needed. */
	line: Line | undefined;
	/** What the line tells. */
	story: Story | undefined;
	/** Names around a hidden quoted post that it was taken out of. */
	names: Name[];
}

export type Covers = ReturnType<typeof openCovers>;

/**
 * Puts covers on posts and takes them off. A cover is an attribute on the post and at most one element of ours
 * before it: nothing of the page is moved or wrapped, since React would stumble over it. Of the page's own, only the
 * accessible names around a hidden quoted post change, and they are put back.
 */
export function openCovers(actions: CoverActions) {
	const covers = new Map<HTMLElement, Cover>();
	/** What the person chose to see, by id. */
	const shown = new Set<string>();
	/** Pixels that hidden replies keep, by id; undefined for those that need no more than their line. */
	const rooms = new Map<string, number | undefined>();
	/** What was not held back when it could have been, by id: it may have been read, and is not taken away again. */
	const unheld = new Set<string>();

	/** Makes the page agree with the decisions. Doing so again changes nothing. */
	function present(wishes: Wish[], language: Language): void {
		const strays = findStrays(wishes);
		// All reading of the layout before all writing: in turns, the browser would lay the page out for each reply.
		const changes = wishes.map(wish => plan(wish, language));
		for (const stray of strays) uncover(stray);
		for (const change of changes) change?.();
	}

	/** Covered quoted posts whose post is another one by now: X reuses elements. */
	function findStrays(wishes: Wish[]): HTMLElement[] {
		return [...covers].flatMap(([element, {of, id}]) => {
			if (of === 'post') return [];
			const around = wishes.find(wish => wish.of === 'post' && wish.element.contains(element));
			return around === undefined || id.startsWith(`${around.id}#`) ? [] : element;
		});
	}

	/** What has to be changed on the page, if anything. Changes nothing itself. */
	function plan(wish: Wish, language: Language): (() => void) | undefined {
		const {element, id, of, decision} = wish;
		const cover = covers.get(element);
		if (cover === undefined && decision.act === 'show') return undefined;
		const look = lookOf(wish, language);
		// While it is checked anew, what is known about it serves.
		const stays = cover?.look === look || (decision.act === 'hold' && cover?.id === id);
		if (cover && stays) return isInPlace(element, cover) ? undefined : () => restore(element, cover);
		const {top, height} = placeOf(element, cover).getBoundingClientRect();
		const isAbove = top < 0;
		// What is held back is lower than what will stand there. Above what is being read, that has to wait.
		if (cover?.act === 'hold' && cover.id === id && isAbove) return undefined;
		if (decision.act === 'show') return () => unveil(element);
		const {act} = decision;
		const sample = wish.sample();
		const setting = {id, of, language, theme: readTheme(sample), discreet: wish.discreet};
		const bare: Cover = {
			id,
			of,
			act,
			look,
			sample,
			shell: undefined,
			line: undefined,
			story: undefined,
			names: [],
		};
		if (act === 'hold') {
			const isHeld =
				!isAbove && !unheld.has(id) && !shown.has(id) && !element.contains(document.activeElement);
			if (isHeld) return () => put(element, {...bare, shell: buildHeld(setting)});
			unheld.add(id);
			return () => uncover(element);
		}
		// There, a label would push the page down, and a quoted post would pull it up: they wait until they are in view.
		if (cover === undefined && isAbove && (act === 'flag' || of === 'quote')) return undefined;
		const story: Story = {...setting, ...decision, score: wish.numbers ? decision.score : undefined};
		if (act === 'flag') return () => put(element, {...bare, shell: buildFlag(story, actions)});
		// So that nothing moves under the reader's eyes, a reply that begins above them keeps its room.
		if (!rooms.has(id)) rooms.set(id, isAbove && height > 0 ? height : undefined);
		return () => put(element, {...bare, story});
	}

	/** What takes up the room of a covered element at present. */
	function placeOf(element: HTMLElement, cover: Cover | undefined): HTMLElement {
		const isGone = cover !== undefined && isConcealed(cover);
		return (isGone ? cover.shell?.host : undefined) ?? element;
	}

	function put(element: HTMLElement, cover: Cover): void {
		const wasOnCover = isFocused(covers.get(element));
		const wasInside = element.contains(document.activeElement);
		uncover(element);
		covers.set(element, cover);
		restore(element, cover);
		if (wasOnCover || (wasInside && isConcealed(cover))) keepFocus(element, cover);
	}

	/** Makes the page agree with one cover, whatever the page has done to it. */
	function restore(element: HTMLElement, cover: Cover): void {
		const next = shellFor(element, cover);
		if (next !== cover.shell) cover.shell?.host.remove();
		cover.shell = next;
		if (next !== undefined && next.host.nextElementSibling !== element) element.before(next.host);
		const mark = markOf(cover);
		if (mark === undefined) delete element.dataset.panah;
		else element.dataset.panah = mark;
		if (cover.of === 'post') return;
		if (isConcealed(cover)) cover.names = leaveOut(element, cover.names);
		else giveBackNames(cover);
	}

	function shellFor(element: HTMLElement, cover: Cover): Shell | undefined {
		const {id, act, story} = cover;
		// A label, or what stands for a held post, was made with the cover.
		if (story === undefined) return cover.shell;
		const isShown = shown.has(id);
		const room = isShown ? undefined : rooms.get(id);
		if (act === 'out' && !isShown) return room === undefined ? undefined : buildRoom(id, room);
		cover.line ??= buildLine(story, show => turn(element, cover, show), actions);
		cover.line.setShown(isShown);
		cover.line.keepRoom(room);
		return cover.line;
	}

	/** The reader shows or hides something. `room`: what it keeps when hidden, in pixels. */
	function turn(element: HTMLElement, cover: Cover, show: boolean, room?: number): void {
		const hadFocus = isFocused(cover) || element.contains(document.activeElement);
		if (show) shown.add(cover.id);
		else {
			shown.delete(cover.id);
			rooms.set(cover.id, room);
		}
		restore(element, cover);
		if (hadFocus && !show) keepFocus(element, cover);
		actions.changed();
	}

	function markOf({id, act}: Cover): 'flagged' | 'held' | 'hidden' | undefined {
		if (act === 'flag') return 'flagged';
		if (act === 'hold') return 'held';
		return shown.has(id) ? undefined : 'hidden';
	}

	function isConcealed(cover: Cover): boolean {
		const mark = markOf(cover);
		return mark === 'hidden' || mark === 'held';
	}

	function isInPlace(element: HTMLElement, cover: Cover): boolean {
		const {shell, of} = cover;
		return (
			(shell === undefined || shell.host.nextElementSibling === element) &&
			element.dataset.panah === markOf(cover) &&
			(of === 'post' || !isConcealed(cover) || isLeftOut(element))
		);
	}

	function isFocused(cover: Cover | undefined): boolean {
		return cover?.shell !== undefined && document.activeElement === cover.shell.host;
	}

	/** Hiding what the keyboard stands in would throw it back to the top of the page. */
	function keepFocus(element: HTMLElement, {shell}: Cover): void {
		if (shell?.focus) shell.focus();
		else focusAfter(element);
	}

	/** Takes the cover off something that is to be seen. */
	function unveil(element: HTMLElement): void {
		const hadFocus = isFocused(covers.get(element));
		uncover(element);
		if (hadFocus) element.focus({preventScroll: true});
	}

	function uncover(element: HTMLElement): void {
		const cover = covers.get(element);
		if (cover === undefined) return;
		covers.delete(element);
		cover.shell?.host.remove();
		delete element.dataset.panah;
		giveBackNames(cover);
	}

	function giveBackNames(cover: Cover): void {
		putBack(cover.names);
		cover.names = [];
	}

	/** Takes the cover off, and with a post's those in it. */
	function clear(element: HTMLElement): void {
		// A post that has none may quote one that has: that cover is told apart by its own id.
		if (!covers.has(element)) return;
		for (const covered of [...covers.keys()]) if (element.contains(covered)) uncover(covered);
	}

	function clearAll(): void {
		for (const element of [...covers.keys()]) uncover(element);
		rooms.clear();
	}

	/** Drops the covers of what is gone. */
	function tend(): void {
		for (const element of [...covers.keys()]) if (!element.isConnected) uncover(element);
	}

	/** Gives back the room of hidden replies that are out of sight below. */
	function giveBackRoom(): void {
		const below = [...covers].filter(
			([, {id, shell}]) =>
				rooms.get(id) !== undefined && shell && shell.host.getBoundingClientRect().top >= innerHeight,
		);
		for (const [element, cover] of below) {
			rooms.set(cover.id, undefined);
			restore(element, cover);
		}
	}

	function find(id: string): [HTMLElement, Cover] | undefined {
		return [...covers].find(([, cover]) => cover.id === id);
	}

	return {
		present,
		clear,
		clearAll,
		tend,
		giveBackRoom,
		/** The id of what is covered there. */
		idOn: (element: HTMLElement) => covers.get(element)?.id,
		/** What is covered in an element, itself left out. */
		within: (element: HTMLElement) =>
			[...covers.keys()].filter(covered => covered !== element && element.contains(covered)),
		/** Whether it is held back there, without a verdict. */
		isHeld: (element: HTMLElement) => covers.get(element)?.act === 'hold',
		/** Takes off the covers that are not where they belong. */
		keepOnly(belongs: (element: HTMLElement, id: string) => boolean) {
			for (const [element, {id}] of [...covers]) if (!belongs(element, id)) uncover(element);
		},
		/** Adopts the page's colours anew. */
		wear() {
			for (const {shell, sample} of covers.values()) shell?.wear?.(readTheme(sample));
		},
		/** Forgets what the person chose to see. */
		forget() {
			shown.clear();
			rooms.clear();
			unheld.clear();
		},
		/** Says in each line how to go on. Nobody will check any more what is held back: it is shown. */
		askForReload() {
			for (const [element, {act, shell}] of [...covers]) {
				if (act === 'hold') uncover(element);
				else shell?.askForReload?.();
			}
		},
		isShown: (id: string) => shown.has(id),
		/** Shows it as its "Show once" does, now or when X brings it, and moves there. */
		reveal(id: string) {
			shown.add(id);
			const [element, cover] = find(id) ?? [];
			if (element === undefined || cover === undefined) return actions.changed();
			turn(element, cover, true);
			element.scrollIntoView({block: 'center', behavior: 'instant'});
			cover.shell?.focus?.();
		},
		/** Hides again what was shown once. */
		hideAgain(id: string) {
			shown.delete(id);
			const [element, cover] = find(id) ?? [];
			if (element === undefined || cover === undefined) return actions.changed();
			const {top, height} = element.getBoundingClientRect();
			turn(element, cover, false, cover.of === 'post' && top < 0 ? height : undefined);
		},
	};
}

function lookOf({id, decision, numbers, discreet}: Wish, language: Language): string {
	const {act} = decision;
	if (act === 'show' || act === 'hold') return [id, act, language].join(' ');
	const {reason, partial, source, score, lists} = decision;
	return [id, act, language, reason, partial, source, lists, numbers && score, discreet].join(' ');
}
