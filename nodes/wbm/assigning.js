// Forms while somebody fills them in. Without it the node says the same when they are sent.

// Licenses that need others open with them, and close; a tick that was there comes back.

function follow(form) {
  const boxes = [...form.querySelectorAll("input[type=checkbox][name=license]")];
  const manner = () => form.elements.manner?.value ?? "exactly";
  const ticked = (key) => boxes.some((box) => box.value === key && box.checked);
  const renew = () => {
    for (const box of boxes) open(box, manner() !== "exactly" || isMet(box.dataset.requires, ticked));
    for (const part of form.querySelectorAll("[data-manner]")) {
      part.hidden = !part.dataset.manner.split(" ").includes(manner());
    }
  };
  form.addEventListener("change", renew);
  renew();
}

// "ip tdm|uc-suite groupware-user": one of each group.
function isMet(requires, ticked) {
  return !requires || requires.split("|").every((oneOf) => oneOf.split(" ").some(ticked));
}

function open(box, opened) {
  if (box.hasAttribute("data-never")) return;
  const words = box.closest("label").querySelector("[data-opened]");
  if (words) {
    words.dataset.closed ??= words.textContent;
    words.textContent = opened ? words.dataset.opened : words.dataset.closed;
  }
  if (opened === !box.disabled) return;
  if (opened) box.checked = box.hasAttribute("data-was-ticked");
  else {
    box.toggleAttribute("data-was-ticked", box.checked);
    box.checked = false;
  }
  box.disabled = !opened;
}

for (const form of document.querySelectorAll("form:has([data-requires])")) {
  for (const box of form.querySelectorAll("input:disabled")) box.setAttribute("data-never", "");
  follow(form);
}

// Rows of a table that are ticked.

const tickAll = document.querySelector("[data-tick-all]");
const rows = [...document.querySelectorAll(".tick [name=number]")];
const forTicked = document.querySelector("[data-needs-ticks]");
const withoutCount = forTicked?.textContent;

function countTicks() {
  const count = rows.filter((row) => row.checked).length;
  forTicked.disabled = count === 0;
  forTicked.textContent = count ? `${withoutCount}: ${count}` : withoutCount;
  tickAll.checked = count === rows.length;
  tickAll.indeterminate = count > 0 && count < rows.length;
}

if (tickAll && forTicked) {
  tickAll.hidden = false;
  tickAll.addEventListener("change", () => {
    for (const row of rows) row.checked = tickAll.checked;
  });
  tickAll.form.addEventListener("change", countTicks);
  addEventListener("pageshow", countTicks);
}

// Leaving a form with entries that are not saved asks first.

const changed = new Set();

function isChanged(field) {
  if (field.type === "hidden") return false;
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (field.type === "select-one") return [...field.options].some((each) => each.selected !== each.defaultSelected) && field.selectedIndex > 0;
  return "defaultValue" in field && field.value !== field.defaultValue;
}

for (const form of document.querySelectorAll("main form[method=post]")) {
  if (form.hasAttribute("data-unsaved")) changed.add(form);
  form.addEventListener("input", () => {
    const unsaved = form.hasAttribute("data-unsaved") || [...form.elements].some(isChanged);
    changed[unsaved ? "add" : "delete"](form);
  });
}

let sent = null;
document.addEventListener("submit", (event) => { sent = event.target; });
addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form !== sent)) event.preventDefault();
});
