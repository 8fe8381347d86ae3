import en from '../../../_locales/en/import.json';
import ur from '../../../_locales/ur/import.json';
import type {Told} from '../../background/contribute.js';
import {today} from '../../contribute/forms.js';
import type {PublicList} from '../../contribute/news.js';
import {askWorker, type ContributePage, sayDay, sayProblem} from '../../contribute/parts.js';
import {CONTRIBUTE_TEXTS, type ContributeKey} from '../../contribute/texts.js';
import {loadServer} from '../../core/settings.js';
import {ACTS} from '../../core/verdicts.js';
import {build, find, openPage, type Page} from '../common/page.js';
import {type Batch, forgetBatch, keepBatch, loadBatches} from './batches.js';
import {type ImportReport, type Reason, readReport} from './report.js';
import {type Sent, shrink} from './shrink.js';

type OwnKey = keyof typeof en;
type Key = ContributeKey | OwnKey;

const TEXTS = {en: {...CONTRIBUTE_TEXTS.en, ...en}, ur: {...CONTRIBUTE_TEXTS.ur, ...ur}};
const FORMATS = [
	'auto',
	'x-csv',
	'x-archive',
	'blue-blocker',
	'blue-blocker-csv',
	'blue-blocker-safelist',
	'mastodon-blocks',
	'mastodon-mutes',
	'bluesky',
	'bluesky-labels',
	'jsonl',
] as const;
/** As much as the service reads from a file. */
const MOST_BYTES = 20 * 1024 * 1024;

/** What the service calls its refusals, and what we say of them. */
const CODES: Record<string, OwnKey> = {
	'body-too-large': 'bring_problem_large',
	'import-too-large': 'bring_problem_large',
	'import-format-ambiguous': 'bring_problem_ambiguous',
	'import-format-unknown': 'bring_problem_unknown',
	'import-too-many': 'bring_problem_year',
};

interface Job {
	list: PublicList;
	sent: Sent;
	category: string;
}

const form = find('form', HTMLFormElement);
const list = find('list', HTMLSelectElement);
const file = find('file', HTMLInputElement);
const format = find('format', HTMLSelectElement);
const category = find('category', HTMLSelectElement);
const note = find('note', HTMLElement);
const preview = find('preview', HTMLElement);
const go = find('go', HTMLButtonElement);

let page: Page<Key>;
let lists: PublicList[] = [];
let batches: Batch[] = [];
let job: Job | undefined;
let report: ImportReport | undefined;

function draw(drawn: Page<Key>): void {
	page = drawn;
	find('brand', HTMLElement).textContent = page.name;
	fill(
		format,
		FORMATS.map(one => [one, page.say(`bring_format_${underscored(one)}` as Key)]),
	);
	fill(category, [
		['', page.say('category_choose')],
		...ACTS.map((act): [string, string] => [act, page.say(`category_${act}`)]),
	]);
	fill(
		list,
		lists.map(one => [one.slug, one.name]),
	);
	drawFile();
	drawPreview();
	drawBatches();
}

function underscored(name: string): string {
	return name.replaceAll('-', '_');
}

/** Offers choices, and keeps the one that was made. */
function fill(select: HTMLSelectElement, choices: Array<[value: string, words: string]>): void {
	const chosen = select.value;
	select.replaceChildren(
		...choices.map(([value, words]) => Object.assign(build('option', '', words), {value})),
	);
	select.value = choices.some(([value]) => value === chosen) ? chosen : (choices[0]?.[0] ?? '');
}

function drawFile(): void {
	const name = file.files?.[0]?.name;
	find('chosen', HTMLElement).textContent = name === undefined ? '' : page.say('bring_chosen', {file: name});
}

function drawPreview(): void {
	preview.hidden = report === undefined;
	if (report === undefined) return;
	const counts: string[] = [];
	if (report.new > 0) {
		counts.push(page.sayCount('bring_new', report.new), page.sayCount('bring_days', report.days));
	}
	if (report.known > 0) counts.push(page.sayCount('bring_known', report.known));
	if (report.retractions > 0) counts.push(page.sayCount('bring_back', report.retractions));
	const isTaken = report.refusedCount === 0;
	const isIdle = report.new === 0 && report.retractions === 0;
	if (isIdle && isTaken) counts.push(page.say('bring_nothing'));
	find('counts', HTMLElement).replaceChildren(...(isTaken ? counts : []).map(one => build('li', '', one)));
	find('refused', HTMLElement).hidden = isTaken;
	find('refused-count', HTMLElement).textContent = page.sayCount('bring_refused', report.refusedCount);
	find('lines', HTMLElement).replaceChildren(
		...report.refused.map(({line, why}) =>
			build('li', '', page.say('bring_line', {line, why: page.say(reasonKey(why))})),
		),
	);
	find('sample', HTMLElement).hidden = !isTaken || report.sample.length === 0;
	find('subjects', HTMLElement).replaceChildren(...report.sample.map(drawSubject));
	go.hidden = !isTaken || isIdle;
}

/** Numbers and addresses run from left to right in every language. */
function drawSubject(subject: string): HTMLElement {
	const line = build('li');
	line.append(build('bdi', '', subject));
	return line;
}

