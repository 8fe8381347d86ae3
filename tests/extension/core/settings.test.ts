import {
	DEFAULT_SERVER,
	DEFAULT_SETTINGS,
	loadServer,
	loadSettings,
	moveServer,
	parseServer,
	parseSettings,
	saveServer,
	saveSettings,
} from '../../../extension/src/core/settings.js';
import {installChrome} from '../fake-chrome.js';

test.each([undefined, null, 7, 'on', [], {}])('without settings (%o) the defaults hold', stored => {
	expect(parseSettings(stored)).toEqual(DEFAULT_SETTINGS);
	expect(parseServer(stored)).toEqual(DEFAULT_SERVER);
});

test('each part of the settings is read, or falls back alone', () => {
	const stored = {enabled: false, sensitivity: 'strict', presentation: 'flag', language: 'ur'};
	expect(parseSettings(stored)).toEqual(stored);
	expect(parseSettings({...stored, sensitivity: 'extreme', later: true})).toEqual({
		...stored,
		sensitivity: 'balanced',
	});
	expect(parseSettings({...stored, enabled: 'no', language: 'xx', presentation: 1})).toEqual({
		...DEFAULT_SETTINGS,
		sensitivity: 'strict',
	});
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

test('the token and the address never go into synchronised storage', async () => {
	const {storage} = installChrome();
	await saveServer({address: 'https://panah.example.org', token: 'abc', useContext: false});
	await saveSettings({enabled: true});
	expect([...storage.sync.held.keys()]).toEqual(['settings']);
	expect(JSON.stringify([...storage.sync.held.values()])).not.toMatch(/abc|example/);
});
