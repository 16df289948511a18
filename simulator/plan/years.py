"""What fails in a year: outages of components, which follow from a seed and a number alone."""

from typing import NamedTuple

from licensing.policies import DAY_NS
from simulator.scenario.components import Component

YEAR_NS = 365 * DAY_NS


class Outage(NamedTuple):
    """One failure of a component until its repair, in nanoseconds since the start of the year.

    It may be repaired after the end of the year.
    """

    component: Component
    began_ns: int
    ended_ns: int


class Year(NamedTuple):
    """The outages of one sampled year, in the order in which they begin.

    `number` counts from 0, `weight` is how much more or less likely the year is than it was to be
    drawn: 1 where nothing was drawn more often than it happens.
    """

    number: int
    outages: tuple[Outage, ...]
    weight: float = 1.0
