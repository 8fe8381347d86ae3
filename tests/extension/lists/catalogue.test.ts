import {
	canVerify,
	fingerprint,
	openCatalogue,
	type Problem,
	Refused,
} from '../../../extension/src/lists/catalogue.js';
import {VECTORS} from './vectors.js';

const NAMES: Record<string, Problem> = {
	malformed: 'unreadable',
	format: 'unreadable',
	roots: 'root',
	key: 'key',
	signature: 'signature',
	expired: 'expired',
};
const [FIRST] = VECTORS.catalogues;
const BODY = FIRST?.body ?? '';
const NOW = Date.parse(FIRST?.now ?? '');

function open(body: string, pinned?: string | null, now = NOW) {
	return openCatalogue(body, pinned ?? undefined, now);
}

async function problem(work: Promise<unknown>): Promise<Problem | undefined> {
	return work.then(
		() => undefined,
		fault => (fault instanceof Refused ? fault.problem : undefined),
	);
}

const taken = VECTORS.catalogues.filter(({refused}) => refused === undefined || refused === 'older');
const refused = VECTORS.catalogues.filter(({refused}) => refused !== undefined && refused !== 'older');

test.each(taken)('taken: $name', async ({body, pinned, now, root}) => {
	const opened = await open(body, pinned, Date.parse(now));
	expect(opened.catalogue.version).toBe(12);
	if (root !== undefined) expect(opened.root).toBe(root);
});

test.each(refused)('refused: $name', async ({body, pinned, now, refused}) => {
	const expected = NAMES[refused ?? ''];
	expect(expected).toBeDefined();
	expect(await problem(open(body, pinned, Date.parse(now)))).toBe(expected);
});

test('a catalogue made more than a day after now is refused: one of the two clocks is wrong', async () => {
	const created = Date.parse('2026-11-22T06:00:00Z');
	const day = 86_400_000;
	expect(await problem(open(BODY, null, created - day - 1))).toBe('clock');
	expect(await problem(open(BODY, null, created - day))).toBeUndefined();
});

test('what it says of lists and of the pack is read', async () => {
	const {catalogue} = await open(BODY);
	expect(catalogue.lists.map(({slug, count, full}) => [slug, count, full !== undefined])).toEqual([
		['fifty', 49, false],
		['nobody', 0, false],
		['large', 2000, true],
	]);
	expect(catalogue.lists[1]).toMatchObject({unattended: true, tierCap: 'flag', maxGrowth: 0.1});
	expect(catalogue.pack?.parts.map(({offset, size}) => [offset, size])).toEqual([
		[0, 299],
		[299, 25],
	]);
	expect(catalogue.lists[2]?.deltas).toMatchObject([{from: 6, to: 7}]);
});

test('this browser can verify', async () => {
	expect(await canVerify()).toBe(true);
});

test('where the browser has no Ed25519, it says so', async () => {
	vi.spyOn(crypto.subtle, 'importKey').mockRejectedValue(new DOMException('', 'NotSupportedError'));
	expect(await canVerify()).toBe(false);
});

test('a fingerprint is the one that the service shows, 32 letters and digits in groups of four', async () => {
	expect(await fingerprint('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=')).toBe(
		'21fe 31df a154 a261 626b f854 046f d227',
	);
});
