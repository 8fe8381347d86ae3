/** How X's page looks at present, so that our line looks at home on it. */
export interface Theme {
	dark: boolean;
	/** The size and family of the text of posts, as CSS values. */
	fontSize: string;
	fontFamily: string;
}

const PLAIN: Pick<Theme, 'fontSize' | 'fontFamily'> = {fontSize: '15px', fontFamily: 'system-ui, sans-serif'};

/** `text`: any element that holds text of X's own, hidden or not. */
export function readTheme(text: Element | undefined): Theme {
	const style = text && getComputedStyle(text);
	return {
		dark: isDark(getComputedStyle(document.body).backgroundColor),
		fontSize: style?.fontSize || PLAIN.fontSize,
		fontFamily: style?.fontFamily || PLAIN.fontFamily,
	};
}

/** Whether white text reads better than black on a CSS colour. A transparent page lies on white. */
export function isDark(colour: string): boolean {
	const parts = colour.match(/[\d.]+/g)?.map(Number) ?? [];
	const [red, green, blue, alpha = 1] = parts;
	if (red === undefined || green === undefined || blue === undefined || alpha < 0.5) return false;
	// 0.179: the luminance at which white and black have the same contrast, by WCAG's formula.
	return luminance(red, green, blue) < 0.179;
}

/** Relative luminance after WCAG 2, from channels in 0 to 255. */
export function luminance(red: number, green: number, blue: number): number {
	const [r, g, b] = [red, green, blue].map(channel => {
		const part = channel / 255;
		return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
	}) as [number, number, number];
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
