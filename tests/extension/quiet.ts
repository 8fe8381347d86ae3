/** Runs around every test: what readers read must not reach a console, whatever happens. */
const METHODS = ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const;

beforeEach(() => {
	for (const method of METHODS) vi.spyOn(console, method);
});

afterEach(() => {
	vi.useRealTimers();
	// biome-ignore lint/suspicious/noConsole: it is read here, not written to.
	for (const method of METHODS) expect(console[method]).not.toHaveBeenCalled();
});
