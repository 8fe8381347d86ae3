// Goes in at the end of the made-up page, before it draws itself: X's bulk, replies that come in parts, and a reader.

const CLASSES = 'css-175oi2r css-146c3p1 css-1jxf684 r-18u37iz r-1iusvr4 r-16y2uox r-1777fci r-kzbkwu r-bcqeeo r-1ttztb7 r-qvutc0 r-37j5jr r-a023e6 r-rjixqe r-16dba41 r-poiln3 r-1loqt21 r-1ny4l3l r-bt1l66 r-4qtqp9 r-yyyyoo r-dnmrzs r-bnwqim r-lrvibr r-m6rgpd r-1xvli5t r-1hdv0qi'.split(' ');
// X draws its icons with filled outlines, longer than ours. This much stands at one point and shows nothing.
const OUTLINE = 'M12 3.786c-.001 0-.002 0-.003.001 0 .002.001.003.003.003s.003-.001.003-.003c0-.001-.002-.001-.003-.001z'.repeat(7);
const BULKY = scene.bulky;
let dressed = 0;

/** Some of the generated class names, others for each element. */
function someClasses(count) {
	dressed += 1;
	return Array.from({length: count}, (_, n) => CLASSES[(dressed * 7 + n * 5) % CLASSES.length]);
}

/** X wraps nearly everything into boxes of its own. */
function wrap(element, tag, depth) {
	const outer = h(tag, {class: someClasses(9).join(' ')});
	element.replaceWith(outer);
	let inner = outer;
	for (let n = 1; n < depth; n += 1) {
		inner.append(h(tag, {class: someClasses(9).join(' ')}));
		inner = inner.lastElementChild;
	}
	inner.append(element);
}

/** Gives markup the size of X's: class names on every element, boxes around the leaves, long outlines in icons. */
function fatten(root) {
	for (const element of root.querySelectorAll('*')) {
		if (!(element instanceof SVGElement)) element.classList.add(...someClasses(element.childElementCount > 0 ? 12 : 9));
	}
	for (const svg of root.querySelectorAll('svg')) {
		const path = svg.firstElementChild;
		path.setAttribute('d', path.getAttribute('d') + OUTLINE);
		svg.classList.add(...someClasses(12));
	}
	for (const leaf of root.querySelectorAll('svg, .disc, .name > span, time')) wrap(leaf, 'span', 6);
	for (const block of root.querySelectorAll('.text, .actions')) wrap(block, 'div', 3);
	return root;
}

if (BULKY) {
	const lean = postInside;
	postInside = item => {
		const made = lean(item);
		// X also has a button to its assistant, a place for media, and menus that wait.
		const head = made.children[0].querySelector('.head, .focal-head');
		head?.append(h('button', {role: 'button', 'aria-label': words.more, class: 'caret'}, icon('more')));
		made.children.forEach(fatten);
		return made;
	};
}

/** The rest of X's page around the list: trends, people to follow, the style sheet of the first paint. */
function fattenFrame() {
	const sidebar = document.querySelector('[data-testid=sidebarColumn]');
	sidebar.style.cssText = 'position: sticky; inset-block-start: 0; block-size: 100vh; overflow: hidden';
	for (let n = 0; n < 40; n += 1) {
		sidebar.append(fatten(h('div', {class: 'card'}, h('div', {'data-testid': 'trend', role: 'link', tabindex: '0'},
			h('div', {}, h('span', {}, `${n + 1} · ${words.explore}`)), h('div', {dir: 'ltr'}, h('span', {}, `#made_up_${n}`)),
			h('div', {}, h('span', {}, `${900 + n} ${words.views}`)), icon('more')))));
	}
	fatten(document.querySelector('header'));
}

