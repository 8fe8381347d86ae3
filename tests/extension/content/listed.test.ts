import {openListed} from '../../../extension/src/content/listed.js';
import type {OnLists} from '../../../extension/src/lists/messages.js';

const ON: OnLists = {tier: 'hide', lists: ['One']};
const ask = vi.fn<(accounts: string[]) => Promise<Record<string, OnLists> | undefined>>();
const onNews = vi.fn();

beforeEach(() => {
	vi.useFakeTimers();
	ask.mockReset().mockResolvedValue({1: ON});
	onNews.mockReset();
});

const settle = () => vi.advanceTimersByTimeAsync(1);

test('the worker is not asked at all where no list is used', async () => {
	const listed = openListed(ask, onNews);
	expect(listed.of('1')).toBeUndefined();
	await settle();
	expect(ask).not.toHaveBeenCalled();
});

test('all accounts of one look are asked about together, and each once', async () => {
	const listed = openListed(ask, onNews);
	listed.use('a');
	for (const account of ['1', '2', '1']) expect(listed.of(account)).toBeUndefined();
	await settle();
	expect(ask.mock.calls).toEqual([[['1', '2']]]);
	expect(onNews).toHaveBeenCalledTimes(1);
	expect([listed.of('1'), listed.of('2')]).toEqual([ON, undefined]);
	await settle();
	expect(ask).toHaveBeenCalledTimes(1);
});

test('nobody is told when nobody is on a list', async () => {
	const listed = openListed(ask, onNews);
	ask.mockResolvedValue({});
	listed.use('a');
	listed.of('2');
	await settle();
	expect(onNews).not.toHaveBeenCalled();
});

test('what the worker did not answer is asked again', async () => {
	const listed = openListed(ask, onNews);
	ask.mockResolvedValueOnce(undefined);
	listed.use('a');
	listed.of('1');
	await settle();
	listed.of('1');
	await settle();
	expect(listed.of('1')).toBe(ON);
});

test('other lists are asked anew, and a late answer about the old ones is passed over', async () => {
	const listed = openListed(ask, onNews);
	let answer: (listed: Record<string, OnLists>) => void = () => {};
	ask.mockReturnValueOnce(
		new Promise(resolve => {
			answer = resolve;
		}),
	);
	listed.use('a');
	listed.of('1');
	await settle();
	listed.use('b');
	answer({1: {tier: 'flag', lists: ['Old']}});
	await settle();
	expect(listed.of('1')).toBeUndefined();
	await settle();
	expect(listed.of('1')).toBe(ON);
	listed.use(undefined);
	expect(listed.of('1')).toBeUndefined();
});
