import {prepare} from '../../../extension/src/core/text.js';
import {
	extract,
	leadsToNext,
	type Post,
	readContext,
	readHandle,
	readId,
	readViewer,
	textElement,
} from '../../../extension/src/x/extract.js';
import {element, FOCAL_ID, type PostParts, post, postHtml, REPLY_ID, showPage} from '../factories.js';

const VIEWER = 'viewer';

function read(parts: PostParts = {}): Post | undefined {
	const found = extract(post(parts), VIEWER);
	return found.state === 'ok' ? found.post : undefined;
}

const textOf = (html: string) => read({text: html})?.text;

test('a post is read whole', () => {
	const article = post({handle: 'SomeBody', quote: 'Quoted <b>words</b>.', quoteHandle: 'Other_1'});
	expect(extract(article, VIEWER)).toEqual({
		state: 'ok',
		post: {
			id: REPLY_ID,
			handle: 'somebody',
			writtenHandle: 'SomeBody',
			name: 'Name',
			postedAt: '2026-01-01T00:00:00.000Z',
			accountId: undefined,
			follows: undefined,
			text: 'A reply.',
			shown: 'A reply.',
			partial: false,
			translated: false,
			answering: [],
			mentions: [],
			quote: {
				element: article.querySelector('div[role="link"]'),
				handle: 'other_1',
				name: 'Quoted',
				text: 'Quoted words.',
				shown: 'Quoted words.',
				partial: false,
				protected: false,
				id: undefined,
			},
		},
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
		expect(read({text: 'Look at this:', quote: 'It was her fault.'})?.text).toBe('Look at this:');
	});

	test.each([null, '', '<a href="/Other">@Other</a>', '<a href="https://t.co/x">ex.org</a>'])(
		'is empty where only the quote has words, beside %s',
		text => {
			const found = read({text, quote: 'It was her fault.'});
			expect(found?.text).toBe('');
			expect(found?.quote?.text).toBe('It was her fault.');
		},
	);

	test('is not taken from a quote whose author is not there yet', () => {
		const extra = '<div role="link" tabindex="0"><div data-testid="tweetText">It was her fault.</div></div>';
		expect(extract(post({text: null, extra}), VIEWER)).toEqual({state: 'skip', because: 'no-words'});
	});

	test.each(['<div id="plasmo-buttons">Save</div>', '<x-note>Seen</x-note>', '<b data-shadow-host>Mark</b>'])(
		'holds nothing of other extensions inside it: %s',
		foreign => {
			expect(textOf(`<span>A ${foreign}reply.</span>`)).toBe('A reply.');
		},
	);

	test('leaves out an element with a shadow root', () => {
		const article = post({text: '<span>A reply.</span><span>Added</span>'});
		(article.querySelectorAll('[data-testid="tweetText"] > span')[1] as Element).attachShadow({mode: 'open'});
		expect(extract(article, VIEWER)).toMatchObject({post: {text: 'A reply.'}});
	});

	test('is read to its end, and where its words come late', () => {
		const text = `${'… '.repeat(1500)}word`;
		expect(textOf(text)).toBe(text);
	});

	test('is marked as partial where X shows only its beginning', () => {
		expect(extract(post({showMore: true}), VIEWER)).toMatchObject({post: {partial: true}});
		for (const tag of ['a', 'div']) {
			const extra = `<${tag} role="link" data-testid="tweet-text-show-more-link">…</${tag}>`;
			expect(extract(post({extra}), VIEWER)).toMatchObject({post: {partial: true}});
		}
	});

	test('is not partial because the quoted post is', () => {
		const quote = 'long <button data-testid="tweet-text-show-more-link">Show more</button>';
		expect(extract(post({quote}), VIEWER)).toMatchObject({post: {partial: false}});
	});

	test('holds nothing of other extensions around it', () => {
		const extra = '<div id="plasmo-buttons"><button>Save her fault</button></div>';
		expect(extract(post({extra}), VIEWER)).toMatchObject({post: {text: 'A reply.'}});
	});
});

