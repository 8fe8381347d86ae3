import {isOnX} from '../../core/sites.js';
import {type Event, type Kept, listKept, START, type Verified, verify} from '../../evidence/chain.js';
import {
	type Checked,
	checkFile,
	choose,
	FORMATS,
	MAX_FILE,
	makeFile,
	pack,
	sayVerdict,
} from '../../evidence/export.js';
import type {FileKind} from '../../evidence/review.js';
import {
	changePassphrase,
	MAX_NOTE,
	readEvidence,
	removeKept,
	saveNote,
	switchOff,
	switchOn,
	takeOver,
} from '../../evidence/save.js';
import {type Lock, unlock} from '../../evidence/seal.js';
import {EVIDENCE_TEXTS, type EvidenceKey, sayEvidence} from '../../evidence/texts.js';
import {download} from '../common/download.js';
import {attempt as attemptTo, onFile as onAnyFile, show, tellAgain, tell as tellIn} from '../common/notes.js';
import {build, find, openPage, type Page, quote} from '../common/page.js';
import {sayTime} from '../common/time.js';

/** How long opened replies stay open while nobody does anything, in milliseconds. */
const IDLE = 600_000;
const GOOD_LENGTH = 10;

let page: Page<EvidenceKey>;
let events: Event[] = [];
let lock: Lock | undefined;
/** What opens sealed replies; only in this page's memory. */
let key: CryptoKey | undefined;
let verified: Verified | undefined;
let checked: Checked | undefined;
let idle: ReturnType<typeof setTimeout> | undefined;
/** A passphrase that was called short once; the second time it is taken. */
let calledShort = '';
// By `seq`, so that they outlive a new drawing.
const opened = new Set<number>();
const chosen = new Set<number>();
const drafts = new Map<number, string>();
let removing: number | undefined;
// Only the newest reading of the store counts, and a passphrase opens nothing that was locked since it was typed.
let readings = 0;
let reading: Promise<void> = Promise.resolve();
let lockings = 0;

const search = find('search', HTMLInputElement);
const list = find('list', HTMLElement);
const checkCode = find('check-code', HTMLInputElement);

async function start(): Promise<void> {
	addChoices('format', FORMATS, ['html', 'json', 'csv']);
	addChoices('which', ['all', 'chosen'], ['chosen']);
	listen();
	await openPage(EVIDENCE_TEXTS, drawn => {
		page = drawn;
		draw();
	});
	await load();
}

function listen(): void {
	search.addEventListener('input', drawList);
	find('choose-all', HTMLElement).addEventListener('click', () => {
		for (const {event} of listShown()) chosen.add(event.seq);
		drawList();
	});
	find('choose-none', HTMLElement).addEventListener('click', () => {
		chosen.clear();
		drawList();
	});
	onSubmit('export', exportChosen);
	onSubmit('unlock', unlockAll);
	onSubmit('switch-on', protect);
	onSubmit('change', change);
	find('switch-off', HTMLElement).addEventListener('click', () => void attempt('pass-note', unprotect));
	find('lock-now', HTMLElement).addEventListener('click', () => {
		lockAgain();
		find('unlock-with', HTMLElement).focus();
	});
	onFile('check-file', async file => {
		checked = await check(file);
		drawCheck();
	});
	checkCode.addEventListener('input', drawCheck);
	onFile('import-file', importFile);
	for (const act of ['pointerdown', 'keydown', 'input', 'scroll']) {
		document.addEventListener(act, startIdle, {capture: true, passive: true});
	}
	// The browser may keep a page that was left, and show it again.
	addEventListener('pagehide', lockAgain);
	// Something may have been saved in another tab meanwhile.
	addEventListener('focus', () => void load());
}

/** Reads what is kept. Ends when the newest reading does. */
function load(): Promise<void> {
	readings += 1;
	reading = read(readings);
	return reading;
}

async function read(mine: number): Promise<void> {
	const {events: kept, lock: found} = await readEvidence(key);
	const isOpen = found === undefined || (key !== undefined && found.publicKey === lock?.publicKey);
	const whole = await verify(kept, {part: !isOpen});
	if (mine !== readings) return reading;
	const before = verified && `${events.at(-1)?.hash} ${lock?.publicKey}`;
	// Another window may have taken the passphrase away, or put other keys in their place.
	if (key !== undefined && found?.publicKey !== lock?.publicKey) key = undefined;
	[events, lock, verified] = [kept, found, whole];
	// A drawing would take the focus away from whoever writes a note.
	if (before !== `${events.at(-1)?.hash} ${lock?.publicKey}`) draw();
}

