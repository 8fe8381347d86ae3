import {inTurn} from '../core/in-turn.js';
import {ACTS, type Act} from '../core/verdicts.js';
import {isDay, isNumber, isRecord, isSlug, isUuid, textOf, today} from './forms.js';

// What is to be sent to a server, and what was: in storage.local, so that it survives the worker. Nobody's words.

/** How long what somebody asked for can be taken back before it is sent, in milliseconds. */
export const UNDO = 30_000;
/** More than anybody reports by hand. */
const MOST_REPORTS = 2000;

export const VOTES = ['list', 'keep', 'unsure', 'recuse'] as const;
export type Vote = (typeof VOTES)[number];
/** How something ended that the server does not take, whatever we do. */
export const ENDS = ['key', 'forbidden', 'gone', 'conflict', 'invalid'] as const;
export type End = (typeof ENDS)[number];

export type Work =
	| {do: 'report'; list: string; account: string; category: Act; post: string; sha256?: string}
	/** `id` is that of the report. */
	| {do: 'withdraw'; list: string}
	/** `id` is that of the task. */
	| {do: 'vote'; vote: Vote; disclosure: boolean}
	/** `id` is that of the notice. */
	| {do: 'answer'; answer: 'doubt' | 'accept'};

/** Something to be sent. */
export interface Job {
	/** Made here, so that sending twice is sending once. */
	id: string;
	server: string;
	/** Not before this time, in milliseconds since 1970. */
	at: number;
	/** How often in a row the server could not be reached. */
	tries: number;
	/** The server may have got it already. */
	tried: boolean;
	/** The server said no; it waits to be read. */
	ended?: End;
	work: Work;
}

/** What this browser remembers of a report. */
export interface Report {
	id: string;
	server: string;
	list: string;
	/** What the list is called. */
	name: string;
	account: string;
	category: Act;
	/** Day of the report, as YYYY-MM-DD. */
	day: string;
	state: 'waiting' | 'sent' | 'withdrawing' | End;
}

export async function loadOutbox(): Promise<Job[]> {
	const {outbox} = await chrome.storage.local.get('outbox');
	return Array.isArray(outbox) ? outbox.flatMap(readJob) : [];
}

export async function loadReports(): Promise<Report[]> {
	const {reports} = await chrome.storage.local.get('reports');
	return Array.isArray(reports) ? reports.filter(isReport) : [];
}

interface Kept {
	jobs: Job[];
	reports: Report[];
}

/** Changes both in one step. Rejects when the browser has no room left; then nothing has changed. */
function change<Answer>(work: (kept: Kept) => [Kept, Answer]): Promise<Answer> {
	return inTurn('outbox', async () => {
		const [jobs, reports] = await Promise.all([loadOutbox(), loadReports()]);
		const [kept, answer] = work({jobs, reports});
		await chrome.storage.local.set({outbox: kept.jobs, reports: kept.reports.slice(-MOST_REPORTS)});
		return answer;
	});
}

function newJob(id: string, server: string, work: Work, now: number): Job {
	return {id, server, at: now + UNDO, tries: 0, tried: false, work};
}

/** Queues a report and returns its id. It is sent after UNDO. */
export function queueReport(
	server: string,
	report: Omit<Extract<Work, {do: 'report'}>, 'do'> & {name: string},
	now = Date.now(),
): Promise<string> {
	const {name, ...sent} = report;
	const {list, account, category} = sent;
	const id = crypto.randomUUID();
	const job = newJob(id, server, {do: 'report', ...sent}, now);
	const logged: Report = {id, server, list, name, account, category, day: today(now), state: 'waiting'};
	return change(({jobs, reports}) => [{jobs: [...jobs, job], reports: [...reports, logged]}, id]);
}

/** Queues a juror's answer to a task. A second one takes the place of the first while that was not sent. */
export function queueVote(
	server: string,
	task: string,
	vote: Vote,
	disclosure: boolean,
	now = Date.now(),
): Promise<void> {
	return queueAnswer(newJob(task, server, {do: 'vote', vote, disclosure}, now));
}

/** Queues the answer to a notice. */
export function queueNotice(
	server: string,
	notice: string,
	answer: 'doubt' | 'accept',
	now = Date.now(),
): Promise<void> {
	return queueAnswer(newJob(notice, server, {do: 'answer', answer}, now));
}

function queueAnswer(job: Job): Promise<void> {
	return change(({jobs, reports}) => {
		const others = jobs.filter(({id, tried}) => id !== job.id || tried);
		const isLate = others.some(({id}) => id === job.id);
		return [{jobs: isLate ? jobs : [...others, job], reports}, undefined];
	});
}

/** Takes back what was not sent yet. Whether it could be: it may be on its way already. */
export function undo(id: string): Promise<boolean> {
	return change(({jobs, reports}) => {
		const job = jobs.find(one => one.id === id && !one.tried);
		if (job === undefined) return [{jobs, reports}, false];
		const left = jobs.filter(one => one !== job);
		const {do: what} = job.work;
		if (what === 'withdraw') return [{jobs: left, reports: stated(reports, id, 'sent')}, true];
		return [{jobs: left, reports: reports.filter(one => one.id !== id)}, true];
	});
}

