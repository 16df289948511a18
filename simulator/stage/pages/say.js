// What a screen reader hears: at most one thing in a second, the latest; nothing twice.

const place = document.querySelector("#said");
let waiting = null;
let last = "";
let next = "";

export function say(text) {
  next = (text ?? "").trim();
  if (!place || !next || next === last || waiting) return;
  tell();
}

function tell() {
  last = next;
  place.textContent = next;
  waiting = setTimeout(() => {
    waiting = null;
    if (next !== last) tell();
  }, 1000);
}
