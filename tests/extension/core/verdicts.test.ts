import {LABELS, MalformedAnswer, readVerdicts} from '../../../extension/src/core/verdicts.js';

function answer(...verdicts: unknown[]): unknown {
	return {model: 'v1', policy: 'v1-0', verdicts};
}

const shown = {id: '0', action: 'show', reason: null, truncated: false, scores: {blame: 0.1}};

test('the version and the verdicts are read in the order asked', () => {
	const body = answer(shown, {...shown, id: '1', action: 'hide', reason: 'threat', truncated: true});
	expect(readVerdicts(body, ['0', '1'])).toEqual({
		version: {model: 'v1', policy: 'v1-0'},
		verdicts: [
			{action: 'show', partial: false, source: 'model'},
			{action: 'hide', reason: 'threat', partial: true, source: 'model'},
		],
	});
});

test('what a reader may tell of a verdict is kept in steps, where the service tells the language', () => {
	const scores = {blame: 0.93, threat: 0, hostile: 1, newer: 0.5, shaming: 'x'};
	const body = answer({...shown, scores, language: 'ur'}, {...shown, id: '1', scores, language: 'pa'});
	expect(readVerdicts(body, ['0', '1']).verdicts.map(({judged}) => judged)).toEqual([
		{language: 'ur', buckets: {blame: 18, threat: 0, hostile: 19}},
		undefined,
	]);
});

test.each(LABELS)('the label %s is known', reason => {
	const {verdicts} = readVerdicts(answer({...shown, action: 'flag', reason, scores: {}}), ['0']);
	expect(verdicts).toEqual([{action: 'flag', reason, partial: false, source: 'model'}]);
});

test('a label of a newer service still covers, without a name', () => {
	const {verdicts} = readVerdicts(answer({...shown, action: 'hide', reason: 'new-label'}), ['0']);
	expect(verdicts).toEqual([{action: 'hide', reason: 'other', partial: false, source: 'model'}]);
});

test.each([
	[{blame: 0.93, hostile: 0.99}, 0.93],
	[{blame: 0}, 0],
	[{blame: 1.2}, undefined],
	[{blame: -0.1}, undefined],
	[{blame: '0.9'}, undefined],
	[{blame: Number.NaN}, undefined],
	[{hostile: 0.9}, undefined],
	[null, undefined],
	['0.9', undefined],
	[undefined, undefined],
])('of the scores %o, the one of the reason is kept if it is one: %s', (scores, score) => {
	const {verdicts} = readVerdicts(answer({...shown, action: 'hide', reason: 'blame', scores}), ['0']);
	expect(verdicts[0]).toEqual({
		action: 'hide',
		reason: 'blame',
		partial: false,
		source: 'model',
		...(score === undefined ? {} : {score}),
	});
});

test.each(['__proto__', 'constructor', 'toString'])('a label called %s is one that nobody knows', reason => {
	const {verdicts} = readVerdicts(answer({...shown, action: 'hide', reason}), ['0']);
	expect(verdicts).toEqual([{action: 'hide', reason: 'other', partial: false, source: 'model'}]);
});

test.each([
	['null', null],
	['a text', 'ok'],
	['no verdicts', {model: 'v1', policy: 'v1-0'}],
	['too few', answer()],
	['too many', answer(shown, {...shown, id: '1'})],
	['another id', answer({...shown, id: '7'})],
	['no model', {policy: 'v1-0', verdicts: [shown]}],
	['a model without end', {model: 'x'.repeat(65), policy: 'v1-0', verdicts: [shown]}],
	['an unknown action', answer({...shown, action: 'delete'})],
	['a hidden reply without a reason', answer({...shown, action: 'hide', reason: null})],
	['a verdict that is none', answer(null)],
])('an answer with %s is refused, so that nothing is hidden by it', (_, body) => {
	expect(() => readVerdicts(body, ['0'])).toThrow(MalformedAnswer);
});
