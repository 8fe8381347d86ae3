import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {extract} from '../../../extension/src/x/extract.js';
import {overrideSelectors, SELECTORS, type SelectorName} from '../../../extension/src/x/selectors.js';
import {cellHtml, element, HEADING, post, postHtml, showPage, TOMBSTONE} from '../factories.js';

const SOURCES = join(import.meta.dirname, '../../../extension/src');

const FOLLOW = {accountId: '1500000000000000001', followed: false};
const whole = postHtml({showMore: true, locked: true, quote: 'Quoted.', quoteLocked: true, follow: FOLLOW});

/** For each selector a piece of X's page, and how many elements of it are meant. */
const fixtures: Record<SelectorName, [html: string, count: number]> = {
	post: [`${cellHtml(whole)}${cellHtml(TOMBSTONE)}<div data-testid="tweet">${cellHtml('')}</div>`, 1],
	article: [`<main>${whole}</main><div role="main">${TOMBSTONE}</div>${TOMBSTONE}`, 2],
	cell: [cellHtml(whole) + cellHtml(''), 2],
	permalink: [postHtml({focal: true}), 2],
	time: [whole, 2],
	author: [whole, 2],
	profileLink: ['<a href="/name">x</a><a href="https://t.co/x">y</a>', 1],
	avatar: [whole, 1],
	avatarSlot: [whole, 1],
	follow: [
		`${whole}<button data-testid="15-unfollow"></button><button data-testid="follow-all"></button>`,
		2,
	],
	socialContext: ['<span data-testid="socialContext">Pinned</span>', 1],
	text: [whole, 2],
	articleView: ['<div data-testid="twitterArticleReadView"></div>', 1],
	articleTitle: ['<div data-testid="twitter-article-title"></div>', 1],
	quote: [`${whole}<div role="link"></div>`, 1],
	nestedPost: [postHtml({extra: '<article><span>This post is unavailable.</span></article>'}), 2],
	showMore: [whole, 1],
	plainButton: ['<button>x</button><div role="button">y</div><button data-testid="caret">z</button>', 2],
	lock: [whole, 2],
	media: [
		['tweetPhoto', 'videoPlayer', 'card.wrapper'].map(id => `<div data-testid="${id}"></div>`).join(''),
		3,
	],
	actions: [whole, 1],
	placement: [postHtml({promoted: true}), 1],
	sectionHeading: [`<h1>Conversation</h1>${cellHtml(HEADING)}`, 1],
	viewerAvatar: [showPage([cellHtml(whole)]).ownerDocument.body.innerHTML, 1],
	viewerProfile: ['<nav><a data-testid="AppTabBar_Profile_Link" href="/v">x</a><a href="/w">y</a></nav>', 1],
	foreign: ['<div id="plasmo-buttons"></div><b data-shadow-host=""></b><div id="id__1"></div>', 2],
};

test.each(Object.entries(fixtures))('%s finds what it is meant to', (name, [html, count]) => {
	const page = element(`<div>${html}</div>`);
	expect(page.querySelectorAll(SELECTORS[name as SelectorName])).toHaveLength(count);
});

test('no other file knows X’s markup', () => {
	for (const path of readdirSync(SOURCES, {recursive: true, encoding: 'utf8'})) {
		if (!path.endsWith('.ts') || path.endsWith('selectors.ts')) continue;
		expect(readFileSync(join(SOURCES, path), 'utf8'), path).not.toMatch(
			/data-testid=|cellInnerDiv|tweetText|User-Name/,
		);
	}
});

test('nothing hangs on a class name or a label, which X generates and translates', () => {
	for (const selector of Object.values(SELECTORS))
		expect(selector.replace(/"[^"]*"/g, '""')).not.toMatch(/\.[a-z]|css-|aria-label|nth-/);
});

describe('selectors that come as data', () => {
	const bundled = {...SELECTORS};
	afterEach(() => {
		overrideSelectors({});
	});

	test('take the place of the bundled ones of their names', () => {
		expect(overrideSelectors({post: 'article.post', time: 'time, .time'})).toBe(true);
		expect(SELECTORS).toEqual({...bundled, post: 'article.post', time: 'time, .time'});
	});

	test('are forgotten when others come, and with none the bundled ones are back', () => {
		overrideSelectors({post: 'article.post'});
		expect(overrideSelectors({time: '.time'})).toBe(true);
		expect(SELECTORS).toEqual({...bundled, time: '.time'});
		expect(overrideSelectors({})).toBe(true);
		expect(SELECTORS).toEqual(bundled);
	});

	test.each([
		['a name we do not have', {tweet: 'article'}],
		['a name every object has', {constructor: 'article'}],
		['an empty selector', {post: ''}],
		['no selector', {post: 'article['}],
		['two of them with nothing between', {post: 'article,,div'}],
		['an open string', {post: '[data-testid="tweet'}],
		['an open comment', {post: 'article /*'}],
		['an open bracket', {post: ':is(article'}],
		['a bracket too much', {post: 'article)'}],
		['something that is no text', {post: 1}],
		['a list', {post: ['article']}],
		['301 characters', {post: `.${'a'.repeat(300)}`}],
	])('all stay away with %s', (_, wrong) => {
		overrideSelectors({cell: '.cell'});
		expect(overrideSelectors({time: '.time', ...wrong})).toBe(false);
		expect(SELECTORS).toEqual({...bundled, cell: '.cell'});
	});

	test.each([[null], [undefined], ['post'], [1], [['article']]])('are none: %j', candidate => {
		expect(overrideSelectors(candidate)).toBe(false);
		expect(SELECTORS).toEqual(bundled);
	});

	test('may have 300 characters', () => {
		expect(overrideSelectors({post: `.${'a'.repeat(299)}`})).toBe(true);
	});

	test('are used at the next look', () => {
		const article = post({text: null, extra: '<p data-said>Renamed.</p>'});
		expect(extract(article, undefined)).toMatchObject({because: 'no-words'});
		overrideSelectors({text: '[data-said]'});
		expect(extract(article, undefined)).toMatchObject({post: {text: 'Renamed.'}});
	});

	test('every bundled one could have come that way', () => {
		for (const [name, selector] of Object.entries(bundled)) {
			expect(overrideSelectors({[name]: selector}), name).toBe(true);
		}
	});
});
