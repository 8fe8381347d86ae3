/**
 * Digests of all that pages of saved replies ever said around the replies, and how they looked, in both languages.
 * Only added to: a page whose frame is not among them cannot be compared any more.
 */
export const FRAMES: ReadonlySet<string> = new Set([
	// 0.1.0
	'3eafd46f41abb3a58c8456ae4930fd0168c1f18adfe452d64af7c7eed5251910',
	'ac761cd85fdbf345120c472e953836c817bea3a0d8e9599204c40e7490ead2e7',
]);
