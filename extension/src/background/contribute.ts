import {keepDraft, readAsk} from '../contribute/draft.js';
import {isNumber, isRecord, isSlug, isUuid, textOf} from '../contribute/forms.js';
import {
	type Contributor,
	changeContributor,
	countVote,
	drawNextLook,
	forgetContributor,
	loadContributor,
	readStanding,
} from '../contribute/key.js';
import {
	keepNews,
	loadNews,
	readItems,
	readLists,
	readNotices,
	readProtected,
	readTasks,
} from '../contribute/news.js';
import {
	begin,
	type End,
	end,
	forgetReports,
	type Job,
	loadOutbox,
	postpone,
	succeed,
} from '../contribute/outbox.js';
import {
	deriveKeys,
	isSameContent,
	merge,
	open,
	SquadFull,
	type SquadKeys,
	seal,
	WrongCode,
} from '../contribute/squad-box.js';
import {changeSquad, leaveSquad, loadSquads, type Squad, type SquadProblem} from '../contribute/squads.js';
import {inTurn} from '../core/in-turn.js';
import type {Chosen, SavedPost} from '../core/messages.js';
import {mayReach} from '../core/permissions.js';
import {loadServer, type Server} from '../core/settings.js';
import {askRoute, type Route} from './client.js';

const OUTBOX = 'outbox';
const LOOK = 'look';
const SQUADS = 'squads';
/** Waiting times after the first, second and later failures, each ±20 %, in milliseconds. */
const BACK_OFF = [60_000, 300_000, 1_800_000, 7_200_000, 21_600_000];
const HOUR = 3_600_000;
/** After a change of a squad, others of the same moment are sent with it, in milliseconds. */
const SETTLE = 2000;
/** Two friends may write at once, and once more. */
const SQUAD_TRIES = 5;

/** What stands between us and an answer. 'later': the server cannot be reached, or has too much to do. */
export type Problem = End | 'permission' | 'later' | 'no_key';
export type Told<Value = unknown> = {ok: true; value: Value} | {ok: false; problem: Problem; code: string};

interface Reply {
	problem: Problem | undefined;
	body: unknown;
	/** What the server calls its refusal. */
	code: string;
	retryAfter: number;
}

/** Opens our page for what a post was chosen for. Its data does not go by the address. */
export async function openChosen(to: Chosen, post: SavedPost): Promise<void> {
	const name = await keepDraft(post);
	const page = to === 'report' ? 'report' : 'tell';
	await chrome.tabs.create({url: chrome.runtime.getURL(`${page}.html#${name}`)});
}

/** Answers one of our own pages. Never raises. */
export async function answerContribute(ask: unknown): Promise<Told> {
	const read = readAsk(ask);
	try {
		return (read && (await answers[read.do]?.(read))) ?? refuse('invalid');
	} catch {
		return refuse('later');
	}
}

