"""What the page shows of licenses at one instant: rows, and the parts of their bars.

Everything here follows from the recording and what the scenario says.
"""

from collections.abc import Iterable, Mapping

import msgspec

from licensing.catalogue import LICENSES
from simulator.scenario import Scenario
from simulator.stage.values import LicenseNow, SiteNow
from simulator.stage.view import StageState

_NARROWEST_BAR, _CHARACTER, _MARGIN = 320, 7, 6
"""Pixels, of the bar of a license on a pocket telephone, and of what is written on it."""


class SeatBar(msgspec.Struct, frozen=True):
    """A node's part of the bar of a license: its seats, and where it lies, in hundredths of it.

    `how` is `used`, `reserved`, `refused`, or `lent` to other licenses, which is no node's.
    """

    node: str
    how: str
    seats: int
    x: float
    width: float

    @property
    def words(self) -> str:
        """What is written on it: as much of node and number as there is room for."""
        whole = f"stands in {self.seats}" if self.how == "lent" else f"{self.node} {self.seats}"
        said = (whole, str(self.seats)) if self.how != "refused" else ()
        room = self.width * _NARROWEST_BAR / 100
        return next((text for text in said if _MARGIN + len(text) * _CHARACTER <= room), "")


class LicenseView(msgspec.Struct, frozen=True):
    """A license of one CLA, with what each node has of it, by the books of the CLA.

    `shares` are node, seats in use, seats reserved, in the order of the scenario; `refused` node
    and number of what is demanded and not licensed; `excess` what is used beyond what was bought.
    `lent` of its seats stand in for other licenses, `borrowed` of those in use or reserved are of
    others.
    """

    agent: str
    key: str
    name: str
    bought: int
    in_use: int
    reserved: int
    free: int
    shares: tuple[tuple[str, int, int], ...]
    refused: tuple[tuple[str, int], ...]
    excess: int
    lent: int = 0
    borrowed: int = 0

    @property
    def is_any(self) -> bool:
        """Whether there is anything to say of it, whatever it was before."""
        return any((self.bought, self.in_use, self.reserved, self.refused, self.excess))

    @property
    def whole(self) -> int:
        """How long the bar is, in seats."""
        taken = self.in_use + self.reserved + self.lent
        wanted = taken + sum(number for _, number in self.refused)
        return max(self.bought, wanted, 1)

    @property
    def bars(self) -> list[SeatBar]:
        """What is used lies first, then what is reserved, lent, and refused.

        They are listed by kind of what is asked and by node, so that a node's part keeps its place
        among them where it moves along the bar.
        """
        used, reserved = 0, self.in_use
        bars = []
        for node, in_use, held in self.shares:
            if in_use:
                bars.append(self._bar(node, "used", in_use, used))
            if held:
                bars.append(self._bar(node, "reserved", held, reserved))
            used, reserved = used + in_use, reserved + held
        if self.lent:
            bars.append(self._bar("", "lent", self.lent, reserved))
            reserved += self.lent
        for node, number in self.refused:
            bars.append(self._bar(node, "refused", number, reserved))
            reserved += number
        return bars

    def _bar(self, node: str, how: str, seats: int, first: int) -> SeatBar:
        return SeatBar(
            node, how, seats, round(first / self.whole * 100, 2), round(seats / self.whole * 100, 2)
        )


def license_views(scenario: Scenario, state: StageState) -> list[LicenseView]:
    """All licenses of all CLAs of which anything is left, in the price list's order."""
    place = {name: number for number, name in enumerate(scenario.internetwork.nodes)}
    refused = _refused(scenario, state)
    agents = dict.fromkeys(key[1] for key in state if key[0] == "license")
    views = (
        _license_view(state, agent, key, place, refused.get((agent, key), ()))
        for agent in sorted(agents, key=place.__getitem__)
        for key in LICENSES
        if ("license", agent, key) in state
    )
    return [view for view in views if view.is_any]


def _license_view(
    state: StageState,
    agent: str,
    key: str,
    place: Mapping[str, int],
    refused: Iterable[tuple[str, int]],
) -> LicenseView:
    now = state["license", agent, key]
    assert isinstance(now, LicenseNow)
    in_use, reserved = sum(now.in_use.values()), sum(now.reserved.values())
    names = dict.fromkeys((*now.in_use, *now.reserved))  # those that are no nodes any more are last
    shares = tuple(
        (name, now.in_use.get(name, 0), now.reserved.get(name, 0))
        for name in sorted(names, key=lambda name: place.get(name, len(place)))
    )
    excess = state.get(("over-use", key), 0)
    return LicenseView(
        agent=agent,
        key=key,
        name=LICENSES[key].name,
        bought=now.bought,
        in_use=in_use,
        reserved=reserved,
        free=now.free,
        shares=shares,
        refused=tuple(refused),
        excess=excess if isinstance(excess, int) else 0,
        lent=now.lent,
        borrowed=now.borrowed,
    )


def _refused(scenario: Scenario, state: StageState) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """By CLA and license: node and number of what is demanded there and not licensed."""
    found: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for name in scenario.internetwork.nodes:
        site, refused = state.get(("site", name)), state.get(("refused", name))
        if isinstance(site, SiteNow) and isinstance(refused, dict):
            for key, number in refused.items():
                found.setdefault((site.agent, key), []).append((name, number))
    return found
