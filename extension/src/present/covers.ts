import type {Decision} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import {buildFlag} from './flag.js';
import {buildLine, type Line} from './line.js';
import type {Shell, Story} from './shell.js';
import {readTheme} from './theme.js';

/** A reply as it stands on the page, and what is to be done with it. */
export interface Wish {
	article: HTMLElement;
	id: string;
	/** Where to read the font of the page's own texts. */
	sample(): Element | undefined;
	decision: Decision;
}

interface Cover {
	id: string;
	/** All that decides how the cover looks: while it is the same, the cover stays. */
	look: string;
	sample: Element | undefined;
	shell: Shell;
	line: Line | undefined;
}

export type Covers = ReturnType<typeof openCovers>;

/**
 * Puts covers on posts and takes them off. A cover is an attribute on the post and one element of ours before it:
 * nothing of the page is moved, wrapped or changed, since React would stumble over it.
 */
export function openCovers() {
	const covers = new Map<HTMLElement, Cover>();
	/** Replies that the person chose to see, by id. */
	const shown = new Set<string>();
	/** Pixels that hidden replies keep, by id; undefined for those that need no more than their line. */
	const rooms = new Map<string, number | undefined>();

	/** Makes the page agree with the decisions. Doing so again changes nothing. */
	function present(wishes: Wish[], language: Language): void {
		// All reading of the layout before all writing: in turns, the browser would lay the page out for each reply.
		const changes = wishes.map(wish => plan(wish, language));
		for (const change of changes) change?.();
	}

	/** What has to be changed on the page, if anything. Changes nothing itself. */
	function plan({article, id, sample, decision}: Wish, language: Language): (() => void) | undefined {
		const cover = covers.get(article);
		if (decision.act === 'show') return () => clear(article);
		const look = [id, decision.act, decision.reason, decision.partial, language].join(' ');
		if (cover?.look === look) return isInPlace(article, cover) ? undefined : () => restore(article, cover);
		const {top, height} = article.getBoundingClientRect();
		const text = sample();
		const story = {...decision, id, language, theme: readTheme(text)};
		if (decision.act === 'flag') {
			// Above what is being read, a label would push the page down. It waits until the reply comes into view.
			if (cover === undefined && top < 0) return undefined;
			return () => flag(article, story, look, text);
		}
		// So that nothing moves under the reader's eyes, a reply that begins above them keeps its room.
		if (!rooms.has(id)) rooms.set(id, top < 0 && height > 0 ? height : undefined);
		return () => hide(article, story, look, text);
	}

	function flag(article: HTMLElement, story: Story, look: string, sample: Element | undefined): void {
		clear(article);
		put(article, {id: story.id, look, sample, shell: buildFlag(story), line: undefined});
	}

	function hide(article: HTMLElement, story: Story, look: string, sample: Element | undefined): void {
		const {id} = story;
		const hadFocus = article.contains(document.activeElement);
		clear(article);
		const line = buildLine(story, {
			show() {
				shown.add(id);
				arrange(article, line, id);
			},
			hide() {
				shown.delete(id);
				// Pressed just now, so it is in view, and what moves is below it.
				rooms.set(id, undefined);
				arrange(article, line, id);
			},
		});
		put(article, {id, look, sample, shell: line, line});
		// Hiding what the keyboard stands in would throw it back to the top of the page.
		if (hadFocus && !shown.has(id)) line.focus();
	}

	function put(article: HTMLElement, cover: Cover): void {
		covers.set(article, cover);
		restore(article, cover);
	}

	/** Puts back what the page may have dropped. */
	function restore(article: HTMLElement, {id, shell, line}: Cover): void {
		if (shell.host.nextElementSibling !== article) article.before(shell.host);
		if (line) arrange(article, line, id);
		else article.dataset.panah = 'flagged';
	}

	function isInPlace(article: HTMLElement, {id, shell, line}: Cover): boolean {
		const mark = line === undefined ? 'flagged' : shown.has(id) ? undefined : 'hidden';
		return shell.host.nextElementSibling === article && article.dataset.panah === mark;
	}

	function arrange(article: HTMLElement, line: Line, id: string): void {
		const isShown = shown.has(id);
		line.setShown(isShown);
		line.keepRoom(isShown ? undefined : rooms.get(id));
		if (isShown) delete article.dataset.panah;
		else article.dataset.panah = 'hidden';
	}

	function clear(article: HTMLElement): void {
		const cover = covers.get(article);
		if (cover === undefined) return;
		covers.delete(article);
		cover.shell.host.remove();
		delete article.dataset.panah;
	}

	function clearAll(): void {
		for (const article of [...covers.keys()]) clear(article);
		rooms.clear();
	}

	/** Drops the covers of posts that are gone. */
	function tend(): void {
		for (const article of [...covers.keys()]) if (!article.isConnected) clear(article);
	}

	/** Gives back the room of hidden replies that are out of sight below. */
	function giveBackRoom(): void {
		for (const {id, shell, line} of covers.values()) {
			if (rooms.get(id) === undefined || shell.host.getBoundingClientRect().top < innerHeight) continue;
			rooms.set(id, undefined);
			line?.keepRoom(undefined);
		}
	}

	return {
		present,
		clear,
		clearAll,
		tend,
		giveBackRoom,
		/** The id of the reply that is covered there. */
		idOn: (article: HTMLElement) => covers.get(article)?.id,
		/** Adopts the page's colours anew. */
		wear() {
			for (const {shell, sample} of covers.values()) shell.wear(readTheme(sample));
		},
		/** Forgets which replies the person chose to see. */
		forget() {
			shown.clear();
			rooms.clear();
		},
		askForReload() {
			for (const {shell} of covers.values()) shell.askForReload();
		},
	};
}
