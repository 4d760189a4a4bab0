// Fetches the same page every two seconds while somebody looks at it; what is new goes on top, what is gone goes away,
// and the rest stays untouched, so that focus is kept and a screen reader reads the news only.
const list = document.getElementById("messages");

function ids(nodes) {
  return new Set(Array.from(nodes, (node) => node.id));
}

function merge(fresh) {
  const [wanted, known] = [ids(fresh), ids(list.children)];
  for (const node of [...list.children]) if (!wanted.has(node.id)) node.remove();
  list.prepend(...[...fresh].filter((node) => !known.has(node.id)));
}

async function renew() {
  if (document.hidden) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    merge(page.getElementById("messages").children);
  } catch {
    // the sandbox is being restarted: the next round finds it again
  }
}

setInterval(renew, 2000);
document.addEventListener("visibilitychange", renew);
