import type {Settings} from '../../../extension/src/core/settings.js';
import {readVerdicts, type Verdict} from '../../../extension/src/core/verdicts.js';
import {type Facts, factsOf, readFacts} from '../../../extension/src/feedback/facts.js';

const version = {model: 'v1', policy: 'v1-0'};
const balanced: Pick<Settings, 'sensitivity' | 'levels'> = {sensitivity: 'balanced', levels: {}};

function judged(action: string, reason: string | null, scores: object, language: unknown = 'en'): Verdict {
	const body = {...version, verdicts: [{id: '0', action, reason, truncated: false, language, scores}]};
	return readVerdicts(body, ['0']).verdicts[0] as Verdict;
}

test('what the model hid is told with its reason, in steps of a twentieth', () => {
	const verdict = judged('hide', 'blame', {blame: 0.93, threat: 0.2}, 'ur-Latn');
	expect(factsOf('not-harmful', {verdict, version, settings: balanced})).toEqual({
		kind: 'not-harmful',
		label: 'blame',
		language: 'ur-Latn',
		bucket: 18,
		action: 'hide',
		sensitivity: 'balanced',
		model: 'v1',
		policy: 'v1-0',
	});
});

test.each([
	[0, 0],
	[0.049, 0],
	[0.05, 1],
	[0.9999, 19],
	[1, 19],
])('P %f is step %i', (p, bucket) => {
	const said = {verdict: judged('flag', 'threat', {threat: p}), version, settings: balanced};
	expect(factsOf('not-harmful', said)?.bucket).toBe(bucket);
});

test('what was missed is told with what the reader takes it for, else with the likeliest act', () => {
	const verdict = judged('show', null, {blame: 0.31, threat: 0.12, hostile: 0.9});
	const said = {verdict, version, settings: balanced};
	expect(factsOf('missed', said, 'threat')).toMatchObject({label: 'threat', bucket: 2, action: 'show'});
	expect(factsOf('missed', said)).toMatchObject({label: 'blame', bucket: 6});
});

test('a kind with a sensitivity of its own tells that', () => {
	const verdict = judged('hide', 'threat', {threat: 0.5});
	const settings = {sensitivity: 'balanced', levels: {threat: 'strict'}} as const;
	expect(factsOf('not-harmful', {verdict, version, settings})?.sensitivity).toBe('strict');
});

test.each([
	['the model shows it as well', 'not-harmful', judged('show', null, {blame: 0.1})],
	['the model hides it as well', 'missed', judged('hide', 'blame', {blame: 0.9})],
	['an older server tells no language', 'not-harmful', judged('hide', 'blame', {blame: 0.9}, null)],
	['the language is a new one', 'not-harmful', judged('hide', 'blame', {blame: 0.9}, 'pa')],
	['the label is a new one', 'not-harmful', judged('hide', 'newer', {newer: 0.9})],
	['there are no scores', 'not-harmful', judged('hide', 'blame', {})],
	[
		'somebody else said it',
		'not-harmful',
		{action: 'hide', reason: 'blame', partial: false, source: 'friend'},
	],
] as Array<[string, 'not-harmful' | 'missed', Verdict]>)(
	'there is nothing to tell where %s',
	(_why, kind, verdict) => {
		expect(factsOf(kind, {verdict, version, settings: balanced})).toBeUndefined();
	},
);

test('who chose never to hide a kind has nothing to tell about it', () => {
	const settings = {sensitivity: 'balanced', levels: {excusing: 'off'}} as const;
	const said = {verdict: judged('show', null, {excusing: 0.99}), version, settings};
	expect(factsOf('missed', said, 'excusing')).toBeUndefined();
});

test('facts are read as they were kept, and whatever is odd is none', () => {
	const facts: Facts = {
		kind: 'missed',
		label: 'hostile',
		language: 'ur',
		bucket: 3,
		action: 'flag',
		sensitivity: 'strict',
		model: 'v1',
		policy: 'v1-0',
	};
	expect(readFacts({...facts, text: 'more'})).toEqual(facts);
	for (const key of Object.keys(facts)) expect(readFacts({...facts, [key]: {}}), key).toBeUndefined();
	for (const odd of [undefined, null, 7, 'x', []]) expect(readFacts(odd)).toBeUndefined();
});