const answers: Record<string, (ask: Record<string, unknown>) => Promise<Told>> = {
	async lists() {
		const told = await get({path: '/v1/lists'}, readLists);
		if (told.ok) await chrome.storage.local.set({publicLists: {lists: told.value}});
		return told;
	},
	join({list, name, invitation}) {
		return withKey(async (server, contributor) => {
			if (!isSlug(list)) return refuse('invalid');
			const body = typeof invitation === 'string' && invitation !== '' ? {invitation} : {};
			const {
				problem,
				code,
				body: said,
			} = await request(server, {
				method: 'POST',
				path: `/v1/lists/${list}/participants`,
				key: contributor.key,
				body,
			});
			if (problem !== undefined) return refuse(problem, code);
			await noteStanding(server, contributor, list, said, textOf(name, 80));
			return accept();
		});
	},
	standing({list}) {
		return withKey(async (server, contributor) => {
			if (!isSlug(list)) return refuse('invalid');
			const told = await get({path: `/v1/lists/${list}/me`, key: contributor.key}, body => body, server);
			if (told.ok) await noteStanding(server, contributor, list, told.value);
			return told;
		});
	},
	onboarding({list}) {
		return withKey(async (server, {key}) =>
			isSlug(list) ? get({path: `/v1/lists/${list}/onboarding`, key}, readItems, server) : refuse('invalid'),
		);
	},
	onboard({list, answers: given}) {
		return withKey(async (server, contributor) => {
			if (!isSlug(list) || !isRecord(given)) return refuse('invalid');
			const route: Route = {
				method: 'POST',
				path: `/v1/lists/${list}/onboarding`,
				key: contributor.key,
				body: {answers: given},
			};
			const told = await get(route, readStanding, server);
			if (told.ok) await noteStanding(server, contributor, list, told.value);
			return told;
		});
	},
	invite({list}) {
		return withKey(async (server, {key}) =>
			isSlug(list)
				? get(
						{method: 'POST', path: `/v1/lists/${list}/invitations`, key, body: {}},
						body => ({
							code: isRecord(body) ? textOf(body.code, 200) : '',
							until: isRecord(body) ? textOf(body.expires_on, 10) : '',
						}),
						server,
					)
				: refuse('invalid'),
		);
	},
	look: () => withKey(async server => ((await look(server)) ? accept() : refuse('later'))),
	'delete-reports': () =>
		withKey(async (server, {key}) => {
			const route: Route = {method: 'DELETE', path: '/v1/me/contributions', key};
			const told = await get(route, () => undefined, server);
			if (told.ok) await forgetReports(server.address);
			return told;
		}),
	'delete-key': ({here}) =>
		withKey(async (server, {key, registered}) => {
			// A key that the server never saw, and one that it cannot be told about, are forgotten here alone.
			if (registered && here !== true) {
				const {problem, code} = await request(server, {method: 'DELETE', path: '/v1/me', key});
				if (problem !== undefined && problem !== 'key' && problem !== 'gone') return refuse(problem, code);
			}
			await forgetReports(server.address, {all: true});
			await forgetContributor(server.address);
			await keepNews({server: server.address, tasks: [], notices: []});
			return accept();
		}),
	protection: () => withKey((server, {key}) => get({path: '/v1/me/protection', key}, readProtected, server)),
	protect: ({account}) => protection('POST', account),
	unprotect: ({account}) => protection('DELETE', account),
	import({list, text, format, category, preview}) {
		return withKey(async (server, contributor) => {
			if (!isSlug(list) || typeof text !== 'string') return refuse('invalid');
			const refused = await introduce(server, contributor);
			if (refused !== undefined) return refuse(refused.problem, refused.code);
			const path = `/v1/lists/${list}/imports?preview=${preview !== false}`;
			const body = {text, format, category};
			return get({method: 'POST', path, key: contributor.key, body}, said => said, server);
		});
	},
	'take-back'({list, batch}) {
		return withKey(async (server, {key}) => {
			if (!isSlug(list) || !isUuid(batch)) return refuse('invalid');
			const path = `/v1/lists/${list}/imports/${batch}`;
			return get({method: 'DELETE', path, key}, () => undefined, server);
		});
	},
	async squads() {
		await syncSquads();
		return accept();
	},
	async 'end-squad'({squad: code}) {
		const server = await loadServer();
		if (typeof code !== 'string') return refuse('invalid');
		const {id, secret} = await deriveKeys(code);
		const reply = await request(server, {method: 'DELETE', path: `/v1/squads/${id}`, squad: secret});
		if (reply.problem !== undefined && reply.problem !== 'gone') return refuse(reply.problem, reply.code);
		await leaveSquad(code);
		return accept();
	},
};

function protection(method: 'POST' | 'DELETE', account: unknown): Promise<Told> {
	return withKey(async (server, contributor) => {
		if (!isNumber(account)) return refuse('invalid');
		const refused = await introduce(server, contributor);
		if (refused !== undefined) return refuse(refused.problem, refused.code);
		const {key} = contributor;
		const route: Route = {method, path: '/v1/me/protection', key, body: {subject: `x:${account}`}};
		return get(route, body => (isRecord(body) ? textOf(body.code, 40) : ''), server);
	});
}

async function withKey(work: (server: Server, contributor: Contributor) => Promise<Told>): Promise<Told> {
	const server = await loadServer();
	const contributor = await loadContributor(server.address);
	return contributor === undefined ? refuse('no_key') : work(server, contributor);
}

async function get<Value>(route: Route, read: (body: unknown) => Value, at?: Server): Promise<Told<Value>> {
	const {problem, body, code} = await request(at ?? (await loadServer()), route);
	return problem === undefined ? {ok: true, value: read(body)} : refuse(problem, code);
}

function accept(): Told {
	return {ok: true, value: undefined};
}

function refuse(problem: Problem, code = ''): {ok: false; problem: Problem; code: string} {
	return {ok: false, problem, code};
}

