import {loadSettings} from '../core/settings.js';
import {alarmed, arm, contributionsChanged} from './contribute.js';
import {armTellings, tellingsAlarm, tellingsChanged} from './feedback.js';
import {listsAlarm, startLists} from './lists.js';
import {answer, permissionsChanged, probe, storageChanged} from './router.js';
import {dressToolbar} from './toolbar.js';
import {welcome} from './welcome.js';

// All listeners stand here, at the top level: a sleeping worker is woken only for events it listens to while it loads.

chrome.runtime.onMessage.addListener((message: unknown, sender, respond) => {
	const answered = answer(message, sender);
	if (answered === undefined) return false;
	// Whoever gets no answer shows the reply, and asks again later.
	answered.then(respond, () => respond(undefined));
	return true;
});

chrome.alarms.onAlarm.addListener(alarm => {
	void probe(alarm);
	listsAlarm(alarm).catch(() => {});
});
chrome.alarms.onAlarm.addListener(alarm => void alarmed(alarm).catch(() => {}));
chrome.alarms.onAlarm.addListener(alarm => void tellingsAlarm(alarm).catch(() => {}));
chrome.storage.onChanged.addListener((changes, area) => void storageChanged(changes, area));
chrome.storage.onChanged.addListener(
	(changes, area) => void contributionsChanged(changes, area).catch(() => {}),
);
chrome.storage.onChanged.addListener((changes, area) => void tellingsChanged(changes, area).catch(() => {}));
chrome.permissions.onAdded.addListener(() => void permissionsChanged());
chrome.permissions.onRemoved.addListener(() => void permissionsChanged());
chrome.runtime.onInstalled.addListener(details => void welcome(details));
// Nothing is left to do by then; but without a listener the browser would begin with a button of another name.
chrome.runtime.onStartup.addListener(() => {});

loadSettings().then(dressToolbar, () => {});
// Browsers may forget alarms when they end.
arm().catch(() => {});
armTellings().catch(() => {});
startLists().catch(() => {});

// The token lies in storage.local. Pages' scripts have no use for it; Firefox cannot yet keep them out.
void chrome.storage.local.setAccessLevel?.({accessLevel: 'TRUSTED_CONTEXTS'});
