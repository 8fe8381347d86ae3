import {readNumber, today} from '../../contribute/forms.js';
import {
	changeMine,
	ListFull,
	loadMine,
	type Mine,
	MOST_MINE,
	MOST_NOTE,
	type Own,
} from '../../contribute/mine.js';
import {MAX_FILE, readFile, toCsv, toJson, UnreadableFile} from '../../contribute/mine-file.js';
import {
	type ContributePage,
	drawBrand,
	keepFocus,
	ltr,
	makeButton,
	onStored,
	onSubmit,
	sayDay,
} from '../../contribute/parts.js';
import {CONTRIBUTE_TEXTS} from '../../contribute/texts.js';
import {download} from '../common/download.js';
import {attempt, onFile, show, tell, tellAgain} from '../common/notes.js';
import {build, find, openPage} from '../common/page.js';
import {openSquads} from './squads.js';

/** So many at first: a list out of a file may be long. */
const AT_ONCE = 50;

let page: ContributePage;
let mine: Mine = {};
let shown = AT_ONCE;
/** What was taken off last. */
let takenOff: [string, Own] | undefined;
/** Out of a file, before it is added; and what was added last. */
let read: Mine | undefined;
let imported: string[] | undefined;

const squads = openSquads(() => mine);

async function start(): Promise<void> {
	mine = await loadMine();
	await squads.read();
	listen();
	squads.listen();
	await openPage(CONTRIBUTE_TEXTS, drawn => {
		page = drawn;
		draw();
	});
	await squads.sync();
}

function listen(): void {
	const press = (id: string, work: () => unknown) =>
		find(id, HTMLButtonElement).addEventListener('click', () => void work());
	press('more', () => {
		shown += AT_ONCE;
		drawMine();
	});
	press('undo', putBack);
	press('as-json', () => download({name: 'accounts.json', blob: fileOf(toJson(mine), 'application/json')}));
	press('as-csv', () => {
		toCsv(mine).forEach((text, index) => {
			const number = index === 0 ? '' : `-${index + 1}`;
			download({name: `accounts${number}.csv`, blob: fileOf(text, 'text/csv')});
		});
	});
	press('import', addFile);
	press('import-undo', undoFile);
	onSubmit(find('add', HTMLFormElement), add);
	onFile('file', file => void readIn(file));
	onStored(['mine'], () => void refresh());
}

function fileOf(text: string, type: string): Blob {
	return new Blob([text], {type});
}

async function refresh(): Promise<void> {
	mine = await loadMine();
	drawMine();
}

function draw(): void {
	drawBrand(page);
	drawMine();
	squads.draw(page);
	tellAgain();
}

function drawMine(): void {
	const list = find('mine', HTMLElement);
	keepFocus(list, () => {
		const newest = Object.entries(mine).sort(([, a], [, b]) => b.since.localeCompare(a.since));
		list.replaceChildren(...newest.slice(0, shown).map(([id, own]) => drawRow(id, own)));
		show('more', newest.length > shown);
		show('mine-none', newest.length === 0);
	});
}

function nameOf(id: string, {handle}: Pick<Own, 'handle'>): string {
	return handle === undefined ? page.say('account_number', {number: id}) : `@${handle}`;
}

function drawRow(id: string, own: Own): HTMLElement {
	const row = build('li');
	const account = nameOf(id, own);
	const about = build('div');
	const title = build('p');
	title.id = `account-${id}`;
	if (own.handle === undefined) title.append(account);
	else title.append(ltr(account), ' ', build('span', 'help', page.say('account_number', {number: id})));
	const since = page.say('mine_since', {date: sayDay(page.language, own.since)});
	about.append(title, build('p', 'help', since));
	const parts = build('div', 'parts');
	const tier = build('select');
	tier.id = `tier-${id}`;
	tier.setAttribute('aria-label', page.say('tier', {account}));
	for (const one of ['hide', 'flag'] as const) {
		const option = build('option', '', page.say(`tier_${one}`));
		option.value = one;
		tier.append(option);
	}
	tier.value = own.tier;
	tier.addEventListener('change', () => void change(id, {tier: tier.value === 'flag' ? 'flag' : 'hide'}));
	const note = build('input');
	Object.assign(note, {type: 'text', dir: 'auto', maxLength: MOST_NOTE, value: own.note ?? ''});
	Object.assign(note, {id: `note-${id}`, placeholder: page.say('note'), autocomplete: 'off'});
	note.setAttribute('aria-label', page.say('note_for', {account}));
	note.addEventListener('change', () => void change(id, {note: note.value.trim()}));
	const off = makeButton(page, 'take_off', `off-${id}`, () => takeOff(id, own), {of: title.id});
	parts.append(tier, note, off);
	row.append(about, parts);
	return row;
}

