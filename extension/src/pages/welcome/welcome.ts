import choicesEn from '../../../_locales/en/choices.json';
import serverEn from '../../../_locales/en/server.json';
import en from '../../../_locales/en/welcome.json';
import choicesUr from '../../../_locales/ur/choices.json';
import serverUr from '../../../_locales/ur/server.json';
import ur from '../../../_locales/ur/welcome.json';
import {isLoopback} from '../../core/server-address.js';
import {LANGUAGE_CHOICES, loadServer, type Server, saveServer} from '../../core/settings.js';
import {SITE_ORIGINS} from '../../core/sites.js';
import type {Verdict} from '../../core/verdicts.js';
import {SITE_PERMISSION} from '../../x/route.js';
import {build, find, openPage, type Page} from '../common/page.js';
import {ask} from '../common/permission.js';
import {openStatus} from '../common/status.js';
import {drawExamples, judge, type Outcome} from './examples.js';
import {PROPOSALS, ROLES, type Role, settingsOf} from './roles.js';

export type WelcomePage = Page<keyof typeof en | keyof typeof serverEn | keyof typeof choicesEn>;

/** Where the content scripts work. Firefox lets people take that back, and some install without it. */
const SITE = {origins: SITE_ORIGINS};

const texts = {en: {...en, ...serverEn, ...choicesEn}, ur: {...ur, ...serverUr, ...choicesUr}};
const sections = [...document.querySelectorAll<HTMLElement>('.step')];
const status = openStatus();
let server: Server | undefined;
let step = 0;
let showsAll = false;
/** What was answered on this page. It ends with the page. */
let role: Role | undefined;
let examples: {verdicts: Verdict[]; outcome: Outcome | 'waiting'} | undefined;
/** Counts the trials, so that a late answer does not replace a newer one. */
let trials = 0;

let page: WelcomePage;

async function start(): Promise<void> {
	addRoles();
	page = await openPage(texts, draw);
	listen();
	await Promise.all([readServer(), checkSite()]);
}

function draw(page: WelcomePage): void {
	find('brand', HTMLElement).textContent = page.name;
	for (const input of document.querySelectorAll<HTMLInputElement>('input[name="language"]')) {
		input.checked = input.value === page.settings.language;
	}
	drawProposal(page);
	drawServer(page);
	drawTrial(page);
	find('done-again', HTMLElement).textContent = page.say('welcome_done_again', {
		about: page.say('nav_about'),
	});
	drawSteps(page);
}

function drawSteps(page: WelcomePage): void {
	for (const [index, section] of sections.entries()) {
		section.hidden = !showsAll && index !== step;
		const progress = section.querySelector('.progress');
		if (progress) {
			progress.textContent = page.say('welcome_step', {number: index + 1, total: sections.length});
		}
	}
	find('all', HTMLElement).textContent = page.say(showsAll ? 'welcome_single' : 'welcome_all');
	// Later steps begin near the top, on a small screen too.
	for (const id of ['intro', 'all']) find(id, HTMLElement).hidden = !showsAll && step > 0;
	find('steps', HTMLElement).hidden = showsAll;
	find('back', HTMLElement).hidden = step === 0;
	find('next', HTMLElement).hidden = step === sections.length - 1;
}

function go(to: number): void {
	step = Math.min(Math.max(to, 0), sections.length - 1);
	drawSteps(page);
	const heading = sections[step]?.querySelector('h2');
	heading?.focus();
	heading?.scrollIntoView({block: 'center'});
}

function addRoles(): void {
	for (const one of ROLES) {
		const label = build('label', 'choice');
		const input = build('input');
		// A browser that fills forms in again would keep the answer.
		Object.assign(input, {type: 'radio', name: 'role', value: one, autocomplete: 'off'});
		input.addEventListener('change', () => chooseRole(one));
		const text = build('span');
		text.dataset.say = `welcome_role_${one}`;
		label.append(input, text);
		find('role', HTMLElement).append(label);
	}
}

function chooseRole(chosen: Role): void {
	role = chosen;
	const used = find('used', HTMLElement);
	delete used.dataset.say;
	used.textContent = '';
	const boxes = PROPOSALS[chosen].map(({text, ticked}) => {
		const label = build('label', 'choice');
		const input = build('input');
		Object.assign(input, {
			type: 'checkbox',
			name: 'proposal',
			value: text,
			checked: ticked,
			autocomplete: 'off',
		});
		input.setAttribute('aria-describedby', `${text}-help`);
		const said = build('span');
		said.dataset.say = `welcome_${text}`;
		const help = build('p', 'help');
		help.id = `${text}-help`;
		help.dataset.text = text;
		label.append(input, said, help);
		return label;
	});
	const room = find('boxes', HTMLElement);
	room.replaceChildren(...boxes);
	page.fill(room);
	drawProposal(page);
}

