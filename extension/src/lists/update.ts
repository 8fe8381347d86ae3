import {inTurn} from '../core/in-turn.js';
import {
	type Catalogue,
	canVerify,
	type DeltaInfo,
	type FileInfo,
	type ListInfo,
	openCatalogue,
	type PackInfo,
	type Problem,
	Refused,
	readSigned,
	sha256,
} from './catalogue.js';
import {additions, applyDelta, type Bytes, countOf, decodeFull, MalformedList} from './golomb.js';
import {HOLD, isHeld, NONE, SALT_HOLD} from './match.js';
import {keepNews, type ListProblem, loadLists, type News, pinRoot, stamp} from './state.js';
import {
	type Held,
	type KeptCatalogue,
	type KeptList,
	putCatalogue,
	putList,
	putPack,
	readCatalogue,
	readList,
	readLists,
	readPack,
	removeList,
	StoreFailed,
} from './store.js';

/** How often news are looked for while a list is used, in milliseconds; in truth up to an hour sooner or later. */
export const EVERY = 21_600_000;
const JITTER = 3_600_000;
/** After a try in which the server was not to be reached. */
const AGAIN = 3_600_000;
const DAY = 86_400_000;
/** How long lists are used that nobody confirms any more, from the end of their catalogue's time on. */
export const GRACE = 14 * DAY;
/** What we can read of what lists may come to be. */
const CLIENT = 1;
/** So many entries a list may gain in a day, however small it is. */
const SMALL_GROWTH = 50;
const MOST_CATALOGUE = 10_000_000;

/** What stands between us and the network. `get` rejects with DownloadFailed. */
export interface Edge {
	mayReach(address: string): Promise<boolean>;
	get(url: string, most: number): Promise<Bytes>;
}

export class DownloadFailed extends Error {
	override name = 'DownloadFailed';
	/** The server answered that there is no such thing. */
	readonly isAbsent: boolean;

	constructor(isAbsent: boolean, options?: ErrorOptions) {
		super('The file could not be fetched.', options);
		this.isAbsent = isAbsent;
	}
}

/** Why one list stays as it was. */
class Kept extends Error {
	override name = 'Kept';
	readonly problem: ListProblem;

	constructor(problem: ListProblem) {
		super(`The list stays as it was: ${problem}.`);
		this.problem = problem;
	}
}

/** Milliseconds until news are to be looked for again. */
export function nextTry(news: News, random: () => number = Math.random): number {
	const isUnreached = news.problem === 'unreachable';
	return (isUnreached ? AGAIN : EVERY) + (2 * random() - 1) * (isUnreached ? AGAIN / 4 : JITTER);
}

/** Whether nobody has looked for so long that it is time. A clock that went back shows tries in the future. */
export function isDue({triedAt}: News, now: number): boolean {
	return triedAt > now || now - triedAt >= EVERY + JITTER;
}

/**
 * Whether lists with that catalogue are too old to be used. A clock that was put forward is no proof: somebody must have
 * asked in vain since then.
 */
export function isDropped(expires: number, {triedAt}: News, now: number): boolean {
	return now > expires + GRACE && triedAt > expires + GRACE;
}

/**
 * Looks for news of a server's lists and takes them. Never rejects: what went wrong is kept for the page to tell, and
 * lists stay as they were. Dying in the middle of it loses nothing: the next time goes on with what is missing.
 */
export function update(address: string, edge: Edge): Promise<void> {
	return inTurn('lists-update', async () => {
		const {news} = await loadLists(address);
		const next: News = {triedAt: Date.now(), fetchedAt: news.fetchedAt, lists: {}};
		try {
			const catalogue = await fetchCatalogue(address, edge);
			next.lists = await takeLists(address, catalogue, edge);
			next.fetchedAt = next.triedAt;
		} catch (fault) {
			next.problem = problemOf(fault);
			next.lists = news.lists;
		}
		await keepNews(address, next).catch(() => {});
		await stamp().catch(() => {});
	});
}

/** The newest catalogue, kept from now on. */
async function fetchCatalogue(address: string, edge: Edge): Promise<Catalogue> {
	if (!(await canVerify())) throw new Refused('unsupported');
	if (!(await edge.mayReach(address))) throw new Refused('permission');
	// Before anything is asked: what cannot be kept is not fetched every few hours.
	const known = await readCatalogue(address);
	const {root: pinned} = await loadLists(address);
	const bytes = await edge.get(catalogueUrl(address), MOST_CATALOGUE);
	const opened = await openCatalogue(new TextDecoder().decode(bytes), pinned, Date.now());
	const {catalogue, root, signed} = opened;
	if (known !== undefined && isOlder(catalogue, opened.sha256, known)) throw new Refused('older');
	if (root !== pinned) await pinRoot(address, root);
	const {version, expires} = catalogue;
	await putCatalogue({address, signed, sha256: opened.sha256, version, expires});
	if (catalogue.selectors === undefined) await chrome.storage.local.remove('selectors');
	else await chrome.storage.local.set({selectors: catalogue.selectors});
	return catalogue;
}

