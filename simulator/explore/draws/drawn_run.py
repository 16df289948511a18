"""From a seed to a whole run: what it is played in, what happens, and how it is mended."""

from functools import cached_property
from random import Random  # noqa: TID251 - a stream of the run's seed
from typing import Any

import msgspec

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.explore.draws.course import LONGEST_RUN_NS, RunCourse, activation
from simulator.explore.draws.given_sites import given_sites
from simulator.explore.draws.host_faults import end_host_faults
from simulator.explore.draws.license_work import move
from simulator.explore.draws.mix import MIX, swarm
from simulator.explore.draws.network_faults import end_network_faults
from simulator.explore.draws.sites import DrawnSites, drawn_sites
from simulator.explore.draws.system_work import make_known
from simulator.scenario import Instant, Scenario, parse_scenario
from simulator.worlds.random_streams import stream

_ACTIVATED_NS = 8 * HOUR_NS + 30 * MINUTE_NS
_MOST_STEPS = 80
_PAUSES_NS = [
    (MINUTE_NS, 20 * MINUTE_NS),
    (5 * MINUTE_NS, 2 * HOUR_NS),
    (HOUR_NS, 8 * HOUR_NS),
]
_PAUSES_OF_A_LONG_RUN_NS = (4 * HOUR_NS, 3 * DAY_NS)


class DrawnRun(msgspec.Struct, frozen=True, dict=True):
    """What chance made of `seed`: `kinds` is the part of the mix that it drew from."""

    seed: int
    kinds: tuple[str, ...]
    sites: DrawnSites
    written: dict[str, Any]

    @cached_property
    def scenario(self) -> Scenario:
        """As it is played."""
        return parse_scenario(self.written)


def drawn_run(seed: int, given: str = "") -> DrawnRun:
    """The run of a seed; always the same one, wherever it is drawn.

    It is played in an internetwork of its own, or in that of the plain scenario `given`.
    """
    dice = stream(seed, "explore: sites")
    sites, kept = given_sites(given, dice) if given else _drawn_sites(dice)
    dice = stream(seed, "explore: course")
    kinds = swarm(dice)
    long = sites.span_ns > 9 * DAY_NS
    pauses_ns = _PAUSES_OF_A_LONG_RUN_NS if long else dice.choice(_PAUSES_NS)
    course = RunCourse(dice, sites, pauses_ns)
    _draw(course, kinds)
    mend(course)
    written = _written(seed, kept, [*_opening(sites), *course.steps])
    return DrawnRun(seed, tuple(kinds), sites, written)


def undrawn(given: str) -> Scenario:
    """All are licensed in the internetwork of the plain scenario `given`, and nothing happens."""
    sites, kept = given_sites(given, stream(0, "explore: sites"))
    return parse_scenario(_written(0, kept, _opening(sites)))


def _written(seed: int, kept: dict[str, Any], timeline: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "title": f"Explored run {seed}",
        "about": "Drawn from its seed: faults and people's work, then none, and all are regular.",
        "start": "2026-03-02 08:00",
        "seed": str(seed),
        **kept,
        "timeline": timeline,
    }


def _drawn_sites(dice: Random) -> tuple[DrawnSites, dict[str, Any]]:
    sites = drawn_sites(dice)
    return sites, {"internetwork": sites.written, "policies": sites.policies}


def _opening(sites: DrawnSites) -> list[dict[str, Any]]:
    """All are licensed with what there is."""
    steps: list[dict[str, Any]] = [
        {
            "at": str(Instant(_ACTIVATED_NS + place * MINUTE_NS)),
            "activate": activation(sites.master, order),
        }
        for place, order in enumerate(sites.opening)
    ]
    steps.append({"at": "day 0 09:00", "unlock": "all"})
    return [*steps, {"at": "day 0 09:30", "expect": {"all": "regular"}}]


def _draw(course: RunCourse, kinds: list[str]) -> None:
    last_ns = min(course.now_ns + course.sites.span_ns, LONGEST_RUN_NS)
    weights = [MIX[name].weight for name in kinds]
    for _ in range(_MOST_STEPS):
        if course.now_ns >= last_ns:
            return
        MIX[course.dice.choices(kinds, weights)[0]].draw(course)


def mend(course: RunCourse) -> None:
    """Faults end, what was moved is loaded, and everybody is known: what a person knows to do."""
    end_network_faults(course)
    end_host_faults(course)
    if course.moved:
        move(course)
    make_known(course)
