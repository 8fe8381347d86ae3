/** @typedef {Record<string, {message: string}>} Messages by key */

/**
 * What is wrong with one area's texts: sentences, none if all is well.
 * @param {Record<string, Messages>} texts by language
 * @returns {string[]}
 */
export function checkLocales(texts) {
	const [first, ...others] = Object.entries(texts);
	if (first === undefined) return ['There is no language.'];
	const [language, messages] = first;
	return [
		...others.flatMap(([other, translated]) => compare(language, messages, other, translated)),
		...Object.entries(texts).flatMap(([one, said]) => findEmpty(one, said)),
		// An act may end in _other by itself; what ends in _one is always half of a pair.
		...Object.keys(messages)
			.filter(key => key.endsWith('_one') && !(key.replace(/_one$/, '_other') in messages))
			.map(key => `${key} has no ${key.replace(/_one$/, '_other')}.`),
	];
}

/**
 * What a page's markup says that none of its texts has: sentences, none if all is well.
 * @param {string} markup
 * @param {ReadonlySet<string>} keys of the page's texts
 * @returns {string[]}
 */
export function checkPage(markup, keys) {
	const named = markup.matchAll(/\sdata-(?:say(?:-[a-z]+)*|title)="([^"]*)"/g);
	return [...named].flatMap(([, key = '']) => (keys.has(key) ? [] : [`there is no text ${key}.`]));
}

/**
 * @param {string} language
 * @param {Messages} messages
 * @param {string} other
 * @param {Messages} translated
 */
function compare(language, messages, other, translated) {
	const lacking = Object.keys(messages).filter(key => !(key in translated));
	const surplus = Object.keys(translated).filter(key => !(key in messages));
	const differing = Object.entries(messages).filter(
		([key, {message}]) => places(message) !== places(translated[key]?.message ?? message),
	);
	return [
		...lacking.map(key => `${other} lacks ${key}.`),
		...surplus.map(key => `${language} lacks ${key}.`),
		...differing.map(([key]) => `${key} has other {places} in ${other} than in ${language}.`),
	];
}

/**
 * @param {string} language
 * @param {Messages} messages
 */
function findEmpty(language, messages) {
	return Object.entries(messages)
		.filter(([, {message}]) => message.trim() === '')
		.map(([key]) => `${key} is empty in ${language}.`);
}

/** @param {string} message */
function places(message) {
	return (message.match(/\{\w+\}/g) ?? []).sort().join(' ');
}
