// What all pages of the consoles share. Words come from the page itself.

// Buttons that ask once more: <button data-sure="Really?">. Without scripts they act at once.
document.addEventListener('click', event => {
  const button = event.target.closest('button[data-sure]');
  if (button && !globalThis.confirm(button.dataset.sure)) event.preventDefault();
});

// Sliders beside a number: <input type="range" data-twin="id of the number">. The number is what counts.
document.addEventListener('input', event => {
  const {id, dataset, value} = event.target;
  const twin = dataset.twin
    ? document.getElementById(dataset.twin)
    : id && document.querySelector(`input[data-twin="${CSS.escape(id)}"]`);
  if (twin) twin.value = value;
});
