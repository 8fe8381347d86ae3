import {readNumber} from '../../contribute/forms.js';
import {
	type Contributor,
	changeContributor,
	isKey,
	type Joined,
	loadContributor,
	MOST_VOTES,
	makeContributor,
	votesLeft,
} from '../../contribute/key.js';
import {
	type Item,
	loadNews,
	type News,
	type OwnerNotice,
	type ProtectedAccount,
	type PublicList,
	type Task,
} from '../../contribute/news.js';
import {
	dismiss,
	type Job,
	loadOutbox,
	loadReports,
	queueNotice,
	queueVote,
	type Report,
	undo,
	VOTES,
	type Vote,
	withdraw,
} from '../../contribute/outbox.js';
import {
	askWorker,
	type ContributePage,
	drawBrand,
	keepFocus,
	makeButton,
	makeCode,
	makePick,
	onStored,
	onSubmit,
	sayDay,
	sayProblem,
} from '../../contribute/parts.js';
import {CONTRIBUTE_TEXTS, type ContributeKey} from '../../contribute/texts.js';
import {loadServer, type Server} from '../../core/settings.js';
import {attempt, show, tell, tellAgain} from '../common/notes.js';
import {build, find, openPage} from '../common/page.js';
import {sayTime} from '../common/time.js';
import {askTwice} from '../common/twice.js';

let page: ContributePage;
let server: Server;
let contributor: Contributor | undefined;
let jobs: Job[] = [];
let reports: Report[] = [];
let news: News = {server: '', tasks: [], notices: []};
let lists: PublicList[] = [];
let items: {list: string; items: Item[]} | undefined;
let invitation: {list: string; code: string; until: string} | undefined;
let guarded: ProtectedAccount[] | undefined;
let code: string | undefined;
/** Whether the person wants to see what the jury is asked: not before the warning was read, and not for long. */
let showsTasks = false;
/** When a break was proposed, and not answered yet. */
let isBreak = false;
let breakTimer: ReturnType<typeof setTimeout> | undefined;
let isUnreachable = false;
// Only the newest reading counts.
let readings = 0;

/** How long somebody looks at cases before a break is proposed, in milliseconds. */
const BREAK_AFTER = 20 * 60_000;
const KEPT = ['outbox', 'reports', 'contributors', 'news', 'server'];

async function start(): Promise<void> {
	server = await loadServer();
	await read();
	prepare();
	await openPage(CONTRIBUTE_TEXTS, drawn => {
		page = drawn;
		draw();
	});
	onStored(KEPT, () => void refresh());
}

async function read(): Promise<void> {
	readings += 1;
	const mine = readings;
	const at = await loadServer();
	const found = await Promise.all([
		loadOutbox(),
		loadReports(),
		loadContributor(at.address),
		loadNews(at.address),
	]);
	if (mine !== readings) return;
	server = at;
	[jobs, reports, contributor, news] = found;
}

async function refresh(): Promise<void> {
	await read();
	draw();
}

/** What is pressed on this page, other than what each drawing makes anew. */
function prepare(): void {
	const press = (id: string, work: () => unknown) =>
		find(id, HTMLButtonElement).addEventListener('click', () => void work());
	press('agree', () => begin());
	press('delete-list', deleteList);
	press('show-tasks', () => showTasks(true));
	press('stop-tasks', () => showTasks(false));
	press('go-on', () => showTasks(true));
	press('look', () => ask('look-note', {do: 'look'}, 'looked'));
	press('unprotect', unprotect);
	press('show-protected', showProtected);
	press('forget-key', () => deleteKey(true));
	askTwice(
		find('delete-all', HTMLButtonElement),
		{question: 'delete_all_question', yes: 'delete_all_yes'},
		() => ask('reports-note', {do: 'delete-reports'}, 'deleted'),
	);
	askTwice(
		find('delete-key', HTMLButtonElement),
		{question: 'key_delete_question', yes: 'key_delete_yes'},
		() => deleteKey(false),
	);
	onSubmit(find('items', HTMLFormElement), sendItems);
	onSubmit(find('join', HTMLFormElement), join);
	onSubmit(find('protect', HTMLFormElement), protect);
	onSubmit(find('use-key', HTMLFormElement), importKey);
	find('join-part', HTMLDetailsElement).addEventListener('toggle', () => void readLists());
	find('key-part', HTMLDetailsElement).addEventListener('toggle', drawKey);
	find('cap', HTMLSelectElement).addEventListener('change', event => {
		const cap = Number((event.target as HTMLSelectElement).value);
		void keep('jury-note', async () => {
			if (contributor) await changeContributor(server.address, contributor, () => ({cap}));
		});
	});
}

