"""What of an internetwork fails, how often, and how long its repairs take: as data.

A component is named as the scenario file names it. What a distribution makes of a uniform number,
and how likely a repair is to last, the planning of `simulator/plan/` knows.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class ComponentKind(StrEnum):
    """The four kinds of things that fail."""

    LINK = "link"
    CLOUD = "cloud"
    ROUTER = "router"
    HOST = "host"


class Component(NamedTuple):
    """One thing that fails, and is repaired: a link, a cloud, a router, or the host of a node."""

    kind: ComponentKind
    name: str


@dataclass(frozen=True, slots=True)
class Exponential:
    """Durations without memory."""

    mean_ns: int


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Durations whose logarithm is normal, with the standard deviation `sigma`."""

    mean_ns: int
    sigma: float


@dataclass(frozen=True, slots=True)
class Weibull:
    """Durations with a hazard that falls (`shape` under 1) or rises (over 1) as they last."""

    mean_ns: int
    shape: float


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same."""

    duration_ns: int


Distribution = Exponential | Lognormal | Weibull | Fixed


@dataclass(frozen=True, slots=True)
class Reliability:
    """A component: `up` from a repair to the next failure, `repair` from there to the repair."""

    component: Component
    up: Distribution
    repair: Distribution
