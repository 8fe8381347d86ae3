'use strict';
// The markup of one cell, after extension.md's saved pages: the same test ids, roles and nesting, our own words.

const scene = JSON.parse(document.querySelector('#scene').textContent);
const words = scene.words;
let serial = 0;

/** An element; `on…` properties become listeners, null children are left out. */
function h(tag, properties = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(properties)) {
		if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
		else if (value !== null) element.setAttribute(name, value);
	}
	element.append(...children.flat().filter(child => child !== null));
	return element;
}

const shapes = {
	reply: 'M12 4a8 8 0 0 1 1 15.9V22l-3-2.1A8 8 0 0 1 12 4z',
	retweet: 'M4 9.5L7.5 6 11 9.5M7.5 6v10a2 2 0 0 0 2 2H13M13 14.5l3.5 3.5L20 14.5M16.5 18V8a2 2 0 0 0-2-2H11',
	like: 'M12 20S4 15 4 9.3A4.2 4.2 0 0 1 12 7.5a4.2 4.2 0 0 1 8 1.8C20 15 12 20 12 20z',
	views: 'M5 20v-6M10 20V9M15 20v-8M20 20V5',
	bookmark: 'M7 4h10v16l-5-4-5 4z',
	share: 'M12 15V4M8 8l4-4 4 4M5 14v5h14v-5',
	home: 'M4 11l8-7 8 7v9h-5v-6H9v6H4z',
	explore: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14zM16 16l5 5',
	notifications: 'M6 17V11a6 6 0 0 1 12 0v6l2 1H4zM10 21h4',
	messages: 'M4 6h16v12H4zM4 7l8 6 8-6',
	lists: 'M6 4h12v16H6zM9 8h6M9 12h6M9 16h4',
	profile: 'M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM5 20a7 7 0 0 1 14 0',
	back: 'M20 12H5M11 6l-6 6 6 6',
	more: 'M5 12h.01M12 12h.01M19 12h.01',
	lock: 'M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z',
};

function icon(name, properties = {}) {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
	for (const [key, value] of Object.entries({viewBox: '0 0 24 24', class: `icon icon-${name}`, ...properties})) svg.setAttribute(key, value);
	if (!properties['aria-label']) svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', shapes[name]);
	svg.append(path);
	return svg;
}

function avatar({handle, name, colour}, size = '') {
	return h('div', {'data-testid': 'Tweet-User-Avatar', class: `avatar ${size}`},
		h('div', {'data-testid': `UserAvatar-Container-${handle}`},
			h('a', {href: `/${handle}`, role: 'link', 'aria-hidden': 'true', tabindex: '-1'},
				h('span', {class: 'disc', style: `background-color: ${colour}`}, [...name][0]))));
}

/** Text as X builds it: spans, links for mentions, hashtags and addresses, pictures for emoji. */
function rich(text) {
	return text.split(/(https?:\/\/\S+|@\w+|#\p{L}+|\p{Extended_Pictographic}️?)/u).filter(Boolean).map(part => {
		if (part.startsWith('@')) return h('span', {}, h('a', {dir: 'ltr', href: `/${part.slice(1)}`, role: 'link'}, part));
		if (part.startsWith('#')) return h('span', {}, h('a', {href: `/hashtag/${part.slice(1)}`, role: 'link'}, part));
		if (part.startsWith('http')) {
			const [scheme, rest] = part.split('://');
			return h('a', {dir: 'ltr', href: 'https://t.co/made-up', role: 'link'}, h('span', {'aria-hidden': 'true'}, `${scheme}://`), rest);
		}
		if (/^\p{Extended_Pictographic}/u.test(part)) return emoji(part);
		return h('span', {}, part);
	});
}

