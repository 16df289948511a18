// A part of the page as it reads now: only what differs is exchanged, so that focus and entries stay.

const CONTROLS = "button, a[href], input:not([type=hidden]), select, summary";

// A control that goes while it has the focus leaves it to its successor: in the smallest group that is left what is
// most likely wanted next, or what stands in its place; otherwise to the heading, or to `elsewhere`.
export function exchange(part, html, elsewhere = null) {
  const focused = document.activeElement;
  const groups = focused === part || !part.contains(focused) ? null : groupsOf(focused, part);
  const fresh = document.createElement("template");
  fresh.innerHTML = html;
  children(part, fresh.content);
  if (!groups || document.activeElement === focused) return;
  (focused.isConnected ? focused : (successor(groups) ?? part.querySelector("h2") ?? elsewhere))?.focus();
}

function groupsOf(control, part) {
  const groups = [];
  for (let each = control.parentElement; each !== part; each = each.parentElement) {
    groups.push({ group: each, place: [...each.querySelectorAll(CONTROLS)].indexOf(control) });
  }
  return groups;
}

function successor(groups) {
  for (const { group, place } of groups) {
    const left = group.isConnected ? group.querySelectorAll(CONTROLS) : [];
    if (left.length) return group.querySelector("button.strong") ?? left[Math.min(place, left.length - 1)];
  }
  return null;
}

// What has an id is the same wherever it stands; the rest is where it stands in its place.
function children(old, fresh) {
  const named = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
  const kept = new Set([...fresh.children].map((each) => each.id).filter(Boolean));
  let at = old.firstChild;
  for (const next of [...fresh.childNodes]) {
    const same = next.id ? named.get(next.id) : alike(at, next) ? at : null;
    while (same && at && at !== same && !kept.has(at.id)) at = gone(at);
    if (!same) old.insertBefore(next, at);
    else if (same === at) at = at.nextSibling;
    else old.insertBefore(same, at);
    if (same) node(same, next);
  }
  while (at) at = gone(at);
}

function gone(each) {
  const next = each.nextSibling;
  each.remove();
  return next;
}

function alike(one, other) {
  return one && one.nodeName === other.nodeName && !one.id && !other.id;
}

function node(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") old.removeAttribute(name);
  }
  children(old, fresh);
}
