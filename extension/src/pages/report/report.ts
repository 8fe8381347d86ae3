import {hashWords} from '../../contribute/bytes.js';
import {dropDraft, findObstacle, type Obstacle, readDraft, suggestCategory} from '../../contribute/draft.js';
import {type Contributor, loadContributor, makeContributor} from '../../contribute/key.js';
import {hideAccount} from '../../contribute/mine.js';
import {type PublicList, readLists} from '../../contribute/news.js';
import {loadOutbox, loadReports, queueReport, type Report, undo} from '../../contribute/outbox.js';
import {askWorker, type ContributePage, drawBrand, ltr, onStored, onSubmit} from '../../contribute/parts.js';
import {CONTRIBUTE_TEXTS} from '../../contribute/texts.js';
import type {SavedPost} from '../../core/messages.js';
import {loadServer, type Server} from '../../core/settings.js';
import {ACTS, type Act} from '../../core/verdicts.js';
import {attempt, show, tell, tellAgain} from '../common/notes.js';
import {build, find, openPage} from '../common/page.js';
import {sayTime} from '../common/time.js';

let page: ContributePage;
let server: Server;
let contributor: Contributor | undefined;
let post: SavedPost | undefined;
let obstacle: Obstacle | undefined;
let hash: string | undefined;
let lists: PublicList[] | undefined;
/** The report, once it was queued. */
let made: string | undefined;
let report: Report | undefined;
let sendAt = 0;
let tries = 0;
let isLate = false;

const listChoice = find('list', HTMLSelectElement);
const categoryChoice = find('category', HTMLSelectElement);
const draftName = location.hash.slice(1);

async function start(): Promise<void> {
	[server, post] = await Promise.all([loadServer(), readDraft(draftName)]);
	obstacle = post && findObstacle(post);
	contributor = await loadContributor(server.address);
	// Of a part of the words, nobody else would find the same fingerprint.
	if (post !== undefined && !post.partial) hash = await hashWords(post.text);
	listen();
	await openPage(CONTRIBUTE_TEXTS, drawn => {
		page = drawn;
		draw();
	});
	await readKnownLists();
	if (contributor !== undefined && isReportable()) await askLists();
}

function isReportable(): boolean {
	return post !== undefined && obstacle === undefined;
}

function listen(): void {
	find('agree', HTMLButtonElement).addEventListener('click', () => void agree());
	find('lists-again', HTMLButtonElement).addEventListener('click', () => void askLists());
	for (const choice of [listChoice, categoryChoice]) choice.addEventListener('change', drawSent);
	onSubmit(find('form', HTMLFormElement), send);
	find('undo', HTMLButtonElement).addEventListener('click', () => void takeBack());
	onStored(['outbox', 'reports'], () => void follow());
}

async function agree(): Promise<void> {
	const isKept = await attempt(
		() => makeContributor(server.address),
		() => tell('agree-note', () => page.say('not_saved')),
	);
	if (!isKept) return;
	contributor = await loadContributor(server.address);
	draw();
	listChoice.focus();
	await askLists();
}

/** The lists as the server told them last: there is something to choose from while it cannot be reached. */
async function readKnownLists(): Promise<void> {
	const {publicLists} = await chrome.storage.local.get('publicLists');
	const known = readLists(publicLists);
	if (known.length > 0) lists ??= known;
	drawLists();
}

async function askLists(): Promise<void> {
	const told = await askWorker<PublicList[]>({do: 'lists'});
	if (told.ok) lists = told.value;
	drawLists();
}

function openLists(): PublicList[] {
	return (lists ?? []).filter(({archived}) => !archived);
}

function draw(): void {
	drawBrand(page);
	const isDone = made !== undefined;
	const isReady = isReportable() && !isDone;
	show('none', !isReportable() && !isDone);
	find('why', HTMLElement).textContent = obstacle ? page.say(`obstacle_${obstacle}`) : page.say('draft_none');
	show('guide', isReady && contributor === undefined);
	show('form', isReady && contributor !== undefined);
	show('done', isDone);
	if (post !== undefined) drawPost(post);
	drawCategories();
	drawLists();
	drawDone();
	tellAgain();
}

function drawPost({handle, name, text}: SavedPost): void {
	find('who', HTMLElement).replaceChildren(build('bdi', 'name', name), ' ', ltr(`@${handle}`));
	find('words', HTMLElement).textContent = text;
}

function drawCategories(): void {
	const before = categoryChoice.value || (post && suggestCategory(post)) || '';
	categoryChoice.replaceChildren(
		option('', page.say('category_choose')),
		...ACTS.map(act => option(act, page.say(`category_${act}`))),
	);
	categoryChoice.value = before;
}

