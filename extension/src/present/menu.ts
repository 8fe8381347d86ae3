import {type LineKey, say} from '../core/line-texts.js';
import type {SaveAnswer} from '../core/messages.js';
import {button} from './elements.js';
import type {CoverActions, Story} from './shell.js';

/** The buttons under "More". */
export function buildMenu({id, language, source}: Story, actions: CoverActions): HTMLElement[] {
	const buttons = [button(say(language, 'always_show'), () => actions.alwaysShow(id))];
	// Nobody said that a reply beneath a hidden one is harmful.
	if (source !== 'thread') buttons.push(button(say(language, 'fine'), () => actions.fine(id)));
	const save = button(say(language, 'save'), async () => {
		// The answer takes the place of the label, so that the keyboard stays where it is.
		save.textContent = say(language, saidOf(await actions.save(id)));
	});
	return [...buttons, save];
}

function saidOf(answer: SaveAnswer): LineKey {
	if (answer.ok) return answer.already ? 'already_saved' : 'saved';
	return answer.problem === 'full' ? 'save_full' : 'save_failed';
}
