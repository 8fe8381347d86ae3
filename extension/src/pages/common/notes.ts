import {find} from './page.js';

/** What was told where, so that it can be told again in another language. */
const told = new Map<string, () => string>();

/** Tells something in the element of that id, if it is there; without a text, what was told goes. */
export function tell(id: string, text?: () => string): void {
	const element = document.getElementById(id);
	// A place of its own goes with the row that it stands in.
	if (element === null || text === undefined) told.delete(id);
	else told.set(id, text);
	if (element !== null) element.textContent = text?.() ?? '';
}

export function tellAgain(): void {
	for (const [id, text] of told) tell(id, text);
}

/** Does something that may fail, and returns whether it did not. */
export async function attempt(work: () => Promise<void>, fail: (error: unknown) => void): Promise<boolean> {
	try {
		await work();
		return true;
	} catch (error) {
		fail(error);
		return false;
	}
}

/** Runs `work` with each file that the person puts into the field of that id. */
export function onFile(id: string, work: (file: File) => void): void {
	const field = find(id, HTMLInputElement);
	// Else nobody is told when a file is chosen again that was changed meanwhile.
	field.addEventListener('click', () => {
		field.value = '';
	});
	field.addEventListener('change', () => {
		const file = field.files?.[0];
		if (file !== undefined) work(file);
	});
}

export function show(id: string, shown: boolean): void {
	find(id, HTMLElement).hidden = !shown;
}
