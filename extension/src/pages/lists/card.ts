import type {ListReport} from '../../lists/messages.js';
import {CAPS, type Cap} from '../../lists/state.js';
import {build} from '../common/page.js';
import type {ListsPage} from './texts.js';

/** What the reader may do with a list. */
export interface CardActions {
	/** Uses it with this cap, or with null no more. */
	use(list: ListReport, cap: Cap | null): Promise<void>;
	/** What is to be said about the people that the reader follows. */
	preview(list: ListReport): Promise<string>;
}

/** One list with all that its server says about it, and what can be done. `address`: of that server. */
export function buildCard(
	list: ListReport,
	address: string,
	page: ListsPage,
	actions: CardActions,
): HTMLElement {
	const card = build('li', 'card');
	card.dataset.listId = list.listId;
	const title = build('h3');
	title.id = `list-${list.listId}`;
	title.append(build('bdi', '', list.name || page.say('lists_unknown_name')));
	card.append(title, ...describe(list, page));
	const note = build('p', 'note');
	note.setAttribute('role', 'status');
	if (list.cap !== undefined) {
		card.append(build('p', '', sayState(list, page)), buildCap(list, list.cap, page, actions));
	}
	const buttons = build('div', 'buttons');
	if (list.cap === undefined) {
		buttons.append(
			press('lists_use', '', () => actions.use(list, list.tierCap)),
			press('lists_preview', 'quiet', async () => {
				note.textContent = await actions.preview(list);
			}),
		);
	} else {
		buttons.append(press('lists_leave', 'quiet', () => actions.use(list, null)));
	}
	card.append(buttons, note);
	if (list.slug !== '') card.append(buildAppeal(list, address, page));
	return card;

	function press(
		key: 'lists_use' | 'lists_preview' | 'lists_leave',
		kind: string,
		work: () => Promise<void>,
	): HTMLButtonElement {
		const button = build('button', kind, page.say(key));
		button.type = 'button';
		button.setAttribute('aria-describedby', title.id);
		button.addEventListener('click', async () => {
			button.disabled = true;
			note.textContent = '';
			await work();
			button.disabled = false;
		});
		return button;
	}
}

function describe(list: ListReport, page: ListsPage): HTMLElement[] {
	if (list.gone) return [];
	const {description, norms, contact, tierCap, count, unattended} = list;
	const parts: HTMLElement[] = [build('p', 'help', page.sayCount('lists_count', count))];
	if (description !== '') parts.push(said('p', 'plain', description));
	if (tierCap === 'flag') parts.push(build('p', 'help', page.say('lists_cap_flag_only')));
	if (unattended) parts.push(build('p', '', page.say('lists_unattended')));
	const details = build('details');
	details.append(
		build('summary', '', page.say('lists_norms')),
		norms === '' ? build('p', 'help', page.say('lists_norms_none')) : said('p', 'plain', norms),
	);
	const found: HTMLElement[] = [...parts, details];
	if (contact !== '') found.push(build('p', 'help', page.say('lists_contact', {contact})));
	return found;
}

/** Words of the list's own people, in whatever direction they run. */
function said(tag: 'p', name: string, words: string): HTMLElement {
	const element = build(tag, name, words);
	element.dir = 'auto';
	return element;
}

function sayState({problem, missing, waiting, gone}: ListReport, page: ListsPage): string {
	if (gone) return page.say('lists_kept_gone');
	const parts = [
		problem === undefined
			? page.say(missing ? 'lists_state_missing' : 'lists_state_ok')
			: page.say(`lists_kept_${problem}`),
	];
	if (waiting > 0) parts.push(page.sayCount('lists_waiting', waiting));
	return parts.join(' ');
}

function buildCap(list: ListReport, cap: Cap, page: ListsPage, actions: CardActions): HTMLElement {
	const field = build('div', 'field');
	const label = build('label', '', page.say('lists_cap'));
	const select = build('select');
	select.id = `cap-${list.listId}`;
	label.htmlFor = select.id;
	select.setAttribute('aria-describedby', `list-${list.listId}`);
	for (const value of CAPS.toReversed()) {
		// A list that asks for labels only is not made stronger by whoever uses it.
		if (value === 'hide' && list.tierCap === 'flag' && cap !== 'hide') continue;
		const option = build('option', '', page.say(`lists_cap_${value}`));
		option.value = value;
		option.selected = value === cap;
		select.append(option);
	}
	select.addEventListener('change', () => {
		const chosen = CAPS.find(one => one === select.value);
		if (chosen !== undefined) void actions.use(list, chosen);
	});
	field.append(label, select);
	return field;
}

function buildAppeal({slug, listId}: ListReport, address: string, page: ListsPage): HTMLElement {
	const paragraph = build('p');
	const link = build('a', '', page.say('lists_appeal'));
	link.href = `${address}/lists/${slug}/appeal`;
	link.target = '_blank';
	link.rel = 'noreferrer';
	link.setAttribute('aria-describedby', `list-${listId}`);
	paragraph.append(link);
	return paragraph;
}
