export function build<K extends keyof HTMLElementTagNameMap>(
	tag: K,
	name = '',
	text = '',
): HTMLElementTagNameMap[K] {
	const element = document.createElement(tag);
	if (name !== '') element.className = name;
	element.textContent = text;
	return element;
}

export function button(label: string, onPress: () => void): HTMLButtonElement {
	const made = build('button', '', label);
	made.type = 'button';
	made.addEventListener('click', onPress);
	return made;
}

/** A button, and the part that it opens and closes. The part is filled when it is opened first. */
export function disclosure(label: string, id: string, fill: () => HTMLElement[]) {
	const panel = build('div', id);
	panel.id = id;
	panel.hidden = true;
	const opener = button(label, toggle);
	opener.className = 'opener';
	opener.setAttribute('aria-expanded', 'false');
	opener.setAttribute('aria-controls', id);

	function toggle(): void {
		if (!panel.hasChildNodes()) panel.append(...fill());
		panel.hidden = !panel.hidden;
		opener.setAttribute('aria-expanded', String(!panel.hidden));
	}

	function closeOnEscape(event: KeyboardEvent): void {
		if (event.key !== 'Escape' || panel.hidden) return;
		event.stopPropagation();
		toggle();
		opener.focus({preventScroll: true});
	}
	for (const part of [opener, panel] as HTMLElement[]) part.addEventListener('keydown', closeOnEscape);
	return {opener, panel};
}

/** The same shelter as on the toolbar. */
export function drawMark(): SVGElement {
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	const path = document.createElementNS(svg.namespaceURI, 'path') as SVGPathElement;
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'mark');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', 'M4 20v-7a8 8 0 0 1 16 0v7M9 20v-6a3 3 0 0 1 6 0v6');
	path.setAttribute('fill', 'none');
	path.setAttribute('stroke', 'currentColor');
	path.setAttribute('stroke-width', '2');
	path.setAttribute('stroke-linecap', 'round');
	svg.append(path);
	return svg;
}
