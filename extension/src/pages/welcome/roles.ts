import type {Settings} from '../../core/settings.js';

/** What may bring somebody here. It proposes settings, and is neither kept nor told to anybody. */
export const ROLES = ['survivor', 'ally', 'curator', 'looking'] as const;
export type Role = (typeof ROLES)[number];

/** One box: what it sets where it is ticked. A switch of its own is taken back where the box is not ticked. */
export interface Proposal {
	/** Its text is `welcome_` and this. */
	text: 'hold' | 'line' | 'balanced' | 'discreet' | 'exit' | 'flag';
	ticked: boolean;
}

const SETS: Record<Proposal['text'], {ticked: Partial<Settings>; open: Partial<Settings>}> = {
	hold: {ticked: {holdBack: true}, open: {holdBack: false}},
	line: {ticked: {presentation: 'line'}, open: {}},
	balanced: {ticked: {sensitivity: 'balanced'}, open: {}},
	discreet: {ticked: {discreet: true}, open: {discreet: false}},
	exit: {ticked: {exitKey: true}, open: {exitKey: false}},
	flag: {ticked: {presentation: 'flag'}, open: {}},
};

/** What is proposed to whom. Boxes that are not ticked are offers. */
export const PROPOSALS: Record<Role, readonly Proposal[]> = {
	survivor: [
		{text: 'hold', ticked: true},
		{text: 'line', ticked: true},
		{text: 'balanced', ticked: true},
		{text: 'discreet', ticked: false},
		{text: 'exit', ticked: false},
	],
	ally: [
		{text: 'line', ticked: true},
		{text: 'balanced', ticked: true},
	],
	curator: [{text: 'flag', ticked: true}],
	looking: [],
};

/** The change of the settings that these boxes make. */
export function settingsOf(boxes: readonly Proposal[]): Partial<Settings> {
	return Object.assign({}, ...boxes.map(({text, ticked}) => SETS[text][ticked ? 'ticked' : 'open']));
}
