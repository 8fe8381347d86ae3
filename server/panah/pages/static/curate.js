// Keys, covers, copying and the seconds of an answer on curators' pages. All of it can be done without scripts too.

const page = document.querySelector('[data-keys]');
const keys = new Map(Object.entries(JSON.parse(page.dataset.keys)).map(([action, key]) => [key, action]));
const help = document.getElementById('keys');
const FIELDS = 'input:not([type="checkbox"], [type="hidden"]), select, textarea, [contenteditable]';

for (const one of document.querySelectorAll('.scripted')) one.hidden = false;

// What keys do

/** The action of a key. Letters of other scripts count as the key that they are on. */
function actionOf(event) {
	const known = keys.get(event.key) ?? keys.get(event.key.toLowerCase());
	if (known || /^[\x20-\x7e]$/.test(event.key)) return known;
	return keys.get(/^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase());
}

function press(action) {
	const target = document.querySelector(`[data-action="${action}"]`);
	if (target) target.click();
	return Boolean(target);
}

/** Chooses the next row of a queue, or the one before. */
function step(by) {
	const rows = [...document.querySelectorAll('.queue tbody tr')];
	if (rows.length === 0) return false;
	const at = rows.findIndex(row => row.classList.contains('chosen'));
	const to = rows[Math.min(rows.length - 1, Math.max(0, at === -1 && by > 0 ? 0 : at + by))];
	rows[at]?.classList.remove('chosen');
	to.classList.add('chosen');
	(to.querySelector('a.open') ?? to).focus({preventScroll: true});
	to.scrollIntoView({block: 'nearest'});
	return true;
}

function open() {
	const link = document.querySelector('.queue tr.chosen a.open, .queue tr:focus-within a.open');
	if (!link) return press('open');
	link.click();
	return true;
}

const does = {
	next: () => step(1) || press('next'),
	previous: () => step(-1) || press('previous'),
	open,
	veil: toggleCovers,
	zen: toggleZen,
	help: showHelp,
};

document.addEventListener('keydown', event => {
	if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
	if (event.target.closest(FIELDS)) return;
	const action = actionOf(event);
	if (!action || (help.open && action !== 'help')) return;
	// A key that is held down steps through a queue and does nothing else.
	if (event.repeat && !['next', 'previous'].includes(action)) return;
	const done = does[action] ? does[action]() : press(action);
	if (done !== false) event.preventDefault();
});

document.addEventListener('click', event => {
	const button = event.target.closest('[data-action="zen"], [data-action="help"]');
	if (button) does[button.dataset.action]();
});

function showHelp() {
	if (help.open) help.close();
	else help.showModal();
}

// Zen: only the case, until it is switched off

function toggleZen() {
	const on = document.body.classList.toggle('zen');
	localStorage.setItem('panah-zen', on ? 'yes' : '');
	for (const button of document.querySelectorAll('[data-action="zen"]')) button.setAttribute('aria-pressed', String(on));
}

if (localStorage.getItem('panah-zen')) toggleZen();

// Covers

function cover(button, open) {
	const box = button.closest('.veiled');
	box.classList.toggle('open', open);
	box.querySelector('.behind').inert = !open;
	box.querySelector('.covered').hidden = open;
	button.querySelector('span').textContent = open ? button.dataset.hide : button.dataset.show;
	button.setAttribute('aria-expanded', String(open));
}

/** One key for all: if anything is covered, everything opens. */
function toggleCovers() {
	const buttons = [...document.querySelectorAll('[data-veil]')];
	const open = buttons.some(button => !button.closest('.veiled').classList.contains('open'));
	for (const button of buttons) cover(button, open);
	return buttons.length > 0;
}

for (const button of document.querySelectorAll('[data-veil]')) {
	const isOpen = () => button.closest('.veiled').classList.contains('open');
	button.setAttribute('role', 'button');
	button.setAttribute('aria-expanded', String(isOpen()));
	button.addEventListener('click', event => {
		event.preventDefault();
		cover(button, !isOpen());
	});
	button.addEventListener('keydown', event => {
		if (event.key !== ' ') return;
		event.preventDefault();
		button.click();
	});
}

// Copying

for (const button of document.querySelectorAll('[data-copy]')) {
	button.addEventListener('click', async () => {
		await navigator.clipboard.writeText(button.dataset.copy);
		button.textContent = button.dataset.copied;
	});
}

// Ready-made notes: those of the chosen reason, and the list's own

const reason = document.getElementById('reason');
const note = document.getElementById('note');

function fit() {
	for (const one of document.querySelectorAll('[data-for]')) {
		one.hidden = reason.value !== '' && one.dataset.for !== reason.value;
	}
}

if (reason && note) {
	reason.addEventListener('change', fit);
	fit();
	for (const button of document.querySelectorAll('[data-note]')) {
		button.addEventListener('click', () => {
			const before = note.value.trim();
			note.value = (before ? `${before}\n${button.dataset.note}` : button.dataset.note).slice(0, note.maxLength);
			note.focus();
		});
	}
}

// The seconds of answers that can still be taken back. The server decides; this only counts along.

function count() {
	for (const one of document.querySelectorAll('[data-left]')) {
		one.ends ??= performance.now() + 1000 * Number(one.dataset.left);
		const left = Math.ceil((one.ends - performance.now()) / 1000);
		one.textContent = left > 0 ? one.dataset.seconds.replace('{seconds}', left) : one.dataset.counted;
		if (left <= 0) one.closest('form').querySelector('button').hidden = true;
	}
}

setInterval(count, 500);
count();

// A case that is open in two windows, and the sign that somebody is still at it

const elsewhere = document.getElementById('elsewhere');
if (elsewhere) {
	const windows = new BroadcastChannel('panah-case');
	windows.addEventListener('message', event => {
		if (event.data.look !== elsewhere.dataset.look) return;
		elsewhere.hidden = false;
		if (!event.data.answer) windows.postMessage({look: elsewhere.dataset.look, answer: true});
	});
	windows.postMessage({look: elsewhere.dataset.look});
}
