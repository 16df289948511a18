"""What of an internetwork fails, how often, and how long its repairs take: as data.

A component is named as the scenario file names it.
"""

from enum import StrEnum
from typing import NamedTuple

import msgspec

from simulator.scenario.outages.distributions import Distribution


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


class Reliability(msgspec.Struct, frozen=True):
    """A component: `up` from a repair to the next failure, `repair` from there to the repair."""

    component: Component
    up: Distribution
    repair: Distribution
