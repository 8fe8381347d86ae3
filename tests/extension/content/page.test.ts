import {startPage} from '../../../extension/src/content/page.js';
import type {ScoreAnswer, ScoreRequest} from '../../../extension/src/core/messages.js';
import {SELECTORS} from '../../../extension/src/x/selectors.js';
import {cellHtml, FOCAL_ID, HEADING, postHtml, showPage} from '../factories.js';
import {insideOf, pressIn} from '../shadow.js';
import {
	add,
	articleOf,
	asked,
	BLAME,
	cancelled,
	change,
	edge,
	FakeIntersectionObserver,
	FOCAL,
	go,
	HIDE,
	isTapOn,
	judgeByText,
	lineOf,
	lines,
	markOf,
	never,
	notice,
	open,
	quoteOf,
	reply,
	request,
	reuse,
	SHOW,
	sent,
	settle,
	setUp,
	signIn,
	takeAway,
	tearDown,
	tellState,
	texts,
	wordsIn,
} from './x-page.js';

beforeEach(setUp);
afterEach(tearDown);

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

test.each(['/messages/1-2', '/i/bookmarks', '/settings/account', `/survivor/status/${FOCAL_ID}/history`])(
	'on %s nothing is judged',
	async path => {
		await open([cellHtml(FOCAL), reply(2)], path);
		expect(asked()).toEqual([]);
		expect(request({kind: 'page'}).surface).toBe('none');
	},
);

describe('no verdict, no cover', () => {
	test.each([
		['off', {ok: false, refusal: 'off', retryIn: 60_000}],
		['failed', {ok: false, refusal: 'failed', retryIn: 30_000}],
		['paused', {ok: false, refusal: 'paused', retryIn: 60_000}],
	] as const)('a worker that answers "%s" hides nothing', async (_, answer) => {
		edge.worker = async () => answer;
		await open([cellHtml(FOCAL), reply(2)]);
		expect(lines()).toEqual([]);
		expect(markOf(2)).toBeUndefined();
	});

	test('a worker that never answers hides nothing', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL), reply(2)]);
		await settle(60_000);
		expect(lines()).toEqual([]);
	});

	test('it is asked again when it said, and not before', async () => {
		edge.worker = async () => ({ok: false, refusal: 'failed', retryIn: 30_000});
		await open([cellHtml(FOCAL), reply(2)]);
		await settle(27_000);
		expect(asked()).toHaveLength(1);
		edge.worker = judgeByText;
		await settle(4000);
		expect(asked()).toHaveLength(2);
		expect(markOf(2)).toBe('hidden');
	});

	test('it is asked again at once when the server is back', async () => {
		edge.worker = async () => ({ok: false, refusal: 'paused', retryIn: 600_000});
		await open([cellHtml(FOCAL), reply(2)]);
		edge.worker = judgeByText;
		notice('back');
		await settle(50);
		expect(markOf(2)).toBe('hidden');
	});
});

describe('elements that X uses again', () => {
	test('an answer that comes late covers no other reply', async () => {
		let answer: (answer: ScoreAnswer) => void = () => {};
		edge.worker = ({text}) =>
			text === BLAME ? new Promise(resolve => (answer = resolve)) : judgeByText({text} as ScoreRequest);
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2);
		reuse(article, {id: '3', text: 'I believe you.'});
		answer({ok: true, verdict: HIDE});
		await settle();
		expect(article.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('a line goes before the next frame when another reply takes its place', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2);
		expect(lines()).toEqual(['2']);
		reuse(article, {id: '3', text: 'I believe you.'});
		await settle(0);
		expect(lines()).toEqual([]);
		expect(article.dataset.panah).toBeUndefined();
	});

	test('even one that X changed without adding a node', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2);
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
		const article = articleOf(2);
		(article.querySelector('[data-testid="tweetText"]') as Element).innerHTML = 'A long reply. Your fault.';
		article.querySelector('[data-testid="tweet-text-show-more-link"]')?.remove();
		await settle();
		expect(asked().map(({text}) => text)).toEqual(['A long reply', 'A long reply. Your fault.']);
		expect(markOf(2)).toBe('hidden');
	});
});

