import type {Decision} from '../core/decide.js';
import type {Language} from '../core/i18n.js';
import {buildFlag} from './flag.js';
import {buildLine, type Line} from './line.js';
import type {Shell, Story} from './shell.js';
import {readTheme} from './theme.js';

/** A reply as it stands on the page. */
export interface Standing {
	article: HTMLElement;
	id: string;
	/** Where to read the font of the page's own texts. */
	sample: Element | undefined;
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

	/** Makes the page agree with the decision. Doing so again changes nothing. */
	function present({article, id, sample}: Standing, decision: Decision, language: Language): void {
		const cover = covers.get(article);
		if (decision.act === 'show') {
			clear(article);
			return;
		}
		const look = [id, decision.act, decision.reason, decision.partial, language].join(' ');
		if (cover?.look === look) {
			restore(article, cover);
			return;
		}
		const hadFocus = cover === undefined && article.contains(document.activeElement);
		const story = {...decision, id, language, theme: readTheme(sample)};
		if (decision.act === 'flag') flag(article, story, look, sample);
		else hide(article, story, look, sample, hadFocus);
	}

	function flag(article: HTMLElement, story: Story, look: string, sample: Element | undefined): void {
		// Above what is being read, a label would push the page down. It waits until the reply comes into view.
		if (!covers.has(article) && article.getBoundingClientRect().top < 0) return;
		clear(article);
		const shell = buildFlag(story);
		put(article, {id: story.id, look, sample, shell, line: undefined});
	}

	function hide(
		article: HTMLElement,
		story: Story,
		look: string,
		sample: Element | undefined,
		hadFocus: boolean,
	): void {
		const {id} = story;
		if (!rooms.has(id)) rooms.set(id, roomNeeded(article));
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

	/** Looks after all covers: drops those whose post is gone, and gives back room that is out of sight. */
	function tend(): void {
		for (const [article, {id, shell, line}] of covers) {
			if (!article.isConnected) {
				clear(article);
			} else if (rooms.get(id) !== undefined && shell.host.getBoundingClientRect().top >= innerHeight) {
				rooms.set(id, undefined);
				line?.keepRoom(undefined);
			}
		}
	}

	return {
		present,
		clear,
		clearAll,
		tend,
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

/** The height that must stay so that nothing moves under the reader's eyes: only where a post begins above them. */
function roomNeeded(article: HTMLElement): number | undefined {
	const {top, height} = article.getBoundingClientRect();
	return top < 0 && height > 0 ? height : undefined;
}
