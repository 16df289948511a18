// The index follows what changes, whoever has changed it. Without a script one reloads the page.

import { exchange } from "./parts.js";

const EVERY_MS = 1000;
let shown = document.querySelector("[data-signs]")?.dataset.signs;

async function text(path) {
  const response = await fetch(path, { headers: { Accept: "text/html" } });
  return response.text();
}

// The first word: of another run, or of one that begins, the whole page is another.
function run(signs) {
  return signs.split(" ")[0];
}

function renew(fresh) {
  const now = document.querySelectorAll("[data-fresh]");
  fresh.querySelectorAll("[data-fresh]").forEach((each, index) => {
    if (now[index]) exchange(now[index], each.innerHTML);
  });
}

async function follow() {
  try {
    const signs = document.hidden ? shown : await text("/signs");
    if (signs !== shown) {
      if (run(signs) !== run(shown)) {
        location.replace(location.pathname === "/systems" ? "/systems" : location.href);
        return;
      }
      const fresh = new DOMParser().parseFromString(await text(location.pathname), "text/html");
      shown = fresh.querySelector("[data-signs]").dataset.signs;
      renew(fresh);
    }
  } catch {
    // Nothing is served at the moment; the next time tells.
  }
  setTimeout(follow, EVERY_MS);
}

if (shown !== undefined) follow();