test('a beginning that is still being judged is cancelled when X folds out the whole', async () => {
	edge.worker = never;
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
		edge.worker = never;
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
		await settle(0);
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

	test('waits for that from the first post on, and not from when our script began', async () => {
		await open([], undefined, {}, {viewer: null});
		await settle(6000);
		add(cellHtml(FOCAL), reply(2), reply(3, 'b fault', {handle: 'viewer'}));
		await settle(2500);
		expect(asked()).toEqual([]);
		await settle(1000);
		expect(asked()).toHaveLength(2);
	});

	test('goes out as soon as X says who reads, without what is the reader’s own', async () => {
		await open([], undefined, {}, {viewer: null});
		await settle(6000);
		add(cellHtml(FOCAL), reply(2), reply(3, 'b fault', {handle: 'viewer'}));
		await settle(1000);
		expect(asked()).toEqual([]);
		signIn('Viewer');
		await settle(50);
		expect(texts()).toEqual([BLAME]);
		await settle(5000);
		expect(texts()).toEqual([BLAME]);
	});

	test('is cancelled when the reply leaves the page before it was answered', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL), reply(2)]);
		articleOf(2)?.closest('[data-testid="cellInnerDiv"]')?.remove();
		await settle();
		expect(cancelled()).toEqual(asked().map(({ask}) => ask));
	});

	test('is cancelled when the page is left, and asked again when it is come back to', async () => {
		edge.worker = never;
		await open([cellHtml(FOCAL), reply(2)]);
		dispatchEvent(new Event('pagehide'));
		expect(cancelled()).toEqual(asked().map(({ask}) => ask));
		edge.worker = judgeByText;
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
		await open([
			cellHtml(FOCAL),
			reply(2),
			reply(3, 'Another fault.', {handle: 'other'}),
			reply(4, 'A third fault.'),
		]);
		expect(lines()).toEqual(['2', '3', '4']);
		go('/other/status/3');
		await settle(1200);
		expect(lines()).toEqual(['4']);
		expect([markOf(2), markOf(3)]).toEqual([undefined, undefined]);
	});

	test('what was on its way is cancelled, and its answer counts for nothing', async () => {
		const answers: Array<(answer: ScoreAnswer) => void> = [];
		edge.worker = () => new Promise(resolve => answers.push(resolve));
		await open([cellHtml(FOCAL), reply(2)]);
		go('/home');
		await settle(600);
		expect(cancelled()).toHaveLength(1);
		answers[0]?.({ok: true, verdict: HIDE});
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
		pressIn(lineOf(2), 'Show once');
		expect(markOf(2)).toBeUndefined();
		go('/home');
		await settle(1200);
		go(`/survivor/status/${FOCAL_ID}`);
		await settle(1200);
		expect(markOf(2)).toBe('hidden');
	});
});

describe('settings that change while the page is open', () => {
	test('off shows everything at once and asks nothing more, on hides it again without asking', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await change({enabled: false});
		expect(lines()).toEqual([]);
		add(reply(3, 'Another fault.'));
		await settle();
		expect(asked()).toHaveLength(1);
		await change({enabled: true});
		expect(markOf(2)).toBe('hidden');
	});

	test('flag only turns lines into labels, and back', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await change({presentation: 'flag'});
		expect(lines()).toEqual([]);
		expect(markOf(2)).toBe('flagged');
		expect(document.querySelectorAll('panah-flag')).toHaveLength(1);
		await change({presentation: 'line'});
		expect(lines()).toEqual(['2']);
		expect(document.querySelector('panah-flag')).toBeNull();
	});

	test('another language is spoken', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await change({language: 'ur'});
		expect(wordsIn(lineOf(2))).toContain('جواب چھپا دیا گیا');
	});

	test('after another sensitivity the old verdict holds until the new one comes', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		let answer: (answer: ScoreAnswer) => void = () => {};
		edge.worker = () => new Promise(resolve => (answer = resolve));
		notice('changed');
		await settle();
		expect(asked()).toHaveLength(2);
		expect(markOf(2)).toBe('hidden');
		answer({ok: true, verdict: SHOW});
		await settle(50);
		expect(markOf(2)).toBeUndefined();
		expect(lines()).toEqual([]);
	});
});