/** What the page's own parts do is no business of the measurement, but what stands where is. */
const bench = {
	/** Articles that got a post they did not show before. */
	filled: 0,
	/** The newest of them, and when it came, in milliseconds. */
	lastFilled: undefined,
	/** Tasks that lasted more than 50 milliseconds. */
	longTasks: [],
	/** Texts that may be hidden. */
	blames: new Set(),
	/** How many replies there are, how many of them X has sent, and how many it sends at once. */
	total: 0,
	loaded: 0,
	part: 60,
	loading: false,
};

new PerformanceObserver(list => {
	for (const {startTime, duration} of list.getEntries()) bench.longTasks.push({startTime, duration});
}).observe({type: 'longtask', buffered: true});

const leanMount = Timeline.prototype.mount;
/** X's list puts in what is new and leaves the rest. Ours would move all cells to put one that it reuses last. */
Timeline.prototype.mount = function (item, free) {
	const cell = leanMount.call(this, item, free);
	cell.remove();
	return cell;
};

const leanFill = fill;
fill = (cell, item) => {
	leanFill(cell, item);
	if (item.kind !== 'post') return;
	bench.filled += 1;
	bench.lastFilled = {cell, id: item.post.id, at: performance.now()};
};

/** The list's cells out of X's data, which is all that X's own page has too. */
function readReplies({data}) {
	const {entries} = data.threaded_conversation_with_injections_v2.instructions[0];
	return entries.map(({content}) => {
		const {rest_id, core, legacy} = content.itemContent.tweet_results.result;
		const account = core.user_results.result;
		return {
			id: rest_id, account_id: account.rest_id, handle: account.core.screen_name, name: account.core.name,
			text: legacy.full_text, lang: legacy.lang, rest: '', original: '', answering: [], protected: false, quote: null,
			colour: '#3a6b8a', ago: '3 h', full_date: words.date, datetime: '2026-11-14T20:12:00.000Z',
			counts: {replies: 3, reposts: 7, likes: 41, views: 4100}, more_tag: 'button',
		};
	});
}

/** Loads so many replies, from that number on, and puts them at the end. */
bench.load = async (from, count) => {
	bench.loading = true;
	const request = new XMLHttpRequest();
	request.open('GET', `/i/api/graphql/made-up/TweetDetail?path=${encodeURIComponent(location.pathname)}&from=${from}&count=${count}`);
	await new Promise(done => {
		request.onloadend = done;
		request.send();
	});
	for (const post of readReplies(JSON.parse(request.responseText))) {
		timeline.items.push(asItem({kind: 'post', part: 'reply', post, joined: false, line: true}));
		timeline.items.push(asItem({kind: 'separator', line: false}, timeline.items.length));
	}
	timeline.place();
	bench.loading = false;
};

/** Loads the next part, some screens before the reader comes to the end. */
bench.loadMore = async () => {
	const count = Math.min(bench.part, bench.total - bench.loaded);
	if (bench.loading || count <= 0) return;
	bench.loaded += count;
	await bench.load(bench.loaded - count, count);
};

function isAtEnd(screens) {
	return scrollY + innerHeight * (1 + screens) >= document.documentElement.scrollHeight - 1;
}

/** Until after the next frame is on the screen. */
bench.frame = () => new Promise(done => requestAnimationFrame(() => setTimeout(done)));

bench.rest = async frames => {
	for (let n = 0; n < frames; n += 1) await bench.frame();
};

/**
 * Scrolls on until so many more posts were put into articles, or the list ends; `steps` are the pixels of each frame
 * in turn. `onFrame` is told after each frame how far it went. Returns how many posts there were.
 */
bench.scroll = async ({posts, steps, onFrame = () => {}}) => {
	const first = bench.filled;
	for (let n = 0; bench.filled - first < posts; n += 1) {
		const before = scrollY;
		const step = steps[n % steps.length];
		scrollBy(0, step);
		const moved = scrollY - before;
		await bench.frame();
		onFrame(moved);
		if (isAtEnd(5)) void bench.loadMore();
		const isOver = step > 0 ? isAtEnd(0) && !bench.loading && bench.loaded === bench.total : step < 0 && scrollY === 0;
		if (isOver) break;
	}
	return bench.filled - first;
};

