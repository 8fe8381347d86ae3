import type {Page} from './page.js';

/**
 * Does what a control asks for, and returns whether that worked. When the browser cannot keep it (no room left, a
 * quota), says so in the note beside the control and draws the old state again.
 */
export async function keep(
	page: Page<never>,
	note: HTMLElement,
	save: () => Promise<unknown>,
): Promise<boolean> {
	note.textContent = '';
	const saved = await save().then(
		answer => answer !== false,
		() => false,
	);
	if (!saved) {
		page.redraw();
		note.textContent = page.say('not_saved');
	}
	return saved;
}
