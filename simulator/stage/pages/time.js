// The clock between two news, and the slider over the recording.

const slider = document.querySelector(".scrub input[type=range]");
const EVERY_MS = 100;
const now = { atMs: 0, liveMs: 0, rate: 0, since: 0, live: true, ticking: null, drawn: 0 };

export function keepTime(news) {
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
  const passed = (performance.now() - now.since) * now.rate;
  const shown = document.querySelector(".now");
  const [day, time] = [shown.querySelector("span"), shown.lastChild];
  const midnight = midnightMs(day.textContent, time.textContent);
  const at = now.liveMs + passed + midnight;
  const seconds = Math.floor(at / 1000);
  const text = [3600, 60, 1].map((unit, each) => String(Math.floor(seconds / unit) % [24, 60, 60][each]).padStart(2, "0")).join(":");
  if (time.textContent.trim() !== text) time.textContent = ` ${text}`;
  const name = `Day ${Math.floor(seconds / 86400)}`;
  if (day.textContent !== name) day.textContent = name;
  if (passed - (now.drawn) > slider.max / 2000 || passed < now.drawn) {
    now.drawn = passed;
    slider.value = now.liveMs + passed;
  }
}

// The run begins at some time of day 0, which follows from the first instant that came.
let offsetMs = null;
function midnightMs(day, time) {
  if (offsetMs === null) {
    const [hours, minutes, seconds] = time.trim().split(":").map(Number);
    const told = (((Number(day.replace(/\D/g, "")) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
    offsetMs = Math.ceil((told - now.atMs) / 1000) * 1000;
  }
  return offsetMs;
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
