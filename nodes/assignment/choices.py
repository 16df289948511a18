"""What a choice of licenses means for one subscriber, where several are assigned at once.

Pure. Each subscriber type takes a station license of its own: a choice says `STATION`, and each
subscriber has its own for it.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum

from licensing.catalogue import STATION_LICENSES, in_order_of_prerequisites, prerequisites_met

STATION = "station"


class Manner(StrEnum):
    """What shall happen to the licenses of a choice."""

    ADD = "add"  # these as well
    EXACTLY = "exactly"  # these and no others
    REMOVE = "remove"  # these no more, nor what needs them


def choice_of(ticked: Iterable[str]) -> set[str]:
    """What somebody else has, as a choice that others have, too."""
    return {STATION if key in STATION_LICENSES else key for key in ticked}


def ticked_by(
    manner: Manner, choice: AbstractSet[str], ticked: AbstractSet[str], station: str
) -> Mapping[str, int]:
    """What a subscriber that has `ticked`, and takes the license `station`, has afterwards."""
    own = {station if key == STATION else key for key in choice}
    match manner:
        case Manner.ADD:
            after = ticked | own
        case Manner.EXACTLY:
            after = own
        case Manner.REMOVE:
            after = _with_prerequisites(ticked - own)
    return dict.fromkeys(in_order_of_prerequisites(after), 1)


def without_orphans(wanted: AbstractSet[str], before: AbstractSet[str]) -> Mapping[str, int]:
    """What of `wanted` stays: what was there `before` goes with what it needs.

    What is new and lacks what it needs stays, to be refused.
    """
    kept = _with_prerequisites(wanted) | wanted - before
    return dict.fromkeys(in_order_of_prerequisites(kept), 1)


def _with_prerequisites(keys: AbstractSet[str]) -> set[str]:
    """Without what needs another one that is not there."""
    kept: set[str] = set()
    for key in in_order_of_prerequisites(keys):
        if prerequisites_met(key, kept):
            kept.add(key)
    return kept
