import {startPage} from '../../../extension/src/content/page.js';
import type {ScoreAnswer, ScoreRequest} from '../../../extension/src/core/messages.js';
import {cellHtml, FOCAL_ID, HEADING, type PostParts, postHtml, setAddress, showPage} from '../factories.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';
import {insideOf, pressIn, spyOnShadowRoots} from '../shadow.js';

const FOCAL = postHtml({id: FOCAL_ID, handle: 'survivor', focal: true, text: 'I was followed.'});
const BLAME = 'It was your fault.';

/** Tells the page which elements are near the window; a test moves them. */
class FakeIntersectionObserver {
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

let browser: FakeChrome;
/** What the worker answers; by default it hides what blames. */
let worker: (request: ScoreRequest) => Promise<ScoreAnswer>;

const judgeByText = async ({text}: ScoreRequest): Promise<ScoreAnswer> => ({
	ok: true,
	verdict: text.includes('fault')
		? {action: 'hide', reason: 'blame', partial: false}
		: {action: 'show', partial: false},
});

function asked(): ScoreRequest[] {
	return browser.runtime.sendMessage.mock.calls
		.map(([message]) => message as ScoreRequest)
		.filter(({kind}) => kind === 'score');
}

function cancelled(): string[] {
	return browser.runtime.sendMessage.mock.calls
		.map(([message]) => message as {kind: string; asks: string[]})
		.flatMap(({kind, asks}) => (kind === 'cancel' ? asks : []));
}

const reply = (id: number, text = BLAME, more: PostParts = {}) =>
	cellHtml(postHtml({id: String(id), text, ...more}));
const articleOf = (id: number) =>
	document.querySelector<HTMLElement>(`article:has(a[href$="/status/${id}"])`);
const markOf = (id: number) => articleOf(id)?.dataset.panah;
const lines = () =>
	[...document.querySelectorAll<HTMLElement>('panah-line')].map(line => line.dataset.statusId);
const settle = (ms = 1000) => vi.advanceTimersByTimeAsync(ms);

function go(path: string): void {
	setAddress(`https://x.com${path}`);
}

async function open(cells: string[], path = `/survivor/status/${FOCAL_ID}`): Promise<void> {
	go(path);
	showPage(cells);
	void startPage();
	await settle();
}

beforeEach(() => {
	vi.useFakeTimers();
	browser = installChrome();
	spyOnShadowRoots();
	FakeIntersectionObserver.all.clear();
	FakeIntersectionObserver.near.clear();
	FakeIntersectionObserver.everything = true;
	vi.stubGlobal('IntersectionObserver', FakeIntersectionObserver);
	worker = judgeByText;
	browser.runtime.sendMessage.mockImplementation(async message => {
		const request = message as ScoreRequest;
		return request.kind === 'score' ? worker(request) : undefined;
	});
});

afterEach(async () => {
	// Ends what the test has started, as an update of the extension does.
	browser.runtime.id = undefined;
	await settle(1000);
	document.body.innerHTML = '';
});

test('replies that blame are hidden, others are not, and the post they answer goes along', async () => {
	await open([cellHtml(FOCAL), reply(2), reply(3, 'I believe you.')]);
	expect([markOf(2), markOf(3)]).toEqual(['hidden', undefined]);
	expect(asked().map(({text, context}) => [text, context])).toEqual([
		[BLAME, 'I was followed.'],
		['I believe you.', 'I was followed.'],
	]);
});

test('a question holds nothing of the page: no id, no handle, no address', async () => {
	await open([cellHtml(FOCAL), reply(2)]);
	for (const request of asked()) {
		expect(Object.keys(request).sort()).toEqual(['ask', 'context', 'kind', 'text']);
		expect(JSON.stringify(request)).not.toMatch(/survivor|somebody|status|x\.com|1800000/);
	}
});

test('never judged: focal, above, own, promoted, protected, beyond the replies, outside the list', async () => {
	await open([
		reply(1),
		cellHtml(postHtml({id: FOCAL_ID, focal: true, text: BLAME})),
		reply(2, BLAME, {handle: 'viewer'}),
		cellHtml(postHtml({promoted: true, text: BLAME})),
		reply(3, BLAME, {locked: true}),
		cellHtml(HEADING),
		reply(8),
	]);
	document.body.insertAdjacentHTML(
		'beforeend',
		`<div role="dialog">${postHtml({id: '9', text: BLAME})}</div>`,
	);
	await settle();
	expect(asked()).toEqual([]);
	expect(document.querySelector('[data-panah]')).toBeNull();
});

test('elsewhere than in a conversation nothing is judged', async () => {
	await open([cellHtml(FOCAL), reply(2)], '/home');
	await open([cellHtml(FOCAL), reply(2)], '/messages/1-2');
	expect(asked()).toEqual([]);
});

describe('no verdict, no cover', () => {
	test.each([
		['off', {ok: false, refusal: 'off', retryIn: 60_000}],
		['failed', {ok: false, refusal: 'failed', retryIn: 30_000}],
		['paused', {ok: false, refusal: 'paused', retryIn: 60_000}],
	] as const)('a worker that answers "%s" hides nothing', async (_, answer) => {
		worker = async () => answer;
		await open([cellHtml(FOCAL), reply(2)]);
		expect(lines()).toEqual([]);
		expect(markOf(2)).toBeUndefined();
	});

	test('a worker that never answers hides nothing', async () => {
		worker = () => new Promise(() => {});
		await open([cellHtml(FOCAL), reply(2)]);
		await settle(60_000);
		expect(lines()).toEqual([]);
	});

	test('it is asked again when it said, and not before', async () => {
		worker = async () => ({ok: false, refusal: 'failed', retryIn: 30_000});
		await open([cellHtml(FOCAL), reply(2)]);
		await settle(27_000);
		expect(asked()).toHaveLength(1);
		worker = judgeByText;
		await settle(4000);
		expect(asked()).toHaveLength(2);
		expect(markOf(2)).toBe('hidden');
	});

	test('it is asked again at once when the server is back', async () => {
		worker = async () => ({ok: false, refusal: 'paused', retryIn: 600_000});
		await open([cellHtml(FOCAL), reply(2)]);
		worker = judgeByText;
		browser.runtime.onMessage.fire({kind: 'notice', notice: 'back'}, {}, () => {});
		await settle(50);
		expect(markOf(2)).toBe('hidden');
	});
});

describe('elements that X uses again', () => {
	test('an answer that comes late covers no other reply', async () => {
		let answer: (answer: ScoreAnswer) => void = () => {};
		worker = ({text}) =>
			text === BLAME ? new Promise(resolve => (answer = resolve)) : judgeByText({text} as ScoreRequest);
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2) as HTMLElement;
		article.innerHTML = (
			document.createRange().createContextualFragment(postHtml({id: '3', text: 'I believe you.'}))
				.firstElementChild as Element
		).innerHTML;
		answer({ok: true, verdict: {action: 'hide', reason: 'blame', partial: false}});
		await settle();
		expect(article.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('a line goes before the next frame when another reply takes its place', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2) as HTMLElement;
		expect(lines()).toEqual(['2']);
		article.innerHTML = (
			document.createRange().createContextualFragment(postHtml({id: '3', text: 'I believe you.'}))
				.firstElementChild as Element
		).innerHTML;
		await settle(0);
		expect(lines()).toEqual([]);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('even one that X changed without adding a node', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2) as HTMLElement;
		article.querySelector('a:has(time)')?.setAttribute('href', '/somebody/status/3');
		(article.querySelector('[data-testid="tweetText"]')?.firstChild as Text).data = 'I believe you.';
		await settle(600);
		expect(lines()).toEqual([]);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('a reply that comes back is covered at once, without asking', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const list = document.querySelector('#list') as Element;
		list.lastElementChild?.remove();
		await settle();
		list.insertAdjacentHTML('beforeend', reply(2));
		await settle(0);
		expect(markOf(2)).toBe('hidden');
		expect(lines()).toEqual(['2']);
		expect(asked()).toHaveLength(1);
	});

	test('what X folds out is judged anew, and the old verdict holds until then', async () => {
		await open([cellHtml(FOCAL), reply(2, 'A long reply', {showMore: true})]);
		const article = articleOf(2) as HTMLElement;
		(article.querySelector('[data-testid="tweetText"]') as Element).innerHTML = 'A long reply. Your fault.';
		article.querySelector('[data-testid="tweet-text-show-more-link"]')?.remove();
		await settle();
		expect(asked().map(({text}) => text)).toEqual(['A long reply', 'A long reply. Your fault.']);
		expect(markOf(2)).toBe('hidden');
	});
});

test('a beginning that is still being judged is cancelled when X folds out the whole', async () => {
	worker = () => new Promise(() => {});
	await open([cellHtml(FOCAL), reply(2, 'A long reply', {showMore: true})]);
	(articleOf(2)?.querySelector('[data-testid="tweetText"]') as Element).innerHTML =
		'A long reply. Your fault.';
	await settle();
	expect(asked()).toHaveLength(2);
	expect(cancelled()).toEqual([asked()[0]?.ask]);
});

test('a hidden reply whose parts X takes away for a moment stays hidden', async () => {
	await open([cellHtml(FOCAL), reply(2)]);
	for (const part of articleOf(2)?.querySelectorAll('[data-testid="tweetText"], [role=group]') ?? [])
		part.remove();
	await settle();
	expect(markOf(2)).toBe('hidden');
	expect(lines()).toEqual(['2']);
});

describe('what is asked', () => {
	test('is near the window only', async () => {
		FakeIntersectionObserver.everything = false;
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Another fault.')]);
		expect(asked()).toEqual([]);
		// The place, not the post: a hidden post is nowhere for the browser.
		const place = articleOf(3)?.parentElement as HTMLElement;
		FakeIntersectionObserver.near.add(place);
		for (const observer of FakeIntersectionObserver.all) observer.tell(place);
		await settle(0);
		expect(asked().map(({text}) => text)).toEqual(['Another fault.']);
	});

	test('is at most 64 replies at once, the nearest first', async () => {
		worker = () => new Promise(() => {});
		const cells = Array.from({length: 80}, (_, index) => reply(100 + index, `fault ${index}`));
		const rect = vi.spyOn(Element.prototype, 'getBoundingClientRect');
		rect.mockImplementation(function (this: Element) {
			const index = Number(/fault (\d+)/.exec(this.textContent ?? '')?.[1] ?? 0);
			// The window's middle is where reply 50 stands.
			const top = innerHeight / 2 + (index - 50) * 100;
			return {top, bottom: top, height: 0} as DOMRect;
		});
		FakeIntersectionObserver.everything = false;
		await open([cellHtml(FOCAL), ...cells]);
		FakeIntersectionObserver.everything = true;
		const [observer] = FakeIntersectionObserver.all;
		observer?.callback([...(observer.watched ?? [])].map(target => ({target, isIntersecting: true})));
		expect(asked()).toHaveLength(64);
		expect(
			asked()
				.slice(0, 3)
				.map(({text}) => text)
				.sort(),
		).toEqual(['fault 49', 'fault 50', 'fault 51']);
	});

	test('waits until X says who reads, for some seconds', async () => {
		go(`/survivor/status/${FOCAL_ID}`);
		showPage([cellHtml(FOCAL), reply(2)], {viewer: null});
		void startPage();
		await settle(2500);
		expect(asked()).toEqual([]);
		await settle(1500);
		expect(asked()).toHaveLength(1);
	});

	test('is cancelled when the reply leaves the page before it was answered', async () => {
		worker = () => new Promise(() => {});
		await open([cellHtml(FOCAL), reply(2)]);
		articleOf(2)?.closest('[data-testid="cellInnerDiv"]')?.remove();
		await settle();
		expect(cancelled()).toEqual(asked().map(({ask}) => ask));
	});

	test('is cancelled when the page is left, and asked again when it is come back to', async () => {
		worker = () => new Promise(() => {});
		await open([cellHtml(FOCAL), reply(2)]);
		dispatchEvent(new Event('pagehide'));
		expect(cancelled()).toEqual(asked().map(({ask}) => ask));
		worker = judgeByText;
		await settle();
		expect(markOf(2)).toBe('hidden');
	});

	test('has names that never repeat', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Another fault.')]);
		expect(new Set(asked().map(({ask}) => ask)).size).toBe(2);
	});
});

describe('going from page to page', () => {
	test('a reply that becomes the focal post is shown, and nothing above it stays hidden', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Another fault.'), reply(4, 'A third fault.')]);
		expect(lines()).toEqual(['2', '3', '4']);
		go('/somebody/status/3');
		await settle(600);
		expect(lines()).toEqual(['4']);
		expect([markOf(2), markOf(3)]).toEqual([undefined, undefined]);
	});

	test('what was on its way is cancelled, and its answer counts for nothing', async () => {
		const answers: Array<(answer: ScoreAnswer) => void> = [];
		worker = () => new Promise(resolve => answers.push(resolve));
		await open([cellHtml(FOCAL), reply(2)]);
		go('/home');
		await settle(600);
		expect(cancelled()).toHaveLength(1);
		answers[0]?.({ok: true, verdict: {action: 'hide', reason: 'blame', partial: false}});
		await settle();
		expect(lines()).toEqual([]);
	});

	test('while the next conversation is still coming, what is hidden stays hidden', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/somebody/status/77');
		await settle();
		expect(lines()).toEqual(['2']);
	});

