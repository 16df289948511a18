// What runs along the links: a dot each, and where it is too much for dots, a pulse.

const canvas = document.querySelector(".picture canvas");
const map = document.querySelector("svg.map");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const many = map.classList.contains("many");
const POINTS = 40;
const LASTS_MS = 900;
const MOST_DOTS = 3;
const lines = new Map();
const known = new Map();
let moving = [];
let size = null;

for (const each of map.querySelectorAll("a.link")) {
  const wire = each.querySelector(".wire");
  const length = wire.getTotalLength();
  const points = Array.from({ length: POINTS + 1 }, (_, at) => wire.getPointAtLength((length * at) / POINTS));
  lines.set(each.dataset.link, { from: each.dataset.from, points });
}

// Numbers are sums since the start: what is more than before has just passed.
export function run(news, fast) {
  const first = known.size === 0;
  const now = performance.now();
  for (const [key, [through, lost]] of Object.entries(news)) {
    const [before, lostBefore] = known.get(key) ?? [0, 0];
    known.set(key, [through, lost]);
    if (first || still.matches || document.hidden) continue;
    const at = key.lastIndexOf(" ");
    const line = lines.get(key.slice(0, at));
    if (!line) continue;
    const backwards = line.from !== key.slice(at + 1);
    start(line, backwards, through - before, false, now, fast);
    start(line, backwards, lost - lostBefore, true, now, fast);
  }
  ask();
}

let asked = false;
function ask() {
  if (asked || !moving.length) return;
  asked = true;
  requestAnimationFrame(frame);
}

// Where time runs fast one pulse stands for all, and the next one follows when it has gone.
function start(line, backwards, number, lost, now, fast) {
  if (number <= 0) return;
  const pulse = fast || number > MOST_DOTS;
  const same = (each) => each.line === line && each.backwards === backwards && each.lost === lost;
  if (pulse && moving.some((each) => each.pulse && same(each))) return;
  for (let each = 0; each < (pulse ? 1 : number); each += 1) {
    moving.push({ line, backwards, lost, pulse, since: now + each * 140 });
  }
  if (moving.length > 400) moving = moving.slice(-400);
}

function measure() {
  const { width, height } = canvas.getBoundingClientRect();
  const box = map.viewBox.baseVal;
  const on = map.getBoundingClientRect();
  const around = canvas.getBoundingClientRect();
  const scale = Math.min(on.width / box.width, on.height / box.height);
  const ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const x = on.left - around.left + (on.width - box.width * scale) / 2 - box.x * scale;
  const y = on.top - around.top + (on.height - box.height * scale) / 2 - box.y * scale;
  const style = getComputedStyle(document.documentElement);
  size = { ratio, scale, x, y, good: style.getPropertyValue("--accent"), bad: style.getPropertyValue("--bad-band") };
}

function frame(now) {
  asked = false;
  if (!size) measure();
  const pen = canvas.getContext("2d");
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(size.ratio * size.scale, 0, 0, size.ratio * size.scale, size.ratio * size.x, size.ratio * size.y);
  moving = moving.filter((each) => now - each.since < LASTS_MS);
  for (const each of moving) {
    const part = (now - each.since) / LASTS_MS;
    if (part >= 0) dot(pen, each, part);
  }
  ask();
}

// What is lost gets as far as the gap, and fades there.
function dot(pen, { line, backwards, lost, pulse }, part) {
  const way = lost ? Math.min(part, 0.5) * 0.9 : part;
  const at = Math.round((backwards ? 1 - way : way) * POINTS);
  const { x, y } = line.points[Math.max(0, Math.min(POINTS, at))];
  pen.globalAlpha = lost && part > 0.5 ? 2 - 2 * part : pulse ? 0.55 : 0.95;
  pen.fillStyle = lost ? size.bad : size.good;
  pen.beginPath();
  pen.arc(x, y, (pulse ? 8 : 4.5) * (many ? 0.6 : 1), 0, 7);
  pen.fill();
}

function forget() {
  size = null;
}

addEventListener("resize", forget);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", forget);
