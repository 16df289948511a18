"""The peer of the plan: the same outages as processes of SimPy, drawn by `random`.

Each line is a process that works for an exponential time and is repaired for a lognormal one. A
site is cut off while any line on its way is down: then it waits for what comes first, the line or
the end of its period, and an emergency begins. That is all: no heartbeat, no redialing, no
relicensing.
"""

import random  # noqa: TID251 - it is what the peer draws by
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

_YEAR_DAYS = 365
_HOUR_DAYS = 1 / 24


class PeerSite:
    """A site, with how many of its lines are down; the period is in days."""

    def __init__(self, env: simpy.Environment, period_days: float) -> None:
        self._env = env
        self._period_days = period_days
        self._down = 0
        self._works = env.event()
        self.has_ended = False

    def fails(self) -> None:
        """One of its lines."""
        self._down += 1
        if self._down == 1:
            self._works = self._env.event()
            self._env.process(self._cut_off())

    def works(self) -> None:
        """One of its lines, again."""
        self._down -= 1
        if not self._down:
            self._works.succeed()

    def _cut_off(self) -> Generator[Any, Any, None]:
        ends = self._env.timeout(self._period_days)
        first = yield self._works | ends
        self.has_ended = self.has_ended or ends in first


@dataclass(frozen=True)
class PeerLine:
    """A line, and the sites whose way it is on, by their numbers."""

    sites: Sequence[int]
    up_days: float
    mu: float
    sigma: float


def peer_years(
    lines: Sequence[PeerLine], sites: int, years: int, *, period_days: float, seed: int
) -> int:
    """Plays so many years, and counts the emergencies of sites, at most one a year each."""
    dice, ended = random.Random(seed), 0
    for _ in range(years):
        env = simpy.Environment()
        states = [PeerSite(env, period_days) for _ in range(sites)]
        for line in lines:
            env.process(_line(env, dice, line, [states[at] for at in line.sites]))
        env.run(until=_YEAR_DAYS)
        ended += sum(site.has_ended for site in states)
    return ended


def _line(
    env: simpy.Environment,
    dice: random.Random,
    line: PeerLine,
    sites: Sequence[PeerSite],
) -> Generator[Any, Any, None]:
    while True:
        yield env.timeout(dice.expovariate(1 / line.up_days))
        for site in sites:
            site.fails()
        yield env.timeout(dice.lognormvariate(line.mu, line.sigma) * _HOUR_DAYS)
        for site in sites:
            site.works()
