"""For how long the seats of a cut-off node stay reserved for it (F9): the policy `seats`.

It is chosen with the order and stands in the license file; the central CLA goes by the newest one.
Nearly every file says nothing of it, which is `hold`: for as long as the node may use them. A bound
on that lets others have them sooner, while the node goes on: more may be in use then than was
bought. Pure.
"""

from collections.abc import Iterable
from math import inf
from typing import TypeAlias

from msgspec import UNSET, UnsetType

from licensing.policies import (
    LONGEST_FAILOVER_PERIOD_NS,
    MINUTE_NS,
    NS_PER_SECOND,
    SHORTEST_FAILOVER_PERIOD_NS,
    TIMING,
)

SeatsBound: TypeAlias = int | UnsetType
"""In seconds since the last contact: seats are reserved for no longer than that; or `HOLD`."""

HOLD: SeatsBound = UNSET
"""No bound: the policy `hold`."""

RECLAIM: SeatsBound = 0
"""The policy `reclaim`: as soon as a node that is well would have been heard."""


def reserved_ns(bound_s: SeatsBound, period_ns: int) -> int:
    """How long after its last contact a node's seats are reserved; `period_ns` is its period.

    Never less than the longest time between two answers of a node that is well, never more than it
    may use them.
    """
    if bound_s is UNSET:
        return period_ns
    return min(period_ns, max(bound_s * NS_PER_SECOND, TIMING.silence_ns))


def seats_bound_problem(bound_s: SeatsBound) -> str:
    """Why no order can have this bound, in words; "" where it can."""
    if bound_s is UNSET or bound_s == RECLAIM:
        return ""
    shortest_s = SHORTEST_FAILOVER_PERIOD_NS // NS_PER_SECOND
    if shortest_s <= bound_s <= LONGEST_FAILOVER_PERIOD_NS // NS_PER_SECOND:
        return ""
    shortest = f"{SHORTEST_FAILOVER_PERIOD_NS // MINUTE_NS} min"
    return f"seats of a cut-off node are reserved for {shortest} to 30 days, or not at all"


def longest(bounds: Iterable[SeatsBound]) -> SeatsBound:
    """The one by which the fewest seats are used twice; of several orders in one file it counts."""
    return max(bounds, key=lambda bound_s: inf if bound_s is UNSET else bound_s)


def in_words(bound_s: SeatsBound, lasts: str) -> str:
    """What is to be said after "failover period 30 days"; `lasts` is the bound in words.

    "" for `hold`, which needs no words.
    """
    if bound_s is UNSET:
        return ""
    when = f"after {lasts}" if bound_s else "at once"
    return f", licenses of a node that is cut off are free {when}"
