import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {CoveredPost, PageReport} from '../../../extension/src/core/messages.js';

const PAGES = join(import.meta.dirname, '../../../extension/src/pages');

export const at = <T extends HTMLElement>(selector: string) => document.querySelector(selector) as T;
export const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
export const field = (id: string) => at<HTMLInputElement>(`#${id}`);
export const said = (id: string) => at(`#${id}`).textContent;
export const isHidden = (id: string) => at(`#${id}`).hidden;

/** Stands in for the time that a page waits. To be called before a page is opened. */
export function fakeTime(): void {
	vi.useFakeTimers({toFake: ['setTimeout', 'clearTimeout', 'Date']});
}

/** Lets everything happen that is under way, and what waits for less than a second. */
export async function settle(): Promise<void> {
	await vi.advanceTimersByTimeAsync(1000);
}

/** Opens one of our own pages anew, with its own script. */
export async function openOwnPage(name: string, load: () => Promise<unknown>): Promise<void> {
	const html = readFileSync(join(PAGES, name, `${name}.html`), 'utf8');
	document.documentElement.innerHTML = html.replace(/<script.*<\/script>|<link.*>/g, '');
	const body = /<body([^>]*)>/.exec(html)?.[1] ?? '';
	for (const [, key, value] of body.matchAll(/([\w-]+)="([^"]*)"/g))
		document.body.setAttribute(key ?? '', value ?? '');
	vi.resetModules();
	await load();
	await settle();
}

/** Uses a checkbox, a radio button or, with a value, a select, as a reader would. */
export async function choose(selector: string, value?: string): Promise<void> {
	const control = at<HTMLInputElement>(selector);
	if (value !== undefined) control.value = value;
	else control.checked = control.type === 'radio' || !control.checked;
	control.dispatchEvent(new Event('change'));
	await settle();
}

export async function click(selector: string): Promise<void> {
	at(selector).click();
	await settle();
}

export async function submit(selector: string): Promise<void> {
	at(selector).dispatchEvent(new Event('submit', {cancelable: true}));
	await settle();
}

/** Every text is there in words, every control has a name, and what is referred to exists. */
export function expectWholeTexts(): void {
	for (const element of all('[data-say]')) expect(element.textContent, element.dataset.say).toMatch(/\S/);
	for (const element of all('[data-say-label]')) expect(element.getAttribute('aria-label')).toMatch(/\S/);
	for (const control of all('input:not([hidden]), select') as HTMLInputElement[]) {
		const names = [...(control.labels ?? [])].map(label => label.textContent);
		expect(control.getAttribute('aria-label') ?? names.join(), control.id).toMatch(/\S/);
	}
	for (const reference of ['aria-describedby', 'aria-labelledby', 'aria-controls']) {
		for (const element of all(`[${reference}]`)) {
			for (const id of element.getAttribute(reference)?.split(' ') ?? []) {
				expect(document.getElementById(id), id).not.toBeNull();
			}
		}
	}
	expect(document.body.textContent).not.toMatch(/\{\w+\}/);
}

export function coveredPost(parts: Partial<CoveredPost> = {}): CoveredPost {
	const id = parts.id ?? '11';
	return {
		id,
		act: 'hide',
		reason: 'blame',
		source: 'model',
		partial: false,
		shown: false,
		post: {
			id: id.replace('#quote', ''),
			handle: 'Made_Up',
			name: 'Made Up',
			accountId: '77',
			text: 'Why were you there?',
			partial: false,
			url: 'https://x.com/Made_Up/status/11',
			postedAt: '2026-01-02T10:00:00.000Z',
			foundOn: 'https://x.com/somebody/status/1',
		},
		...parts,
	};
}

export function pageReport(parts: Partial<PageReport> = {}): PageReport {
	return {
		surface: 'conversation',
		focalId: '1',
		focalUrl: 'https://x.com/somebody/status/1',
		pausedHere: false,
		unreadable: false,
		covered: [],
		...parts,
	};
}
