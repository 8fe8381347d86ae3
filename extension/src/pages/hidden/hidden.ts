import en from '../../../_locales/en/hidden.json';
import ur from '../../../_locales/ur/hidden.json';
import type {CoveredPost, PageReport} from '../../core/messages.js';
import {exportReview} from '../../evidence/review.js';
import {openCoveredList} from '../common/covered-list.js';
import {download} from '../common/download.js';
import {find, openPage, type Page} from '../common/page.js';
import {readReport, tell} from '../common/tab.js';
import {buildCard, type Card} from './card.js';

export type Key = keyof typeof en;

const tab = Number(new URLSearchParams(location.search).get('tab') ?? Number.NaN);
let page: Page<Key>;
/** Undefined until the page was asked, and when it is gone. */
let report: PageReport | undefined;
let asked = false;
/** The rows that stand there, by the id of their post. */
const cards = new Map<string, Card>();
const list = openCoveredList(find('list', HTMLElement), post => {
	const card = buildCard(
		post,
		() => page,
		(id, kind) => void reveal(id, kind),
	);
	cards.set(post.id, card);
	return card;
});

async function start(): Promise<void> {
	await openPage({en, ur}, draw);
	find('refresh', HTMLElement).addEventListener('click', () => void refresh());
	find('select-all', HTMLElement).addEventListener('click', () => select(true));
	find('select-none', HTMLElement).addEventListener('click', () => select(false));
	find('friend', HTMLElement).addEventListener('click', () => void askFriend());
	await refresh();
}

async function refresh(): Promise<void> {
	report = Number.isInteger(tab) ? await readReport(tab) : undefined;
	asked = true;
	const standing = new Set(report?.covered.map(({id}) => id));
	for (const id of cards.keys()) if (!standing.has(id)) cards.delete(id);
	draw(page);
}

async function reveal(id: string, kind: 'reveal' | 'hide-again'): Promise<void> {
	await tell(tab, {kind, id});
	await refresh();
	if (kind === 'reveal') await chrome.tabs.update(tab, {active: true}).catch(() => {});
}

function draw(drawn: Page<Key>): void {
	page = drawn;
	find('brand', HTMLElement).textContent = page.name;
	const posts = report?.covered ?? [];
	find('state', HTMLElement).textContent = sayState(posts);
	list.draw(posts, page);
	for (const id of ['list', 'select-all', 'select-none', 'friend-part']) {
		find(id, HTMLElement).hidden = posts.length === 0;
	}
}

function sayState(posts: CoveredPost[]): string {
	if (!asked) return page.say('looking');
	if (report === undefined || report.surface === 'none') return page.say('gone');
	if (posts.length > 0) return '';
	return page.say(report.unreadable ? 'unreadable' : 'nothing');
}

function select(isChosen: boolean): void {
	for (const {choose} of cards.values()) choose.checked = isChosen;
}

async function askFriend(): Promise<void> {
	const chosen = (report?.covered ?? []).filter(({id}) => cards.get(id)?.choose.checked);
	const note = find('friend-note', HTMLElement);
	if (chosen.length === 0) {
		note.textContent = page.say('friend_none');
		return;
	}
	const focalUrl = report?.focalUrl;
	download(await exportReview(chosen, focalUrl === undefined ? {} : {focalUrl}));
	note.textContent = page.say('friend_done');
}

void start();
