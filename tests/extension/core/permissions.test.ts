import {knowsConsents, mayReach, wantedPermissions} from '../../../extension/src/core/permissions.js';
import {type FakeChrome, installChrome} from '../fake-chrome.js';

const NEAR = 'http://127.0.0.1:8000';
const FAR = 'https://panah.example.org';
const ORIGINS = {origins: ['https://x.com/*'], permissions: []};

let browser: FakeChrome;

beforeEach(() => {
	browser = installChrome();
});

// Chrome and older Firefox tell of no consents; newer Firefox tells a list.
test.each([
	['this computer, no consents known', NEAR, undefined, true],
	['this computer, none given', NEAR, [], true],
	['a distant server, no consents known', FAR, undefined, true],
	['a distant server, none given', FAR, [], false],
	['a distant server, another given', FAR, ['technicalAndInteraction'], false],
	['a distant server, given', FAR, ['websiteContent'], true],
])('texts may be sent: %s', async (_, address, consents, expected) => {
	browser.permissions.getAll.mockResolvedValue(
		consents === undefined ? ORIGINS : {...ORIGINS, data_collection: consents},
	);
	expect(await mayReach(address)).toBe(expected);
	browser.permissions.contains.mockResolvedValue(false);
	expect(await mayReach(address)).toBe(false);
});

test('a browser that knows no consents is never asked about them', async () => {
	expect(await knowsConsents()).toBe(false);
	expect(wantedPermissions(FAR, false)).toEqual({origins: ['https://panah.example.org/*']});
});

test('one that does is asked for the host and the consent together, for a distant server only', async () => {
	browser.permissions.getAll.mockResolvedValue({...ORIGINS, data_collection: []});
	expect(await knowsConsents()).toBe(true);
	expect(wantedPermissions(FAR, true)).toEqual({
		origins: ['https://panah.example.org/*'],
		data_collection: ['websiteContent'],
	});
	expect(wantedPermissions(NEAR, true)).toEqual({origins: ['http://127.0.0.1/*']});
});
