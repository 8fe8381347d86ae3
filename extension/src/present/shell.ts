import {direction, type Language, type MessageKey, say, sayMeaning} from '../core/i18n.js';
import type {Reason} from '../core/verdicts.js';
import css from './cover.css';
import type {Theme} from './theme.js';

/** What a line or a label tells about a reply. */
export interface Story {
	id: string;
	reason: Reason;
	partial: boolean;
	language: Language;
	theme: Theme;
}

/** The parts that a line and a label have in common, in a closed shadow root that the page cannot read. */
export interface Shell {
	host: HTMLElement;
	cover: HTMLElement;
	text: HTMLElement;
	buttons: HTMLElement;
	/** Adopts the page's colours and font size. */
	wear(theme: Theme): void;
	/** Says that the extension was updated and this page must be reloaded. */
	askForReload(): void;
}

// X opens a post on a click anywhere around it and has single-key shortcuts; ours are not meant for X.
const OWN_EVENTS = [
	'click',
	'auxclick',
	'mousedown',
	'mouseup',
	'pointerdown',
	'pointerup',
	'keydown',
	'keyup',
];

let sheet: CSSStyleSheet | undefined;

export function buildShell(tag: 'panah-line' | 'panah-flag', story: Story, name: MessageKey): Shell {
	const {language} = story;
	const host = document.createElement(tag);
	host.dataset.statusId = story.id;
	for (const type of OWN_EVENTS) host.addEventListener(type, event => event.stopPropagation());
	const root = host.attachShadow({mode: 'closed'});
	dress(root);

	const cover = build('div', 'cover');
	cover.setAttribute('role', 'group');
	cover.setAttribute('aria-label', say(language, name));
	cover.lang = language;
	cover.dir = direction(language);
	const row = build('div', 'row');
	const line = build('p', 'text');
	const text = build('span');
	line.append(drawMark(), text);
	const buttons = build('div', 'buttons');
	row.append(line, buttons);
	const more = explain(story);
	const reload = build('p', 'reload', say(language, 'reload'));
	reload.hidden = true;
	cover.append(row, more, reload);
	buttons.append(buildWhy(language, more));
	root.append(cover);

	function wear(theme: Theme): void {
		cover.classList.toggle('dark', theme.dark);
		cover.style.fontSize = theme.fontSize;
		// Nastaliq comes from our sheet; X's fonts have no letters for it.
		cover.style.fontFamily = language === 'ur' ? '' : theme.fontFamily;
	}
	wear(story.theme);
	return {
		host,
		cover,
		text,
		buttons,
		wear,
		askForReload() {
			reload.hidden = false;
		},
	};
}

export function button(label: string, onPress: () => void): HTMLButtonElement {
	const made = build('button', '', label);
	made.type = 'button';
	made.addEventListener('click', onPress);
	return made;
}

function buildWhy(language: Language, more: HTMLElement): HTMLButtonElement {
	const why = button(say(language, 'why'), () => {
		more.hidden = !more.hidden;
		why.setAttribute('aria-expanded', String(!more.hidden));
	});
	why.setAttribute('aria-expanded', 'false');
	why.setAttribute('aria-controls', more.id);
	return why;
}

/** Plain words and no numbers: how sure the model was says little to the person it hurts. */
function explain({language, reason, partial}: Story): HTMLElement {
	const more = build('div', 'more');
	more.id = 'more';
	more.hidden = true;
	const note = say(language, 'estimate') + (partial ? ` ${say(language, 'partial')}` : '');
	more.append(build('p', '', sayMeaning(language, reason)), build('p', '', note));
	return more;
}

/** The same shelter as on the toolbar. */
function drawMark(): SVGElement {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	const path = document.createElementNS(svg.namespaceURI, 'path') as SVGPathElement;
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'mark');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', 'M4 20v-7a8 8 0 0 1 16 0v7M9 20v-6a3 3 0 0 1 6 0v6');
	path.setAttribute('fill', 'none');
	path.setAttribute('stroke', 'currentColor');
	path.setAttribute('stroke-width', '2');
	path.setAttribute('stroke-linecap', 'round');
	svg.append(path);
	return svg;
}

/** X's content security policy forbids style elements, but not sheets made by a script. */
function dress(root: ShadowRoot): void {
	if (sheet === undefined) {
		sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
	}
	root.adoptedStyleSheets = [sheet];
}

function build<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	name = '',
	text = '',
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	if (name !== '') element.className = name;
	element.textContent = text;
	return element;
}
