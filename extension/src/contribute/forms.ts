/** X's numeric id of an account or a post. */
export function isNumber(value: unknown): value is string {
	return typeof value === 'string' && /^[1-9]\d{0,19}$/.test(value);
}

/** The number in what somebody typed: a number, or an address of X that holds the account's number. */
export function readNumber(typed: string): string | undefined {
	const bare = typed
		.trim()
		.replace(/^(?:https:\/\/)?(?:(?:www|mobile)\.)?(?:x|twitter)\.com\/i\/user\//i, '');
	const number = /^(\d{1,20})\/?$/.exec(bare)?.[1];
	return isNumber(number) ? number : undefined;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A day as YYYY-MM-DD. */
export function isDay(value: unknown): value is string {
	return typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value);
}

/** A text of the service, cut to what there is room for; empty where it is none. */
export function textOf(value: unknown, most: number): string {
	return typeof value === 'string' ? value.slice(0, most).toWellFormed() : '';
}

/** What names a list in addresses. */
export function isSlug(value: unknown): value is string {
	return typeof value === 'string' && /^[\w-]{1,40}$/.test(value);
}

export function isUuid(value: unknown): value is string {
	return typeof value === 'string' && /^[0-9a-f-]{36}$/i.test(value);
}

/** The day in UTC, as the service counts. */
export function today(now = Date.now()): string {
	return new Date(now).toISOString().slice(0, 10);
}
