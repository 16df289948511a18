// The map: states of sites and links, and what a press does. Geometry is the server's.

import { act } from "./forms.js";
import { look } from "./stage.js";

const map = document.querySelector("svg.map");
const spots = new Map([...map.querySelectorAll("[data-site]")].map((each) => [`site ${each.dataset.site}`, each]));
const links = new Map([...map.querySelectorAll("[data-link]")].map((each) => [`link ${each.dataset.link}`, each]));
const many = map.classList.contains("many");

function state(element, name) {
  for (const each of [...element.classList]) if (each.startsWith("is-") && each !== "is-looked-at") element.classList.remove(each);
  element.classList.add(`is-${name}`);
}

export function draw(news) {
  for (const [key, value] of Object.entries(news)) {
    if (spots.has(key)) site(spots.get(key), ...value);
    else if (links.has(key)) link(links.get(key), ...value);
  }
  mark();
}

function site(spot, name, word, left, lit, rest) {
  state(spot, name);
  spot.querySelector("use").setAttribute("href", `#form-${name}`);
  spot.querySelector(".left").setAttribute("stroke-dasharray", `${left} 1000`);
  spot.querySelector(".word").textContent = many && word === "regular" ? "" : word;
  const badge = spot.querySelector(".lit");
  badge.toggleAttribute("visibility", false);
  if (!lit) badge.setAttribute("visibility", "hidden");
  badge.querySelector("text").textContent = lit || "";
  const telephones = lit ? `, ${lit} lit telephone${lit > 1 ? "s" : ""}` : "";
  spot.setAttribute("aria-label", `${spot.dataset.site}: ${word}${telephones}${rest ? `, ${rest} left` : ""}`);
}

function link(line, name, faults, kind) {
  state(line, name);
  const whole = kind === "link" ? "whole" : "works";
  const verb = name === "up" || name === "impaired" ? (kind === "link" ? "cut" : "fail") : kind === "link" ? "heal" : "repair";
  if (kind === "link") line.querySelector("use").setAttribute("href", `#mark-${name}`);
  else line.querySelector(".word").textContent = faults;
  line.dataset.verb = verb;
  line.setAttribute("aria-label", `${line.dataset.link}: ${faults || whole}. Press to ${verb}`);
}

// What the panel shows is marked.
function mark() {
  const query = new URLSearchParams(location.search);
  map.querySelectorAll(".is-looked-at").forEach((each) => each.classList.remove("is-looked-at"));
  const seen = spots.get(`site ${query.get("node")}`) ?? links.get(`link ${query.get("link") ?? query.get("transit")}`);
  seen?.classList.add("is-looked-at");
}

function press(event) {
  const spot = event.target.closest("a[data-site], a[data-link]");
  if (!spot) return;
  event.preventDefault();
  if (spot.dataset.site) {
    look({ node: spot.dataset.site });
    return;
  }
  const past = document.body.classList.contains("is-recorded");
  if (event.type === "click" && !event.shiftKey && !past) act(spot.dataset.verb ?? "cut", spot.dataset.link);
  look({ [spot.classList.contains("carrier") ? "transit" : "link"]: spot.dataset.link });
}

map.addEventListener("click", press);
map.addEventListener("contextmenu", press);
for (const each of [...spots.values(), ...links.values()]) {
  each.setAttribute("role", "button");
  each.setAttribute("tabindex", "-1");
}
spots.values().next().value?.setAttribute("tabindex", "0");
const picture = map.closest(".picture");
picture.scrollLeft = (picture.scrollWidth - picture.clientWidth) / 2; // where a telephone has no room for all

// One stop for the Tab key; arrows go to the nearest thing in their direction.
const AWAY = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function middle(element) {
  const mark = element.querySelector(".mark, use") ?? element;
  const { left, top, width, height } = mark.getBoundingClientRect();
  return [left + width / 2, top + height / 2];
}

map.addEventListener("keydown", (event) => {
  const from = event.target.closest("a");
  if (!from) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    event.stopPropagation();
    from.dispatchEvent(new MouseEvent(event.shiftKey ? "contextmenu" : "click", { bubbles: true, cancelable: true }));
    return;
  }
  const [wayX, wayY] = AWAY[event.key] ?? [0, 0];
  if (!wayX && !wayY) return;
  event.preventDefault();
  event.stopPropagation();
  const [x, y] = middle(from);
  let best = null;
  let least = Infinity;
  for (const each of [...spots.values(), ...links.values()]) {
    const [toX, toY] = middle(each);
    const along = (toX - x) * wayX + (toY - y) * wayY;
    const aside = Math.abs((toX - x) * wayY) + Math.abs((toY - y) * wayX);
    if (each !== from && along > 2 && along + 2 * aside < least) [best, least] = [each, along + 2 * aside];
  }
  if (best) go(best, from);
});

export function stop() {
  return map.querySelector("a[tabindex='0']");
}

function go(to, from) {
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
}

// Not on the map itself: Chromium takes an SVG element that listens to focus for one that can have it.
map.parentElement.addEventListener("focusin", (event) => {
  const on = event.target.closest("a");
  for (const each of map.querySelectorAll("a[tabindex='0']")) if (each !== on) each.setAttribute("tabindex", "-1");
  on?.setAttribute("tabindex", "0");
});
