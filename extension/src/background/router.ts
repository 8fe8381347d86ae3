import {loadListed} from '../contribute/listed.js';
import {changeMine, hideAccount} from '../contribute/mine.js';
import {
	alwaysShow,
	count,
	type Local,
	loadLocal,
	loadPausedThreads,
	type Mark,
	mark,
	parseLocal,
	stopShowing,
} from '../core/local.js';
import type {
	DoneAnswer,
	FineRequest,
	HideAccountRequest,
	MarkAnswer,
	Notice,
	PageState,
	SaveAnswer,
	SaveRequest,
	ScoreAnswer,
	ScoreRequest,
	ScoresAnswer,
	ScoresRequest,
	Status,
} from '../core/messages.js';
import {readRequest} from '../core/messages.js';
import type {Account} from '../core/people.js';
import {mayReach} from '../core/permissions.js';
import {
	loadServer,
	loadSettings,
	parseServer,
	parseSettings,
	type Server,
	type Settings,
} from '../core/settings.js';
import {digest, hasWords, markKey, prepare} from '../core/text.js';
import type {Act, Verdict, Version} from '../core/verdicts.js';
import {saveEvidence} from '../evidence/save.js';
import {factsOf, type Kind, type Said} from '../feedback/facts.js';
import {note} from '../feedback/tellings.js';
import {type BreakerState, pauseLeft, readBreaker} from './breaker.js';
import {type Cache, openCache} from './cache.js';
import {
	askVersion,
	checkHealth,
	levelsKey,
	mayWorkOnSite,
	ScoringFailed,
	score,
	type Target,
} from './client.js';
import {answerContribute, openChosen} from './contribute.js';
import {answerFeedback} from './feedback.js';
import {answerAboutLists, listsChanged, listsState} from './lists.js';
import {type Job, openQueue, type ScoreQueue} from './queue.js';
import {isOwnPage, isSitePage} from './senders.js';
import {dressToolbar} from './toolbar.js';

const PROBE = 'probe';
/** How old our knowledge of the server's rules may become while somebody reads, in milliseconds. */
export const VERSION_AGE = 600_000;
const MINUTE = 60_000;
/** A service of several processes does not change its rules at one moment. In milliseconds. */
export const RULES_SETTLE = 10_000;
/** Asking again while Panah is off, or without the permission, is of no use; a change sends a notice. */
const LONGEST_OFF = 60_000;
const SWITCHED_OFF: ScoreAnswer = {ok: false, refusal: 'off', retryIn: LONGEST_OFF};
const NOT_ALLOWED: ScoreAnswer = {ok: false, refusal: 'permission', retryIn: LONGEST_OFF};
/** About a text without words. */
const NOTHING: Verdict = {action: 'show', partial: false, source: 'model'};
/** The server is another one now, and a notice says so. */
const MOVED: ScoreAnswer = {ok: false, refusal: 'cancelled', retryIn: 1000};
/** What pages of X are told of when it changes. */
const LOCAL_PARTS = ['people', 'marks', 'pausedUntil', 'selectors'] as const;

/** Everything the worker holds in memory. It may die at any moment, so all of it comes from storage again. */
interface Memory {
	settings: Settings;
	server: Server;
	/** Whether the browser lets us send texts there. */
	reachable: boolean;
	local: Local;
	cache: Cache;
	queue: ScoreQueue;
	/** Which model and policy each address answered with last: part of what a verdict is remembered by. */
	versions: Record<string, Version>;
	/** When the server told its version last, in milliseconds since 1970. */
	versionAt: number;
	/** When that was stored last. */
	versionKept: number;
	access: Access;
}

interface Access {
	/** Whether the server did not take our token when it was asked last. Its health routes take anybody. */
	refused: boolean;
}

let memory: Promise<Memory> | undefined;

function remembered(): Promise<Memory> {
	memory ??= recall().catch(fault => {
		// The next message tries afresh; a worker that failed once to read its storage is not lost for ever.
		memory = undefined;
		throw fault;
	});
	return memory;
}

