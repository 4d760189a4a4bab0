// Small comforts; every page works without them.

// An open menu closes by Escape and by a click elsewhere.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The live order says aloud what has changed, and only then.
const said = document.getElementById("said");
const headline = () => document.querySelector("#timeline h1")?.textContent;
let lastHeadline = headline();
if (said) {
  document.body.addEventListener("htmx:afterSettle", () => {
    if (headline() === lastHeadline) return;
    lastHeadline = headline();
    said.textContent = lastHeadline;
  });
}

// A second press on "pay" does nothing while the first is on its way; the server refuses it too.
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-disabled", "true");
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
  });
  form.addEventListener("click", (event) => {
    if (form.dataset.sent && event.target.closest("button")) event.preventDefault();
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// What has to be typed at a bank goes to the clipboard.
const copied = document.getElementById("copied");
for (const button of navigator.clipboard ? document.querySelectorAll("[data-copy]") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    if (copied) copied.textContent = button.dataset.copied;
    setTimeout(() => button.classList.remove("done"), 2000);
  });
}
