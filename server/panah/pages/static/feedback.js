// Keys for labelling, and the blur. Without scripts the blur is a link and all else is a form.

const veil = document.querySelector('[data-veil]');
const words = document.querySelector('#words');
veil?.addEventListener('click', event => {
  event.preventDefault();
  const open = words.classList.toggle('open');
  words.querySelector('.behind').inert = !open;
  veil.textContent = open ? veil.dataset.open : veil.dataset.closed;
});

// "None of these" and the acts exclude each other.
const form = document.querySelector('#label');
form?.addEventListener('change', event => {
  const none = event.target.name === 'none';
  if (!event.target.checked) return;
  for (const box of form.querySelectorAll('[type=checkbox]')) {
    if ((box.name === 'none') !== none) box.checked = false;
  }
});

// Single keys can be switched off, for people who speak to their computer.
const KEPT = 'feedback-keys';
const use = document.querySelector('#use-keys');
if (use) {
  document.querySelector('[data-keys]').hidden = false;
  use.checked = localStorage.getItem(KEPT) !== 'off';
  use.addEventListener('change', () => localStorage.setItem(KEPT, use.checked ? 'on' : 'off'));
}
document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || !use?.checked) return;
  if (event.target.closest('input:not([type=checkbox]), select, textarea')) return;
  if (event.key === '?') document.querySelector('#keys').toggleAttribute('open');
  const meant = [...document.querySelectorAll('[data-key]')].find(one => one.dataset.key === event.key.toLowerCase());
  if (!meant) return;
  event.preventDefault();
  meant.click();
});
