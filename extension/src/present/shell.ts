import {direction, type Language} from '../core/i18n.js';
import {type LineKey, say} from '../core/line-texts.js';
import type {SaveAnswer} from '../core/messages.js';
import type {Reason, Source} from '../core/verdicts.js';
import type {Detail} from '../lists/messages.js';
import css from './cover.css';
import {build, disclosure, drawMark} from './elements.js';
import {buildMenu} from './menu.js';
import type {Theme} from './theme.js';
import {explain} from './why.js';

/** What the reader may do with a reply besides showing and hiding it. `id`: of the cover. */
export interface CoverActions {
	/** "Always show this account". False: that could not be kept. */
	alwaysShow(id: string): Promise<boolean>;
	/** "Not harmful". False: that could not be kept. */
	fine(id: string): Promise<boolean>;
	/** "Save as evidence". */
	save(id: string): Promise<SaveAnswer>;
	/** "Report to a list". False: the page for it could not be opened. */
	report(id: string): Promise<boolean>;
	/** "Hide this account from now on", or no longer. What is to be told about it, if anything. */
	hideAccount(id: string, hidden: boolean): Promise<LineKey | false>;
	/** "More about this": what public lists tell; undefined when nobody answered. */
	details(id: string): Promise<Detail[] | undefined>;
	/** The reader showed or hid something. */
	changed(): void;
}

/** What a line or a label tells about a reply, or about the post that it quotes. */
export interface Story {
	id: string;
	of: 'post' | 'quote';
	reason: Reason;
	partial: boolean;
	source: Source | 'thread';
	/** The lists that its author is on, where they say so. */
	lists?: string[];
	/** How sure the model was, in [0, 1], where the reader wants to know. */
	score: number | undefined;
	language: Language;
	theme: Theme;
	/** Without the mark that says whose line it is. */
	discreet: boolean;
}

/** What stands before a covered element, in a closed shadow root that the page cannot read. */
export interface Shell {
	host: HTMLElement;
	/** Adopts the page's colours and font size. */
	wear?(theme: Theme): void;
	/** Says that the extension was updated and this page must be reloaded. */
	askForReload?(): void;
	/** Moves the keyboard there. */
	focus?(): void;
}

/** The parts that a line and a label have in common. */
export interface Parts extends Shell {
	cover: HTMLElement;
	text: HTMLElement;
	buttons: HTMLElement;
}

// X opens a post on a click anywhere around it and has single-key shortcuts; ours are not meant for X.
const OWN_EVENTS = [
	'click',
	'auxclick',
	'mousedown',
	'mouseup',
	'pointerdown',
	'pointerup',
	'touchstart',
	'touchend',
	'keydown',
	'keypress',
	'keyup',
];

let sheet: CSSStyleSheet | undefined;

export function buildShell(
	tag: 'panah-line' | 'panah-flag',
	story: Story,
	name: LineKey,
	actions: CoverActions,
): Parts {
	const {language} = story;
	const {host, cover, wear} = buildCover(tag, story);
	cover.setAttribute('role', 'group');
	cover.setAttribute('aria-label', say(language, name));
	const row = build('div', 'row');
	const line = build('p', 'text');
	const text = build('span');
	line.append(...(story.discreet ? [] : [drawMark()]), text);
	const buttons = build('div', 'buttons');
	row.append(line, buttons);
	const why = disclosure(say(language, 'why'), 'why', () => explain(story, actions));
	const more = disclosure(say(language, 'more'), 'acts', () => buildMenu(story, actions));
	buttons.append(why.opener, more.opener);
	cover.append(row, more.panel, why.panel);
	return {
		host,
		cover,
		text,
		buttons,
		wear,
		askForReload() {
			if (cover.querySelector('.reload') === null)
				cover.append(build('p', 'reload', say(language, 'reload')));
		},
		focus: () => buttons.querySelector('button')?.focus({preventScroll: true}),
	};
}

/** The element that stands in the page, and in it the box that all else of ours lies in. */
export function buildCover(
	tag: 'panah-line' | 'panah-flag',
	story: Pick<Story, 'id' | 'of' | 'language' | 'theme'>,
) {
	const {id, of, language, theme} = story;
	const host = document.createElement(tag);
	host.dataset.statusId = id;
	for (const type of OWN_EVENTS) host.addEventListener(type, keepToUs, {passive: true});
	const root = host.attachShadow({mode: 'closed'});
	dress(root);
	const cover = build('div', `cover ${of}`);
	cover.lang = language;
	cover.dir = direction(language);
	root.append(cover);

	function wear({dark, fontSize, fontFamily}: Theme): void {
		cover.classList.toggle('dark', dark);
		cover.style.fontSize = fontSize;
		// Nastaliq comes from our sheet; X's fonts have no letters for it.
		cover.style.fontFamily = language === 'ur' ? '' : fontFamily;
	}
	wear(theme);
	return {host, cover, wear};
}

/** Escape goes through: where nothing of ours was open to be closed by it, it closes what X has opened. */
export function keepToUs(event: Event): void {
	if ((event as KeyboardEvent).key !== 'Escape') event.stopPropagation();
}

/** X's content security policy forbids style elements, but not sheets made by a script. */
export function dress(root: ShadowRoot): void {
	if (sheet === undefined) {
		sheet = new CSSStyleSheet();
		sheet.replaceSync(css);
	}
	root.adoptedStyleSheets = [sheet];
}