function emoji(letter) {
	const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><text x="10" y="16" font-size="16" text-anchor="middle">${letter}</text></svg>`;
	return h('img', {alt: letter, draggable: 'false', class: 'emoji', src: `data:image/svg+xml,${encodeURIComponent(picture)}`});
}

function tweetText(post, text, id, quoted = false) {
	return h('div', {'data-testid': 'tweetText', dir: 'auto', lang: post.lang, id, class: quoted ? 'text quoted' : 'text'}, rich(text));
}

/** The row of name, handle and time. `time`: 'link' in a post, 'plain' in a quote, 'none' in a focal or promoted one. */
function userName(post, {time, id}) {
	const lock = post.protected ? icon('lock', {'data-testid': 'icon-lock', 'aria-label': words.protected, role: 'img'}) : null;
	const stamp = () => h('time', {datetime: post.datetime}, post.ago);
	const who = time === 'plain'
		? [h('span', {class: 'name'}, post.name, lock), h('span', {class: 'handle', dir: 'ltr'}, `@${post.handle}`)]
		: [h('a', {href: `/${post.handle}`, role: 'link', class: 'name'}, h('span', {}, post.name), lock),
			h('a', {href: `/${post.handle}`, role: 'link', tabindex: '-1', class: 'handle', dir: 'ltr'}, `@${post.handle}`)];
	const when = time === 'none' ? [] : [h('span', {'aria-hidden': 'true', class: 'dot'}, '·'),
		time === 'link' ? h('a', {href: permalink(post), role: 'link', dir: scene.dir, class: 'stamp'}, stamp()) : stamp()];
	return h('div', {'data-testid': 'User-Name', id, class: 'who'}, who, when);
}

function permalink(post) {
	return `/${post.handle}/status/${post.id}`;
}

function actions(post, id) {
	const {replies, reposts, likes, views} = post.counts;
	const button = (name, count) => h('button', {'data-testid': name, role: 'button', 'aria-label': `${count} ${words[name]}`, class: 'action'},
		icon(name), h('span', {}, count ? String(count) : ''));
	return h('div', {role: 'group', id, class: 'actions', 'aria-label': `${replies} ${words.reply}, ${reposts} ${words.retweet}, ${likes} ${words.like}`},
		button('reply', replies), button('retweet', reposts), button('like', likes),
		h('a', {href: `${permalink(post)}/analytics`, role: 'link', class: 'action', 'aria-label': `${views} ${words.views}`}, icon('views'), h('span', {}, String(views))),
		h('span', {class: 'action'}, h('button', {'data-testid': 'bookmark', role: 'button', 'aria-label': words.bookmark}, icon('bookmark')),
			h('button', {role: 'button', 'aria-label': words.share}, icon('share'))));
}

function quote(post) {
	return h('div', {},
		h('div', {class: 'unseen'}, words.quote),
		h('div', {role: 'link', tabindex: '0', class: 'quote'},
			h('div', {class: 'quote-head'}, avatar(post, 'tiny'), userName(post, {time: 'plain', id: `id__${serial++}`})),
			tweetText(post, post.text, `id__${serial++}`, true)));
}

/** "Replying to @somebody", as timelines show it. */
function answering(post) {
	if (post.answering.length === 0) return null;
	return h('div', {class: 'answering'}, h('div', {dir: 'auto'}, `${words.replying} `,
		...post.answering.map(handle => h('a', {dir: 'ltr', href: `/${handle}`, role: 'link'}, h('span', {}, `@${handle}`)))));
}

/** The banner of 2026 above a translated text. */
function banner(post) {
	if (!post.original) return null;
	return h('div', {dir: 'ltr', class: 'banner'}, h('span', {}, words.translated), h('button', {role: 'button'}, words.original));
}

/** The text and, where it is cut, the link that completes it in place. */
function textParts(post, id) {
	if (!post.rest) return [tweetText(post, post.text, id)];
	const short = tweetText(post, `${post.text}…`, id);
	const role = post.more_tag === 'button' ? 'button' : 'link';
	const more = h(post.more_tag, {'data-testid': 'tweet-text-show-more-link', role, class: 'more', onclick() {
		short.replaceChildren(...rich(post.text + post.rest));
		more.remove();
		post.rest = '';
	}}, words.more);
	return [short, more];
}

/** What stands inside `article`, and the attributes it has. */
function postInside(item) {
	const {post, part} = item;
	const ids = {name: `id__${serial++}`, text: `id__${serial++}`, group: `id__${serial++}`};
	const attributes = {'data-testid': 'tweet', role: 'article', tabindex: part === 'focal' || part === 'promoted' ? '-1' : '0',
		'aria-labelledby': Object.values(ids).join(' '), class: `post ${part}`};
	const caret = h('button', {'data-testid': 'caret', role: 'button', 'aria-label': words.caret, class: 'caret'}, icon('more'));
	const body = [answering(post), banner(post), ...textParts(post, ids.text), post.quote ? quote(post.quote) : null];
	if (part === 'focal') {
		const when = h('div', {class: 'when'},
			h('a', {href: permalink(post), role: 'link', dir: scene.dir}, h('time', {datetime: post.datetime}, post.full_date)),
			h('span', {class: 'dot', 'aria-hidden': 'true'}, '·'),
			h('a', {href: `${permalink(post)}/analytics`, role: 'link'}, h('b', {}, String(post.counts.views)), ` ${words.views}`),
			h('a', {href: `${permalink(post)}/quotes`, role: 'link', class: 'unseen'}, words.quote));
		const follow = post.handle === scene.viewer.handle ? null : h('button', {'data-testid': `${post.account_id}-follow`, role: 'button', class: 'follow'}, words.follow);
		return {attributes, children: [h('div', {}, h('div', {class: 'focal-inside'},
			h('div', {class: 'focal-head'}, avatar(post), userName(post, {time: 'none', id: ids.name}), follow, caret),
			...body, when, actions(post, ids.group)))]};
	}
	const ad = part === 'promoted';
	const inside = h('div', {class: 'columns'},
		h('div', {class: 'left'}, avatar(post), item.joined ? h('div', {class: 'thread-line'}) : null),
		h('div', {class: 'right'},
			h('div', {class: 'head'}, userName(post, {time: ad ? 'none' : 'link', id: ids.name}), ad ? h('span', {class: 'ad'}, words.ad) : null, caret),
			...body, actions(post, ids.group)));
	return {attributes, children: [h('div', {}, inside)]};
}

/** The inside of a cell that holds no post. */
function plainInside(item) {
	if (item.kind === 'notification') {
		return h('article', {'data-testid': 'notification', role: 'article', tabindex: '0', class: 'notification'},
			h('div', {}, h('span', {dir: 'auto'}, item.text)));
	}
	if (item.kind === 'heading') return h('h2', {role: 'heading', class: 'heading'}, h('span', {}, item.text));
	if (item.kind === 'tombstone') {
		return h('article', {role: 'article', tabindex: '-1', class: 'tombstone'}, h('div', {}, h('span', {dir: 'auto'}, item.text)));
	}
	if (item.kind === 'more-replies') return h('article', {role: 'article', tabindex: '-1', class: 'more-replies'}, h('button', {role: 'button'}, item.text));
	return h('div'); // A separator.
}

function composer() {
	return h('div', {'data-testid': 'inline_reply_offscreen', class: 'composer'}, avatar(scene.viewer),
		h('div', {class: 'composer-text'}, words.composer), h('button', {role: 'button', 'data-testid': 'tweetButtonInline', class: 'send'}, words.send));
}