function reasonKey(why: Reason): Key {
	return `bring_why_${underscored(why)}` as Key;
}

function drawBatches(): void {
	find('before-none', HTMLElement).hidden = batches.length > 0;
	find('before', HTMLElement).replaceChildren(...batches.map(drawBatch));
}

function drawBatch(made: Batch): HTMLElement {
	const row = build('li');
	const words = build('p');
	words.id = `batch-${made.batch}`;
	const values = {date: sayDay(page.language, made.day), list: made.name};
	words.textContent = page.sayCount('bring_row', made.count, values);
	const button = build('button', 'quiet', page.say('bring_undo'));
	button.type = 'button';
	button.setAttribute('aria-describedby', words.id);
	button.addEventListener('click', async () => {
		button.disabled = true;
		await takeBack(made);
		button.disabled = false;
	});
	row.append(words, button);
	return row;
}

/** What went wrong, in words. */
function sayTold(told: Extract<Told, {ok: false}>): string {
	const own = CODES[told.code];
	// The pages about lists share their words for what comes between us and the server.
	return own === undefined ? sayProblem(page as unknown as ContributePage, told) : page.say(own);
}

/** The file's text. Undefined after saying why there is none. */
async function readText(chosen: File): Promise<string | undefined> {
	if (chosen.size > MOST_BYTES) {
		note.textContent = page.say('bring_problem_large');
		return undefined;
	}
	try {
		return new TextDecoder('utf-8', {fatal: true}).decode(await chosen.arrayBuffer());
	} catch {
		note.textContent = page.say('bring_problem_encoding');
		return undefined;
	}
}

function ask(made: Job, isPreview: boolean): Promise<Told> {
	const {text, format} = made.sent;
	return askWorker({
		do: 'import',
		list: made.list.slug,
		text,
		format,
		category: made.category,
		preview: isPreview,
	});
}

async function look(): Promise<void> {
	note.textContent = '';
	forget();
	const chosen = file.files?.[0];
	const to = lists.find(({slug}) => slug === list.value);
	if (to === undefined || chosen === undefined || category.value === '') {
		note.textContent = page.say('bring_choose');
		return;
	}
	const text = await readText(chosen);
	if (text === undefined) return;
	note.textContent = page.say('bring_waiting');
	const made = {list: to, sent: shrink({text, format: format.value}), category: category.value};
	const told = await ask(made, true);
	note.textContent = '';
	const found = told.ok ? readReport(told.value) : undefined;
	if (found === undefined) {
		note.textContent = told.ok ? page.say('problem_invalid') : sayTold(told);
		return;
	}
	[job, report] = [made, found];
	drawPreview();
	find('preview-title', HTMLElement).focus();
}

/** A preview is of one file, list and kind; with another one it says nothing. */
function forget(): void {
	[job, report] = [undefined, undefined];
	drawPreview();
}

async function bringIn(): Promise<void> {
	const made = job;
	if (made === undefined) return;
	const joined = await askWorker({do: 'join', list: made.list.slug, name: made.list.name});
	const told = joined.ok ? await ask(made, false) : joined;
	const done = told.ok ? readReport(told.value) : undefined;
	if (done?.batch === undefined) {
		note.textContent = told.ok ? page.say('problem_invalid') : sayTold(told);
		note.scrollIntoView?.({block: 'nearest'});
		return;
	}
	const {address} = await loadServer();
	const {slug, name} = made.list;
	const batch = {server: address, list: slug, name, batch: done.batch, day: today(), count: done.new};
	if (done.new > 0) await keepBatch(batch);
	forget();
	await reloadBatches();
	find('before-note', HTMLElement).textContent = page.say('bring_done');
	find('before-title', HTMLElement).focus();
}

async function takeBack(made: Batch): Promise<void> {
	const told = await askWorker({do: 'take-back', list: made.list, batch: made.batch});
	// With the key or the list, what came with it is gone as well.
	const isGone = told.ok || told.problem === 'key' || told.problem === 'gone';
	if (isGone) await forgetBatch(made.batch);
	await reloadBatches();
	find('before-note', HTMLElement).textContent = told.ok ? page.say('bring_undone') : sayTold(told);
	if (isGone) find('before-title', HTMLElement).focus();
}

/** Imports to other servers come back when one of them is the server again. */
async function reloadBatches(): Promise<void> {
	const {address} = await loadServer();
	batches = (await loadBatches()).filter(({server}) => server === address);
	drawBatches();
}

async function reloadLists(): Promise<void> {
	const told = await askWorker<PublicList[]>({do: 'lists'});
	lists = told.ok ? told.value.filter(({archived}) => !archived) : [];
	fill(
		list,
		lists.map(one => [one.slug, one.name]),
	);
	find('list-note', HTMLElement).textContent =
		lists.length > 0 ? '' : told.ok ? page.say('lists_none') : sayTold(told);
}

async function start(): Promise<void> {
	await openPage(TEXTS, draw);
	form.addEventListener('submit', event => {
		event.preventDefault();
		void look();
	});
	file.addEventListener('change', drawFile);
	form.addEventListener('change', forget);
	go.addEventListener('click', async () => {
		go.disabled = true;
		await bringIn();
		go.disabled = false;
	});
	await reloadBatches();
	await reloadLists();
}

void start();
