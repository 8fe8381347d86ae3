import {
	DEFAULT_SERVER,
	DEFAULT_SETTINGS,
	loadServer,
	loadSettings,
	moveServer,
	parseServer,
	parseSettings,
	type Settings,
	SWITCHES,
	saveServer,
	saveSettings,
} from '../../../extension/src/core/settings.js';
import {ACTS} from '../../../extension/src/core/verdicts.js';
import {installChrome} from '../fake-chrome.js';

test.each([undefined, null, 7, 'on', [], {}])('without settings (%o) the defaults hold', stored => {
	expect(parseSettings(stored)).toEqual(DEFAULT_SETTINGS);
	expect(parseServer(stored)).toEqual(DEFAULT_SERVER);
});

const STORED: Settings = {
	enabled: false,
	sensitivity: 'strict',
	levels: {threat: 'strict', minimising: 'off'},
	presentation: 'out',
	language: 'ur',
	holdBack: true,
	foldBeneath: true,
	showFollowed: false,
	tap: false,
	numbers: true,
	counter: true,
	discreet: true,
	exitKey: true,
	listsAgree: 2,
};

test('each part of the settings is read, or falls back alone', () => {
	expect(parseSettings(STORED)).toEqual(STORED);
	expect(parseSettings({...STORED, sensitivity: 'extreme', later: true})).toEqual({
		...STORED,
		sensitivity: 'balanced',
	});
	expect(parseSettings({...STORED, language: 'xx', presentation: 1})).toEqual({
		...STORED,
		language: 'browser',
		presentation: 'line',
	});
});

test('what an earlier version called hiding is the quiet line', () => {
	expect(parseSettings({presentation: 'hide'}).presentation).toBe('line');
});

test.each(SWITCHES)('%s is on or off, and anything else is its default', name => {
	expect(STORED[name]).not.toBe(DEFAULT_SETTINGS[name]);
	for (const odd of [undefined, null, 1, 'true', {}]) {
		expect(parseSettings({...STORED, [name]: odd})[name]).toBe(DEFAULT_SETTINGS[name]);
	}
});

test.each([
	[
		{threat: 'strict', blame: 'off'},
		{blame: 'off', threat: 'strict'},
	],
	[{threat: 'extreme', blame: 'gentle'}, {blame: 'gentle'}],
	[{hostile: 'off', victim_blaming: 'off', other: 'off'}, {}],
	[{threat: null, blame: ['off']}, {}],
	[['off'], {}],
	['off', {}],
	[null, {}],
])('the levels %o are read as %o', (levels, expected) => {
	expect(parseSettings({levels}).levels).toEqual(expected);
});

test('the defaults stay what they are when settings that came from them are changed', () => {
	parseSettings({}).levels.threat = 'off';
	expect(DEFAULT_SETTINGS.levels).toEqual({});
});

test('a server is read, and one with an unreadable address loses its token and its consent', () => {
	const stored = {address: 'https://panah.example.org', token: 'abc', useContext: true};
	expect(parseServer(stored)).toEqual(stored);
	expect(parseServer({...stored, address: 'http://panah.example.org'})).toEqual(DEFAULT_SERVER);
	expect(parseServer({...stored, token: 'two words'})).toEqual({...stored, token: ''});
});

test('the post is sent along to this computer, and to a distant one only after consent', () => {
	expect(parseServer({address: 'http://127.0.0.1:9000'}).useContext).toBe(true);
	expect(parseServer({address: 'https://panah.example.org'}).useContext).toBe(false);
});

describe('moving to another server', () => {
	const near = {address: 'http://127.0.0.1:8000', token: 'abc', useContext: true};
	const far = {address: 'https://one.example.org', token: 'abc', useContext: true};

	test('a distant one gets neither the post nor the token', () => {
		expect(moveServer(near, far.address)).toEqual({address: far.address, token: '', useContext: false});
		expect(moveServer(far, 'https://two.example.org').useContext).toBe(false);
	});

	test('another one on this computer still gets the post, if it was wanted', () => {
		expect(moveServer(near, 'http://127.0.0.1:9000').useContext).toBe(true);
		expect(moveServer({...near, useContext: false}, 'http://127.0.0.1:9000').useContext).toBe(false);
	});

	test('back on this computer it is as at first: the post is sent along', () => {
		const away = moveServer(near, far.address);
		expect(moveServer(away, near.address)).toEqual({address: near.address, token: '', useContext: true});
	});

	test('the same address changes nothing', () => {
		expect(moveServer(far, far.address)).toEqual(far);
	});
});

test('what is saved is loaded again, and one change leaves the others', async () => {
	installChrome();
	await saveSettings({language: 'ur'});
	await saveSettings({enabled: false});
	expect(await loadSettings()).toEqual({...DEFAULT_SETTINGS, language: 'ur', enabled: false});
	await saveServer({...DEFAULT_SERVER, token: 'abc'});
	expect(await loadServer()).toEqual({...DEFAULT_SERVER, token: 'abc'});
});

test('two changes at one moment are both kept', async () => {
	installChrome();
	await Promise.all([saveSettings({numbers: true}), saveSettings({counter: true})]);
	expect(await loadSettings()).toMatchObject({numbers: true, counter: true});
});

test('a change that the browser has no room for changes nothing, and says so', async () => {
	const {storage} = installChrome();
	await saveSettings({language: 'ur'});
	storage.sync.set.mockRejectedValueOnce(new Error('QUOTA_BYTES_PER_ITEM quota exceeded'));
	await expect(saveSettings({language: 'en'})).rejects.toThrow('QUOTA');
	expect((await loadSettings()).language).toBe('ur');
	await saveSettings({language: 'en'});
	expect((await loadSettings()).language).toBe('en');
});

test('all settings together fit into one item of synchronised storage', () => {
	const levels = Object.fromEntries(ACTS.map(act => [act, 'balanced']));
	expect(JSON.stringify({...STORED, levels}).length).toBeLessThan(8192 / 4);
});

test('the token and the address never go into synchronised storage', async () => {
	const {storage} = installChrome();
	await saveServer({address: 'https://panah.example.org', token: 'abc', useContext: false});
	await saveSettings({enabled: true});
	expect([...storage.sync.held.keys()]).toEqual(['settings']);
	expect(JSON.stringify([...storage.sync.held.values()])).not.toMatch(/abc|example/);
});
