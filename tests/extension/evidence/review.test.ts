import {type CoveredPost, readSavedPost} from '../../../extension/src/core/messages.js';
import {markKey} from '../../../extension/src/core/text.js';
import {
	exportReview,
	findKept,
	type Label,
	MOST_REPLIES,
	makeLabel,
	packLabels,
	type Review,
	type ReviewReply,
	readLabels,
	readReview,
	toMarks,
} from '../../../extension/src/evidence/review.js';
import {coveredPost} from './factories.js';

const FOCAL = 'https://x.com/teller/status/1800000000000000001';
const DIGEST = 'a'.repeat(64);

async function written(...posts: CoveredPost[]): Promise<Review> {
	return JSON.parse(await (await exportReview(posts, {focalUrl: FOCAL})).blob.text());
}

function changed(review: Review, change: object): string {
	return JSON.stringify({...review, ...change});
}

async function replies(...posts: CoveredPost[]): Promise<ReviewReply[]> {
	const read = readReview(JSON.stringify(await written(...posts)));
	if (!read.ok) throw new Error(read.problem);
	return read.review.replies;
}

test('a file for a friend holds the replies, the day, and nothing about who reads', async () => {
	const post = coveredPost(
		{id: '12#quote', partial: true},
		{
			foundOn: 'https://x.com/viewer/status/1',
			answers: {text: 'A disclosure.', handle: 'viewer', url: 'https://x.com/viewer/status/1'},
		},
	);
	const {name, blob} = await exportReview([post], {focalUrl: FOCAL});
	const text = await blob.text();
	expect(name).toMatch(/^for-a-friend-\d{4}-\d\d-\d\d\.json$/);
	expect(text).not.toContain('viewer');
	expect(JSON.parse(text)).toMatchObject({
		kind: 'panah-review',
		version: 1,
		created: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
		focalUrl: FOCAL,
		replies: [
			{key: '12#quote', text: 'Words of a reply.', partial: true, reason: 'blame', answers: 'A disclosure.'},
		],
	});
});

test('what was written is read back', async () => {
	const review = await written(
		coveredPost(),
		coveredPost({id: '3', act: 'flag', reason: 'threat'}, {id: '3', accountId: '77'}),
	);
	expect(readReview(JSON.stringify(review))).toEqual({ok: true, review});
});

test('a reply too long, one that cannot be read back, and too many do not spoil the file', async () => {
	const many = Array.from({length: MOST_REPLIES + 5}, (_, index) => coveredPost({id: String(index + 1)}));
	const long = coveredPost({id: '99999'}, {text: 'x'.repeat(60_000), name: 'n'.repeat(500)});
	const odd = coveredPost({id: 'odd'});
	const review = await written(odd, long, ...many);
	expect(review.replies).toHaveLength(MOST_REPLIES);
	expect(review.replies[0]).toMatchObject({key: '99999', partial: true});
	expect(readReview(JSON.stringify(review)).ok).toBe(true);
});

test('a file that cannot be used says why', async () => {
	const review = await written(coveredPost());
	const many = Array.from({length: MOST_REPLIES + 1}, () => review.replies[0]);
	expect(readReview('{')).toEqual({ok: false, problem: 'unreadable'});
	expect(readReview('[]')).toEqual({ok: false, problem: 'foreign'});
	expect(readReview(changed(review, {kind: 'something'}))).toEqual({ok: false, problem: 'foreign'});
	expect(readReview(changed(review, {kind: 'panah-other'}))).toEqual({ok: false, problem: 'other'});
	for (const [kind, given] of [
		['panah-labels', 'answers'],
		['panah-evidence', 'saved'],
		['reader-settings', 'settings'],
	]) {
		expect(readReview(changed(review, {kind}))).toEqual({ok: false, problem: 'other', given});
	}
	expect(readReview(changed(review, {version: 2}))).toEqual({ok: false, problem: 'newer'});
	expect(readReview(changed(review, {replies: []}))).toEqual({ok: false, problem: 'empty'});
	expect(readReview(changed(review, {replies: 'x'}))).toEqual({ok: false, problem: 'empty'});
	expect(readReview(changed(review, {replies: many}))).toEqual({ok: false, problem: 'many'});
	expect(readLabels(JSON.stringify(review))).toEqual({ok: false, problem: 'other', given: 'replies'});
});

test.each([
	null,
	'text',
	{key: 'x'},
	{key: '1#other'},
	{handle: 'two words'},
	{text: 5},
	{text: 'x'.repeat(30_001)},
	{name: 'x'.repeat(201)},
	{url: 'javascript:alert(1)'},
	{url: 'http://x.com/a/status/1'},
	{reason: 'unheard of'},
	{act: 'show'},
	{answers: 7},
	{answers: 'x'.repeat(30_001)},
])('a reply of another shape is named: %j', async change => {
	const review = await written(coveredPost(), coveredPost({id: '2'}));
	const odd = typeof change === 'object' && change !== null ? {...review.replies[1], ...change} : change;
	const text = changed(review, {replies: [review.replies[0], odd]});
	expect(readReview(text)).toEqual({ok: false, problem: 'part', at: 2});
});

