import type {OnLists} from '../lists/messages.js';

/** How many accounts are remembered. */
const MOST = 5000;

export type ListedAccounts = ReturnType<typeof openListed>;

/**
 * What lists say about accounts, as the worker tells it. Questions of one look go together; `onNews` runs when answers
 * have come.
 */
export function openListed(
	ask: (accounts: string[]) => Promise<Record<string, OnLists> | undefined>,
	onNews: () => void,
) {
	/** Null while it is asked, and for those on no list. */
	let known = new Map<string, OnLists | null>();
	let wanted: string[] = [];
	let version: string | undefined;

	async function send(): Promise<void> {
		const [accounts, asked] = [wanted, known];
		wanted = [];
		const listed = await ask(accounts);
		// The lists changed meanwhile: it is asked about anew.
		if (asked !== known) return;
		for (const account of accounts) {
			const on = listed?.[account];
			if (on) known.set(account, on);
			else if (listed === undefined) known.delete(account);
		}
		if (listed && Object.keys(listed).length > 0) onNews();
	}

	return {
		/** Undefined for whom nothing is known yet, too. */
		of(account: string): OnLists | undefined {
			const before = known.get(account);
			if (before !== undefined || version === undefined) return before ?? undefined;
			if (known.size > MOST) known.clear();
			known.set(account, null);
			if (wanted.push(account) === 1) setTimeout(() => void send());
			return undefined;
		},
		/** Forgets what other lists said. `next`: undefined where the reader uses none. */
		use(next: string | undefined): void {
			if (next === version) return;
			version = next;
			known = new Map();
			wanted = [];
		},
	};
}
