import {extract, readContext, readHandle, readId, readViewer} from '../../../extension/src/x/extract.js';
import {element, FOCAL_ID, post, postHtml, REPLY_ID, showPage} from '../factories.js';

const VIEWER = 'viewer';

function textOf(html: string): string | undefined {
	const found = extract(post({text: html}), VIEWER);
	return found.state === 'ok' ? found.reply.text : undefined;
}

test('a reply is read whole', () => {
	expect(extract(post({handle: 'SomeBody'}), VIEWER)).toEqual({
		state: 'ok',
		reply: {id: REPLY_ID, handle: 'somebody', text: 'A reply.', partial: false},
	});
});

describe('the text', () => {
	test.each([
		['emoji', 'thanks <img alt="❤️" src="x.svg"> <img src="y.svg">', 'thanks ❤️ '],
		['mentions', '<a dir="ltr" href="/Other">@Other</a> yes', '@Other yes'],
		['hashtags', '<a dir="ltr" href="/hashtag/MeToo">#MeToo</a> yes', '#MeToo yes'],
		[
			'links, with their hidden parts',
			'see <a dir="ltr" href="https://t.co/x"><span aria-hidden="true">https://</span>ex.org/a</a>',
			'see  URL ',
		],
		['lines', 'one<br>two\nthree', 'one\ntwo\nthree'],
		['nested spans', '<span>one <span>two</span></span>', 'one two'],
		["Chrome's translation", '<font><font>translated</font></font>', 'translated'],
		['Urdu', '<span>غلطی تمہاری ہے</span>', 'غلطی تمہاری ہے'],
	])('holds %s', (_, html, text) => {
		expect(textOf(html)).toBe(text);
	});

	test('leaves out what is quoted', () => {
		const found = extract(post({text: 'Look at this:', quote: 'It was her fault.'}), VIEWER);
		expect(found).toMatchObject({state: 'ok', reply: {text: 'Look at this:'}});
	});

	test('is not taken from the quote where the reply itself has none', () => {
		expect(extract(post({text: null, quote: 'It was her fault.'}), VIEWER)).toEqual({
			state: 'skip',
			because: 'no-words',
		});
	});

	test('is marked as partial where X shows only its beginning', () => {
		expect(extract(post({showMore: true}), VIEWER)).toMatchObject({reply: {partial: true}});
		for (const tag of ['a', 'div']) {
			const extra = `<${tag} role="link" data-testid="tweet-text-show-more-link">…</${tag}>`;
			expect(extract(post({extra}), VIEWER)).toMatchObject({reply: {partial: true}});
		}
	});

	test('is not partial because the quoted post is', () => {
		const quote = 'long <button data-testid="tweet-text-show-more-link">Show more</button>';
		expect(extract(post({quote}), VIEWER)).toMatchObject({reply: {partial: false}});
	});

	test('holds nothing of other extensions around it', () => {
		const extra = '<div id="plasmo-buttons"><button>Save her fault</button></div>';
		expect(extract(post({extra}), VIEWER)).toMatchObject({reply: {text: 'A reply.'}});
	});
});

describe('skipped', () => {
	test.each([
		['an ad', {promoted: true}, 'promoted'],
		["the viewer's own post", {handle: 'Viewer'}, 'own'],
		['a protected account', {locked: true}, 'protected'],
		['pictures only', {text: null}, 'no-words'],
		['an empty text', {text: '  '}, 'no-words'],
		['a mention only', {text: '<a href="/Other">@Other</a>'}, 'no-words'],
		['a link only', {text: '<a href="https://t.co/x">ex.org</a>'}, 'no-words'],
	] as const)('%s', (_, parts, because) => {
		expect(extract(post(parts), VIEWER)).toEqual({state: 'skip', because});
	});

	test('but not a post with media, which X also marks for placement', () => {
		const extra = '<div data-testid="placementTracking"><div data-testid="tweetPhoto"></div></div>';
		expect(extract(post({extra}), VIEWER).state).toBe('ok');
	});

	test('but not a public post that quotes a protected one', () => {
		expect(extract(post({quote: 'Only for followers.'}), VIEWER).state).toBe('ok');
	});

	test('an ad whose mark is around it', () => {
		const placed = element(
			`<div data-testid="placementTracking">${postHtml({promoted: true}).replace('placementTracking', 'x')}</div>`,
		);
		expect(extract(placed.querySelector('article') as Element, VIEWER)).toMatchObject({because: 'promoted'});
	});
});

describe('tried again later', () => {
	test.each([
		['a skeleton', '<article data-testid="tweet"><div></div></article>'],
		['a post without its author yet', postHtml({author: null}).replace(/UserAvatar-Container-\w+/, '')],
		['a post without its text and buttons yet', postHtml({text: null, actions: false})],
	])('%s', (_, html) => {
		expect(extract(element(html), VIEWER)).toEqual({state: 'retry'});
	});
});

describe('the id', () => {
	test('comes from the link around the time, and not from others', () => {
		const decoys = `<a href="/a/status/111/photo/1">x</a><a href="/a/status/222/analytics">y</a>`;
		expect(readId(element(postHtml().replace('<div>', `<div>${decoys}`)))).toBe(REPLY_ID);
	});

	test('of a focal post comes from the row below the text', () => {
		expect(readId(post({id: FOCAL_ID, focal: true}))).toBe(FOCAL_ID);
	});

	test('is not that of a quoted post', () => {
		const quote = 'x <a href="/q/status/333"><time>1h</time></a>';
		expect(readId(post({quote, promoted: true}))).toBeUndefined();
		const unavailable = '<article><a href="/q/status/444"><time>1h</time></a></article>';
		expect(readId(post({promoted: true, extra: unavailable}))).toBeUndefined();
	});

	test('keeps all digits', () => {
		expect(readId(post({id: '9007199254740993'}))).toBe('9007199254740993');
	});
});

describe('the handle', () => {
	test('comes from the author row, and without it from the avatar', () => {
		expect(readHandle(post({handle: 'Some_1'}))).toBe('some_1');
		expect(readHandle(post({handle: 'Some_1', author: null}))).toBe('some_1');
	});

	test('is not that of another extension’s link in the row', () => {
		const author = '<div data-testid="User-Name"><a href="/i/lists/1">x</a><a href="/real">@real</a></div>';
		expect(readHandle(post({author}))).toBe('real');
	});
});

test('the viewer is read from the account switcher, or from the link to the own profile', () => {
	showPage([], {viewer: 'Some_One'});
	expect(readViewer(document)).toBe('some_one');
	document.body.innerHTML =
		'<nav><a data-testid="AppTabBar_Profile_Link" href="/Other_One">Profile</a></nav>';
	expect(readViewer(document)).toBe('other_one');
	document.body.innerHTML = '<a href="/login">Log in</a>';
	expect(readViewer(document)).toBeUndefined();
});

test('the post that is answered is sent along only where everybody may read it', () => {
	expect(readContext(post({focal: true, text: 'I was followed.', quote: 'x'}))).toBe('I was followed.');
	expect(readContext(post({focal: true, text: 'I was followed.', locked: true}))).toBeUndefined();
	expect(readContext(post({focal: true, text: null}))).toBeUndefined();
});
