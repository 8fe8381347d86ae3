import {direction, type Language} from '../core/i18n.js';
import {type LineKey, say} from '../core/line-texts.js';
import type {Chosen, SaveAnswer, SavedPost} from '../core/messages.js';
import {SELECTORS} from '../x/selectors.js';
import {build, button} from './elements.js';
import {dress, keepToUs} from './shell.js';
import {readTheme} from './theme.js';

export interface ChooserParts {
	/** What there is to keep of a post; undefined if it cannot be read. */
	describe(article: HTMLElement): SavedPost | undefined;
	save(post: SavedPost): Promise<SaveAnswer>;
	report(post: SavedPost, kind: Chosen): Promise<boolean>;
	language(): Language;
}

const POINTED = 'panahChoosing';
/** Presses that X must not take for its own while a post is being chosen. The browser goes on: a click follows. */
const PRESSES = ['pointerdown', 'pointerup', 'mousedown', 'mouseup', 'touchstart', 'touchend', 'auxclick'];
const OURS = 'panah-line, panah-flag';

/**
 * Lets the reader choose posts on the page to keep as evidence, with the mouse, a finger or the keyboard: a bar at
 * the foot of the window says how, until it is closed or Escape is pressed.
 */
export function openChooser(parts: ChooserParts) {
	let ending: AbortController | undefined;
	let host: HTMLElement | undefined;
	let pointed: HTMLElement | undefined;
	/** What had the keyboard before. */
	let before: Element | null = null;
	/** One post is chosen for that, and not any number to keep. */
	let one: Chosen | undefined;

	function start(to?: Chosen): void {
		stop();
		one = to;
		before = document.activeElement;
		ending = new AbortController();
		const {note, done} = buildBar();
		const options = {capture: true, signal: ending.signal};
		document.addEventListener('pointerover', event => point(postAt(event)), options);
		document.addEventListener('focusin', event => point(postAt(event)), options);
		for (const type of PRESSES)
			document.addEventListener(type, event => postAt(event) && halt(event), options);
		document.addEventListener('click', event => choose(event, note), options);
		document.addEventListener('keydown', event => onKey(event, note), options);
		done.focus({preventScroll: true});
	}

	function stop(): void {
		ending?.abort();
		host?.remove();
		host = undefined;
		point(undefined);
		if (before instanceof HTMLElement && before.isConnected) before.focus({preventScroll: true});
		before = null;
	}

	function onKey(event: KeyboardEvent, note: HTMLElement): void {
		if (event.key === 'Escape') {
			halt(event);
			stop();
		}
		// On a button in a post, Enter is meant for the button.
		if (event.key === 'Enter' && event.target === postAt(event)) choose(event, note);
	}

	function choose(event: Event, note: HTMLElement): void {
		const article = postAt(event);
		if (article === undefined) return;
		halt(event);
		void keep(article, note);
	}

	async function keep(article: HTMLElement, note: HTMLElement): Promise<void> {
		const post = parts.describe(article);
		if (post && one) {
			if (await parts.report(post, one)) stop();
			else note.textContent = say(parts.language(), 'choose_failed');
			return;
		}
		const answer = post && (await parts.save(post));
		const key: LineKey =
			answer === undefined
				? 'choose_unreadable'
				: answer.ok
					? answer.already
						? 'choose_already'
						: 'choose_saved'
					: answer.problem === 'full'
						? 'choose_full'
						: 'choose_failed';
		note.textContent = say(parts.language(), key);
	}

	function point(article: HTMLElement | undefined): void {
		if (pointed === article) return;
		if (pointed) delete pointed.dataset[POINTED];
		if (article) article.dataset[POINTED] = '';
		pointed = article;
	}

	function buildBar(): {note: HTMLElement; done: HTMLButtonElement} {
		const language = parts.language();
		host = document.createElement('panah-chooser');
		for (const type of ['click', 'keydown', 'keypress', 'keyup']) host.addEventListener(type, keepToUs);
		const root = host.attachShadow({mode: 'closed'});
		dress(root);
		const bar = build('div', readTheme(undefined).dark ? 'cover bar dark' : 'cover bar');
		bar.lang = language;
		bar.dir = direction(language);
		bar.setAttribute('role', 'group');
		bar.setAttribute('aria-label', say(language, one ? 'choosing' : 'choose_name'));
		const row = build('div', 'row');
		const note = build('p', 'text', say(language, one ? `choose_${one}` : 'choose'));
		// What is said here answers something the reader just did.
		note.setAttribute('role', 'status');
		const done = button(say(language, 'choose_done'), stop);
		row.append(note, done);
		bar.append(row);
		root.append(bar);
		document.body.append(host);
		return {note, done};
	}

	return {start, stop};
}

/** The post that an event is about. Our own bar, lines and labels are none. */
function postAt(event: Event): HTMLElement | undefined {
	const {target} = event;
	if (!(target instanceof Element) || target.closest(OURS) !== null) return undefined;
	return target.closest<HTMLElement>(SELECTORS.post) ?? undefined;
}

/** Keeps an event from X. A touch that is prevented would never become the click that chooses. */
function halt(event: Event): void {
	if (!event.type.startsWith('touch')) event.preventDefault();
	event.stopImmediatePropagation();
}
