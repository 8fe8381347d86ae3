'use strict';
// A virtual list that measures, moves and reuses its cells, and pages that change without a load.

const react = document.querySelector('#react-root');
const SCREENS_AHEAD = 1;
const GUESS = 130; // px, the height of a cell nobody has measured

/** Shows those cells of `items` that are near the viewport; absolute, by translateY, as X's list does. */
class Timeline {
	constructor(list) {
		this.list = list;
		this.items = [];
		this.heights = new Map();
		this.mounted = new Map();
		this.stop = new AbortController();
		this.sizes = new ResizeObserver(entries => this.measure(entries));
		addEventListener('scroll', () => this.placeSoon(), {signal: this.stop.signal, passive: true});
		addEventListener('resize', () => this.placeSoon(), {signal: this.stop.signal});
	}

	show(items) {
		this.items = items;
		this.place();
	}

	end() {
		this.stop.abort();
		this.sizes.disconnect();
	}

	placeSoon() {
		this.frame ??= requestAnimationFrame(() => {
			this.frame = undefined;
			if (!this.stop.signal.aborted) this.place();
		});
	}

	measure(entries) {
		let changed = false;
		for (const {target} of entries) {
			const height = target.offsetHeight;
			if (!target.isConnected || this.heights.get(target.item.key) === height) continue;
			this.heights.set(target.item.key, height);
			changed = true;
		}
		if (changed) this.place();
	}

	height(item) {
		return this.heights.get(item.key) ?? (item.kind === 'separator' ? 0 : GUESS);
	}

	place() {
		const start = scrollY - (this.list.getBoundingClientRect().top + scrollY) - innerHeight * SCREENS_AHEAD;
		const end = start + innerHeight * (1 + 2 * SCREENS_AHEAD);
		const wanted = [];
		let top = 0;
		for (const item of this.items) {
			const height = this.height(item);
			if (top + height >= start && top <= end) wanted.push([item, top]);
			top += height;
		}
		this.list.style.cssText = `position: relative; min-height: ${top}px`;
		const keys = new Set(wanted.map(([item]) => item.key));
		const free = [...this.mounted.values()].filter(cell => !keys.has(cell.item.key));
		for (const cell of free) this.mounted.delete(cell.item.key);
		for (const [item, y] of wanted) {
			const cell = this.mounted.get(item.key) ?? this.mount(item, free);
			cell.style.cssText = `transform: translateY(${y}px); position: absolute; width: 100%`;
		}
		for (const cell of free) {
			this.sizes.unobserve(cell);
			cell.remove();
		}
		this.order(wanted);
	}

	/** A cell for the item: one that just left the screen where there is one, else a new one. */
	mount(item, free) {
		const reusable = free.findIndex(cell => cell.item.kind === 'post' && item.kind === 'post' && cell.item.part === item.part);
		const cell = reusable < 0 ? h('div', {'data-testid': 'cellInnerDiv'}, h('div', {}, h('div'))) : free.splice(reusable, 1)[0];
		fill(cell, item);
		this.mounted.set(item.key, cell);
		this.sizes.unobserve(cell);
		this.sizes.observe(cell);
		return cell;
	}

	order(wanted) {
		let next = this.list.firstElementChild;
		for (const [item] of wanted) {
			const cell = this.mounted.get(item.key);
			if (cell === next) next = next.nextElementSibling;
			else this.list.insertBefore(cell, next);
		}
	}
}

/** Puts an item into a cell. The article of a reused cell stays and, like React, leaves foreign nodes alone. */
function fill(cell, item) {
	cell.item = item;
	const inner = cell.firstElementChild.firstElementChild;
	cell.firstElementChild.className = item.line ? 'ends' : '';
	if (item.kind !== 'post') {
		inner.replaceChildren(plainInside(item));
		return;
	}
	const {attributes, children} = postInside(item);
	let article = inner.querySelector('article');
	if (!article) {
		article = h('article');
		inner.append(item.part === 'promoted' ? h('div', {'data-testid': 'placementTracking'}, article) : article);
		if (item.part === 'focal' && scene.may_reply) inner.append(composer());
	}
	for (const [name, value] of Object.entries(attributes)) article.setAttribute(name, value);
	article.replaceChildren(...children);
	article.onclick = event => {
		if (!event.target.closest('a, button')) go(permalink(item.post));
	};
}

function asItem(cell, index) {
	return {...cell, key: cell.post ? `${cell.part}-${cell.post.id}` : `${cell.kind}-${index}`};
}

function idIn(path) {
	return path.match(/\/status\/(\d+)/)?.[1];
}

/** The cells of a page; a reply's own page shows it as the focal one below what it answers. */
function cellsOf(path) {
	const id = idIn(path);
	if (scene.feeds[path]) return scene.feeds[path];
	if (!id) return [];
	if (scene.conversations[id]) return scene.conversations[id];
	for (const cells of Object.values(scene.conversations)) {
		const found = cells.find(cell => cell.post?.id === id);
		if (found) {
			const above = cells.find(cell => cell.part === 'focal');
			return [{...above, part: 'ancestor', joined: true}, {...found, part: 'focal', line: true}];
		}
	}
	return [];
}

let timeline;
/** The path of the page that stands below a photo. */
let below;