/** Does what may find no room in the browser, and says so. */
function keep(note: string, work: () => Promise<void>): Promise<boolean> {
	return attempt(work, () => tell(note, () => page.say('not_saved')));
}

/** Asks the server for something, and tells what came of it. */
async function ask<Value>(
	note: string,
	question: {do: string} & Record<string, unknown>,
	done?: ContributeKey,
): Promise<{value: Value} | undefined> {
	tell(note);
	const told = await askWorker<Value>(question);
	if (!told.ok) tell(note, () => sayProblem(page, told));
	else if (done !== undefined) tell(note, () => page.say(done));
	await refresh();
	return told.ok ? {value: told.value} : undefined;
}

async function begin(key?: string): Promise<boolean> {
	const isKept = await keep('page-note', () => makeContributor(server.address, key));
	await refresh();
	if (isKept) find('guide', HTMLDetailsElement).open = false;
	return isKept;
}

function draw(): void {
	drawBrand(page);
	const hasKey = contributor !== undefined;
	show('no-key', !hasKey);
	show('agree-row', !hasKey);
	show('with-key', hasKey);
	show('import', !hasKey);
	keepFocus(find('reports', HTMLElement), drawReports);
	keepFocus(find('joined', HTMLElement), drawJoined);
	drawItems();
	drawJoinLists();
	keepFocus(find('tasks', HTMLElement), drawJury);
	keepFocus(find('notices', HTMLElement), drawNotices);
	drawProtected();
	drawKeySection();
	tellAgain();
}

function here<Thing extends {server: string}>(things: Thing[]): Thing[] {
	return things.filter(thing => thing.server === server.address);
}

// My reports.

function drawReports(): void {
	show('reports-none', reports.length === 0);
	find('reports', HTMLElement).replaceChildren(...[...reports].reverse().map(drawReport));
	const own = here(reports);
	show('delete', own.length > 0 || contributor?.registered === true);
	show('by-list', own.length > 0);
	const choice = find('which-list', HTMLSelectElement);
	const before = choice.value;
	const names = new Map(own.map(({list, name}) => [list, name]));
	choice.replaceChildren(...[...names].map(([list, name]) => option(list, name)));
	if (names.has(before)) choice.value = before;
}

function drawReport(report: Report): HTMLElement {
	const {id, account, name, category, day, state} = report;
	const row = build('li');
	const about = build('div');
	const title = build('p');
	title.id = `report-${id}`;
	title.append(page.say('account_number', {number: account}), ' · ', build('bdi', '', name));
	const more = `${page.say(`category_${category}`)} · ${sayDay(page.language, day)}`;
	about.append(title, build('p', 'help', more), build('p', 'help', sayState(report)));
	row.append(about);
	const job = jobs.find(one => one.id === id);
	const isElsewhere = report.server !== server.address;
	if (state === 'sent' && !isElsewhere)
		row.append(makeButton(page, 'withdraw', `withdraw-${id}`, () => takeBack([id]), {of: title.id}));
	else if ((state === 'waiting' || state === 'withdrawing') && job?.tried === false)
		row.append(makeButton(page, 'undo', `undo-${id}`, () => undoReport(id), {of: title.id}));
	else if (state === 'waiting' && !isElsewhere)
		row.append(makeButton(page, 'withdraw', `withdraw-${id}`, () => takeBack([id]), {of: title.id}));
	else if (state !== 'sent' && state !== 'withdrawing')
		row.append(makeButton(page, 'remove_row', `remove-${id}`, () => takeBack([id]), {of: title.id}));
	return row;
}

