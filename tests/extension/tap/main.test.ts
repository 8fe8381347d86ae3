import type {TapPost} from '../../../extension/src/tap/read.js';

const DETAIL = 'https://x.com/i/api/graphql/aB_1-c/TweetDetail?variables=%7B%7D';
const CHANNEL = '11111111-2222-4333-8444-555555555555';
const OTHER = '99999999-2222-4333-8444-555555555555';

function answer(...ids: string[]): string {
	const results = ids.map(rest_id => ({
		tweet_results: {result: {__typename: 'Tweet', rest_id, legacy: {full_text: `Text ${rest_id}.`}}},
	}));
	return JSON.stringify({data: {entries: results}});
}

/** As much of X's side of a request as the tap could touch, with a record of what reached it. */
class FakeRequest extends EventTarget {
	static opened: unknown[][] = [];
	responseType = '';
	readyState = 0;
	onload: (() => void) | null = null;
	text = '';
	parsed: unknown;

	get responseText(): string {
		if (this.responseType !== '' && this.responseType !== 'text') throw new DOMException('InvalidStateError');
		return this.text;
	}

	get response(): unknown {
		return this.responseType === 'json' ? this.parsed : this.text;
	}

	open(method: string, url: string, ...rest: unknown[]): unknown {
		FakeRequest.opened.push([this, method, url, ...rest]);
		this.readyState = 1;
		return 'opened';
	}

	finish(body: string): void {
		this.text = body;
		if (this.responseType === 'json') this.parsed = Object.freeze(JSON.parse(body));
		this.readyState = 4;
		this.dispatchEvent(new Event('load'));
	}
}

let untouched: unknown;
/** What was told, by the name of the channel. */
let told: Array<{channel: string; message: unknown}>;
const listening = new AbortController();

function say(detail: unknown): void {
	document.dispatchEvent(new CustomEvent('panah-tap', {detail}));
}

/** Asks for something as X does, and lets the tap do its work. */
function load(body: string, url: unknown = DETAIL, responseType = ''): FakeRequest {
	const request = new FakeRequest();
	request.open('GET', url as string);
	request.responseType = responseType;
	request.finish(body);
	vi.advanceTimersByTime(1);
	return request;
}

function idsTold(channel = CHANNEL): string[] {
	return told
		.filter(one => one.channel === channel)
		.flatMap(({message}) => JSON.parse(message as string) as TapPost[])
		.map(post => post.id);
}

beforeAll(() => {
	for (const channel of [CHANNEL, OTHER]) {
		document.addEventListener(
			channel,
			event => told.push({channel, message: (event as CustomEvent).detail}),
			{signal: listening.signal},
		);
	}
});

afterAll(() => listening.abort());

beforeEach(async () => {
	told = [];
	FakeRequest.opened = [];
	untouched = Object.getOwnPropertyDescriptor(FakeRequest.prototype, 'open')?.value;
	vi.useFakeTimers();
	vi.stubGlobal('XMLHttpRequest', FakeRequest);
	vi.resetModules();
	await import('../../../extension/src/tap/main.js');
});

afterEach(() => {
	FakeRequest.prototype.open = untouched as FakeRequest['open'];
});