/** Whether it says less, or something else under the same number, than what we know. */
function isOlder(catalogue: Catalogue, sha256: string, known: KeptCatalogue): boolean {
	if (catalogue.version !== known.version) return catalogue.version < known.version;
	return sha256 !== known.sha256 && catalogue.expires <= known.expires;
}

function catalogueUrl(address: string): string {
	return `${address}/lists/catalogue.json`;
}

/** The address of a file. Raises Refused where it would lead to another server. */
function fileUrl(address: string, url: string): string {
	const full = new URL(url, catalogueUrl(address));
	if (full.origin !== new URL(address).origin) throw new Refused('unreadable');
	return full.href;
}

/** Brings all lists in use up to date, and says which could not be. */
async function takeLists(address: string, catalogue: Catalogue, edge: Edge): Promise<News['lists']> {
	const {used} = await loadLists(address);
	const problems: News['lists'] = {};
	for (const {listId} of await readLists(address)) {
		// What the server has no more is forgotten at once, and so is what the reader uses no more.
		const isKnown = catalogue.lists.some(list => list.listId === listId);
		if (!isKnown || !(listId in used)) await removeList(address, listId);
	}
	if (Object.keys(used).length === 0) return problems;
	// Whoever uses any list fetches the pack: which small ones they use cannot be seen.
	const pack = openPack(address, catalogue.pack, edge);
	await pack().catch(() => undefined);
	for (const listId of Object.keys(used)) {
		const info = catalogue.lists.find(list => list.listId === listId);
		try {
			if (info === undefined) throw new Kept('gone');
			if (info.minClient > CLIENT) throw new Kept('client');
			const kept = await readList(address, listId);
			await putList(await takeList(address, info, kept, catalogue.created, edge, pack));
		} catch (fault) {
			problems[listId] = listProblemOf(fault);
		}
	}
	return problems;
}

/** The list as it is announced. Raises Kept, DownloadFailed and StoreFailed. */
async function takeList(
	address: string,
	info: ListInfo,
	kept: KeptList | undefined,
	created: number,
	edge: Edge,
	pack: () => Promise<KeptPart>,
): Promise<KeptList> {
	const now = Date.now();
	const {listId, epoch, salt, version, resultSha256} = info;
	const known = kept?.epoch === epoch && kept.salt === salt ? kept : undefined;
	if (known !== undefined && version < known.version) throw new Kept('older');
	if (known?.version === version && known.resultSha256 === resultSha256) {
		return {...freshen(known, now), agreed: Math.max(known.agreed, agreedAt(created, now))};
	}
	const rows =
		(known && (await byDeltas(address, info, known, edge))) ?? (await whole(address, info, edge, pack));
	const next: KeptList = {
		address,
		listId,
		epoch,
		salt,
		version,
		resultSha256,
		agreed: agreedAt(created, now),
		rows,
		held: [],
	};
	if (kept === undefined) return next;
	const days = Math.max(1, Math.ceil((Math.min(created, now) - kept.agreed) / DAY));
	const allowed = Math.max(SMALL_GROWTH, Math.floor(countOf(kept.rows) * info.maxGrowth)) * days;
	if (known === undefined) {
		// Under another salt nothing can be compared; what is on the old list too counts until additions do.
		if (countOf(rows) - countOf(kept.rows) > allowed) throw new Kept('growth');
		const {before = kept} = freshen(kept, now);
		// With each new salt the wait begins anew: under the last one nobody has had the time to look.
		return {...next, before: {since: now, salt: before.salt, rows: before.rows, held: before.held}};
	}
	const added = additions(known.rows, rows, NONE);
	if (countOf(added) > allowed) throw new Kept('growth');
	const {held, ...older} = freshen(known, now);
	const batches = countOf(added) === 0 ? held : [...held, {since: now, rows: added}];
	return {...next, held: batches, ...('before' in older ? {before: older.before} : {})};
}

/**
 * When a catalogue was made, as far as we believe it: in the last day, as servers make one daily. Whoever dates one back,
 * or ahead, gives no list the right to grow by more days than have gone by here.
 */
function agreedAt(created: number, now: number): number {
	return Math.min(Math.max(created, now - DAY), now);
}

/** Without the additions that count by now. What was first seen in the future was seen now: the clock went back. */
function freshen(list: KeptList, now: number): KeptList {
	const {before, ...rest} = list;
	const held: Held[] = list.held
		.filter(({since}) => isHeld(since, now))
		.map(({since, rows}) => ({since: Math.min(since, now), rows}));
	if (before === undefined || !isHeld(before.since, now, SALT_HOLD)) return {...rest, held};
	return {...rest, held, before: {...before, since: Math.min(before.since, now)}};
}

