/** A way into closed shadow roots for tests: the page has none, so it is opened where the roots are made. */

let roots = new WeakMap<Element, ShadowRoot>();

/** Remembers the roots that are made from now on. They stay closed. */
export function spyOnShadowRoots(): void {
	roots = new WeakMap();
	const attach = Element.prototype.attachShadow;
	vi.spyOn(Element.prototype, 'attachShadow').mockImplementation(function (this: Element, options) {
		expect(options.mode).toBe('closed');
		const root = attach.call(this, options);
		roots.set(this, root);
		return root;
	});
}

export function insideOf(host: Element | undefined): ShadowRoot {
	const root = host && roots.get(host);
	if (root === undefined) throw new Error('This element has no shadow root of ours.');
	return root;
}

/** The labels of its buttons, top down. */
export function buttonsIn(host: Element | undefined): string[] {
	return [...insideOf(host).querySelectorAll('button')].map(button => button.textContent);
}

/** Presses the button with this label. */
export function pressIn(host: Element | undefined, label: string): HTMLButtonElement {
	const button = [...insideOf(host).querySelectorAll('button')].find(one => one.textContent === label);
	if (button === undefined) throw new Error(`There is no button "${label}".`);
	button.click();
	return button;
}
