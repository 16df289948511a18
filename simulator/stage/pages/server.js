// What a page knows of its server: the news, whether it still answers, and whether it serves the same run.

const AGAIN_MS = 2000;
const KEPT = "told";
const banner = document.querySelector("#unanswered");
let source = null;
let again = null;
let asked = null;

// A browser has six connections to a server: a page that nobody sees has none, and catches up when it is seen.
export function follow(address, take) {
  asked = { address, take };
  open();
}

export function leave() {
  asked = null;
  open();
}

export function isFollowing() {
  return source !== null;
}

function open() {
  source?.close();
  source = null;
  clearTimeout(again);
  if (!asked || document.hidden) return;
  const { address, take } = asked;
  source = new EventSource(address);
  source.onmessage = (message) => hear(JSON.parse(message.data), take);
  source.onerror = (event) => {
    unanswered();
    if (event.target.readyState === EventSource.CLOSED) again = setTimeout(open, AGAIN_MS); // a server that starts says 503
  };
}

document.addEventListener("visibilitychange", open);

export function hear(news, take) {
  const run = news.server?.run;
  if (run && run !== document.body.dataset.run) {
    renew("The server was started anew: the page shows its run.");
    return;
  }
  banner.hidden = true;
  document.body.classList.remove("is-unanswered");
  take(news);
}

export function unanswered() {
  banner.hidden = false;
  document.body.classList.add("is-unanswered"); // the clock stands: nobody knows the time
}

// Of another run nothing on the page is so, perhaps not even a name.
export function renew(told) {
  asked = null;
  open();
  sessionStorage.setItem(KEPT, told);
  location.replace(location.pathname + (new URLSearchParams(location.search).has("present") ? "?present=1" : ""));
}

export function toldBefore() {
  const told = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  return told;
}
