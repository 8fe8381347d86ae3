/** Markup after the structure of X's pages. Synthetic: no real person or post is in it. */

export const FOCAL_ID = '1800000000000000001';
export const REPLY_ID = '1800000000000000002';

export interface PostParts {
	id?: string;
	handle?: string;
	/** HTML inside the element of the text; null for a post without a text. */
	text?: string | null;
	focal?: boolean;
	locked?: boolean;
	showMore?: boolean;
	/** HTML of a quoted post's text. */
	quote?: string;
	/** An ad: no permalink, and a mark. */
	promoted?: boolean;
	/** Another extension's or X's own elements, as HTML, at the end of the post. */
	extra?: string;
	/** The author row; null leaves it out. */
	author?: string | null;
	actions?: boolean;
	/** HTML of the display name. */
	name?: string;
	/** The quoted account. */
	quoteHandle?: string;
	/** The quoted account is protected. */
	quoteLocked?: boolean;
	/** Handles of a row "Replying to …" above the text. */
	answering?: string[];
	/** A banner above the text says that it is a translation. */
	translated?: boolean;
	/** A line leads to the next post, which answers this one. */
	joined?: boolean;
	/** A button to follow the author, or to follow them no longer. */
	follow?: {accountId: string; followed: boolean};
}

export function postHtml(parts: PostParts = {}): string {
	const {
		id = REPLY_ID,
		handle = 'somebody',
		text = 'A reply.',
		focal = false,
		author,
		actions = true,
		name = 'Name',
		quoteHandle = 'quoted',
	} = parts;
	const link = parts.promoted
		? ''
		: `<a href="/${handle}/status/${id}"><time datetime="2026-01-01T00:00:00.000Z">1h</time></a>`;
	const lock = parts.locked ? '<svg data-testid="icon-lock"></svg>' : '';
	const row =
		author === undefined
			? `<div data-testid="User-Name"><a href="/${handle}">${name}</a>${lock}<a href="/${handle}">@${handle}</a>${
					focal ? '' : link
				}</div>`
			: (author ?? '');
	const quote =
		parts.quote === undefined
			? ''
			: `<div role="link" tabindex="0"><div data-testid="User-Name"><span>Quoted</span>${
					parts.quoteLocked ? '<svg data-testid="icon-lock"></svg>' : ''
				}<span>@${quoteHandle}</span></div><time>2h</time>
				<div data-testid="tweetText">${parts.quote}</div></div>`;
	return `<article data-testid="tweet" role="article" tabindex="${focal ? -1 : 0}"><div>
		<div data-testid="Tweet-User-Avatar"><div data-testid="UserAvatar-Container-${handle}"></div></div>
		${parts.joined ? '<div style="width: 2px"></div>' : ''}
		${row}${followHtml(parts)}
		${parts.answering ? answeringHtml(parts.answering) : ''}
		${parts.translated ? '<div dir="ltr"><span>Translated</span><button>Show original</button></div>' : ''}
		${text === null ? '' : `<div data-testid="tweetText" lang="en" dir="auto">${text}</div>`}
		${parts.showMore ? '<button data-testid="tweet-text-show-more-link">Show more</button>' : ''}
		${parts.promoted ? '<div data-testid="placementTracking"></div>' : ''}
		${quote}
		${focal ? `${link}<a href="/${handle}/status/${id}/quotes">Quotes</a>` : ''}
		${actions ? '<div role="group" aria-label="0 replies"><button data-testid="reply">Reply</button></div>' : ''}
		${parts.extra ?? ''}
	</div></article>`;
}

function followHtml({follow}: PostParts): string {
	if (follow === undefined) return '';
	return `<button data-testid="${follow.accountId}-${follow.followed ? 'unfollow' : 'follow'}">Follow</button>`;
}

function answeringHtml(handles: string[]): string {
	const links = handles.map(handle => `<a href="/${handle}"><span>@${handle}</span></a>`);
	return `<div dir="ltr">Replying to ${links.join(' and ')}</div>`;
}

export function post(parts: PostParts = {}): HTMLElement {
	return element(postHtml(parts));
}

export function element(html: string): HTMLElement {
	const holder = document.createElement('div');
	holder.innerHTML = html;
	return holder.firstElementChild as HTMLElement;
}

/** A cell of X's virtual list. Without `top`, as at first paint, X has not placed it yet. */
export function cellHtml(inner: string, top?: number): string {
	const style = top === undefined ? '' : ` style="transform: translateY(${top}px); position: absolute"`;
	return `<div data-testid="cellInnerDiv"${style}><div><div>${inner}</div></div></div>`;
}

export const HEADING = '<h2 role="heading">Discover more</h2>';
export const TOMBSTONE =
	'<article role="article" tabindex="-1"><div>This post is unavailable.</div></article>';

/** A conversation page with these cells; puts it into the document. */
export function showPage(cells: string[], {viewer = 'viewer'}: {viewer?: string | null} = {}): HTMLElement {
	const switcher = viewer
		? `<div data-testid="SideNav_AccountSwitcher_Button"><div data-testid="UserAvatar-Container-${viewer}"></div></div>`
		: '';
	document.body.innerHTML = `<div id="react-root"><header role="banner">${switcher}</header>
		<main role="main"><div data-testid="primaryColumn"><section role="region">
		<h1 role="heading">Conversation</h1><div aria-label="Timeline: Conversation">
		<div id="list" style="position: relative">${cells.join('')}</div></div></section></div></main></div>`;
	return document.querySelector('#list') as HTMLElement;
}

/** Changes the address without loading anything, as X does. */
export function setAddress(href: string): void {
	const {happyDOM} = window as unknown as {happyDOM: {setURL(href: string): void}};
	happyDOM.setURL(href);
}
