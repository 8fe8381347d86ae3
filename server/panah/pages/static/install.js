// Names this server's own address, as the browser knows it: behind a proxy the server may not.
const here = document.querySelector('[data-origin]');
here.querySelector('code').textContent = location.origin;
here.hidden = false;
