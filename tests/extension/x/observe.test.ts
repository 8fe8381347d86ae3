import {observe, type PageListener} from '../../../extension/src/x/observe.js';
import type {Route} from '../../../extension/src/x/route.js';
import {cellHtml, postHtml, setAddress, showPage} from '../factories.js';

let stop: AbortController;
let hidden = false;

function watch() {
	const listener = {onRoute: vi.fn<(route: Route) => void>(), onChange: vi.fn(), onTheme: vi.fn()};
	observe(listener satisfies PageListener, stop.signal);
	listener.onChange.mockClear();
	return listener;
}

function go(path: string): void {
	setAddress(`https://x.com${path}`);
}

beforeEach(() => {
	vi.useFakeTimers();
	stop = new AbortController();
	hidden = false;
	vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
	go('/a/status/1');
	showPage([cellHtml(postHtml())]);
});

afterEach(() => stop.abort());

test('the route is told first, and again only when the address changes', async () => {
	const {onRoute} = watch();
	expect(onRoute.mock.calls).toEqual([[{kind: 'conversation', focalId: '1'}]]);
	await vi.advanceTimersByTimeAsync(2000);
	expect(onRoute).toHaveBeenCalledTimes(1);
	go('/home');
	await vi.advanceTimersByTimeAsync(500);
	expect(onRoute).toHaveBeenLastCalledWith({kind: 'feed', surface: 'home', key: '/home'});
});

test('going back is noticed at once', () => {
	const {onRoute} = watch();
	go('/b/status/2');
	dispatchEvent(new PopStateEvent('popstate'));
	expect(onRoute).toHaveBeenLastCalledWith({kind: 'conversation', focalId: '2'});
});

test('a new post is looked at before it is painted', async () => {
	const {onChange} = watch();
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cellHtml(postHtml({id: '3'})));
	await vi.advanceTimersByTimeAsync(0);
	expect(onChange).toHaveBeenCalledTimes(1);
});

test('so is an element that gets another post', async () => {
	const {onChange} = watch();
	const article = document.querySelector('article') as Element;
	article.innerHTML = postHtml({id: '3'});
	await vi.advanceTimersByTimeAsync(0);
	expect(onChange).toHaveBeenCalledTimes(1);
});

test('the posts that a change lies in are told, and with the twice-a-second look none', async () => {
	const {onChange} = watch();
	document.querySelector('[data-testid="tweetText"]')?.append(document.createElement('b'));
	await vi.advanceTimersByTimeAsync(20);
	expect(onChange.mock.calls).toEqual([[new Set([document.querySelector('article')])]]);
	await vi.advanceTimersByTimeAsync(500);
	expect(onChange).toHaveBeenLastCalledWith();
});

test('all other changes wait for the next frame, together', async () => {
	const {onChange} = watch();
	for (let count = 0; count < 5; count += 1) document.body.append(document.createElement('div'));
	await vi.advanceTimersByTimeAsync(0);
	expect(onChange).not.toHaveBeenCalled();
	await vi.advanceTimersByTimeAsync(20);
	expect(onChange).toHaveBeenCalledTimes(1);
});

test.each(['panah-line', 'panah-flag', 'panah-chooser'])('our own %s needs no look', async name => {
	const {onChange} = watch();
	const ours = document.createElement(name);
	document.querySelector('article')?.before(ours);
	await vi.advanceTimersByTimeAsync(40);
	ours.remove();
	await vi.advanceTimersByTimeAsync(40);
	expect(onChange).not.toHaveBeenCalled();
	document.body.append(document.createElement('panah-other'));
	await vi.advanceTimersByTimeAsync(40);
	expect(onChange).toHaveBeenCalledTimes(1);
});

test('a post that comes is told with those that changed before it in the same frame', async () => {
	const {onChange} = watch();
	const first = document.querySelector('article') as Element;
	first.querySelector('[data-testid="tweetText"]')?.append(document.createElement('b'));
	await vi.advanceTimersByTimeAsync(0);
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cellHtml(postHtml({id: '3'})));
	await vi.advanceTimersByTimeAsync(40);
	expect(onChange.mock.calls).toEqual([[new Set(document.querySelectorAll('article'))]]);
});

test('a post that is taken away is looked for in the next frame', async () => {
	const {onChange} = watch();
	document.querySelector('[data-testid="cellInnerDiv"]')?.remove();
	await vi.advanceTimersByTimeAsync(40);
	expect(onChange.mock.calls).toEqual([[new Set()]]);
});

test('a new address is told before what stands on the page is looked at', async () => {
	const order: string[] = [];
	const listener: PageListener = {
		onRoute: route => order.push(route.kind),
		onChange: () => order.push('change'),
		onTheme: () => {},
	};
	observe(listener, stop.signal);
	go('/home');
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cellHtml(postHtml({id: '3'})));
	await vi.advanceTimersByTimeAsync(0);
	expect(order).toEqual(['conversation', 'change', 'feed', 'change']);
});

test('a hidden tab rests, and looks when it is seen again', async () => {
	const {onChange, onRoute} = watch();
	hidden = true;
	go('/home');
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cellHtml(postHtml({id: '3'})));
	await vi.advanceTimersByTimeAsync(2000);
	expect(onChange).not.toHaveBeenCalled();
	hidden = false;
	document.dispatchEvent(new Event('visibilitychange'));
	expect(onChange).toHaveBeenCalledTimes(1);
	expect(onRoute).toHaveBeenLastCalledWith({kind: 'feed', surface: 'home', key: '/home'});
});

test('another background of the page is told', async () => {
	const {onTheme} = watch();
	await vi.advanceTimersByTimeAsync(500);
	document.body.style.backgroundColor = 'rgb(0, 0, 0)';
	await vi.advanceTimersByTimeAsync(0);
	expect(onTheme).toHaveBeenCalledTimes(1);
});

test('after the end nothing is told', async () => {
	const {onChange, onRoute} = watch();
	stop.abort();
	go('/home');
	document.querySelector('#list')?.insertAdjacentHTML('beforeend', cellHtml(postHtml({id: '3'})));
	dispatchEvent(new PopStateEvent('popstate'));
	await vi.advanceTimersByTimeAsync(2000);
	expect(onChange).not.toHaveBeenCalled();
	expect(onRoute).toHaveBeenCalledTimes(1);
});