/** Asks the server. Never raises. */
export async function request(server: Server, route: Route): Promise<Reply> {
	const none = {body: undefined, code: '', retryAfter: 0};
	if (!(await mayReach(server.address))) return {...none, problem: 'permission'};
	try {
		const {status, body, retryAfter} = await askRoute(server, route);
		const code = isRecord(body) ? textOf(body.code, 40) : '';
		return {problem: problemOf(status), body, code, retryAfter};
	} catch {
		return {...none, problem: 'later'};
	}
}

function problemOf(status: number): Problem | undefined {
	if (status >= 200 && status < 300) return undefined;
	if (status >= 500 || [408, 425, 429].includes(status)) return 'later';
	const known: Record<number, Problem> = {
		401: 'key',
		403: 'forbidden',
		404: 'gone',
		409: 'conflict',
		410: 'gone',
	};
	return known[status] ?? 'invalid';
}

/** Tells the server our key, once. What it said, if that did not work. */
async function introduce(
	server: Server,
	contributor: Contributor,
): Promise<(Reply & {problem: Problem}) | undefined> {
	if (contributor.registered) return undefined;
	const route: Route = {method: 'POST', path: '/v1/contributors', key: contributor.key, body: {}};
	const {problem, ...reply} = await request(server, route);
	if (problem !== undefined) return {...reply, problem};
	await changeContributor(server.address, contributor, () => ({registered: true}));
	return undefined;
}

async function noteStanding(
	{address}: Server,
	contributor: Contributor,
	list: string,
	said: unknown,
	name = '',
): Promise<void> {
	await changeContributor(address, contributor, ({lists}) => {
		const before = lists[list];
		const joined = {name: name || before?.name || list, ...readStanding(said)};
		// Joining tells nothing of the onboarding.
		const onboarded = joined.onboarded || (before?.onboarded ?? false);
		return {registered: true, lists: {...lists, [list]: {...joined, onboarded}}};
	});
}

/** Sends what is due, one after the other. What cannot be sent now waits for its alarm. */
export function flush(now = Date.now()): Promise<void> {
	return inTurn('sending', async () => {
		const server = await loadServer();
		const due = (await loadOutbox()).filter(job => isOpen(job, server) && job.at <= now);
		for (const job of due) {
			const contributor = await loadContributor(server.address);
			if (contributor === undefined) break;
			const reply = await send(server, contributor, job);
			if (reply === undefined) continue;
			const {problem, retryAfter} = reply;
			if (problem === 'later' || problem === 'permission' || problem === 'no_key') {
				// Without the permission nothing changes by itself; a click gives it, and that looks again.
				const wait = problem === 'permission' ? HOUR : backOff(job.tries);
				await postpone(server.address, now, now + Math.max(wait, retryAfter));
				break;
			}
			await finish(server, contributor, job, problem);
		}
		await arm();
	});
}

function isOpen(job: Job, {address}: Server): boolean {
	return job.server === address && job.ended === undefined;
}

export function backOff(tries: number): number {
	const wait = BACK_OFF[Math.min(tries, BACK_OFF.length - 1)] ?? HOUR;
	return Math.round(wait * (0.8 + Math.random() * 0.4));
}

/** Undefined where it was taken back meanwhile. */
async function send(
	server: Server,
	contributor: Contributor,
	waiting: Job,
): Promise<Pick<Reply, 'problem' | 'retryAfter'> | undefined> {
	const refused = await introduce(server, contributor);
	if (refused !== undefined) return refused;
	const {work} = waiting;
	if (work.do === 'report' && contributor.lists[work.list] === undefined) {
		const path = `/v1/lists/${work.list}/participants`;
		const reply = await request(server, {method: 'POST', path, key: contributor.key, body: {}});
		if (reply.problem !== undefined) return reply;
		await noteStanding(server, contributor, work.list, reply.body);
	}
	const job = await begin(waiting);
	return job && request(server, {...routeOf(job), key: contributor.key});
}

function routeOf({id, work}: Job): Route {
	switch (work.do) {
		case 'report': {
			const {list, account, category, post, sha256} = work;
			const body = {
				id,
				subject: `x:${account}`,
				category,
				evidence_post_id: post,
				...(sha256 === undefined ? {} : {evidence_sha256: sha256}),
			};
			return {method: 'POST', path: `/v1/lists/${list}/contributions`, body};
		}
		case 'withdraw':
			return {method: 'DELETE', path: `/v1/lists/${work.list}/contributions/${id}`};
		case 'vote': {
			const {vote, disclosure} = work;
			return {method: 'POST', path: `/v1/me/tasks/${id}`, body: {vote, disclosure}};
		}
		case 'answer':
			return {method: 'POST', path: `/v1/me/notices/${id}`, body: {answer: work.answer}};
	}
}

