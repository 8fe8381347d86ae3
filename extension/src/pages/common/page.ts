import en from '../../../_locales/en/pages.json';
import ur from '../../../_locales/ur/pages.json';
import {EXIT_URL, listenForExit} from '../../core/exit.js';
import {direction, type Language, pickLanguage, plural, sayer, type Texts} from '../../core/i18n.js';
import {loadSettings, parseSettings, type Settings, saveSettings} from '../../core/settings.js';
import {build} from '../../present/elements.js';

export {build};

type CommonKey = keyof typeof en;

/** One of our own pages, in the reader's language. */
export interface Page<Key extends string> {
	settings: Settings;
	language: Language;
	/** What we are called on pages and on the toolbar at present. */
	name: string;
	/** Says a text of this page or one that all pages share. `{name}` is what we are called. */
	say(key: Key | CommonKey, values?: Record<string, string | number>): string;
	/** Says `key_one` or `key_other`, by `count`, which `{count}` stands for. */
	sayCount(key: string, count: number, values?: Record<string, string | number>): string;
	/** Stores a change of the settings and draws the page anew. False: it could not be stored, the old state is drawn. */
	change(part: Partial<Settings>): Promise<boolean>;
	/** Draws the page anew, as the settings are. */
	redraw(): void;
	/** Fills what a script added after the page was drawn. */
	fill(part: ParentNode): void;
}

/**
 * Opens one of our pages: direction, title, texts (`data-say` and `data-say-label` name them), the quick exit
 * (`data-exit`), and a new drawing whenever settings change, here or in another window. `draw` does the rest; it
 * runs once before this returns. `leaveHere`: what leaving quickly means where this page is no tab of its own.
 */
export async function openPage<Key extends string>(
	texts: Texts<Key>,
	draw: (page: Page<Key>) => void,
	leaveHere: () => void = leave,
): Promise<Page<Key>> {
	const speak = sayer<Key | CommonKey>({en: {...en, ...texts.en}, ur: {...ur, ...texts.ur}});
	// Neither icon nor title stands in the markup: a name that shall say nothing would come too late.
	const icon = Object.assign(build('link'), {rel: 'icon'});
	const page: Page<Key> = {
		settings: await loadSettings(),
		language: 'en',
		name: '',
		say: (key, values) => speak(page.language, key, {name: page.name, ...values}),
		sayCount: (key, count, values) =>
			page.say(`${key}_${plural(page.language, count)}` as Key, {count, ...values}),
		async change(part) {
			const saved = await saveSettings(part).catch(() => undefined);
			if (saved !== undefined) page.settings = saved;
			redraw();
			return saved !== undefined;
		},
		redraw,
		fill(part) {
			for (const element of part.querySelectorAll<HTMLElement>('[data-say]')) {
				element.textContent = page.say(element.dataset.say as Key);
			}
			for (const element of part.querySelectorAll<HTMLElement>('[data-say-label]')) {
				element.setAttribute('aria-label', page.say(element.dataset.sayLabel as Key));
			}
		},
	};

	function redraw(): void {
		const root = document.documentElement;
		page.language = pickLanguage(page.settings.language, chrome.i18n.getUILanguage());
		page.name = speak(page.language, page.settings.discreet ? 'name_discreet' : 'name');
		root.lang = page.language;
		root.dir = direction(page.language);
		const title = document.body.dataset.title;
		document.title = title === undefined ? page.name : `${page.say(title as Key)} – ${page.name}`;
		icon.href = page.settings.discreet ? 'icons/plain-32.png' : 'icons/32.png';
		if (!icon.isConnected) document.head.append(icon);
		page.fill(document);
		draw(page);
	}

	chrome.storage.sync.onChanged.addListener(changes => {
		if (changes.settings === undefined) return;
		page.settings = parseSettings(changes.settings.newValue);
		redraw();
	});
	listenForExit(document, leaveHere);
	for (const button of document.querySelectorAll('[data-exit]')) button.addEventListener('click', leaveHere);
	redraw();
	document.body.hidden = false;
	return page;
}

/** Somebody's words, in whatever direction they run. */
export function quote(words: string): HTMLElement {
	const quoted = build('blockquote', '', words);
	quoted.dir = 'auto';
	return quoted;
}

/** Leaves at once, with no way back to this page. */
export function leave(): void {
	document.body.hidden = true;
	location.replace(EXIT_URL);
}

/** The element of that id. Raises an Error when the page holds none of that kind. */
export function find<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
	const element = document.getElementById(id);
	if (element instanceof kind) return element;
	throw new Error(`The page holds no ${id}.`);
}
