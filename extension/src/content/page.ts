import {EXIT_URL, listenForExit} from '../core/exit.js';
import {pickLanguage} from '../core/i18n.js';
import {type PageReport, type PageState, readNotice, readPageRequest} from '../core/messages.js';
import {DEFAULT_SETTINGS, loadSettings, parseSettings, type Settings} from '../core/settings.js';
import {openChooser} from '../present/chooser.js';
import {type Covers, openCovers} from '../present/covers.js';
import {hasPosts, isAbout, readViewer} from '../x/extract.js';
import {observe} from '../x/observe.js';
import type {Route} from '../x/route.js';
import {overrideSelectors} from '../x/selectors.js';
import {type Feed, type FeedParts, openFeed} from './feed.js';
import {
	ask,
	askDetails,
	askListed,
	askState,
	ContextGone,
	cancel,
	cancelNow,
	count,
	done,
	isConnected,
	save,
} from './link.js';
import {openListed} from './listed.js';
import {openTap} from './tap.js';

/** How long we wait to learn who is signed in, in milliseconds. Signed out, or on a narrow page, X never says. */
const VIEWER_WAIT = 3000;
/** How long X may take to change pages, in milliseconds. Uncovering at once would flash what it is just removing. */
const LEAVING = 300;
/** Before the worker is asked again for what it did not tell, in milliseconds. */
const STATE_AGAIN = 5000;
/** How often covers are looked after once the extension is gone, in milliseconds. */
const TIDY = 500;
/** How long no post may be readable until we say that X's pages have changed, in milliseconds. */
const BLIND_AFTER = 5000;

