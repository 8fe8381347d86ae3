/**
 * Tells which posts are at most one screen ahead of the reader, in both directions. Watched is the place a post stands
 * in, not the post: a hidden one is nowhere for the browser, and would never be asked about again.
 */
export function openNearness(onChange: () => void) {
	const places = new Map<HTMLElement, Element>();
	const near = new Set<Element>();
	const observer = new IntersectionObserver(
		entries => {
			for (const {target, isIntersecting} of entries) {
				if (isIntersecting) near.add(target);
				else near.delete(target);
			}
			onChange();
		},
		{rootMargin: '100% 0px'},
	);

	function leave(post: HTMLElement): void {
		const place = places.get(post);
		if (place === undefined) return;
		places.delete(post);
		observer.unobserve(place);
		near.delete(place);
	}

	return {
		watch(post: HTMLElement): void {
			const place = post.parentElement ?? post;
			if (places.get(post) === place) return;
			leave(post);
			places.set(post, place);
			observer.observe(place);
		},
		leave,
		/** Pixels between the middle of a post's place and that of the window; undefined where it is not near. */
		distance(post: HTMLElement): number | undefined {
			const place = places.get(post);
			if (place === undefined || !near.has(place)) return undefined;
			const {top, bottom} = place.getBoundingClientRect();
			return Math.abs((top + bottom) / 2 - innerHeight / 2);
		},
		close: () => observer.disconnect(),
	};
}
