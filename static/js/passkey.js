// What asks for a passkey is shown where the browser knows them; where it does not, the page says what else there is.
const ceremonies = window.PublicKeyCredential ? window.allauth.webauthn.forms : {};
for (const form of document.querySelectorAll("form[data-passkey]")) {
  const begin = ceremonies[form.dataset.passkey];
  if (!begin) continue;
  const act = document.querySelector(`button[form="${form.id}"]`) ?? form.querySelector("button");
  act.hidden = false;
  begin({
    ids: {
      add: act.id,
      authenticate: act.id,
      login: act.id,
      credential: form.elements.credential.id,
      passwordless: form.elements.passwordless?.id,
    },
    data: JSON.parse(form.dataset.options ?? "{}"),
  });
  for (const other of document.querySelectorAll("[data-no-passkey]")) other.hidden = true;
}

// Cancelled, timed out, or no passkey on this device: the browser has said which.
const failed = document.getElementById("passkey-failed");
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  failed.hidden = true;
  requestAnimationFrame(() => { failed.hidden = false; });
});
