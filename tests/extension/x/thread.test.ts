import {readId} from '../../../extension/src/x/extract.js';
import {openThread, type Place} from '../../../extension/src/x/thread.js';
import {cellHtml, FOCAL_ID, HEADING, postHtml, showPage, TOMBSTONE} from '../factories.js';

const FOCAL = postHtml({id: FOCAL_ID, focal: true});
const reply = (id: number) => postHtml({id: String(id)});

/** The places of all posts, by id. */
function places(thread: ReturnType<typeof openThread>): Record<string, Place> {
	const survey = thread.survey(document);
	return Object.fromEntries([...survey.places.values()].map(({id, place}) => [id ?? 'none', place]));
}

test('posts above, at and below the focal one are told apart, and tombstones are none', () => {
	showPage([reply(1), FOCAL, '<div></div>', TOMBSTONE, reply(2), reply(3)].map(inner => cellHtml(inner)));
	const thread = openThread(FOCAL_ID);
	expect(places(thread)).toEqual({1: 'above', [FOCAL_ID]: 'focal', 2: 'below', 3: 'below'});
	expect(thread.survey(document).focal?.getAttribute('tabindex')).toBe('-1');
});

test('until the focal post was seen nothing is known', () => {
	showPage([reply(1), reply(2)].map(inner => cellHtml(inner)));
	expect(places(openThread(FOCAL_ID))).toEqual({1: 'unknown', 2: 'unknown'});
});

test('an ancestor that comes late is above, whatever came before', () => {
	const list = showPage([FOCAL, reply(2)].map(inner => cellHtml(inner)));
	const thread = openThread(FOCAL_ID);
	expect(places(thread)[2]).toBe('below');
	list.insertAdjacentHTML('afterbegin', cellHtml(reply(1)));
	expect(places(thread)).toEqual({1: 'above', [FOCAL_ID]: 'focal', 2: 'below'});
});

test('where X places cells by style, that order counts and not the one in the document', () => {
	showPage([cellHtml(reply(2), 300), cellHtml(FOCAL, 100), cellHtml(reply(1), 0)]);
	expect(places(openThread(FOCAL_ID))).toEqual({1: 'above', [FOCAL_ID]: 'focal', 2: 'below'});
});

describe('once the focal post has scrolled away', () => {
	test('what comes further down is below', () => {
		showPage([cellHtml(FOCAL, 100), cellHtml(reply(2), 300)]);
		const list = document.querySelector('#list') as Element;
		const thread = openThread(FOCAL_ID);
		places(thread);
		list.innerHTML = cellHtml(reply(2), 300) + cellHtml(reply(3), 500);
		expect(places(thread)).toEqual({2: 'below', 3: 'below'});
	});

	test('what was above stays above, and so does what comes before it', () => {
		const list = showPage([reply(1), FOCAL, reply(2)].map(inner => cellHtml(inner)));
		const thread = openThread(FOCAL_ID);
		places(thread);
		list.innerHTML = cellHtml(reply(0)) + cellHtml(reply(1));
		expect(places(thread)).toEqual({0: 'above', 1: 'above'});
	});

	test('what begins higher than the focal post did is above', () => {
		const list = showPage([cellHtml(FOCAL, 1000), cellHtml(reply(2), 1200)]);
		const thread = openThread(FOCAL_ID);
		places(thread);
		list.innerHTML = cellHtml(reply(1), 400);
		expect(places(thread)).toEqual({1: 'above'});
	});
});

