import {say, sayAct} from '../core/line-texts.js';
import {buildShell, type CoverActions, type Shell, type Story} from './shell.js';

/** The small label above a reply, or a quoted post, that stays visible. */
export function buildFlag(story: Story, actions: CoverActions): Shell {
	const {cover, text, ...flag} = buildShell('panah-flag', story, `${story.of}_flag_name`, actions);
	cover.classList.add('flag');
	text.textContent = say(story.language, 'flag', {act: sayAct(story.language, story.reason)});
	return flag;
}
