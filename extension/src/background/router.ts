import type {Notice, ScoreAnswer, ScoreRequest, Status} from '../core/messages.js';
import {readRequest} from '../core/messages.js';
import {
	loadServer,
	loadSettings,
	parseServer,
	parseSettings,
	type Server,
	type Settings,
} from '../core/settings.js';
import {digest, hasWords, prepare} from '../core/text.js';
import type {Verdict, Version} from '../core/verdicts.js';
import {type BreakerState, pauseLeft, readBreaker} from './breaker.js';
import {type Cache, openCache} from './cache.js';
import {checkHealth, mayReach, mayWorkOnSite, ScoringFailed, score, type Target} from './client.js';
import {type Job, openQueue, type ScoreQueue} from './queue.js';

const PROBE = 'probe';
/** Asking again without the permission is of no use; granting it sends a notice. */
const WITHOUT_PERMISSION = 60_000;

/** Everything the worker holds in memory. It may die at any moment, so all of it comes from storage again. */
interface Memory {
	settings: Settings;
	server: Server;
	reachable: boolean;
	cache: Cache;
	queue: ScoreQueue;
	/** Which model and policy each address answered with last: part of what a verdict is remembered by. */
	versions: Record<string, Version>;
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
	const [settings, server, cache, stored] = await Promise.all([
		loadSettings(),
		loadServer(),
		openCache(chrome.storage.session),
		chrome.storage.session.get(['breaker', 'versions', 'refused']),
	]);
	const versions = (stored.versions ?? {}) as Record<string, Version>;
	const access: Access = {refused: stored.refused === true};
	const queue = openQueue({
		score: (target, questions) => scoreAndNote(access, target, questions),
		breaker: readBreaker(stored.breaker),
		breakerChanged: keepBreaker,
		remember: (target, version, verdicts) => void keepVerdicts(cache, versions, target, version, verdicts),
	});
	return {settings, server, reachable: await mayReach(server.address), cache, queue, versions, access};
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
	cache: Cache,
	versions: Record<string, Version>,
	{address}: Target,
	version: Version,
	verdicts: Array<[string, Verdict]>,
): Promise<void> {
	const before = versions[address];
	if (before?.model !== version.model || before.policy !== version.policy) {
		versions[address] = version;
		await chrome.storage.session.set({versions});
	}
	const keyed = verdicts.map(
		async ([key, verdict]) => [await digest([key, version.model, version.policy]), verdict] as const,
	);
	await cache.put(await Promise.all(keyed));
}

async function answerScore(request: ScoreRequest): Promise<ScoreAnswer> {
	const {settings, server, reachable, cache, queue, versions} = await remembered();
	if (!settings.enabled) return {ok: false, refusal: 'off', retryIn: WITHOUT_PERMISSION};
	if (!reachable) return {ok: false, refusal: 'permission', retryIn: WITHOUT_PERMISSION};
	const {text, cut} = prepare(request.text);
	if (!hasWords(text)) return {ok: true, verdict: {action: 'show', partial: false}};
	const job = await makeJob(text, server.useContext ? request.context : undefined, server, settings);
	const version = versions[server.address];
	const known = version && cache.get(await digest([job.key, version.model, version.policy]));
	const answer: ScoreAnswer = known ? {ok: true, verdict: known} : await queue.ask(request.ask, job);
	return answer.ok && cut ? {ok: true, verdict: {...answer.verdict, partial: true}} : answer;
}

async function makeJob(
	text: string,
	rawContext: string | undefined,
	server: Server,
	{sensitivity}: Settings,
): Promise<Job> {
	const context = prepare(rawContext ?? '').text;
	const withContext = hasWords(context);
	return {
		key: await digest([server.address, sensitivity, text, withContext ? context : '']),
		target: {address: server.address, token: server.token, sensitivity},
		question: withContext ? {text, context} : {text},
	};
}

async function answerStatus(): Promise<Status> {
	const {settings, server, queue, versions, access} = await remembered();
	if (!settings.enabled) return {state: 'off'};
	if (!(await mayWorkOnSite())) return {state: 'site'};
	if (!(await mayReach(server.address))) return {state: 'permission'};
	const health = await checkHealth(server);
	if (health.state === 'ready') {
		if (access.refused) return {state: 'refused'};
		await serverIsBack(queue);
		const version = health.version ?? versions[server.address];
		return version ? {state: 'ready', version} : {state: 'ready'};
	}
	const {openUntil} = queue.breaker();
	return pauseLeft(queue.breaker(), Date.now()) > 0 ? {state: 'paused', until: openUntil} : health;
}

/** Answers a message, or returns undefined when it is not for us. */
export function answer(message: unknown, sender: chrome.runtime.MessageSender): Promise<unknown> | undefined {
	const request = readRequest(message);
	if (request === undefined || sender.id !== chrome.runtime.id) return undefined;
	if (request.kind === 'score') return answerScore(request);
	// Only our own pages may ask about the server; a content script has no use for it.
	if (request.kind === 'status')
		return sender.url?.startsWith(chrome.runtime.getURL('')) ? answerStatus() : undefined;
	return remembered().then(({queue}) => queue.cancel(request.asks));
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

/** Takes over settings that were changed in a popup, here or on another computer. */
export async function settingsChanged(
	changes: Record<string, chrome.storage.StorageChange>,
	area: string,
): Promise<void> {
	const change = area === 'sync' ? changes.settings : area === 'local' ? changes.server : undefined;
	if (change === undefined) return;
	const held = await remembered();
	if (area === 'local') {
		await moveTo(held, parseServer(change.newValue));
		await notify({kind: 'notice', notice: 'changed'});
		return;
	}
	held.settings = parseSettings(change.newValue);
	// What was stored before, not what we hold: this event may have woken us, and then we hold the new already.
	if (parseSettings(change.oldValue).sensitivity !== held.settings.sensitivity) {
		await notify({kind: 'notice', notice: 'changed'});
	}
}

async function moveTo(held: Memory, server: Server): Promise<void> {
	held.server = server;
	held.reachable = await mayReach(server.address);
	// What the old server did wrong is no reason to wait for the new one.
	held.queue.recovered();
	setRefused(held.access, false);
}

export async function permissionsChanged(): Promise<void> {
	const held = await remembered();
	held.reachable = await mayReach(held.server.address);
	if (held.reachable) await notify({kind: 'notice', notice: 'back'});
}

/** Tells every tab. Most of them hold no page of ours and do not listen. */
async function notify(notice: Notice): Promise<void> {
	const tabs = await chrome.tabs.query({});
	await Promise.allSettled(
		tabs.flatMap(({id}) => (id === undefined ? [] : [chrome.tabs.sendMessage(id, notice)])),
	);
}
