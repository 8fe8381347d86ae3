import {IDBFactory, IDBObjectStore as Stores} from 'fake-indexeddb';
import {type Event, isWhole, listKept, verify} from '../../../extension/src/evidence/chain.js';
import {
	changePassphrase,
	readEvidence,
	removeKept,
	saveEvidence,
	saveNote,
	switchOff,
	switchOn,
	takeOver,
} from '../../../extension/src/evidence/save.js';
import {makeLock, openSealed, seal, unlock} from '../../../extension/src/evidence/seal.js';
import {readRows} from '../../../extension/src/evidence/store.js';
import {chainOf, note, post, savedPost} from './factories.js';

const SAVED = {ok: true, already: false};
const PASSPHRASE = 'kite lamp river seven';

beforeEach(() => {
	vi.stubGlobal('indexedDB', new IDBFactory());
});

const textsOf = (events: Event[]) => listKept(events).map(({event}) => event.payload.text);

async function open(passphrase = PASSPHRASE): Promise<CryptoKey> {
	const {lock} = await readRows();
	const key = lock && (await unlock(lock, passphrase));
	if (key === undefined) throw new Error('It stays locked.');
	return key;
}

test('a reply is kept as it was given', async () => {
	expect(await saveEvidence(savedPost())).toEqual(SAVED);
	const {events, lock} = await readEvidence();
	expect(listKept(events)[0]?.event.payload).toEqual(savedPost());
	expect(lock).toBeUndefined();
	expect((await verify(events)).ok).toBe(true);
});

test('the same reply is kept once, and again when its words changed', async () => {
	await saveEvidence(savedPost());
	expect(await saveEvidence(savedPost())).toEqual({ok: true, already: true});
	expect(await saveEvidence(savedPost({text: 'Edited.'}))).toEqual(SAVED);
	expect(await saveEvidence(savedPost())).toEqual(SAVED);
	expect(textsOf((await readEvidence()).events)).toEqual([
		'Words of a reply.',
		'Edited.',
		'Words of a reply.',
	]);
});

test('what is no post is not kept', async () => {
	expect(await saveEvidence({...savedPost(), url: 'javascript:void 0'})).toEqual({
		ok: false,
		problem: 'failed',
	});
	expect((await readEvidence()).events).toEqual([]);
});

test('many that save at once make one chain', async () => {
	const ids = Array.from({length: 12}, (_, index) => String(index + 1));
	const saved = await Promise.all(ids.map(id => saveEvidence(savedPost({id}))));
	expect(saved).toEqual(ids.map(() => SAVED));
	const {events} = await readEvidence();
	expect(await verify(events)).toMatchObject({ok: true});
	expect(
		listKept(events)
			.map(({event}) => event.payload.id)
			.sort(),
	).toEqual(ids.sort());
});

test('two that save the same reply at once keep it once', async () => {
	const saved = await Promise.all([saveEvidence(savedPost()), saveEvidence(savedPost())]);
	expect(saved.filter(answer => answer.ok && answer.already)).toHaveLength(1);
	expect((await readEvidence()).events).toHaveLength(1);
});

test('a full browser is told from other faults, and nothing is half kept', async () => {
	await saveEvidence(savedPost());
	for (const [fault, problem] of [
		[new DOMException('', 'QuotaExceededError'), 'full'],
		[new DOMException('', 'UnknownError'), 'failed'],
	] as const) {
		const put = vi.spyOn(Stores.prototype, 'put').mockImplementation(() => {
			throw fault;
		});
		expect(await saveEvidence(savedPost({id: '3'}))).toEqual({ok: false, problem});
		put.mockRestore();
	}
	expect((await readEvidence()).events).toHaveLength(1);
});

test('without a store, saving fails and says so', async () => {
	vi.stubGlobal('indexedDB', undefined);
	expect(await saveEvidence(savedPost())).toEqual({ok: false, problem: 'failed'});
});

test('a removed reply leaves nothing but its place', async () => {
	await saveEvidence(savedPost({text: 'secret words'}));
	await saveEvidence(savedPost({id: '2'}));
	await saveNote(1, 'secret note');
	await saveNote(2, 'stays');
	await removeKept(1);
	const {rows} = await readRows();
	expect(JSON.stringify(rows)).not.toContain('secret');
	expect(rows.map(row => Object.keys(row).length)).toEqual([3, 7, 3, 7, 7]);
	expect(await verify(rows as Event[])).toMatchObject({ok: true, removed: 2, withheld: 0});
	expect(listKept(rows as Event[])).toMatchObject([{note: 'stays'}]);
	expect(await saveEvidence(savedPost({text: 'secret words'}))).toEqual(SAVED);
});

test('what is sealed opens with its passphrase, in its place, unchanged, and not otherwise', async () => {
	const lock = await makeLock(PASSPHRASE);
	const [place] = await chainOf(post());
	const other = {...(place as Event), seq: 2};
	const sealed = await seal(lock, place as Event, 'ساری باتیں');
	const key = (await unlock(lock, PASSPHRASE)) as CryptoKey;
	expect(await openSealed(lock, key, place as Event, sealed)).toBe('ساری باتیں');
	await expect(openSealed(lock, key, other, sealed)).rejects.toThrow();
	const changed = sealed.slice(0, -4) + (sealed.endsWith('AAAA') ? 'BBBB' : 'AAAA');
	await expect(openSealed(lock, key, place as Event, changed)).rejects.toThrow();
	expect(await unlock(lock, 'kite lamp river eight')).toBeUndefined();
	expect(await unlock({...lock, publicKey: (await makeLock('x')).publicKey}, PASSPHRASE)).toBeUndefined();
	expect(lock.iterations).toBe(600_000);
});

