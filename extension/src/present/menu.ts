import {type LineKey, say} from '../core/line-texts.js';
import type {SaveAnswer} from '../core/messages.js';
import {build, button} from './elements.js';
import type {CoverActions, Story} from './shell.js';

/** The buttons under "More", and where what they did is told. */
export function buildMenu({id, language, source}: Story, actions: CoverActions): HTMLElement[] {
	const note = build('p', 'text');
	// Whoever does not see the page hears it from here.
	note.setAttribute('role', 'status');
	const act = (label: LineKey, work: () => Promise<LineKey | false>) =>
		button(say(language, label), async () => {
			note.textContent = '';
			const told = await work();
			if (told) note.textContent = say(language, told);
		});
	const keep = (label: LineKey, work: () => Promise<boolean>) =>
		act(label, async () => (await work()) === false && 'choose_failed');
	return [
		keep('always_show', () => actions.alwaysShow(id)),
		// Nobody said that a reply beneath a hidden one is harmful.
		...(source === 'thread' ? [] : [keep('fine', () => actions.fine(id))]),
		act('save', async () => saidOf(await actions.save(id))),
		note,
	];
}

function saidOf(answer: SaveAnswer): LineKey {
	if (answer.ok) return answer.already ? 'already_saved' : 'saved';
	return answer.problem === 'full' ? 'save_full' : 'save_failed';
}
