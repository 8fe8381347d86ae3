import {say, sayAct} from '../core/i18n.js';
import {buildShell, button, type Shell, type Story} from './shell.js';

export interface LineActions {
	show(): void;
	hide(): void;
}

export interface Line extends Shell {
	/** Tells whether the reply is shown at present, and offers the other. Keeps the keyboard's place. */
	setShown(shown: boolean): void;
	/** Moves the keyboard to the line. */
	focus(): void;
	/** Keeps this much room, in pixels, or with undefined only what the line needs. */
	keepRoom(height: number | undefined): void;
}

/** The line that stands in place of a hidden reply. */
export function buildLine(story: Story, actions: LineActions): Line {
	const {language, reason} = story;
	const shell = buildShell('panah-line', story, 'line_hidden_name');
	let shown = false;
	// One button with two labels: whoever pressed it with the keyboard finds the way back under the same key.
	const toggle = button('', () => (shown ? actions.hide() : actions.show()));
	shell.buttons.prepend(toggle);

	function setShown(next: boolean): void {
		shown = next;
		const act = sayAct(language, reason);
		shell.text.textContent = say(language, shown ? 'line_shown' : 'line_hidden', {act});
		shell.cover.setAttribute('aria-label', say(language, shown ? 'line_shown_name' : 'line_hidden_name'));
		toggle.textContent = say(language, shown ? 'hide_again' : 'show_once');
	}
	setShown(false);
	return {
		...shell,
		setShown,
		focus: () => toggle.focus({preventScroll: true}),
		keepRoom(height) {
			shell.cover.classList.toggle('kept', height !== undefined);
			shell.cover.style.minBlockSize = height === undefined ? '' : `${height}px`;
		},
	};
}
