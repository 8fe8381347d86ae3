import {inTurn} from '../../../extension/src/core/in-turn.js';
import {installChrome} from '../fake-chrome.js';

beforeEach(() => void installChrome());

test('works of one name wait for each other, also for one that failed; others do not wait', async () => {
	const order: string[] = [];
	let open: () => void = () => {};
	const first = inTurn('a', async () => {
		await new Promise<void>(resolve => {
			open = resolve;
		});
		order.push('first');
		throw new Error('no room');
	});
	const second = inTurn('a', async () => order.push('second'));
	await inTurn('b', async () => order.push('other'));
	open();
	await expect(first).rejects.toThrow('no room');
	await second;
	expect(order).toEqual(['other', 'first', 'second']);
});