describe('X does not notice', () => {
	test('open() takes and returns what it did, for the same object', () => {
		say(`on:${CHANNEL}`);
		const request = new FakeRequest();
		const rest = [true, 'name', undefined];
		expect(request.open('POST', DETAIL, ...rest)).toBe('opened');
		expect(FakeRequest.opened).toEqual([[request, 'POST', DETAIL, ...rest]]);
	});

	test('open() looks as it did', () => {
		const {open} = FakeRequest.prototype;
		expect(open).not.toBe(untouched);
		expect([open.name, open.length]).toEqual(['open', 2]);
		expect(Object.getOwnPropertyDescriptor(FakeRequest.prototype, 'open')).toMatchObject({
			writable: true,
			configurable: true,
			enumerable: false,
		});
		expect(Function.prototype.toString.call(open)).toContain('[native code]');
		expect(String(XMLHttpRequest.prototype.open)).toMatch(/^function/);
	});

	test('what open() raises reaches the caller', () => {
		say(`on:${CHANNEL}`);
		expect(() => FakeRequest.prototype.open.call(null as never, 'GET', DETAIL)).toThrow(TypeError);
	});

	test('an address that is an object is not turned into a text', () => {
		say(`on:${CHANNEL}`);
		const turned = vi.fn(() => DETAIL);
		load(answer('1'), {toString: turned});
		expect(turned).not.toHaveBeenCalled();
		expect(idsTold()).toEqual([]);
		load(answer('2'), new URL(DETAIL));
		expect(idsTold()).toEqual(['2']);
	});

	test('its handlers run first, and see the whole answer', () => {
		say(`on:${CHANNEL}`);
		const seen: unknown[] = [];
		const request = new FakeRequest();
		request.open('GET', DETAIL);
		request.addEventListener('load', () => seen.push(request.responseText));
		request.onload = () => seen.push(request.response);
		request.finish(answer('1'));
		expect(seen).toEqual([answer('1'), answer('1')]);
		expect(told).toEqual([]);
		vi.advanceTimersByTime(1);
		expect(idsTold()).toEqual(['1']);
	});

	test('an answer that came as an object is read and not changed', () => {
		say(`on:${CHANNEL}`);
		const request = load(answer('1'), DETAIL, 'json');
		expect(idsTold()).toEqual(['1']);
		expect(request.response).toEqual(JSON.parse(answer('1')));
	});

	test.each([
		['no JSON', '<html>', ''],
		['nothing', '', ''],
		['no posts', '{"errors":[]}', ''],
		['bytes', answer('1'), 'arraybuffer'],
		['more than is read', `${answer('1')}${' '.repeat(8_000_000)}`, ''],
	])('an answer with %s is let pass', (_, body, responseType) => {
		say(`on:${CHANNEL}`);
		load(body, DETAIL, responseType);
		expect(told).toEqual([]);
	});

	test('nothing that fails in the tap comes out of it', () => {
		say(`on:${CHANNEL}`);
		const request = new FakeRequest();
		request.addEventListener = () => {
			throw new Error('changed by the page');
		};
		expect(request.open('GET', DETAIL)).toBe('opened');
		const fails = vi.spyOn(FakeRequest.prototype, 'responseText', 'get').mockImplementation(() => {
			throw new Error('changed by the page');
		});
		expect(() => load(answer('1'))).not.toThrow();
		expect(fails).toHaveBeenCalled();
		expect(told).toEqual([]);
	});

	test('other requests are not listened to', () => {
		say(`on:${CHANNEL}`);
		const listen = vi.spyOn(FakeRequest.prototype, 'addEventListener');
		for (const url of [
			'/i/api/graphql/x/Bookmarks?variables=1',
			'/i/api/graphql/x/CreateTweet',
			'/i/api/graphql/x/DmAllSearchSlice',
			'/i/api/graphql/x/TweetDetailed',
			'/i/api/1.1/dm/inbox.json?next=/graphql/x/TweetDetail',
			'/other#/graphql/x/TweetDetail',
			null,
		]) {
			load(answer('1'), url);
		}
		expect(listen).not.toHaveBeenCalled();
		expect(told).toEqual([]);
	});

	test.each([
		'TweetResultByRestId',
		'TweetResultsByRestIds',
		'HomeTimeline',
		'HomeLatestTimeline',
		'SearchTimeline',
		'UserTweetsAndReplies',
		'NotificationsTimeline',
		'ListLatestTweetsTimeline',
		'QuoteTweets',
		'CommunityTweetsTimeline',
	])('%s is read', name => {
		say(`on:${CHANNEL}`);
		load(answer('1'), `/i/api/graphql/x/${name}`);
		expect(idsTold()).toEqual(['1']);
	});

	test('an object that asks again is read each time, once', () => {
		say(`on:${CHANNEL}`);
		const request = load(answer('1'));
		request.open('GET', DETAIL);
		request.finish(answer('2'));
		vi.advanceTimersByTime(1);
		expect(idsTold()).toEqual(['1', '2']);
		request.open('GET', '/i/api/1.1/other.json');
		request.finish(answer('3'));
		vi.advanceTimersByTime(1);
		expect(idsTold()).toEqual(['1', '2']);
	});

	test('an answer whose object was opened anew meanwhile is left', () => {
		say(`on:${CHANNEL}`);
		const request = new FakeRequest();
		request.open('GET', DETAIL);
		request.finish(answer('1'));
		request.open('GET', DETAIL);
		vi.advanceTimersByTime(1);
		expect(told).toEqual([]);
	});
});