/** Withdraws reports: what was never sent is dropped, and what the server may have is taken back there. */
export function withdraw(ids: string[], now = Date.now()): Promise<void> {
	return change(kept => {
		let {jobs, reports} = kept;
		for (const id of ids) {
			const report = reports.find(one => one.id === id);
			if (report === undefined || report.state === 'withdrawing') continue;
			const job = jobs.find(one => one.id === id);
			jobs = jobs.filter(one => one.id !== id);
			const wasSent = report.state === 'sent' || job?.tried === true;
			if (wasSent) {
				const work: Work = {do: 'withdraw', list: report.list};
				jobs = [...jobs, newJob(id, report.server, work, now)];
				reports = stated(reports, id, 'withdrawing');
			} else reports = reports.filter(one => one.id !== id);
		}
		return [{jobs, reports}, undefined];
	});
}

/** Notes that a job is being sent now. Undefined where it was taken back meanwhile. */
export function begin(job: Job): Promise<Job | undefined> {
	return change(({jobs, reports}) => {
		const now = jobs.find(one => isSameJob(one, job));
		const begun = now && {...now, tried: true};
		const next = jobs.map(one => (one === now && begun ? begun : one));
		return [{jobs: next, reports}, begun];
	});
}

/** Notes that the server took it. A report that was withdrawn meanwhile stays so. */
export function succeed(job: Job): Promise<void> {
	return change(({jobs, reports}) => {
		const left = jobs.filter(one => !isSameJob(one, job));
		if (job.work.do === 'withdraw')
			return [{jobs: left, reports: reports.filter(({id}) => id !== job.id)}, undefined];
		const isStill = left.length < jobs.length;
		return [{jobs: left, reports: isStill ? stated(reports, job.id, 'sent') : reports}, undefined];
	});
}

/** Notes that the server said no, and will again. Of a report its end is remembered, of an answer until it is read. */
export function end(job: Job, why: End): Promise<void> {
	return change(({jobs, reports}) => {
		const {do: what} = job.work;
		const isStill = jobs.some(one => isSameJob(one, job));
		const left = jobs.filter(one => !isSameJob(one, job));
		if (what === 'report' || what === 'withdraw')
			return [{jobs: left, reports: isStill ? stated(reports, job.id, why) : reports}, undefined];
		return [{jobs: isStill ? [...left, {...job, ended: why}] : left, reports}, undefined];
	});
}

/** Puts off all that is due for that server until then: it cannot be reached. */
export function postpone(server: string, now: number, until: number): Promise<void> {
	return change(({jobs, reports}) => [
		{
			jobs: jobs.map(job =>
				job.server === server && job.at <= now && job.ended === undefined
					? {...job, at: until, tries: job.tries + 1}
					: job,
			),
			reports,
		},
		undefined,
	]);
}

/** Forgets an answer that the server did not take. */
export function dismiss(id: string): Promise<void> {
	return change(({jobs, reports}) => [{jobs: jobs.filter(one => one.id !== id), reports}, undefined]);
}

/** Forgets all reports to that server, sent or not; with `all`, the answers as well. */
export function forgetReports(server: string, {all = false} = {}): Promise<void> {
	const isReport = ({work}: Job) => work.do === 'report' || work.do === 'withdraw';
	return change(({jobs, reports}) => [
		{
			jobs: jobs.filter(job => job.server !== server || !(all || isReport(job))),
			reports: reports.filter(one => one.server !== server),
		},
		undefined,
	]);
}

function stated(reports: Report[], id: string, state: Report['state']): Report[] {
	return reports.map(one => (one.id === id ? {...one, state} : one));
}

function isSameJob(a: Job, b: Job): boolean {
	return a.id === b.id && a.work.do === b.work.do;
}

function readJob(value: unknown): Job[] {
	if (!isRecord(value)) return [];
	const {id, server, at, tries, tried, ended, work} = value;
	const read = readWork(work);
	if (!isUuid(id) || typeof server !== 'string' || typeof at !== 'number' || read === undefined) return [];
	const why = ENDS.find(one => one === ended);
	return [
		{
			id,
			server,
			at,
			tries: typeof tries === 'number' ? tries : 0,
			tried: tried === true,
			work: read,
			...(why === undefined ? {} : {ended: why}),
		},
	];
}

function readWork(value: unknown): Work | undefined {
	if (!isRecord(value)) return undefined;
	const {list, account, post, sha256, disclosure} = value;
	const category = ACTS.find(act => act === value.category);
	const vote = VOTES.find(one => one === value.vote);
	const answer = (['doubt', 'accept'] as const).find(one => one === value.answer);
	switch (value.do) {
		case 'report': {
			if (!isSlug(list) || !isNumber(account) || !isNumber(post) || category === undefined) return undefined;
			const hash = typeof sha256 === 'string' ? {sha256} : {};
			return {do: 'report', list, account, category, post, ...hash};
		}
		case 'withdraw':
			return isSlug(list) ? {do: 'withdraw', list} : undefined;
		case 'vote':
			return vote && {do: 'vote', vote, disclosure: disclosure === true};
		case 'answer':
			return answer && {do: 'answer', answer};
		default:
			return undefined;
	}
}

function isReport(value: unknown): value is Report {
	if (!isRecord(value)) return false;
	const {id, server, list, name, account, category, day, state} = value;
	const states: unknown[] = ['waiting', 'sent', 'withdrawing', ...ENDS];
	return (
		isUuid(id) &&
		typeof server === 'string' &&
		isSlug(list) &&
		textOf(name, 80) !== '' &&
		isNumber(account) &&
		ACTS.some(act => act === category) &&
		isDay(day) &&
		states.includes(state)
	);
}
