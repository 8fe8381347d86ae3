import {pickLanguage} from '../core/i18n.js';
import {readNotice} from '../core/messages.js';
import {DEFAULT_SETTINGS, loadSettings, parseSettings, type Settings} from '../core/settings.js';
import {type Covers, openCovers} from '../present/covers.js';
import {readViewer} from '../x/extract.js';
import {observe} from '../x/observe.js';
import type {Route} from '../x/route.js';
import {type Conversation, openConversation} from './conversation.js';
import {ask, ContextGone, cancel, isConnected} from './link.js';

/** How long we wait to learn who is signed in, in milliseconds. Signed out, or on a narrow page, X never says. */
const VIEWER_WAIT = 3000;
/** How long X may take to change pages, in milliseconds. Uncovering at once would flash what it is just removing. */
const LEAVING = 300;

/** Runs Panah on one page of X until the page or the extension goes. */
export async function startPage(): Promise<void> {
	removeLeftovers();
	const stop = new AbortController();
	const covers = openCovers();
	const started = Date.now();
	const browserLanguage = chrome.i18n.getUILanguage();
	let settings: Settings = DEFAULT_SETTINGS;
	let conversation: Conversation | undefined;
	let focalId: string | undefined;
	let leftAt = 0;
	let viewer: string | undefined;

	/** Leaves hidden what is hidden, since nobody can judge it anew, and says how to go on. */
	function end(): void {
		covers.askForReload();
		stop.abort();
	}

	function onRoute(route: Route): void {
		// The conversation below an overlay stays as it is.
		if (route.kind === 'overlay') return;
		const next = route.kind === 'conversation' ? route.focalId : undefined;
		if (next === focalId) return;
		conversation?.close();
		focalId = next;
		leftAt = Date.now();
		conversation = next === undefined ? undefined : openConversation(next, parts);
	}

	function onChange(touched?: ReadonlySet<Element>): void {
		if (!isConnected()) {
			end();
			return;
		}
		viewer = readViewer(document) ?? viewer;
		if (conversation === undefined) clearWhenGone(covers, leftAt);
		else if (viewer !== undefined || Date.now() - started > VIEWER_WAIT) conversation.look(touched);
	}

	const parts = {
		ask,
		cancel,
		covers,
		settings: () => settings,
		language: () => pickLanguage(settings.language, browserLanguage),
		viewer: () => viewer,
		onFault(fault: unknown) {
			if (!(fault instanceof ContextGone)) throw fault;
			end();
		},
	};

	function onMessage(message: unknown): void {
		const notice = readNotice(message)?.notice;
		if (notice === 'changed') conversation?.askAnew();
		if (notice === 'back') conversation?.askUnanswered();
	}

	function onStorage(changes: Record<string, chrome.storage.StorageChange>): void {
		if (changes.settings === undefined) return;
		settings = parseSettings(changes.settings.newValue);
		conversation?.look();
	}

	chrome.runtime.onMessage.addListener(onMessage);
	chrome.storage.sync.onChanged.addListener(onStorage);
	addEventListener('pagehide', () => conversation?.rest(), {signal: stop.signal});
	settings = await loadSettings();
	observe({onRoute, onChange, onTheme: covers.wear}, stop.signal);
}

function clearWhenGone(covers: Covers, leftAt: number): void {
	if (Date.now() - leftAt >= LEAVING) covers.clearAll();
	else covers.tend();
}

/** What an earlier version of this script left on the page: Firefox starts the new one in an open page. */
function removeLeftovers(): void {
	for (const element of document.querySelectorAll('panah-line, panah-flag')) element.remove();
	for (const article of document.querySelectorAll<HTMLElement>('[data-panah]')) delete article.dataset.panah;
}