async function recall(): Promise<Memory> {
	const [settings, server, local, cache, stored] = await Promise.all([
		loadSettings(),
		loadServer(),
		loadLocal(),
		openCache(chrome.storage.session),
		chrome.storage.session.get(['breaker', 'versions', 'versionAt', 'refused']),
	]);
	const versions = (stored.versions ?? {}) as Record<string, Version>;
	const access: Access = {refused: stored.refused === true};
	const queue = openQueue({
		score: (target, questions) => scoreAndNote(access, target, questions),
		breaker: readBreaker(stored.breaker),
		breakerChanged: keepBreaker,
		remember: (target, version, verdicts) => void keepVerdicts(held, target, version, verdicts),
	});
	const reachable = await mayReach(server.address);
	const versionAt = Number(stored.versionAt) || 0;
	const known = {versions, versionAt, versionKept: versionAt};
	const held: Memory = {settings, server, reachable, local, cache, queue, ...known, access};
	return held;
}

async function scoreAndNote(access: Access, ...asked: Parameters<typeof score>): ReturnType<typeof score> {
	try {
		const answer = await score(...asked);
		setRefused(access, false);
		return answer;
	} catch (fault) {
		if (fault instanceof ScoringFailed && fault.refused) setRefused(access, true);
		throw fault;
	}
}

function setRefused(access: Access, refused: boolean): void {
	if (access.refused === refused) return;
	access.refused = refused;
	void chrome.storage.session.set({refused});
}

function keepBreaker(state: BreakerState): void {
	void chrome.storage.session.set({breaker: state});
	if (state.openUntil > 0) void chrome.alarms.create(PROBE, {when: state.openUntil});
	else void chrome.alarms.clear(PROBE);
}

async function keepVerdicts(
	held: Memory,
	{address}: Target,
	version: Version,
	verdicts: Array<[string, Verdict]>,
): Promise<void> {
	if (address === held.server.address) await noteAnswered(held);
	await keepVersion(held, address, version);
	const keyed = verdicts.map(
		async ([key, verdict]) => [await digest([key, version.model, version.policy]), verdict] as const,
	);
	await held.cache.put(await Promise.all(keyed));
}

async function noteAnswered(held: Memory): Promise<void> {
	const now = Date.now();
	// Written about once a minute: a worker that dies then knows it well enough.
	if (now - held.versionKept >= MINUTE) {
		held.versionKept = now;
		await chrome.storage.session.set({versionAt: now});
	}
	held.versionAt = now;
}

/** Remembers by which rules a server judges. Verdicts by others are not used again, and open pages ask anew. */
async function keepVersion({versions}: Memory, address: string, version: Version): Promise<void> {
	const before = versions[address];
	if (before?.model === version.model && before.policy === version.policy) return;
	versions[address] = version;
	await chrome.storage.session.set({versions});
	if (before === undefined) return;
	if (isSettling) return;
	isSettling = true;
	setTimeout(() => {
		isSettling = false;
		void notify({kind: 'notice', notice: 'changed'});
	}, RULES_SETTLE);
}

let isSettling = false;

/** What is remembered needs no request, so nothing would tell of new rules. Nobody's words are sent for that. */
async function lookAfterRules(held: Memory): Promise<void> {
	const {server, versions, queue} = held;
	const isFresh = Date.now() - held.versionAt < VERSION_AGE;
	if (isFresh || versions[server.address] === undefined || queue.breaker().openUntil > 0) return;
	await noteAnswered(held);
	const version = await askVersion(server);
	if (version !== undefined) await keepVersion(held, server.address, version);
}

async function answerScore(request: ScoreRequest): Promise<ScoreAnswer> {
	const {answer, asked} = await begin(request);
	return answer ?? asked;
}

/** Answers as soon as something can be said about one of them, with all that can be said by then. */
async function answerScores({asks}: ScoresRequest): Promise<ScoresAnswer> {
	const begun = await Promise.all(asks.map(begin));
	const answers = begun.map(({answer}) => answer ?? null);
	if (begun.every(({asked}) => asked !== undefined)) {
		// Those of one batch are settled at one moment, so they are told together.
		const settled = begun.map(async ({asked}, index) => {
			answers[index] = (await asked) ?? null;
		});
		await Promise.race(settled);
	}
	return {answers};
}

/** What can be said at once; else the server is asked, and `asked` is what it will have said. */
type Begun = {answer: ScoreAnswer; asked?: undefined} | {answer?: undefined; asked: Promise<ScoreAnswer>};

