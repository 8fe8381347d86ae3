/** Moves the keyboard to what comes next, for an element that vanishes: else it would be at the top of the page. */
export function focusAfter(element: Element): void {
	const walker = document.createTreeWalker(document, NodeFilter.SHOW_ELEMENT);
	walker.currentNode = element;
	while (walker.nextNode()) {
		const next = walker.currentNode as HTMLElement;
		if (element.contains(next) || !(next.tabIndex >= 0) || !next.checkVisibility()) continue;
		next.focus({preventScroll: true});
		return;
	}
}
