import {direction, type Language, type MessageKey, pickLanguage, say} from '../../core/i18n.js';
import type {Status} from '../../core/messages.js';
import {DEFAULT_ADDRESS, isLoopback, parseAddress, permissionFor} from '../../core/server-address.js';
import {
	isToken,
	LANGUAGE_CHOICES,
	loadServer,
	loadSettings,
	moveServer,
	PRESENTATIONS,
	type Server,
	type Settings,
	saveServer,
	saveSettings,
} from '../../core/settings.js';
import {SENSITIVITIES} from '../../core/verdicts.js';
import {SITE_PERMISSION} from '../../x/route.js';

let settings: Settings;
let server: Server;
let language: Language;
let status: Status | undefined;
/** Counts the questions about the server, so that a late answer does not replace a newer one. */
let asked = 0;

const enabled = find('enabled', HTMLInputElement);
const languageChoice = find('language', HTMLSelectElement);
const address = find('address', HTMLInputElement);
const token = find('token', HTMLInputElement);
const context = find('context', HTMLInputElement);

async function start(): Promise<void> {
	[settings, server] = await Promise.all([loadSettings(), loadServer()]);
	addChoices('sensitivity', SENSITIVITIES);
	addChoices('presentation', PRESENTATIONS);
	listen();
	draw();
	fillServer();
	await checkServer();
}

function listen(): void {
	enabled.addEventListener('change', async () => {
		await change({enabled: enabled.checked});
		await checkServer();
	});
	languageChoice.addEventListener('change', () => {
		const choice = LANGUAGE_CHOICES.find(one => one === languageChoice.value);
		if (choice) void change({language: choice});
	});
	context.addEventListener('change', async () => {
		server = {...server, useContext: context.checked};
		await saveServer(server);
	});
	find('server', HTMLFormElement).addEventListener('submit', event => {
		event.preventDefault();
		void submitServer();
	});
	find('grant', HTMLButtonElement).addEventListener('click', () => void grant());
	find('check', HTMLButtonElement).addEventListener('click', () => void checkServer());
}

function addChoices<Name extends 'sensitivity' | 'presentation'>(
	name: Name,
	values: readonly Settings[Name][],
): void {
	const group = find(name, HTMLFieldSetElement);
	for (const value of values) {
		const label = document.createElement('label');
		label.className = 'choice';
		const input = document.createElement('input');
		Object.assign(input, {type: 'radio', name, value});
		input.setAttribute('aria-describedby', `${name}-${value}-help`);
		input.addEventListener('change', () => void change({[name]: value}));
		const help = document.createElement('p');
		help.id = `${name}-${value}-help`;
		help.className = 'help';
		help.dataset.say = `${name}_${value}_help`;
		const text = document.createElement('span');
		text.dataset.say = `${name}_${value}`;
		label.append(input, text, help);
		group.append(label);
	}
}

async function change(part: Partial<Settings>): Promise<void> {
	settings = await saveSettings(part);
	draw();
}

function draw(): void {
	language = pickLanguage(settings.language, chrome.i18n.getUILanguage());
	document.documentElement.lang = language;
	document.documentElement.dir = direction(language);
	document.title = say(language, 'name');
	for (const element of document.querySelectorAll<HTMLElement>('[data-say]')) {
		element.textContent = say(language, element.dataset.say as MessageKey);
	}
	enabled.checked = settings.enabled;
	find('enabled-text', HTMLElement).textContent = say(language, settings.enabled ? 'popup_on' : 'popup_off');
	languageChoice.value = settings.language;
	for (const name of ['sensitivity', 'presentation'] as const) {
		for (const input of document.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)) {
			input.checked = input.value === settings[name];
		}
	}
	drawStatus();
}

function drawStatus(): void {
	const state = status?.state ?? 'checking';
	const values: Record<string, string> = {server: hostOf(server.address)};
	if (status?.state === 'paused') {
		const format = new Intl.DateTimeFormat(language, {timeStyle: 'short'});
		values.time = format.format(status.until);
	}
	find('status', HTMLElement).textContent = say(language, `status_${state}`, values);
	const version = status?.state === 'ready' ? status.version : undefined;
	const parts = [
		version ? say(language, 'status_version', {...version}) : '',
		isLoopback(server.address) ? '' : say(language, 'address_far', values),
	];
	find('version', HTMLElement).textContent = parts.filter(Boolean).join(' ');
	find('grant', HTMLElement).hidden = !['site', 'permission'].includes(state);
	find('check', HTMLElement).hidden = ['checking', 'off', 'ready', 'site', 'permission'].includes(state);
}

function fillServer(): void {
	address.value = server.address;
	address.placeholder = DEFAULT_ADDRESS;
	token.value = server.token;
	context.checked = server.useContext;
}

async function submitServer(): Promise<void> {
	const parsed = parseAddress(address.value === '' ? DEFAULT_ADDRESS : address.value);
	const addressKey: MessageKey | undefined = parsed.ok
		? undefined
		: parsed.problem === 'needs-https'
			? 'address_needs_https'
			: 'address_unreadable';
	note(address, addressKey);
	note(token, isToken(token.value) ? undefined : 'token_unreadable');
	if (!parsed.ok || !isToken(token.value)) {
		(parsed.ok ? token : address).focus();
		return;
	}
	const before = server;
	const moved = moveServer(server, parsed.address);
	// A token that was in the field before the move was given to the old server.
	const typed = token.value === before.token ? moved.token : token.value;
	server = {...moved, token: typed};
	// Asked before anything is awaited: browsers take only a click for a wish, and not what follows later.
	const granted = requestPermission(permissionFor(server.address));
	await saveServer(server);
	fillServer();
	find('address-note', HTMLElement).textContent = say(language, 'saved');
	await granted;
	await dropPermission(before.address);
	await checkServer();
}

async function grant(): Promise<void> {
	await requestPermission(status?.state === 'site' ? SITE_PERMISSION : permissionFor(server.address));
	await checkServer();
}

/** Asks the browser's own question. A browser that does not want to ask has said no. */
async function requestPermission(origin: string): Promise<void> {
	await chrome.permissions.request({origins: [origin]}).catch(() => false);
}

/** Gives back the permission for a server that is not used any more. */
async function dropPermission(old: string): Promise<void> {
	const origin = permissionFor(old);
	const isOptional = origin.startsWith('https:');
	if (isOptional && origin !== permissionFor(server.address)) {
		await chrome.permissions.remove({origins: [origin]});
	}
}

async function checkServer(): Promise<void> {
	asked += 1;
	const mine = asked;
	status = undefined;
	drawStatus();
	const answer: Status | undefined = await chrome.runtime.sendMessage({kind: 'status'});
	if (mine !== asked) return;
	status = answer ?? {state: 'unreachable'};
	drawStatus();
}

function note(field: HTMLInputElement, problem: MessageKey | undefined): void {
	field.setAttribute('aria-invalid', String(problem !== undefined));
	find(`${field.id}-note`, HTMLElement).textContent = problem ? say(language, problem) : '';
}

function hostOf(url: string): string {
	return new URL(url).host;
}

function find<T extends HTMLElement>(id: string, kind: abstract new () => T): T {
	const element = document.getElementById(id);
	if (element instanceof kind) return element;
	throw new Error(`The page holds no ${id}.`);
}

void start();
