/** What X's own answers say about one post. Ids are texts: they exceed what a number can hold. */
export interface TapPost {
	id: string;
	accountId?: string;
	/** In lower case. */
	handle?: string;
	/** The post this one answers. */
	parentId?: string;
	conversationId?: string;
	/** As written, whole where X sends the whole; without the mentions and links that X does not show. */
	text?: string;
	promoted?: boolean;
	/** Only followers may read the author's posts. */
	protected?: boolean;
	/** The reader follows the author. */
	following?: boolean;
	quotedId?: string;
}

type Fields = Record<string, unknown>;

/** The most UTF-16 units of one text. X's longest posts have 25,000 characters. */
export const MAX_TEXT = 25_000;
// A long conversation has some 40,000 objects, about 20 deep.
const MAX_NODES = 200_000;
const MAX_DEPTH = 64;
const NOTHING: Fields = Object.freeze({});

const RULES: {[Name in keyof TapPost]-?: (value: unknown) => TapPost[Name] | undefined} = {
	id: asId,
	accountId: asId,
	handle: value => match(/^\w{1,20}$/, value)?.toLowerCase(),
	parentId: asId,
	conversationId: asId,
	text: value => (typeof value === 'string' ? value.slice(0, MAX_TEXT) : undefined),
	promoted: asBoolean,
	protected: asBoolean,
	following: asBoolean,
	quotedId: asId,
};

/** A post out of whatever is given: only known fields of the right form. Undefined without an id. */
export function checkPost(given: unknown): TapPost | undefined {
	const found = record(given);
	const post: Fields = {};
	for (const [name, rule] of Object.entries(RULES)) {
		const value = rule(found[name]);
		if (value !== undefined) post[name] = value;
	}
	return post.id === undefined ? undefined : (post as unknown as TapPost);
}

/**
 * The posts in one GraphQL answer, each once, those that are quoted or reposted included. They are known by what they
 * look like and not by where they stand, since X moves them.
 */
export function readPosts(body: unknown): TapPost[] {
	const posts = new Map<string, TapPost>();
	// `promoted` is undefined inside a post: the ad says nothing about what it quotes.
	const nodes: Array<{value: Fields; depth: number; promoted: boolean | undefined}> = [];
	if (isRecord(body)) nodes.push({value: body, depth: 0, promoted: false});
	// It grows while it is walked.
	for (const {value, depth, promoted: around} of nodes) {
		const promoted = around === false && isRecord(value.promotedMetadata) ? true : around;
		const isPost = looksLikePost(value);
		const isRepost =
			isPost && isRecord(value.retweeted_status_result ?? record(value.legacy).retweeted_status_result);
		// X shows the inner post in place of the repost, whose own text is only a cut copy.
		const post = isPost && !isRepost ? readPost(value, promoted) : undefined;
		if (post !== undefined) posts.set(post.id, {...posts.get(post.id), ...post});
		if (depth === MAX_DEPTH) continue;
		for (const child of Object.values(value)) {
			if (!isRecord(child)) continue;
			if (nodes.length >= MAX_NODES) break;
			nodes.push({value: child, depth: depth + 1, promoted: isPost && !isRepost ? undefined : promoted});
		}
	}
	return [...posts.values()];
}

function looksLikePost(value: Fields): boolean {
	return (
		asId(value.rest_id) !== undefined &&
		(value.__typename === 'Tweet' || typeof record(value.legacy).full_text === 'string')
	);
}

function readPost(post: Fields, promoted: boolean | undefined): TapPost | undefined {
	const legacy = record(post.legacy);
	const author = at(post, 'core', 'user_results', 'result');
	// Since May 2025 the author's fields lie in parts; before, all in `legacy`.
	const before = record(author.legacy);
	const quoted = at(post, 'quoted_status_result', 'result');
	return checkPost({
		id: post.rest_id,
		accountId: author.rest_id ?? legacy.user_id_str,
		handle: record(author.core).screen_name ?? before.screen_name,
		parentId: legacy.in_reply_to_status_id_str,
		conversationId: legacy.conversation_id_str,
		text: readText(post, legacy),
		promoted,
		protected: record(author.privacy).protected ?? before.protected,
		following: record(author.relationship_perspectives).following ?? before.following,
		quotedId: legacy.quoted_status_id_str ?? quoted.rest_id ?? record(quoted.tweet).rest_id,
	});
}

/** The text as X shows it when it shows the whole. */
function readText(post: Fields, legacy: Fields): string | undefined {
	const note = at(post, 'note_tweet', 'note_tweet_results');
	const long = record(note.result).text ?? note.text;
	if (typeof long !== 'string' && typeof legacy.full_text !== 'string') return undefined;
	const full = typeof legacy.full_text === 'string' ? legacy.full_text.slice(0, MAX_TEXT) : '';
	const {lead, shown} = cutToRange(full, legacy.display_text_range);
	let text = shown;
	if (typeof long === 'string') {
		text = long.slice(0, MAX_TEXT);
		if (text.startsWith(lead)) text = text.slice(lead.length);
	}
	// The range may still include the links to media and to the quoted post, which X does not show as text.
	for (const link of hiddenLinks(legacy)) {
		text = text.trimEnd();
		if (text.endsWith(link)) text = text.slice(0, -link.length);
	}
	// Last, since ranges count characters of the encoded text.
	return decode(text).trim();
}

/**
 * Cuts off what X does not show: mentions before the range, links after it. The range counts code points. Where
 * anything else lies outside, the range is not to be trusted and nothing is cut.
 */
function cutToRange(full: string, range: unknown): {lead: string; shown: string} {
	const [start, end]: unknown[] = Array.isArray(range) ? range : [];
	if (typeof start !== 'number' || typeof end !== 'number' || start > end) return {lead: '', shown: full};
	const characters = [...full];
	const lead = characters.slice(0, Math.max(start, 0)).join('');
	const tail = characters.slice(Math.max(end, 0)).join('');
	const keepsLead = !/^(?:@\w{1,20}\s+)*$/.test(lead);
	const keepsTail = !/^(?:\s*https?:\/\/t\.co\/\w+)*\s*$/.test(tail);
	const shown = full.slice(keepsLead ? 0 : lead.length, keepsTail ? full.length : full.length - tail.length);
	return {lead: keepsLead ? '' : lead, shown};
}

function hiddenLinks(legacy: Fields): string[] {
	const {media} = record(legacy.entities);
	const entities = [legacy.quoted_status_permalink, ...(Array.isArray(media) ? media.slice(0, 20) : [])];
	const links = entities.map(entity => match(/^https?:\/\/t\.co\/\w{1,20}$/, record(entity).url));
	return [...new Set(links)].filter(link => link !== undefined);
}

/** Each entity is decoded once, so that an escaped one stays what its author wrote. */
function decode(text: string): string {
	return text.replace(/&(?:amp|lt|gt);/g, entity =>
		entity === '&amp;' ? '&' : entity === '&lt;' ? '<' : '>',
	);
}

function at(value: Fields, ...path: string[]): Fields {
	return path.reduce((found, name) => record(found[name]), value);
}

function record(value: unknown): Fields {
	return isRecord(value) ? value : NOTHING;
}

function isRecord(value: unknown): value is Fields {
	return typeof value === 'object' && value !== null;
}

function asId(value: unknown): string | undefined {
	return match(/^\d{1,20}$/, value);
}

function asBoolean(value: unknown): boolean | undefined {
	return typeof value === 'boolean' ? value : undefined;
}

function match(form: RegExp, value: unknown): string | undefined {
	return typeof value === 'string' && form.test(value) ? value : undefined;
}
