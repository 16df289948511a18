// What pages do beyond being pages. Everything works without it, after a reload.

import "./assigning.js";
import { News } from "./live.js";

const changing = document.querySelector("[data-reload-on-change]");
const live = document.querySelector("[data-live]");

function show(news) {
  for (const display of document.querySelectorAll("[data-display]")) {
    const text = news.displays[display.dataset.display] ?? "";
    display.textContent = text || display.dataset.display;
    display.classList.toggle("message", text !== "");
  }
  const lit = document.querySelector("[data-lit]");
  if (lit) lit.textContent = Object.keys(news.displays).length;
  const words = document.querySelector("[data-words]").content.querySelector(`[data-key="${news.state}"]`);
  say(`${words.textContent}. Updated as it happens.`);
}

function say(text) {
  const words = live?.querySelector("[data-live-words]");
  if (words && words.textContent !== text) words.textContent = text;
}

function renew(news) {
  document.body.dataset.state = news.state;
  for (const [name, piece] of Object.entries(news.parts)) {
    const fresh = document.createElement("template");
    fresh.innerHTML = piece;
    for (const place of document.querySelectorAll(`[data-part="${name}"]`)) {
      // What is the same as before is not spoken again.
      if (place.innerHTML.trim() !== fresh.innerHTML.trim()) place.replaceChildren(fresh.content.cloneNode(true));
    }
  }
}

function hear(news) {
  if (!news) {
    say("The node does not answer; trying again.");
    return;
  }
  if (live) show(news);
  renew(news);
  const seen = `${news.state} ${news.connected ? "True" : "False"}`;
  if (changing && changing.dataset.reloadOnChange !== seen) location.reload();
}

function follow() {
  const look = attention();
  const tell = () => look(!document.hidden);
  document.addEventListener("visibilitychange", tell);
  addEventListener("pageshow", tell);
  addEventListener("pagehide", () => look(false));
}

// Where pages cannot share a worker, each has a stream of its own for as long as it is seen.
function attention() {
  if (!window.SharedWorker) {
    const news = new News(hear);
    return (seen) => { news.wanted = seen; };
  }
  const { port } = new SharedWorker("/live.js", { type: "module" });
  port.onmessage = ({ data }) => hear(data);
  return (seen) => port.postMessage(seen);
}

follow();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
