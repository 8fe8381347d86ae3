import {decide} from '../../core/decide.js';
import {sayAct, say as sayLine} from '../../core/line-texts.js';
import type {ScoreAnswer, ScoreRequest} from '../../core/messages.js';
import type {Verdict} from '../../core/verdicts.js';
import {build} from '../common/page.js';
import type {WelcomePage} from './welcome.js';

const REPLIES = [1, 2, 3, 4, 5, 6] as const;

/** 'away': at least one reply could not be judged. */
export type Outcome = 'judged' | 'away' | 'off';

/** The made-up replies, in the language of the page, each with the verdict on it; asked one after the other. */
export async function judge(page: WelcomePage): Promise<{verdicts: Verdict[]; outcome: Outcome}> {
	const context = page.say('welcome_example_post');
	const verdicts: Verdict[] = [];
	for (const number of REPLIES) {
		const request: ScoreRequest = {
			kind: 'score',
			ask: crypto.randomUUID(),
			text: page.say(`welcome_example_${number}`),
			context,
		};
		const answer: ScoreAnswer | undefined = await chrome.runtime.sendMessage(request).catch(() => undefined);
		// One without an answer is enough: the others would have to wait for the same server.
		if (!answer?.ok) return {verdicts: [], outcome: answer?.refusal === 'off' ? 'off' : 'away'};
		verdicts.push(answer.verdict);
	}
	return {verdicts, outcome: 'judged'};
}

/** Shows the post and its replies as they would stand on X with these verdicts; without any, all are shown. */
export function drawExamples(page: WelcomePage, room: HTMLElement, verdicts: readonly Verdict[]): void {
	const post = buildPost(page.say('welcome_example_post_name'), page.say('welcome_example_post'));
	post.classList.add('focal');
	const replies = REPLIES.map((number, index) => {
		const name = page.say('welcome_example_reply', {number});
		const reply = buildPost(name, page.say(`welcome_example_${number}`));
		cover(page, reply, verdicts[index]);
		return reply;
	});
	room.replaceChildren(post, ...replies);
}

function buildPost(name: string, text: string): HTMLElement {
	const post = build('article', 'post');
	post.setAttribute('aria-label', name);
	const body = build('p', 'text', text);
	body.dir = 'auto';
	post.append(build('p', 'who', name), body);
	return post;
}

function cover(page: WelcomePage, reply: HTMLElement, verdict: Verdict | undefined): void {
	const decision = decide(
		{
			verdict,
			partial: false,
			translated: false,
			trusted: false,
			focalAuthor: false,
			aside: false,
			beneath: false,
		},
		page.settings,
	);
	if (decision.act === 'show') return;
	const {language} = page;
	if (decision.act === 'out') {
		reply.replaceChildren(build('p', 'help', page.say('welcome_try_out')));
		return;
	}
	const act = sayAct(language, decision.reason);
	if (decision.act === 'flag') {
		reply.prepend(build('p', 'label', sayLine(language, 'flag', {act})));
		return;
	}
	const line = build('div', 'cover');
	const said = build('span');
	const toggle = build('button');
	toggle.type = 'button';
	const parts = [...reply.children] as HTMLElement[];
	let shown = false;
	const draw = () => {
		said.textContent = sayLine(language, shown ? 'post_shown' : 'post_hidden', {act});
		toggle.textContent = sayLine(language, shown ? 'hide_again' : 'show_once');
		for (const part of parts) part.hidden = !shown;
	};
	toggle.addEventListener('click', () => {
		shown = !shown;
		draw();
	});
	line.append(said, toggle);
	reply.prepend(line);
	draw();
}
