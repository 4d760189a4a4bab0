// Fetches the same page every two seconds while somebody looks at it, and puts the new list in the place of the old one.
const list = document.getElementById("messages");
let shown = list.innerHTML;

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("messages").innerHTML;
    if (fresh === shown) return;
    shown = fresh;
    list.replaceChildren(...page.getElementById("messages").childNodes);
  } catch {
    // the sandbox is being restarted: the next round finds it again
  }
}

setInterval(renew, 2000);
document.addEventListener("visibilitychange", renew);
