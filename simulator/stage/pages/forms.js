// Every form does what it does without a script, only that the page stays where it is.

import { look, show } from "./stage.js";
import { say } from "./say.js";
import { exchange } from "./parts.js";
import { renew, unanswered } from "./server.js";

// What is done is done now, whatever instant was looked at.
async function send(fields) {
  if (new URLSearchParams(location.search).has("at")) look({ at: null });
  tell("");
  try {
    const response = await fetch("/do", { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields) });
    const { told, is_problem: problem } = await response.json();
    if (response.status === 409) renew(told);
    else tell(told, problem);
  } catch {
    unanswered();
    show();
  }
}

export function tell(told, problem = false) {
  const words = document.createElement("p");
  words.className = `told ${problem ? "problem" : "notice"}`;
  words.setAttribute("role", problem ? "alert" : "status");
  words.textContent = told;
  exchange(document.querySelector("[data-part=told]"), told ? words.outerHTML : "");
}

export function act(name, what) {
  return send({ act: name, what, run: document.body.dataset.run });
}

export function takeForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method === "dialog") return;
    event.preventDefault();
    if (form.method === "post") send(new FormData(form));
    else look(Object.fromEntries([...form.elements].filter((each) => each.type !== "hidden" && each.name).map((each) => [each.name, each.value])));
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#story")) look({ story: event.target.value });
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-at], a[data-look], a[data-present], .recorded a");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.dataset.at) {
      look({ at: link.dataset.at });
      say("The page shows that instant");
      return;
    }
    if ("present" in link.dataset) {
      look({ present: "1" });
      return;
    }
    history.replaceState(null, "", link.getAttribute("href"));
    look({});
  });
}
