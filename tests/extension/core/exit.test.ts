import {EXIT_URL, listenForExit} from '../../../extension/src/core/exit.js';

let leave: ReturnType<typeof vi.fn<() => void>>;
let stop: AbortController;

function press(key: string, more: KeyboardEventInit = {}): void {
	document.dispatchEvent(new KeyboardEvent('keydown', {key, ...more}));
}

beforeEach(() => {
	vi.useFakeTimers();
	leave = vi.fn();
	stop = new AbortController();
	listenForExit(document, leave, stop.signal);
});

afterEach(() => stop.abort());

test('three times Shift leaves, once', () => {
	press('Shift');
	press('Shift');
	expect(leave).not.toHaveBeenCalled();
	press('Shift');
	expect(leave).toHaveBeenCalledTimes(1);
	press('Shift');
	expect(leave).toHaveBeenCalledTimes(1);
});

test('three more times leaves again, should the first have failed', () => {
	for (let times = 0; times < 6; times += 1) press('Shift');
	expect(leave).toHaveBeenCalledTimes(2);
});

test('writing does not: another key in between begins anew', () => {
	for (const key of ['Shift', 'A', 'Shift', 'B', 'Shift', 'C']) press(key);
	press('Shift');
	press('Shift');
	expect(leave).not.toHaveBeenCalled();
});

test('holding the key down does not', () => {
	press('Shift');
	for (let times = 0; times < 50; times += 1) press('Shift', {repeat: true});
	expect(leave).not.toHaveBeenCalled();
});

test('slow presses do not, and the last ones count for the next', () => {
	press('Shift');
	vi.advanceTimersByTime(1500);
	press('Shift');
	vi.advanceTimersByTime(1500);
	press('Shift');
	expect(leave).not.toHaveBeenCalled();
	press('Shift');
	expect(leave).toHaveBeenCalledTimes(1);
});

test('a page that keeps keys to itself does not keep these', () => {
	const field = document.body.appendChild(document.createElement('input'));
	field.addEventListener('keydown', event => event.stopImmediatePropagation());
	for (let times = 0; times < 3; times += 1) {
		field.dispatchEvent(new KeyboardEvent('keydown', {key: 'Shift', bubbles: true, cancelable: true}));
	}
	expect(leave).toHaveBeenCalledTimes(1);
	field.remove();
});

test('nothing is left when it was called off', () => {
	stop.abort();
	for (let times = 0; times < 3; times += 1) press('Shift');
	expect(leave).not.toHaveBeenCalled();
});

test('the way out says nothing about who takes it', () => {
	const {protocol, search, hash} = new URL(EXIT_URL);
	expect([protocol, search, hash]).toEqual(['https:', '', '']);
});