describe('a refusal after the settings changed', () => {
	const refuse = async (refusal: 'failed' | 'off' | 'paused' | 'cancelled') => {
		edge.worker = async () => ({ok: false, refusal, retryIn: 600_000});
		notice('changed');
		await settle(50);
	};

	test.each(['failed', 'off', 'paused'] as const)(
		'"%s" uncovers what was judged under others',
		async refusal => {
			await open([cellHtml(FOCAL), reply(2)]);
			await refuse(refusal);
			expect(asked()).toHaveLength(2);
			expect(lines()).toEqual([]);
		},
	);

	test('"cancelled" says nothing about the reply', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		await refuse('cancelled');
		expect(asked()).toHaveLength(2);
		expect(lines()).toEqual(['2']);
	});

	test('does not undo what a person said', async () => {
		edge.worker = async () => ({ok: true, verdict: {...HIDE, source: 'friend'}});
		await open([cellHtml(FOCAL), reply(2)]);
		await refuse('failed');
		expect(asked()).toHaveLength(2);
		expect(lines()).toEqual(['2']);
	});

	test('of another reply, or before the settings changed, uncovers nothing', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		edge.worker = async () => ({ok: false, refusal: 'failed', retryIn: 600_000});
		add(reply(3, 'b fault'));
		notice('back');
		await settle(5000);
		expect(texts()).toEqual([BLAME, 'b fault']);
		expect(lines()).toEqual(['2']);
	});
});

test('an answer under settings that hold no more counts for nothing', async () => {
	const answers: Array<(answer: ScoreAnswer) => void> = [];
	edge.worker = () => new Promise(resolve => answers.push(resolve));
	await open([cellHtml(FOCAL), reply(2)]);
	notice('changed');
	await settle(50);
	expect(cancelled()).toEqual([asked()[0]?.ask]);
	answers[0]?.({ok: true, verdict: HIDE});
	await settle();
	expect(lines()).toEqual([]);
	answers[1]?.({ok: true, verdict: SHOW});
	await settle();
	expect(lines()).toEqual([]);
	expect(asked()).toHaveLength(2);
});

test('an extension that is gone leaves hidden what is hidden, says so, and rests', async () => {
	await open([cellHtml(FOCAL), reply(2)]);
	edge.browser.runtime.id = undefined;
	await settle(600);
	expect(markOf(2)).toBe('hidden');
	const note = insideOf(lineOf(2)).querySelector<HTMLElement>('.reload');
	expect(note?.hidden).toBe(false);
	const before = asked().length;
	add(reply(3, 'Another fault.'));
	await settle(5000);
	expect(asked()).toHaveLength(before);
	pressIn(lineOf(2), 'Show once');
	expect(markOf(2)).toBeUndefined();
});

test('what an earlier version left on the page is taken away first', async () => {
	edge.worker = never;
	const marks = '<article data-panah="hidden" data-panah-choosing=""';
	const left = postHtml({id: '2', text: BLAME}).replace('<article', marks);
	await open([cellHtml(FOCAL), cellHtml(`<panah-line data-status-id="2"></panah-line>${left}`)]);
	expect(lines()).toEqual([]);
	expect(
		articleOf(2)
			.getAttributeNames()
			.filter(name => name.includes('panah')),
	).toEqual([]);
});

