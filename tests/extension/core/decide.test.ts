import {type Decision, decide} from '../../../extension/src/core/decide.js';
import type {Presentation} from '../../../extension/src/core/settings.js';
import type {Verdict} from '../../../extension/src/core/verdicts.js';

const show: Verdict = {action: 'show', partial: false};
const flag: Verdict = {action: 'flag', reason: 'disbelief', partial: true};
const hide: Verdict = {action: 'hide', reason: 'blame', partial: false};

const table: Array<[Verdict | undefined, boolean, Presentation, Decision['act']]> = [
	[undefined, true, 'hide', 'show'],
	[undefined, true, 'flag', 'show'],
	[undefined, false, 'hide', 'show'],
	[show, true, 'hide', 'show'],
	[show, true, 'flag', 'show'],
	[show, false, 'hide', 'show'],
	[flag, true, 'hide', 'flag'],
	[flag, true, 'flag', 'flag'],
	[flag, false, 'hide', 'show'],
	[hide, true, 'hide', 'hide'],
	[hide, true, 'flag', 'flag'],
	[hide, false, 'hide', 'show'],
	[hide, false, 'flag', 'show'],
];

test.each(table)('the verdict %o, on: %s, shown by "%s": %s', (verdict, enabled, presentation, act) => {
	expect(decide(verdict, {enabled, presentation}).act).toBe(act);
});

test('a cover keeps the reason, and whether only a part was read', () => {
	const settings = {enabled: true, presentation: 'hide'} as const;
	expect(decide(hide, settings)).toEqual({act: 'hide', reason: 'blame', partial: false});
	expect(decide(flag, settings)).toEqual({act: 'flag', reason: 'disbelief', partial: true});
});