async function finish(
	server: Server,
	contributor: Contributor,
	job: Job,
	problem: End | undefined,
): Promise<void> {
	const {do: what} = job.work;
	// What is gone is withdrawn.
	const isDone = problem === undefined || (what === 'withdraw' && problem === 'gone');
	if (what === 'vote' || what === 'answer') {
		const news = await loadNews(server.address);
		await keepNews({
			...news,
			tasks: news.tasks.filter(({id}) => id !== job.id),
			notices: news.notices.filter(({id}) => id !== job.id),
		});
	}
	if (what === 'vote' && isDone)
		await changeContributor(server.address, contributor, before => ({voted: countVote(before)}));
	await (isDone ? succeed(job) : end(job, problem));
}

/**
 * Asks the server what waits for us. Everybody with a key does so, about once a day at a time drawn anew: who asks
 * says nothing about who is a juror, or protected. Whether it answered.
 */
async function look(server: Server): Promise<boolean> {
	const contributor = await loadContributor(server.address);
	if (contributor === undefined) return false;
	await changeContributor(server.address, contributor, () => ({nextLook: drawNextLook()}));
	if ((await introduce(server, contributor)) !== undefined) return false;
	const {key} = contributor;
	const [tasks, notices] = [
		await get({path: '/v1/me/tasks', key}, readTasks, server),
		await get({path: '/v1/me/notices', key}, readNotices, server),
	];
	const before = await loadNews(server.address);
	await keepNews({
		server: server.address,
		tasks: tasks.ok ? tasks.value : before.tasks,
		notices: notices.ok ? notices.value : before.notices,
	});
	return tasks.ok && notices.ok;
}

/** Brings every squad of this server up to date: reads the box, adds what was changed here, and writes it. */
export function syncSquads(): Promise<void> {
	return inTurn('squad-sync', async () => {
		const server = await loadServer();
		for (const {code, server: address} of await loadSquads()) {
			if (address === server.address) await syncSquad(server, code);
		}
	});
}

async function syncSquad(server: Server, code: string): Promise<void> {
	const keys = await deriveKeys(code);
	for (let tries = 0; tries < SQUAD_TRIES; tries += 1) {
		const squad = (await loadSquads()).find(one => one.code === code);
		if (squad === undefined) return;
		const read = await readBox(server, keys, squad);
		if (read === undefined) return;
		if (read.problem !== undefined) return stumble(code, read.problem);
		// What was changed here while we asked stays, also where it was changed since the box was read.
		await changeSquad(code, ({problem: _, ...now}) => ({
			...now,
			version: read.version,
			base: read.content,
			content: merge(now.base, now.content, read.content),
		}));
		const wanted = (await loadSquads()).find(one => one.code === code)?.content;
		if (wanted === undefined || (read.version > 0 && isSameContent(wanted, read.content))) return;
		let box: string;
		try {
			box = await seal(keys, wanted, read.version + 1);
		} catch (fault) {
			if (fault instanceof SquadFull) return stumble(code, 'full');
			throw fault;
		}
		const {problem} = await request(server, {
			method: 'PUT',
			path: `/v1/squads/${keys.id}`,
			squad: keys.secret,
			body: {version: read.version, box},
		});
		if (problem === undefined) {
			await changeSquad(code, now => ({...now, version: read.version + 1, base: wanted}));
			return;
		}
		if (problem !== 'conflict') return stumble(code, problemOfSquad(problem));
	}
}

interface ReadBox {
	problem?: SquadProblem;
	version: number;
	content: Squad['content'];
}

