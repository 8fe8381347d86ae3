import {readdirSync, readFileSync} from 'node:fs';
import {basename, join} from 'node:path';
import {
	extract,
	leadsToNext,
	type Quote,
	readContext,
	readHandle,
	readId,
	readViewer,
	textElement,
} from '../../../extension/src/x/extract.js';
import {readRoute} from '../../../extension/src/x/route.js';
import {SELECTORS} from '../../../extension/src/x/selectors.js';
import {states} from './fixtures/states.js';

const EXPECTED = join(import.meta.dirname, 'fixtures/expected');
const SAVED = process.env.PANAH_SAVED_PAGES;

type Facts = Record<string, unknown>;
interface Expected extends Facts {
	path?: string;
	focal?: string;
	posts?: Facts[];
}

/** What the JSON of our own pages may leave out. */
const USUAL: Facts = {partial: false, translated: false, answering: [], quote: null};

// Out of the text, since the parser itself would load them.
const SCRIPTS_AND_STYLES = /<(script|style)\b(?![^>]*ld\+json)[^>]*>.*?<\/\1\s*>/gis;
const LOADING = /<\/?(?:link|iframe|frame|object|embed)\b[^>]*>/gi;

/** Puts a page into the document without running or loading anything of it. */
function show(html: string): void {
	const inert = html.replace(SCRIPTS_AND_STYLES, '').replace(LOADING, '');
	const page = new DOMParser().parseFromString(inert, 'text/html');
	for (const element of page.querySelectorAll('[src], [srcset], [poster]'))
		for (const name of ['src', 'srcset', 'poster']) element.removeAttribute(name);
	for (const link of page.querySelectorAll('a[href]')) {
		const path = /^https?:\/\/(?:mobile\.)?(?:x|twitter)\.com(\/.*)$/.exec(
			link.getAttribute('href') ?? '',
		)?.[1];
		if (path !== undefined) link.setAttribute('href', path);
	}
	for (const name of ['lang', 'dir'])
		document.documentElement.setAttribute(name, page.documentElement.getAttribute(name) ?? '');
	document.body.replaceWith(document.adoptNode(page.body));
}

function readPage(path: string | undefined): Expected {
	const route = path === undefined ? undefined : readRoute(`https://x.com${path}`);
	const viewer = readViewer(document);
	const posts = Array.from(document.querySelectorAll(SELECTORS.post), article => readPost(article, viewer));
	const focalId = route?.kind === 'conversation' ? route.focalId : undefined;
	const found: Expected = {
		viewer: viewer ?? null,
		surface: route?.kind === 'feed' ? route.surface : route?.kind,
		posts,
	};
	if (path !== undefined) found.path = path;
	if (focalId !== undefined && posts.some(({id}) => id === focalId)) found.focal = focalId;
	return found;
}

function readPost(article: Element, viewer: string | undefined): Facts {
	const found = extract(article, viewer);
	const id = readId(article) ?? null;
	if (found.state !== 'ok') return {id, ...found};
	const {quote, ...post} = found.post;
	expect(post.id).toBe(id);
	expect(post.handle).toBe(readHandle(article));
	if (textElement(article) !== undefined && post.text !== '') expect(readContext(article)).toBe(post.text);
	return orNull({
		state: 'ok',
		...post,
		quote: quote && readQuote(quote, article),
		leadsToNext: leadsToNext(article),
	});
}

function readQuote({element, ...quote}: Quote, article: Element): Facts {
	expect(article.contains(element)).toBe(true);
	return orNull(quote);
}

/** JSON knows no undefined. */
function orNull(facts: Facts): Facts {
	return Object.fromEntries(Object.entries(facts).map(([name, fact]) => [name, fact ?? null]));
}

function check(found: Expected, expected: Expected): void {
	const {posts, ...facts} = expected;
	expect(found).toMatchObject(facts);
	if (posts === undefined) return;
	const outline = (all: Facts[] | undefined) => all?.map(({id, state}) => [id, state]);
	if (posts.every(post => 'id' in post && 'state' in post))
		expect(outline(found.posts)).toEqual(outline(posts));
	expect(found.posts).toMatchObject(posts);
}

function readJson(path: string): Expected {
	return JSON.parse(readFileSync(path, 'utf8'));
}

describe('of our own pages', () => {
	test('every state says what is expected of it, and there are many', () => {
		const names = readdirSync(EXPECTED).map(name => basename(name, '.json'));
		expect(names.sort()).toEqual(Object.keys(states).sort());
		expect(names.length).toBeGreaterThanOrEqual(44);
	});

	test.each(Object.entries(states))('%s is read, and stays as it was', (name, html) => {
		const expected = readJson(join(EXPECTED, `${name}.json`));
		const posts = expected.posts?.map(post => (post.state === 'ok' ? {...USUAL, ...post} : post)) ?? [];
		show(html());
		const before = document.body.innerHTML;
		check(readPage(expected.path), {...expected, posts});
		expect(document.body.innerHTML).toBe(before);
	});
});

if (SAVED !== undefined && SAVED !== '') {
	const names = readdirSync(SAVED);
	describe('of saved pages', () => {
		test.each(names.filter(name => /\.html?$/.test(name)))('%s is read', name => {
			const json = name.replace(/\.html?$/, '.json');
			const expected = names.includes(json) ? readJson(join(SAVED, json)) : {};
			show(readFileSync(join(SAVED, name), 'utf8'));
			check(readPage(expected.path), expected);
		});
	});
}