/** Does what may find no room, and says so. */
function keep(note: string, work: () => Promise<void>): Promise<boolean> {
	return attempt(work, error =>
		tell(note, () =>
			error instanceof ListFull ? page.say('mine_full', {count: MOST_MINE}) : page.say('not_saved'),
		),
	);
}

async function change(id: string, part: Partial<Own>): Promise<void> {
	const before = mine[id];
	if (before === undefined) return;
	const {note, ...bare} = {...before, ...part};
	await keep('add-note', () => changeMine({[id]: note ? {...bare, note} : bare}));
}

async function takeOff(id: string, own: Own): Promise<void> {
	if (!(await keep('add-note', () => changeMine({[id]: undefined})))) return;
	takenOff = [id, own];
	show('undo-bar', true);
	show('undo', true);
	tell('mine-note', () => page.say('taken_off', {account: nameOf(id, own)}));
	await refresh();
	find('undo', HTMLElement).focus();
}

async function putBack(): Promise<void> {
	if (takenOff === undefined) return;
	const [id, own] = takenOff;
	if (!(await keep('add-note', () => changeMine({[id]: own})))) return;
	takenOff = undefined;
	show('undo', false);
	tell('mine-note', () => page.say('put_back', {account: nameOf(id, own)}));
	await refresh();
	find('accounts-title', HTMLElement).focus();
}

async function add(): Promise<void> {
	const field = find('number', HTMLInputElement);
	const id = readNumber(field.value);
	field.setAttribute('aria-invalid', String(id === undefined));
	if (id === undefined) {
		tell('add-note', () => page.say('number_unreadable'));
		field.focus();
		return;
	}
	const own: Own = mine[id] ?? {tier: 'hide', since: today()};
	if (!(await keep('add-note', () => changeMine({[id]: own})))) return;
	field.value = '';
	tell('add-note', () => page.say('added', {account: nameOf(id, own)}));
	await refresh();
}

async function readIn(file: File): Promise<void> {
	read = undefined;
	imported = undefined;
	try {
		if (file.size > MAX_FILE) throw new UnreadableFile();
		const found = readFile(await file.text());
		read = found;
		const ids = Object.keys(found);
		const fresh = ids.filter(id => mine[id] === undefined).length;
		tell('file-note', () => page.sayCount('import_new', fresh, {known: ids.length - fresh}));
	} catch (error) {
		const line = error instanceof UnreadableFile ? error.line : undefined;
		tell('file-note', () =>
			line === undefined ? page.say('import_bad') : page.say('import_bad_line', {line}),
		);
	}
	show('import', read !== undefined);
	show('import-undo', false);
}

async function addFile(): Promise<void> {
	// What is there already stays as it is.
	const fresh = Object.entries(read ?? {}).filter(([id]) => mine[id] === undefined);
	if (!(await keep('file-note', () => changeMine(Object.fromEntries(fresh))))) return;
	imported = fresh.map(([id]) => id);
	read = undefined;
	show('import', false);
	show('import-undo', imported.length > 0);
	tell('file-note', () => page.say('imported'));
	await refresh();
	find('file', HTMLElement).focus();
}

async function undoFile(): Promise<void> {
	const gone = Object.fromEntries((imported ?? []).map(id => [id, undefined]));
	if (!(await keep('file-note', () => changeMine(gone)))) return;
	imported = undefined;
	show('import-undo', false);
	tell('file-note', () => page.say('import_undone'));
	await refresh();
	find('file', HTMLElement).focus();
}

void start();
