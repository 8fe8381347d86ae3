import type {
	ForgetListsRequest,
	ListReport,
	ListsReport,
	ListsRequest,
	PreviewAnswer,
	PreviewRequest,
	UseListRequest,
} from '../../lists/messages.js';
import {MOST_ACCOUNTS} from '../../lists/messages.js';
import type {Cap} from '../../lists/state.js';
import {keep} from '../common/keep.js';
import {find, openPage} from '../common/page.js';
import {tell} from '../common/tab.js';
import {sayTime} from '../common/time.js';
import {askTwice} from '../common/twice.js';
import {buildCard} from './card.js';
import {type ListsPage, texts} from './texts.js';

/** Lists that were looked at in the last so many milliseconds are fresh enough for whoever opens the page. */
const YOUNG = 600_000;

let page: ListsPage;
let report: ListsReport | undefined;
/** How many requests are open that take a moment. Quicker ones may be answered meanwhile. */
let looking = 0;

const look = find('look', HTMLButtonElement);
const note = find('lists-note', HTMLElement);

async function start(): Promise<void> {
	askTwice(find('anew', HTMLButtonElement), {question: 'lists_anew_question', yes: 'lists_anew_yes'}, () =>
		ask({kind: 'forget-lists'}),
	);
	await openPage(texts, draw);
	look.addEventListener('click', () => void ask({kind: 'lists', fresh: true}));
	for (const input of document.querySelectorAll<HTMLInputElement>('input[name="agree"]')) {
		input.addEventListener('change', () => {
			const listsAgree = input.value === '2' ? 2 : 1;
			void keep(page, find('agree-note', HTMLElement), () => page.change({listsAgree}));
		});
	}
	chrome.storage.onChanged.addListener((changes, area) => {
		// Another window, or the worker by itself, may have changed what is shown here.
		if (area !== 'local' || looking > 0) return;
		if (['lists', 'listNews', 'server'].some(key => key in changes)) void ask({kind: 'lists', fresh: false});
	});
	await ask({kind: 'lists', fresh: false});
	if (report === undefined || !isYoung(report)) await ask({kind: 'lists', fresh: true});
}

function isYoung({fetchedAt, problem}: ListsReport): boolean {
	const age = Date.now() - fetchedAt;
	return problem === undefined && age >= 0 && age < YOUNG;
}

async function ask(request: ListsRequest | UseListRequest | ForgetListsRequest): Promise<boolean> {
	const takesLong = request.kind !== 'lists' || request.fresh;
	if (takesLong) looking += 1;
	drawNews();
	const answer = await chrome.runtime
		.sendMessage<typeof request, ListsReport | undefined>(request)
		.catch(() => undefined);
	if (takesLong) looking -= 1;
	report = answer ?? report;
	redraw();
	return answer !== undefined;
}

function draw(drawn: ListsPage): void {
	page = drawn;
	find('brand', HTMLElement).textContent = page.name;
	for (const input of document.querySelectorAll<HTMLInputElement>('input[name="agree"]')) {
		input.checked = input.value === String(page.settings.listsAgree);
	}
	redraw();
}

function redraw(): void {
	drawNews();
	drawLists();
}

function drawNews(): void {
	look.disabled = looking > 0;
	const from = find('from', HTMLElement);
	const server = report?.server;
	from.hidden = server === undefined;
	if (server !== undefined && report !== undefined) {
		from.textContent = page.say('lists_from', {server, host: new URL(report.address).host});
	}
	find('known', HTMLElement).hidden = report?.fingerprint === undefined;
	find('fingerprint', HTMLElement).textContent = report?.fingerprint ?? '';
	find('news', HTMLElement).textContent = sayNews();
	find('news-times', HTMLElement).textContent = looking > 0 ? '' : sayTimes();
}

function sayNews(): string {
	if (looking > 0 || report === undefined) return page.say('lists_looking');
	const {problem, dropped, triedAt, created} = report;
	const parts = [
		problem === undefined
			? page.say('lists_current', {time: sayMoment(triedAt), created: sayMoment(created ?? triedAt)})
			: page.say(`lists_problem_${problem}`),
	];
	if (dropped) parts.push(page.say('lists_dropped'));
	return triedAt === 0 ? page.say('lists_looking') : parts.join(' ');
}

/** When was tried in vain, and when not. */
function sayTimes(): string {
	if (report?.problem === undefined || report.triedAt === 0) return '';
	const {triedAt, fetchedAt} = report;
	return [
		page.say('lists_tried', {time: sayMoment(triedAt)}),
		...(fetchedAt > 0 ? [page.say('lists_taken', {time: sayMoment(fetchedAt)})] : []),
	].join(' ');
}

function sayMoment(at: number): string {
	return sayTime(page.language, at, 'medium');
}

function drawLists(): void {
	const lists = report?.lists ?? [];
	const address = report?.address ?? '';
	for (const [id, shown] of [
		['used', lists.filter(({cap}) => cap !== undefined)],
		['others', lists.filter(({cap}) => cap === undefined)],
	] as const) {
		const place = find(id, HTMLElement);
		const open = openDetails(place);
		place.replaceChildren(...shown.map(list => buildCard(list, address, page, {use, preview})));
		for (const card of place.children) {
			const details = card.querySelector('details');
			if (details) details.open = open.has((card as HTMLElement).dataset.listId);
		}
		find(`${id}-none`, HTMLElement).hidden = shown.length > 0 || report === undefined;
	}
}

/** Which lists the reader has unfolded: a new drawing leaves them so. */
function openDetails(place: HTMLElement): Set<string | undefined> {
	const cards = [...place.children] as HTMLElement[];
	return new Set(cards.filter(card => card.querySelector('details[open]')).map(card => card.dataset.listId));
}

async function use(list: ListReport, cap: Cap | null): Promise<void> {
	const isNew = list.cap === undefined;
	const isDone = await ask({kind: 'use-list', listId: list.listId, cap});
	if (!isDone) note.textContent = page.say('not_saved');
	else
		note.textContent = isNew ? page.say('lists_done_used') : cap === null ? page.say('lists_done_left') : '';
	// The pressed control is gone: the keyboard goes on with the same list, or with what is told about it.
	const again = document.querySelector<HTMLElement>(`[data-list-id="${list.listId}"] select`);
	(again ?? note).focus();
}

/** Asks the open tabs whom the reader follows, and forgets it at once. */
async function preview({listId}: ListReport): Promise<string> {
	const tabs = await chrome.tabs.query({});
	const told = await Promise.all(
		tabs.map(({id}) => (id === undefined ? undefined : tell<unknown>(id, {kind: 'followed'}))),
	);
	const followed = told.flatMap(ids => (Array.isArray(ids) ? ids.filter(id => typeof id === 'string') : []));
	const accounts = [...new Set(followed)].slice(0, MOST_ACCOUNTS);
	if (accounts.length === 0) return page.say('lists_preview_unknown');
	const answer = await chrome.runtime
		.sendMessage<PreviewRequest, PreviewAnswer | undefined>({kind: 'preview-list', listId, accounts})
		.catch(() => undefined);
	if (!answer?.ok) return page.say('lists_preview_failed');
	return answer.found === 0
		? page.say('lists_preview_none')
		: page.sayCount('lists_preview_found', answer.found);
}

void start();
