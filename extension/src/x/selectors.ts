/**
 * Everything we know about X's markup. No other file holds a selector of X's.
 *
 * Test ids have lasted since 2019; class names and labels change or are translated, so none stands here.
 */
const BUNDLED = {
	/** A post. With its tag: the photo viewer is a `div` of the same test id that holds a whole conversation. */
	post: 'article[data-testid="tweet"]',
	/** Whatever may be a post, should the test ids have changed. */
	article: 'main article, [role="main"] article',
	/** A slot of X's virtual list. Posts elsewhere (a reply being written, an embed) are none of a conversation. */
	cell: '[data-testid="cellInnerDiv"]',
	/** The first of these that holds a <time> and is not the quote's is the post's own link. */
	permalink: 'a[href*="/status/"]',
	time: 'time',
	author: '[data-testid="User-Name"]',
	profileLink: 'a[href^="/"]',
	/** `…-<handle>`, where the author row is missing. */
	avatar: '[data-testid^="UserAvatar-Container-"]',
	/** Around the author's picture. Below it in its column, a line 2 px wide leads to a post that answers. */
	avatarSlot: '[data-testid="Tweet-User-Avatar"]',
	/** `<account id>-follow` or `<account id>-unfollow`: on the focal post's author row. */
	follow: '[data-testid$="-follow"], [data-testid$="-unfollow"]',
	/** Above the author row: who reposted a post, or that it is pinned. */
	socialContext: '[data-testid="socialContext"]',
	text: '[data-testid="tweetText"]',
	/** X's long articles have no text of the kind above. */
	articleView: '[data-testid="twitterArticleReadView"]',
	articleTitle: '[data-testid="twitter-article-title"]',
	/** A quoted post, if it holds an author or a text; the same shape also serves other link cards. */
	quote: 'div[role="link"][tabindex="0"]',
	/** A quoted post that is gone is a nested article without a test id. */
	nestedPost: 'article',
	/** Beside a text that is cut. A div, a link or a button at different times. */
	showMore: '[data-testid="tweet-text-show-more-link"]',
	/** A translation has one before its text. Those with a test id serve other ends. */
	plainButton: 'button:not([data-testid]), [role="button"]:not([data-testid])',
	/** On the author's row: the account is protected. */
	lock: '[data-testid="icon-lock"]',
	media: '[data-testid="tweetPhoto"], [data-testid="videoPlayer"], [data-testid="card.wrapper"]',
	/** The row of buttons below a post: it is there once a post is whole. */
	actions: '[role="group"]',
	/** On an ad, but around media of ordinary posts too: an ad only where there is no permalink. */
	placement: '[data-testid="placementTracking"]',
	/** Of a section that follows the replies: "Discover more", "More from this author". */
	sectionHeading: 'h2',
	/** The second one on narrow pages; not seen by us yet. */
	viewerAvatar:
		'[data-testid="SideNav_AccountSwitcher_Button"] [data-testid^="UserAvatar-Container-"], ' +
		'[data-testid="DashButton_ProfileIcon_Link"] [data-testid^="UserAvatar-Container-"]',
	viewerProfile: 'a[data-testid="AppTabBar_Profile_Link"]',
	/** What other extensions put into posts; besides these, elements of names that HTML does not have. */
	foreign: '[id^="plasmo"], [data-shadow-host]',
};

export type SelectorName = keyof typeof BUNDLED;

/** The selectors in use. To be read where they are used, and not kept: overrideSelectors() changes them. */
export const SELECTORS: Readonly<Record<SelectorName, string>> = {...BUNDLED};

export const AVATAR_PREFIX = 'UserAvatar-Container-';

/** Characters; our longest has 90. */
const LONGEST = 300;

/**
 * Puts the candidate's selectors in place of the bundled ones of the same names. Those it does not name are the
 * bundled ones again, so `{}` restores all. False, and nothing changes, unless every one of it can be used.
 */
export function overrideSelectors(candidate: unknown): boolean {
	if (typeof candidate !== 'object' || candidate === null || Array.isArray(candidate)) return false;
	const entries = Object.entries(candidate);
	if (!entries.every(([name, selector]) => Object.hasOwn(BUNDLED, name) && isSelector(selector)))
		return false;
	Object.assign(SELECTORS, BUNDLED, Object.fromEntries(entries));
	return true;
}

/** Whether it can be used, alone and joined with others by commas. */
function isSelector(candidate: unknown): candidate is string {
	if (typeof candidate !== 'string' || candidate.length > LONGEST) return false;
	// Browsers close an open string, comment or bracket at the end, which would swallow what we join to it.
	const joined = `${candidate},panah-probe`;
	return matchesProbe(joined) === true && matchesProbe(`${joined})`) === undefined;
}

/** Undefined where the selector cannot be parsed. */
function matchesProbe(selector: string): boolean | undefined {
	try {
		return document.createElement('panah-probe').matches(selector);
	} catch {
		return undefined;
	}
}