describe('skipped', () => {
	test.each([
		['an ad', {promoted: true}, 'promoted'],
		["the viewer's own post", {handle: 'Viewer'}, 'own'],
		['a protected account', {locked: true}, 'protected'],
		['pictures only', {text: null}, 'no-words'],
		['an empty text', {text: '  '}, 'no-words'],
		['a quote without words', {text: null, quote: '…'}, 'no-words'],
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
		const found = read({quote: 'Only for followers.', quoteLocked: true});
		expect(found?.quote?.protected).toBe(true);
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

describe('the name', () => {
	test.each([
		['with emoji', 'Ay <img alt="🌷" src="x.svg"> sha', 'Ay 🌷 sha'],
		['in Urdu', '<span>آواز</span>', 'آواز'],
		[
			'without badges and marks of other extensions',
			'Name<svg><title>Verified</title></svg><x-flag>PK</x-flag>',
			'Name',
		],
		['even if it looks like a handle', '@other_1', '@other_1'],
	])('is read %s', (_, name, expected) => {
		expect(read({name})?.name).toBe(expected);
	});

	test('is empty where only the handle is shown', () => {
		const time = `<a href="/a_1/status/${REPLY_ID}"><time></time></a>`;
		const author = `<div data-testid="User-Name"><a href="/a_1">@a_1</a>${time}</div>`;
		expect(read({author})?.name).toBe('');
	});
});

describe('the author', () => {
	test.each([
		[true, '15-unfollow'],
		[false, '15-follow'],
	])('is followed, as the button says: %s', followed => {
		const found = read({follow: {accountId: '9007199254740993', followed}});
		expect(found).toMatchObject({accountId: '9007199254740993', follows: followed});
	});

	test.each([
		'<button data-testid="15-block">x</button>',
		'<button data-testid="all-follow">x</button>',
		'<button data-testid="15-follow" aria-label="Follow @another">x</button>',
		'<div role="link" tabindex="0"><div data-testid="User-Name"></div><button data-testid="15-follow">x</button></div>',
	])('is not known by %s', extra => {
		expect(read({extra})).toMatchObject({accountId: undefined, follows: undefined});
	});
});

describe('a translation', () => {
	const banner = '<div dir="ltr"><span>Translated</span><button><span>Show original</span></button></div>';
	const text = '<div data-testid="tweetText">A reply.</div>';

	test('is known by a banner before the text', () => {
		expect(read({translated: true})?.translated).toBe(true);
	});

	test.each([
		['beside the text', `<div>${banner}${text}</div>`],
		['before what is around the text', `${banner}<div><div>${text}</div></div>`],
		[
			'as a div of the role',
			`${banner.replaceAll('button', 'b').replace('<b>', '<b role="button">')}${text}`,
		],
	])('also with the banner %s', (_, extra) => {
		expect(read({text: null, extra})).toMatchObject({translated: true, text: 'A reply.'});
	});

	test('is known by what browsers write', () => {
		expect(read({text: '<font><font>Why?</font></font>'})?.translated).toBe(true);
	});

	test.each([
		['the button to translate, after the text', {extra: '<button>Translate post</button>'}],
		[
			'a picture as a button in the head',
			{text: null, extra: `<button aria-label="Grok"><svg></svg></button>${text}`},
		],
		[
			'a button with a test id',
			{text: null, extra: `<div><button data-testid="caret">…</button></div>${text}`},
		],
		['a button above the author row', {}],
		['the button to follow', {follow: {accountId: '15', followed: false}}],
		['the row of who is answered', {answering: ['a_1', 'b_2']}],
		['a button of another extension', {text: null, extra: `<x-bar><button>Note</button></x-bar>${text}`}],
		['a translated quote', {quote: '<font>Why?</font>'}],
		[
			'a banner in the quote',
			{extra: `<div role="link" tabindex="0"><b data-testid="User-Name"></b>${banner}${text}</div>`},
		],
	] as [string, PostParts][])('is not taken from %s', (_, parts) => {
		const article = post(parts);
		article.firstElementChild?.prepend(element('<div><button>Pinned by somebody</button></div>'));
		expect(extract(article, VIEWER)).toMatchObject({state: 'ok', post: {translated: false}});
	});
});

describe('whom a post answers', () => {
	test('is read from the row above the text, in any language', () => {
		expect(read({answering: ['Some_1', 'other_2', 'some_1']})?.answering).toEqual(['some_1', 'other_2']);
	});

	test.each([
		['the text', {text: '<a href="/a_1">@a_1</a> hello'}],
		['the quote', {quote: '<a href="/a_1">@a_1</a> hello'}],
		['what follows the text', {extra: '<a href="/a_1">@a_1</a>'}],
		['a link that says something else', {answering: ['a_1'], handle: 'b_2'}],
	] as [string, PostParts][])('is not taken from %s', (_, parts) => {
		const article = post(parts);
		for (const link of article.querySelectorAll('div[dir="ltr"] > a')) link.textContent = 'Somebody';
		expect(extract(article, VIEWER)).toMatchObject({post: {answering: []}});
	});

	test('is not who reposted it', () => {
		const article = post();
		article.firstElementChild?.prepend(
			element('<a href="/a_1"><span data-testid="socialContext">@a_1</span></a>'),
		);
		expect(extract(article, VIEWER)).toMatchObject({post: {answering: []}});
	});
});

test('mentions are the people linked in the text, once each', () => {
	const text = ['/Some_1', '/other_2', '/some_1', '/hashtag/x', '/search?q=x', 'https://t.co/x']
		.map(href => `<a href="${href}">x</a>`)
		.join(' and ');
	expect(read({text})?.mentions).toEqual(['some_1', 'other_2']);
});

describe('a quote', () => {
	test('has its own parts', () => {
		const more = '<button data-testid="tweet-text-show-more-link">Show more</button>';
		const link = '<a href="/Quoted/status/333/photo/1">x</a>';
		const found = read({quote: `It goes on${more}${link}`, quoteLocked: true});
		expect(found?.partial).toBe(false);
		expect(found?.quote).toMatchObject({id: '333', partial: true, protected: true, handle: 'quoted'});
		expect(read({quote: 'x', locked: false})?.quote?.protected).toBe(false);
	});

	test('takes no id from media that were first posted elsewhere', () => {
		expect(read({quote: 'x <a href="/elsewhere/status/333/video/1">x</a>'})?.quote?.id).toBeUndefined();
	});

	test('is known by its picture where its row shows no handle', () => {
		const extra = `<div role="link" tabindex="0"><div data-testid="UserAvatar-Container-Shown_1"></div>
			<div data-testid="User-Name"></div><div data-testid="tweetText">Words.</div></div>`;
		expect(read({extra})?.quote).toMatchObject({handle: 'shown_1', name: '', text: 'Words.'});
	});

	test('that is gone is none', () => {
		expect(read({extra: '<article><span>This post is unavailable.</span></article>'})?.quote).toBeUndefined();
	});

	test('is none where the same shape serves a link', () => {
		expect(read({extra: '<div role="link" tabindex="0">A headline.</div>'})?.quote).toBeUndefined();
	});
});

describe('a long article', () => {
	const title = '<h1 data-testid="twitter-article-title">Title</h1>';
	const view = `<div data-testid="twitterArticleReadView"><div>One.</div><p>Two <b>words</b>.</p>
		<div data-testid="tweetPhoto"><img alt="Image"></div></div>`;

	test('is read line by line, its title first', () => {
		expect(read({text: null, extra: title + view})).toMatchObject({
			text: 'Title\nOne.\nTwo words.',
			partial: false,
		});
		expect(readContext(post({text: null, extra: title + view}))).toBe('Title\nOne.\nTwo words.');
	});

	test('of which X shows the title only is partial', () => {
		const article = post({text: null, extra: title});
		expect(extract(article, VIEWER)).toMatchObject({post: {text: 'Title', partial: true}});
		expect(textElement(article)?.textContent).toBe('Title');
	});
});

describe('the line to the next post', () => {
	test('is below the picture and 2 px wide', () => {
		showPage([postHtml({joined: true}), postHtml()]);
		expect([...document.querySelectorAll('article')].map(leadsToNext)).toEqual([true, false]);
	});

	test.each([
		['above the picture', '<i style="width: 2px"></i><b data-testid="Tweet-User-Avatar"></b>', false],
		[
			'in another column',
			'<p><b data-testid="Tweet-User-Avatar"></b></p><p><b data-testid="User-Name"></b></p><i style="width: 2px"></i>',
			false,
		],
		[
			'inside the post itself',
			'<p><b data-testid="Tweet-User-Avatar"></b></p><p><b data-testid="User-Name"></b><i style="width: 2px"></i></p>',
			false,
		],
		[
			'deeper in the column',
			'<p><s><b data-testid="Tweet-User-Avatar"></b></s><s><i style="width: 2px"></i></s></p>',
			true,
		],
		['that is wider', '<p><b data-testid="Tweet-User-Avatar"></b><i style="width: 20px"></i></p>', false],
		['without a picture', '<i style="width: 2px"></i>', false],
	])('%s', (_, inside, expected) => {
		showPage([`<article data-testid="tweet"><div>${inside}</div></article>`]);
		expect(leadsToNext(document.querySelector('article') as Element)).toBe(expected);
	});
});

test('reading changes nothing, and another reading says the same', () => {
	const article = post({
		quote: 'Quoted.',
		answering: ['a_1'],
		translated: true,
		showMore: true,
		joined: true,
	});
	const before = article.outerHTML;
	const first = extract(article, VIEWER);
	expect(extract(article, VIEWER)).toEqual(first);
	expect(article.outerHTML).toBe(before);
});

test('whatever is missing from a post, it is read, skipped or tried again', () => {
	const whole = () =>
		post({quote: 'Quoted.', answering: ['a_1'], translated: true, showMore: true, locked: true});
	const count = whole().querySelectorAll('*').length;
	const states = new Set<string>();
	for (let index = 0; index < count; index += 1) {
		const article = whole();
		article.querySelectorAll('*')[index]?.remove();
		states.add(extract(article, VIEWER).state);
		leadsToNext(article);
		readContext(article);
	}
	expect([...states].sort()).toEqual(['ok', 'retry', 'skip']);
});

test('the viewer is read from the account switcher, or from the link to the own profile', () => {
	showPage([], {viewer: 'Some_One'});
	expect(readViewer(document)).toBe('some_one');
	document.body.innerHTML =
		'<nav><a data-testid="AppTabBar_Profile_Link" href="/Other_One">Profile</a></nav>';
	expect(readViewer(document)).toBe('other_one');
	showPage([], {viewer: 'unknown'});
	expect(readViewer(document)).toBeUndefined();
	document.body.innerHTML = '<a href="/login">Log in</a>';
	expect(readViewer(document)).toBeUndefined();
});

test('the post that is answered is sent along only where everybody may read it', () => {
	expect(readContext(post({focal: true, text: 'I was followed.', quote: 'x'}))).toBe('I was followed.');
	expect(readContext(post({focal: true, text: 'I was followed.', locked: true}))).toBeUndefined();
	expect(readContext(post({focal: true, text: null}))).toBeUndefined();
});

describe('links in a text that is kept', () => {
	const link = (inside: string) => `Look <a href="https://t.co/x">${inside}</a> there`;
	const shownIn = (text: string) => {
		const found = extract(post({text}), VIEWER);
		return found.state === 'ok' ? [found.post.text, found.post.shown] : [];
	};

	test('stand there whole, though they are judged as "URL"', () => {
		const inside =
			'<span aria-hidden="true">https://</span>ex.org/a<span aria-hidden="true">bc</span><span aria-hidden="true">…</span>';
		expect(shownIn(link(inside))).toEqual(['Look  URL  there', 'Look  https://ex.org/abc  there']);
		expect(shownIn(link('ex.org/abc'))).toEqual(['Look  URL  there', 'Look  https://ex.org/abc  there']);
	});

	test.each(['https://ex.org/a b', 'https://ex.org/ü', ''])(
		'"%s" is not kept, since it could not be masked',
		inside => {
			const [text, shown] = shownIn(link(inside));
			expect(prepare(shown ?? '').text).toBe(prepare(text ?? '').text);
		},
	);
});
