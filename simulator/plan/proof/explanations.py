"""Why model and programs may differ: the fixed list of what is allowed, each by its rule. Pure.

What is not on it makes a verdict unexplained: one of both is wrong.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from licensing.policies import NS_PER_SECOND, TIMING
from simulator.plan.courses import YearCourse
from simulator.plan.proof.trials import HORIZON_NS
from simulator.plan.proof.verdicts import TO_THE_SECOND_NS, SiteVerdict
from simulator.scenario import Link

Moved = Callable[[int], YearCourse]
"""The course of the trial if its sites had been answered so much later before it, in ns."""

_FRAME_BIT = 8 * 256
"""A heartbeat, its answer, and what TCP, TLS and WebSocket add."""

_BEATS = HORIZON_NS // TIMING.heartbeat_ns


@dataclass(frozen=True, slots=True)
class Explanation:
    """One that is allowed: `rule` allows it, and `holds` asks whether it is the one.

    It is given the links on the way of the verdict's site.
    """

    name: str
    rule: str
    words: str
    holds: Callable[[SiteVerdict, Sequence[Link], Moved], bool]


def creep_ns(links: Iterable[Link]) -> int:
    """By how much the round trips of a trial may move the phase of heartbeats, without a model."""
    round_trip_ns = sum(
        2 * (link.jitter + _FRAME_BIT * NS_PER_SECOND // link.bandwidth) for link in links
    )
    return _BEATS * round_trip_ns


def _crept(verdict: SiteVerdict, links: Sequence[Link], moved: Moved) -> bool:
    """With answers that are so much older or younger the model says what the programs do."""
    longest_ns = creep_ns(links)
    for by_ns in (0, -longest_ns, -longest_ns // 2, longest_ns // 2, longest_ns):
        course = next(each for each in moved(by_ns).sites if each.name == verdict.site)
        said_ns = tuple(each.span.began_ns for each in course.emergencies)
        by_now_ns = replace(verdict, said_ns=said_ns).differs_by_ns
        if by_now_ns is not None and by_now_ns <= longest_ns + TO_THE_SECOND_NS:
            return True
    return False


def _forgotten(verdict: SiteVerdict, links: Sequence[Link], _: Moved) -> bool:
    """Only an answer is missing that would have come: by no more than a silence."""
    if all(link.forgets_idle_after is None for link in links):
        return False
    by_ns = verdict.differs_by_ns
    return verdict.near if by_ns is None else by_ns <= TIMING.silence_ns


EXPLANATIONS = (
    Explanation(
        "age of the last answer",
        "F2",
        "jitter and queues, which the model does not have, moved the phase of the heartbeats",
        _crept,
    ),
    Explanation(
        "forgotten connection",
        "F17",
        "a device on the way forgot the connection, which the model does not count",
        _forgotten,
    ),
)
"""In the order in which they are asked."""


def explained(verdict: SiteVerdict, links: Sequence[Link], moved: Moved) -> SiteVerdict:
    """The verdict with its explanation, where it needs one and one is allowed."""
    if verdict.agrees:
        return verdict
    found = (each.name for each in EXPLANATIONS if each.holds(verdict, links, moved))
    return replace(verdict, explanation=next(found, ""))
