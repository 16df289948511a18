// The index follows what changes, whoever has changed it. Without a script one reloads the page.

const EVERY_MS = 1000;
let shown = document.querySelector("[data-signs]")?.dataset.signs;

async function text(path) {
  const response = await fetch(path, { headers: { Accept: "text/html" } });
  return response.text();
}

// Only what reads otherwise is exchanged: a button that somebody is about to press stays.
function exchange(fresh) {
  const now = document.querySelectorAll("[data-fresh]");
  fresh.querySelectorAll("[data-fresh]").forEach((each, index) => {
    if (now[index] && now[index].outerHTML !== each.outerHTML) now[index].replaceWith(each);
  });
}

async function follow() {
  try {
    if (!document.hidden && (await text("/signs")) !== shown) {
      if (shown.startsWith("switching on")) {
        location.reload();
        return;
      }
      const fresh = new DOMParser().parseFromString(await text(location.pathname), "text/html");
      shown = fresh.querySelector("[data-signs]").dataset.signs;
      exchange(fresh);
    }
  } catch {
    // Nothing is served at the moment; the next time tells.
  }
  setTimeout(follow, EVERY_MS);
}

if (shown !== undefined) follow();
