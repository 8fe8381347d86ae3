/** The browser's side of the extension's world, as far as we use it: an edge that tests may replace. */

type Changes = Record<string, {oldValue?: unknown; newValue?: unknown}>;

export function fakeArea(onChange: (changes: Changes) => void = () => {}) {
	const held = new Map<string, unknown>();
	const area = {
		held,
		get: vi.fn(async (keys: string | string[] | null) => {
			const wanted = keys === null ? [...held.keys()] : [keys].flat();
			return structuredClone(
				Object.fromEntries(wanted.filter(key => held.has(key)).map(key => [key, held.get(key)])),
			);
		}),
		set: vi.fn(async (values: Record<string, unknown>) => {
			const changes: Changes = {};
			for (const [key, newValue] of Object.entries(structuredClone(values))) {
				changes[key] = {oldValue: held.get(key), newValue};
				held.set(key, newValue);
			}
			onChange(changes);
		}),
		remove: vi.fn(async (keys: string | string[]) => {
			const changes: Changes = {};
			for (const key of [keys].flat()) {
				if (!held.has(key)) continue;
				changes[key] = {oldValue: held.get(key)};
				held.delete(key);
			}
			if (Object.keys(changes).length > 0) onChange(changes);
		}),
		clear: vi.fn(async () => area.remove([...held.keys()])),
		setAccessLevel: vi.fn(async () => {}),
		onChanged: fakeEvent<[Changes]>(),
	};
	return area;
}

export function fakeEvent<Arguments extends unknown[]>() {
	const listeners = new Set<(...values: Arguments) => unknown>();
	return {
		addListener: (listener: (...values: Arguments) => unknown) => void listeners.add(listener),
		removeListener: (listener: (...values: Arguments) => unknown) => void listeners.delete(listener),
		count: () => listeners.size,
		fire: (...values: Arguments) => [...listeners].map(listener => listener(...values)),
	};
}

/** Works of one name wait for each other, as in a browser. */
export function fakeLocks() {
	const last = new Map<string, Promise<unknown>>();
	return {
		request<T>(name: string, work: () => Promise<T>): Promise<T> {
			const done = (last.get(name) ?? Promise.resolve()).then(work, work);
			last.set(name, done);
			return done;
		},
	};
}

/** What the browser allows. Only Firefox from 140 on tells of `data_collection`. */
interface Allowed {
	origins: string[];
	permissions: string[];
	data_collection?: string[];
}

/** Puts a `chrome` and `navigator.locks` into place and returns the first. Storage begins empty, all is allowed. */
export function installChrome() {
	const onChanged = fakeEvent<[Changes, string]>();
	const sync = fakeArea(changes => {
		sync.onChanged.fire(changes);
		onChanged.fire(changes, 'sync');
	});
	const local = fakeArea(changes => {
		local.onChanged.fire(changes);
		onChanged.fire(changes, 'local');
	});
	const session = fakeArea(changes => {
		session.onChanged.fire(changes);
		onChanged.fire(changes, 'session');
	});
	const fake = {
		storage: {sync, local, session, onChanged},
		runtime: {
			id: 'panah' as string | undefined,
			getURL: (path: string) => `chrome-extension://panah/${path}`,
			sendMessage: vi.fn(async (_message: unknown): Promise<unknown> => undefined),
			onMessage: fakeEvent<[unknown, unknown, (answer: unknown) => void]>(),
			onInstalled: fakeEvent<[{reason: string}]>(),
			onStartup: fakeEvent<[]>(),
		},
		action: {
			setTitle: vi.fn(async (_details: {title: string}) => {}),
			setIcon: vi.fn(async (_details: {path: Record<string, string>}) => {}),
		},
		alarms: {
			create: vi.fn(async (_name: string, _when: object) => {}),
			get: vi.fn(
				async (_name: string): Promise<{name: string; scheduledTime: number} | undefined> => undefined,
			),
			clear: vi.fn(async () => true),
			onAlarm: fakeEvent<[{name: string}]>(),
		},
		permissions: {
			contains: vi.fn(async (_wanted: {origins: string[]}) => true),
			getAll: vi.fn(
				async (): Promise<Allowed> => ({
					origins: ['http://127.0.0.1/*', 'https://x.com/*'],
					permissions: [],
				}),
			),
			request: vi.fn(async (_wanted: {origins: string[]}) => true),
			remove: vi.fn(async (_wanted: {origins: string[]}) => true),
			onAdded: fakeEvent<[]>(),
			onRemoved: fakeEvent<[]>(),
		},
		tabs: {
			query: vi.fn(async () => [{id: 1}, {id: 2}]),
			sendMessage: vi.fn(async (_tab: number, _message: unknown) => {}),
			create: vi.fn(async (_made: {url: string}) => {}),
		},
		i18n: {getUILanguage: vi.fn(() => 'en-GB')},
	};
	vi.stubGlobal('chrome', fake);
	Object.defineProperty(navigator, 'locks', {value: fakeLocks(), configurable: true});
	return fake;
}

export type FakeChrome = ReturnType<typeof installChrome>;
