// Keys for all that is pressed: a control says its own (data-key), `?` shows them all.

import { look } from "./stage.js";

const WORDS = { " ": "Space" };
const MORE = [["Tab", "into the map; arrows go from thing to thing"], ["Enter", "on a link: cut or heal; on a node: its panel"],
  ["Shift+Enter", "on a link: its menu"], ["← →", "on the time bar: an hour; Page keys: a day"], ["Esc", "back to now"], ["Backspace", "the whole internetwork in the panel"],
  ["p", "present, and back"], ["?", "this list"]];

function name(element) {
  return element.dataset.does ?? element.getAttribute("aria-label") ?? element.textContent.trim();
}

// Links come and go; buttons stay.
function keyed() {
  return [...document.querySelectorAll("button[data-key]")].map((each) => [each.dataset.key, name(each)]);
}

function help() {
  let dialog = document.querySelector("dialog");
  if (!dialog) {
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "keys");
    document.body.append(dialog);
  }
  const rows = [...keyed().map(([key, what]) => [WORDS[key] ?? key, what]), ...MORE];
  dialog.innerHTML = '<h2 id="keys">Keys</h2><dl></dl><form method="dialog"><button autofocus>Close</button></form>';
  const list = dialog.querySelector("dl");
  for (const [key, what] of rows) {
    const term = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key;
    term.append(kbd);
    const words = document.createElement("dd");
    words.textContent = what;
    list.append(term, words);
  }
  dialog.showModal();
}

export function listen() {
  document.querySelector("[data-keys]")?.addEventListener("click", help);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=range]), select, textarea, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const pressed = event.target.closest("button, a, summary");
    if (event.key === " " && pressed) return;
    if (event.key === "?") return help();
    if (event.key === "p") return look({ present: document.body.classList.contains("presents") ? null : "1" });
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });
}