function sayState({id, server: address, state}: Report): string {
	const job = jobs.find(one => one.id === id);
	const isOpen = state === 'waiting' || state === 'withdrawing';
	if (isOpen && address !== server.address)
		return page.say('state_elsewhere', {server: new URL(address).host});
	if (state === 'withdrawing' && job?.tried === false)
		return page.say('withdraw_later', {time: sayTime(page.language, job.at)});
	if (state !== 'waiting') return page.say(`state_${state}`);
	if (job === undefined || job.tries > 0) return page.say('state_queued');
	return page.say('state_waiting', {time: sayTime(page.language, job.at)});
}

async function takeBack(ids: string[]): Promise<void> {
	await keep('reports-note', () => withdraw(ids));
	await refresh();
}

async function undoReport(id: string): Promise<void> {
	if (!(await undo(id))) await takeBack([id]);
	await refresh();
}

async function deleteList(): Promise<void> {
	const list = find('which-list', HTMLSelectElement).value;
	const ids = here(reports).filter(one => one.list === list);
	await takeBack(ids.map(({id}) => id));
}

// Lists.

function drawJoined(): void {
	const joined = Object.entries(contributor?.lists ?? {});
	show('joined-none', joined.length === 0);
	find('joined', HTMLElement).replaceChildren(...joined.map(([slug, one]) => drawOne(slug, one)));
}

function drawOne(slug: string, {name, standing, onboarded}: Joined): HTMLElement {
	const card = build('li', 'card');
	const title = build('h3');
	title.id = `list-${slug}`;
	title.append(build('bdi', '', name));
	card.append(title, build('p', '', page.say(`standing_${standing}`)));
	const buttons = build('div', 'buttons');
	const of = title.id;
	if (!onboarded && standing !== 'suspended')
		buttons.append(makeButton(page, 'onboard', `onboard-${slug}`, () => readItems(slug), {quiet: false, of}));
	if (standing === 'trusted')
		buttons.append(makeButton(page, 'invite', `invite-${slug}`, () => invite(slug), {of}));
	buttons.append(
		makeButton(
			page,
			'refresh_standing',
			`standing-${slug}`,
			() => ask('joined-note', {do: 'standing', list: slug}),
			{of},
		),
	);
	if (invitation?.list === slug) {
		const said = page.say('invite_code', {date: sayDay(page.language, invitation.until)});
		card.append(build('p', '', said), makeCode(invitation.code, page.say('invitation')));
	}
	card.append(buttons);
	return card;
}

async function invite(list: string): Promise<void> {
	const told = await ask<{code: string; until: string}>('joined-note', {do: 'invite', list});
	if (told !== undefined) invitation = {list, ...told.value};
	draw();
}

async function readItems(list: string): Promise<void> {
	const told = await ask<Item[]>('joined-note', {do: 'onboarding', list});
	if (told === undefined) return;
	items = told.value.length > 0 ? {list, items: told.value} : undefined;
	if (items === undefined) tell('joined-note', () => page.say('onboard_none'));
	drawnItems = undefined;
	draw();
	find('items', HTMLElement).querySelector('input')?.focus();
}

let drawnItems: string | undefined;

function drawItems(): void {
	show('items', items !== undefined);
	// Answers that were given stay when the page is drawn anew.
	if (items === undefined || drawnItems === page.language) return;
	drawnItems = page.language;
	find('items-list', HTMLElement).replaceChildren(
		...items.items.map(({id, text}, index) => {
			const group = build('fieldset');
			const legend = build('legend');
			const words = build('span', 'said', text[page.language]);
			words.dir = 'auto';
			legend.append(words);
			group.append(legend);
			for (const value of ['list', 'keep'] as const) {
				const parts = {name: `item-${index}`, value, id: `item-${index}-${value}`};
				const {label, input} = makePick(page.say(`onboard_${value}`), parts);
				input.dataset.item = id;
				group.append(label);
			}
			return group;
		}),
	);
}