describe('the content script decides', () => {
	test('what came before it was ready is told once it is', () => {
		load(answer('1', '2'));
		load(answer('3'));
		expect(told).toEqual([]);
		say(`on:${CHANNEL}`);
		expect(idsTold()).toEqual(['1', '2', '3']);
		say(`on:${OTHER}`);
		expect(idsTold(OTHER)).toEqual([]);
	});

	test('only the last answers are kept', () => {
		for (let id = 1; id <= 10; id++) load(answer(String(id)));
		say(`on:${CHANNEL}`);
		expect(idsTold()).toEqual(['3', '4', '5', '6', '7', '8', '9', '10']);
	});

	test('nothing is kept longer than ten seconds, and nothing is read until it is asked for', () => {
		load(answer('1'));
		vi.advanceTimersByTime(10_000);
		load(answer('2'));
		say(`on:${CHANNEL}`);
		expect(idsTold()).toEqual([]);
		load(answer('3'));
		expect(idsTold()).toEqual(['3']);
	});

	test('ten seconds after it was asked for, it still works', () => {
		say(`on:${CHANNEL}`);
		vi.advanceTimersByTime(20_000);
		load(answer('1'));
		expect(idsTold()).toEqual(['1']);
	});

	test('switched off, it forgets, listens to nothing and says nothing', () => {
		load(answer('1'));
		say('off');
		const listen = vi.spyOn(FakeRequest.prototype, 'addEventListener');
		const read = vi.spyOn(FakeRequest.prototype, 'responseText', 'get');
		expect(load(answer('2')).responseText).toBe(answer('2'));
		expect(listen).not.toHaveBeenCalled();
		expect(read).toHaveBeenCalledTimes(1);
		say(`on:${CHANNEL}`);
		expect(told).toEqual([]);
	});

	test('switched off while an answer waits to be read, it does not read it', () => {
		say(`on:${CHANNEL}`);
		const request = new FakeRequest();
		request.open('GET', DETAIL);
		request.finish(answer('1'));
		say('off');
		vi.advanceTimersByTime(1);
		expect(told).toEqual([]);
	});

	test('a new channel takes the place of the old one', () => {
		say(`on:${CHANNEL}`);
		say(`on:${OTHER}`);
		load(answer('1'));
		expect(idsTold()).toEqual([]);
		expect(idsTold(OTHER)).toEqual(['1']);
	});

	test.each([undefined, null, 3, {}, 'on:', 'on:click', `on:${CHANNEL} `, `ON:${CHANNEL}`, 'on'])(
		'%j switches nothing',
		detail => {
			say(detail);
			load(answer('1'));
			expect(told).toEqual([]);
			say(`on:${CHANNEL}`);
			expect(idsTold()).toEqual(['1']);
		},
	);

	test('messages are texts, and none holds more than 200 posts or is longer than agreed', () => {
		say(`on:${CHANNEL}`);
		const ids = Array.from({length: 450}, (_, index) => String(index + 1));
		load(answer(...ids));
		expect(told.map(({message}) => JSON.parse(message as string).length)).toEqual([200, 200, 50]);
		expect(idsTold()).toEqual(ids);
		told = [];
		const long = JSON.parse(answer(...ids.slice(0, 100)));
		for (const {tweet_results} of long.data.entries) {
			tweet_results.result.legacy.full_text = 'ب'.repeat(25_000);
		}
		load(JSON.stringify(long));
		expect(told.length).toBeGreaterThan(1);
		for (const {message} of told) expect((message as string).length).toBeLessThan(2_000_000);
		expect(idsTold()).toEqual(ids.slice(0, 100));
	});

	test('a tap that starts after it was asked for is told again, and works', async () => {
		say('off');
		const stop = new AbortController();
		const repeat = (event: Event) => (event as CustomEvent).detail === 'ready' && say(`on:${CHANNEL}`);
		document.addEventListener('panah-tap', repeat, {signal: stop.signal});
		vi.resetModules();
		await import('../../../extension/src/tap/main.js');
		stop.abort();
		load(answer('1'));
		expect(idsTold()).toEqual(['1']);
	});

	test('a tap that starts later takes over', async () => {
		say(`on:${CHANNEL}`);
		vi.resetModules();
		await import('../../../extension/src/tap/main.js');
		say(`on:${CHANNEL}`);
		load(answer('1'));
		expect(idsTold()).toEqual(['1']);
	});
});