/** Runs Panah on one page of X until the page or the extension goes. */
export async function startPage(): Promise<void> {
	removeLeftovers();
	const stop = new AbortController();
	const browserLanguage = chrome.i18n.getUILanguage();
	const covers = openCovers({
		alwaysShow: async id => (await feed?.alwaysShow(id)) ?? false,
		fine: async id => (await feed?.fine(id)) ?? false,
		save: async id => (await feed?.save(id)) ?? {ok: false, problem: 'failed'},
		report: async id => (await feed?.report(id)) ?? false,
		hideAccount: async (id, hidden) => (await feed?.hideAccount(id, hidden)) ?? false,
		details: async id => feed?.details(id),
		// What answers a reply that was shown or hidden follows it.
		changed: () => feed?.look(new Set()),
	});
	const tap = openTap(() => feed?.told(), stop.signal);
	const listed = openListed(
		accounts => unlessGone(askListed(accounts), undefined),
		() => feed?.told(),
	);
	let settings: Settings = DEFAULT_SETTINGS;
	let state: PageState | undefined;
	let feed: Feed | undefined;
	let route: Route = {kind: 'none'};
	/** Where `route` was read from. */
	let address = '';
	/** Names the page that `feed` is about. */
	let pageKey = '';
	let leftAt = 0;
	let viewer: string | undefined;
	/** Since when there are posts, in milliseconds since 1970: who is signed in is told at about the same time. */
	let postsSince = Number.POSITIVE_INFINITY;
	/** Ids of what was hidden since X was loaded. */
	const hidden = new Set<string>();

	/** Leaves hidden what is hidden, since nobody can judge it anew, and says how to go on. */
	function end(): void {
		// Each question on its way may tell of it.
		if (stop.signal.aborted) return;
		feed?.stop();
		covers.askForReload();
		stop.abort();
		// The page lives on, and uses its elements again for other posts.
		setInterval(() => covers.keepOnly(isAbout), TIDY);
	}

	function onFault(fault: unknown): void {
		if (!(fault instanceof ContextGone)) throw fault;
		end();
	}

	async function unlessGone<Answer>(work: Promise<Answer>, otherwise: Answer): Promise<Answer> {
		try {
			return await work;
		} catch (fault) {
			onFault(fault);
			return otherwise;
		}
	}

	function onRoute(next: Route): void {
		// The page below an overlay stays as it is.
		if (next.kind === 'overlay') return;
		route = next;
		address = location.origin + location.pathname;
		const key = keyOf(next);
		if (key === pageKey) return;
		feed?.close();
		pageKey = key;
		leftAt = Date.now();
		feed = openFeedFor(next, parts);
	}

	function onChange(touched?: ReadonlySet<Element>): void {
		if (!isConnected()) {
			end();
			return;
		}
		if (hasPosts(document)) postsSince = Math.min(postsSince, Date.now());
		const seen = readViewer(document);
		const isNew = seen !== undefined && seen !== viewer;
		viewer = seen ?? viewer;
		if (feed === undefined) clearWhenGone(covers, leftAt);
		// What was read without knowing whose posts are the reader's own is read again before anything is sent.
		else if (isNew) feed.look();
		else if (touched === undefined) feed.glance();
		else feed.look(touched);
	}

	const parts: FeedParts = {
		ask,
		cancel,
		covers,
		tap,
		onFault,
		settings: () => settings,
		state: () => state,
		language: () => pickLanguage(settings.language, browserLanguage),
		viewer: () => viewer,
		isViewerKnown: () => viewer !== undefined || Date.now() - postsSince > VIEWER_WAIT,
		address: () => address,
		isLeaving: () => Date.now() - leftAt < LEAVING,
		noteHidden: id => {
			if (hidden.has(id)) return;
			hidden.add(id);
			if (settings.counter) count();
		},
		alwaysShow: account => unlessGone(done({kind: 'always-show', ...account}), false),
		fine: ({text, context}) => unlessGone(done({kind: 'fine', text, context}), false),
		save: post => unlessGone(save({kind: 'save', post}), {ok: false, problem: 'failed'}),
		listed: listed.of,
		details: accountId => unlessGone(askDetails(accountId), undefined),
		report: (post, kind = 'report') => unlessGone(done({kind, post}), false),
		hideAccount: (account, hidden) => unlessGone(done({kind: 'hide-account', ...account, hidden}), false),
	};

	const chooser = openChooser({
		describe: article => feed?.describe(article),
		save: post => parts.save(post),
		report: parts.report,
		language: parts.language,
	});

	/** Asks the worker for what this browser alone knows. Until it has told, nothing is covered. */
	async function refreshState(): Promise<void> {
		try {
			const told = await askState();
			if (told === undefined) {
				setTimeout(() => void refreshState(), STATE_AGAIN);
				return;
			}
			state = told;
			listed.use(told.lists);
			if (told.selectors !== undefined) overrideSelectors(told.selectors);
			feed?.look();
		} catch (fault) {
			onFault(fault);
		}
	}

	function onMessage(
		message: unknown,
		_sender: chrome.runtime.MessageSender,
		respond: (answer: unknown) => void,
	): boolean {
		const notice = readNotice(message)?.notice;
		if (notice === 'changed') feed?.askAnew();
		if (notice === 'back') feed?.askUnanswered();
		if (notice === 'state') void refreshState();
		const request = readPageRequest(message);
		if (request === undefined) return false;
		if (request.kind === 'reveal') covers.reveal(request.id);
		if (request.kind === 'hide-again') covers.hideAgain(request.id);
		if (request.kind === 'choose') chooser.start(request.to);
		if (request.kind === 'exit') leave();
		respond(request.kind === 'followed' ? tap.followed() : report());
		return false;
	}

	function report(): PageReport {
		const {kind} = route;
		const focal = kind === 'conversation' ? {focalId: route.focalId, focalUrl: address} : {};
		return {
			surface: kind === 'feed' ? route.surface : kind === 'conversation' ? kind : 'none',
			...focal,
			pausedHere: feed?.isPausedHere() ?? false,
			unreadable: feed?.isBlind(BLIND_AFTER) ?? false,
			covered: feed?.covered() ?? [],
		};
	}

	function onStorage(changes: Record<string, chrome.storage.StorageChange>): void {
		if (changes.settings === undefined) return;
		settings = parseSettings(changes.settings.newValue);
		useTap();
		feed?.look();
	}

	function useTap(): void {
		if (settings.enabled && settings.tap) tap.enable();
		else tap.disable();
	}

	function leave(): void {
		location.replace(EXIT_URL);
	}

	chrome.runtime.onMessage.addListener(onMessage);
	chrome.storage.sync.onChanged.addListener(onStorage);
	addEventListener(
		'pagehide',
		() => {
			feed?.rest();
			cancelNow();
		},
		{signal: stop.signal},
	);
	settings = await loadSettings();
	useTap();
	listenForExit(document, () => settings.exitKey && leave(), stop.signal);
	stop.signal.addEventListener('abort', chooser.stop);
	observe({onRoute, onChange, onTheme: covers.wear}, stop.signal);
	await refreshState();
}

function keyOf(route: Route): string {
	if (route.kind === 'conversation') return route.focalId;
	return route.kind === 'feed' ? `${route.surface} ${route.key}` : '';
}

function openFeedFor(route: Route, parts: FeedParts): Feed | undefined {
	if (route.kind === 'conversation') return openFeed({focalId: route.focalId}, parts);
	return route.kind === 'feed' ? openFeed({surface: route.surface}, parts) : undefined;
}

function clearWhenGone(covers: Covers, leftAt: number): void {
	if (Date.now() - leftAt >= LEAVING) covers.clearAll();
	else covers.tend();
}

/** What an earlier version of this script left on the page: Firefox starts the new one in an open page. */
function removeLeftovers(): void {
	for (const element of document.querySelectorAll('panah-line, panah-flag, panah-chooser')) element.remove();
	for (const mark of ['data-panah', 'data-panah-choosing'])
		for (const element of document.querySelectorAll(`[${mark}]`)) element.removeAttribute(mark);
}
