import enChoices from '../../../_locales/en/choices.json';
import enTell from '../../../_locales/en/tell.json';
import urChoices from '../../../_locales/ur/choices.json';
import urTell from '../../../_locales/ur/tell.json';
import type {FeedbackMessage} from '../../background/feedback.js';
import {dropDraft, readDraft, suggestCategory} from '../../contribute/draft.js';
import {keepFocus, ltr, makePick, onSubmit, sayDay} from '../../contribute/parts.js';
import {sayAct} from '../../core/line-texts.js';
import type {MarkAnswer, MissedRequest, SavedPost} from '../../core/messages.js';
import {loadServer, type Server} from '../../core/settings.js';
import {ACTS} from '../../core/verdicts.js';
import type {Facts} from '../../feedback/facts.js';
import {
	type Asked,
	decide,
	deleteThere,
	type How,
	loadAsked,
	loadHow,
	loadReceipts,
	loadRefused,
	loadTellings,
	type Receipt,
	type Refused,
	type Telling,
	undo,
	type Words,
} from '../../feedback/tellings.js';
import {show, tell, tellAgain} from '../common/notes.js';
import {build, find, openPage, type Page} from '../common/page.js';
import {sayTime} from '../common/time.js';
import {askTwice} from '../common/twice.js';

const texts = {en: {...enTell, ...enChoices}, ur: {...urTell, ...urChoices}};
type Key = keyof (typeof texts)['en'];

/** Where what is drawn lies. */
const KEPT = ['tellings', 'receipts', 'tellHow', 'tellRefused', 'server', 'asked'];

let page: Page<Key>;
let server: Server;
let how: How = 'never';
let refused: Refused | undefined;
let asked: Asked[] = [];
let tellings: Telling[] = [];
let receipts: Receipt[] = [];
/** A reply that the reader chose on X. */
let post: SavedPost | undefined;
/** The cards that stand there, by id. What is unfolded stays so. */
const cards = new Map<string, HTMLElement>();
// Only the newest reading counts.
let readings = 0;
const draftName = location.hash.slice(1);

async function start(): Promise<void> {
	await read();
	if (draftName !== '') post = await readDraft(draftName);
	listen();
	await openPage(texts, drawn => {
		page = drawn;
		cards.clear();
		drawMissed();
		draw();
	});
	if (draftName !== '' && post === undefined) tell('missed-note', () => page.say('missed_gone'));
}

async function read(): Promise<void> {
	readings += 1;
	const mine = readings;
	const at = await loadServer();
	const found = await Promise.all([
		loadHow(at.address),
		loadRefused(at.address),
		loadAsked(),
		loadTellings(),
		loadReceipts(),
	]);
	if (mine !== readings) return;
	server = at;
	[how, refused, asked, tellings, receipts] = found;
}

async function refresh(): Promise<void> {
	await read();
	draw();
}

function listen(): void {
	onSubmit(find('missed-form', HTMLFormElement), sendMissed);
	const all = find('delete-all', HTMLButtonElement);
	askTwice(all, {question: 'delete_all_question', yes: 'delete_all_yes'}, () =>
		forget(here(receipts).map(({receipt}) => receipt)),
	);
	chrome.storage.onChanged.addListener(changes => {
		if (KEPT.some(key => key in changes)) void refresh();
	});
}

function here<Thing extends {server: string}>(things: Thing[]): Thing[] {
	return things.filter(thing => thing.server === server.address);
}

function draw(): void {
	find('brand', HTMLElement).textContent = page.name;
	find('how', HTMLElement).textContent = page.say(`how_${how}`);
	tell('refused', refused && (() => page.say(`refused_${refused ?? 'invalid'}`)));
	keepFocus(find('asked', HTMLElement), drawAsked);
	keepFocus(find('waiting', HTMLElement), drawWaiting);
	keepFocus(find('told', HTMLElement), drawTold);
	tellAgain();
}

// A reply that was not hidden.

