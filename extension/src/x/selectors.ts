/**
 * Everything we know about X's markup. No other file holds a selector of X's.
 *
 * Test ids have lasted since 2019; class names and labels change or are translated, so none stands here.
 */
export const SELECTORS = {
	/** A post. With its tag: the photo viewer is a `div` of the same test id that holds a whole conversation. */
	post: 'article[data-testid="tweet"]',
	/** A slot of X's virtual list. Posts elsewhere (a reply being written, an embed) are none of a conversation. */
	cell: '[data-testid="cellInnerDiv"]',
	/** The first of these that holds a <time> and is not the quote's is the post's own link. */
	permalink: 'a[href*="/status/"]',
	time: 'time',
	author: '[data-testid="User-Name"]',
	profileLink: 'a[href^="/"]',
	/** `…-<handle>`, where the author row is missing. */
	avatar: '[data-testid^="UserAvatar-Container-"]',
	text: '[data-testid="tweetText"]',
	/** A quoted post, if it holds an author; the same shape also serves other link cards. */
	quote: 'div[role="link"][tabindex="0"]',
	/** A quoted post that is gone is a nested article without a test id. */
	nestedPost: 'article',
	/** Beside a text that is cut. A div, a link or a button at different times. */
	showMore: '[data-testid="tweet-text-show-more-link"]',
	/** On the author's row: the account is protected. */
	lock: '[data-testid="icon-lock"]',
	/** The row of buttons below a post: it is there once a post is whole. */
	actions: '[role="group"]',
	/** On an ad, but around media of ordinary posts too: an ad only where there is no permalink. */
	placement: '[data-testid="placementTracking"]',
	/** Of a section that follows the replies: "Discover more", "More from this author". */
	sectionHeading: 'h2',
	viewerAvatar: '[data-testid="SideNav_AccountSwitcher_Button"] [data-testid^="UserAvatar-Container-"]',
	viewerProfile: 'a[data-testid="AppTabBar_Profile_Link"]',
} as const;

export const AVATAR_PREFIX = 'UserAvatar-Container-';