describe('going on to another page', () => {
	const frames = async (check: () => void, ms = 400) => {
		for (let waited = 0; waited < ms; waited += 20) {
			check();
			await settle(20);
		}
	};

	test.each(['/home', '/notifications', '/messages/1-2', '/somebody/status/3'])(
		'to %s: what X is about to remove does not flash',
		async path => {
			await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault', {handle: 'other'}), reply(4, 'c fault')]);
			edge.worker = never;
			go(path);
			dispatchEvent(new PopStateEvent('popstate'));
			await frames(() => expect(markOf(2)).toBe('hidden'), 280);
		},
	);

	test('an element that X uses again on the way is uncovered at once', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		const article = articleOf(2);
		go('/home');
		reuse(article, {id: '3', text: 'I believe you.'});
		await settle(20);
		expect(article.dataset.panah).toBeUndefined();
		expect(lines()).toEqual([]);
	});

	test('to another list of the same replies: what was hidden stays hidden until it is judged there', async () => {
		await open([reply(2)], '/notifications');
		let settled: (answer: ScoreAnswer) => void = () => {};
		edge.worker = () => new Promise(resolve => (settled = resolve));
		go('/notifications/mentions');
		await frames(() => expect(markOf(2)).toBe('hidden'), 1200);
		settled({ok: true, verdict: SHOW});
		await settle(50);
		expect(lines()).toEqual([]);
	});

	test('there, without a verdict, the cover goes', async () => {
		await open([reply(2), reply(3, 'b fault')], '/notifications');
		edge.worker = async ({text}) =>
			text === BLAME ? {ok: false, refusal: 'failed', retryIn: 60_000} : new Promise(() => {});
		go('/notifications/mentions');
		await settle(1000);
		expect(lines()).toEqual(['3']);
		await settle(1500);
		expect(lines()).toEqual([]);
	});

	test('what becomes the post of the page is shown at once', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/somebody/status/2');
		dispatchEvent(new PopStateEvent('popstate'));
		expect(markOf(2)).toBeUndefined();
	});

	test('to a page without posts: all covers go after 300 ms', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/messages/1-2');
		dispatchEvent(new PopStateEvent('popstate'));
		await settle(250);
		expect(lines()).toEqual(['2']);
		await settle(600);
		expect(lines()).toEqual([]);
	});

	test.each([
		['the photo of a post', `/survivor/status/${FOCAL_ID}/photo/1`],
		['another address of the same post', `/i/status/${FOCAL_ID}`],
		['a post being written', '/compose/post'],
		['a parameter', `/survivor/status/${FOCAL_ID}?s=20`],
	])('to %s: all that is known stays', async (_, path) => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault')]);
		pressIn(lineOf(2), 'Show once');
		go(path);
		await settle(1200);
		expect([markOf(2), markOf(3)]).toEqual([undefined, 'hidden']);
		expect(asked()).toHaveLength(2);
	});

	test('a reply is counted once, though its page is left and come back to', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, {counter: true});
		go('/home');
		await settle(1200);
		go(`/survivor/status/${FOCAL_ID}`);
		await settle(1200);
		expect(lines()).toEqual(['2']);
		expect(sent('count')).toEqual([{kind: 'count', hidden: 1}]);
	});
});

describe('what this browser alone knows', () => {
	test('is asked for first: without it nothing is covered and nothing asked, and it is asked for again', async () => {
		edge.state = undefined;
		await open([cellHtml(FOCAL), reply(2)], undefined, {holdBack: true});
		await settle(3000);
		expect(asked()).toEqual([]);
		expect(document.querySelector('[data-panah]')).toBeNull();
		expect(sent('state')).toHaveLength(1);
		edge.state = {people: [], pausedUntil: 0, pausedThreads: []};
		await settle(1500);
		expect(sent('state')).toHaveLength(2);
		expect(markOf(2)).toBe('hidden');
	});

	test('may replace selectors of ours, and no unsound ones', async () => {
		await open([cellHtml(FOCAL), reply(2).replaceAll('tweetText', 'newText')]);
		expect(asked()).toEqual([]);
		await tellState({selectors: {text: '['}});
		expect(asked()).toEqual([]);
		await tellState({selectors: {text: '[data-testid="newText"], [data-testid="tweetText"]'}});
		expect(texts()).toEqual([BLAME]);
		expect(markOf(2)).toBe('hidden');
	});
});

