import en from '../../_locales/en/pages.json';
import ur from '../../_locales/ur/pages.json';
import {pickLanguage, sayer} from '../core/i18n.js';
import type {Settings} from '../core/settings.js';

const say = sayer<keyof typeof en>({en, ur});

/**
 * Gives the button on the toolbar the name and the icon that the person chose. The browser forgets both when it
 * ends, so this is done anew each time the worker starts. Never raises: a button with another name is no fault.
 */
export async function dressToolbar({discreet, language}: Settings): Promise<void> {
	const spoken = pickLanguage(language, chrome.i18n.getUILanguage());
	const icon = discreet ? 'plain-' : '';
	const path = {16: `/icons/${icon}16.png`, 32: `/icons/${icon}32.png`};
	await Promise.allSettled([
		chrome.action.setTitle({title: say(spoken, discreet ? 'name_discreet' : 'name')}),
		// Firefox for Android has no icon to set.
		chrome.action.setIcon?.({path}),
	]);
}