test('the same reply twice, and what is not asked for, do not come through', async () => {
	const review = await written(coveredPost());
	const [reply] = review.replies;
	const twice = changed(review, {replies: [reply, reply]});
	expect(readReview(twice)).toEqual({ok: false, problem: 'part', at: 2});
	const more = changed(review, {
		added: 1,
		focalUrl: 'javascript:x',
		created: '<b>',
		replies: [{...reply, added: 1}],
	});
	const read = readReview(more);
	expect(read.ok && Object.keys(read.review)).toEqual(['kind', 'version', 'created', 'replies']);
	expect(read.ok && read.review.created).toMatch(/^\d{4}-\d\d-\d\d$/);
	expect(read.ok && read.review.replies).toEqual([reply]);
});

test('answers hold digests, not words', async () => {
	const [reply] = await replies(coveredPost());
	const label = await makeLabel(reply as ReviewReply, 'hurtful', {reason: 'threat', note: ' a note '});
	expect(label).toEqual({
		key: reply?.key,
		textDigest: await markKey('Words of a reply.'),
		label: 'hurtful',
		reason: 'threat',
		note: 'a note',
	});
	const {name, blob} = packLabels([label]);
	const text = await blob.text();
	expect(name).toMatch(/^answers-\d{4}-\d\d-\d\d\.json$/);
	expect(text).not.toMatch(/Words|somebody/);
	expect(readLabels(text)).toEqual({ok: true, labels: [label]});
});

test.each([
	null,
	{key: ''},
	{textDigest: 'A'.repeat(64)},
	{textDigest: 'abc'},
	{label: 'show'},
	{reason: 'unheard of'},
	{note: 'x'.repeat(501)},
	{note: {}},
])('an answer of another shape is named: %j', async change => {
	const label: Label = {key: '1', textDigest: DIGEST, label: 'fine'};
	const odd = change === null ? null : {...label, ...change};
	const text = JSON.stringify({kind: 'panah-labels', version: 1, labels: [label, odd]});
	expect(readLabels(text)).toEqual({ok: false, problem: 'part', at: 2});
});

test('answers become marks by a friend; of two about the same words the one that hides counts', () => {
	const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64)) as [string, string, string];
	const labels: Label[] = [
		{key: '1', textDigest: a, label: 'fine'},
		{key: '2', textDigest: b, label: 'keep', reason: 'threat'},
		{key: '3', textDigest: c, label: 'unsure'},
		{key: '4', textDigest: b, label: 'fine'},
	];
	const marks = {[a]: {mark: 'fine', by: 'friend'}, [b]: {mark: 'hurtful', by: 'friend', reason: 'threat'}};
	expect(toMarks(labels, {})).toEqual({marks, left: 0});
	expect(toMarks(labels.toReversed(), {})).toEqual({marks, left: 0});
});

test('what the reader decided stays, and what a friend said before does not', () => {
	const [a, b, c] = ['a', 'b', 'c'].map(letter => letter.repeat(64)) as [string, string, string];
	const labels: Label[] = [a, b, c, a].map(textDigest => ({key: '1', textDigest, label: 'keep'}));
	const known = {[a]: {mark: 'fine', by: 'reader'}, [b]: {mark: 'fine', by: 'friend'}} as const;
	const hurtful = {mark: 'hurtful', by: 'friend'};
	expect(toMarks(labels, known)).toEqual({marks: {[b]: hurtful, [c]: hurtful}, left: 1});
});

test.each(['https://example.org/a', `https://x.com/${'a'.repeat(2000)}`, 'https://x.com.example.org/', 5])(
	'what is no address on X is not where a reply was found: %s',
	async focalUrl => {
		const review = await written(coveredPost());
		const read = readReview(changed(review, {focalUrl}));
		if (!read.ok) throw new Error(read.problem);
		expect(read.review).not.toHaveProperty('focalUrl');
		const labels = [await makeLabel(read.review.replies[0] as ReviewReply, 'keep')];
		expect((await findKept(labels, read.review)).map(readSavedPost)).toMatchObject([
			{id: review.replies[0]?.id},
		]);
	},
);

test('what is worth keeping is found in the file the friend was given, if the words are the same', async () => {
	const review = await written(
		coveredPost({id: '1'}, {id: '1', answers: {text: 'The post.'}}),
		coveredPost({id: '2'}, {id: '2', text: 'Other words.'}),
		coveredPost({id: '3'}, {id: '3', text: 'Third.'}),
	);
	const [one, two, three] = review.replies as [ReviewReply, ReviewReply, ReviewReply];
	const labels = [
		await makeLabel(one, 'keep', {reason: 'threat'}),
		await makeLabel(two, 'hurtful'),
		await makeLabel({...three, text: 'Not what stands there.'}, 'keep'),
		await makeLabel({...three, key: '4'}, 'keep'),
	];
	const kept = await findKept(labels, review);
	expect(kept).toHaveLength(1);
	expect(kept[0]).toMatchObject({
		id: '1',
		text: 'Words of a reply.',
		foundOn: FOCAL,
		answers: {text: 'The post.'},
		verdict: {act: 'hide', reason: 'threat', source: 'friend'},
	});
});
