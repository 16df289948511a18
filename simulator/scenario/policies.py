"""What the operator of an internetwork may choose where the manual is silent (domain.md 5)."""

import re
from typing import Annotated

from pydantic import Field

from licensing.policies import (
    LONGEST_FAILOVER_PERIOD_NS,
    NS_PER_SECOND,
    failover_period_problem,
)
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Part
from simulator.scenario.values import (
    Reads,
    duration,
    exact_duration,
    form_of_text,
    quoted,
    text,
)


def _failover_period_ns(value: object) -> int:
    period_ns = duration(value)
    if problem := failover_period_problem(period_ns):
        raise Refused(problem)
    return period_ns


_RECOVERY_FORMS = ("full", "recharge", "after_stable(3 days)", "resume")
_RECOVERY = re.compile(r"([a-z_]+)(?: ?\((.*)\))?")


def _recovery(value: object) -> Recovery:
    """`full`, `recharge`, `after_stable(3 days)`, `resume`."""
    if isinstance(value, Recovery):
        return value
    written = text(value)
    match = _RECOVERY.fullmatch(written)
    word, stable = match.groups() if match else (written, None)
    if word not in list(RecoveryPolicy):
        message = f"{quoted(written)} is no recovery policy"
        raise Refused(message, word=word, allowed=_RECOVERY_FORMS)
    if (word == RecoveryPolicy.AFTER_STABLE) != (stable is not None):
        message = "`after_stable` has a duration, as in `after_stable(3 days)`; no other has one"
        raise Refused(message, allowed=_RECOVERY_FORMS)
    stable_s, rest = divmod(duration(stable), NS_PER_SECOND) if stable is not None else (0, 0)
    recovery = Recovery(policy=RecoveryPolicy(word), stable_s=stable_s)
    if rest or recovery.problem:
        raise Refused("a connection is stable after whole seconds, from 1 s to 365 days")
    return recovery


def _recovery_in_words(recovery: Recovery) -> str:
    if recovery.policy is not RecoveryPolicy.AFTER_STABLE:
        return str(recovery.policy)
    return f"{recovery.policy}({exact_duration(recovery.stable_s * NS_PER_SECOND)})"


def _policy(default: str, *coming: str) -> Reads:
    """A policy of which only the default can be played so far."""

    def read(value: object) -> str:
        word = text(value)
        if word == default:
            return word
        if any(word.partition("(")[0] == other.partition("(")[0] for other in coming):
            raise Refused(f"the policy {word[:40]!r} is not there yet; so far only `{default}` is")
        message = f"{word[:40]!r} is no such policy"
        raise Refused(message, word=word, allowed=(default,))

    return Reads(read, {"enum": [default]})


FailoverPeriod = Annotated[int, Reads(_failover_period_ns, form_of_text("30 days"), exact_duration)]
RecoveryWord = Annotated[
    Recovery,
    Reads(_recovery, {"type": "string", "examples": [*_RECOVERY_FORMS]}, _recovery_in_words),
]


class Policies(Part):
    """What the operator may choose; of `seats` and `expiry_scope` only the defaults so far."""

    failover_period: FailoverPeriod = LONGEST_FAILOVER_PERIOD_NS
    """How long a node that is cut off goes on (F2), 75 min to 30 days. Example:
    `failover_period: 2 days`"""

    recovery: RecoveryWord = Field(default_factory=Recovery, json_schema_extra={"default": "full"})
    """What contact gives back of it (F3): see above. Example: `recovery: after_stable(3 days)`"""

    seats: Annotated[str, _policy("hold", "reclaim", "bounded(T)")] = "hold"
    """Whether seats of a cut-off node stay reserved for it (F9). Example: `seats: hold`"""

    expiry_scope: Annotated[str, _policy("node", "internetwork")] = "node"
    """Whom the end of a node's period concerns (F6). Example: `expiry_scope: node`"""
