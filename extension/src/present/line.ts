import {say, sayAct} from '../core/line-texts.js';
import {button} from './elements.js';
import {buildShell, type CoverActions, type Shell, type Story} from './shell.js';

export interface Line extends Shell {
	/** Tells whether the reply is shown at present, and offers the other. Keeps the keyboard's place. */
	setShown(shown: boolean): void;
	/** Keeps this much room, in pixels, or with undefined only what the line needs. */
	keepRoom(height: number | undefined): void;
}

/** The line that stands in place of a hidden reply, or of a hidden quoted post. `toggle`: shows it, or hides it. */
export function buildLine(story: Story, toggle: (show: boolean) => void, actions: CoverActions): Line {
	const {language, reason, of} = story;
	const {cover, text, buttons, ...shell} = buildShell('panah-line', story, `${of}_hidden_name`, actions);
	let shown = false;
	// One button with two labels: whoever pressed it with the keyboard finds the way back under the same key.
	const shower = button('', () => toggle(!shown));
	buttons.prepend(shower);

	function setShown(next: boolean): void {
		shown = next;
		const state = shown ? 'shown' : 'hidden';
		text.textContent = say(language, `${of}_${state}`, {act: sayAct(language, reason)});
		cover.setAttribute('aria-label', say(language, `${of}_${state}_name`));
		shower.textContent = say(language, shown ? 'hide_again' : 'show_once');
	}
	setShown(false);
	return {
		...shell,
		setShown,
		keepRoom(height) {
			cover.classList.toggle('kept', height !== undefined);
			cover.style.minBlockSize = height === undefined ? '' : `${height}px`;
		},
	};
}
