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

// On a narrow window the menu scrolls: where one is should be seen.
document.querySelector('.side [aria-current]')?.scrollIntoView({block: 'nearest', inline: 'center'});

// What a page asks for by itself waits while nobody can see the page: <div hx-trigger="every 15s" data-while-seen>.
document.addEventListener('htmx:before:request', event => {
  if (document.hidden && event.target.closest('[data-while-seen]')) event.preventDefault();
});

// On a narrow window the rows of <table class="stack"> are cards. Each value then carries its column's name, and
// roles keep it a table for those who do not see it: some browsers forget what is no longer laid out as one.
const ROLES = {'thead, tbody': 'rowgroup', tr: 'row', 'thead th': 'columnheader', 'tbody th': 'rowheader', td: 'cell'};

function stack() {
  for (const table of document.querySelectorAll('table.stack')) {
    for (const [parts, role] of Object.entries(ROLES)) {
      for (const part of table.querySelectorAll(parts)) part.setAttribute('role', role);
    }
    table.setAttribute('role', 'table');
    const names = [...table.querySelectorAll('thead th')].map(name => name.textContent.trim());
    for (const {cells} of table.tBodies[0].rows) {
      if (cells.length !== names.length) continue;
      [...cells].forEach((cell, at) => {
        if (cell.textContent.trim()) cell.dataset.label = names[at];
      });
    }
  }
}

stack();
document.addEventListener('htmx:after:swap', stack);