async function sendItems(): Promise<void> {
	if (items === undefined) return;
	const chosen = [...find('items', HTMLElement).querySelectorAll<HTMLInputElement>('input:checked')];
	if (chosen.length < items.items.length) {
		tell('joined-note', () => page.say('onboard_all'));
		return;
	}
	const answers = Object.fromEntries(chosen.map(({dataset, value}) => [dataset.item ?? '', value]));
	const told = await ask('joined-note', {do: 'onboard', list: items.list, answers}, 'onboard_done');
	if (told !== undefined) items = undefined;
	draw();
	find('joined-title', HTMLElement).focus();
}

async function readLists(): Promise<void> {
	if (!find('join-part', HTMLDetailsElement).open) return;
	const told = await ask<PublicList[]>('join-note', {do: 'lists'});
	if (told === undefined) return;
	lists = told.value.filter(({archived}) => !archived);
	if (lists.length === 0) tell('join-note', () => page.say('lists_none'));
	drawJoinLists();
}

function drawJoinLists(): void {
	const choice = find('join-list', HTMLSelectElement);
	const before = choice.value;
	const open = lists.filter(({slug}) => contributor?.lists[slug] === undefined);
	choice.replaceChildren(...open.map(({slug, name}) => option(slug, name)));
	if (open.some(({slug}) => slug === before)) choice.value = before;
	choice.disabled = open.length === 0;
}

async function join(): Promise<void> {
	const field = find('join-code', HTMLInputElement);
	const list = lists.find(({slug}) => slug === find('join-list', HTMLSelectElement).value);
	if (list === undefined) return;
	const {slug, name} = list;
	const told = await ask(
		'join-note',
		{do: 'join', list: slug, name, invitation: field.value.trim()},
		'joined',
	);
	if (told !== undefined) field.value = '';
}

// Jury.

function showTasks(shown: boolean): void {
	showsTasks = shown;
	isBreak = false;
	clearTimeout(breakTimer);
	if (shown)
		breakTimer = setTimeout(() => {
			isBreak = true;
			draw();
		}, BREAK_AFTER);
	draw();
	find('jury-title', HTMLElement).focus();
}

function drawJury(): void {
	const answered = here(jobs).filter(({work}) => work.do === 'vote');
	const open = news.tasks.filter(({id}) => !answered.some(job => job.id === id));
	const waiting = answered.filter(({ended}) => ended === undefined).length;
	const left = contributor === undefined ? 0 : Math.max(0, votesLeft(contributor) - waiting);
	const tasks = open.slice(0, left);
	const isCapped = open.length > 0 && tasks.length === 0;
	find('jury-state', HTMLElement).textContent = isCapped
		? page.say('jury_cap_reached')
		: tasks.length === 0
			? page.say('jury_none')
			: '';
	show('warning', tasks.length > 0 && !showsTasks);
	show('break', tasks.length > 0 && showsTasks && isBreak);
	const shown = showsTasks ? tasks : [];
	// What somebody began to answer stays.
	const holder = find('tasks', HTMLElement);
	const began = new Map([...holder.querySelectorAll<HTMLElement>('form')].map(form => [form.id, form]));
	holder.replaceChildren(
		...answered.map(drawAnswered),
		...shown.map(task => {
			const form = began.get(`task-${task.id}`);
			return form?.lang === page.language ? form : drawTask(task);
		}),
	);
	drawCap();
}