function drawMissed(): void {
	show('missed', draftName !== '');
	show('missed-form', post !== undefined);
	if (post === undefined) return;
	find('who', HTMLElement).replaceChildren(build('bdi', 'name', post.name), ' ', ltr(`@${post.handle}`));
	find('words', HTMLElement).textContent = post.text;
	const choice = find('act', HTMLSelectElement);
	const before = choice.value || suggestCategory(post) || '';
	choice.replaceChildren(
		...['' as const, ...ACTS].map(act => {
			const words = act === '' ? page.say('missed_unsure') : sayAct(page.language, act);
			return Object.assign(build('option', '', words), {value: act});
		}),
	);
	choice.value = before;
}

async function sendMissed(): Promise<void> {
	if (post === undefined) return;
	const {text, answers} = post;
	const act = ACTS.find(one => one === find('act', HTMLSelectElement).value);
	const answer = await chrome.runtime
		.sendMessage<MissedRequest, MarkAnswer | undefined>({
			kind: 'say-missed',
			text,
			...(answers === undefined ? {} : {context: answers.text}),
			...(act === undefined ? {} : {act}),
		})
		.catch(() => undefined);
	if (answer?.ok !== true) {
		tell('missed-note', () => page.say('missed_failed'));
		return;
	}
	const {telling = 'done'} = answer;
	tell('missed-note', () => page.say(`missed_${telling}`));
	post = undefined;
	await dropDraft(draftName);
	drawMissed();
	find('missed-title', HTMLElement).focus();
}

// What waits for an answer.

function drawAsked(): void {
	const open = here(asked);
	show('asked-none', open.length === 0);
	for (const id of cards.keys()) if (!open.some(one => one.id === id)) cards.delete(id);
	find('asked', HTMLElement).replaceChildren(
		...open.map(one => {
			const card = cards.get(one.id) ?? buildCard(one);
			cards.set(one.id, card);
			return card;
		}),
	);
}

function buildCard({id, facts, text, context}: Asked): HTMLElement {
	const card = build('li', 'card');
	const title = build('p', 'act', sayKind(facts));
	title.id = `asked-${id}`;
	const sent = build('details');
	sent.append(build('summary', '', page.say('facts_title')), buildFacts(facts));
	const answer = async (told: {words?: Words} | 'no') => {
		await decide(id, told);
		await refresh();
		const next = told === 'no' ? 'asked-title' : `undo-${id}`;
		document.getElementById(next)?.focus();
	};
	const buttons = build('div', 'buttons');
	buttons.append(
		makeButton('tell_without', `without-${id}`, () => answer({}), title.id),
		makeButton('tell_no', `no-${id}`, () => answer('no'), title.id),
	);
	card.append(title, sent, buildWords(id, {text, ...(context ? {context} : {})}, answer), buttons);
	return card;
}

/** The words come into the page only while they are unfolded, and they alone have the button that sends them. */
function buildWords(
	id: string,
	{text, context}: Words,
	answer: (told: {words: Words}) => Promise<void>,
): HTMLElement {
	const element = build('details');
	const inside = build('div');
	element.append(build('summary', '', page.say('words_title')), inside);
	const also = makePick(page.say('with_context'), {name: `also-${id}`, id: `also-${id}`, kind: 'checkbox'});
	const send = makeButton('tell_with', `with-${id}`, () =>
		answer({words: context !== undefined && also.input.checked ? {text, context} : {text}}),
	);
	element.addEventListener('toggle', () => {
		const parts = [
			build('p', 'help', page.say('words_help')),
			build('p', 'help', page.say('words_reply')),
			buildSaid(text),
			...(context === undefined
				? []
				: [build('p', 'help', page.say('words_context')), buildSaid(context), also.label]),
			send,
		];
		inside.replaceChildren(...(element.open ? parts : []));
	});
	return element;
}

function buildSaid(text: string): HTMLElement {
	const said = build('p', 'said', text);
	said.dir = 'auto';
	return said;
}

function sayKind({kind, label}: Pick<Facts, 'kind' | 'label'>): string {
	const act = sayAct(page.language, label);
	return page.say(kind === 'missed' ? 'kind_missed' : 'kind_not_harmful', {act});
}

