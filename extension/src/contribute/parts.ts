import type {Told} from '../background/contribute.js';
import type {Language} from '../core/i18n.js';
import {build, type Page} from '../pages/common/page.js';
import type {ContributeKey} from './texts.js';

// What the pages about lists have in common.

export type ContributePage = Page<ContributeKey>;

/** Asks the worker, which asks the server. Never raises. */
export async function askWorker<Value = unknown>(
	ask: {do: string} & Record<string, unknown>,
): Promise<Told<Value>> {
	const told = await chrome.runtime.sendMessage({kind: 'contribute', ask}).catch(() => undefined);
	return told ?? {ok: false, problem: 'later', code: ''};
}

/** What went wrong, in words. */
export function sayProblem(page: ContributePage, told: Extract<Told, {ok: false}>): string {
	return page.say(`problem_${told.problem}`);
}

/** A day as the language writes it. */
export function sayDay(language: Language, day: string): string {
	const time = new Date(`${day}T12:00:00`);
	if (Number.isNaN(time.getTime())) return day;
	return new Intl.DateTimeFormat(language, {dateStyle: 'medium'}).format(time);
}

/** A button with a text of the page. Its id lets it keep the keyboard while the page is drawn anew. */
export function makeButton(
	page: ContributePage,
	key: ContributeKey,
	id: string,
	press: () => unknown,
	{quiet = true, of = ''} = {},
): HTMLButtonElement {
	const made = build('button', quiet ? 'quiet' : '', page.say(key));
	made.type = 'button';
	made.id = id;
	if (of !== '') made.setAttribute('aria-describedby', of);
	made.addEventListener('click', () => void press());
	return made;
}

/** A radio button, or with `kind` a checkbox, and its words. */
export function makePick(
	words: string,
	parts: {name: string; value?: string; id: string; checked?: boolean; kind?: 'radio' | 'checkbox'},
): {label: HTMLLabelElement; input: HTMLInputElement} {
	const {kind = 'radio', ...given} = parts;
	const label = build('label', 'pick');
	const input = build('input');
	Object.assign(input, {type: kind, ...given});
	label.append(input, build('span', '', words));
	return {label, input};
}

/** Numbers and codes stand from left to right in every language. */
export function ltr(text: string, tag: 'bdi' | 'code' = 'bdi'): HTMLElement {
	const made = build(tag, '', text);
	made.dir = 'ltr';
	return made;
}

/** A field with a code or a key to be copied, marked as a whole when it is entered. */
export function makeCode(code: string, label: string): HTMLInputElement {
	const field = build('input');
	Object.assign(field, {type: 'text', readOnly: true, value: code, dir: 'ltr', spellcheck: false});
	field.setAttribute('aria-label', label);
	field.addEventListener('focus', () => field.select());
	return field;
}

/** Draws a part of the page anew. The keyboard stays on what has the same id, or goes to the part's heading. */
export function keepFocus(part: HTMLElement, draw: () => void): void {
	const {activeElement} = document;
	const wasInside = activeElement !== null && activeElement !== part && part.contains(activeElement);
	draw();
	if (!wasInside || activeElement.isConnected) return;
	const same = activeElement.id === '' ? null : document.getElementById(activeElement.id);
	const heading = part.closest('section')?.querySelector<HTMLElement>('h2, h3');
	if (same !== null) same.focus();
	else if (heading) {
		heading.tabIndex = -1;
		heading.focus();
	}
}

/** Runs `work` whenever one of these parts of storage changes, in this window or elsewhere. */
export function onStored(keys: string[], work: () => void): void {
	chrome.storage.onChanged.addListener((changes, area) => {
		if (area === 'local' && keys.some(key => key in changes)) work();
	});
}

/** Does what a form asks for, instead of sending it anywhere. */
export function onSubmit(form: HTMLFormElement, work: () => unknown): void {
	form.addEventListener('submit', event => {
		event.preventDefault();
		void work();
	});
}

/** The name in the bar. */
export function drawBrand(page: ContributePage): void {
	const brand = document.getElementById('brand');
	if (brand !== null) brand.textContent = page.name;
}