function drawAnswered({id, at, ended}: Job): HTMLElement {
	const bar = build('div', 'bar');
	const list = news.tasks.find(task => task.id === id)?.listName;
	const said =
		ended !== undefined
			? list === undefined
				? page.say('answer_ended')
				: page.say('vote_ended', {list})
			: page.say('vote_waiting', {time: sayTime(page.language, at)});
	const text = build('p', '', said);
	text.id = `answered-${id}`;
	const press = async (work: () => Promise<unknown>) => {
		await work();
		await refresh();
	};
	const of = text.id;
	bar.append(
		text,
		ended === undefined
			? makeButton(page, 'undo', `undo-${id}`, () => press(() => undo(id)), {of})
			: makeButton(page, 'dismiss', `dismiss-${id}`, () => press(() => dismiss(id)), {of}),
	);
	return bar;
}

function drawTask({id, listName, norms, account, posts, due}: Task): HTMLElement {
	const form = build('form', 'card');
	form.id = `task-${id}`;
	form.lang = page.language;
	const title = build('h3');
	title.append(build('bdi', '', listName), ' · ', page.say('account_number', {number: account}));
	form.append(title);
	if (due !== '') form.append(build('p', 'help', page.say('jury_due', {date: sayDay(page.language, due)})));
	if (norms !== '') {
		const rules = build('details');
		const words = build('p', '', norms);
		words.dir = 'auto';
		rules.append(build('summary', '', page.say('norms')), words);
		form.append(rules);
	}
	const row = build('div', 'buttons');
	posts.forEach((post, index) => {
		const open = makeButton(page, 'jury_post', `post-${id}-${index}`, () =>
			chrome.tabs.create({url: `https://x.com/i/status/${post}`}),
		);
		open.textContent = page.say('jury_post', {number: index + 1});
		row.append(open);
	});
	const group = build('fieldset');
	group.append(build('legend', '', page.say('jury_question')));
	for (const vote of VOTES) {
		const parts = {name: `vote-${id}`, value: vote, id: `vote-${id}-${vote}`};
		group.append(makePick(page.say(`vote_${vote}`), parts).label);
	}
	const told = makePick(page.say('vote_disclosure'), {
		name: `disclosure-${id}`,
		id: `disclosure-${id}`,
		kind: 'checkbox',
	});
	const send = build('button', '', page.say('vote_send'));
	send.type = 'submit';
	form.append(row, group, told.label, send);
	onSubmit(form, () => {
		const chosen = form.querySelector<HTMLInputElement>('input[type=radio]:checked')?.value;
		return vote(
			id,
			VOTES.find(one => one === chosen),
			told.input.checked,
		);
	});
	return form;
}

async function vote(id: string, chosen: Vote | undefined, disclosure: boolean): Promise<void> {
	tell('jury-note', chosen === undefined ? () => page.say('vote_choose') : undefined);
	if (chosen === undefined) return;
	await keep('jury-note', () => queueVote(server.address, id, chosen, disclosure));
	await refresh();
	document.getElementById(`undo-${id}`)?.focus();
}

function drawCap(): void {
	const choice = find('cap', HTMLSelectElement);
	if (choice.options.length === 0)
		for (let most = 0; most <= MOST_VOTES; most += 1) choice.append(option(String(most), ''));
	for (const one of choice.options) one.textContent = Number(one.value).toLocaleString(page.language);
	choice.value = String(contributor?.cap ?? MOST_VOTES);
}

// Notices and protection.

function drawNotices(): void {
	const answered = here(jobs).filter(({work}) => work.do === 'answer');
	const open = news.notices.filter(({id}) => !answered.some(job => job.id === id));
	show('notices-state', open.length === 0 && answered.length === 0);
	find('notices', HTMLElement).replaceChildren(...answered.map(drawAnswered), ...open.map(drawNotice));
}

