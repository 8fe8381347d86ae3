import {
	deriveKeys,
	makeCode,
	merge,
	open,
	readCode,
	SIZES,
	type SquadContent,
	SquadFull,
	seal,
	WrongCode,
} from '../../../extension/src/contribute/squad-box.js';
import {addSquad, changeSquad, loadSquads} from '../../../extension/src/contribute/squads.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

type Worker = typeof import('../../../extension/src/background/contribute.js');

const SERVER = 'http://127.0.0.1:8000';
const hide = {tier: 'hide', since: '2026-11-22'} as const;
const flag = {tier: 'flag', since: '2026-11-22'} as const;
const holding = (name: string, ...ids: string[]): SquadContent => ({
	name,
	accounts: Object.fromEntries(ids.map(id => [id, hide])),
});
const size = (box: string) => atob(box).length;

describe('the code', () => {
	test('is found in what was pasted with line breaks, and a mistake in it is noticed', async () => {
		const code = await makeCode();
		expect(await readCode(` ${code.slice(0, 20)}\n${code.slice(20)} `)).toBe(code);
		const other = code.at(-10) === 'a' ? 'b' : 'a';
		for (const wrong of [
			'',
			'squad1-',
			code.slice(0, -1),
			`${code}A`,
			code.slice(0, -10) + other + code.slice(-9),
		])
			await expect(readCode(wrong), wrong).rejects.toThrow(WrongCode);
	});

	test('gives everybody the same id and secret, of which neither tells the other', async () => {
		const code = await makeCode();
		const [one, two, other] = [
			await deriveKeys(code),
			await deriveKeys(code),
			await deriveKeys(await makeCode()),
		];
		expect([one.id, one.secret]).toEqual([two.id, two.secret]);
		expect([one.id, one.secret]).toEqual([
			expect.stringMatching(/^[0-9a-f]{32}$/),
			expect.stringMatching(/^[\w-]{43}$/),
		]);
		expect(one.id).not.toBe(other.id);
	});
});

describe('a box', () => {
	test('opens with the code, as the version that it was sealed as, and not otherwise', async () => {
		const keys = await deriveKeys(await makeCode());
		const box = await seal(keys, holding('Friends', '1', '2'), 3);
		expect(await open(keys, box, 3)).toEqual(holding('Friends', '1', '2'));
		await expect(open(keys, box, 4)).rejects.toThrow(WrongCode);
		await expect(open(await deriveKeys(await makeCode()), box, 3)).rejects.toThrow(WrongCode);
		await expect(open(keys, `A${box.slice(1)}`, 3)).rejects.toThrow(WrongCode);
		await expect(open(keys, 'no base64', 3)).rejects.toThrow(WrongCode);
	});

	test('has one of few sizes, and holds no words that can be read', async () => {
		const keys = await deriveKeys(await makeCode());
		const few = await seal(keys, holding('Friends', '1'), 1);
		const more = await seal(
			keys,
			holding('A much longer name', ...Array.from({length: 50}, (_, at) => `9${at}`)),
			1,
		);
		expect([size(few), size(more)]).toEqual([SIZES[0], SIZES[0]]);
		expect(few).not.toBe(await seal(keys, holding('Friends', '1'), 1));
		expect(atob(few)).not.toContain('Friends');
	});

	test('takes the most that the server keeps, and not more', async () => {
		const keys = await deriveKeys(await makeCode());
		const many = (count: number) =>
			holding('', ...Array.from({length: count}, (_, at) => String(1_000_000_000_000_000_000n + BigInt(at))));
		expect((await seal(keys, many(3200), 1)).length).toBeLessThanOrEqual(262_144);
		await expect(seal(keys, many(6000), 1)).rejects.toThrow(SquadFull);
	});
});

