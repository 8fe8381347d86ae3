import {DEFAULT_ADDRESS, isLoopback, parseAddress} from '../../core/server-address.js';
import {isToken, loadServer, moveServer, parseServer, type Server, saveServer} from '../../core/settings.js';
import {keep} from '../common/keep.js';
import {find} from '../common/page.js';
import {ask, giveBack, wantedFor} from '../common/permission.js';
import {openStatus} from '../common/status.js';
import type {Key, OptionsPage} from './texts.js';

export interface ServerForm {
	load(): Promise<void>;
	draw(page: OptionsPage): void;
	/** Asks anew whether the server is there. */
	check(): Promise<void>;
	/** Puts another address into the field. It counts once somebody saves it. */
	suggest(address: string): void;
	address(): string;
}

/** The part of the page that says which server is asked, and with what. `load` comes first. */
export function openServerForm(): ServerForm {
	let page: OptionsPage | undefined;
	let server: Server;
	const status = openStatus();
	const address = find('address', HTMLInputElement);
	const token = find('token', HTMLInputElement);
	const context = find('context', HTMLInputElement);

	function fill(): void {
		address.value = server.address;
		address.placeholder = DEFAULT_ADDRESS;
		token.value = server.token;
		context.checked = server.useContext;
	}

	async function load(): Promise<void> {
		server = await loadServer();
		fill();
		if (page) status.draw(page, server);
	}

	function note(field: HTMLInputElement, problem: Key | undefined): void {
		field.setAttribute('aria-invalid', String(problem !== undefined));
		find(`${field.id}-note`, HTMLElement).textContent = problem && page ? page.say(problem) : '';
	}

	async function submit(): Promise<void> {
		if (page === undefined) return;
		const parsed = parseAddress(address.value === '' ? DEFAULT_ADDRESS : address.value);
		note(address, parsed.ok ? undefined : PROBLEMS[parsed.problem]);
		note(token, isToken(token.value) ? undefined : 'token_unreadable');
		if (!parsed.ok || !isToken(token.value)) {
			(parsed.ok ? token : address).focus();
			return;
		}
		const before = server;
		const moved = moveServer(before, parsed.address);
		// A token that was in the field before the move was given to the old server.
		const typed = token.value === before.token ? moved.token : token.value;
		const next = {...moved, token: typed};
		const granted = ask(wantedFor(next.address));
		const saved = await keep(page, find('address-note', HTMLElement), () => saveServer(next));
		if (!saved) {
			await granted;
			await giveBack(next.address, before.address);
			return;
		}
		server = next;
		fill();
		status.draw(page, server);
		const isAllowed = (await granted) || isLoopback(server.address);
		find('address-note', HTMLElement).textContent = page.say(isAllowed ? 'saved' : 'address_refused');
		await giveBack(before.address, server.address);
		await status.check();
	}

	async function changeContext(): Promise<void> {
		if (page === undefined) return;
		const next = {...server, useContext: context.checked};
		if (await keep(page, find('context-note', HTMLElement), () => saveServer(next))) server = next;
		else context.checked = server.useContext;
	}

	find('server', HTMLFormElement).addEventListener('submit', event => {
		event.preventDefault();
		void submit();
	});
	context.addEventListener('change', () => void changeContext());
	chrome.storage.onChanged.addListener((changes, area) => {
		if (area !== 'local' || changes.server === undefined) return;
		const isTyped = address.value !== server.address || token.value !== server.token;
		server = parseServer(changes.server.newValue);
		// Nobody loses what they are typing.
		if (!isTyped) fill();
		if (page) status.draw(page, server);
	});
	return {
		load,
		draw(drawn) {
			page = drawn;
			status.draw(page, server);
		},
		check: status.check,
		suggest(typed) {
			address.value = typed;
		},
		address: () => server.address,
	};
}

const PROBLEMS = {'needs-https': 'address_needs_https', unreadable: 'address_unreadable'} as const;