/** Asks for the posts' data first, as X does, if the site is wired. */
async function load(path) {
	if (!scene.wired) return;
	const operation = path.includes('/status/') ? 'TweetDetail' : 'HomeTimeline';
	await new Promise(done => {
		const request = new XMLHttpRequest();
		request.open('GET', `/i/api/graphql/made-up/${operation}?path=${encodeURIComponent(path)}`);
		request.onloadend = () => {
			window.loaded = request.responseText.length;
			done();
		};
		request.send();
	});
}

async function render() {
	const path = location.pathname;
	const layers = document.querySelector('#layers');
	layers.replaceChildren();
	if (path.includes('/photo/')) {
		layers.append(viewer(path));
		return;
	}
	if (path === below) return;
	below = path;
	timeline?.end();
	await load(path);
	const isHome = !idIn(path) || scene.feeds[path];
	const list = h('div');
	const title = isHome ? words.home : words.post;
	const back = isHome ? null : h('button', {role: 'button', 'aria-label': words.back, 'data-testid': 'app-bar-back', class: 'back', onclick: () => history.back()}, icon('back'));
	document.querySelector('[data-testid=primaryColumn]').replaceChildren(
		h('div', {class: 'bar'}, back, h('h2', {role: 'heading'}, title)),
		h('section', {role: 'region', 'aria-labelledby': 'accessible-list-0'},
			h('h1', {id: 'accessible-list-0', role: 'heading', class: 'unseen'}, title),
			h('div', {'aria-label': `${words.timeline}: ${title}`}, list)));
	const mine = new Timeline(list);
	timeline = mine;
	scrollTo(0, 0);
	const items = cellsOf(path).map(asItem);
	const focal = isHome ? -1 : items.findIndex(item => item.part === 'focal');
	// The focal post first, then what lies below and above it, as it comes from X's servers.
	if (focal >= 0) mine.show([items[focal]]);
	setTimeout(() => {
		if (mine.stop.signal.aborted) return;
		mine.show(items.slice(Math.max(focal, 0)));
		setTimeout(() => {
			if (mine.stop.signal.aborted || focal <= 0) return;
			mine.show(items);
			const offset = items.slice(0, focal).reduce((sum, item) => sum + mine.height(item), 0);
			scrollTo(0, offset);
		}, 40);
	}, 40);
}

/** The photo viewer: a dialog that itself bears a post's test id and holds the whole conversation. */
function viewer(path) {
	const list = h('div', {style: 'position: relative'});
	for (const item of cellsOf(path).map(asItem)) {
		const cell = h('div', {'data-testid': 'cellInnerDiv', style: 'position: relative'}, h('div', {}, h('div')));
		fill(cell, item);
		list.append(cell);
	}
	return h('div', {role: 'dialog', 'aria-modal': 'true', class: 'viewer'},
		h('div', {'data-testid': 'tweet', class: 'viewer-inside'},
			h('div', {class: 'photo'}),
			h('section', {role: 'region', 'aria-labelledby': 'accessible-list-1'},
				h('h1', {id: 'accessible-list-1', role: 'heading', class: 'unseen'}, words.post),
				h('div', {'aria-label': `${words.timeline}: ${words.post}`}, list))));
}

function go(path) {
	if (path === location.pathname) return;
	history.pushState({}, '', path);
	render();
}

function frame() {
	const tab = (name, path) => h('a', {href: path, role: 'link', 'data-testid': `AppTabBar_${name}_Link`, class: 'tab'},
		icon(name.toLowerCase()), h('span', {}, words[name.toLowerCase()]));
	const person = scene.relevant;
	react.replaceChildren(h('div', {}, h('div', {},
		h('div', {id: 'layers'}),
		h('div', {class: 'frame'},
			h('header', {role: 'banner', class: 'side'},
				h('nav', {role: 'navigation'}, tab('Home', '/home'), tab('Explore', '/explore'), tab('Notifications', '/notifications'),
					tab('Messages', '/messages'), tab('Lists', '/lists'), tab('Profile', `/${scene.viewer.handle}`)),
				h('div', {role: 'button', tabindex: '0', 'data-testid': 'SideNav_AccountSwitcher_Button', class: 'switcher', 'aria-label': words.account},
					h('div', {'data-testid': `UserAvatar-Container-${scene.viewer.handle}`, class: 'avatar'},
						h('span', {class: 'disc', style: `background-color: ${scene.viewer.colour}`}, [...scene.viewer.name][0])),
					h('div', {class: 'switcher-name'}, h('b', {}, scene.viewer.name), h('span', {dir: 'ltr'}, `@${scene.viewer.handle}`)))),
			h('main', {role: 'main'},
				h('div', {'data-testid': 'primaryColumn', class: 'primary'}),
				h('div', {'data-testid': 'sidebarColumn', class: 'sidebar'},
					h('div', {class: 'search'}, icon('explore'), h('span', {}, words.search)),
					h('div', {class: 'card'}, h('h2', {}, words.relevant),
						h('div', {class: 'person'}, avatar(person), h('div', {}, h('b', {}, person.name), h('span', {dir: 'ltr'}, `@${person.handle}`), h('p', {dir: 'auto', lang: person.lang}, person.about)))),
					h('p', {class: 'footer'}, words.footer)))))));
}

document.addEventListener('click', event => {
	const link = event.target.closest('a[href^="/"]');
	if (!link || event.defaultPrevented) return;
	event.preventDefault();
	go(link.getAttribute('href'));
});
addEventListener('popstate', render);
history.scrollRestoration = 'manual';
frame();
render();