describe('merging', () => {
	const base = {name: 'a', accounts: {1: hide, 2: hide}};

	test('keeps what both did', () => {
		const mine = {name: 'a', accounts: {1: flag, 2: hide, 3: hide}};
		const theirs = {name: 'b', accounts: {1: hide, 4: hide}};
		expect(merge(base, mine, theirs)).toEqual({name: 'b', accounts: {1: flag, 3: hide, 4: hide}});
	});

	test('takes away what one took away, also where the other left it', () => {
		expect(merge(base, {name: 'a', accounts: {1: hide}}, base).accounts).toEqual({1: hide});
		expect(merge(base, base, {name: 'a', accounts: {1: hide}}).accounts).toEqual({1: hide});
	});

	test('comes to the same whoever is first, unless both changed one account', () => {
		const pick = (seed: number) =>
			Object.fromEntries(
				[1, 2, 3, 4, 5].flatMap(id => ((seed >> id) & 1 ? [[id, (seed >> (id + 5)) & 1 ? hide : flag]] : [])),
			);
		for (let seed = 0; seed < 300; seed += 1) {
			const start = {name: '', accounts: pick(seed * 7919)};
			// One touches odd numbers, the other even ones.
			const touched = (part: number) => ({
				name: '',
				accounts: Object.fromEntries([
					...Object.entries(start.accounts).filter(([id]) => Number(id) % 2 !== part),
					...Object.entries(pick(seed * 104_729 + part)).filter(([id]) => Number(id) % 2 === part),
				]),
			});
			const [a, b] = [touched(0), touched(1)];
			expect(merge(start, a, merge(start, b, start))).toEqual(merge(start, b, merge(start, a, start)));
		}
	});

	test('done twice is done once', () => {
		const mine = {name: 'c', accounts: {2: flag, 9: hide}};
		const once = merge(base, mine, base);
		expect(merge(once, once, once)).toEqual(once);
		expect(once).toEqual(mine);
	});
});

