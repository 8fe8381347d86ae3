import en from '../../../_locales/en/about.json';
import ur from '../../../_locales/ur/about.json';
import type {Status} from '../../core/messages.js';
import {isLoopback} from '../../core/server-address.js';
import {loadServer, type Server, type Settings} from '../../core/settings.js';
import {find, openPage, type Page} from '../common/page.js';

type AboutPage = Page<keyof typeof en>;

let server: Server | undefined;
let status: Status | undefined;

async function start(): Promise<void> {
	const page = await openPage({en, ur}, draw);
	find('copy', HTMLButtonElement).addEventListener('click', () => void copy(page));
	const asked = chrome.runtime.sendMessage({kind: 'status'}).catch(() => undefined);
	[server, status] = await Promise.all([loadServer(), asked]);
	drawReport(page);
}

function draw(page: AboutPage): void {
	find('brand', HTMLElement).textContent = page.name;
	find('name', HTMLElement).textContent = page.name;
	find('mark', HTMLImageElement).src = page.settings.discreet ? 'icons/plain-48.png' : 'icons/48.png';
	find('program-version', HTMLElement).textContent = page.say('about_version', {
		version: chrome.runtime.getManifest().version,
	});
	drawReport(page);
}

function drawReport(page: AboutPage): void {
	const isKnown = server !== undefined;
	find('copy', HTMLButtonElement).disabled = !isKnown;
	if (server === undefined) return;
	const report = describe(page.settings, server, status);
	find('report', HTMLTextAreaElement).value = JSON.stringify(report, null, 2);
}

/** What helps to find a fault, in the words of the code. No address, no token, nobody. */
function describe(settings: Settings, {address, token, useContext}: Server, status: Status | undefined) {
	return {
		version: chrome.runtime.getManifest().version,
		browser: navigator.userAgent,
		languages: {browser: chrome.i18n.getUILanguage(), page: document.documentElement.lang},
		settings,
		server: {thisComputer: isLoopback(address), token: token !== '', useContext},
		status: status ?? null,
	};
}

async function copy(page: AboutPage): Promise<void> {
	const text = find('report', HTMLTextAreaElement).value;
	const copied = await navigator.clipboard.writeText(text).then(
		() => true,
		() => false,
	);
	find('copied', HTMLElement).textContent = page.say(copied ? 'about_copied' : 'about_not_copied');
}

void start();
