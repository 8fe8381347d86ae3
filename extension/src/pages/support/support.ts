import en from '../../../_locales/en/support.json';
import ur from '../../../_locales/ur/support.json';
import type {Language} from '../../core/i18n.js';
import {build, find, openPage, type Page} from '../common/page.js';
import {COUNTRIES, type Country, guessCountry} from './country.js';
import {type Kind, ORGANISATIONS, type Organisation} from './organisations.js';

type SupportPage = Page<keyof typeof en>;

const HEADINGS = {
	emergency: 'support_emergency',
	online: 'support_online',
	support: 'support_talk',
	report: 'support_report',
} as const satisfies Record<Kind, keyof typeof en>;

const choice = find('country', HTMLSelectElement);
// Held by this page alone: where somebody looked for help is nobody's business.
let country: Country = guessCountry(Intl.DateTimeFormat().resolvedOptions().timeZone, navigator.languages);

async function start(): Promise<void> {
	for (const code of COUNTRIES) choice.append(Object.assign(build('option'), {value: code}));
	const page = await openPage({en, ur}, draw);
	choice.addEventListener('change', () => {
		country = COUNTRIES.find(code => code === choice.value) ?? 'XX';
		drawOrganisations(page);
	});
}

function draw(page: SupportPage): void {
	find('brand', HTMLElement).textContent = page.name;
	const names = new Intl.DisplayNames(page.language, {type: 'region'});
	for (const option of choice.options) {
		option.textContent =
			option.value === 'XX' ? page.say('support_anywhere') : (names.of(option.value) ?? option.value);
	}
	choice.value = country;
	const days = ORGANISATIONS.flatMap(({checked}) => checked ?? []).sort();
	find('checked', HTMLElement).textContent = page.say('support_checked', {
		date: sayDay(page.language, days[0] ?? ''),
	});
	drawOrganisations(page);
}

function drawOrganisations(page: SupportPage): void {
	const here = ORGANISATIONS.filter(one => one.country === country && country !== 'XX');
	const sections = (Object.keys(HEADINGS) as Kind[]).flatMap(kind => {
		const found = here.filter(one => one.kind === kind);
		if (found.length > 0) return buildSection(page, HEADINGS[kind], found);
		return kind === 'emergency' ? buildSection(page, HEADINGS.emergency, []) : [];
	});
	const everywhere = ORGANISATIONS.filter(one => one.country === 'XX');
	sections.push(buildSection(page, 'support_everywhere', everywhere));
	find('organisations', HTMLElement).replaceChildren(...sections);
}

function buildSection(
	page: SupportPage,
	heading: keyof typeof en,
	organisations: readonly Organisation[],
): HTMLElement {
	const section = build('section');
	section.append(build('h2', '', page.say(heading)));
	if (organisations.length === 0) {
		section.append(build('p', '', page.say('support_emergency_none')));
		return section;
	}
	const list = build('ul', 'organisations');
	// Without its marks a list is none to some screen readers.
	list.setAttribute('role', 'list');
	list.append(...organisations.map(one => buildOrganisation(page, one)));
	section.append(list);
	return section;
}

function buildOrganisation(page: SupportPage, one: Organisation): HTMLElement {
	const isUrdu = page.language === 'ur';
	const item = build('li', 'organisation');
	item.append(build('h3', '', isUrdu ? (one.name_ur ?? one.name) : one.name));
	// The organisation's own page and its telephone know it by this name.
	if (isUrdu && one.name_ur !== undefined) {
		const original = build('p', 'help');
		original.append(foreign(build('span', '', one.name)));
		item.append(original);
	}
	item.append(build('p', '', isUrdu ? one.what_ur : one.what), buildWays(page, one), buildSource(page, one));
	return item;
}

function buildWays(page: SupportPage, one: Organisation): HTMLElement {
	const ways = build('dl', 'ways');
	const add = (label: string, value: Node | string) => {
		const said = build('dd');
		said.append(value);
		ways.append(build('dt', '', label), said);
	};
	if (one.phone) add(page.say('support_phone'), link(`tel:${dial(one.phone)}`, one.phone));
	if (one.text) {
		const label = one.text_word
			? page.say('support_text_word', {word: one.text_word})
			: page.say('support_text');
		add(label, link(`sms:${dial(one.text)}`, one.text));
	}
	if (one.whatsapp) add(page.say('support_whatsapp'), foreign(build('span', '', one.whatsapp)));
	if (one.web) add(page.say('support_web'), outside(one.web, one.web));
	const hours = page.language === 'ur' ? one.hours_ur : one.hours;
	if (hours) add(page.say('support_hours'), hours);
	if (one.for !== 'all' && one.kind !== 'emergency')
		add(page.say('support_for'), page.say(`support_for_${one.for}`));
	if (one.languages.length > 0) {
		const names = new Intl.DisplayNames(page.language, {type: 'language'});
		const list = new Intl.ListFormat(page.language, {type: 'conjunction'});
		add(page.say('support_languages'), list.format(one.languages.map(code => names.of(code) ?? code)));
	}
	return ways;
}

function buildSource(page: SupportPage, one: Organisation): HTMLElement {
	if (one.checked === null) return build('p', 'help', page.say('support_unchecked'));
	const host = new URL(one.source).host.replace(/^www\./, '');
	const isDated = one.source_date !== 'unknown';
	const date = isDated ? sayDay(page.language, one.source_date) : '';
	return build('p', 'help', page.say(isDated ? 'support_source' : 'support_source_undated', {host, date}));
}

/** What a telephone takes: digits, and a plus in front. */
function dial(number: string): string {
	return number.replace(/(?!^\+)\D/g, '');
}

function link(href: string, text: string): HTMLAnchorElement {
	const made = foreign(build('a', '', text));
	made.href = href;
	return made;
}

/** An address on the web, told as it is, that learns nothing of this page. */
function outside(href: string, text: string): HTMLAnchorElement {
	const made = link(href, text.replace(/^https:\/\/(?:www\.)?|\/$/g, ''));
	made.target = '_blank';
	made.rel = 'noreferrer';
	return made;
}

/** Numbers, addresses and names that are read from left to right in every language. */
function foreign<Made extends HTMLElement>(made: Made): Made {
	made.dir = 'ltr';
	made.lang = 'en';
	return made;
}

/** A day or month as the language writes it. */
function sayDay(language: Language, day: string): string {
	const style: Intl.DateTimeFormatOptions =
		day.length > 7 ? {dateStyle: 'long', timeZone: 'UTC'} : {month: 'long', year: 'numeric', timeZone: 'UTC'};
	// Day before month, as most of those who read this in English write it.
	return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, style).format(new Date(day));
}

void start();
