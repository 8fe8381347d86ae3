import {
	type BreakerState,
	busy,
	CLOSED,
	FIRST_PAUSE,
	failed,
	isTrial,
	LONGEST_PAUSE,
	opened,
	pauseLeft,
	readBreaker,
} from '../../../extension/src/background/breaker.js';

const NOW = 1_000_000;

function failTimes(times: number, state: BreakerState = CLOSED): BreakerState {
	return Array.from({length: times}).reduce<BreakerState>(held => failed(held, NOW), state);
}

test('four failures in a row change nothing, the fifth opens for a minute', () => {
	expect(pauseLeft(failTimes(4), NOW)).toBe(0);
	expect(isTrial(failTimes(4), NOW)).toBe(false);
	expect(pauseLeft(failTimes(5), NOW)).toBe(FIRST_PAUSE);
});

test('failures of requests that were already on their way do not lengthen the pause', () => {
	expect(failTimes(7)).toEqual(failTimes(5));
});

test('after the pause a single trial is due, and its failure doubles the pause, up to ten minutes', () => {
	let state = failTimes(5);
	let now = NOW;
	const pauses = [pauseLeft(state, now)];
	for (let round = 0; round < 6; round += 1) {
		now = state.openUntil;
		expect(isTrial(state, now)).toBe(true);
		state = failed(state, now);
		pauses.push(pauseLeft(state, now));
	}
	expect(pauses).toEqual([60_000, 120_000, 240_000, 480_000, 600_000, 600_000, 600_000]);
});

test('a pause the server asked for lasts as long as it said, but not for hours', () => {
	expect(pauseLeft(opened(CLOSED, NOW, 45_000), NOW)).toBe(45_000);
	expect(pauseLeft(opened(CLOSED, NOW, 24 * 3_600_000), NOW)).toBe(LONGEST_PAUSE);
});

test('a pause that came from too much to do stays one when another failure follows', () => {
	const state = busy(opened(CLOSED, NOW, 45_000));
	expect(state.busyUntil).toBe(NOW + 45_000);
	expect(opened(failed(state, NOW), NOW, 90_000).busyUntil).toBe(NOW + 45_000);
	expect(busy(failTimes(1)).busyUntil).toBe(0);
});

test('what an earlier version stored is read, too', () => {
	const {busyUntil: _, ...older} = failTimes(5);
	expect(readBreaker(older)).toEqual(failTimes(5));
});

test('what lies in storage is read again, and nonsense closes the circuit', () => {
	const state = {...failTimes(5), wanted: true, busyUntil: NOW};
	expect(readBreaker(structuredClone(state))).toEqual(state);
	for (const stored of [
		undefined,
		null,
		'open',
		{},
		{...state, openUntil: 'late'},
		{...state, nextPause: Number.NaN},
	]) {
		expect(readBreaker(stored)).toEqual(CLOSED);
	}
});
