import type en from '../../../_locales/en/choices.json';
import {PRESENTATIONS, type Settings, type SWITCHES} from '../../core/settings.js';
import {SENSITIVITIES} from '../../core/verdicts.js';
import {build, find, type Page} from './page.js';

type ChoiceName = 'sensitivity' | 'presentation';
type SwitchName = (typeof SWITCHES)[number];
type Change = (part: Partial<Settings>) => void;

/** Fills the fieldsets `sensitivity` and `presentation`; their texts come with the page's. */
export function addChoices(change: Change): void {
	add('sensitivity', SENSITIVITIES, change);
	add('presentation', PRESENTATIONS, change);
}

function add<Name extends ChoiceName>(
	name: Name,
	values: ReadonlyArray<Settings[Name]>,
	change: Change,
): void {
	const group = find(name, HTMLFieldSetElement);
	// Where there is little room, only the chosen value is explained.
	const isCompact = group.classList.contains('compact');
	const choices = build('div', isCompact ? 'segments' : 'choices');
	for (const value of values) {
		const label = build('label', isCompact ? 'segment' : 'choice');
		const input = build('input');
		Object.assign(input, {type: 'radio', name, value});
		input.addEventListener('change', () => change({[name]: value}));
		const text = build('span');
		text.dataset.say = `${name}_${value}`;
		label.append(input, text);
		if (!isCompact) {
			const help = build('p', 'help');
			help.id = `${name}-${value}-help`;
			help.dataset.say = `${name}_${value}_help`;
			input.setAttribute('aria-describedby', help.id);
			label.append(help);
		}
		choices.append(label);
	}
	group.append(choices);
	if (isCompact) {
		const help = build('p', 'help');
		help.id = `${name}-help`;
		group.setAttribute('aria-describedby', help.id);
		group.append(help);
	}
}

/** Shows what is chosen. */
export function drawChoices(page: Page<keyof typeof en>): void {
	for (const name of ['sensitivity', 'presentation'] as const) {
		for (const input of document.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)) {
			input.checked = input.value === page.settings[name];
		}
		const help = document.getElementById(`${name}-help`);
		if (help) help.textContent = page.say(`${name}_${page.settings[name]}_help` as keyof typeof en);
	}
}

/** Has the switches of these names, whose ids they are, tell and change their setting. */
export function listenSwitches(names: readonly SwitchName[], change: Change): void {
	for (const name of names) {
		const input = find(name, HTMLInputElement);
		input.addEventListener('change', () => change({[name]: input.checked}));
	}
}

export function drawSwitches(names: readonly SwitchName[], settings: Settings): void {
	for (const name of names) find(name, HTMLInputElement).checked = settings[name];
}
