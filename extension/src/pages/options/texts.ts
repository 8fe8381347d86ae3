import enChoices from '../../../_locales/en/choices.json';
import enOptions from '../../../_locales/en/options.json';
import enServer from '../../../_locales/en/server.json';
import urChoices from '../../../_locales/ur/choices.json';
import urOptions from '../../../_locales/ur/options.json';
import urServer from '../../../_locales/ur/server.json';
import type {Page} from '../common/page.js';

export const texts = {
	en: {...enOptions, ...enChoices, ...enServer},
	ur: {...urOptions, ...urChoices, ...urServer},
};
export type Key = keyof (typeof texts)['en'];
export type OptionsPage = Page<Key>;
