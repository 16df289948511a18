// The stage follows the run, or shows an instant of its recording. Without a script one reloads it.

import { exchange } from "./parts.js";
import { draw, stop } from "./map.js";
import { run } from "./traffic.js";
import { keepTime, scrubbed } from "./time.js";
import { listen } from "./keys.js";
import { takeForms, tell } from "./forms.js";
import { say } from "./say.js";
import { follow, hear, isFollowing, leave, toldBefore, unanswered } from "./server.js";

const AGAIN_MS = 2000;
let fast = false;
let looks = 0;
let again = null;

// What is shown is in the address, as it is for a browser without a script.
export function look(change) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(change)) {
    if (["node", "link", "transit", "license"].includes(name)) for (const each of ["node", "link", "transit", "license"]) query.delete(each);
    if (value === null || value === "") query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  history.replaceState(null, "", text ? `/?${text}` : "/");
  tell(""); // it was about something else
  show();
}

export async function show() {
  const query = new URLSearchParams(location.search);
  const mine = (looks += 1);
  document.body.classList.toggle("presents", query.has("present"));
  if (!document.activeElement.checkVisibility()) stop().focus(); // an audience sees no panel
  clearTimeout(again);
  if (!query.has("at")) {
    follow(`/events?${query}`, take);
    return;
  }
  leave();
  try {
    const news = await (await fetch(`/at?${query}`)).json();
    if (mine === looks) hear(news, take); // an answer may come when somebody looks at something else
  } catch {
    unanswered();
    if (mine === looks) again = setTimeout(show, AGAIN_MS);
  }
}

function take(news) {
  for (const [name, html] of Object.entries(news.parts ?? {})) {
    const part = document.querySelector(`[data-part=${name}]`);
    if (part) exchange(part, html, stop());
  }
  if (news.parts?.steps) scrollToNextStep();
  if (news.parts?.clock) say(document.querySelector("[data-part=clock] .ended")?.textContent);
  if (news.parts?.sentence) say(document.querySelector("[data-part=sentence]")?.textContent);
  if (news.time) keepTime(news.time);
  if (news.map) draw(news.map);
  if (news.time && "is_fast" in news.time) fast = news.time.is_fast;
  if (news.traffic && isFollowing()) run(news.traffic, fast);
}

// The next step stands in the upper third of its list, unless somebody reads there.
let shownStep = null;
function scrollToNextStep() {
  const [list, step] = [document.querySelector("[data-part=steps]"), document.querySelector("[aria-current=step]")];
  if (!step || step.id === shownStep) return;
  shownStep = step.id;
  if (list.contains(document.activeElement)) return;
  const above = step.getBoundingClientRect().top - list.getBoundingClientRect().top;
  list.scrollTop += above - list.clientHeight / 4;
}

takeForms();
const before = toldBefore();
if (before) tell(before);
listen();
scrubbed((at) => look({ at }));
show();
