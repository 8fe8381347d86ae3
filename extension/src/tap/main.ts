// Runs among X's own scripts, before them. It reads along what X loads about posts and tells it to the content script
// in the same tab. It changes no request and no answer, asks for nothing, and sends nothing.
import {readPosts, type TapPost} from './read.js';

// Bookmarks, messages and all else that is nobody's reply are left alone.
const ANSWERS =
	/^[^?#]*\/graphql\/[\w-]+\/(?:TweetDetail|TweetResults?ByRestIds?|SearchTimeline|(?:Home|UserTweets|Notifications|List|Quote|Communit)\w*)(?:[?#]|$)/;
/** UTF-16 units of an answer that is still read. */
const MAX_BODY = 8_000_000;
/** Answers kept until the content script has read the settings. */
const MAX_KEPT = 8;
/** Milliseconds the content script has for that. */
const PATIENCE = 10_000;
const MAX_POSTS = 200;
/** UTF-16 units of one message, well below what the other side accepts. */
const MAX_MESSAGE = 1_000_000;

/** 'waiting': nobody has said yet whether the tap is wanted. */
let state: 'waiting' | 'on' | 'off' = 'waiting';
let channel = '';
let kept: TapPost[][] = [];
const greeting = new CustomEvent('panah-tap', {detail: 'ready'});
/** The requests whose answers are read. One object can make several requests, one after the other. */
const watched = new WeakMap<XMLHttpRequest, {isAnswer: boolean}>();

quietly(start);

function start(): void {
	document.addEventListener('panah-tap', hear);
	// Whoever spoke before says it again. Another tap, left from before an update of the extension, retires.
	document.dispatchEvent(greeting);
	setTimeout(() => {
		if (state === 'waiting') stop();
	}, PATIENCE);
	// A proxy keeps the name, the length and the text of the function.
	XMLHttpRequest.prototype.open = new Proxy(XMLHttpRequest.prototype.open, {
		apply(open, request: XMLHttpRequest, given: unknown[]) {
			const result: unknown = Reflect.apply(open, request, given);
			if (state !== 'off') quietly(() => watch(request, given[1]));
			return result;
		},
	});
}

function hear(event: Event): void {
	quietly(() => {
		if (event === greeting) return;
		const said: unknown = (event as CustomEvent).detail;
		if (said === 'off' || said === 'ready') {
			stop();
			if (said === 'ready') document.removeEventListener('panah-tap', hear);
		}
		const name = typeof said === 'string' ? /^on:([\da-f-]{36})$/.exec(said)?.[1] : undefined;
		if (name === undefined) return;
		state = 'on';
		channel = name;
		const waiting = kept;
		kept = [];
		for (const posts of waiting) tell(posts);
	});
}

function stop(): void {
	state = 'off';
	kept = [];
}

function watch(request: XMLHttpRequest, address: unknown): void {
	// Anything else would have to be turned into a text, which may be code of the page.
	const url = typeof address === 'string' ? address : address instanceof URL ? address.href : '';
	const isAnswer = ANSWERS.test(url);
	const before = watched.get(request);
	if (before !== undefined) before.isAnswer = isAnswer;
	else if (isAnswer) {
		watched.set(request, {isAnswer});
		request.addEventListener('load', () => quietly(() => readLater(request)));
	}
}

/**
 * X's own handlers go first. No idle time is waited for: that a post is not for everybody has to be known before
 * anything is done with it.
 */
function readLater(request: XMLHttpRequest): void {
	if (state === 'off' || !watched.get(request)?.isAnswer) return;
	setTimeout(() => quietly(() => read(request)));
}

function read(request: XMLHttpRequest): void {
	// By now the page may have opened it for something else.
	if (state === 'off' || !watched.get(request)?.isAnswer || request.readyState !== 4) return;
	const posts = readPosts(bodyOf(request));
	if (posts.length === 0) return;
	if (state === 'on') tell(posts);
	else kept = [...kept, posts].slice(-MAX_KEPT);
}

function bodyOf(request: XMLHttpRequest): unknown {
	if (request.responseType === 'json') return request.response;
	if (request.responseType !== '' && request.responseType !== 'text') return undefined;
	const text = request.responseText;
	return text.length > MAX_BODY ? undefined : JSON.parse(text);
}

/** Tells it as texts: in Firefox an object does not cross from the page's scripts to an extension's. */
function tell(posts: TapPost[]): void {
	let part: string[] = [];
	let size = 0;
	for (const post of posts) {
		const text = JSON.stringify(post);
		if (part.length === MAX_POSTS || size + text.length > MAX_MESSAGE) {
			say(part);
			part = [];
			size = 0;
		}
		part.push(text);
		size += text.length + 1;
	}
	say(part);
}

function say(posts: string[]): void {
	document.dispatchEvent(new CustomEvent(channel, {detail: `[${posts.join(',')}]`}));
}

/** Nothing that fails here may reach X's own code. */
function quietly(work: () => void): void {
	try {
		work();
	} catch {
		// Without the tap the page itself says enough.
	}
}
