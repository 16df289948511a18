"""Links, and what stands between the sites: routers and clouds, which carry traffic, run nothing.

A link is called by its name, or by its two ends in any order where no other link joins them.
"""

from collections.abc import Mapping, Sequence
from typing import Self

from pydantic import PrivateAttr

from licensing.node_names import spelled
from simulator.scenario.places import Coordinates
from simulator.scenario.step import Part
from simulator.scenario.values import BitRate, Duration, IdleTime, PairOfNames

INTERNET = "internet"
"""The host behind which the license server is reached; it forwards nothing, no node has its name.
"""

Ends = tuple[str, str]


class Router(Part):
    """A router that belongs to no site; `place` is longitude and latitude in degrees."""

    place: Coordinates | None = None
    """Longitude and latitude in degrees, for maps. Example: `place: [10.0, 50.1]`"""


class Cloud(Part):
    """A provider's network, such as MPLS or a VPN; `place` is where a map draws it."""

    place: Coordinates | None = None
    """Where a map draws it. Example: `place: [10.0, 50.1]`"""


class Link(Part):
    """A link between two sites, routers or clouds. Its name is `A-B`, or it says what it `joins`.

    Where a device on it forgets connections, that is after `forgets_idle_after` without data.
    """

    bandwidth: BitRate
    """That of each direction. Example: `bandwidth: 20 Mbit/s`"""

    latency: Duration
    """How long every byte is under way. Example: `latency: 15 ms`"""

    jitter: Duration = 0
    """By how much more at most, as chance has it. Example: `jitter: 2 ms`"""

    forgets_idle_after: IdleTime | None = None
    """A device on it forgets connections that carry no data for so long (F17). Example:
    `forgets_idle_after: 30 min`"""

    joins: PairOfNames | None = None
    """The two ends of a link that has a name of its own. Example: `joins: [hq, branch]`"""

    _ends: Ends | None = PrivateAttr(default=None)

    @property
    def ends(self) -> Ends:
        """What it joins, as an internetwork has found it out."""
        assert self._ends, "only a link of an internetwork has ends"
        return self._ends

    @property
    def known_ends(self) -> frozenset[str]:
        """The same in no order; empty where it could not be found out."""
        return frozenset(self._ends or ())

    def between(self, ends: Ends | None) -> Self:
        """The same link, joining two ends."""
        copy = self.model_copy()
        copy._ends = ends  # noqa: SLF001 - a copy of the same class
        return copy


def possible_ends(name: str, link: Link | None, ends: Sequence[str]) -> list[Ends]:
    """What a link may join: what it says, or each way to split `A-B` into two of `ends`.

    Names may contain `-` themselves, and are spelled as in `ends`. None is a link that could not be
    read.
    """
    known = {end.casefold(): end for end in ends} | {end: end for end in ends}
    if link is not None and link.joins:
        one, other = (known.get(end) or known.get(end.casefold(), end) for end in link.joins)
        return [(one, other)]
    pairs = ([known.get(end) or known.get(end.casefold()) for end in pair] for pair in splits(name))
    return [(one, other) for one, other in pairs if one and other]


def splits(name: str) -> list[Ends]:
    """Each way to split `A-B` at a `-`."""
    return [(name[:at], name[at + 1 :]) for at, char in enumerate(name) if char == "-"]


def links_called(name: str, links: Mapping[str, Link], ends: Sequence[str]) -> list[str]:
    """The links that `name` may mean: the one of that name, or all that join its two ends."""
    if link := spelled(name, links):
        return [link]
    pairs = [set(pair) for pair in possible_ends(name, None, ends)]
    return [called for called, each in links.items() if each.known_ends in pairs]
