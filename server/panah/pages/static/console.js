// What all pages of the consoles share. Words come from the page itself.

// Buttons that ask once more: <button data-sure="Really?">. Without scripts they act at once.
document.addEventListener('click', event => {
  const button = event.target.closest('button[data-sure]');
  if (button && !globalThis.confirm(button.dataset.sure)) event.preventDefault();
});