function buildFacts({label, language, bucket, action, sensitivity, model, policy}: Facts): HTMLElement {
	const percent = new Intl.NumberFormat(page.language, {style: 'percent'});
	const sure = {from: percent.format(bucket / 20), to: percent.format((bucket + 1) / 20)};
	const rows: Array<[Key, string | HTMLElement]> = [
		['fact_label', sayAct(page.language, label)],
		['fact_sure', page.say('sure', sure)],
		['fact_action', page.say(`action_${action}`)],
		['fact_sensitivity', page.say(`sensitivity_${sensitivity}`)],
		['fact_language', page.say(language === 'ur-Latn' ? 'language_ur_Latn' : `language_${language}`)],
		['fact_model', ltr(model === policy ? model : `${model} · ${policy}`)],
	];
	const list = build('dl', 'pairs');
	for (const [key, value] of rows) {
		const told = build('dd');
		told.append(value);
		list.append(build('dt', '', page.say(key)), told);
	}
	return list;
}

// What is on its way, and what was told.

function drawWaiting(): void {
	show('waiting-part', tellings.length > 0);
	find('waiting', HTMLElement).replaceChildren(
		...tellings.map(one => {
			const {id, facts, withWords, tried} = one;
			const {row, title} = buildRow(`waiting-${id}`, facts, withWords, sayState(one));
			if (!tried) row.append(makeButton('undo', `undo-${id}`, () => takeBack(id), title));
			return row;
		}),
	);
}

function sayState({server: address, tries, at}: Telling): string {
	if (address !== server.address) return page.say('waiting_elsewhere', {server: new URL(address).host});
	return tries > 0 ? page.say('waiting_queued') : page.say('waiting_at', {time: sayTime(page.language, at)});
}

async function takeBack(id: string): Promise<void> {
	const isUndone = await undo(id);
	tell('waiting-note', () => page.say(isUndone ? 'undone' : 'undo_late'));
	await refresh();
}

function drawTold(): void {
	show('told-none', receipts.length === 0);
	show(
		'delete-all',
		here(receipts).some(({deleting}) => deleting === undefined),
	);
	find('told', HTMLElement).replaceChildren(
		...[...receipts].reverse().map(one => {
			const {receipt, withWords, server: address, deleting} = one;
			const {row, title} = buildRow(`told-${receipt}`, one, withWords, sayTold(one));
			if (address === server.address && deleting === undefined)
				row.append(makeButton('delete', `delete-${receipt}`, () => forget([receipt]), title));
			return row;
		}),
	);
}

function sayTold({server: address, day, keepUntil, deleting}: Receipt): string {
	if (address !== server.address) return page.say('deleting_elsewhere', {server: new URL(address).host});
	if (deleting !== undefined) return page.say('deleting');
	const until = sayDay(page.language, keepUntil);
	return page.say('told_until', {day: sayDay(page.language, day), until});
}

async function forget(chosen: string[]): Promise<void> {
	tell('told-note');
	await deleteThere(chosen);
	const message: FeedbackMessage = {kind: 'feedback', ask: {do: 'send'}};
	await chrome.runtime.sendMessage(message).catch(() => {});
	await refresh();
	const isLeft = receipts.some(({receipt}) => chosen.includes(receipt));
	tell('told-note', () => page.say(isLeft ? 'delete_later' : 'deleted'));
	// The button is gone with its row.
	if (document.activeElement === document.body) find('told-title', HTMLElement).focus();
}

function buildRow(
	id: string,
	facts: Pick<Facts, 'kind' | 'label'>,
	withWords: boolean,
	state: string,
): {row: HTMLElement; title: string} {
	const row = build('li');
	const about = build('div');
	const title = build('p', '', sayKind(facts));
	title.id = id;
	const more = page.say(withWords ? 'with_words' : 'without_words');
	about.append(title, build('p', 'help', `${more} ${state}`));
	row.append(about);
	return {row, title: id};
}

function makeButton(key: Key, id: string, press: () => unknown, of = ''): HTMLButtonElement {
	const made = build('button', 'quiet', page.say(key));
	made.type = 'button';
	made.id = id;
	if (of !== '') made.setAttribute('aria-describedby', of);
	made.addEventListener('click', () => void press());
	return made;
}

void start();
