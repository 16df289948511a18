"""A link: the paths of its two directions, and what may be asked of it."""

from enum import StrEnum

import msgspec

from simulator.network.path import Path


class Ability(StrEnum):
    """What may be asked of a link."""

    CUT = "cut"
    CUT_ONE_WAY = "cut one way"
    LATENCY = "latency"
    BANDWIDTH = "bandwidth"
    LOSS = "loss"
    RESET = "reset"
    REFUSE = "refuse"
    DROP = "drop"


ALL_ABILITIES = frozenset(Ability)
"""Those of a simulated link, and of every real one that relays carry."""


class LinkUnable(Exception):
    """A link was not built for what is asked of it; says what, and the way out."""


class Link(msgspec.Struct, frozen=True):
    """Both directions, in the order in which its ends were named when it was added."""

    name: str
    there: Path
    back: Path
    abilities: frozenset[Ability]

    @property
    def paths(self) -> tuple[Path, Path]:
        """Both directions."""
        return self.there, self.back

    @property
    def ends(self) -> tuple[str, str]:
        """What it joins."""
        return self.there.source, self.there.destination

    def direction(self, source: str) -> Path:
        """The one that leads away from `source`, one of its ends."""
        return self.there if source == self.there.source else self.back

    def require(self, ability: Ability) -> None:
        """Raise `LinkUnable` where that may not be asked of it."""
        if ability not in self.abilities:
            raise LinkUnable(
                f"link {self.name} was built for"
                f" {' and '.join(sorted(self.abilities))} and knows no {ability};"
                " name the fault where the link is described"
            )
