import {build} from './page.js';

/**
 * Has a button do something only after a second one, which appears beneath it, was pressed as well. `data-say` of
 * what appears: `question` and `yes` are keys of texts.
 */
export function askTwice(
	button: HTMLButtonElement,
	texts: {question: string; yes: string},
	act: () => Promise<unknown>,
): void {
	const sure = build('div', 'sure');
	sure.hidden = true;
	sure.setAttribute('role', 'group');
	const question = build('p');
	question.id = `${button.id}-question`;
	question.dataset.say = texts.question;
	sure.setAttribute('aria-labelledby', question.id);
	const yes = build('button');
	yes.type = 'button';
	yes.id = `${button.id}-yes`;
	yes.dataset.say = texts.yes;
	const no = build('button', 'quiet');
	no.type = 'button';
	no.id = `${button.id}-no`;
	no.dataset.say = 'cancel';
	const buttons = build('div', 'buttons');
	buttons.append(no, yes);
	sure.append(question, buttons);
	button.after(sure);
	button.setAttribute('aria-expanded', 'false');

	function open(isOpen: boolean): void {
		sure.hidden = !isOpen;
		button.setAttribute('aria-expanded', String(isOpen));
		// The harmless answer is the one that Enter gives.
		(isOpen ? no : button).focus();
	}
	button.addEventListener('click', () => open(sure.hidden === true));
	no.addEventListener('click', () => open(false));
	sure.addEventListener('keydown', event => {
		if (event.key === 'Escape') open(false);
	});
	yes.addEventListener('click', async () => {
		await act();
		sure.hidden = true;
		button.setAttribute('aria-expanded', 'false');
		if (!button.hidden) button.focus();
	});
}
