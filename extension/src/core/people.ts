/** An account that is always shown. By its number where X told it, since a handle can change hands. */
export interface Person {
	/** In lower case. */
	handle: string;
	/** X's numeric id, a text since it exceeds what a number can hold. */
	accountId?: string;
	/** Day it was chosen, as YYYY-MM-DD. */
	since: string;
}

/** Who somebody is, as far as the page says. */
export type Account = Pick<Person, 'handle' | 'accountId'>;

/** Whether both are the same account: by number where both have one, else by handle. */
export function isSame(a: Account, b: Account): boolean {
	if (a.accountId !== undefined && b.accountId !== undefined) return a.accountId === b.accountId;
	return a.handle === b.handle;
}
