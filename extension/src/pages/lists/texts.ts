import en from '../../../_locales/en/lists.json';
import ur from '../../../_locales/ur/lists.json';
import type {Page} from '../common/page.js';

export const texts = {en, ur};
export type Key = keyof typeof en;
export type ListsPage = Page<Key>;
