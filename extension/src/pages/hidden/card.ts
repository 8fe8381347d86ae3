import type en from '../../../_locales/en/hidden.json';
import {say as sayLine, sayMeaning} from '../../core/line-texts.js';
import {alwaysShow} from '../../core/local.js';
import type {CoveredPost, FineRequest, MarkAnswer, SaveAnswer, SaveRequest} from '../../core/messages.js';
import {readReason} from '../../core/verdicts.js';
import {saySource} from '../../present/why.js';
import {buildHead, buildReveal, type Row} from '../common/covered-list.js';
import {build, type Page} from '../common/page.js';
import {sayTime} from '../common/time.js';

type Key = keyof typeof en;

/** A row of the list, with the box that chooses it for a friend. */
export interface Card extends Row {
	choose: HTMLInputElement;
}

/**
 * One covered post with all that can be done about it. Its text is not in the page until somebody unfolds it. A post
 * that is shown from now on stays in the list until the list is made anew: the answer stands beside what was pressed.
 */
export function buildCard(
	first: CoveredPost,
	page: () => Page<Key>,
	press: (id: string, kind: 'reveal' | 'hide-again') => void,
): Card {
	let post = first;
	const element = build('li', 'card');
	const head = buildHead(post);
	const choose = build('input');
	choose.type = 'checkbox';
	choose.setAttribute('aria-describedby', head.act.id);
	const top = build('label', 'pick');
	top.append(choose, head.act);
	if (post.post.name !== '') head.who.prepend(build('bdi', 'name', post.post.name), ' ');
	const time = build('time', 'help');
	const state = build('p', 'help');
	const why = buildWhy();
	const words = buildWords(() => post);
	const reveal = buildReveal(post, (id, kind) => {
		note.textContent = '';
		press(id, kind);
	});
	const always = button('always', () => showAlways());
	const fine = button('fine', () => sayFine());
	const save = button('keep', () => keepPost());
	const buttons = build('div', 'buttons');
	buttons.append(reveal.button, always, fine, save);
	for (const one of buttons.children) one.setAttribute('aria-describedby', head.act.id);
	const note = build('p', 'note');
	note.setAttribute('role', 'status');
	const more = build('p', 'links');
	const link = build('a');
	link.href = 'tell.html';
	link.dataset.say = 'tell_link';
	more.append(link);
	more.hidden = true;
	element.append(top, head.who, time, state, why.element, words.element, buttons, note, more);

	function button(key: Key, act: () => Promise<Key | 'not_saved'>): HTMLButtonElement {
		const made = build('button', 'quiet');
		made.type = 'button';
		made.dataset.say = key;
		made.addEventListener('click', async () => {
			note.textContent = '';
			const handle = `@${post.post.handle}`;
			note.textContent = page().say(await act().catch(() => 'not_done' as const), {handle});
		});
		return made;
	}

	async function showAlways(): Promise<Key> {
		const {handle, accountId} = post.post;
		await alwaysShow({handle: handle.toLowerCase(), ...(accountId === undefined ? {} : {accountId})});
		return 'always_done';
	}

	async function sayFine(): Promise<Key> {
		const {text, answers} = post.post;
		const answer = await chrome.runtime.sendMessage<FineRequest, MarkAnswer | undefined>({
			kind: 'fine',
			text,
			context: answers?.text,
		});
		const {telling = 'done'} = answer ?? {};
		more.hidden = telling === 'done';
		return `fine_${telling}`;
	}

	async function keepPost(): Promise<Key | 'not_saved'> {
		const answer = await chrome.runtime.sendMessage<SaveRequest, SaveAnswer | undefined>({
			kind: 'save',
			post: post.post,
		});
		if (answer?.ok) return answer.already ? 'keep_already' : 'keep_done';
		return answer?.problem === 'full' ? 'not_saved' : 'keep_failed';
	}

	return {
		element,
		choose,
		draw(now) {
			post = now;
			const {language, say} = page();
			page().fill(element);
			head.draw(now, language);
			choose.setAttribute('aria-label', say('select'));
			time.hidden = now.post.postedAt === undefined;
			if (now.post.postedAt !== undefined) {
				time.dateTime = now.post.postedAt;
				time.textContent = sayTime(language, now.post.postedAt, 'medium');
			}
			state.textContent = [
				now.id.endsWith('#quote') ? say('state_quote') : '',
				now.act === 'hide' && now.shown ? say('state_shown') : '',
			]
				.filter(Boolean)
				.join(' ');
			state.hidden = state.textContent === '';
			why.draw(now, page());
			words.summary.textContent = say('show_text');
			reveal.draw(now, language);
			if (!now.shown) reveal.button.textContent = say('show_there');
		},
	};
}

function buildWhy(): {element: HTMLElement; draw(post: CoveredPost, page: Page<Key>): void} {
	const element = build('details');
	const summary = build('summary');
	const meaning = build('p');
	const source = build('p', 'help');
	element.append(summary, meaning, source);
	return {
		element,
		draw(post, {language}) {
			summary.textContent = sayLine(language, 'why');
			meaning.textContent = sayMeaning(language, readReason(post.reason));
			source.textContent = [
				saySource(language, post.source, post.lists),
				post.partial ? sayLine(language, 'partial') : '',
			]
				.filter(Boolean)
				.join(' ');
		},
	};
}

/** The text comes into the page only while it is unfolded: the browser's own search must not bring it up. */
function buildWords(post: () => CoveredPost): {element: HTMLDetailsElement; summary: HTMLElement} {
	const element = build('details');
	const summary = build('summary');
	const text = build('p', 'said');
	text.dir = 'auto';
	element.append(summary, text);
	element.addEventListener('toggle', () => {
		text.textContent = element.open ? post().post.text : '';
	});
	return {element, summary};
}
