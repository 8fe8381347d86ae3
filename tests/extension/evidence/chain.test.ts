import {
	bare,
	canonical,
	type Event,
	hashOf,
	isWhole,
	listKept,
	START,
	verify,
	type WholeEvent,
} from '../../../extension/src/evidence/chain.js';
import {chainOf, note, post, removal} from './factories.js';

const fiveEvents = () => chainOf(post('one'), post('two'), note(1, 'about one'), post('three'), post('four'));
const whole = (event: Event | undefined) => event as WholeEvent;

test('a chain that nobody touched is whole, and its last hash stands for it', async () => {
	const events = await fiveEvents();
	expect(await verify(events)).toEqual({ok: true, last: events[4]?.hash, removed: 0, withheld: 0});
	expect(await verify([])).toEqual({ok: true, last: START, removed: 0, withheld: 0});
});

test('taking out any event but the last is found', async () => {
	const events = await fiveEvents();
	for (let index = 0; index < events.length - 1; index += 1) {
		const cut = events.toSpliced(index, 1);
		expect(await verify(cut)).toMatchObject({ok: false, seq: index + 1, problem: 'order'});
		// Numbering anew does not help.
		const renumbered = cut.map((event, at) => ({...event, seq: at + 1}));
		expect(await verify(renumbered)).toMatchObject({ok: false, seq: index + 1});
	}
});

test('exchanging any two events is found', async () => {
	const events = await fiveEvents();
	for (let a = 0; a < events.length; a += 1) {
		for (let b = a + 1; b < events.length; b += 1) {
			const swapped = events.with(a, events[b] as Event).with(b, events[a] as Event);
			expect((await verify(swapped)).ok, `${a} ${b}`).toBe(false);
			const renumbered = swapped.map((event, at) => ({...event, seq: at + 1}));
			expect((await verify(renumbered)).ok, `${a} ${b} renumbered`).toBe(false);
		}
	}
});

test('changing any part of any event is found', async () => {
	const events = await fiveEvents();
	for (const [index, event] of events.entries()) {
		const changes: object[] = [
			{at: '2020-01-01T00:00:00.000Z'},
			{salt: '0'.repeat(32)},
			{hash: '1'.repeat(64)},
			{prev: '1'.repeat(64)},
			{kind: 'removal'},
			{payload: {...whole(event).payload, text: 'other words'}},
			{payload: {...whole(event).payload, added: true}},
		];
		for (const change of changes) {
			const changed = events.with(index, {...event, ...change} as Event);
			const found = await verify(changed);
			expect(found.ok, JSON.stringify(change)).toBe(false);
			expect(!found.ok && found.seq).toBe(index + 1);
		}
	}
});

test('a changed event with a hash of its own breaks the link that follows', async () => {
	const events = await fiveEvents();
	const forged = {...whole(events[1]), at: '2020-01-01T00:00:00.000Z'};
	forged.hash = await hashOf(forged);
	expect(await verify(events.with(1, forged))).toEqual({ok: false, seq: 3, problem: 'link'});
});

test('a content that is gone is only right where a removal names it', async () => {
	const events = await chainOf(post('one'), post('two'), removal(1));
	const wiped = events.with(0, bare(events[0] as Event));
	expect(await verify(wiped)).toMatchObject({ok: true, removed: 1, withheld: 0});
	const gone = wiped.with(1, bare(events[1] as Event));
	expect(await verify(gone)).toEqual({ok: false, seq: 2, problem: 'missing'});
	expect(await verify(gone, {part: true})).toMatchObject({ok: true, removed: 1, withheld: 1});
});

test('one value has one spelling, however it was put together', () => {
	expect(canonical({b: [1, {d: 'ü', c: null}], a: undefined, A: true})).toBe(
		'{"A":true,"b":[1,{"c":null,"d":"ü"}]}',
	);
	expect(canonical({x: 1, y: 2})).toBe(canonical({y: 2, x: 1}));
	expect(canonical('\ud800')).toBe('"\\ud800"');
});

test('the same words have another hash each time', async () => {
	const [a] = await chainOf(post('same'));
	const [b] = await chainOf(post('same'));
	expect(a?.hash).not.toBe(b?.hash);
	expect(whole(a).salt).toMatch(/^[0-9a-f]{32}$/);
});

test('what is kept is listed newest first, each with its newest note', async () => {
	const events = await chainOf(post('one'), note(1, 'old'), post('two'), note(1, 'new'), removal(3));
	const wiped = events.with(2, bare(events[2] as Event));
	expect(listKept(events).map(({event}) => event.payload.text)).toEqual(['two', 'one']);
	expect(listKept(wiped).map(kept => [kept.event.payload.text, kept.note])).toEqual([['one', 'new']]);
	expect(wiped.filter(isWhole)).toHaveLength(4);
});