test('the same letters in another spelling are the same passphrase', async () => {
	const lock = await makeLock('آپ caf\u00e9');
	expect(await unlock(lock, 'ا\u0653پ cafe\u0301')).toBeDefined();
});

test('with a passphrase no words are stored, saving goes on, and all opens again', async () => {
	await saveEvidence(savedPost({text: 'secret before'}));
	await saveNote(1, 'secret note');
	expect(await switchOn(PASSPHRASE)).toBe(true);
	expect(await saveEvidence(savedPost({id: '2', text: 'secret after'}))).toEqual(SAVED);
	const {rows} = await readRows();
	expect(JSON.stringify(rows)).not.toMatch(/secret|somebody|note|post|payload|salt/);

	const locked = (await readEvidence()).events;
	expect(locked.some(isWhole)).toBe(false);
	expect(await verify(locked, {part: true})).toMatchObject({ok: true, withheld: 3});
	expect(await verify(locked.toSpliced(1, 1), {part: true})).toMatchObject({ok: false, seq: 2});

	const {events} = await readEvidence(await open());
	expect(await verify(events)).toMatchObject({ok: true, withheld: 0});
	expect(listKept(events)).toMatchObject([
		{event: {payload: {text: 'secret after'}}, note: ''},
		{event: {payload: {text: 'secret before'}}, note: 'secret note'},
	]);
});

test('with a passphrase, removing wipes the reply and its notes', async () => {
	await saveEvidence(savedPost());
	await switchOn(PASSPHRASE);
	await saveNote(1, 'a note');
	const key = await open();
	await removeKept(1, key);
	const {rows} = await readRows();
	expect(rows.map(row => 'sealed' in row)).toEqual([false, false, true]);
	expect(await verify((await readEvidence(key)).events)).toMatchObject({ok: true, removed: 2});
});

test('a sealed content that was changed is found', async () => {
	await switchOn(PASSPHRASE);
	await saveEvidence(savedPost());
	await saveEvidence(savedPost({id: '2'}));
	const {rows} = await readRows();
	await swapSealed(rows as Array<Event & {sealed: string}>);
	const {events} = await readEvidence(await open());
	expect(await verify(events)).toEqual({ok: false, seq: 1, problem: 'missing'});
	expect(await switchOff(await open())).toBe(false);
});

test('a passphrase is set once, changed by whoever knows it, and taken away', async () => {
	await saveEvidence(savedPost());
	await switchOn(PASSPHRASE);
	expect(await switchOn('another one')).toBe(false);
	const sealed = (await readRows()).rows;
	expect(await changePassphrase('a wrong one', 'a new one')).toBe(false);
	expect(await changePassphrase(PASSPHRASE, 'a new one')).toBe(true);
	expect((await readRows()).rows).toEqual(sealed);
	await expect(open()).rejects.toThrow('locked');
	expect(await switchOff(await open('a new one'))).toBe(true);
	const {events, lock} = await readEvidence();
	expect(lock).toBeUndefined();
	expect(textsOf(events)).toEqual(['Words of a reply.']);
	expect(await saveEvidence(savedPost())).toEqual({ok: true, already: true});
});

test('saving while a passphrase is being set leaves nothing unsealed', async () => {
	await saveEvidence(savedPost());
	const ids = ['2', '3', '4', '5'];
	await Promise.all([switchOn(PASSPHRASE), ...ids.map(id => saveEvidence(savedPost({id})))]);
	const {rows} = await readRows();
	expect(rows).toHaveLength(5);
	expect(rows.every(row => 'sealed' in row)).toBe(true);
	expect(await verify((await readEvidence(await open())).events)).toMatchObject({ok: true});
});

test('when sealing fails half way, everything stays as it was', async () => {
	await saveEvidence(savedPost());
	await saveEvidence(savedPost({id: '2'}));
	const before = await readRows();
	const {put} = Stores.prototype;
	let puts = 0;
	const spy = vi.spyOn(Stores.prototype, 'put').mockImplementation(function (this: unknown, ...values) {
		puts += 1;
		if (puts === 2) throw new DOMException('', 'QuotaExceededError');
		return Reflect.apply(put, this, values);
	});
	await expect(switchOn(PASSPHRASE)).rejects.toThrow();
	spy.mockRestore();
	expect(puts).toBe(2);
	expect(await readRows()).toEqual(before);
});

test('a chain moves into an empty store, and into no other', async () => {
	const events = await chainOf(post('one'), note(1, 'mine'));
	expect(await takeOver(events)).toBe(true);
	expect((await readEvidence()).events).toEqual(events);
	expect(await takeOver(await chainOf(post('two')))).toBe(false);
	expect(await saveEvidence(savedPost({id: '9'}))).toEqual(SAVED);
	expect(await verify((await readEvidence()).events)).toMatchObject({ok: true});
});

async function swapSealed([a, b]: Array<Event & {sealed: string}>): Promise<void> {
	const request = indexedDB.open('evidence');
	const database = await new Promise<IDBDatabase>(resolve => {
		request.onsuccess = () => resolve(request.result);
	});
	const transaction = database.transaction('events', 'readwrite');
	const ended = new Promise(resolve => {
		transaction.oncomplete = resolve;
	});
	if (a && b) transaction.objectStore('events').put({...a, sealed: b.sealed});
	await ended;
	database.close();
}
