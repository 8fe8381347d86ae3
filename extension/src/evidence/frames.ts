/**
 * Digests of all that pages of saved replies ever said around the replies, and how they looked, in both languages.
 * Only added to: a page whose frame is not among them cannot be compared any more.
 */
export const FRAMES: ReadonlySet<string> = new Set([
	// 0.1.0
	'3eafd46f41abb3a58c8456ae4930fd0168c1f18adfe452d64af7c7eed5251910',
	'273e84f29ee7196e7839dd5ab8a05c9dbb1a5d83e4a8928e0c33109d5d6018fa',
	'4678bce968eccb281130039b75ee9fb24aa00d68f0099b5844af74a5db261de0',
	'0503fb53453d1b7305a46c355439393ae9b6ff6044fb70fcd53e13a9f0f181fe',
]);
