import {say} from '../core/line-texts.js';
import {build} from './elements.js';
import {buildCover, type Shell, type Story} from './shell.js';

/** Stands for a reply until it is checked: one quiet line that does not move, and that nothing announces. */
export function buildHeld(story: Pick<Story, 'id' | 'of' | 'language' | 'theme'>): Shell {
	const {host, cover, wear} = buildCover('panah-line', story);
	cover.classList.add('held');
	cover.append(build('p', 'text', say(story.language, 'held')));
	return {host, wear};
}

/** Keeps the room of a reply that was left out above what is being read. Nothing stands in it. */
export function buildRoom(id: string, height: number): Shell {
	const host = document.createElement('panah-line');
	host.dataset.statusId = id;
	host.style.blockSize = `${height}px`;
	return {host};
}
