import en from '../../_locales/en/contribute.json';
import ur from '../../_locales/ur/contribute.json';

export type ContributeKey = keyof typeof en;

export const CONTRIBUTE_TEXTS = {en, ur};