describe('friends', () => {
	/** What the server keeps. */
	let boxes: Map<string, {version: number; box: string; secret: string}>;
	let stumbling: number | undefined;
	let calls: string[];
	let before: ((route: string) => Promise<void>) | undefined;

	/** Another browser of somebody with the same server. */
	async function friend(): Promise<{browser: FakeChrome; worker: Worker; locks: LockManager}> {
		const browser = installChrome();
		vi.resetModules();
		const worker = await import('../../../extension/src/background/contribute.js');
		return {browser, worker, locks: navigator.locks};
	}

	function as({browser, locks}: {browser: FakeChrome; locks: LockManager}): void {
		vi.stubGlobal('chrome', browser);
		Object.defineProperty(navigator, 'locks', {value: locks, configurable: true});
	}

	beforeEach(() => {
		boxes = new Map();
		stumbling = undefined;
		before = undefined;
		calls = [];
		vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
			const id = url.split('/').at(-1) ?? '';
			const secret = new Headers(init.headers).get('panah-squad') ?? '';
			calls.push(`${init.method}`);
			await before?.(`${init.method}`);
			if (stumbling !== undefined) return new Response('{}', {status: stumbling});
			const held = boxes.get(id);
			if (held !== undefined && held.secret !== secret) return new Response('{}', {status: 403});
			if (init.method === 'DELETE') {
				boxes.delete(id);
				return new Response(null, {status: 204});
			}
			if (init.method === 'GET')
				return held ? new Response(JSON.stringify(held)) : new Response('{}', {status: 404});
			const {version, box} = JSON.parse(init.body as string);
			if ((held?.version ?? 0) !== version) return new Response('{}', {status: held ? 409 : 404});
			boxes.set(id, {version: version + 1, box, secret});
			return new Response(JSON.stringify({version: version + 1}));
		});
	});

	async function accounts(): Promise<string[]> {
		return Object.keys((await loadSquads())[0]?.content.accounts ?? {});
	}

	function put(code: string, id: string): Promise<void> {
		return changeSquad(code, squad => ({
			...squad,
			content: {...squad.content, accounts: {...squad.content.accounts, [id]: hide}},
		}));
	}

	test('see what the other added, and the server sees neither name nor number', async () => {
		const code = await makeCode();
		const one = await friend();
		await addSquad(code, SERVER, holding('Friends', '1234567890'));
		await one.worker.syncSquads();
		const two = await friend();
		await addSquad(code, SERVER);
		await two.worker.syncSquads();
		expect((await loadSquads())[0]?.content).toEqual(holding('Friends', '1234567890'));
		await put(code, '55');
		await two.worker.syncSquads();
		as(one);
		await one.worker.syncSquads();
		expect(await accounts()).toEqual(['55', '1234567890']);
		expect(JSON.stringify([...boxes])).not.toMatch(/Friends|1234567890/);
	});

	test('who change it at once both keep their change', async () => {
		const code = await makeCode();
		const one = await friend();
		await addSquad(code, SERVER, holding('Friends', '1'));
		await one.worker.syncSquads();
		const two = await friend();
		await addSquad(code, SERVER);
		await two.worker.syncSquads();
		await put(code, '2');
		as(one);
		await put(code, '3');
		// Right before the one writes, the other does.
		before = async method => {
			if (method !== 'PUT') return;
			before = undefined;
			as(two);
			await two.worker.syncSquads();
			as(one);
		};
		await one.worker.syncSquads();
		expect(await accounts()).toEqual(['1', '2', '3']);
		as(two);
		await two.worker.syncSquads();
		expect(await accounts()).toEqual(['1', '2', '3']);
		expect([...boxes.values()][0]?.version).toBe(3);
	});

	test('write nothing where nothing was changed', async () => {
		const one = await friend();
		await addSquad(await makeCode(), SERVER, holding('Friends'));
		await one.worker.syncSquads();
		await one.worker.syncSquads();
		expect(calls).toEqual(['GET', 'PUT', 'GET']);
	});

	test('keep what they have when the server fails, and send it later', async () => {
		const one = await friend();
		await addSquad(await makeCode(), SERVER, holding('Friends', '1'));
		stumbling = 503;
		await one.worker.syncSquads();
		expect([await accounts(), (await loadSquads())[0]?.problem]).toEqual([['1'], undefined]);
		stumbling = undefined;
		await one.worker.syncSquads();
		expect((await loadSquads())[0]?.version).toBe(1);
	});

	test('are told when the list was ended, and keep what they had', async () => {
		const code = await makeCode();
		const one = await friend();
		await addSquad(code, SERVER, holding('Friends', '1'));
		await one.worker.syncSquads();
		boxes.clear();
		await one.worker.syncSquads();
		expect([await accounts(), (await loadSquads())[0]?.problem]).toEqual([['1'], 'ended']);
		expect(boxes.size).toBe(0);
	});

	test('do not take an older box, nor one that was changed', async () => {
		const one = await friend();
		const code = await makeCode();
		await addSquad(code, SERVER, holding('Friends', '1'));
		await one.worker.syncSquads();
		const [[id, old] = ['', undefined]] = [...boxes];
		await put(code, '2');
		await one.worker.syncSquads();
		if (old === undefined) throw new Error('There is no box.');
		boxes.set(id, old);
		await one.worker.syncSquads();
		expect(await accounts()).toEqual(['1', '2']);
		boxes.set(id, {...old, version: 9});
		await one.worker.syncSquads();
		expect([await accounts(), (await loadSquads())[0]?.problem]).toEqual([['1', '2'], 'unreadable']);
	});

	test('of another server are left alone', async () => {
		const one = await friend();
		await addSquad(await makeCode(), 'https://other.example', holding('Friends', '1'));
		await one.worker.syncSquads();
		expect(calls).toEqual([]);
	});

	test('can end it for everybody', async () => {
		const code = await makeCode();
		const one = await friend();
		await addSquad(code, SERVER, holding('Friends', '1'));
		await one.worker.syncSquads();
		expect(await one.worker.answerContribute({do: 'end-squad', squad: code})).toMatchObject({ok: true});
		expect([boxes.size, await loadSquads()]).toEqual([0, []]);
	});
});
