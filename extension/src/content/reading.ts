import {
	type Extraction,
	extract,
	findPosts,
	leadsToNext,
	readContext,
	readHandle,
	readId,
} from '../x/extract.js';

/** What a post says, read when it is asked for. */
export interface Reading {
	/** All of its text, as the browser has it. */
	saying: string;
	id(): string | undefined;
	handle(): string | undefined;
	found(): Extraction;
	/** Its text as something that is answered. */
	context(): string | undefined;
	/** Whether a line leads from it to the post below. */
	leads(): boolean;
}

/** Reads each post once, for as long as it is not touched. `viewer`: the handle of who is signed in. */
export function openReadings(viewer: () => string | undefined) {
	const readings = new WeakMap<Element, Reading>();

	return {
		of(article: Element): Reading {
			let reading = readings.get(article);
			if (reading === undefined) {
				reading = readLater(article, viewer);
				readings.set(article, reading);
			}
			return reading;
		},
		/** These are read again, or all. */
		forget(articles: Iterable<Element> = findPosts(document)): void {
			for (const article of articles) readings.delete(article);
		},
		/** The posts whose words are others than when they were read. */
		changed: (): Set<Element> =>
			new Set(
				[...findPosts(document)].filter(
					article => readings.get(article)?.saying !== (article.textContent ?? ''),
				),
			),
	};
}

function readLater(article: Element, viewer: () => string | undefined): Reading {
	return {
		saying: article.textContent ?? '',
		id: once(() => readId(article)),
		handle: once(() => readHandle(article)),
		found: once(() => extract(article, viewer())),
		context: once(() => readContext(article)),
		leads: once(() => leadsToNext(article)),
	};
}

function once<Value>(read: () => Value): () => Value {
	let held: {value: Value} | undefined;
	return () => {
		held ??= {value: read()};
		return held.value;
	};
}

/** Makes one value for each source, and another when what it is made from is no longer the same. */
export function memoise<Value>() {
	const made = new WeakMap<object, {from: unknown[]; value: Value}>();
	return (source: object, from: unknown[], make: () => Value): Value => {
		const before = made.get(source);
		if (before?.from.every((part, index) => part === from[index])) return before.value;
		const value = make();
		made.set(source, {from, value});
		return value;
	};
}