describe('what the popup asks of the page', () => {
	test('is told what is covered, shown or not, and where', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Fine.'), reply(4, 'See', {quote: 'quoted fault'})]);
		const covered = {act: 'hide', reason: 'blame', source: 'model', partial: false, shown: false};
		const report = request({kind: 'page'});
		expect(report).toEqual({
			surface: 'conversation',
			focalId: FOCAL_ID,
			focalUrl: `https://x.com/survivor/status/${FOCAL_ID}`,
			pausedHere: false,
			unreadable: false,
			covered: [
				{...covered, id: '2', post: expect.objectContaining({id: '2', handle: 'somebody', text: BLAME})},
				{...covered, id: '4#quote', post: expect.objectContaining({handle: 'quoted', text: 'quoted fault'})},
			],
		});
	});

	test('is told of labels as such', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, {presentation: 'flag'});
		expect(request({kind: 'page'}).covered).toMatchObject([{id: '2', act: 'flag'}]);
	});

	test('is told of what is left out', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, {presentation: 'out'});
		expect(lines()).toEqual([]);
		expect(request({kind: 'page'}).covered).toMatchObject([{id: '2', act: 'hide', shown: false}]);
	});

	test('is told the kind of a timeline, and no post that it is about', async () => {
		await open([reply(2)], '/notifications');
		const {covered, ...report} = request({kind: 'page'});
		expect(report).toEqual({surface: 'notifications', pausedHere: false, unreadable: false});
		expect(covered).toHaveLength(1);
	});

	test('is told the address of the page below, where something lies over it', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		go('/compose/post');
		await settle(600);
		const {focalUrl, covered} = request({kind: 'page'});
		expect(focalUrl).toBe(`https://x.com/survivor/status/${FOCAL_ID}`);
		expect(covered[0]?.post.foundOn).toBe(`https://x.com/survivor/status/${FOCAL_ID}`);
	});

	test('reveals a reply and hides it again, and says so', async () => {
		await open([cellHtml(FOCAL), reply(2)]);
		expect(request({kind: 'reveal', id: '2'}).covered).toMatchObject([{id: '2', shown: true}]);
		expect(markOf(2)).toBeUndefined();
		expect(request({kind: 'hide-again', id: '2'}).covered).toMatchObject([{id: '2', shown: false}]);
		expect(markOf(2)).toBe('hidden');
	});

	test('lets posts be chosen, of whoever they are, and keeps them', async () => {
		await open([cellHtml(FOCAL), reply(2, 'Mine', {handle: 'viewer'})]);
		request({kind: 'choose'});
		expect(document.querySelectorAll('panah-chooser')).toHaveLength(1);
		articleOf(2).click();
		(document.querySelector('article') as HTMLElement).click();
		await settle(50);
		expect(sent('save').map(({post}) => [post.id, post.handle, post.answers?.text])).toEqual([
			['2', 'viewer', 'I was followed.'],
			[FOCAL_ID, 'survivor', undefined],
		]);
	});

	test('lets posts be kept of protected accounts, and without words', async () => {
		await open([cellHtml(FOCAL), reply(2, BLAME, {locked: true}), cellHtml(postHtml({id: '3', text: null}))]);
		request({kind: 'choose'});
		articleOf(2).click();
		articleOf(3).click();
		await settle(50);
		expect(asked()).toEqual([]);
		expect(sent('save').map(({post}) => [post.id, post.text])).toEqual([
			['2', BLAME],
			['3', ''],
		]);
	});

	test('a chosen post above the one of the page is not said to answer it', async () => {
		await open([reply(1, 'Before.'), cellHtml(FOCAL)]);
		request({kind: 'choose'});
		articleOf(1).click();
		await settle(50);
		expect(sent('save')).toHaveLength(1);
		expect(sent('save')[0]?.post.answers).toBeUndefined();
	});

	test('leaves for a page of no interest', async () => {
		const replace = vi.spyOn(location, 'replace').mockImplementation(() => {});
		await open([cellHtml(FOCAL)]);
		request({kind: 'exit'});
		expect(replace.mock.calls).toEqual([['https://www.google.com/']]);
	});

	test('is not answered by what is no request', async () => {
		await open([cellHtml(FOCAL)]);
		const respond = vi.fn();
		edge.browser.runtime.onMessage.fire({kind: 'reveal'}, {}, respond);
		edge.browser.runtime.onMessage.fire({kind: 'notice', notice: 'state'}, {}, respond);
		edge.browser.runtime.onMessage.fire(null, {}, respond);
		expect(respond).not.toHaveBeenCalled();
	});
});

