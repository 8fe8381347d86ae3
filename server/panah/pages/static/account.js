// The members' pages: the invitation's code out of the address, and passkeys. Words come from the page itself.

const JSON_TYPE = {'Content-Type': 'application/json'};

/** Asks this server's API. Throws an Error with what it said where it says no. */
async function ask(address, csrf, body) {
  const response = await fetch(address, {
    method: 'POST',
    headers: {...JSON_TYPE, 'X-CSRF-Token': csrf},
    body: JSON.stringify(body),
    cache: 'no-store',
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.detail), {code: answer.code});
  return answer;
}

function tell(part, text) {
  const told = part.querySelector('[role=alert]');
  told.textContent = text;
  told.hidden = text === '';
}

/** Runs `work` for a button; what goes wrong is told in `part`. */
async function attempt(part, button, work) {
  tell(part, '');
  button.disabled = true;
  try {
    await work();
  } catch (fault) {
    tell(part, JSON.parse(part.dataset.refusals)[fault.code] ?? part.dataset.failed);
  } finally {
    button.disabled = false;
  }
}

const invitation = document.querySelector('#invitation');
if (invitation && location.hash.length > 1) {
  invitation.querySelector('[name=code]').value = location.hash.slice(1);
  // Neither the history nor a shared screen should keep it.
  history.replaceState(null, '', location.pathname + location.search);
}

// Browsers offer passkeys on HTTPS and on localhost only, and newer ones speak JSON.
const able = typeof globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';
const isName = !/^[\d.]+$|^\[/.test(location.hostname);

const entrance = document.querySelector('#passkey');
if (entrance && able && isName) {
  entrance.hidden = false;
  const {csrf, next} = entrance.dataset;
  const button = entrance.querySelector('button');
  button.addEventListener('click', () =>
    attempt(entrance, button, async () => {
      const options = await ask('/v1/session/passkey/options', csrf, {});
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
      const credential = await navigator.credentials.get({publicKey});
      await ask('/v1/session/passkey', csrf, {credential: credential.toJSON()});
      location.assign(next);
    }),
  );
}

const adding = document.querySelector('#add-passkey');
if (adding && able && isName) {
  adding.hidden = false;
  const {csrf, done} = adding.dataset;
  adding.addEventListener('submit', event => {
    event.preventDefault();
    attempt(adding, adding.querySelector('button'), async () => {
      const {name, password} = adding.elements;
      const options = await ask('/v1/account/passkeys/options', csrf, {password: password.value});
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
      const credential = await navigator.credentials.create({publicKey});
      await ask('/v1/account/passkeys', csrf, {name: name.value, credential: credential.toJSON()});
      location.assign(done);
    });
  });
}
