import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {isDark, luminance, readTheme} from '../../../extension/src/present/theme.js';

const SOURCES = join(import.meta.dirname, '../../../extension/src');

test.each([
	['rgb(255, 255, 255)', false],
	['rgb(0, 0, 0)', true],
	['rgb(5, 5, 5)', true],
	['rgb(21, 32, 43)', true],
	['rgba(0, 0, 0, 0)', false],
	['', false],
])('the background "%s" is dark: %s', (colour, dark) => {
	expect(isDark(colour)).toBe(dark);
});

test('the theme follows the page: its background, and the font of its texts', () => {
	document.body.style.backgroundColor = 'rgb(0, 0, 0)';
	document.body.innerHTML = '<p style="font-size: 17px; font-family: Serif">text</p>';
	expect(readTheme(document.querySelector('p') as Element)).toEqual({
		dark: true,
		fontSize: '17px',
		fontFamily: 'Serif',
	});
	document.body.style.backgroundColor = 'rgb(255, 255, 255)';
	expect(readTheme(undefined)).toMatchObject({dark: false, fontSize: '15px'});
});

/** The custom properties of the first rule that begins with `selector`. */
function colours(file: string, selector: string): Record<string, string> {
	const css = readFileSync(join(SOURCES, file), 'utf8');
	const rule = css.slice(css.indexOf(`${selector} {`)).split('}')[0] ?? '';
	return Object.fromEntries(
		[...rule.matchAll(/--([\w-]+): (#\w{6})/g)].map(([, name, value]) => [name, value]),
	);
}

function contrast(a: string, b: string): number {
	const [one, two] = [a, b].map(colour => {
		const [red = 0, green = 0, blue = 0] = (colour.match(/\w{2}/g) ?? []).map(part =>
			Number.parseInt(part, 16),
		);
		return luminance(red, green, blue) + 0.05;
	}) as [number, number];
	return Math.max(one, two) / Math.min(one, two);
}

test.each([
	['present/cover.css', '.cover', ['#ffffff']],
	['present/cover.css', '.cover.dark', ['#000000', '#050505', '#15202b']],
	['pages/common/page.css', ':root', []],
	['pages/common/page.css', '@media (prefers-color-scheme: dark) {\n\t:root', []],
] as const)('in %s, %s can be read on every background', (file, selector, pages) => {
	const {ink, quiet, accent, wash, page, ...rest} = colours(file, selector);
	const backgrounds = [...pages, wash, page].filter(colour => colour !== undefined);
	expect(backgrounds.length).toBeGreaterThan(1);
	for (const background of backgrounds) {
		for (const text of [ink, quiet, accent])
			expect(contrast(text ?? '', background)).toBeGreaterThanOrEqual(4.5);
	}
	const onAccent = rest['accent-ink'];
	if (onAccent) expect(contrast(onAccent, accent ?? '')).toBeGreaterThanOrEqual(4.5);
});

test.each(['present/cover.css', 'present/content.css', 'pages/common/page.css'])(
	'%s knows no left or right, loads nothing and moves nothing',
	file => {
		const css = readFileSync(join(SOURCES, file), 'utf8').replace(/\/\*[\s\S]*?\*\//g, '');
		expect(css).not.toMatch(/\b(?:left|right)\b/);
		expect(css).not.toMatch(/url\(|@import|@font-face|https?:/);
		expect(css).not.toMatch(/transition|animation|blur/);
	},
);
