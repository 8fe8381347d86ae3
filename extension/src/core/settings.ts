import {DEFAULT_ADDRESS, isLoopback, parseAddress} from './server-address.js';
import {SENSITIVITIES, type Sensitivity} from './verdicts.js';

export const PRESENTATIONS = ['hide', 'flag'] as const;
export type Presentation = (typeof PRESENTATIONS)[number];
export const LANGUAGE_CHOICES = ['browser', 'en', 'ur'] as const;
export type LanguageChoice = (typeof LANGUAGE_CHOICES)[number];

/** What a person prefers. In storage.sync, so that it follows them; content scripts read it. */
export interface Settings {
	enabled: boolean;
	sensitivity: Sensitivity;
	presentation: Presentation;
	language: LanguageChoice;
}

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
	presentation: 'hide',
	language: 'browser',
};

export const DEFAULT_SERVER: Server = {address: DEFAULT_ADDRESS, token: '', useContext: true};

/** Settings out of whatever is stored: each part that is missing or unknown falls back to its default. */
export function parseSettings(stored: unknown): Settings {
	const {enabled, sensitivity, presentation, language} = record(stored);
	return {
		enabled: typeof enabled === 'boolean' ? enabled : DEFAULT_SETTINGS.enabled,
		sensitivity: oneOf(SENSITIVITIES, sensitivity) ?? DEFAULT_SETTINGS.sensitivity,
		presentation: oneOf(PRESENTATIONS, presentation) ?? DEFAULT_SETTINGS.presentation,
		language: oneOf(LANGUAGE_CHOICES, language) ?? DEFAULT_SETTINGS.language,
	};
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
 * distant server starts without the first, and every other server without the second.
 */
export function moveServer(server: Server, address: string): Server {
	if (address === server.address) return server;
	return {address, token: '', useContext: server.useContext && isLoopback(address)};
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

export async function saveSettings(change: Partial<Settings>): Promise<Settings> {
	const settings = {...(await loadSettings()), ...change};
	await chrome.storage.sync.set({settings});
	return settings;
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
