import en from '../../_locales/en/evidence.json';
import ur from '../../_locales/ur/evidence.json';
import {sayer} from '../core/i18n.js';

export type EvidenceKey = keyof typeof en;

export const EVIDENCE_TEXTS = {en, ur};

/** What stands in files of saved replies: the page and a check must say the same. */
export const sayEvidence = sayer<EvidenceKey>(EVIDENCE_TEXTS);
