import {openCache, type SessionArea} from '../../../extension/src/background/cache.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';
import {fakeArea} from '../fake-chrome.js';

const show: Verdict = {action: 'show', partial: false, source: 'model'};
const hide: Verdict = {action: 'hide', reason: 'blame', partial: false, source: 'model'};

function open(area: ReturnType<typeof fakeArea>, size?: number) {
	return openCache(area as unknown as SessionArea, size);
}

test('a verdict is found by its key, and by no other', async () => {
	const cache = await open(fakeArea());
	await cache.put([['a', hide]]);
	expect(cache.get('a')).toEqual(hide);
	expect(cache.get('b')).toBeUndefined();
});

test('verdicts survive the worker', async () => {
	const area = fakeArea();
	await (await open(area)).put([
		['a', hide],
		['b', show],
	]);
	const reborn = await open(area);
	expect([reborn.get('a'), reborn.get('b')]).toEqual([hide, show]);
});

test('the one longest unused goes first, in memory and in storage', async () => {
	const area = fakeArea();
	const cache = await open(area, 2);
	await cache.put([
		['a', hide],
		['b', hide],
	]);
	cache.get('a');
	await cache.put([['c', show]]);
	expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([hide, undefined, show]);
	expect([...area.held.keys()].sort()).toEqual(['verdict:a', 'verdict:c']);
});

test('after a restart the order of storing counts', async () => {
	const area = fakeArea();
	await (await open(area, 2)).put([['b', hide]]);
	await (await open(area, 2)).put([['a', hide]]);
	const third = await open(area, 2);
	await third.put([['c', show]]);
	expect([third.get('b'), third.get('a')]).toEqual([undefined, hide]);
});

test('full storage costs no verdict and makes room', async () => {
	const area = fakeArea();
	const cache = await open(area);
	await cache.put([
		['a', hide],
		['b', hide],
	]);
	area.set.mockRejectedValueOnce(new Error('QUOTA_BYTES quota exceeded'));
	await cache.put([
		['c', show],
		['d', show],
	]);
	expect([cache.get('c'), cache.get('d')]).toEqual([show, show]);
	expect(area.held.size).toBe(0);
	await cache.put([['e', show]]);
	expect([...area.held.keys()]).toEqual(['verdict:e']);
});

test('other things in storage are left alone', async () => {
	const area = fakeArea();
	await area.set({breaker: {failures: 1}});
	const cache = await open(area, 1);
	await cache.put([['a', hide]]);
	await cache.put([['b', hide]]);
	expect([...area.held.keys()].sort()).toEqual(['breaker', 'verdict:b']);
});
