import {type Decision, decide} from '../../core/decide.js';
import {sayAct} from '../../core/line-texts.js';
import {readNotice, type ScoreAnswer, type ScoreRequest} from '../../core/messages.js';
import {build, find} from '../common/page.js';
import {EXAMPLES, type Example, POST} from './examples.js';
import type {OptionsPage} from './texts.js';

/** How long the worker may take to hear of a changed setting, in milliseconds. */
const SETTLING = 250;

/**
 * The part of the page that shows on made-up replies what the settings do. Asks nobody until it is opened.
 * `failed` runs when the server turns out not to judge, once until it does again.
 */
export function openPreview(failed: () => void = () => {}): {
	draw(page: OptionsPage): void;
	refresh(): Promise<void>;
} {
	let page: OptionsPage | undefined;
	let answers: Array<ScoreAnswer | undefined> = [];
	/** What the answers depend on; when it changes, they are asked for anew. */
	let judgedAs = '';
	// Counts the rounds, so that a late answer does not replace a newer one.
	let round = 0;
	let hasFailed = false;
	const box = find('examples', HTMLElement);
	const toggle = find('examples-toggle', HTMLButtonElement);
	const note = find('examples-note', HTMLElement);
	find('examples-post', HTMLElement).textContent = POST;
	const results = EXAMPLES.map(example => addRow(find('examples-list', HTMLElement), example));

	function redraw(): void {
		if (page === undefined) return;
		toggle.textContent = page.say(box.hidden ? 'examples_show' : 'examples_hide');
		toggle.setAttribute('aria-expanded', String(!box.hidden));
		const refusals = answers.flatMap(answer => (answer && !answer.ok ? [answer.refusal] : []));
		const isOff = !page.settings.enabled || refusals.includes('off');
		note.textContent = isOff
			? page.say('examples_off')
			: refusals.length > 0
				? page.say('examples_away')
				: '';
		for (const [index, result] of results.entries()) {
			// What is still waited for would wait in vain.
			const isOut = isOff || (refusals.length > 0 && answers[index] === undefined);
			result.textContent = isOut ? '' : sayResult(page, answers[index]);
		}
	}

	async function ask(): Promise<void> {
		round += 1;
		const mine = round;
		answers = [];
		redraw();
		await Promise.all(
			EXAMPLES.map(async ({text}, index) => {
				const request: ScoreRequest = {kind: 'score', ask: crypto.randomUUID(), text, context: POST};
				const answer: ScoreAnswer | undefined = await chrome.runtime
					.sendMessage(request)
					.catch(() => undefined);
				if (mine !== round) return;
				answers[index] = answer ?? {ok: false, refusal: 'failed', retryIn: 0};
				redraw();
				const isAway = answers.some(one => one?.ok === false && one.refusal !== 'off');
				if (isAway && !hasFailed) failed();
				hasFailed ||= isAway;
			}),
		);
		if (mine === round && answers.every(answer => answer?.ok)) hasFailed = false;
	}

	async function refresh(): Promise<void> {
		if (!box.hidden) await ask();
	}

	toggle.addEventListener('click', () => {
		box.hidden = !box.hidden;
		redraw();
		void refresh();
	});
	chrome.runtime.onMessage.addListener(message => {
		if (readNotice(message) !== undefined) void refresh();
	});
	return {
		draw(drawn) {
			page = drawn;
			const {sensitivity, levels, enabled} = page.settings;
			const now = JSON.stringify([sensitivity, levels, enabled]);
			const isNew = judgedAs !== '' && judgedAs !== now;
			judgedAs = now;
			redraw();
			if (isNew) setTimeout(() => void refresh(), SETTLING);
		},
		refresh,
	};
}

function addRow(list: HTMLElement, {language, text}: Example): HTMLElement {
	const row = build('li');
	const said = build('p', 'said', text);
	said.lang = language;
	said.dir = language === 'ur' ? 'rtl' : 'ltr';
	const result = build('p', 'help result');
	row.append(said, result);
	list.append(row);
	return result;
}

function sayResult(page: OptionsPage, answer: ScoreAnswer | undefined): string {
	if (answer === undefined) return page.say('result_wait');
	if (!answer.ok) return '';
	const decision = decideExample(page, answer);
	if (decision.act === 'show') return page.say('result_show');
	return page.say(`result_${decision.act}`, {act: sayAct(page.language, decision.reason)});
}

function decideExample(page: OptionsPage, {verdict}: Extract<ScoreAnswer, {ok: true}>): Decision {
	const facts = {
		verdict,
		partial: false,
		translated: false,
		trusted: false,
		focalAuthor: false,
		aside: false,
		beneath: false,
	};
	return decide(facts, page.settings);
}