async function begin(request: ScoreRequest): Promise<Begun> {
	const held = await remembered();
	const {settings, server, reachable, local, cache, queue, versions} = held;
	if (!settings.enabled) return {answer: SWITCHED_OFF};
	if (local.pausedUntil > Date.now()) return {answer: pausedByReader(local)};
	const {text, cut} = prepare(request.text);
	if (!hasWords(text)) return {answer: {ok: true, verdict: NOTHING}};
	// What somebody said about this text counts before any model, and needs no server.
	const marked = local.marks[await markKey(request.text)];
	if (marked !== undefined) return {answer: {ok: true, verdict: verdictOf(marked)}};
	if (!reachable) return {answer: NOT_ALLOWED};
	void lookAfterRules(held).catch(() => {});
	const job = await makeJob(text, server.useContext ? request.context : undefined, server, settings);
	const version = versions[server.address];
	const known = version && cache.get(await digest([job.key, version.model, version.policy]));
	// While this was being prepared, the reader may have paused us, or taken back what we need.
	const isOld = held.settings !== settings || held.server !== server || held.local !== local;
	if (isOld || held.reachable !== reachable) return begin(request);
	if (known) return {answer: forPage({ok: true, verdict: known}, cut)};
	return {asked: queue.ask(request.ask, job).then(answer => forPage(answer, cut))};
}

/** An answer without what pages have no use for. `cut`: about the beginning of a text. */
function forPage(answer: ScoreAnswer, cut: boolean): ScoreAnswer {
	if (!answer.ok) return answer;
	const {judged: _, ...verdict} = answer.verdict;
	return {ok: true, verdict: cut ? {...verdict, partial: true} : verdict};
}

function pausedByReader({pausedUntil}: Local): ScoreAnswer {
	return {ok: false, refusal: 'off', retryIn: Math.min(pausedUntil - Date.now(), LONGEST_OFF)};
}

function verdictOf({mark, by, reason}: Mark): Verdict {
	if (mark === 'fine') return {action: 'show', partial: false, source: by};
	return {action: 'hide', reason: reason ?? 'other', partial: false, source: by};
}

async function makeJob(
	text: string,
	rawContext: string | undefined,
	server: Server,
	{sensitivity, levels}: Settings,
): Promise<Job> {
	const context = prepare(rawContext ?? '').text;
	const withContext = hasWords(context);
	return {
		key: await digest([server.address, sensitivity, levelsKey(levels), text, withContext ? context : '']),
		target: {address: server.address, token: server.token, sensitivity, levels},
		question: withContext ? {text, context} : {text},
	};
}

async function answerStatus(): Promise<Status> {
	const {settings, server, queue, access} = await remembered();
	if (!settings.enabled) return {state: 'off'};
	if (!(await mayWorkOnSite())) return {state: 'site'};
	if (!(await mayReach(server.address))) return {state: 'permission'};
	const busy = busyStatus(queue);
	if (busy !== undefined) return busy;
	const health = await checkHealth(server);
	if (health.state === 'ready') {
		if (access.refused) return {state: 'refused'};
		await serverIsBack(queue);
		// It may have refused a batch while we looked.
		return busyStatus(queue) ?? health;
	}
	// No pause makes another service of it.
	if (health.state === 'stranger' || health.state === 'busy') return health;
	const {openUntil} = queue.breaker();
	return pauseLeft(queue.breaker(), Date.now()) > 0 ? {state: 'paused', until: openUntil} : health;
}

function busyStatus(queue: ScoreQueue): Status | undefined {
	const until = queue.busyUntil();
	return until > Date.now() ? {state: 'busy', until} : undefined;
}

async function answerState(): Promise<PageState> {
	const {local} = await remembered();
	const [pausedThreads, listed, {selectors}, lists] = await Promise.all([
		loadPausedThreads(),
		loadListed(),
		chrome.storage.local.get('selectors'),
		listsState(),
	]);
	return {
		...(Object.keys(listed).length === 0 ? {} : {listed}),
		people: local.people.map(({handle, accountId}) => (accountId ? {handle, accountId} : {handle})),
		pausedUntil: local.pausedUntil > Date.now() ? local.pausedUntil : 0,
		pausedThreads,
		...(lists === undefined ? {} : {lists}),
		...(areTexts(selectors) ? {selectors} : {}),
	};
}

function areTexts(value: unknown): value is Record<string, string> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
	return Object.values(value).every(one => typeof one === 'string');
}

