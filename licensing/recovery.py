"""What contact with the central CLA gives back of a failover period (F3): the policy `recovery`.

It is chosen with the order, stands in the license file and travels in the lease, like the period
itself. Pure; all durations in integer nanoseconds unless their name says seconds.
"""

from collections.abc import Iterable
from enum import StrEnum

from licensing.policies import (
    DAY_NS,
    LONGEST_FAILOVER_PERIOD_NS,
    NS_PER_SECOND,
    SHORTEST_FAILOVER_PERIOD_NS,
)
from licensing.records import Record

LONGEST_STABLE_S = 365 * DAY_NS // NS_PER_SECOND


class RecoveryPolicy(StrEnum):
    """How the next outage finds the period after one that was healed in time."""

    FULL = "full"
    """Whole, after any contact: the manual's "revert to the regular license status"."""
    RECHARGE = "recharge"
    """Longer by the time for which the connection lasted, up to the whole."""
    AFTER_STABLE = "after_stable"
    """Whole once the connection has lasted for a stated time; until then what was left of it."""
    RESUME = "resume"
    """What was left of it; only relicensing begins another."""


class Recovery(Record):
    """The policy; `stable_s` seconds of connection make the period whole under `after_stable`."""

    policy: RecoveryPolicy = RecoveryPolicy.FULL
    stable_s: int = 0

    @property
    def problem(self) -> str:
        """What is wrong with it in words, "" where nothing is."""
        if self.policy is RecoveryPolicy.AFTER_STABLE:
            in_range = 1 <= self.stable_s <= LONGEST_STABLE_S
            return "" if in_range else "recovery: stable_s is not within 1 second and 365 days"
        return "recovery: only after_stable has a stable_s" if self.stable_s else ""

    def in_words(self, stable: str) -> str:
        """What is to be said after "failover period of 30 days"; `stable` is `stable_s` in words.

        "" for the manual's own, which needs no words.
        """
        return _WORDS[self.policy].format(stable=stable)

    def used_ns(self, used_ns: int, *, connected_ns: int, stable_ns: int, period_ns: int) -> int:
        """How much of the period stays used up with an answer of the CLA.

        `used_ns` was used up when the connection was last known to be good: at the answer before,
        since which it has lasted `connected_ns`; `stable_ns` in all. After an outage or a restart
        `used_ns` has everything up to this answer, and both others are 0. A rest too short for an
        outage to be noticed at all is never left.
        """
        match self.policy:
            case RecoveryPolicy.FULL:
                return 0
            case RecoveryPolicy.RECHARGE:
                used_ns -= connected_ns
            case RecoveryPolicy.AFTER_STABLE if stable_ns >= self.stable_s * NS_PER_SECOND:
                used_ns = 0
        return max(0, min(used_ns, period_ns - SHORTEST_FAILOVER_PERIOD_NS))


FULL = Recovery()

_WORDS = {
    RecoveryPolicy.FULL: "",
    RecoveryPolicy.RECHARGE: ", growing again while connected",
    RecoveryPolicy.AFTER_STABLE: ", whole again after {stable} of connection",
    RecoveryPolicy.RESUME: ", whole again only by relicensing",
}


def strictest(policies: Iterable[Recovery]) -> Recovery:
    """That with which a period that is nearly over takes the longest connection to be whole."""
    whole_after_s = {
        RecoveryPolicy.FULL: 0,
        RecoveryPolicy.RECHARGE: LONGEST_FAILOVER_PERIOD_NS // NS_PER_SECOND,
        RecoveryPolicy.RESUME: LONGEST_STABLE_S + 1,
    }
    return max(policies, key=lambda recovery: whole_after_s.get(recovery.policy, recovery.stable_s))
