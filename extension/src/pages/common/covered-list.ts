import type {Language} from '../../core/i18n.js';
import {say, sayAct} from '../../core/line-texts.js';
import type {CoveredPost} from '../../core/messages.js';
import {readReason} from '../../core/verdicts.js';
import {build, type Page} from './page.js';

/** One row of a list of covered posts. `draw` runs again whenever the post's state changes. */
export interface Row {
	element: HTMLLIElement;
	draw(post: CoveredPost, page: Page<never>): void;
}

export interface CoveredList {
	draw(posts: CoveredPost[], page: Page<never>): void;
}

/**
 * A list of covered posts in `list`. Rows stay the same elements as long as their posts are there, so that the
 * keyboard's focus, and what is unfolded, stays where it is.
 */
export function openCoveredList(list: HTMLElement, makeRow: (post: CoveredPost) => Row): CoveredList {
	const rows = new Map<string, Row>();
	return {
		draw(posts, page) {
			const wanted = new Set(posts.map(({id}) => id));
			for (const [id, {element}] of rows) {
				if (wanted.has(id)) continue;
				element.remove();
				rows.delete(id);
			}
			for (const [index, post] of posts.entries()) {
				const row = rows.get(post.id) ?? makeRow(post);
				rows.set(post.id, row);
				if (list.children[index] !== row.element)
					list.insertBefore(row.element, list.children[index] ?? null);
				row.draw(post, page);
			}
		},
	};
}

/** What the post does and whose it is: the part that every such row begins with. */
export function buildHead(post: CoveredPost): {
	act: HTMLElement;
	who: HTMLElement;
	draw(post: CoveredPost, language: Language): void;
} {
	const act = build('p', 'act');
	act.id = `act-${post.id.replace('#', '-')}`;
	const who = build('p', 'who');
	who.append(build('bdi', '', `@${post.post.handle}`));
	return {
		act,
		who,
		draw({reason, act: kind}, language) {
			const said = sayAct(language, readReason(reason));
			act.textContent = kind === 'flag' ? say(language, 'flag', {act: said}) : said;
		},
	};
}

/** A button that shows a hidden post on its page, or hides it again. Posts with a label only have none. */
export function buildReveal(
	post: CoveredPost,
	press: (id: string, kind: 'reveal' | 'hide-again') => void,
): {button: HTMLButtonElement; draw(post: CoveredPost, language: Language): void} {
	let shown = post.shown;
	const button = build('button', 'quiet');
	button.type = 'button';
	button.addEventListener('click', () => press(post.id, shown ? 'hide-again' : 'reveal'));
	return {
		button,
		draw(now, language) {
			shown = now.shown;
			button.hidden = now.act === 'flag';
			button.textContent = say(language, shown ? 'hide_again' : 'show_once');
		},
	};
}
