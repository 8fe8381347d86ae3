import enChoices from '../../../_locales/en/choices.json';
import enPopup from '../../../_locales/en/popup.json';
import enServer from '../../../_locales/en/server.json';
import urChoices from '../../../_locales/ur/choices.json';
import urPopup from '../../../_locales/ur/popup.json';
import urServer from '../../../_locales/ur/server.json';
import {loadContributor, votesLeft} from '../../contribute/key.js';
import {loadNews} from '../../contribute/news.js';
import {EXIT_URL} from '../../core/exit.js';
import {isoWeek, loadLocal} from '../../core/local.js';
import type {CoveredPost, PageReport, PageRequest} from '../../core/messages.js';
import {loadServer, parseServer, type Server, type Settings} from '../../core/settings.js';
import {loadAsked} from '../../feedback/tellings.js';
import {addChoices, drawChoices, drawSwitches, listenSwitches} from '../common/choices.js';
import {buildHead, buildReveal, openCoveredList, type Row} from '../common/covered-list.js';
import {keep} from '../common/keep.js';
import {build, find, openPage, type Page} from '../common/page.js';
import {openPausing} from '../common/pausing.js';
import {learnConsents} from '../common/permission.js';
import {openStatus} from '../common/status.js';
import {activeTab, leaveTab, readReport, tell} from '../common/tab.js';

const texts = {
	en: {...enPopup, ...enChoices, ...enServer},
	ur: {...urPopup, ...urChoices, ...urServer},
};
type Key = keyof (typeof texts)['en'];

/** How long a page takes to follow a change of the settings, in milliseconds. */
const SETTLING = 400;

let page: Page<Key>;
let server: Server;
let tab: number | undefined;
/** Undefined until the page was asked, and where we do not work. */
let report: PageReport | undefined;
let asked = false;
/** Hidden replies of this week. */
let counted = 0;

const status = openStatus();
const pausing = openPausing(() => void refreshSoon());
const list = openCoveredList(find('covered-list', HTMLElement), makeRow);

async function start(): Promise<void> {
	[server] = await Promise.all([loadServer(), learnConsents()]);
	addChoices(change);
	listenSwitches(['enabled'], async part => {
		await change(part);
		await status.check();
	});
	await openPage(texts, draw, () => void leaveQuickly());
	listen();
	await Promise.all([status.check(), refresh(), pausing.refresh(), lookForNews()]);
}

/** Whether a mark waits for an answer, or a list asks something that only this person can answer. */
async function lookForNews(): Promise<void> {
	const [{tasks, notices}, contributor, asked] = await Promise.all([
		loadNews(server.address),
		loadContributor(server.address),
		loadAsked(),
	]);
	find('tell-waiting', HTMLElement).hidden = !asked.some(one => one.server === server.address);
	const isAsked = contributor !== undefined && tasks.length > 0 && votesLeft(contributor) > 0;
	find('news', HTMLElement).hidden = notices.length === 0 && !isAsked;
}

async function change(part: Partial<Settings>): Promise<void> {
	await keep(page, find('saved-note', HTMLElement), () => page.change(part));
	await refreshSoon();
}

function listen(): void {
	for (const link of document.querySelectorAll<HTMLAnchorElement>('a')) {
		link.addEventListener('click', event => {
			// A link in a popup would open in the popup itself.
			event.preventDefault();
			void openInTab(link.href);
		});
	}
	find('choose', HTMLButtonElement).addEventListener('click', () => void chooseOn({kind: 'choose'}));
	for (const to of ['report', 'missed'] as const)
		find(`choose-${to}`, HTMLButtonElement).addEventListener(
			'click',
			() => void chooseOn({kind: 'choose', to}),
		);
	chrome.storage.onChanged.addListener((changes, area) => {
		if (area !== 'local') return;
		if (changes.server !== undefined) {
			server = parseServer(changes.server.newValue);
			status.draw(page, server);
		}
		if (changes.count !== undefined) void refreshCount();
	});
}