function drawNotice({id, listName, due}: OwnerNotice): HTMLElement {
	const card = build('div', 'card');
	const said = page.say('notice_text', {list: listName, date: sayDay(page.language, due)});
	const text = build('p', '', said);
	text.id = `notice-${id}`;
	const buttons = build('div', 'buttons');
	const answer = (given: 'doubt' | 'accept') => async () => {
		await keep('look-note', () => queueNotice(server.address, id, given));
		await refresh();
		document.getElementById(`undo-${id}`)?.focus();
	};
	const of = text.id;
	buttons.append(
		makeButton(page, 'notice_doubt', `doubt-${id}`, answer('doubt'), {quiet: false, of}),
		makeButton(page, 'notice_accept', `accept-${id}`, answer('accept'), {of}),
	);
	card.append(text, buttons);
	return card;
}

/** The number that was typed; without one, says so. */
function ownNumber(): string | undefined {
	const field = find('own-number', HTMLInputElement);
	const number = readNumber(field.value);
	field.setAttribute('aria-invalid', String(number === undefined));
	if (number === undefined) {
		tell('protect-note', () => page.say('number_unreadable'));
		field.focus();
	}
	return number;
}

async function protect(): Promise<void> {
	const account = ownNumber();
	if (account === undefined) return;
	const told = await ask<string>('protect-note', {do: 'protect', account});
	if (told === undefined) return;
	code = told.value;
	find('own-number', HTMLInputElement).value = '';
	await showProtected();
}

async function unprotect(): Promise<void> {
	const account = ownNumber();
	if (account === undefined) return;
	const told = await ask('protect-note', {do: 'unprotect', account}, 'protect_ended');
	if (told === undefined) return;
	code = undefined;
	guarded = undefined;
	drawProtected();
}

async function showProtected(): Promise<void> {
	const told = await ask<ProtectedAccount[]>('protect-note', {do: 'protection'});
	if (told !== undefined) guarded = told.value;
	drawProtected();
}

function drawProtected(): void {
	const parts: HTMLElement[] = [];
	if (code !== undefined && code !== '')
		parts.push(build('p', '', page.say('protect_code')), makeCode(code, page.say('protect_code')));
	for (const one of guarded ?? []) {
		if (one.code === code) continue;
		const said =
			one.status === 'active' ? page.say('protect_active') : page.say('protect_pending', {code: one.code});
		parts.push(build('p', '', said));
	}
	if (guarded?.length === 0) parts.push(build('p', '', page.say('protect_none')));
	find('protected', HTMLElement).replaceChildren(...parts);
}

// My key.

function drawKeySection(): void {
	if (contributor === undefined) return;
	const date = sayDay(page.language, contributor.since);
	find('key-since', HTMLElement).textContent = page.say('key_since', {date});
	show('forget-here', isUnreachable);
	drawKey();
}

/** The key stands on the page only while somebody wants to see it. */
function drawKey(): void {
	const isOpen = find('key-part', HTMLDetailsElement).open;
	const shown = isOpen && contributor ? [makeCode(contributor.key, page.say('key_label'))] : [];
	find('key-code', HTMLElement).replaceChildren(...shown);
}

async function deleteKey(isHereOnly: boolean): Promise<void> {
	const told = await askWorker({do: 'delete-key', here: isHereOnly});
	isUnreachable = !told.ok;
	const note = told.ok ? 'page-note' : 'key-note';
	tell(note, () => (told.ok ? page.say('key_deleted') : sayProblem(page, told)));
	await refresh();
	if (!told.ok) return;
	const heading = find('page-note', HTMLElement);
	heading.tabIndex = -1;
	heading.focus();
}

async function importKey(): Promise<void> {
	const field = find('other-key', HTMLInputElement);
	const key = field.value.trim();
	field.setAttribute('aria-invalid', String(!isKey(key)));
	if (!isKey(key)) {
		tell('use-note', () => page.say('key_bad'));
		field.focus();
		return;
	}
	field.value = '';
	tell('use-note');
	if (await begin(key)) tell('page-note', () => page.say('key_used'));
}

function option(value: string, words: string): HTMLOptionElement {
	const made = build('option', '', words);
	made.value = value;
	return made;
}

void start();