function isLocked(): boolean {
	return lock !== undefined && key === undefined;
}

function draw(): void {
	find('brand', HTMLElement).textContent = page.name;
	drawState();
	drawList();
	drawCheck();
	tellAgain();
}

function drawState(): void {
	const isEmpty = events.length === 0;
	show('unlock', isLocked());
	show('empty', verified !== undefined && !isLocked() && listKept(events).length === 0);
	show('filled', !isLocked() && listKept(events).length > 0);
	show('chain', verified !== undefined && !isEmpty);
	show('protect', verified !== undefined && !isLocked());
	show('switch-on', lock === undefined);
	show('protected', lock !== undefined);
	show('import', verified !== undefined && isEmpty);
	find('chain-state', HTMLElement).textContent = sayChain();
	find('chain-code', HTMLElement).textContent = verified?.ok ? verified.last : '';
	find('chain-code', HTMLElement).closest('details')?.toggleAttribute('hidden', !verified?.ok);
}

function sayChain(): string {
	if (verified === undefined) return '';
	if (!verified.ok) return page.say('chain_broken', {seq: verified.seq});
	return page.say(isLocked() ? 'chain_locked' : 'chain_ok');
}

function listShown(): Kept[] {
	const wanted = search.value.trim().toLocaleLowerCase(page.language);
	return listKept(events).filter(({event, note}) => {
		const {name, handle, text} = event.payload;
		return [name, `@${handle}`, text, note].some(part =>
			part.toLocaleLowerCase(page.language).includes(wanted),
		);
	});
}

function drawList(): void {
	const shown = listShown();
	list.replaceChildren(...shown.map(kept => drawReply(kept, 'kept')));
	const isNone = shown.length === 0 && search.value.trim() !== '';
	find('none-found', HTMLElement).textContent = isNone ? page.say('none_found') : '';
}

/** One reply. Of a checked file, it can be read and no more. */
function drawReply(kept: Kept, from: 'kept' | 'file'): HTMLElement {
	const {event, note} = kept;
	const {seq, at, payload} = event;
	const {name, handle, url, postedAt, partial} = payload;
	const item = build('li', 'reply');
	item.dataset.seq = String(seq);
	const who = build('h3');
	who.id = `${from}-${seq}`;
	const account = build('bdi', '', `@${handle}`);
	account.dir = 'ltr';
	who.append(build('bdi', '', name), ' ', account);
	item.append(who);
	const times = [
		postedAt === undefined ? '' : page.say('posted', {time: sayTime(page.language, postedAt, 'long')}),
		page.say('saved_at', {time: sayTime(page.language, at, 'long')}),
	];
	for (const time of times.filter(Boolean)) item.append(build('p', 'help', time));
	const said = sayVerdict(event, page.language, sayEvidence);
	if (said !== '') item.append(build('p', '', said));
	if (partial) item.append(build('p', 'help', page.say('partial_yes')));
	item.append(drawText(kept, who.id, from));
	if (isOnX(url)) {
		const link = build('a', '', page.say('open_link'));
		Object.assign(link, {href: url, target: '_blank', rel: 'noreferrer'});
		link.setAttribute('aria-describedby', who.id);
		const row = build('p');
		row.append(link);
		item.append(row);
	}
	if (from === 'file') {
		if (note !== '') item.append(build('p', 'help', page.say('note_label')), quote(note));
		return item;
	}
	item.prepend(drawTick(seq, who.id));
	item.append(drawNote(seq, note, who.id), drawRemove(seq, who.id));
	return item;
}

function drawTick(seq: number, who: string): HTMLElement {
	const label = build('label', 'tick');
	const box = build('input');
	box.type = 'checkbox';
	box.checked = chosen.has(seq);
	box.setAttribute('aria-describedby', who);
	box.addEventListener('change', () => {
		if (box.checked) chosen.add(seq);
		else chosen.delete(seq);
	});
	label.append(box, build('span', '', page.say('choose')));
	return label;
}

