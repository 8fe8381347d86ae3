/**
 * Does works of one name one after the other, over the worker and all our pages: what is read, changed and written
 * back would otherwise undo what another did in between. A lock ends with the worker that holds it.
 */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
	return await navigator.locks.request(name, work);
}
