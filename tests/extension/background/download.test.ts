import {askDetails, download} from '../../../extension/src/background/client.js';
import {DownloadFailed} from '../../../extension/src/lists/update.js';
import {installChrome} from '../fake-chrome.js';

const URL = 'http://127.0.0.1:8000/lists/catalogue.json';
let answer: () => Response;

beforeEach(() => {
	installChrome();
	vi.stubGlobal('fetch', async () => answer());
});

async function failure(work: Promise<unknown>): Promise<unknown> {
	return work.then(
		() => undefined,
		fault => fault,
	);
}

test('a file comes as it is', async () => {
	answer = () => new Response(new Uint8Array([1, 2, 3]));
	expect([...(await download(URL, 3))]).toEqual([1, 2, 3]);
});

test('a file that is larger than announced is not read to its end', async () => {
	let read = 0;
	const endless = () =>
		new ReadableStream({
			pull(controller) {
				read += 1;
				controller.enqueue(new Uint8Array(1000));
			},
		});
	answer = () => new Response(endless());
	expect(await failure(download(URL, 2500))).toBeInstanceOf(DownloadFailed);
	expect(read).toBeLessThan(10);
});

test('what is not there is told apart from a server that cannot be reached', async () => {
	answer = () => new Response('', {status: 404});
	expect(await failure(download(URL, 10))).toMatchObject({isAbsent: true});
	answer = () => new Response('', {status: 503});
	expect(await failure(download(URL, 10))).toMatchObject({isAbsent: false});
	answer = () => {
		throw new TypeError('Failed to fetch');
	};
	expect(await failure(download(URL, 10))).toMatchObject({name: 'DownloadFailed', isAbsent: false});
});

test.each(['', '{}', '{"entries":7}', 'null'])('details that are none (%s) are a failure', async body => {
	answer = () => new Response(body);
	expect(await failure(askDetails('http://127.0.0.1:8000', 'calm', '88b'))).toBeInstanceOf(DownloadFailed);
});
