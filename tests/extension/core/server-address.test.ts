import {isLoopback, parseAddress, permissionFor} from '../../../extension/src/core/server-address.js';

test.each([
	['http://127.0.0.1:8000', 'http://127.0.0.1:8000'],
	['127.0.0.1:9000', 'http://127.0.0.1:9000'],
	['localhost:8000', 'http://127.0.0.1:8000'],
	[' http://localhost:8000/ ', 'http://127.0.0.1:8000'],
	['https://localhost:8443', 'https://localhost:8443'],
	['panah.example.org', 'https://panah.example.org'],
	['https://panah.example.org/team//', 'https://panah.example.org/team'],
	['https://panah.example.org/?a=1#b', 'https://panah.example.org'],
	['https://[::1]:8443', 'https://[::1]:8443'],
	['پناہ.example.org', 'https://xn--mgb5d8hkk.example.org'],
	['panah_1.example.org/my%20team', 'https://panah_1.example.org/my%20team'],
	['https://PANAH.example.org:443', 'https://panah.example.org'],
])('"%s" is kept as %s', (typed, address) => {
	expect(parseAddress(typed)).toEqual({ok: true, address});
	expect(parseAddress(address)).toEqual({ok: true, address});
});

test.each([
	['http://panah.example.org', 'needs-https'],
	['http://192.168.1.2:8000', 'needs-https'],
	['http://127.0.0.1.example.org', 'needs-https'],
	['http://[::1]:8000', 'needs-https'],
	['', 'unreadable'],
	['https://', 'unreadable'],
	['ftp://example.org', 'unreadable'],
	['javascript://example.org', 'unreadable'],
	['https://name:secret@example.org', 'unreadable'],
	['two words', 'unreadable'],
	['hello world', 'unreadable'],
	['hello%20world', 'unreadable'],
	['https://panah%2Eexample.org', 'unreadable'],
	['https://panah example.org/team', 'unreadable'],
	['panah*.example.org', 'unreadable'],
	["panah!'.example.org", 'unreadable'],
	['a..b', 'unreadable'],
])('"%s" is refused: %s', (typed, problem) => {
	expect(parseAddress(typed)).toEqual({ok: false, problem});
});

test.each([
	['http://127.0.0.1:8000', true],
	['https://localhost:8443', true],
	['https://127.0.0.1.example.org', false],
	['https://panah.example.org', false],
])('%s stays on this computer: %s', (address, expected) => {
	expect(isLoopback(address)).toBe(expected);
});

test('the permission names no port, since Firefox grants nothing for one with a port', () => {
	expect(permissionFor('http://127.0.0.1:8000')).toBe('http://127.0.0.1/*');
	expect(permissionFor('https://panah.example.org:8443/team')).toBe('https://panah.example.org/*');
});
