import {loadLocal, mark} from '../../core/local.js';
import {keep} from '../common/keep.js';
import {find} from '../common/page.js';
import {askTwice} from '../common/twice.js';
import type {OptionsPage} from './texts.js';

/** The part of the page that tells how many replies were marked, and forgets them. */
export function openMarks(): {draw(page: OptionsPage): void; refresh(): Promise<void>} {
	let page: OptionsPage | undefined;
	let digests: string[] = [];
	const forget = find('forget', HTMLButtonElement);

	function redraw(): void {
		if (page === undefined) return;
		find('marks-count', HTMLElement).textContent =
			digests.length === 0 ? page.say('marks_none') : page.sayCount('marks', digests.length);
		forget.hidden = digests.length === 0;
	}

	async function refresh(): Promise<void> {
		digests = Object.keys((await loadLocal()).marks);
		redraw();
	}

	askTwice(forget, {question: 'marks_forget_question', yes: 'marks_forget_yes'}, async () => {
		if (page === undefined) return;
		const nothing = Object.fromEntries(digests.map(digest => [digest, undefined]));
		await keep(page, find('marks-note', HTMLElement), () => mark(nothing));
		await refresh();
		// The button is gone with the marks; the keyboard goes on from where it stood.
		if (forget.hidden) find('marks-count', HTMLElement).focus();
	});
	chrome.storage.onChanged.addListener((changes, area) => {
		if (area === 'local' && changes.marks !== undefined) void refresh();
	});
	return {
		draw(drawn) {
			page = drawn;
			redraw();
		},
		refresh,
	};
}
