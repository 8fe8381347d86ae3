import {alwaysShow, loadLocal, stopShowing} from '../../core/local.js';
import type {Person} from '../../core/people.js';
import {keep} from '../common/keep.js';
import {build, find} from '../common/page.js';
import type {OptionsPage} from './texts.js';

/** The part of the page that lists which accounts are always shown. */
export function openPeople(): {draw(page: OptionsPage): void; refresh(): Promise<void>} {
	let page: OptionsPage | undefined;
	let people: Person[] = [];
	const list = find('people-list', HTMLUListElement);
	const none = find('people-none', HTMLElement);
	const field = find('people-add', HTMLInputElement);
	const note = find('people-note', HTMLElement);

	function redraw(): void {
		if (page === undefined) return;
		none.hidden = people.length > 0;
		list.hidden = people.length === 0;
		list.replaceChildren(...people.map(buildRow));
	}

	function buildRow(person: Person): HTMLLIElement {
		const row = build('li');
		const about = build('div');
		about.append(build('bdi', 'who', `@${person.handle}`));
		const since = new Date(`${person.since}T12:00:00`);
		if (page && !Number.isNaN(since.getTime())) {
			const date = new Intl.DateTimeFormat(page.language, {dateStyle: 'medium'}).format(since);
			about.append(build('p', 'help', page.say('people_since', {date})));
		}
		const remove = build('button', 'quiet', page?.say('people_remove'));
		remove.type = 'button';
		remove.setAttribute('aria-label', `${page?.say('people_remove')} @${person.handle}`);
		remove.addEventListener('click', () => void takeOut(person));
		row.append(about, remove);
		return row;
	}

	async function takeOut(person: Person): Promise<void> {
		if (page === undefined) return;
		const place = people.indexOf(person);
		if (!(await keep(page, note, () => stopShowing(person)))) return;
		await refresh();
		note.textContent = page.say('people_removed', {handle: `@${person.handle}`});
		// The pressed button is gone: the keyboard goes on with the next account, or the field below.
		const buttons = list.querySelectorAll('button');
		(buttons[Math.min(place, buttons.length - 1)] ?? field).focus();
	}

	async function add(): Promise<void> {
		if (page === undefined) return;
		const handle = readHandle(field.value);
		field.setAttribute('aria-invalid', String(handle === undefined));
		if (handle === undefined) {
			note.textContent = page.say('people_unreadable');
			field.focus();
			return;
		}
		// Who is known by number stays so: the handle alone would say less.
		const isKnown = people.some(person => person.handle === handle);
		if (!isKnown && !(await keep(page, note, () => alwaysShow({handle})))) return;
		field.value = '';
		await refresh();
		note.textContent = page.say('people_added', {handle: `@${handle}`});
	}

	async function refresh(): Promise<void> {
		({people} = await loadLocal());
		redraw();
	}

	find('people-form', HTMLFormElement).addEventListener('submit', event => {
		event.preventDefault();
		void add();
	});
	chrome.storage.onChanged.addListener((changes, area) => {
		if (area === 'local' && changes.people !== undefined) void refresh();
	});
	return {
		draw(drawn) {
			page = drawn;
			redraw();
		},
		refresh,
	};
}

/** The handle in what somebody typed: a name with or without "@", or the address of a profile. */
export function readHandle(typed: string): string | undefined {
	const bare = typed.trim().replace(/^(?:https:\/\/)?(?:www\.)?(?:x|twitter)\.com\//i, '');
	return /^@?(\w{1,15})\/?$/.exec(bare)?.[1]?.toLowerCase();
}