/** Keeps what the reader says about a reply, and does about telling the server what the reader allowed. */
async function keepMark(
	said: Mark,
	{text, context}: Pick<FineRequest, 'text' | 'context'>,
	act?: Act,
): Promise<MarkAnswer> {
	// Pictures and bare mentions would all share one mark, and are never covered.
	if (!hasWords(prepare(text).text)) return {ok: true};
	try {
		await mark({[await markKey(text)]: said});
	} catch {
		return {ok: false};
	}
	const kind = said.mark === 'fine' ? 'not-harmful' : 'missed';
	const telling = await noteTelling(kind, text, context, act).catch(() => undefined);
	return telling === undefined ? {ok: true} : {ok: true, telling};
}

async function noteTelling(
	kind: Kind,
	rawText: string,
	rawContext = '',
	act?: Act,
): Promise<MarkAnswer['telling']> {
	const {server} = await remembered();
	const text = prepare(rawText).text;
	const context = server.useContext ? prepare(rawContext).text : '';
	const said = await findSaid(text, context);
	const facts = said && factsOf(kind, said, act);
	return facts && note(server.address, facts, hasWords(context) ? {text, context} : {text});
}

/** What the server said about it in this session. What it was never asked about, it is not told about either. */
async function findSaid(text: string, context: string): Promise<Said | undefined> {
	const {settings, server, cache, versions} = await remembered();
	const version = versions[server.address];
	if (version === undefined) return undefined;
	// What a reply answers may have become known only after it was judged.
	for (const one of [context, '']) {
		const {key} = await makeJob(text, one, server, settings);
		const verdict = cache.get(await digest([key, version.model, version.policy]));
		if (verdict !== undefined) return {verdict, version, settings};
	}
	return undefined;
}

/** What is always shown is on no list of the reader's own, and the other way round: the last word counts. */
async function showAccount(account: Account): Promise<void> {
	const {accountId} = account;
	if (accountId !== undefined) await changeMine({[accountId]: undefined});
	await alwaysShow(account);
}

async function hideOrShow({handle, accountId, hidden}: HideAccountRequest): Promise<void> {
	if (!hidden) return changeMine({[accountId]: undefined});
	await stopShowing({handle, accountId});
	await hideAccount(accountId, handle);
}

async function countHidden(hidden: number): Promise<void> {
	const {settings} = await remembered();
	if (settings.counter) await count(hidden);
}

/** Whether it worked. The browser may have no room left. */
function done(work: Promise<void>): Promise<DoneAnswer> {
	return work.then(
		() => ({ok: true}),
		() => ({ok: false}),
	);
}

function keepPost({post}: SaveRequest): Promise<SaveAnswer> {
	return saveEvidence(post).catch(() => ({ok: false, problem: 'failed'}));
}

/** Answers a message of ours, or returns undefined when it is not for us or its sender may not ask that. */
export function answer(message: unknown, sender: chrome.runtime.MessageSender): Promise<unknown> | undefined {
	const ownPage = isOwnPage(sender);
	if (!ownPage && !isSitePage(sender)) return undefined;
	const answered = answerAboutLists(message, ownPage) ?? answerFeedback(message, ownPage);
	if (answered !== undefined) return answered;
	const request = readRequest(message);
	switch (request?.kind) {
		case 'score':
			return answerScore(request);
		case 'scores':
			return answerScores(request);
		case 'cancel':
			return remembered().then(({queue}) => queue.cancel(request.asks));
		case 'state':
			return answerState();
		case 'always-show': {
			const {handle, accountId} = request;
			return done(showAccount(accountId === undefined ? {handle} : {handle, accountId}));
		}
		case 'hide-account':
			return done(hideOrShow(request));
		case 'report':
		case 'missed':
			return done(openChosen(request.kind, request.post));
		case 'contribute':
			return ownPage ? answerContribute(request.ask) : undefined;
		case 'fine':
			return keepMark({mark: 'fine', by: 'reader'}, request);
		case 'say-missed': {
			const {act} = request;
			const said: Mark = {mark: 'hurtful', by: 'reader', ...(act === undefined ? {} : {reason: act})};
			return ownPage ? keepMark(said, request, act) : undefined;
		}
		case 'count':
			return done(countHidden(request.hidden));
		case 'save':
			return keepPost(request);
		case 'status':
			// A content script has no use for it.
			return ownPage ? answerStatus() : undefined;
		default:
			return undefined;
	}
}

