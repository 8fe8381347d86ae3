/** A name that was changed: the attribute as it was, and as it is now. */
export interface Name {
	element: Element;
	original: string;
	written: string;
}

const NAMED = '[aria-labelledby]';

/**
 * Takes what is hidden out of the names of all that it lies in: an id that a name refers to is read out though
 * nobody sees the element. `before`: what an earlier call returned. Returns what has to be put back.
 */
export function leaveOut(hidden: Element, before: Name[]): Name[] {
	return [...namesOf(hidden)].flatMap(({element, value, rest}) => {
		const known = before.find(name => name.element === element && name.written === value);
		if (value === rest) return known ?? [];
		// Nobody has changed it yet, or X has written it anew: what stands there is what X wants.
		element.setAttribute('aria-labelledby', rest);
		return {element, original: value, written: rest};
	});
}

/** Whether nothing that is hidden stands in a name. */
export function isLeftOut(hidden: Element): boolean {
	return [...namesOf(hidden)].every(({value, rest}) => value === rest);
}

/** Puts names back, except where X has written another one since. */
export function putBack(names: Name[]): void {
	for (const {element, original, written} of names) {
		if (element.getAttribute('aria-labelledby') === written)
			element.setAttribute('aria-labelledby', original);
	}
}

/** The names around an element: as they are, and without what lies in it. */
function* namesOf(hidden: Element): Generator<{element: Element; value: string; rest: string}> {
	const own = new Set([hidden, ...hidden.querySelectorAll('[id]')].map(({id}) => id));
	for (
		let around = hidden.parentElement?.closest(NAMED);
		around;
		around = around.parentElement?.closest(NAMED)
	) {
		const value = around.getAttribute('aria-labelledby') ?? '';
		const ids = value.split(/\s+/);
		const rest = ids.some(id => own.has(id)) ? ids.filter(id => !own.has(id)).join(' ') : value;
		yield {element: around, value, rest};
	}
}