describe('the exit by key', () => {
	const press = () => document.dispatchEvent(new KeyboardEvent('keydown', {key: 'Shift'}));

	test.each([
		[true, 1],
		[false, 0],
	])('set to %s, three times Shift leaves %d times', async (exitKey, times) => {
		const replace = vi.spyOn(location, 'replace').mockImplementation(() => {});
		await open([cellHtml(FOCAL)], undefined, {exitKey});
		for (let count = 0; count < 3; count += 1) press();
		expect(replace).toHaveBeenCalledTimes(times);
	});
});

describe('pages that cannot be read', () => {
	const UNREADABLE = cellHtml('<article><div>All is otherwise now.</div></article>');

	test('are told after five seconds, on the page of a post', async () => {
		await open([UNREADABLE]);
		await settle(3000);
		expect(request({kind: 'page'}).unreadable).toBe(false);
		await settle(2500);
		expect(request({kind: 'page'}).unreadable).toBe(true);
		add(cellHtml(FOCAL));
		await settle(600);
		expect(request({kind: 'page'}).unreadable).toBe(false);
	});

	test('are those too in which nobody’s words can be read', async () => {
		const wordless = (id: number) => cellHtml(postHtml({id: String(id), text: null}));
		await open([cellHtml(FOCAL), wordless(2), wordless(3)]);
		await settle(8000);
		expect(request({kind: 'page'}).unreadable).toBe(false);
		add(wordless(4));
		await settle(6000);
		expect(request({kind: 'page'}).unreadable).toBe(true);
		add(cellHtml(postHtml({id: '5', text: 'I believe you.'})));
		await settle(600);
		expect(request({kind: 'page'}).unreadable).toBe(false);
	});

	test('are not those that are still empty, nor timelines', async () => {
		await open([]);
		await settle(8000);
		expect(request({kind: 'page'}).unreadable).toBe(false);
		go('/home');
		add(UNREADABLE);
		await settle(8000);
		expect(request({kind: 'page'}).unreadable).toBe(false);
	});
});

test('an extension that goes while it is asked ends everything, too', async () => {
	await open([cellHtml(FOCAL), reply(2)]);
	request({kind: 'choose'});
	edge.browser.runtime.sendMessage.mockImplementation(async () => {
		throw new Error('Extension context invalidated.');
	});
	add(reply(3, 'b fault'));
	await settle(100);
	expect(insideOf(lineOf(2)).querySelector('.reload')).not.toBeNull();
	expect(document.querySelector('panah-chooser')).toBeNull();
	expect(isTapOn()).toBe(false);
	const before = asked().length;
	add(reply(4, 'c fault'));
	await settle(5000);
	expect(asked()).toHaveLength(before);
});

describe('when the extension is gone', () => {
	test('a cover stays on its post, and goes with it', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(4, 'See', {quote: 'quoted fault'}), reply(6, 'c fault')]);
		edge.browser.runtime.id = undefined;
		await settle(2000);
		expect(lines()).toEqual(['2', '4#quote', '6']);
		const article = articleOf(2);
		const quote = quoteOf(4);
		reuse(article, {id: '3', text: 'I believe you.'});
		articleOf(4).querySelector('a:has(time)')?.setAttribute('href', '/somebody/status/5');
		await settle(500);
		expect(lines()).toEqual(['6']);
		expect([article.dataset.panah, quote.dataset.panah, markOf(6)]).toEqual([undefined, undefined, 'hidden']);
	});

	test('nothing more is covered or asked, whatever comes', async () => {
		const answers: Array<(answer: ScoreAnswer) => void> = [];
		await open([cellHtml(FOCAL), reply(2)]);
		edge.worker = ({text}) =>
			text === 'last fault'
				? Promise.reject(new Error('Extension context invalidated.'))
				: new Promise(resolve => answers.push(resolve));
		add(reply(3, 'b fault'), reply(4, 'last fault'));
		await settle(50);
		const before = asked().length;
		answers[0]?.({ok: true, verdict: HIDE});
		takeAway(2);
		add(reply(2), reply(5, 'd fault'));
		for (const observer of FakeIntersectionObserver.all)
			for (const target of document.querySelectorAll('article'))
				observer.tell(target.parentElement as Element);
		await settle(5000);
		expect(asked()).toHaveLength(before);
		expect(document.querySelector('[data-panah]')).toBeNull();
	});

	test('what the reader shows then has nothing looked at anew', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'b fault')]);
		edge.browser.runtime.id = undefined;
		await settle(600);
		takeAway(3);
		add(reply(3, 'b fault'));
		pressIn(lineOf(2), 'Show once');
		await settle(50);
		expect([markOf(2), markOf(3)]).toEqual([undefined, undefined]);
	});

	test('covers are looked after once, however many questions tell of it', async () => {
		await open([cellHtml(FOCAL)]);
		const repeated = vi.spyOn(globalThis, 'setInterval');
		edge.worker = () => Promise.reject(new Error('Extension context invalidated.'));
		add(reply(2), reply(3, 'b fault'), reply(4, 'c fault'));
		await settle(50);
		expect(asked()).toHaveLength(3);
		expect(repeated).toHaveBeenCalledTimes(1);
	});
});

