import {type Decision, decide, type Facts, type Listed} from '../../../extension/src/core/decide.js';
import {DEFAULT_SETTINGS, PRESENTATIONS, type Settings} from '../../../extension/src/core/settings.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';

const show: Verdict = {action: 'show', partial: false, source: 'model'};
const fine: Verdict = {action: 'show', partial: false, source: 'reader'};
const flag: Verdict = {action: 'flag', reason: 'disbelief', partial: false, source: 'model'};
const hide: Verdict = {action: 'hide', reason: 'blame', partial: false, source: 'model'};
const hurtful: Verdict = {action: 'hide', reason: 'other', partial: false, source: 'friend'};

const toHide: Listed = {tier: 'hide', source: 'list', lists: ['One']};
const toFlag: Listed = {tier: 'flag', source: 'list', lists: ['One']};

const PLAIN: Facts = {
	verdict: undefined,
	partial: false,
	translated: false,
	trusted: false,
	focalAuthor: false,
	aside: false,
	beneath: false,
};

function act(facts: Partial<Facts>, settings: Partial<Settings> = {}): Decision['act'] {
	return decide({...PLAIN, ...facts}, {...DEFAULT_SETTINGS, ...settings}).act;
}

const fold = {foldBeneath: true};

const table: Array<[string, Partial<Facts>, Partial<Settings>, Decision['act']]> = [
	['no verdict', {}, {}, 'show'],
	['no verdict, left out', {}, {presentation: 'out'}, 'show'],
	['harmless', {verdict: show}, {}, 'show'],
	['perhaps', {verdict: flag}, {}, 'flag'],
	['perhaps, labels only', {verdict: flag}, {presentation: 'flag'}, 'flag'],
	['perhaps, left out', {verdict: flag}, {presentation: 'out'}, 'flag'],
	['harmful', {verdict: hide}, {}, 'hide'],
	['harmful, labels only', {verdict: hide}, {presentation: 'flag'}, 'flag'],
	['harmful, left out', {verdict: hide}, {presentation: 'out'}, 'out'],
	['harmful, says a friend', {verdict: hurtful}, {}, 'hide'],
	['harmful, but all is off', {verdict: hide}, {enabled: false}, 'show'],
	['harmful, by somebody trusted', {verdict: hide, trusted: true}, {}, 'show'],
	['harmful, by the one who disclosed', {verdict: hide, focalAuthor: true}, {}, 'show'],
	['harmful, of which only a translation is known', {verdict: hide, translated: true}, {}, 'flag'],
	['harmful, translated, left out', {verdict: hide, translated: true}, {presentation: 'out'}, 'flag'],
	['harmful, beside the matter', {verdict: hide, aside: true}, {}, 'flag'],
	['on a list', {listed: toHide}, {}, 'hide'],
	['on a list, found harmless by the model', {verdict: show, listed: toHide}, {}, 'hide'],
	['on a list, found harmless by the reader', {verdict: fine, listed: toHide}, {}, 'show'],
	['on a list, perhaps harmful', {verdict: flag, listed: toHide}, {}, 'hide'],
	['on a list that labels', {listed: toFlag}, {}, 'flag'],
	['on a list that labels, harmful', {verdict: hide, listed: toFlag}, {}, 'hide'],
	['on a list that labels, found harmless by the reader', {verdict: fine, listed: toFlag}, {}, 'show'],
	['on a list, labels only', {listed: toHide}, {presentation: 'flag'}, 'flag'],
	['on a list, left out', {listed: toHide}, {presentation: 'out'}, 'out'],
	['on a list, but all is off', {listed: toHide}, {enabled: false}, 'show'],
	['on a list, by somebody trusted', {listed: toHide, trusted: true}, {}, 'show'],
	['on a list, by the one who disclosed', {listed: toHide, focalAuthor: true}, {}, 'show'],
	['on a list, of which only a translation is known', {listed: toHide, translated: true}, {}, 'hide'],
	['on a list, beside the matter', {listed: toHide, aside: true}, {}, 'flag'],
	['on a list that labels, beneath, folded', {listed: toFlag, beneath: true}, fold, 'hide'],
	['beneath a hidden one', {beneath: true}, {}, 'show'],
	['beneath, folded', {beneath: true}, fold, 'hide'],
	['beneath, folded, left out', {beneath: true}, {...fold, presentation: 'out'}, 'out'],
	['beneath, folded, labels only', {beneath: true}, {...fold, presentation: 'flag'}, 'show'],
	['beneath, folded, harmless', {verdict: show, beneath: true}, fold, 'hide'],
	['beneath, folded, perhaps', {verdict: flag, beneath: true}, fold, 'hide'],
	['beneath, perhaps, not folded', {verdict: flag, beneath: true}, {}, 'flag'],
	['beneath, folded, harmful', {verdict: hide, beneath: true}, fold, 'hide'],
	['beneath, folded, harmful in translation', {verdict: hide, translated: true, beneath: true}, fold, 'hide'],
	['beneath, folded, found harmless by the reader', {verdict: fine, beneath: true}, fold, 'show'],
	['beneath, folded, by somebody trusted', {beneath: true, trusted: true}, fold, 'show'],
	['beneath, folded, by the one who disclosed', {beneath: true, focalAuthor: true}, fold, 'show'],
	['beneath, folded, but all is off', {beneath: true}, {...fold, enabled: false}, 'show'],
];

