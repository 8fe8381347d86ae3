import {inTurn} from './in-turn.js';
import {DEFAULT_ADDRESS, isLoopback, parseAddress} from './server-address.js';
import {ACTS, type Act, SENSITIVITIES, type Sensitivity} from './verdicts.js';

/** 'line': a quiet line in place of a hidden reply. 'flag': nothing is hidden. 'out': not even a line. */
export const PRESENTATIONS = ['line', 'flag', 'out'] as const;
export type Presentation = (typeof PRESENTATIONS)[number];
export const LANGUAGE_CHOICES = ['browser', 'en', 'ur'] as const;
export type LanguageChoice = (typeof LANGUAGE_CHOICES)[number];
/** How one category is judged when it is not judged like the rest. */
export const LEVELS = ['off', ...SENSITIVITIES] as const;
export type Level = (typeof LEVELS)[number];
export type Levels = Partial<Record<Act, Level>>;

/**
 * What a person prefers. In storage.sync, so that it follows them; content scripts read it. Nothing about persons,
 * and not what the reader is to the matter: a browser's account keeps it.
 */
export interface Settings {
	enabled: boolean;
	sensitivity: Sensitivity;
	/** Categories that are judged otherwise. */
	levels: Levels;
	presentation: Presentation;
	language: LanguageChoice;
	/** Holds replies back until they are checked, 1.5 s at most. */
	holdBack: boolean;
	/** Hides what answers a hidden reply, too. */
	foldBeneath: boolean;
	/** Never covers accounts that the reader follows, as far as X's data says so (see `tap`). */
	showFollowed: boolean;
	/** Reads whole texts and who answers whom from what X loads anyway. */
	tap: boolean;
	/** Tells in "Why?" how sure the model was. */
	numbers: boolean;
	/** Counts hidden replies by week, for the popup only. */
	counter: boolean;
	/** Another name and icon on the toolbar and on our pages. */
	discreet: boolean;
	/** Three times Shift leaves X for a page of no interest. On our own pages it always does. */
	exitKey: boolean;
	/** How many of the reader's lists an account has to be on before they count. */
	listsAgree: 1 | 2;
}

/** The settings that are simply on or off. */
export const SWITCHES = [
	'enabled',
	'holdBack',
	'foldBeneath',
	'showFollowed',
	'tap',
	'numbers',
	'counter',
	'discreet',
	'exitKey',
] as const satisfies ReadonlyArray<keyof Settings>;

/** Which server this computer asks. In storage.local: 127.0.0.1 is another machine elsewhere, and it holds a token. */
export interface Server {
	address: string;
	/** Empty: no token is sent. */
	token: string;
	/** Whether the post a reply answers is sent with it. */
	useContext: boolean;
}

export const DEFAULT_SETTINGS: Settings = {
	enabled: true,
	sensitivity: 'balanced',
	levels: {},
	presentation: 'line',
	language: 'browser',
	holdBack: false,
	foldBeneath: false,
	showFollowed: true,
	tap: true,
	numbers: false,
	counter: false,
	discreet: false,
	exitKey: false,
	listsAgree: 1,
};

export const DEFAULT_SERVER: Server = {address: DEFAULT_ADDRESS, token: '', useContext: true};

/** Settings out of whatever is stored: each part that is missing or unknown falls back to its default. */
export function parseSettings(stored: unknown): Settings {
	const found = record(stored);
	const {sensitivity, presentation, language} = found;
	return {
		...SWITCHES.reduce((switches, name) => {
			const value = found[name];
			if (typeof value === 'boolean') switches[name] = value;
			return switches;
		}, structuredClone(DEFAULT_SETTINGS)),
		sensitivity: oneOf(SENSITIVITIES, sensitivity) ?? DEFAULT_SETTINGS.sensitivity,
		levels: parseLevels(found.levels),
		presentation: oneOf(PRESENTATIONS, presentation) ?? DEFAULT_SETTINGS.presentation,
		language: oneOf(LANGUAGE_CHOICES, language) ?? DEFAULT_SETTINGS.language,
		listsAgree: found.listsAgree === 2 ? 2 : 1,
	};
}

function parseLevels(stored: unknown): Levels {
	const found = record(stored);
	const levels: Levels = {};
	for (const act of ACTS) {
		const level = oneOf(LEVELS, found[act]);
		if (level !== undefined) levels[act] = level;
	}
	return levels;
}

/** The server out of whatever is stored. An unreadable address takes its token and its consent with it. */
export function parseServer(stored: unknown): Server {
	const {address, token, useContext} = record(stored);
	const parsed = typeof address === 'string' ? parseAddress(address) : undefined;
	if (!parsed?.ok) return DEFAULT_SERVER;
	return {
		address: parsed.address,
		token: typeof token === 'string' && isToken(token) ? token : '',
		// A distant server gets the post only after somebody said so.
		useContext: typeof useContext === 'boolean' ? useContext : isLoopback(parsed.address),
	};
}

/**
 * The same server at another address. Consent to send the post, and the token, were given to the old one: a
 * distant server starts without the first, and every other server without the second. This computer needs no consent:
 * what was never asked of a distant server is no refusal here.
 */
export function moveServer(server: Server, address: string): Server {
	if (address === server.address) return server;
	const isWanted = server.useContext || !isLoopback(server.address);
	return {address, token: '', useContext: isLoopback(address) && isWanted};
}

/** Whether a token can stand in an HTTP header. */
export function isToken(token: string): boolean {
	return /^[\x21-\x7e]{0,512}$/.test(token);
}

export async function loadSettings(): Promise<Settings> {
	return parseSettings((await chrome.storage.sync.get('settings')).settings);
}

export async function loadServer(): Promise<Server> {
	return parseServer((await chrome.storage.local.get('server')).server);
}

/** Stores a change and returns the whole. Rejects when the browser has no room left; then nothing has changed. */
export function saveSettings(change: Partial<Settings>): Promise<Settings> {
	return inTurn('settings', async () => {
		const settings = {...(await loadSettings()), ...change};
		await chrome.storage.sync.set({settings});
		return settings;
	});
}

export async function saveServer(server: Server): Promise<void> {
	await chrome.storage.local.set({server});
}

function record(value: unknown): Record<string, unknown> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
	return known.find(one => one === value);
}
