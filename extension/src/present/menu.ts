import {type LineKey, say} from '../core/line-texts.js';
import type {SaveAnswer} from '../core/messages.js';
import {build, button} from './elements.js';
import type {CoverActions, Story} from './shell.js';

/** The buttons under "More", and where what they did is told. */
export function buildMenu({id, language, reason, source}: Story, actions: CoverActions): HTMLElement[] {
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
	const isMine = source === 'mine';
	return [
		keep('always_show', () => actions.alwaysShow(id)),
		act(isMine ? 'unhide_account' : 'hide_account', () => actions.hideAccount(id, !isMine)),
		// Nobody said that a reply beneath a hidden one, or by an account on a list, is harmful.
		...(source === 'thread' || (reason === 'listed' && source !== 'list')
			? []
			: [keep('fine', () => actions.fine(id))]),
		act('save', async () => saidOf(await actions.save(id))),
		keep('report', () => actions.report(id)),
		note,
	];
}

function saidOf(answer: SaveAnswer): LineKey {
	if (answer.ok) return answer.already ? 'already_saved' : 'saved';
	return answer.problem === 'full' ? 'save_full' : 'save_failed';
}
