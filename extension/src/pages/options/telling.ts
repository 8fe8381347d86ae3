import {loadServer} from '../../core/settings.js';
import {HOWS, loadHow, saveHow} from '../../feedback/tellings.js';
import {keep} from '../common/keep.js';
import {build, find} from '../common/page.js';
import type {OptionsPage} from './texts.js';

/** The part of the page where the reader says what the server may be told of marks. Said to one server alone. */
export function openTelling(): {draw(page: OptionsPage): void; refresh(): Promise<void>} {
	let page: OptionsPage | undefined;
	let address = '';
	const group = find('tell', HTMLFieldSetElement);
	const inputs = HOWS.map(how => {
		const label = build('label', 'choice');
		const input = build('input');
		Object.assign(input, {type: 'radio', name: 'tell', value: how});
		const text = build('span');
		text.dataset.say = `tell_${how}`;
		const help = build('p', 'help');
		help.id = `tell-${how}-help`;
		help.dataset.say = `tell_${how}_help`;
		input.setAttribute('aria-describedby', help.id);
		input.addEventListener('change', async () => {
			if (page === undefined) return;
			await keep(page, find('tell-note', HTMLElement), () => saveHow(address, how));
			await refresh();
		});
		label.append(input, text, help);
		group.append(label);
		return input;
	});

	function redraw(): void {
		if (page === undefined || address === '') return;
		find('tell-help', HTMLElement).textContent = page.say('tell_help', {server: new URL(address).host});
	}

	async function refresh(): Promise<void> {
		address = (await loadServer()).address;
		const how = await loadHow(address);
		for (const input of inputs) input.checked = input.value === how;
		redraw();
	}

	chrome.storage.onChanged.addListener((changes, area) => {
		if (area === 'local' && (changes.tellHow ?? changes.server) !== undefined) void refresh();
	});
	return {
		draw(drawn) {
			page = drawn;
			redraw();
		},
		refresh,
	};
}