async function chooseOn(request: PageRequest): Promise<void> {
	if (tab !== undefined) await tell(tab, request);
	window.close();
}

async function openInTab(url: string): Promise<void> {
	await chrome.tabs.create({url});
	window.close();
}

async function leaveQuickly(): Promise<void> {
	document.body.hidden = true;
	if (tab === undefined) await chrome.tabs.create({url: EXIT_URL}).catch(() => {});
	else await leaveTab(tab);
	window.close();
}

/** The tab that the address names with `?tab=`. A browser that opens the popup as a page has another tab in front. */
function namedTab(): number | undefined {
	const named = new URLSearchParams(location.search).get('tab') ?? '';
	return /^\d+$/.test(named) ? Number(named) : undefined;
}

async function refreshSoon(): Promise<void> {
	await new Promise(resolve => setTimeout(resolve, SETTLING));
	await refresh();
}

async function refresh(): Promise<void> {
	tab ??= namedTab() ?? (await activeTab());
	report = tab === undefined ? undefined : await readReport(tab);
	asked = true;
	drawHere();
	await Promise.all([pausing.refresh(report?.focalId), refreshCount()]);
}

async function refreshCount(): Promise<void> {
	const {count} = await loadLocal();
	counted = count?.week === isoWeek(new Date()) ? count.hidden : 0;
	drawHere();
}

function draw(drawn: Page<Key>): void {
	page = drawn;
	find('brand', HTMLElement).textContent = page.name;
	find('mark', HTMLImageElement).src = page.settings.discreet ? 'icons/plain-32.png' : 'icons/32.png';
	drawSwitches(['enabled'], page.settings);
	find('enabled-text', HTMLElement).textContent = page.say(page.settings.enabled ? 'popup_on' : 'popup_off');
	drawChoices(page);
	status.draw(page, server);
	pausing.draw(page);
	drawHere();
}

function drawHere(): void {
	const posts = report?.covered ?? [];
	const works = report !== undefined && report.surface !== 'none';
	const key = !asked
		? undefined
		: !works
			? 'here_none'
			: report?.unreadable
				? 'here_unreadable'
				: posts.length === 0
					? 'here_nothing'
					: undefined;
	find('here', HTMLElement).textContent = key ? page.say(key) : '';
	find('choose', HTMLElement).hidden = !works;
	for (const to of ['report', 'missed']) find(`choose-${to}`, HTMLElement).hidden = !works;
	find('covered', HTMLElement).hidden = posts.length === 0;
	find('covered-summary', HTMLElement).textContent = sayCovered(posts);
	find('as-list', HTMLAnchorElement).href = `hidden.html?tab=${tab}`;
	list.draw(posts, page);
	find('week', HTMLElement).textContent = page.settings.counter ? page.sayCount('week', counted) : '';
}

function sayCovered(posts: CoveredPost[]): string {
	const acts = new Set(posts.map(({act}) => act));
	const what = page.say(
		acts.size === 2 ? 'covered_both' : acts.has('flag') ? 'covered_flag' : 'covered_hide',
	);
	return page.settings.counter ? page.say('covered_count', {what, count: posts.length}) : what;
}

function makeRow(post: CoveredPost): Row {
	const element = build('li');
	const head = buildHead(post);
	const reveal = buildReveal(post, (id, kind) => void press(id, kind));
	reveal.button.setAttribute('aria-describedby', head.act.id);
	const about = build('div');
	about.append(head.act, head.who);
	element.append(about, reveal.button);
	return {
		element,
		draw(now, {language}) {
			head.draw(now, language);
			reveal.draw(now, language);
		},
	};
}

async function press(id: string, kind: 'reveal' | 'hide-again'): Promise<void> {
	if (tab === undefined) return;
	await tell(tab, {kind, id});
	await refresh();
}

void start();
