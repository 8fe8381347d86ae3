import {readNumber, today} from '../../contribute/forms.js';
import type {Mine} from '../../contribute/mine.js';
import {
	askWorker,
	type ContributePage,
	keepFocus,
	makeButton,
	makeCode as makeCodeField,
	onStored,
	onSubmit,
	sayProblem,
} from '../../contribute/parts.js';
import {isSameContent, MOST_NAME, makeCode, readCode, type SquadContent} from '../../contribute/squad-box.js';
import {addSquad, changeSquad, leaveSquad, loadSquads, type Squad} from '../../contribute/squads.js';
import type {ContributeKey} from '../../contribute/texts.js';
import {loadServer} from '../../core/settings.js';
import {attempt, show, tell} from '../common/notes.js';
import {build, find} from '../common/page.js';

/** What is asked before something is done with a squad. */
type Question = 'invite' | 'renew' | 'leave' | 'end' | 'add_mine';

/** The part of the page about lists that friends share. `mine`: the reader's own list at present. */
export function openSquads(mine: () => Mine) {
	let page: ContributePage | undefined;
	let squads: Squad[] = [];
	let address = '';
	/** What is asked about which squad, and whose code is shown. */
	let asking: {code: string; about: Question} | undefined;
	let showing: string | undefined;
	/** Squads whose accounts are in sight. */
	const opened = new Set<string>();

	async function read(): Promise<void> {
		[squads, {address}] = await Promise.all([loadSquads(), loadServer()]);
	}

	async function refresh(): Promise<void> {
		await read();
		redraw();
	}

	async function sync(): Promise<void> {
		if (squads.length > 0) await askWorker({do: 'squads'});
	}

	function draw(drawn: ContributePage): void {
		page = drawn;
		redraw();
	}

	function redraw(): void {
		const now = page;
		if (now === undefined) return;
		const list = find('squads', HTMLElement);
		keepFocus(list, () =>
			list.replaceChildren(...squads.map((squad, index) => drawSquad(now, squad, index))),
		);
	}

	function drawSquad(now: ContributePage, squad: Squad, index: number): HTMLElement {
		const {code, content} = squad;
		const card = build('li', 'card');
		const title = build('h3');
		title.id = `squad-${index}`;
		title.append(build('bdi', '', nameOf(now, content)));
		const accounts = Object.keys(content.accounts);
		card.append(title, build('p', 'help', now.sayCount('squad_count', accounts.length)));
		const state = sayState(now, squad);
		if (state !== '') card.append(build('p', '', state));
		if (accounts.length > 0) card.append(drawAccounts(now, squad, index));
		card.append(drawAdd(now, squad, index));
		const of = title.id;
		const buttons = build('div', 'buttons');
		const asks: Array<[Question, ContributeKey]> = [
			['invite', 'squad_invite'],
			['add_mine', 'squad_add_mine'],
			['renew', 'squad_renew'],
			['leave', 'squad_leave'],
			['end', 'squad_end'],
		];
		for (const [about, key] of asks) {
			if (about === 'add_mine' && Object.keys(mine()).length === 0) continue;
			// Only the server that keeps it can end it.
			if (about === 'end' && squad.server !== address) continue;
			const isOpen = asking?.code === code && asking.about === about;
			const opener = makeButton(
				now,
				key,
				`${about}-${index}`,
				() => {
					asking = isOpen ? undefined : {code, about};
					showing = undefined;
					redraw();
					document.getElementById(isOpen ? `${about}-${index}` : `no-${index}`)?.focus();
				},
				{of},
			);
			opener.setAttribute('aria-expanded', String(isOpen));
			buttons.append(opener);
		}
		card.append(buttons);
		if (asking?.code === code) card.append(drawQuestion(now, squad, index, asking.about));
		if (showing === code) card.append(drawCode(now, squad, index));
		return card;
	}

	function sayState(now: ContributePage, {server, problem, base, content, version}: Squad): string {
		if (server !== address) return now.say('squad_elsewhere', {server: new URL(server).host});
		if (problem !== undefined) return now.say(`squad_problem_${problem}`);
		const isSent = version > 0 && isSameContent(base, content);
		return isSent ? '' : now.say('squad_pending');
	}

	function drawAccounts(now: ContributePage, {code, content}: Squad, index: number): HTMLElement {
		const part = build('details');
		part.open = opened.has(code);
		part.addEventListener('toggle', () => {
			if (part.open) opened.add(code);
			else opened.delete(code);
		});
		const rows = build('ul', 'rows');
		for (const id of Object.keys(content.accounts)) {
			const row = build('li');
			const text = build('p', '', now.say('account_number', {number: id}));
			text.id = `squad-${index}-${id}`;
			const off = () => change(code, ({[id]: _, ...others}) => others);
			row.append(text, makeButton(now, 'take_off', `squad-off-${index}-${id}`, off, {of: text.id}));
			rows.append(row);
		}
		part.append(build('summary', '', now.say('squad_accounts')), rows);
		return part;
	}

	function drawAdd(now: ContributePage, {code}: Squad, index: number): HTMLElement {
		const form = build('form', 'field');
		const label = build('label', '', now.say('squad_add'));
		const field = build('input');
		Object.assign(field, {type: 'text', dir: 'ltr', autocomplete: 'off', id: `squad-add-${index}`});
		label.htmlFor = field.id;
		const row = build('div', 'with-button');
		const send = build('button', 'quiet', now.say('add'));
		send.type = 'submit';
		send.id = `squad-send-${index}`;
		row.append(field, send);
		form.append(label, row);
		onSubmit(form, async () => {
			const id = readNumber(field.value);
			field.setAttribute('aria-invalid', String(id === undefined));
			if (id === undefined) {
				say('number_unreadable');
				field.focus();
				return;
			}
			tell('squads-note');
			await change(code, accounts => ({[id]: {tier: 'hide', since: today()}, ...accounts}));
			document.getElementById(field.id)?.focus();
		});
		return form;
	}

	function drawQuestion(now: ContributePage, squad: Squad, index: number, about: Question): HTMLElement {
		const part = build('div', 'sure');
		part.setAttribute('role', 'group');
		const question = build('p', '', now.say(`squad_${about}_question`));
		question.id = `question-${index}`;
		part.setAttribute('aria-labelledby', question.id);
		const close = () => {
			asking = undefined;
			redraw();
			document.getElementById(`${about}-${index}`)?.focus();
		};
		const no = build('button', 'quiet', now.say('cancel'));
		Object.assign(no, {type: 'button', id: `no-${index}`});
		no.addEventListener('click', close);
		part.addEventListener('keydown', event => {
			if (event.key === 'Escape') close();
		});
		const yes = makeButton(now, `squad_${about}_yes`, `yes-${index}`, () => act(squad, about), {
			quiet: false,
		});
		const buttons = build('div', 'buttons');
		buttons.append(no, yes);
		part.append(question, buttons);
		return part;
	}

	function drawCode(now: ContributePage, {code}: Squad, index: number): HTMLElement {
		const part = build('div', 'field');
		const hide = makeButton(now, 'squad_hide_code', `hide-${index}`, () => {
			showing = undefined;
			redraw();
			document.getElementById(`invite-${index}`)?.focus();
		});
		const row = build('div', 'buttons');
		row.append(hide);
		const field = makeCodeField(code, now.say('squad_code'));
		field.id = `shown-${index}`;
		part.append(field, row);
		return part;
	}

	async function act({code, content, server}: Squad, about: Question): Promise<void> {
		asking = undefined;
		tell('squads-note');
		const name = page === undefined ? '' : nameOf(page, content);
		if (about === 'invite') showing = code;
		if (about === 'add_mine')
			await change(code, accounts => {
				const shared = Object.entries(mine()).map(([id, {tier}]) => [id, {tier, since: today()}] as const);
				return {...Object.fromEntries(shared), ...accounts};
			});
		if (about === 'renew')
			await keep(async () => {
				await addSquad(await makeCode(), server, {...content, name: content.name || name});
				await leaveSquad(code);
				say('squad_made');
			});
		if (about === 'leave')
			await keep(async () => {
				await leaveSquad(code);
				say('squad_left', {squad: name});
			});
		if (about === 'end') {
			const told = await askWorker({do: 'end-squad', squad: code});
			if (told.ok) say('squad_left', {squad: name});
			else tell('squads-note', () => (page === undefined ? '' : sayProblem(page, told)));
		}
		await refresh();
		const field = showing === code ? document.querySelector<HTMLElement>('[id^="shown-"]') : null;
		(field ?? find('squads-title', HTMLElement)).focus();
	}

	function nameOf(now: ContributePage, {name}: SquadContent): string {
		return name === '' ? now.say('squad_unnamed') : name;
	}

	function say(key: ContributeKey, values: Record<string, string> = {}): void {
		tell('squads-note', () => page?.say(key, values) ?? '');
	}

	/** Does what may find no room in the browser, and says so. */
	function keep(work: () => Promise<void>): Promise<boolean> {
		return attempt(work, () => tell('squads-note', () => page?.say('not_saved') ?? ''));
	}

	async function change(
		code: string,
		part: (accounts: SquadContent['accounts']) => SquadContent['accounts'],
	): Promise<void> {
		await keep(() =>
			changeSquad(code, squad => ({
				...squad,
				content: {...squad.content, accounts: part(squad.content.accounts)},
			})),
		);
		await refresh();
	}

	async function begin(): Promise<void> {
		const field = find('squad-name', HTMLInputElement);
		const name = field.value.trim().slice(0, MOST_NAME);
		tell('new-note', name === '' ? () => page?.say('squad_name_missing') ?? '' : undefined);
		if (name === '') return field.focus();
		const isKept = await keep(async () => addSquad(await makeCode(), address, {name, accounts: {}}));
		if (!isKept) return;
		field.value = '';
		find('new-part', HTMLDetailsElement).open = false;
		say('squad_made');
		await refresh();
		find('squads-title', HTMLElement).focus();
	}

	async function join(): Promise<void> {
		const field = find('code', HTMLInputElement);
		const code = await readCode(field.value).catch(() => undefined);
		field.setAttribute('aria-invalid', String(code === undefined));
		tell('join-note', code === undefined ? () => page?.say('squad_bad') ?? '' : undefined);
		if (code === undefined) return field.focus();
		if (!(await keep(() => addSquad(code, address)))) return;
		field.value = '';
		find('join-part', HTMLDetailsElement).open = false;
		say('squad_joined');
		await refresh();
		find('squads-title', HTMLElement).focus();
		await sync();
		await refresh();
	}

	return {
		read,
		sync,
		draw,
		listen() {
			onSubmit(find('new', HTMLFormElement), begin);
			onSubmit(find('join', HTMLFormElement), join);
			onStored(['squads', 'server'], () => void refresh());
			// A code must not stand on a page that was left.
			addEventListener('pagehide', () => {
				showing = undefined;
				redraw();
			});
			show('squads', true);
		},
	};
}
