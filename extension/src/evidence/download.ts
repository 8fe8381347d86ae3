/** Hands the person a file, the way a link does: the browser's own downloads, and no permission. */
export function download({name, blob}: {name: string; blob: Blob}): void {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	// The browser reads it after the click; a minute is more than it needs.
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
