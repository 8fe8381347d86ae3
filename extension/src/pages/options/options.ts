import {LANGUAGE_CHOICES, LEVELS, type Settings, SWITCHES} from '../../core/settings.js';
import {ACTS, type Act} from '../../core/verdicts.js';
import {addChoices, drawChoices, drawSwitches, listenSwitches} from '../common/choices.js';
import {keep} from '../common/keep.js';
import {build, find, openPage} from '../common/page.js';
import {openPausing} from '../common/pausing.js';
import {learnConsents} from '../common/permission.js';
import {openErasing} from './erase.js';
import {openMarks} from './marks.js';
import {openPeople} from './people.js';
import {openPreview} from './preview.js';
import {openServerForm} from './server-form.js';
import {openSettingsFile} from './settings-file.js';
import {openTelling} from './telling.js';
import {type OptionsPage, texts} from './texts.js';

type SwitchName = (typeof SWITCHES)[number];

/** Which switches stand where, by the ids `switches-` and `-note`. */
const PLACES: Record<string, SwitchName[]> = {
	on: ['enabled'],
	expert: ['numbers'],
	x: ['holdBack', 'foldBeneath', 'showFollowed', 'tap', 'exitKey'],
	looks: ['counter', 'discreet'],
};

let page: OptionsPage;

const language = find('language', HTMLSelectElement);

// What stands on the page before it is drawn gets its texts with the rest.
for (const [place, names] of Object.entries(PLACES)) {
	for (const name of names) find(`switches-${place}`, HTMLElement).append(buildSwitch(name));
	listenSwitches(names, part => void change(part, `${place}-note`));
}
addChoices(part => void change(part, 'what-note'));
for (const act of ACTS) find('kinds', HTMLElement).append(buildKind(act));
const parts = [openPeople(), openMarks(), openTelling(), openPreview(() => void server.check())];
const pausing = openPausing();
const server = openServerForm();
openSettingsFile(() => page, server);
openErasing(() => page, reload);

async function start(): Promise<void> {
	await Promise.all([server.load(), learnConsents()]);
	await openPage(texts, draw);
	language.addEventListener('change', () => {
		const choice = LANGUAGE_CHOICES.find(one => one === language.value);
		if (choice) void change({language: choice}, 'looks-note');
	});
	await Promise.all([reload(), server.check()]);
}

async function reload(): Promise<void> {
	await Promise.all([server.load(), pausing.refresh(), ...parts.map(part => part.refresh())]);
}

async function change(part: Partial<Settings>, note: string): Promise<void> {
	await keep(page, find(note, HTMLElement), () => page.change(part));
	if (part.enabled !== undefined) await server.check();
}

function buildSwitch(name: SwitchName): HTMLElement {
	const key = name.replace(/[A-Z]/g, capital => `_${capital.toLowerCase()}`);
	const field = build('div', 'field');
	const label = build('label', 'switch');
	const text = build('span');
	text.dataset.say = key;
	const input = build('input');
	input.type = 'checkbox';
	input.id = name;
	input.setAttribute('role', 'switch');
	label.append(text, input);
	field.append(label);
	if (`${key}_help` in texts.en) {
		const help = build('p', 'help');
		help.id = `${name}-help`;
		// The help of this one names both names; `draw` says it.
		if (name !== 'discreet') help.dataset.say = `${key}_help`;
		input.setAttribute('aria-describedby', help.id);
		field.append(help);
	}
	return field;
}

function buildKind(act: Act): HTMLElement {
	const field = build('div', 'field kind');
	const label = build('label');
	label.htmlFor = `kind-${act}`;
	label.dataset.say = `kind_${act}`;
	const example = build('p', 'help');
	example.id = `kind-${act}-help`;
	example.dataset.say = `like_${act}`;
	const select = build('select');
	select.id = `kind-${act}`;
	select.setAttribute('aria-describedby', example.id);
	for (const value of ['same', ...LEVELS]) {
		const option = build('option');
		option.value = value;
		option.dataset.say = value === 'same' || value === 'off' ? `level_${value}` : `sensitivity_${value}`;
		select.append(option);
	}
	select.addEventListener('change', () => {
		const {[act]: _, ...others} = page.settings.levels;
		const level = LEVELS.find(one => one === select.value);
		void change({levels: level === undefined ? others : {...others, [act]: level}}, 'expert-note');
	});
	field.append(label, example, select);
	return field;
}

function draw(drawn: OptionsPage): void {
	page = drawn;
	find('brand', HTMLElement).textContent = page.name;
	drawSwitches(SWITCHES, page.settings);
	drawChoices(page);
	for (const act of ACTS) {
		find(`kind-${act}`, HTMLSelectElement).value = page.settings.levels[act] ?? 'same';
	}
	find('discreet-help', HTMLElement).textContent = page.say('discreet_help', {
		plain: page.say('name_discreet'),
		real: page.say('name'),
	});
	language.value = page.settings.language;
	pausing.draw(page);
	server.draw(page);
	for (const part of parts) part.draw(page);
}

void start();
