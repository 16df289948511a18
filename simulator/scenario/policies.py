"""What the operator of an internetwork may choose where the manual is silent (domain.md 5)."""

import re
from typing import Annotated, NamedTuple

from msgspec import UNSET
from pydantic import Field

from licensing.policies import (
    LONGEST_FAILOVER_PERIOD_NS,
    NS_PER_SECOND,
    failover_period_problem,
)
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from licensing.reservation import HOLD, RECLAIM, SeatsBound, seats_bound_problem
from licensing.words import ExpiryScope
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Part
from simulator.scenario.values import (
    Reads,
    duration,
    exact_duration,
    form_of_text,
    one_of,
    quoted,
    text,
)


def _failover_period_ns(value: object) -> int:
    period_ns = duration(value)
    if problem := failover_period_problem(period_ns):
        raise Refused(problem)
    return period_ns


_RECOVERY_FORMS = ("full", "recharge", "after_stable(3 days)", "resume")
_WITH_DURATION = re.compile(r"([a-z_]+)(?: ?\((.*)\))?")


def _word_and_duration(written: str) -> tuple[str, str | None]:
    """Of `after_stable(3 days)` both parts; text of another form is a word by itself."""
    match = _WITH_DURATION.fullmatch(written)
    return (match[1], match[2]) if match else (written, None)


def _recovery(value: object) -> Recovery:
    """`full`, `recharge`, `after_stable(3 days)`, `resume`."""
    if isinstance(value, Recovery):
        return value
    written = text(value)
    word, stable = _word_and_duration(written)
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


_SEATS_FORMS = ("hold", "reclaim", "bounded(2 days)")
_SEATS = {"hold": HOLD, "reclaim": RECLAIM}
_BOUNDED = "bounded"


def _seats(value: object) -> SeatsBound:
    """`hold`, `reclaim`, `bounded(2 days)`."""
    if value is UNSET or type(value) is int:
        return _checked(value)
    written = text(value)
    word, bound = _word_and_duration(written)
    if word not in (*_SEATS, _BOUNDED):
        message = f"{quoted(written)} is no policy for seats"
        raise Refused(message, word=word, allowed=_SEATS_FORMS)
    if (word == _BOUNDED) != (bound is not None):
        message = "`bounded` has a duration, as in `bounded(2 days)`; no other has one"
        raise Refused(message, allowed=_SEATS_FORMS)
    if bound is None:
        return _SEATS[word]
    bound_s, rest = divmod(duration(bound), NS_PER_SECOND)
    if rest:
        raise Refused("seats are reserved for whole seconds")
    if not bound_s:
        raise Refused("seats that are reserved for no time are `reclaim`")
    return _checked(bound_s)


def _checked(bound_s: SeatsBound) -> SeatsBound:
    if problem := seats_bound_problem(bound_s):
        raise Refused(f"{problem}, which is `reclaim`")
    return bound_s


def _seats_in_words(bound_s: SeatsBound) -> str:
    if bound_s is UNSET:
        return "hold"
    return f"{_BOUNDED}({exact_duration(bound_s * NS_PER_SECOND)})" if bound_s else "reclaim"


FailoverPeriod = Annotated[int, Reads(_failover_period_ns, form_of_text("30 days"), exact_duration)]
RecoveryWord = Annotated[
    Recovery,
    Reads(_recovery, {"type": "string", "examples": [*_RECOVERY_FORMS]}, _recovery_in_words),
]


SeatsWord = Annotated[
    SeatsBound,
    Reads(_seats, {"type": "string", "examples": [*_SEATS_FORMS]}, _seats_in_words),
]


ScopeWord = Annotated[ExpiryScope, one_of("a scope", ExpiryScope)]


class OrderTerms(NamedTuple):
    """Under which an order buys its licenses, and a license file has them: see `Policies`."""

    failover_period_ns: int
    recovery: Recovery = FULL
    seats_bound_s: SeatsBound = HOLD
    expiry_scope: ExpiryScope = ExpiryScope.NODE


class Policies(Part):
    """What the operator may choose."""

    @property
    def terms(self) -> OrderTerms:
        """Those of an order that says nothing itself."""
        return OrderTerms(self.failover_period, self.recovery, self.seats, self.expiry_scope)

    failover_period: FailoverPeriod = LONGEST_FAILOVER_PERIOD_NS
    """How long a node that is cut off goes on (F2), 75 min to 30 days. Example:
    `failover_period: 2 days`"""

    recovery: RecoveryWord = Field(default_factory=Recovery, json_schema_extra={"default": "full"})
    """What contact gives back of it (F3): see above. Example: `recovery: after_stable(3 days)`"""

    seats: SeatsWord = Field(default_factory=lambda: HOLD, json_schema_extra={"default": "hold"})
    """For how long seats of a cut-off node stay reserved for it (F9): see above. Example:
    `seats: bounded(2 days)`"""

    expiry_scope: ScopeWord = ExpiryScope.NODE
    """Whom the end of a node's period concerns (F6): see above. Example: `expiry_scope:
    internetwork`"""