	test('what X is about to remove does not flash', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/home');
		dispatchEvent(new PopStateEvent('popstate'));
		await settle(0);
		expect(lines()).toEqual(['2']);
	});

	test('home shows everything', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/home');
		await settle(1200);
		expect(lines()).toEqual([]);
		expect(document.querySelector('[data-panah]')).toBeNull();
	});

	test('a reply being written over the conversation changes nothing behind it', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/compose/post');
		await settle(1200);
		expect(lines()).toEqual(['2']);
		go(`/survivor/status/${FOCAL_ID}`);
		await settle(1200);
		expect(lines()).toEqual(['2']);
		expect(asked()).toHaveLength(1);
	});

	test('what was shown once is hidden again on return', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		pressIn(document.querySelector('panah-line') as Element, 'Show once');
		expect(markOf(2)).toBeUndefined();
		go('/home');
		await settle(1200);
		go(`/survivor/status/${FOCAL_ID}`);
		await settle(1200);
		expect(markOf(2)).toBe('hidden');
	});
});

describe('settings that change while the page is open', () => {
	const save = async (settings: object) => {
		await browser.storage.sync.set({settings});
		await settle(50);
	};

	test('off shows everything at once and asks nothing more, on hides it again without asking', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await save({enabled: false});
		expect(lines()).toEqual([]);
		document.querySelector('#list')?.insertAdjacentHTML('beforeend', reply(3, 'Another fault.'));
		await settle();
		expect(asked()).toHaveLength(1);
		await save({enabled: true});
		expect(markOf(2)).toBe('hidden');
	});

	test('flag only turns lines into labels, and back', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await save({presentation: 'flag'});
		expect(lines()).toEqual([]);
		expect(markOf(2)).toBe('flagged');
		expect(document.querySelectorAll('panah-flag')).toHaveLength(1);
		await save({presentation: 'hide'});
		expect(lines()).toEqual(['2']);
		expect(document.querySelector('panah-flag')).toBeNull();
	});

	test('another language is spoken', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await save({language: 'ur'});
		expect(insideOf(document.querySelector('panah-line') as Element).textContent).toContain(
			'جواب چھپا دیا گیا',
		);
	});

	test('after another sensitivity the old verdict holds until the new one comes', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		let answer: (answer: ScoreAnswer) => void = () => {};
		worker = () => new Promise(resolve => (answer = resolve));
		browser.runtime.onMessage.fire({kind: 'notice', notice: 'changed'}, {}, () => {});
		await settle();
		expect(asked()).toHaveLength(2);
		expect(markOf(2)).toBe('hidden');
		answer({ok: true, verdict: {action: 'show', partial: false}});
		await settle(50);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});
});

