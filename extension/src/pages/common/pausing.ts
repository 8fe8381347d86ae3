import type en from '../../../_locales/en/choices.json';
import {HOUR, loadLocal, loadPausedThreads, pause, pauseThread} from '../../core/local.js';
import {keep} from './keep.js';
import {find, type Page} from './page.js';
import {sayTime} from './time.js';

export interface PausingPart {
	draw(page: Page<keyof typeof en>): void;
	/** Looks anew whether there is a pause. `focalId`: the conversation that may have one of its own. */
	refresh(focalId?: string): Promise<void>;
}

/**
 * The part of a page that begins and ends a pause, with the ids `pause-state`, `pause-hour`, `pause-thread`,
 * `pause-end` and `pause-note`. `changed` runs after the reader changed it. `draw` comes first.
 */
export function openPausing(changed: () => void = () => {}): PausingPart {
	let page: Page<keyof typeof en> | undefined;
	let until = 0;
	let focal: string | undefined;
	let threads: string[] = [];
	const state = find('pause-state', HTMLElement);
	const hour = find('pause-hour', HTMLButtonElement);
	const thread = find('pause-thread', HTMLButtonElement);
	const end = find('pause-end', HTMLButtonElement);

	function redraw(): void {
		if (page === undefined) return;
		const forAll = until > Date.now();
		const here = focal !== undefined && threads.includes(focal);
		state.textContent = forAll
			? page.say('paused_until', {time: sayTime(page.language, until)})
			: here
				? page.say('paused_thread')
				: '';
		hour.hidden = forAll || here;
		thread.hidden = hour.hidden || focal === undefined;
		end.hidden = !hour.hidden;
	}

	async function refresh(focalId = focal): Promise<void> {
		focal = focalId;
		const [local, paused] = await Promise.all([loadLocal(), loadPausedThreads()]);
		until = local.pausedUntil;
		threads = paused;
		redraw();
	}

	async function change(save: () => Promise<unknown>, next: HTMLButtonElement): Promise<void> {
		if (page === undefined || !(await keep(page, find('pause-note', HTMLElement), save))) return;
		await refresh();
		// The button that was pressed is gone, and the keyboard's focus with it.
		next.focus();
		changed();
	}

	hour.addEventListener('click', () => void change(() => pause(Date.now() + HOUR), end));
	thread.addEventListener('click', () => void change(() => pauseThread(focal ?? '', true), end));
	end.addEventListener('click', () => {
		const mine = focal;
		void change(
			() => Promise.all([pause(0), ...(mine === undefined ? [] : [pauseThread(mine, false)])]),
			hour,
		);
	});
	chrome.storage.onChanged.addListener(changes => {
		if (changes.pausedUntil !== undefined || changes.pausedThreads !== undefined) void refresh();
	});
	return {
		draw(drawn) {
			page = drawn;
			redraw();
		},
		refresh,
	};
}
