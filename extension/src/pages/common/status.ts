import type en from '../../../_locales/en/server.json';
import type {Status} from '../../core/messages.js';
import {isLoopback} from '../../core/server-address.js';
import type {Server} from '../../core/settings.js';
import {SITE_ORIGINS} from '../../core/sites.js';
import {find, type Page} from './page.js';
import {ask, wantedFor} from './permission.js';
import {sayTime} from './time.js';

export interface StatusPart {
	draw(page: Page<keyof typeof en>, server: Server): void;
	/** Asks the worker anew. */
	check(): Promise<void>;
}

/**
 * The part of a page that tells whether the server is there, with the ids `status`, `version`, `grant` and `check`.
 * `draw` comes first: it tells page and server.
 */
export function openStatus(): StatusPart {
	let drawn: {page: Page<keyof typeof en>; server: Server} | undefined;
	let status: Status | undefined;
	// Counts the questions, so that a late answer does not replace a newer one.
	let asked = 0;

	function redraw(): void {
		if (drawn === undefined) return;
		const {page, server} = drawn;
		const state = status?.state ?? 'checking';
		const values: Record<string, string> = {server: new URL(server.address).host};
		if (status !== undefined && 'until' in status) values.time = sayTime(page.language, status.until);
		find('status', HTMLElement).textContent = page.say(`status_${state}`, values);
		const version = status?.state === 'ready' ? status.version : undefined;
		const parts = [
			version ? page.say('status_version', {...version}) : '',
			isLoopback(server.address) ? '' : page.say('address_far', values),
		];
		find('version', HTMLElement).textContent = parts.filter(Boolean).join('\n');
		find('grant', HTMLElement).hidden = !['site', 'permission'].includes(state);
		find('check', HTMLElement).hidden = ['checking', 'off', 'ready', 'site', 'permission'].includes(state);
	}

	async function check(): Promise<void> {
		asked += 1;
		const mine = asked;
		status = undefined;
		redraw();
		const answer: Status | undefined = await chrome.runtime
			.sendMessage({kind: 'status'})
			.catch(() => undefined);
		if (mine !== asked) return;
		status = answer ?? {state: 'unreachable'};
		redraw();
	}

	async function grant(): Promise<void> {
		if (drawn === undefined) return;
		await ask(status?.state === 'site' ? {origins: SITE_ORIGINS} : wantedFor(drawn.server.address));
		await check();
	}

	find('grant', HTMLButtonElement).addEventListener('click', () => void grant());
	find('check', HTMLButtonElement).addEventListener('click', () => void check());
	return {
		draw(page, server) {
			drawn = {page, server};
			redraw();
		},
		check,
	};
}