function drawText({event}: Kept, who: string, from: 'kept' | 'file'): HTMLElement {
	const {seq, payload} = event;
	const holder = build('div');
	const isOpen = from === 'kept' && opened.has(seq);
	const words = build('div', 'words');
	words.id = `${who}-text`;
	const row = build('div', 'buttons');
	const button = build('button', 'quiet');
	button.type = 'button';
	button.setAttribute('aria-controls', words.id);
	button.setAttribute('aria-describedby', who);
	const setOpen = (open: boolean) => {
		words.replaceChildren();
		if (open) {
			words.append(quote(payload.text));
			if (payload.answers) {
				words.append(build('p', 'help', page.say('answered')), quote(payload.answers.text));
			}
		}
		button.setAttribute('aria-expanded', String(open));
		button.textContent = page.say(open ? 'hide_text' : 'show_text');
	};
	setOpen(isOpen);
	button.addEventListener('click', () => {
		const open = button.getAttribute('aria-expanded') !== 'true';
		if (from === 'kept' && open) opened.add(seq);
		if (from === 'kept' && !open) opened.delete(seq);
		setOpen(open);
	});
	row.append(button);
	holder.append(words, row);
	return holder;
}

function drawNote(seq: number, note: string, who: string): HTMLElement {
	const field = build('div', 'field');
	const label = build('label', '', page.say('note_label'));
	const area = build('textarea');
	area.id = `note-${seq}`;
	area.rows = 2;
	area.dir = 'auto';
	area.maxLength = MAX_NOTE;
	area.value = drafts.get(seq) ?? note;
	area.setAttribute('aria-describedby', who);
	label.htmlFor = area.id;
	area.addEventListener('input', () => {
		drafts.set(seq, area.value);
		tell(result.id);
	});
	const save = build('button', 'quiet', page.say('save_note'));
	save.type = 'button';
	save.setAttribute('aria-describedby', who);
	const result = build('p', 'note');
	result.id = `note-${seq}-result`;
	result.setAttribute('role', 'status');
	save.addEventListener('click', async () => {
		const isSaved = await attempt(result.id, async () => {
			if (area.value !== note) await saveNote(seq, area.value);
			drafts.delete(seq);
			await load();
		});
		if (!isSaved) return;
		drawList();
		tell(result.id, 'note_saved');
		list.querySelector<HTMLElement>(`#note-${seq}`)?.parentElement?.querySelector('button')?.focus();
	});
	const row = build('div', 'buttons');
	row.append(save);
	field.append(label, area, row, result);
	return field;
}

/** The button that removes, or what asks whether it is meant. */
function drawRemove(seq: number, who: string): HTMLElement {
	const row = build('div', 'buttons');
	if (removing !== seq) {
		const remove = build('button', 'quiet', page.say('remove'));
		remove.type = 'button';
		remove.setAttribute('aria-describedby', who);
		remove.addEventListener('click', () => ask(seq));
		row.append(remove);
		return row;
	}
	const question = build('p', '', page.say('remove_sure'));
	question.id = `${who}-sure`;
	const yes = build('button', '', page.say('remove_yes'));
	const no = build('button', 'quiet', page.say('cancel'));
	yes.type = 'button';
	no.type = 'button';
	yes.setAttribute('aria-describedby', question.id);
	no.setAttribute('aria-describedby', question.id);
	yes.addEventListener('click', () => void attempt('notice', () => remove(seq)));
	no.addEventListener('click', () => ask(undefined, seq));
	row.append(no, yes);
	const holder = build('div', 'card');
	holder.append(question, row);
	return holder;
}

/** Asks about removing one, or stops asking; the keyboard's focus stays with it. */
function ask(seq: number | undefined, from = seq): void {
	removing = seq;
	drawList();
	const buttons = list.querySelectorAll<HTMLElement>(`[data-seq="${from}"] > :last-child button`);
	buttons.item(0)?.focus();
}

async function remove(seq: number): Promise<void> {
	await removeKept(seq, key);
	removing = undefined;
	for (const kept of [opened, chosen, drafts]) kept.delete(seq);
	await load();
	tell('notice', 'removed');
	const rest = listKept(events).length > 0 ? 'list-title' : 'pass-title';
	find(rest, HTMLElement).focus();
}