function drawProposal(page: WelcomePage): void {
	find('proposal', HTMLElement).hidden = role === undefined;
	if (role === undefined) return;
	const isEmpty = PROPOSALS[role].length === 0;
	find('nothing', HTMLElement).hidden = !isEmpty;
	find('proposals', HTMLElement).hidden = isEmpty;
	for (const help of document.querySelectorAll<HTMLElement>('#boxes .help')) {
		const key = `welcome_${help.dataset.text}_help` as keyof typeof en;
		help.textContent = page.say(key, {other: page.say('name_discreet')});
	}
}

async function useProposal(): Promise<void> {
	if (role === undefined) return;
	const boxes = PROPOSALS[role].map(({text}) => ({
		text,
		ticked: document.querySelector<HTMLInputElement>(`#boxes input[value="${text}"]`)?.checked ?? false,
	}));
	if (!(await page.change(settingsOf(boxes)))) return;
	const used = find('used', HTMLElement);
	used.dataset.say = 'welcome_used';
	used.textContent = page.say('welcome_used');
}

async function readServer(): Promise<void> {
	server = await loadServer();
	drawServer(page);
	await status.check();
}

function drawServer(page: WelcomePage): void {
	const context = find('context', HTMLInputElement);
	context.disabled = server === undefined;
	if (server === undefined) return;
	context.checked = server.useContext;
	const key = isLoopback(server.address) ? 'welcome_server_here' : 'welcome_server_far';
	find('place', HTMLElement).textContent = page.say(key, {server: new URL(server.address).host});
	status.draw(page, server);
}

async function checkSite(): Promise<void> {
	const {origins = []} = await chrome.permissions.getAll();
	const isAllowed = origins.includes(SITE_PERMISSION);
	find('allow-site', HTMLElement).hidden = isAllowed;
	// It would ask for less of the same.
	find('server-grant', HTMLElement).hidden = !isAllowed;
}

async function allowSite(): Promise<void> {
	await ask(SITE);
	await Promise.all([checkSite(), status.check()]);
}

async function tryExamples(): Promise<void> {
	trials += 1;
	const mine = trials;
	examples = {verdicts: [], outcome: 'waiting'};
	drawTrial(page);
	const answer = await judge(page);
	if (mine !== trials) return;
	examples = answer;
	drawTrial(page);
}

function putAway(): void {
	trials += 1;
	examples = undefined;
	drawTrial(page);
	find('show', HTMLElement).focus();
}

function drawTrial(page: WelcomePage): void {
	const outcome = examples?.outcome;
	// While they are being judged nothing is shown, as on X with "hold back": blame would flash up.
	const isShown = outcome !== undefined && outcome !== 'waiting';
	find('examples', HTMLElement).hidden = !isShown;
	find('show', HTMLElement).hidden = outcome !== undefined;
	find('again', HTMLElement).hidden = !isShown;
	find('put-away', HTMLElement).hidden = !isShown;
	const said = {judged: 'judged', away: 'away', off: 'off', waiting: 'wait'} as const;
	find('tried', HTMLElement).textContent = outcome ? page.say(`welcome_try_${said[outcome]}`) : '';
	if (isShown) drawExamples(page, find('examples', HTMLElement), examples?.verdicts ?? []);
	else find('examples', HTMLElement).replaceChildren();
}

function listen(): void {
	for (const input of document.querySelectorAll<HTMLInputElement>('input[name="language"]')) {
		input.addEventListener('change', async () => {
			const language = LANGUAGE_CHOICES.find(one => one === input.value);
			if (language === undefined) return;
			await page.change({language});
			// The examples are spoken in the page's language.
			if (examples !== undefined) await tryExamples();
		});
	}
	find('use', HTMLButtonElement).addEventListener('click', () => void useProposal());
	const context = find('context', HTMLInputElement);
	context.addEventListener('change', async () => {
		const useContext = context.checked;
		const now = await loadServer();
		// Another page may have moved the server meanwhile. Consent was given to the one that stands here.
		const isSame = now.address === server?.address;
		server = isSame ? {...now, useContext} : now;
		if (isSame) await saveServer(server);
		drawServer(page);
	});
	find('allow-site', HTMLButtonElement).addEventListener('click', () => void allowSite());
	chrome.permissions.onAdded.addListener(() => void checkSite());
	find('show', HTMLButtonElement).addEventListener('click', () => void tryExamples());
	find('again', HTMLButtonElement).addEventListener('click', () => void tryExamples());
	find('put-away', HTMLButtonElement).addEventListener('click', putAway);
	find('back', HTMLButtonElement).addEventListener('click', () => go(step - 1));
	find('next', HTMLButtonElement).addEventListener('click', () => go(step + 1));
	find('all', HTMLButtonElement).addEventListener('click', () => {
		showsAll = !showsAll;
		drawSteps(page);
	});
}

void start();
