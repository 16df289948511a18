"""What a site and a link can be, and which of two states a picture must not lose."""

from enum import StrEnum


class SiteState(StrEnum):
    """What became of a node: its license status, or that its host is off or stands still."""

    ACTIVATION_PERIOD = "activation-period"
    REGULAR = "regular"
    FAILOVER = "failover"
    EMERGENCY = "emergency"
    RESTRICTED = "restricted"
    FROZEN = "frozen"
    OFF = "off"


class LinkState(StrEnum):
    """What a link carries."""

    UP = "up"
    IMPAIRED = "impaired"
    """Loses some of what is sent, or refuses connections."""
    DROPPING = "loses everything"
    ONE_WAY = "cut in one direction"
    CUT = "cut"


_SITE_RANK = {state: rank for rank, state in enumerate((
    SiteState.REGULAR, SiteState.ACTIVATION_PERIOD, SiteState.FROZEN, SiteState.OFF,
    SiteState.FAILOVER, SiteState.RESTRICTED, SiteState.EMERGENCY,
))}  # fmt: skip
_LINK_RANK = {state: rank for rank, state in enumerate(LinkState)}


def worse_site(one: SiteState, other: SiteState) -> SiteState:
    """The one that a picture must not lose."""
    return max(one, other, key=_SITE_RANK.__getitem__)


def worse_link(one: LinkState, other: LinkState) -> LinkState:
    """The one that a picture must not lose."""
    return max(one, other, key=_LINK_RANK.__getitem__)


WORST_FIRST = tuple(sorted(_SITE_RANK, key=_SITE_RANK.__getitem__, reverse=True))[:-2]
"""Those in which not all is well."""
