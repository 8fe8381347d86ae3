import type {Country} from './country.js';
import stored from './organisations.json';

export const KINDS = ['emergency', 'support', 'online', 'report'] as const;
export type Kind = (typeof KINDS)[number];
export const GROUPS = ['all', 'women', 'men', 'children', 'lgbt', 'defenders'] as const;

/** An organisation that helps. Texts and names end in `_ur` where they are Urdu. */
export interface Organisation {
	country: Country;
	kind: Kind;
	name: string;
	name_ur?: string;
	what: string;
	what_ur: string;
	/** As the organisation writes it. */
	phone?: string;
	/** A number that takes text messages, and the word to send to it. */
	text?: string;
	text_word?: string;
	whatsapp?: string;
	web?: string;
	hours?: string;
	hours_ur?: string;
	/** Language codes; empty where we do not know. */
	languages: string[];
	for: (typeof GROUPS)[number];
	/** The page that the facts were taken from. */
	source: string;
	/** Day of the stored copy of that page, as far as it is known: YYYY-MM-DD, YYYY-MM or 'unknown'. */
	source_date: string;
	/** Day on which the entry was compared with that copy; null where there was none to compare with. */
	checked: string | null;
}

export const ORGANISATIONS = stored as Organisation[];