async function exportChosen(): Promise<void> {
	const all = picked('which') === 'all';
	if (!all && chosen.size === 0) {
		tell('export-note', 'choose_first');
		return;
	}
	const format = FORMATS.find(one => one === picked('format')) ?? 'html';
	const {version} = chrome.runtime.getManifest();
	const file = makeFile(all ? events : choose(events, chosen), page.language, version);
	const packed = pack(file, format, sayEvidence);
	download(packed);
	tell('export-note', 'downloaded', {file: packed.name});
}

async function unlockAll(): Promise<void> {
	const field = find('unlock-with', HTMLInputElement);
	const mine = lockings;
	const tried = lock && (await unlock(lock, field.value));
	if (mine !== lockings) return;
	field.setAttribute('aria-invalid', String(tried === undefined));
	if (tried === undefined) {
		tell('unlock-note', 'wrong_passphrase');
		field.select();
		return;
	}
	key = tried;
	field.value = '';
	tell('unlock-note');
	await reload();
	startIdle();
	find(listKept(events).length > 0 ? 'list-title' : 'pass-title', HTMLElement).focus();
}

/** Closes what a passphrase opened. */
function lockAgain(): void {
	clearTimeout(idle);
	lockings += 1;
	for (const field of document.querySelectorAll<HTMLInputElement>('[type="password"]')) field.value = '';
	if (key === undefined) return;
	key = undefined;
	events = [];
	verified = undefined;
	for (const part of [opened, chosen, drafts]) part.clear();
	removing = undefined;
	search.value = '';
	tell('notice');
	draw();
	void load();
}

function startIdle(): void {
	clearTimeout(idle);
	if (key !== undefined) idle = setTimeout(lockAgain, IDLE);
}

async function protect(): Promise<void> {
	const passphrase = newPassphrase('pass-new', 'pass-again');
	if (passphrase === undefined) return;
	const mine = lockings;
	await switchOn(passphrase);
	clearFields('pass-new', 'pass-again');
	// Whoever just set it need not type it a third time.
	({lock} = await readEvidence());
	const made = lock && (await unlock(lock, passphrase));
	if (mine === lockings) key = made;
	await reload();
	startIdle();
	tell('pass-note');
	find('pass-title', HTMLElement).focus();
}

async function unprotect(): Promise<void> {
	const isDone = key !== undefined && (await switchOff(key));
	if (isDone) key = undefined;
	await reload();
	tell('pass-note', isDone ? 'pass_off_done' : 'pass_off_not');
	find('pass-title', HTMLElement).focus();
}

async function change(): Promise<void> {
	const next = newPassphrase('change-to', 'change-again');
	if (next === undefined) return;
	const current = find('change-from', HTMLInputElement);
	const isDone = await changePassphrase(current.value, next);
	current.setAttribute('aria-invalid', String(!isDone));
	tell('pass-note', isDone ? 'pass_changed' : 'wrong_passphrase');
	if (!isDone) {
		current.select();
		return;
	}
	clearFields('change-from', 'change-to', 'change-again');
	await reload();
}

/** The passphrase that was typed twice; undefined, and said why, when it cannot be used yet. */
function newPassphrase(first: string, second: string): string | undefined {
	const [typed, again] = [find(first, HTMLInputElement), find(second, HTMLInputElement)];
	let problem: EvidenceKey | undefined;
	if (typed.value === '') problem = 'pass_none';
	else if (typed.value !== again.value) problem = 'pass_differ';
	else if ([...typed.value].length < GOOD_LENGTH && calledShort !== typed.value) problem = 'pass_short';
	calledShort = problem === 'pass_short' ? typed.value : '';
	tell('pass-note', problem);
	if (problem !== undefined && problem !== 'pass_short') {
		(problem === 'pass_differ' ? again : typed).focus();
	}
	return problem === undefined ? typed.value : undefined;
}

async function importFile(file: File): Promise<void> {
	const read = await check(file);
	if (read.state === 'unknown') return tellIn('import-note', () => sayUnknown(read.given));
	if (read.state === 'broken') return tell('import-note', 'check_broken', {seq: read.seq});
	if (read.verified.withheld > 0) return tell('import-note', 'import_part');
	const isTaken = await takeOver(read.file.events);
	if (!isTaken) return tell('import-note', 'import_not_empty');
	await reload();
	tell('notice', 'import_done');
	find('list-title', HTMLElement).focus();
}

