import {say, sayAct} from '../core/i18n.js';
import {buildShell, type Shell, type Story} from './shell.js';

/** The small label above a reply that stays visible. */
export function buildFlag(story: Story): Shell {
	const flag = buildShell('panah-flag', story, 'flag_name');
	flag.cover.classList.add('flag');
	flag.text.textContent = say(story.language, 'flag', {act: sayAct(story.language, story.reason)});
	return flag;
}
