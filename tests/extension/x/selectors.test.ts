import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {SELECTORS} from '../../../extension/src/x/selectors.js';
import {cellHtml, element, HEADING, postHtml, showPage, TOMBSTONE} from '../factories.js';

const SOURCES = join(import.meta.dirname, '../../../extension/src');

const whole = postHtml({showMore: true, locked: true, quote: 'Quoted.'});

/** For each selector a piece of X's page, and how many elements of it are meant. */
const fixtures: Record<keyof typeof SELECTORS, [html: string, count: number]> = {
	post: [`${cellHtml(whole)}${cellHtml(TOMBSTONE)}<div data-testid="tweet">${cellHtml('')}</div>`, 1],
	cell: [cellHtml(whole) + cellHtml(''), 2],
	permalink: [postHtml({focal: true}), 2],
	time: [whole, 2],
	author: [whole, 2],
	profileLink: ['<a href="/name">x</a><a href="https://t.co/x">y</a>', 1],
	avatar: [whole, 1],
	text: [whole, 2],
	quote: [`${whole}<div role="link"></div>`, 1],
	nestedPost: [postHtml({extra: '<article><span>This post is unavailable.</span></article>'}), 2],
	showMore: [whole, 1],
	lock: [whole, 2],
	actions: [whole, 1],
	placement: [postHtml({promoted: true}), 1],
	sectionHeading: [`<h1>Conversation</h1>${cellHtml(HEADING)}`, 1],
	viewerAvatar: [showPage([cellHtml(whole)]).ownerDocument.body.innerHTML, 1],
	viewerProfile: ['<nav><a data-testid="AppTabBar_Profile_Link" href="/v">x</a><a href="/w">y</a></nav>', 1],
};

test.each(Object.entries(fixtures))('%s finds what it is meant to', (name, [html, count]) => {
	const page = element(`<div>${html}</div>`);
	expect(page.querySelectorAll(SELECTORS[name as keyof typeof SELECTORS])).toHaveLength(count);
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
		expect(selector).not.toMatch(/\.[a-z]|css-|aria-label|nth-/);
});
