/** @typedef {Record<string, {message: string}>} Messages by key */

/**
 * What is wrong with the texts of the languages: sentences, none if all is well.
 * @param {Record<string, Messages>} locales by language
 * @returns {string[]}
 */
export function checkLocales(locales) {
	const [first, ...others] = Object.entries(locales);
	if (first === undefined) return ['There is no language.'];
	const [name, messages] = first;
	return [
		...others.flatMap(([other, translated]) => compare(name, messages, other, translated)),
		...Object.entries(locales).flatMap(([language, texts]) => findEmpty(language, texts)),
	];
}

/**
 * @param {string} name
 * @param {Messages} messages
 * @param {string} other
 * @param {Messages} translated
 */
function compare(name, messages, other, translated) {
	const lacking = Object.keys(messages).filter(key => !(key in translated));
	const surplus = Object.keys(translated).filter(key => !(key in messages));
	const differing = Object.entries(messages).filter(
		([key, {message}]) => places(message) !== places(translated[key]?.message ?? message),
	);
	return [
		...lacking.map(key => `${other} lacks ${key}.`),
		...surplus.map(key => `${name} lacks ${key}.`),
		...differing.map(([key]) => `${key} has other {places} in ${other} than in ${name}.`),
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