async function check(file: File): Promise<Checked> {
	return file.size > MAX_FILE ? {state: 'unknown'} : checkFile(await file.text());
}

function drawCheck(): void {
	const result = find('check-result', HTMLElement);
	result.replaceChildren(...sayChecked().map(sentence => build('p', '', sentence)));
	const kept = checked?.state === 'whole' ? listKept(checked.file.events) : [];
	find('check-list', HTMLElement).replaceChildren(...kept.map(one => drawReply(one, 'file')));
	show('check-holds', kept.length > 0);
}

function sayChecked(): string[] {
	if (checked === undefined) return [];
	if (checked.state === 'unknown') return [sayUnknown(checked.given)];
	if (checked.state === 'broken') return [page.say('check_broken', {seq: checked.seq})];
	const {verified: found, readable, file} = checked;
	const sentences = [page.say('check_whole')];
	if (readable !== undefined) sentences.push(page.say(`check_page_${readable}`));
	if (file.program !== undefined) sentences.push(page.say('check_program', {version: file.program}));
	if (found.withheld > 0) sentences.push(page.say('check_part'));
	sentences.push(...sayCode(file.events));
	sentences.push(`${page.say('file_last')} \u2066${found.last}\u2069`);
	return sentences;
}

function sayUnknown(given: FileKind | undefined): string {
	if (given === undefined || given === 'saved') return page.say('check_unknown');
	const place = page.say(given === 'settings' ? 'nav_options' : 'nav_review');
	return page.say(`check_given_${given}`, {place});
}

function sayCode(found: Event[]): string[] {
	const code = checkCode.value.replace(/\s/g, '').toLowerCase();
	if (code === '' || code === START) return [];
	const event = found.find(({hash}) => hash === code);
	if (event === undefined) return [page.say('check_code_none')];
	return 'at' in event
		? [page.say('check_code_fits', {time: sayTime(page.language, event.at, 'long')})]
		: [page.say('check_code_fits_bare', {seq: event.seq})];
}

function addChoices(name: string, values: readonly string[], explained: readonly string[]): void {
	const group = find(name, HTMLFieldSetElement);
	for (const [index, value] of values.entries()) {
		const label = build('label', 'choice');
		const input = build('input');
		Object.assign(input, {type: 'radio', name, value, checked: index === 0});
		const text = build('span');
		text.dataset.say = `${name}_${value}`;
		label.append(input, text);
		if (explained.includes(value)) {
			const help = build('span', 'help');
			help.id = `${name}-${value}-help`;
			help.dataset.say = `${name}_${value}_help`;
			input.setAttribute('aria-describedby', help.id);
			label.append(help);
		}
		group.append(label);
	}
}

function picked(name: string): string {
	return document.querySelector<HTMLInputElement>(`input[name="${name}"]:checked`)?.value ?? '';
}

function onSubmit(id: string, work: () => Promise<void>): void {
	const note = {export: 'export-note', unlock: 'unlock-note'}[id] ?? 'pass-note';
	find(id, HTMLFormElement).addEventListener('submit', event => {
		event.preventDefault();
		void attempt(note, work);
	});
}

function onFile(id: string, work: (file: File) => Promise<void>): void {
	onAnyFile(id, file => void attempt('notice', () => work(file)));
}

/** Does something that may fail, and says so if it does. */
function attempt(note: string, work: () => Promise<void>): Promise<boolean> {
	return attemptTo(work, error => {
		const name = error instanceof Error ? error.name : '';
		const problem = {QuotaExceededError: 'problem_full', NotReadableError: 'problem_file'}[name];
		tell(note, (problem ?? 'problem_failed') as EvidenceKey);
	});
}

async function reload(): Promise<void> {
	await load();
	draw();
}

function tell(id: string, text?: EvidenceKey, values: Record<string, string | number> = {}): void {
	tellIn(id, text && (() => page.say(text, values)));
}

function clearFields(...ids: string[]): void {
	for (const id of ids) find(id, HTMLInputElement).value = '';
}

void start();
