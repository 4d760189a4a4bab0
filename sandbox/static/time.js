// While the clock is moved the same page is fetched again and again, and its parts that tell how far it is are put in place of the old
// ones; buttons stay untouched, so that focus is kept. Standing still it is looked at now and then: a command may move the clock, too.
const page = document.getElementById("page");

function renewed(root) {
  return new Map(Array.from(root.querySelectorAll("[data-renewed]"), (node) => [node.dataset.renewed, node]));
}

async function renew() {
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
      const [now, then] = [renewed(page), renewed(fresh)];
      for (const [name, node] of now) {
        const next = then.get(name);
        if (next && node.innerHTML !== next.innerHTML && !node.contains(document.activeElement)) node.replaceChildren(...next.childNodes);
      }
      page.toggleAttribute("data-moving", fresh.hasAttribute("data-moving"));
    } catch {
      // the sandbox is being restarted: the next round finds it again
    }
  }
  setTimeout(renew, page.hasAttribute("data-moving") ? 400 : 3000);
}

renew();