describe('what X changes without adding a node', () => {
	/** The posts that are looked into from now on, by what is looked for. */
	function spyOnReading(): Array<{post: Element; selector: string}> {
		const seen: Array<{post: Element; selector: string}> = [];
		for (const name of ['querySelector', 'querySelectorAll'] as const) {
			const find = Element.prototype[name] as (selector: string) => unknown;
			vi.spyOn(Element.prototype, name).mockImplementation(function (this: Element, selector: string) {
				if (this.tagName === 'ARTICLE') seen.push({post: this, selector});
				return find.call(this, selector) as never;
			});
		}
		return seen;
	}
	const wordsOf = (id: number, selector = '') =>
		document.querySelector(`article:has(a[href$="/status/${id}"]) [data-testid="tweetText"] ${selector}`)
			?.firstChild as Text;

	test.each([
		['a text', 'I believe you.', '', 'It was your fault.'],
		['the text of a link', 'Was it <a href="/hashtag/a">#help</a>', 'a', 'Was it #fault'],
	])('%s is read again within half a second', async (_, text, selector, asks) => {
		await open([cellHtml(FOCAL), reply(2, text)]);
		expect(markOf(2)).toBeUndefined();
		wordsOf(2, selector).data = selector === '' ? asks : '#fault';
		await settle(520);
		expect(texts().at(-1)).toBe(asks);
		expect(markOf(2)).toBe('hidden');
	});

	test('is read again, and no other post', async () => {
		await open([cellHtml(FOCAL), reply(2), reply(3, 'Fine.')]);
		const seen = spyOnReading();
		await settle(5000);
		expect(seen).toEqual([]);
		wordsOf(3).data = 'Good.';
		await settle(600);
		expect(new Set(seen.map(({post}) => post))).toEqual(new Set([articleOf(3)]));
		expect(texts()).toEqual([BLAME, 'Fine.', 'Good.']);
	});

	test('is of no interest while Panah is off', async () => {
		await open([cellHtml(FOCAL), reply(2)], undefined, {enabled: false});
		const seen = spyOnReading();
		wordsOf(2).data = 'b fault';
		add(reply(3, 'c fault'));
		await settle(5000);
		// The places of posts are known all the same; what they say is not.
		expect(seen.filter(({selector}) => selector === SELECTORS.actions)).toEqual([]);
		await change({});
		expect(texts()).toEqual(['b fault', 'c fault']);
	});
});

test('what is held back when the extension goes is shown', async () => {
	edge.worker = never;
	await open([cellHtml(FOCAL)], undefined, {holdBack: true});
	add(reply(2));
	await settle(50);
	expect(markOf(2)).toBe('held');
	edge.browser.runtime.id = undefined;
	await settle(600);
	expect(markOf(2)).toBeUndefined();
});

test('a quoted post’s cover goes with the element that X uses again', async () => {
	await open([cellHtml(FOCAL), reply(2, 'See', {quote: 'quoted fault'})]);
	expect(quoteOf(2).dataset.panah).toBe('hidden');
	const article = articleOf(2);
	reuse(article, {id: '3', text: 'See', quote: 'Fine.'});
	await settle(600);
	expect(quoteOf(3).dataset.panah).toBeUndefined();
	expect(lines()).toEqual([]);
});
