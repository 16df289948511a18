"""What the operator of an internetwork may choose where the manual is silent (domain.md 5)."""

from typing import Annotated

from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, SHORTEST_FAILOVER_PERIOD_NS
from simulator.scenario.diagnostics import Refused
from simulator.scenario.step import Part
from simulator.scenario.values import Reads, duration, text


def _failover_period(value: object) -> int:
    period = duration(value)
    if 0 < period < SHORTEST_FAILOVER_PERIOD_NS:
        raise Refused(
            "a failover period under 75 min could end before its beginning is noticed:"
            " heartbeat, answer, redialing and clock slack take so long"
        )
    if not 0 < period <= LONGEST_FAILOVER_PERIOD_NS:
        raise Refused(
            "the failover period is at most 30 days (manual 4.4), and more than none;"
            " only a vendor profile may have a longer one, and there is none yet"
        )
    return period


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


class Policies(Part):
    """What the operator may choose; so far the defaults and a shorter failover period."""

    failover_period: Annotated[
        int, Reads(_failover_period, {"type": "string", "examples": ["30 days"]})
    ] = LONGEST_FAILOVER_PERIOD_NS
    recovery: Annotated[str, _policy("full", "resume", "recharge", "after_stable(T)")] = "full"
    seats: Annotated[str, _policy("hold", "reclaim", "bounded(T)")] = "hold"
    expiry_scope: Annotated[str, _policy("node", "internetwork")] = "node"
