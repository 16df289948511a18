"""The node as closed forms have it: its period is used up by cuts alone, and by all of them.

No age of the last answer, no redialing, no floor. What these make of the risk is the difference.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from licensing.policies import NS_PER_SECOND
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.courses import TimeSpan


def ideal_emergency_ns(
    cuts: Iterable[TimeSpan], *, period_ns: int, recovery: Recovery
) -> int | None:
    """When the first emergency begins; None where the cuts, which are in order, end no period."""
    first = next(first_emergencies(cuts, period_ns=period_ns, recovery=recovery), None)
    return first.began_ns if first else None


class FirstEmergency(NamedTuple):
    """The first one since a start with everything up and a whole period, and the repair of its cut.

    With that it starts anew.
    """

    since_ns: int
    began_ns: int
    repaired_ns: int


def first_emergencies(
    cuts: Iterable[TimeSpan], *, period_ns: int, recovery: Recovery
) -> Iterator[FirstEmergency]:
    """One after another, of cuts which are in order."""
    since_ns, used_ns, up_since_ns = 0, 0, 0
    for began_ns, ended_ns in cuts:
        used_ns = _left_used_ns(recovery, used_ns, began_ns - up_since_ns)
        if used_ns + ended_ns - began_ns > period_ns:
            yield FirstEmergency(since_ns, began_ns + period_ns - used_ns, ended_ns)
            since_ns, used_ns = ended_ns, 0
        else:
            used_ns += ended_ns - began_ns
        up_since_ns = ended_ns


def _left_used_ns(recovery: Recovery, used_ns: int, up_ns: int) -> int:
    match recovery.policy:
        case RecoveryPolicy.FULL:
            return 0
        case RecoveryPolicy.RECHARGE:
            return max(0, used_ns - up_ns)
        case RecoveryPolicy.AFTER_STABLE if up_ns >= recovery.stable_s * NS_PER_SECOND:
            return 0
    return used_ns
