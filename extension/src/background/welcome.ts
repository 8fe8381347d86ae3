/** Opens the first page after the extension was installed; an update must not push itself before anybody. */
export async function welcome({reason}: Pick<chrome.runtime.InstalledDetails, 'reason'>): Promise<void> {
	if (reason === 'install') await chrome.tabs.create({url: chrome.runtime.getURL('welcome.html')});
}
