import {startPage} from '../../../extension/src/content/page.js';
import type {
	PageReport,
	PageRequest,
	PageState,
	Request,
	SavedPost,
	ScoreAnswer,
	ScoreRequest,
	ScoresAnswer,
} from '../../../extension/src/core/messages.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';
import type {TapPost} from '../../../extension/src/tap/read.js';
import {overrideSelectors} from '../../../extension/src/x/selectors.js';
import {cellHtml, element, FOCAL_ID, type PostParts, postHtml, setAddress, showPage} from '../factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {insideOf, spyOnShadowRoots} from '../shadow.js';

export const FOCAL = postHtml({id: FOCAL_ID, handle: 'survivor', focal: true, text: 'I was followed.'});
export const BLAME = 'It was your fault.';
export const HIDE: Verdict = {action: 'hide', reason: 'blame', partial: false, source: 'model'};
export const SHOW: Verdict = {action: 'show', partial: false, source: 'model'};
export const NOTHING: PageState = {people: [], pausedUntil: 0, pausedThreads: []};

/** Tells the page which elements are near the window; a test moves them. */
export class FakeIntersectionObserver {
	static near = new Set<Element>();
	static everything = true;
	static all = new Set<FakeIntersectionObserver>();
	readonly watched = new Set<Element>();

	constructor(readonly callback: (entries: Array<{target: Element; isIntersecting: boolean}>) => void) {
		FakeIntersectionObserver.all.add(this);
	}

	observe(target: Element): void {
		if (this.watched.has(target)) return;
		this.watched.add(target);
		queueMicrotask(() => this.tell(target));
	}

	unobserve(target: Element): void {
		this.watched.delete(target);
	}

	disconnect(): void {
		this.watched.clear();
	}

	tell(target: Element): void {
		const {near, everything} = FakeIntersectionObserver;
		this.callback([{target, isIntersecting: everything || near.has(target)}]);
	}
}

export type Worker = (request: ScoreRequest) => Promise<ScoreAnswer>;

/** The worker's side; a test changes what it answers. */
export interface Edge {
	browser: FakeChrome;
	/** By default it hides what blames. */
	worker: Worker;
	/** What it answers to 'state'; undefined: nothing. */
	state: PageState | undefined;
	save: (post: SavedPost) => unknown;
}

export let edge: Edge;
let channel = '';
let listening: AbortController;

export const verdictOf = (text: string): Verdict => (text.includes('fault') ? HIDE : SHOW);
export const judgeByText: Worker = async ({text}) => ({ok: true, verdict: verdictOf(text)});
export const never: Worker = () => new Promise(() => {});

/** Puts the browser, the worker and the observer of nearness into place. To be run before each test. */
export function setUp(): void {
	vi.useFakeTimers();
	spyOnShadowRoots();
	FakeIntersectionObserver.all.clear();
	FakeIntersectionObserver.near.clear();
	FakeIntersectionObserver.everything = true;
	vi.stubGlobal('IntersectionObserver', FakeIntersectionObserver);
	edge = {
		browser: installChrome(),
		worker: judgeByText,
		state: NOTHING,
		save: () => ({ok: true, already: false}),
	};
	const judged = new Map<string, Promise<ScoreAnswer>>();
	edge.browser.runtime.sendMessage.mockImplementation(async message => {
		const request = message as Request;
		if (request.kind === 'scores') return answerTogether(request.asks, judged);
		if (request.kind === 'state') return edge.state;
		if (request.kind === 'save') return edge.save(request.post);
		return {ok: true};
	});
	channel = '';
	listening = new AbortController();
	const hear = (event: Event) => {
		const said = String((event as CustomEvent).detail);
		if (said !== 'ready') channel = said.startsWith('on:') ? said.slice(3) : '';
	};
	document.addEventListener('panah-tap', hear, {signal: listening.signal});
}

/** As the worker does: as soon as one is answered, with all that are answered by then; `judged` by their names. */
async function answerTogether(
	asks: ScoreRequest[],
	judged: Map<string, Promise<ScoreAnswer>>,
): Promise<ScoresAnswer> {
	const answers: ScoresAnswer['answers'] = asks.map(() => null);
	const settled = asks.map(async (request, index) => {
		if (!judged.has(request.ask)) judged.set(request.ask, edge.worker(request));
		answers[index] = (await judged.get(request.ask)) ?? null;
	});
	await Promise.race(settled);
	return {answers: [...answers]};
}