/** The rows, by what has changed since the version we have; undefined where that does not lead there. */
async function byDeltas(
	address: string,
	info: ListInfo,
	known: KeptList,
	edge: Edge,
): Promise<Bytes | undefined> {
	const steps = findSteps(info, known.version);
	if (steps === undefined) return undefined;
	try {
		let {rows} = known;
		for (const step of steps) {
			rows = applyDelta(rows, await fetchFile(address, step, edge));
			if ((await sha256(rows)) !== step.resultSha256) return undefined;
		}
		return (await sha256(rows)) === info.resultSha256 ? rows : undefined;
	} catch (fault) {
		if (fault instanceof MalformedList || fault instanceof DownloadFailed || fault instanceof Kept)
			return undefined;
		throw fault;
	}
}

/** The deltas that lead from one version to the announced one, each as far as possible, if they save anything. */
function findSteps({deltas, version, full}: ListInfo, from: number): DeltaInfo[] | undefined {
	const steps: DeltaInfo[] = [];
	let at = from;
	while (at < version) {
		const next = deltas
			.filter(delta => delta.from === at && delta.to > at && delta.to <= version)
			.sort((a, b) => b.to - a.to)[0];
		if (next === undefined) return undefined;
		steps.push(next);
		at = next.to;
	}
	const size = steps.reduce((sum, step) => sum + step.size, 0);
	return steps.length > 0 && size < (full?.size ?? Number.POSITIVE_INFINITY) ? steps : undefined;
}

async function whole(
	address: string,
	info: ListInfo,
	edge: Edge,
	pack: () => Promise<KeptPart>,
): Promise<Bytes> {
	const bytes =
		info.full === undefined ? (await pack())(info.listId) : await fetchFile(address, info.full, edge);
	let rows: Bytes;
	try {
		rows = decodeFull(bytes);
	} catch {
		throw new Kept('damaged');
	}
	if (countOf(rows) !== info.count || (await sha256(rows)) !== info.resultSha256) throw new Kept('damaged');
	return rows;
}

/** Raises Kept unless it is what was announced. */
async function fetchFile(address: string, file: FileInfo, edge: Edge): Promise<Bytes> {
	const bytes = await edge.get(fileUrl(address, file.url), file.size);
	if (bytes.length !== file.size || (await sha256(bytes)) !== file.sha256) throw new Kept('damaged');
	return bytes;
}

/** The file of one small list. */
type KeptPart = (listId: string) => Bytes;

/** Fetches the pack once, and only if another one is announced than the one we have. */
function openPack(address: string, info: PackInfo | undefined, edge: Edge): () => Promise<KeptPart> {
	let opened: Promise<KeptPart> | undefined;

	async function open(): Promise<KeptPart> {
		if (info === undefined) throw new Kept('damaged');
		const kept = await readPack(address);
		let bytes = kept?.bytes;
		if (bytes === undefined || kept?.sha256 !== info.sha256) {
			bytes = await fetchFile(address, info, edge);
			await putPack({address, sha256: info.sha256, bytes});
		}
		const whole = bytes;
		return listId => {
			const part = info.parts.find(one => one.listId === listId);
			if (part === undefined || part.offset + part.size > whole.length) throw new Kept('damaged');
			return whole.slice(part.offset, part.offset + part.size);
		};
	}

	return () => {
		opened ??= open();
		return opened;
	};
}

/** The rows of a list that is announced, whether the reader uses it or not. Rejects where they cannot be had. */
export async function lookInto(
	address: string,
	listId: string,
	edge: Edge,
): Promise<{info: ListInfo; rows: Bytes}> {
	const kept = await readCatalogue(address);
	const catalogue = kept && readSigned(kept.signed);
	const info = catalogue?.lists.find(list => list.listId === listId);
	if (catalogue === undefined || info === undefined) throw new Kept('gone');
	if (info.minClient > CLIENT) throw new Kept('client');
	const known = await readList(address, listId);
	const isKnown = known?.epoch === info.epoch && known.resultSha256 === info.resultSha256;
	const rows = isKnown
		? known.rows
		: await whole(address, info, edge, openPack(address, catalogue.pack, edge));
	return {info, rows};
}

function problemOf(fault: unknown): Problem {
	if (fault instanceof Refused) return fault.problem;
	if (fault instanceof StoreFailed) return fault.isFull ? 'full' : 'storage';
	if (fault instanceof DownloadFailed) return fault.isAbsent ? 'absent' : 'unreachable';
	// What is left is storage.local, which rejects when it is full.
	return 'full';
}

function listProblemOf(fault: unknown): ListProblem {
	if (fault instanceof Kept) return fault.problem;
	if (fault instanceof StoreFailed) return fault.isFull ? 'full' : 'storage';
	// A file that is announced and not there is met while the server publishes; the next try finds it.
	return fault instanceof DownloadFailed ? 'unreachable' : 'damaged';
}

/** Of the additions of a list, how many do not count yet. */
export function waiting(list: KeptList, now: number): number {
	return list.held.reduce((sum, {since, rows}) => sum + (now - since < HOLD ? countOf(rows) : 0), 0);
}
