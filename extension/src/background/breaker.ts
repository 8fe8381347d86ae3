/** How long the circuit stays open at first and at most, in milliseconds. */
export const FIRST_PAUSE = 60_000;
export const LONGEST_PAUSE = 600_000;
const FAILURES_TO_OPEN = 5;

/** Plain, so that it can lie in storage.session: the worker may die in the middle of a pause. */
export interface BreakerState {
	/** Failures in a row. */
	failures: number;
	/** Milliseconds since 1970; 0 while the circuit is closed. */
	openUntil: number;
	/** How long the next pause lasts, in milliseconds. */
	nextPause: number;
	/** Whether somebody asked during this pause. If nobody did, there is no reason to look after the server. */
	wanted: boolean;
	/** Milliseconds since 1970: the server had too much to do, and is left alone until then. 0: it had not. */
	busyUntil: number;
}

export const CLOSED: BreakerState = {
	failures: 0,
	openUntil: 0,
	nextPause: FIRST_PAUSE,
	wanted: false,
	busyUntil: 0,
};

/** Milliseconds until a request may be tried; 0 while closed or when a single trial is due. */
export function pauseLeft(state: BreakerState, now: number): number {
	return Math.max(0, state.openUntil - now);
}

/** Whether the pause is over but the server has not yet proved itself: one request at a time. */
export function isTrial(state: BreakerState, now: number): boolean {
	return state.openUntil > 0 && pauseLeft(state, now) === 0;
}

/** One more failure. The fifth in a row, or the first after a pause, opens the circuit. */
export function failed(state: BreakerState, now: number): BreakerState {
	if (pauseLeft(state, now) > 0) return state;
	const failures = state.failures + 1;
	if (failures < FAILURES_TO_OPEN && !isTrial(state, now)) return {...state, failures};
	return opened(state, now, state.nextPause);
}

/** The circuit opened for `pause` milliseconds; the pause after it is twice as long, up to LONGEST_PAUSE. */
export function opened(state: BreakerState, now: number, pause: number): BreakerState {
	const lasts = Math.min(pause, LONGEST_PAUSE);
	return {
		failures: FAILURES_TO_OPEN,
		openUntil: now + lasts,
		nextPause: Math.min(Math.max(state.nextPause, lasts) * 2, LONGEST_PAUSE),
		wanted: false,
		busyUntil: state.busyUntil,
	};
}

/** A pause, if there is one, that came from a server with too much to do. */
export function busy(state: BreakerState): BreakerState {
	return {...state, busyUntil: Math.max(state.busyUntil, state.openUntil)};
}

export function readBreaker(stored: unknown): BreakerState {
	if (typeof stored !== 'object' || stored === null) return CLOSED;
	const found = stored as Partial<Record<keyof BreakerState, unknown>>;
	const {failures, openUntil, nextPause, wanted, busyUntil} = found;
	if (!isCount(failures) || !isCount(openUntil) || !isCount(nextPause)) return CLOSED;
	return {
		failures,
		openUntil,
		nextPause,
		wanted: wanted === true,
		busyUntil: isCount(busyUntil) ? busyUntil : 0,
	};
}

function isCount(value: unknown): value is number {
	return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