/** Undefined where nothing can be told now: the server cannot be reached, or shows an older box than we have seen. */
async function readBox(server: Server, keys: SquadKeys, squad: Squad): Promise<ReadBox | undefined> {
	const empty = {version: 0, content: {name: '', accounts: {}}};
	const path = `/v1/squads/${keys.id}`;
	const {problem, body} = await request(server, {path, squad: keys.secret});
	if (problem === 'gone') {
		// Whoever makes a squad writes its first box. Who joined one, or wrote to it, finds it ended.
		const isNew = squad.version === 0 && squad.content.name !== '';
		return isNew ? empty : {...empty, problem: 'ended'};
	}
	if (problem !== undefined) {
		const found = problemOfSquad(problem);
		return found && {...empty, problem: found};
	}
	const {version, box} = isRecord(body) ? body : {};
	if (typeof version !== 'number' || !Number.isSafeInteger(version) || typeof box !== 'string')
		return {...empty, problem: 'unreadable'};
	if (version < squad.version) return undefined;
	try {
		return {version, content: await open(keys, box, version)};
	} catch (fault) {
		if (fault instanceof WrongCode) return {...empty, problem: 'unreadable'};
		throw fault;
	}
}

function problemOfSquad(problem: Problem): SquadProblem | undefined {
	if (problem === 'gone') return 'ended';
	return problem === 'forbidden' || problem === 'key' || problem === 'invalid' ? 'refused' : undefined;
}

async function stumble(code: string, problem: SquadProblem | undefined): Promise<void> {
	if (problem !== undefined) await changeSquad(code, squad => ({...squad, problem}));
}

/** Sets the alarms by what is stored. To be called whenever the worker starts, and when that changes. */
export async function arm(now = Date.now()): Promise<void> {
	const server = await loadServer();
	const [outbox, contributor, squads] = await Promise.all([
		loadOutbox(),
		loadContributor(server.address),
		loadSquads(),
	]);
	const times = contributor ? outbox.filter(job => isOpen(job, server)).map(({at}) => at) : [];
	await setAlarm(OUTBOX, times.length > 0 ? Math.max(now + 1000, Math.min(...times)) : undefined);
	if (contributor !== undefined && contributor.nextLook < now) {
		// Its time came while the browser was closed. Asking at once would tell when the browser is opened.
		const nextLook = Math.round(now + HOUR * (0.02 + Math.random() / 2));
		await changeContributor(server.address, contributor, () => ({nextLook}));
		await setAlarm(LOOK, nextLook);
	} else await setAlarm(LOOK, contributor?.nextLook);
	const hasSquads = squads.some(squad => squad.server === server.address);
	await setAlarm(SQUADS, hasSquads ? await nextSync(now) : undefined);
}

async function nextSync(now: number): Promise<number> {
	const {squadsNext} = await chrome.storage.local.get('squadsNext');
	if (typeof squadsNext === 'number' && squadsNext > now && squadsNext < now + 12 * HOUR) return squadsNext;
	const isMissed = typeof squadsNext === 'number';
	const next = Math.round(now + HOUR * (isMissed ? 0.02 + Math.random() / 10 : 5 + Math.random() * 2));
	await chrome.storage.local.set({squadsNext: next});
	return next;
}

export async function setAlarm(name: string, when: number | undefined): Promise<void> {
	if (when === undefined) await chrome.alarms.clear(name);
	else await chrome.alarms.create(name, {when});
}

/** Does what an alarm of ours is about. */
export async function alarmed({name}: Pick<chrome.alarms.Alarm, 'name'>): Promise<void> {
	if (name === OUTBOX) await flush();
	if (name === LOOK) {
		await look(await loadServer());
		await arm();
	}
	if (name === SQUADS) {
		await chrome.storage.local.remove('squadsNext');
		await syncSquads();
		await arm();
	}
}

let settling: ReturnType<typeof setTimeout> | undefined;

/** Follows what our pages put into storage. */
export async function contributionsChanged(
	changes: Record<string, chrome.storage.StorageChange>,
	area: string,
): Promise<void> {
	if (area !== 'local') return;
	if (['outbox', 'contributors', 'squads', 'server'].some(key => key in changes)) await arm();
	if (changes.squads !== undefined && isTouched(changes.squads)) {
		clearTimeout(settling);
		settling = setTimeout(() => void syncSquads().catch(() => {}), SETTLE);
	}
}

/** Whether a squad holds changes that its box has not, and that were not there before. */
function isTouched({oldValue, newValue}: chrome.storage.StorageChange): boolean {
	const said = (value: unknown) =>
		JSON.stringify(
			Array.isArray(value)
				? value.map((squad: Squad) => (isSameContent(squad.base, squad.content) ? '' : squad.content))
				: [],
		);
	return said(newValue) !== said(oldValue) && /\{/.test(said(newValue));
}
