"""The node as closed forms have it: its period is used up by cuts alone, and by all of them.

No age of the last answer, no redialing, no floor. What these make of the risk is the difference.
"""

from collections.abc import Iterable

from licensing.policies import NS_PER_SECOND
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.courses import TimeSpan


def ideal_emergency_ns(
    cuts: Iterable[TimeSpan], *, period_ns: int, recovery: Recovery
) -> int | None:
    """When the first emergency begins; None where the cuts, which are in order, end no period."""
    used_ns, up_since_ns = 0, 0
    for began_ns, ended_ns in cuts:
        used_ns = _left_used_ns(recovery, used_ns, began_ns - up_since_ns)
        if used_ns + ended_ns - began_ns > period_ns:
            return began_ns + period_ns - used_ns
        used_ns += ended_ns - began_ns
        up_since_ns = ended_ns
    return None


def _left_used_ns(recovery: Recovery, used_ns: int, up_ns: int) -> int:
    match recovery.policy:
        case RecoveryPolicy.FULL:
            return 0
        case RecoveryPolicy.RECHARGE:
            return max(0, used_ns - up_ns)
        case RecoveryPolicy.AFTER_STABLE if up_ns >= recovery.stable_s * NS_PER_SECOND:
            return 0
    return used_ns