test.each(table)('%s', (_, facts, settings, expected) => {
	expect(act(facts, settings)).toBe(expected);
});

describe('in every case', () => {
	const yesNo = [false, true];
	const cases: Array<[Facts, Settings]> = [];
	for (const verdict of [undefined, show, fine, flag, hide, hurtful])
		for (const presentation of PRESENTATIONS)
			for (let bits = 0; bits < 256; bits += 1) {
				const bit = (at: number) => yesNo[(bits >> at) & 1] as boolean;
				cases.push([
					{
						verdict,
						partial: bit(0),
						translated: bit(1),
						trusted: bit(2),
						focalAuthor: bit(3),
						aside: bit(4),
						beneath: bit(5),
					},
					{...DEFAULT_SETTINGS, presentation, foldBeneath: bit(6), enabled: bit(7)},
				]);
			}

	function check(property: (facts: Facts, settings: Settings, decision: Decision) => boolean): void {
		const against = cases.find(([facts, settings]) => !property(facts, settings, decide(facts, settings)));
		expect(against).toBeUndefined();
	}

	test('off, trusted people and the one who disclosed are shown', () => {
		check(
			({trusted, focalAuthor}, {enabled}, {act}) => (enabled && !trusted && !focalAuthor) || act === 'show',
		);
	});

	test('without a verdict or a hidden reply above, nothing is covered', () => {
		check(({verdict, beneath}, _, {act}) => verdict !== undefined || beneath || act === 'show');
	});

	test('with labels only, nothing is hidden; nothing is left out unless that was chosen', () => {
		check((_, {presentation}, {act}) => presentation !== 'flag' || act === 'show' || act === 'flag');
		check((_, {presentation}, {act}) => act !== 'out' || presentation === 'out');
		check((_, {presentation}, {act}) => act !== 'hide' || presentation === 'line');
	});

	test('what the reader found harmless is shown', () => {
		check(({verdict}, _, {act}) => verdict !== fine || act === 'show');
	});

	test('no doubt makes a cover stronger: of a translation, or beside the matter', () => {
		const strength = ({act}: Decision) => ['show', 'flag', 'hide', 'out'].indexOf(act);
		check(
			(facts, settings, decision) =>
				strength(decide({...facts, translated: true, aside: true}, settings)) <= strength(decision),
		);
	});
});

test('a cover tells its reason, who said so, how sure, and whether only a part was read', () => {
	const verdict: Verdict = {...hide, score: 0.93};
	expect(decide({...PLAIN, verdict}, DEFAULT_SETTINGS)).toEqual({
		act: 'hide',
		reason: 'blame',
		partial: false,
		source: 'model',
		score: 0.93,
	});
	expect(decide({...PLAIN, verdict: flag, partial: true}, DEFAULT_SETTINGS)).toEqual({
		act: 'flag',
		reason: 'disbelief',
		partial: true,
		source: 'model',
	});
	expect(decide({...PLAIN, verdict: {...flag, partial: true}}, DEFAULT_SETTINGS)).toMatchObject({
		partial: true,
	});
});

test('a cover for a list says on which, and claims nothing about the words', () => {
	const listed: Listed = {tier: 'hide', source: 'list', lists: ['One', 'Two']};
	expect(decide({...PLAIN, verdict: show, listed, partial: true}, DEFAULT_SETTINGS)).toEqual({
		act: 'hide',
		reason: 'listed',
		partial: false,
		source: 'list',
		lists: ['One', 'Two'],
	});
});

test('what is folded away says that it answers a hidden reply, and blames nobody', () => {
	expect(decide({...PLAIN, verdict: flag, beneath: true}, {...DEFAULT_SETTINGS, ...fold})).toEqual({
		act: 'hide',
		reason: 'beneath',
		partial: false,
		source: 'thread',
	});
});
