import {build} from './page.js';

/** Hands a file to the reader, as a download. */
export function download({name, blob}: {name: string; blob: Blob}): void {
	const link = build('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	// The browser reads it after the click; a minute is enough for that, and the file does not lie around.
	setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
