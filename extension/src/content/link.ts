import type {
	AlwaysShowRequest,
	CancelRequest,
	DoneAnswer,
	FineRequest,
	HideAccountRequest,
	PageState,
	ReportRequest,
	Request,
	SaveAnswer,
	SaveRequest,
	ScoreAnswer,
	ScoreRequest,
	ScoresAnswer,
} from '../core/messages.js';
import type {Detail, Details, ListedAnswer, ListsMessage} from '../lists/messages.js';

/** The extension was updated or removed while this page was open: nobody answers here any more. */
export class ContextGone extends Error {
	override name = 'ContextGone';
}

const FAILED: ScoreAnswer = {ok: false, refusal: 'failed', retryIn: 5000};
const NOT_SAVED: SaveAnswer = {ok: false, problem: 'failed'};
/** Before the second try, in milliseconds. Chromium takes some 400 to let a stopped worker go and start another. */
const SECOND_TRY = 1000;
/** How long questions to be cancelled are gathered, in milliseconds: as long as the worker gathers questions. */
const CANCEL_TOGETHER = 50;
// Chrome's and Firefox's words for a worker that is not there, or that died before it answered.
const ASLEEP = /receiving end does not exist|(?:message )?(?:channel|port) (?:is )?closed|promised response/i;

/** What goes with the next message. */
let line: Array<{
	request: ScoreRequest;
	answer(found: ScoreAnswer): void;
	fail(fault: unknown): void;
}> = [];
let unwanted: string[] = [];
let sending: ReturnType<typeof setTimeout> | undefined;

/** Asks the worker for a verdict. A dead worker is asked once more. Raises ContextGone. */
export function ask(request: ScoreRequest): Promise<ScoreAnswer> {
	return new Promise((answer, fail) => {
		if (line.push({request, answer, fail}) === 1) queueMicrotask(askAll);
	});
}

/** Asks in one message for all that was asked in one task, and again for what was still on its way by then. */
async function askAll(): Promise<void> {
	const asked = line;
	line = [];
	try {
		const told = await sendTwice<ScoresAnswer>({kind: 'scores', asks: asked.map(({request}) => request)});
		for (const [index, {request, answer, fail}] of asked.entries()) {
			const found = told?.answers?.[index];
			if (found === null) ask(request).then(answer, fail);
			else answer(found ?? FAILED);
		}
	} catch (fault) {
		for (const {fail} of asked) fail(fault);
	}
}

/** What this browser alone knows and a page needs; undefined when the worker does not say. Raises ContextGone. */
export function askState(): Promise<PageState | undefined> {
	return sendTwice<PageState>({kind: 'state'});
}

/** Which of these accounts are on lists that the reader uses; undefined when the worker does not say. */
export async function askListed(accounts: string[]): Promise<ListedAnswer['listed'] | undefined> {
	return (await sendTwice<ListedAnswer>({kind: 'listed', accounts}))?.listed;
}

/** What lists tell about an account, asked of their server. */
export async function askDetails(accountId: string): Promise<Detail[] | undefined> {
	return (await sendTwice<Details>({kind: 'list-details', accountId}))?.details;
}

/** Gives a post to the worker to keep. Raises ContextGone. */
export async function save(request: SaveRequest): Promise<SaveAnswer> {
	return (await sendTwice<SaveAnswer>(request)) ?? NOT_SAVED;
}

/** Has the worker keep what the reader said; whether it could. Raises ContextGone. */
export async function done(
	request: AlwaysShowRequest | FineRequest | HideAccountRequest | ReportRequest,
): Promise<boolean> {
	return (await sendTwice<DoneAnswer>(request))?.ok ?? false;
}

/** Tells the worker that a reply was hidden. Once only: a worker that dies before it answers has counted it. */
export function count(): void {
	send({kind: 'count', hidden: 1}).catch(() => {});
}

/**
 * Tells the worker soon that some questions do not matter any more. Each message costs about as much as reading ten
 * posts, and who scrolls fast leaves posts behind at every frame.
 */
export function cancel(asks: string[]): void {
	unwanted.push(...asks);
	sending ??= setTimeout(cancelNow, CANCEL_TOGETHER);
}

/** Tells the worker at once what it was to be told soon. If it is dead, it has forgotten the questions already. */
export function cancelNow(): void {
	clearTimeout(sending);
	sending = undefined;
	const request: CancelRequest = {kind: 'cancel', asks: unwanted};
	unwanted = [];
	if (request.asks.length > 0 && isConnected()) chrome.runtime.sendMessage(request).catch(() => {});
}

/** Whether the extension that this script came with is still there. */
export function isConnected(): boolean {
	return chrome.runtime?.id !== undefined;
}

async function sendTwice<Answer extends object>(
	request: Request | ListsMessage,
): Promise<Answer | undefined> {
	try {
		return await send<Answer>(request);
	} catch (fault) {
		if (fault instanceof ContextGone) throw fault;
		if (!ASLEEP.test(String(fault))) return undefined;
	}
	await new Promise(resolve => setTimeout(resolve, SECOND_TRY));
	try {
		return await send<Answer>(request);
	} catch (fault) {
		if (fault instanceof ContextGone) throw fault;
		return undefined;
	}
}

async function send<Answer extends object>(request: Request | ListsMessage): Promise<Answer | undefined> {
	try {
		if (!isConnected()) throw new ContextGone();
		const answer: unknown = await chrome.runtime.sendMessage(request);
		return typeof answer === 'object' && answer !== null ? (answer as Answer) : undefined;
	} catch (fault) {
		if (!isConnected() || /context invalidated/i.test(String(fault))) throw new ContextGone();
		throw fault;
	}
}