/** Looks after a server that had failed. Nobody's words are sent for that, and nothing if nobody asked meanwhile. */
export async function probe(alarm: chrome.alarms.Alarm): Promise<void> {
	if (alarm.name !== PROBE) return;
	const {server, queue, access} = await remembered();
	if (!queue.breaker().wanted) return;
	const {state} = await checkHealth(server);
	if (state === 'ready' && !access.refused) await serverIsBack(queue);
	else queue.stillDown();
}

async function serverIsBack(queue: ScoreQueue): Promise<void> {
	if (queue.recovered()) await notify({kind: 'notice', notice: 'back'});
}

/**
 * Takes over what was changed on a page of ours or on another computer, and tells the pages of X what concerns them.
 * Verdicts that are being kept come by here too, and must go by.
 */
export async function storageChanged(
	changes: Record<string, chrome.storage.StorageChange>,
	area: string,
): Promise<void> {
	// At once: what is asked meanwhile shall not be answered with what was.
	const areLists = listsChanged(changes, area);
	if (area === 'sync' && changes.settings !== undefined) await settingsChanged(changes.settings);
	if (area === 'local' && changes.server !== undefined) await serverChanged(changes.server);
	if (area === 'local' && LOCAL_PARTS.some(part => part in changes)) await localChanged(changes);
	if (areLists) await notify({kind: 'notice', notice: 'state'});
	if (area === 'local' && (changes.mine ?? changes.squads) !== undefined)
		await notify({kind: 'notice', notice: 'state'});
	if (area === 'session' && changes.pausedThreads !== undefined) {
		await notify({kind: 'notice', notice: 'state'});
	}
}

async function settingsChanged({oldValue, newValue}: chrome.storage.StorageChange): Promise<void> {
	const held = await remembered();
	const settings = parseSettings(newValue);
	held.settings = settings;
	if (!settings.enabled) held.queue.refuse(SWITCHED_OFF);
	else if (!parseSettings(oldValue).enabled) await notify({kind: 'notice', notice: 'back'});
	// What was stored before, not what we hold: this event may have woken us, and then we hold the new already.
	const before = parseSettings(oldValue);
	if (before.discreet !== settings.discreet || before.language !== settings.language) {
		await dressToolbar(settings);
	}
	if (
		before.sensitivity !== settings.sensitivity ||
		levelsKey(before.levels) !== levelsKey(settings.levels)
	) {
		await notify({kind: 'notice', notice: 'changed'});
	}
}

async function serverChanged({newValue}: chrome.storage.StorageChange): Promise<void> {
	const held = await remembered();
	const server = parseServer(newValue);
	held.server = server;
	held.versionAt = 0;
	held.reachable = false;
	held.queue.refuse(MOVED);
	// What the old server did wrong is no reason to wait for the new one.
	held.queue.forget();
	setRefused(held.access, false);
	await lookWhetherReachable(held);
	await notify({kind: 'notice', notice: 'changed'});
}

async function localChanged(changes: Record<string, chrome.storage.StorageChange>): Promise<void> {
	const held = await remembered();
	const stored = LOCAL_PARTS.filter(part => part in changes).map(part => [part, changes[part]?.newValue]);
	held.local = parseLocal({...held.local, ...Object.fromEntries(stored)});
	if (held.local.pausedUntil > Date.now()) held.queue.refuse(pausedByReader(held.local));
	await notify({kind: 'notice', notice: 'state'});
	// What was refused for the pause need not wait for the end of it any more.
	if (changes.pausedUntil !== undefined) await notify({kind: 'notice', notice: 'back'});
	if (changes.marks !== undefined) await notify({kind: 'notice', notice: 'changed'});
}

export async function permissionsChanged(): Promise<void> {
	const held = await remembered();
	await lookWhetherReachable(held);
	if (held.reachable) await notify({kind: 'notice', notice: 'back'});
	else held.queue.refuse(NOT_ALLOWED);
}

async function lookWhetherReachable(held: Memory): Promise<void> {
	const {server} = held;
	const reachable = await mayReach(server.address);
	// Meanwhile it may have become another server, which is looked at by itself.
	if (held.server === server) held.reachable = reachable;
}

/** Tells every tab. Most of them hold no page of ours and do not listen. */
async function notify(notice: Notice): Promise<void> {
	const tabs = await chrome.tabs.query({});
	await Promise.allSettled(
		tabs.flatMap(({id}) => (id === undefined ? [] : [chrome.tabs.sendMessage(id, notice)])),
	);
}