/** The topmost post that begins within the window, and where it begins. */
function postBeingRead() {
	const cells = [...timeline.mounted.values()].filter(cell => cell.item.kind === 'post');
	const tops = cells.map(cell => ({key: cell.item.key, top: cell.getBoundingClientRect().top})).filter(({top}) => top >= 0 && top < innerHeight);
	return tops.sort((a, b) => a.top - b.top)[0];
}

/** Covers that are not about the post they stand before, and hidden posts that blame nobody. */
function findStale() {
	const stale = [];
	for (const cover of document.querySelectorAll('panah-line, panah-flag')) {
		const post = cover.nextElementSibling?.closest('[data-testid=cellInnerDiv]')?.item.post;
		if (post?.id !== cover.dataset.statusId) stale.push(`a cover of ${cover.dataset.statusId} at ${post?.id}`);
	}
	for (const article of document.querySelectorAll('article[data-panah]')) {
		const {post} = article.closest('[data-testid=cellInnerDiv]').item;
		if (article.dataset.panah === 'hidden' && !bench.blames.has(post.text)) stale.push(`${post.id} is hidden and kind`);
		const before = article.previousElementSibling;
		if (!before?.localName.startsWith('panah-')) stale.push(`${post.id} is ${article.dataset.panah} without a cover`);
	}
	return stale;
}

/** Watches what a reader would see while bench.scroll goes on with its `onFrame`. */
bench.watch = () => {
	const seen = {jump: 0, jumps: [], stale: [], frames: 0, above: 0, inView: 0, below: 0};
	const covering = new MutationObserver(records => {
		for (const {target} of records) {
			if (target.dataset.panah !== 'hidden' && target.dataset.panah !== 'flagged') continue;
			const {top} = target.closest('[data-testid=cellInnerDiv]').getBoundingClientRect();
			seen[top < 0 ? 'above' : top < innerHeight ? 'inView' : 'below'] += 1;
		}
	});
	covering.observe(timeline.list, {subtree: true, attributeFilter: ['data-panah']});
	let read;
	const onFrame = moved => {
		seen.frames += 1;
		const cell = read && timeline.mounted.get(read.key);
		if (cell) {
			const jump = Math.abs(cell.getBoundingClientRect().top - (read.top - moved));
			if (jump > 2) seen.jumps.push({jump, key: read.key, y: scrollY, moved});
			seen.jump = Math.max(seen.jump, jump);
		}
		for (const what of findStale()) if (!seen.stale.includes(what)) seen.stale.push(what);
		read = postBeingRead();
	};
	return {seen, onFrame, stop: () => covering.disconnect()};
};

/** Puts one reply at the end, in view. Resolves with the milliseconds until it was hidden, or null after `patience`. */
bench.arrive = async (number, patience) => {
	let hiddenAt;
	const isHidden = () => bench.lastFilled.cell.querySelector('article')?.dataset.panah === 'hidden';
	const before = bench.filled;
	const watcher = new MutationObserver(() => {
		if (bench.filled > before && isHidden()) hiddenAt ??= performance.now();
	});
	watcher.observe(timeline.list, {subtree: true, attributeFilter: ['data-panah']});
	await bench.load(number, 1);
	const {at} = bench.lastFilled;
	while (hiddenAt === undefined && performance.now() < at + patience) {
		scrollTo(0, document.documentElement.scrollHeight);
		await bench.frame();
	}
	watcher.disconnect();
	return hiddenAt === undefined ? null : hiddenAt - at;
};

/** Bytes of the document without scripts: those hold the measurement itself. */
bench.size = () => {
	const copy = document.documentElement.cloneNode(true);
	for (const script of copy.querySelectorAll('script')) script.remove();
	return new Blob([copy.outerHTML]).size;
};

window.bench = bench;