/** Ends what the test has started, as an update of the extension does. */
export async function tearDown(): Promise<void> {
	edge.browser.runtime.id = undefined;
	await settle(1000);
	listening.abort();
	overrideSelectors({});
	document.body.innerHTML = '';
}

export const settle = (ms = 1000) => vi.advanceTimersByTimeAsync(ms);

export function go(path: string): void {
	setAddress(`https://x.com${path}`);
}

export async function open(
	cells: string[],
	path = `/survivor/status/${FOCAL_ID}`,
	settings: object = {},
	page: {viewer?: string | null} = {},
): Promise<void> {
	edge.browser.storage.sync.held.set('settings', settings);
	go(path);
	showPage(cells, page);
	void startPage();
	await settle();
}

/** All messages of this kind to the worker. */
export function sent<Kind extends Request['kind']>(kind: Kind): Array<Extract<Request, {kind: Kind}>> {
	return edge.browser.runtime.sendMessage.mock.calls
		.map(([message]) => message as Request)
		.filter((message): message is Extract<Request, {kind: Kind}> => message.kind === kind);
}

/** All questions to the worker, each of them once. */
export const asked = () => [
	...new Map(sent('scores').flatMap(({asks}) => asks.map(one => [one.ask, one] as const))).values(),
];
export const texts = () => asked().map(({text}) => text);
export const contexts = () => asked().map(({text, context}) => [text, context]);
export const cancelled = () => sent('cancel').flatMap(({asks}) => asks);

export const reply = (id: number, text = BLAME, more: PostParts = {}) =>
	cellHtml(postHtml({id: String(id), text, ...more}));
export const articleOf = (id: number) =>
	document.querySelector<HTMLElement>(`article:has(a[href$="/status/${id}"])`) as HTMLElement;
export const markOf = (id: number) => articleOf(id)?.dataset.panah;
export const quoteOf = (id: number) =>
	articleOf(id).querySelector<HTMLElement>('div[role="link"][tabindex="0"]') as HTMLElement;
export const lines = () =>
	[...document.querySelectorAll<HTMLElement>('panah-line')].map(line => line.dataset.statusId);
export const lineOf = (id: number | string) =>
	document.querySelector<HTMLElement>(`[data-status-id="${id}"]`) as HTMLElement;
export const wordsIn = (host: Element) => insideOf(host).textContent ?? '';

/** X folds out a text, without anything new to find in the page. */
export function unfold(id: number, text: string): void {
	const article = articleOf(id);
	article.querySelector('[data-testid="tweet-text-show-more-link"]')?.remove();
	(article.querySelector('[data-testid="tweetText"]') as Element).textContent = text;
}

/** X takes a post off the page. */
export function takeAway(id: number | string): void {
	document.querySelector(`[data-testid="cellInnerDiv"]:has(a[href$="/status/${id}"])`)?.remove();
}

/** X says who is signed in. */
export function signIn(handle: string): void {
	const avatar = `<div data-testid="UserAvatar-Container-${handle}"></div>`;
	(document.querySelector('header') as Element).innerHTML =
		`<div data-testid="SideNav_AccountSwitcher_Button">${avatar}</div>`;
}

export function add(...cells: string[]): void {
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cells.join(''));
}

/** X uses the element of one post for another. */
export function reuse(article: Element, parts: PostParts): void {
	article.innerHTML = element(postHtml(parts)).innerHTML;
}

export async function change(settings: object): Promise<void> {
	await edge.browser.storage.sync.set({settings});
	await settle(50);
}

/** The worker has something new to say about what this browser alone knows. */
export async function tellState(state: Partial<PageState>): Promise<void> {
	edge.state = {...NOTHING, ...state};
	notice('state');
	await settle(50);
}

export function notice(kind: 'changed' | 'back' | 'state'): void {
	edge.browser.runtime.onMessage.fire({kind: 'notice', notice: kind}, {}, () => {});
}

/** Asks the page as the popup does. */
export function request(message: PageRequest): PageReport {
	let answer: unknown;
	edge.browser.runtime.onMessage.fire(message, {}, given => {
		answer = given;
	});
	return answer as PageReport;
}

export const isTapOn = () => channel !== '';

/** What X's own answers say. */
export async function tellTap(...posts: TapPost[]): Promise<void> {
	document.dispatchEvent(new CustomEvent(channel, {detail: JSON.stringify(posts)}));
	await settle(100);
}