describe('what follows the replies', () => {
	test('is beyond, by the heading before it', () => {
		showPage([FOCAL, reply(2), HEADING, reply(8), reply(9)].map(inner => cellHtml(inner)));
		expect(places(openThread(FOCAL_ID))).toEqual({[FOCAL_ID]: 'focal', 2: 'below', 8: 'beyond', 9: 'beyond'});
	});

	test('is beyond as soon as the heading comes, even after the posts', () => {
		const list = showPage([FOCAL, reply(2), reply(8)].map(inner => cellHtml(inner)));
		const thread = openThread(FOCAL_ID);
		expect(places(thread)[8]).toBe('below');
		list.lastElementChild?.insertAdjacentHTML('beforebegin', cellHtml(HEADING));
		expect(places(thread)[8]).toBe('beyond');
	});

	test('stays beyond when the heading has scrolled away, and so does what comes after it', () => {
		const list = showPage([FOCAL, HEADING, reply(8)].map(inner => cellHtml(inner)));
		const thread = openThread(FOCAL_ID);
		places(thread);
		list.innerHTML = cellHtml(reply(8)) + cellHtml(reply(9));
		expect(places(thread)).toEqual({8: 'beyond', 9: 'beyond'});
	});

	test('begins lower once more replies were loaded before it', () => {
		const list = showPage([cellHtml(FOCAL, 0), cellHtml(HEADING, 200), cellHtml(reply(8), 250)]);
		const thread = openThread(FOCAL_ID);
		places(thread);
		list.innerHTML = cellHtml(reply(2), 200) + cellHtml(reply(3), 400);
		expect(places(thread)).toEqual({2: 'below', 3: 'below'});
	});

	test('a heading inside a post, or above the focal one, ends nothing', () => {
		const written = postHtml({id: '2', text: '<h2>Title</h2>'});
		showPage([HEADING, FOCAL, written, reply(3)].map(inner => cellHtml(inner)));
		expect(places(openThread(FOCAL_ID))).toEqual({[FOCAL_ID]: 'focal', 2: 'below', 3: 'below'});
	});
});

test('the photo viewer holds a list of its own, and a post outside any list is none of the conversation', () => {
	showPage([FOCAL, reply(2)].map(inner => cellHtml(inner)));
	document.body.insertAdjacentHTML(
		'beforeend',
		`<div data-testid="tweet"><div><div>${cellHtml(postHtml({id: FOCAL_ID, focal: true}))}${cellHtml(reply(3))}</div></div></div>
		<div role="dialog">${reply(4)}</div>`,
	);
	expect(places(openThread(FOCAL_ID))).toEqual({[FOCAL_ID]: 'focal', 2: 'below', 3: 'below'});
});

describe('a timeline, which is about no post', () => {
	test('has every post below, with the one right before it', () => {
		showPage([reply(1), reply(2), '<div></div>', HEADING, reply(3)].map(inner => cellHtml(inner)));
		const {places: found, focal} = openThread(undefined).survey(document);
		const previous = [...found.values()].map(stand => [
			stand.id,
			stand.place,
			stand.previous && readId(stand.previous),
		]);
		expect(previous).toEqual([
			['1', 'below', undefined],
			['2', 'below', '1'],
			['3', 'below', undefined],
		]);
		expect(focal).toBeUndefined();
	});

	test('is read in the order that X places its cells', () => {
		showPage([cellHtml(reply(2), 300), cellHtml(reply(1), 0)]);
		const {places: found} = openThread(undefined).survey(document);
		expect([...found.values()].map(({id}) => id)).toEqual(['1', '2']);
		expect([...found.values()][1]?.previous).toBe(document.querySelectorAll('article')[1]);
	});
});

test('the post before is told in a conversation too, and none across a separator', () => {
	showPage([FOCAL, reply(2), reply(3), '<div></div>', reply(4)].map(inner => cellHtml(inner)));
	const stands = [...openThread(FOCAL_ID).survey(document).places.values()];
	expect(stands.map(({previous}) => previous && readId(previous))).toEqual([
		undefined,
		FOCAL_ID,
		'2',
		undefined,
	]);
});

test('a post without an id, as an ad, has a place all the same', () => {
	showPage([FOCAL, postHtml({promoted: true})].map(inner => cellHtml(inner)));
	const stands = [...openThread(FOCAL_ID).survey(document).places.values()];
	expect(stands.map(({place, id}) => [place, id])).toEqual([
		['focal', FOCAL_ID],
		['below', undefined],
	]);
});
