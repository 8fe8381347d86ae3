import {direction, type Language, type Say, sayer} from '../core/i18n.js';
import {LINE_TEXTS, sayAct} from '../core/line-texts.js';
import {readSavedPost} from '../core/messages.js';
import {isOnX} from '../core/sites.js';
import {REASONS, readReason} from '../core/verdicts.js';
import {
	bare,
	canonical,
	digest,
	type Event,
	isWhole,
	type Kept,
	listKept,
	type Verified,
	verify,
	type WholeEvent,
} from './chain.js';
import {FRAMES} from './frames.js';
import {type FileKind, readKind} from './review.js';
import {MAX_NOTE} from './save.js';
import {EVIDENCE_TEXTS, type EvidenceKey} from './texts.js';

/** What a file holds: the chain, with the contents that were chosen. */
export interface EvidenceFile {
	kind: 'panah-evidence';
	version: 1;
	/** ISO 8601. */
	created: string;
	/** The language of the readable part, if there is one. */
	language: Language;
	/** Minutes that the clock of whoever made the file is ahead of UTC. */
	offset: number;
	/** The version of the program that made it; the first ones did not tell. */
	program?: string;
	events: Event[];
}

export const FORMATS = ['html', 'json', 'csv'] as const;
export type Format = (typeof FORMATS)[number];
/** In characters; far more than people keep. */
export const MAX_FILE = 200_000_000;
const MOST_EVENTS = 100_000;
const TYPES: Record<Format, string> = {
	html: 'text/html;charset=utf-8',
	json: 'application/json',
	csv: 'text/csv;charset=utf-8',
};

/** The chain for a file: contents only of the chosen replies, of their notes, and of removals, which hold none. */
export function choose(events: readonly Event[], chosen: ReadonlySet<number>): Event[] {
	return events.map(event => {
		if (!isWhole(event)) return event;
		if (event.kind === 'removal') return event;
		const reply = event.kind === 'post' ? event.seq : event.payload.of;
		return chosen.has(reply) ? event : bare(event);
	});
}

export function makeFile(
	events: Event[],
	language: Language,
	program: string,
	now = new Date(),
): EvidenceFile {
	// The browser counts the other way round: what must be added to reach UTC.
	const offset = 0 - now.getTimezoneOffset();
	return {kind: 'panah-evidence', version: 1, created: now.toISOString(), language, offset, program, events};
}

/** A file to download. Its name says nothing about what it is for. */
export function pack(file: EvidenceFile, format: Format, say: Say<EvidenceKey>): {name: string; blob: Blob} {
	const write = {html: () => toHtml(file), json: () => toJson(file), csv: () => toCsv(file, say)}[format];
	const name = `replies-${file.created.slice(0, 10)}.${format}`;
	return {name, blob: new Blob([write()], {type: TYPES[format]})};
}

export function toJson(file: EvidenceFile): string {
	return `${JSON.stringify(file, null, '\t')}\n`;
}

/** A table for spreadsheets after RFC 4180, with a byte order mark, which Excel needs to read Urdu. */
export function toCsv(file: EvidenceFile, say: Say<EvidenceKey>): string {
	const {language} = file;
	const head = (
		[
			'number',
			'saved',
			'posted',
			'name',
			'handle',
			'account',
			'text',
			'link',
			'found',
			'answered',
			'said',
			'note',
			'code',
		] as const
	).map(column => say(language, `column_${column}`));
	const rows = listKept(file.events).map(({event, note}) => {
		const {payload, seq, at, hash} = event;
		const {name, handle, accountId = '', text, url, foundOn, postedAt = '', answers} = payload;
		const said = sayVerdict(event, language, say);
		const account = accountId;
		return [
			String(seq),
			at,
			postedAt,
			name,
			handle,
			account,
			text,
			url,
			foundOn,
			answers?.text ?? '',
			said,
			note,
			hash,
		];
	});
	return `\uFEFF${[head, ...rows].map(row => `${row.map(toCell).join(',')}\r\n`).join('')}`;
}