test('an answer under settings that hold no more counts for nothing', async () => {
	const answers: Array<(answer: ScoreAnswer) => void> = [];
	worker = () => new Promise(resolve => answers.push(resolve));
	await open([cellHtml(FOCAL), reply(2)]);
	browser.runtime.onMessage.fire({kind: 'notice', notice: 'changed'}, {}, () => {});
	await settle(50);
	expect(cancelled()).toEqual([asked()[0]?.ask]);
	answers[0]?.({ok: true, verdict: {action: 'hide', reason: 'blame', partial: false}});
	await settle();
	expect(lines()).toEqual([]);
	answers[1]?.({ok: true, verdict: {action: 'show', partial: false}});
	await settle();
	expect(lines()).toEqual([]);
	expect(asked()).toHaveLength(2);
});

test('an extension that is gone leaves hidden what is hidden, says so, and rests', async () => {
	await open([cellHtml(FOCAL), reply(2)]);
	browser.runtime.id = undefined;
	await settle(600);
	expect(markOf(2)).toBe('hidden');
	const note = insideOf(document.querySelector('panah-line') as Element).querySelector<HTMLElement>(
		'.reload',
	);
	expect(note?.hidden).toBe(false);
	const before = asked().length;
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', reply(3, 'Another fault.'));
	await settle(5000);
	expect(asked()).toHaveLength(before);
	pressIn(document.querySelector('panah-line') as Element, 'Show once');
	expect(markOf(2)).toBeUndefined();
});

test('what an earlier version left on the page is taken away first', async () => {
	worker = () => new Promise(() => {});
	const left = postHtml({id: '2', text: BLAME}).replace('<article', '<article data-panah="hidden"');
	await open([cellHtml(FOCAL), cellHtml(`<panah-line data-status-id="2"></panah-line>${left}`)]);
	expect(lines()).toEqual([]);
	expect(markOf(2)).toBeUndefined();
});
