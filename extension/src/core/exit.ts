/** Where a quick exit leads: a page that says nothing about who opens it. */
export const EXIT_URL = 'https://www.google.com/';
const PRESSES = 3;
/** Milliseconds from the first press to the last. */
const WITHIN = 2000;

/**
 * Calls `leave` when Shift is pressed three times with nothing in between, as GOV.UK's "Exit this page" has it:
 * a key that writes nothing and that every keyboard has on both sides.
 */
export function listenForExit(target: EventTarget, leave: () => void, signal?: AbortSignal): void {
	let presses: number[] = [];
	const options = {capture: true, ...(signal ? {signal} : {})};
	target.addEventListener(
		'keydown',
		event => {
			const {key, repeat} = event as KeyboardEvent;
			if (repeat) return;
			if (key !== 'Shift') {
				presses = [];
				return;
			}
			const now = Date.now();
			presses = [...presses.filter(then => now - then < WITHIN), now];
			if (presses.length < PRESSES) return;
			presses = [];
			leave();
		},
		options,
	);
}
