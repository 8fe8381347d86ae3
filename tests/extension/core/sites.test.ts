import {isOnX, SITE_HOSTS} from '../../../extension/src/core/sites.js';

test.each([...SITE_HOSTS])('an address on %s leads to X', host => {
	expect(isOnX(`https://${host}/a`)).toBe(true);
});

test.each([
	'http://x.com/a',
	'https://x.com',
	'https://x.com.example.org/',
	'https://x.com@example.org/',
	'https://example.org/x.com/',
	'javascript:x',
	'https://',
	'',
])('%s does not', url => {
	expect(isOnX(url)).toBe(false);
});

test('these are the hosts on which the browser runs our scripts', async () => {
	const {default: manifest} = await import('../../../extension/manifest.json');
	for (const {matches} of manifest.content_scripts) {
		expect(matches).toEqual([...SITE_HOSTS].map(host => `https://${host}/*`));
	}
});
