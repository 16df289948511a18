// The clock between two news, and the slider over the recording.

const slider = document.querySelector(".scrub input[type=range]");
const EVERY_MS = 100;
const DAY_MS = 86_400_000;
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const now = { startMs: 0, atMs: 0, liveMs: 0, rate: 0, since: 0, live: true, ticking: null, drawn: 0 };

export function keepTime(news) {
  if ("start_ms" in news) now.startMs = news.start_ms;
  if ("now_ms" in news) now.liveMs = news.now_ms;
  if ("at_ms" in news) now.atMs = news.at_ms;
  if ("rate" in news) now.rate = news.rate;
  if ("is_live" in news) now.live = news.is_live;
  now.since = performance.now();
  now.drawn = 0;
  document.body.classList.toggle("is-recorded", !now.live);
  if ("end_ms" in news) slider.max = news.end_ms;
  if (document.activeElement !== slider || now.live) slider.value = now.atMs;
  slider.setAttribute("aria-valuetext", document.querySelector(".now").textContent);
  if (now.live && now.rate && !now.ticking) now.ticking = setInterval(tick, EVERY_MS);
  if (!(now.live && now.rate)) {
    clearInterval(now.ticking);
    now.ticking = null;
  }
}

// Time runs on between two news: the server tells ten times a second what happens, not what the time is.
function tick() {
  if (document.body.classList.contains("is-unanswered")) return;
  const passed = (performance.now() - now.since) * now.rate;
  const shown = document.querySelector(".now");
  const [day, time] = [shown.querySelector("span"), shown.lastChild];
  const instant = new Date(now.startMs + now.liveMs + passed);
  const text = instant.toISOString().slice(11, 19);
  write(time, ` ${text}`);
  write(day, `Day ${Math.floor(instant / DAY_MS) - Math.floor(now.startMs / DAY_MS)}`);
  const date = `${instant.getUTCDate()} ${MONTHS[instant.getUTCMonth()]} ${instant.getUTCFullYear()}`;
  write(document.querySelector(".date"), `${date}, ${text.slice(0, 5)} UTC`);
  if (passed - (now.drawn) > slider.max / 2000 || passed < now.drawn) {
    now.drawn = passed;
    slider.value = now.liveMs + passed;
  }
}

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

const HOUR_MS = 3_600_000;
const STEPS = { ArrowLeft: -HOUR_MS, ArrowDown: -HOUR_MS, ArrowRight: HOUR_MS, ArrowUp: HOUR_MS, PageDown: -24 * HOUR_MS, PageUp: 24 * HOUR_MS };

export function scrubbed(goTo) {
  let waiting = null;
  const go = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => goTo(Number(slider.value) >= now.liveMs ? null : Math.round(slider.value)), 40);
  };
  slider.addEventListener("input", go);
  slider.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    slider.value = Math.min(now.liveMs, Number(slider.value) + step);
    go();
  });
}
