"""All that one browser is shown of one instant: what the templates read, and the map's states."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from licensing.wall_time import date_after, wall_time_ns
from runtime.pages.rendering import instant
from simulator.report.account.states import SiteState
from simulator.report.phrases import TIED
from simulator.scenario import bandwidth_in_words, duration_in_words
from simulator.stage.license_view import LicenseView
from simulator.stage.look import MILLISECOND_NS, Looking
from simulator.stage.person_clock import RATES
from simulator.stage.stage import Stage
from simulator.stage.view import (
    LinkView,
    SiteView,
    StageState,
    census,
    displays_in_one_line,
    site_groups,
)

MOST_DISPLAYS = 24
_CODES = re.compile(r"\b[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}\b")
"""License authorization codes, wherever they stand in a sentence."""
_FAST = 600.0
"""Virtual seconds in each real one, from which on nobody follows single requests."""
_PACES = (
    ("real time", "\N{MULTIPLICATION SIGN}1", "1"),
    ("1 minute a second", "1 min/s", "2"),
    ("1 hour a second", "1 h/s", "3"),
    ("1 day a second", "1 day/s", "4"),
)
"""Pace, its button and its key; what pauses is a button of its own."""
MOST_NAMED = 12
_UNTROUBLED = (SiteState.REGULAR, SiteState.ACTIVATION_PERIOD)

Seen = Mapping[str, Any]


def shown(
    stage: Stage,
    look: Looking,
    *,
    port: str = "",
    run: str = "",
    told: str = "",
    is_problem: bool = False,
) -> Seen:
    """What the templates need, by name: the same for an instant that is now and one that was."""
    at_ns = look.at_ns(stage.now_ns)
    state = stage.state(at_ns)
    sites, licenses = stage.sites(state, at_ns), stage.licenses(state)
    return {
        "title": stage.scenario.title,
        "about": stage.scenario.about,
        "look": look,
        "port": port,
        "run": run,
        "told": told,
        "is_problem": is_problem,
        "drawing": stage.drawing,
        "recorded": stage.recorder.in_words,
        "sites": sites,
        "order": {name: number for number, name in enumerate(sites)},
        "licenses": licenses,
        "agents": len({each.agent for each in licenses}),
        **_time(stage, look, at_ns),
        **_panel(stage, look, at_ns, state, sites, licenses),
        **_words(stage, look, at_ns, state),
    }


def _time(stage: Stage, look: Looking, at_ns: int) -> Seen:
    live_ns, bar = stage.now_ns, stage.bar()
    day, time = stage.recorder.calendar.moment(at_ns).rsplit(" ", 1)
    return {
        "is_live": look.at_ms is None,
        "start_ms": wall_time_ns(stage.scenario.start) // MILLISECOND_NS,
        "live_ns": live_ns,
        "now_ms": live_ns // MILLISECOND_NS,
        "at_ms": at_ns // MILLISECOND_NS,
        "end_ms": bar.end_ns // MILLISECOND_NS,
        "rate": 0 if stage.hurry.what else stage.clock.rate,
        "is_fast": bool(stage.hurry.what) or stage.clock.rate > _FAST,
        "pace": _pace(stage),
        "paces": _PACES,
        "hurry": stage.hurry.what,
        "ended": stage.unattended.ended,
        "day": day.capitalize(),
        "time": time,
        "date": instant(date_after(stage.scenario.start, at_ns)),
        "bar": bar,
        "flags": stage.flags(bar),
    }


def _panel(
    stage: Stage,
    look: Looking,
    at_ns: int,
    state: StageState,
    sites: Mapping[str, SiteView],
    licenses: Sequence[LicenseView],
) -> Seen:
    """What is looked at: one thing, or the whole."""
    links = stage.links(state)
    site = sites.get(look.name) if look.kind == "node" else None
    link = links.get(look.name) if look.kind in ("link", "transit") else None
    row = _license(look, licenses)
    troubled = [site for site in sites.values() if site.state not in _UNTROUBLED]
    return {
        "links": links,
        "site": site,
        "link": link,
        "license": row,
        "census": census(sites),
        "troubled": troubled,
        "groups": site_groups(troubled),
        "most_named": MOST_NAMED,
        "faulty": [each for each in links.values() if each.faults],
        "displays_of": displays_in_one_line,
        "declared": _declared(stage, link),
        "numbers": _numbers(stage, site) if look.at_ms is None else [],
        "why": stage.why(_question(site, row), at_ns) if site or row else [],
        "most_displays": MOST_DISPLAYS,
    }


def _words(stage: Stage, look: Looking, at_ns: int, state: StageState) -> Seen:
    """The story, and the scenario's steps."""
    story, steps = stage.story(look, at_ns), stage.step_views(look, state)
    return {
        "story": story,
        "last": story[-1] if story else None,
        "moment": stage.recorder.calendar.moment,
        "said": partial(_said, presents=look.presents),
        "steps": steps,
        "steps_left": len(stage.steps.left),
        "steps_more": len(stage.steps.steps) - steps[-1].number - 1 if steps else 0,
        "to_set_up": stage.steps.to_set_up,
        "next_step": next((step for step in steps if step.is_next), None),
        "last_step": stage.last_step_view(look, state),
    }


def _said(text: str, *, presents: bool) -> str:
    """A sentence as the page shows it; before an audience without anybody's codes."""
    text = text.replace(TIED, " ")
    return _CODES.sub("(a code)", text) if presents else text


def map_states(seen: Seen) -> dict[str, list[object]]:
    """By name what the map shows of each thing, for a script.

    Of a node its state, its word, what is left of its period, how many telephones are lit, and how
    it is read aloud; of a link, router or cloud its state, its faults, and its kind.
    """
    sites: dict[str, SiteView] = seen["sites"]
    links: dict[str, LinkView] = seen["links"]
    told: dict[str, list[object]] = {
        f"site {name}": [site.state.value, site.word, site.left, site.lit, site.rest]
        for name, site in sites.items()
    }
    return told | {
        f"link {name}": [link.state, link.faults, link.kind] for name, link in links.items()
    }


def _pace(stage: Stage) -> str:
    return next((name for name, rate in RATES.items() if rate == stage.clock.rate), "")


def _license(look: Looking, licenses: Sequence[LicenseView]) -> LicenseView | None:
    if look.kind != "license":
        return None
    return next((row for row in licenses if f"{row.agent}:{row.key}" == look.name), None)


def _question(site: SiteView | None, row: LicenseView | None) -> tuple[str, ...]:
    """What *why?* asks of what is looked at."""
    if site:
        return "node", site.name
    assert row
    if row.refused:
        return "license", row.refused[0][0], row.key
    reserved = [name for name, _, number in row.shares if number]
    return ("over-use", row.key) if row.excess or not reserved else ("reserved", reserved[0])


def _declared(stage: Stage, link: LinkView | None) -> dict[str, str]:
    declared = stage.scenario.internetwork.links.get(link.name) if link else None
    if declared is None:
        return {}
    latency = duration_in_words(declared.latency)
    return {"latency": latency, "bandwidth": bandwidth_in_words(declared.bandwidth)}


def _numbers(stage: Stage, site: SiteView | None) -> list[str]:
    """Whoever may call: the subscribers of a node, as they are now."""
    if not site:
        return []
    return [*stage.recorder.fold.subscribers(site.name), "outside"]