function toCell(text: string): string {
	// A spreadsheet takes these beginnings for a formula, in their wide forms too.
	const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text;
	// One that expects another separator than the comma begins a cell after its own, whatever the quotes say.
	const parted = safe.replace(/[;|\t\r\n]["\s]*(?=[=+\-@＝＋－＠])/g, "$&'");
	return `"${parted.toWellFormed().replaceAll('"', '""')}"`;
}

/** Who said what about a reply, in one sentence; empty where nobody did. */
export function sayVerdict(event: Kept['event'], language: Language, say: Say<EvidenceKey>): string {
	const {verdict} = event.payload;
	if (verdict === undefined) return '';
	const act = sayAct(language, readReason(verdict.reason));
	return say(language, `said_${verdict.source}`, {act});
}

/** Text that is markup already. */
class Markup {
	constructor(readonly text: string) {}
}

/** Markup in which every value is plain text, unless it is markup itself. */
function html(parts: TemplateStringsArray, ...values: Array<string | Markup | Markup[]>): Markup {
	const text = parts.map((part, index) => part + toMarkup(values[index] ?? ''));
	return new Markup(text.join(''));
}

function toMarkup(value: string | Markup | Markup[]): string {
	if (Array.isArray(value)) return value.map(({text}) => text).join('');
	return value instanceof Markup ? value.text : escapeHtml(value);
}

/** The text as it can stand between tags and within quotes. */
export function escapeHtml(text: string): string {
	const entities: Record<string, string> = {
		'&': '&amp;',
		'<': '&lt;',
		'>': '&gt;',
		'"': '&quot;',
		"'": '&#39;',
	};
	return text
		.toWellFormed()
		.replaceAll('\0', '\uFFFD')
		.replace(/[&<>"']/g, sign => entities[sign] ?? '');
}

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5; }
:root:lang(ur) { font-family: "Noto Nastaliq Urdu", "Jameel Noori Nastaleeq", "Urdu Typesetting", serif; line-height: 2.1; }
body { margin: 0; }
main { margin-inline: auto; max-inline-size: 46rem; padding: 1rem; }
h1 { font-size: 1.4em; }
h2 { font-size: 1.1em; margin: 0; }
article { border: 1px solid GrayText; border-radius: 8px; margin-block: 1rem; padding: 0.75rem 1rem; break-inside: avoid; }
dl { display: grid; gap: 0.25rem 1rem; grid-template-columns: minmax(7rem, auto) 1fr; margin-block: 0.5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; min-inline-size: 0; overflow-wrap: anywhere; }
blockquote { border-inline-start: 3px solid GrayText; line-height: 2; margin: 0; overflow-wrap: anywhere; padding-inline-start: 0.75rem; white-space: pre-wrap; }
code { font-family: ui-monospace, monospace; font-size: 0.9em; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-block-end: 0.5rem; } }
@media print { main { max-inline-size: none; padding: 0; } }
`;

/**
 * What a page says around the replies, and how it looks: all of a page that may differ between versions. It goes
 * along in the page, since a check builds the page anew, and its digest tells whether it is ours.
 */
export interface Frame {
	style: string;
	texts: Record<string, {message: string}>;
}

const FRAME_KEYS = [
	'column_text',
	'column_posted',
	'column_saved',
	'column_link',
	'column_found',
	'column_account',
	'column_answered',
	'column_said',
	'column_note',
	'column_code',
	'partial_yes',
	'said_model',
	'said_reader',
	'said_friend',
	'said_thread',
	'file_title',
	'file_intro',
	'file_made',
	'file_check_title',
	'file_check',
	'file_last',
] as const satisfies EvidenceKey[];

/** The frame of pages that are made today. */
export function frameOf(language: Language): Frame {
	const said = FRAME_KEYS.map(key => [key, EVIDENCE_TEXTS[language][key]] as const);
	const acts = REASONS.map(reason => [`act_${reason}`, LINE_TEXTS[language][`act_${reason}`]] as const);
	// The sources hold notes to translators too, and the built program does not: its pages must not depend on them.
	const texts = [...said, ...acts].map(([key, {message}]) => [key, {message}]);
	return {style: STYLE, texts: Object.fromEntries(texts)};
}

export function frameDigest(frame: unknown): Promise<string> {
	return digest(canonical(frame));
}

type FrameSay = (key: string, values?: Record<string, string>) => string;

function sayIn({texts}: Frame, language: Language): FrameSay {
	const speak = sayer({en: texts, ur: texts});
	return (key, values) => speak(language, Object.hasOwn(texts, key) ? key : 'act_other', values);
}

/**
 * One page to read and to print, which runs nothing, loads nothing, and holds the chain to be checked. Pages that
 * were given out are built anew by every later version: another structure needs another version of the file.
 */
export function toHtml(file: EvidenceFile, frame = frameOf(file.language)): string {
	const {language} = file;
	const say = sayIn(frame, language);
	const last = file.events.at(-1)?.hash ?? '';
	// In one spelling, since a check builds the page anew. Only "<" could end the tag; JSON may write it like this.
	const data = new Markup(canonical({...file, frame}).replaceAll('<', '\\u003c'));
	const kept = listKept(file.events);
	const page = html`<!doctype html>
<html lang="${language}" dir="${direction(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${say('file_title')}</title>
<style>${new Markup(frame.style)}</style>
</head>
<body>
<main>
<h1>${say('file_title')}</h1>
<p>${say('file_intro')}</p>
<p>${say('file_made')} ${time(file.created, file.offset)}</p>
${kept.map(one => toArticle(one, file, say))}
<h2>${say('file_check_title')}</h2>
<p>${say('file_check')}</p>
<p>${say('file_last')} <code dir="ltr">${last}</code></p>
</main>
<script type="application/json" id="chain">${data}</script>
</body>
</html>
`;
	return page.text;
}

function toArticle({event, note}: Kept, {offset}: EvidenceFile, say: FrameSay): Markup {
	const {payload, seq, at, hash} = event;
	const {name, handle, accountId, text, partial, url, foundOn, postedAt, answers, verdict} = payload;
	const row = (key: (typeof FRAME_KEYS)[number], value: Markup | undefined) =>
		value === undefined ? html`` : html`<dt>${say(key)}</dt><dd>${value}</dd>`;
	const quote = (words: string) => html`<blockquote dir="auto">${words}</blockquote>`;
	const said = verdict && say(`said_${verdict.source}`, {act: say(`act_${verdict.reason}`)});
	return html`<article>
<h2>${String(seq)}. <bdi>${name}</bdi> <bdi dir="ltr">@${handle}</bdi></h2>
<dl>
${row('column_text', html`${quote(text)}${partial ? html`<p>${say('partial_yes')}</p>` : ''}`)}
${row('column_posted', postedAt === undefined ? undefined : time(postedAt, offset))}
${row('column_saved', time(at, offset))}
${row('column_link', link(url))}
${row('column_found', foundOn === url ? undefined : link(foundOn))}
${row('column_account', accountId === undefined ? undefined : html`<bdi dir="ltr">${accountId}</bdi>`)}
${row('column_answered', answers === undefined ? undefined : quote(answers.text))}
${row('column_said', said === undefined ? undefined : html`${said}`)}
${row('column_note', note === '' ? undefined : quote(note))}
${row('column_code', html`<code dir="ltr">${hash}</code>`)}
</dl>
</article>
`;
}

function link(url: string): Markup {
	return isOnX(url)
		? html`<a href="${url}" rel="noreferrer" dir="ltr">${url}</a>`
		: html`<bdi dir="ltr">${url}</bdi>`;
}

/** The same on every computer, since a check builds the page anew: in UTC, and by the clock of who made the file. */
function time(iso: string, offset: number): Markup {
	const universal = new Date(iso).toISOString();
	const shifted = new Date(Date.parse(iso) + offset * 60_000);
	// At the ends of what a Date can hold there is no room for the shift.
	const local = Number.isNaN(shifted.getTime()) ? universal : shifted.toISOString();
	const pad = (number: number) => String(Math.floor(number)).padStart(2, '0');
	const ahead = `${offset < 0 ? '-' : '+'}${pad(Math.abs(offset) / 60)}:${pad(Math.abs(offset) % 60)}`;
	const plain = (moment: string) => moment.slice(0, 19).replace('T', ' ');
	const own = offset === 0 ? '' : `${plain(local)} (UTC${ahead}) = `;
	return html`<time datetime="${universal}" dir="ltr">${own}${plain(universal)} UTC</time>`;
}

export type Checked =
	/** No evidence, or of a version that is not known here. `given`: what the file says it is. */
	| {state: 'unknown'; given?: FileKind}
	/** The first event that does not fit. */
	| {state: 'broken'; seq: number}
	| {
			state: 'whole';
			file: EvidenceFile;
			verified: Extract<Verified, {ok: true}>;
			/**
			 * Of a page: whether what can be read is what the chain holds. 'unknown': it says things around the
			 * replies that no version known here says. Undefined for JSON, which holds the chain alone.
			 */
			readable?: 'same' | 'changed' | 'unknown';
	  };

/** Reads and verifies a file that came from anywhere. */
export async function checkFile(text: string, known: ReadonlySet<string> = FRAMES): Promise<Checked> {
	const isPage = !text.trimStart().startsWith('{');
	const data = isPage ? embedded(text) : text;
	const found = readFile(data);
	if (found.state === 'unknown') {
		const given = readKind(data);
		return given === undefined ? found : {...found, given};
	}
	if (found.state !== 'read') return found;
	const {file} = found;
	const verified = await verify(file.events, {part: true});
	if (!verified.ok) return {state: 'broken', seq: verified.seq};
	const checked: Checked = {state: 'whole', file, verified};
	// What a person reads in a page stands beside the chain: it has to be what the chain makes.
	return isPage ? {...checked, readable: await compare(text, file, found.frame, known)} : checked;
}

async function compare(
	page: string,
	file: EvidenceFile,
	frame: unknown,
	known: ReadonlySet<string>,
): Promise<'same' | 'changed' | 'unknown'> {
	if (!known.has(await frameDigest(frame))) return 'unknown';
	return isSamePage(toHtml(file, frame as Frame), page) ? 'same' : 'changed';
}

function isSamePage(a: string, b: string): boolean {
	// What carries a file from one computer to another may write line ends in its own way.
	const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
	return plain(a) === plain(b);
}

function embedded(text: string): string {
	// Parsed apart from any window: nothing in it is loaded or run.
	const parsed = new DOMParser().parseFromString(text, 'text/html');
	return parsed.getElementById('chain')?.textContent ?? '';
}

type Found =
	| {state: 'unknown'}
	| {state: 'broken'; seq: number}
	/** `frame`: whatever stands there in its place. */
	| {state: 'read'; file: EvidenceFile; frame: unknown};

function readFile(text: string): Found {
	const found = parse(text);
	if (found?.kind !== 'panah-evidence' || found.version !== 1) return {state: 'unknown'};
	const {created, language, offset, program, events, frame} = found;
	if (typeof created !== 'string' || !isTime(created)) return {state: 'unknown'};
	if (language !== 'en' && language !== 'ur') return {state: 'unknown'};
	if (typeof offset !== 'number' || !Number.isInteger(offset) || Math.abs(offset) > 1440)
		return {state: 'unknown'};
	if (program !== undefined && !isVersion(program)) return {state: 'unknown'};
	if (!Array.isArray(events) || events.length === 0 || events.length > MOST_EVENTS) return {state: 'unknown'};
	const read: Event[] = [];
	for (const value of events) {
		const event = readEvent(value);
		if (event === undefined) return {state: 'broken', seq: read.length + 1};
		read.push(event);
	}
	return {
		state: 'read',
		file: {
			kind: 'panah-evidence',
			version: 1,
			created,
			language,
			offset,
			...(program === undefined ? {} : {program}),
			events: read,
		},
		frame,
	};
}

function readEvent(value: unknown): Event | undefined {
	const found = record(value);
	const {seq, prev, hash, kind, at, salt, payload} = found ?? {};
	if (typeof seq !== 'number' || !isHex(prev, 64) || !isHex(hash, 64)) return undefined;
	const place = {seq, prev, hash};
	if (payload === undefined) return place;
	if (typeof at !== 'string' || !isTime(at) || !isHex(salt, 32)) return undefined;
	if (!isPayload(kind, payload)) return undefined;
	return {...place, kind, at, salt, payload} as WholeEvent;
}

function isPayload(kind: unknown, payload: unknown): boolean {
	const found = record(payload);
	if (found === undefined) return false;
	if (kind === 'post') {
		const post = readSavedPost(found);
		return post !== undefined && canonical(post) === canonical(found);
	}
	const {of, text} = found;
	if (kind === 'note') {
		const isNote = Number.isInteger(of) && typeof text === 'string' && text.length <= MAX_NOTE;
		return isNote && Object.keys(found).length === 2;
	}
	const isList = Array.isArray(of) && of.every(seq => Number.isInteger(seq));
	return kind === 'removal' && isList && Object.keys(found).length === 1;
}

function parse(text: string): Record<string, unknown> | undefined {
	try {
		return record(JSON.parse(text));
	} catch {
		return undefined;
	}
}

function record(value: unknown): Record<string, unknown> | undefined {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

function isVersion(value: unknown): value is string {
	return typeof value === 'string' && /^\d{1,5}(?:\.\d{1,5}){0,3}$/.test(value);
}

function isHex(value: unknown, length: number): value is string {
	return typeof value === 'string' && value.length === length && /^[0-9a-f]+$/.test(value);
}

function isTime(text: string): boolean {
	return !Number.isNaN(Date.parse(text));
}