function drawLists(): void {
	const known = openLists();
	const before = listChoice.value;
	listChoice.replaceChildren(...known.map(({slug, name}) => option(slug, name)));
	if (known.some(({slug}) => slug === before)) listChoice.value = before;
	const isNone = lists !== undefined && known.length === 0;
	tell('list-note', isNone ? () => page.say('lists_none') : undefined);
	show('lists-again', known.length === 0);
	listChoice.disabled = known.length === 0;
	drawSent();
}

function option(value: string, words: string): HTMLOptionElement {
	const made = build('option', '', words);
	made.value = value;
	return made;
}

function chosenList(): PublicList | undefined {
	return openLists().find(({slug}) => slug === listChoice.value);
}

function chosenCategory(): Act | undefined {
	return ACTS.find(act => act === categoryChoice.value);
}

function needsInvitation(list: PublicList | undefined): boolean {
	return list?.joining === 'invited' && contributor?.lists[list.slug] === undefined;
}

function drawSent(): void {
	const list = chosenList();
	const category = chosenCategory();
	show('invited', needsInvitation(list));
	show('about-list', list !== undefined);
	for (const part of ['description', 'norms', 'contact'] as const)
		find(`list-${part}`, HTMLElement).textContent = list?.[part] ?? '';
	const rows: Array<[string, string | HTMLElement]> = [
		[page.say('sent_server'), ltr(new URL(server.address).host)],
		[page.say('sent_list'), list?.name ?? '–'],
		[page.say('sent_account'), ltr(post?.accountId ?? '')],
		[page.say('sent_category'), category ? page.say(`category_${category}`) : '–'],
		[page.say('sent_post'), ltr(post?.id ?? '')],
		[page.say('sent_hash'), hash === undefined ? page.say('sent_hash_none') : ltr(hash, 'code')],
	];
	find('sent', HTMLElement).replaceChildren(
		...rows.flatMap(([name, value]) => {
			const told = build('dd');
			told.append(value);
			return [build('dt', '', name), told];
		}),
	);
}

async function send(): Promise<void> {
	const [list, category, account] = [chosenList(), chosenCategory(), post?.accountId];
	if (list === undefined || category === undefined || account === undefined || post === undefined) {
		tell('form-note', () => page.say('choose_both'));
		(list === undefined ? listChoice : categoryChoice).focus();
		return;
	}
	tell('form-note');
	if (needsInvitation(list) && !(await join(list))) return;
	const {id, handle} = post;
	const sent = {list: list.slug, name: list.name, account, category, post: id};
	const isQueued = await attempt(
		async () => {
			made = await queueReport(server.address, hash === undefined ? sent : {...sent, sha256: hash});
		},
		() => tell('form-note', () => page.say('not_saved')),
	);
	if (!isQueued) return;
	if (find('also-mine', HTMLInputElement).checked) await hideAccount(account, handle.toLowerCase());
	await dropDraft(draftName);
	await follow();
	draw();
	find('undo', HTMLElement).focus();
}

async function join({slug, name}: PublicList): Promise<boolean> {
	const invitation = find('invitation', HTMLInputElement).value.trim();
	const told = await askWorker({do: 'join', list: slug, name, invitation});
	if (!told.ok) tell('form-note', () => page.say(`problem_${told.problem}`));
	contributor = await loadContributor(server.address);
	return told.ok;
}

/** Looks how far the report is. */
async function follow(): Promise<void> {
	if (made === undefined) return;
	const [jobs, reports] = await Promise.all([loadOutbox(), loadReports()]);
	report = reports.find(({id}) => id === made);
	const job = jobs.find(({id}) => id === made);
	sendAt = job?.at ?? 0;
	tries = job?.tries ?? 0;
	drawDone();
}

function drawDone(): void {
	if (made === undefined) return;
	const state = find('state', HTMLElement);
	// Taken back, it is in no list any more.
	if (report === undefined) state.textContent = page.say('report_undone');
	else if (isLate) state.textContent = page.say('report_late');
	else if (report.state === 'sent') state.textContent = page.say('report_sent');
	else if (report.state === 'waiting')
		state.textContent =
			tries > 0
				? page.say('report_queued')
				: page.say('report_waiting', {time: sayTime(page.language, sendAt)});
	else state.textContent = page.say(`state_${report.state}`);
	show('undo', report?.state === 'waiting' && tries === 0 && !isLate);
}

async function takeBack(): Promise<void> {
	if (made === undefined) return;
	isLate = !(await undo(made));
	await follow();
	const state = find('state', HTMLElement);
	state.tabIndex = -1;
	state.focus();
}

void start();
