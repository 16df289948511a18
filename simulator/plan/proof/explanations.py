"""Why model and programs may differ: the fixed list of what is allowed, each by its rule. Pure.

What is not on it makes a verdict unexplained: one of both is wrong.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec.structs import replace

from licensing.policies import NS_PER_SECOND, TIMING
from simulator.plan.model.courses import YearCourse
from simulator.plan.proof.trials import HORIZON_NS
from simulator.plan.proof.verdicts import TO_THE_SECOND_NS, SiteVerdict
from simulator.scenario import Link

Moved = Callable[[int], YearCourse]
"""The course of the trial if its sites had been answered so much later before it, in ns."""


class Circumstances(msgspec.Struct, frozen=True):
    """What else is known of a verdict: the `links` on the way of its site, and what would be if.

    `relicensed` is the course of the trial with the license files of the programs, None where the
    master's host was never off.
    """

    links: Sequence[Link]
    moved: Moved
    relicensed: Callable[[], YearCourse] | None = None


_FRAME_BIT = 8 * 256
"""A heartbeat, its answer, and what TCP, TLS and WebSocket add."""

_BEATS = HORIZON_NS // TIMING.heartbeat_ns


class Explanation(msgspec.Struct, frozen=True):
    """One that is allowed: `rule` allows it, and `holds` asks whether it is the one."""

    name: str
    rule: str
    words: str
    holds: Callable[[SiteVerdict, Circumstances], bool]


def creep_ns(links: Iterable[Link]) -> int:
    """By how much the round trips of a trial may move the phase of heartbeats, without a model."""
    round_trip_ns = sum(
        2 * (link.jitter + _FRAME_BIT * NS_PER_SECOND // link.bandwidth) for link in links
    )
    return _BEATS * round_trip_ns


def _crept(verdict: SiteVerdict, known: Circumstances) -> bool:
    """With answers that are so much older or younger the model says what the programs do."""
    longest_ns = creep_ns(known.links)
    tried_ns = (0, -longest_ns, -longest_ns // 2, longest_ns // 2, longest_ns)
    return any(_says_so(known.moved(by_ns), verdict, longest_ns) for by_ns in tried_ns)


def _says_so(course: YearCourse, verdict: SiteVerdict, by_ns: int) -> bool:
    site = next(each for each in course.sites if each.name == verdict.site)
    said_ns = tuple(each.span.began_ns for each in site.emergencies)
    differs_by_ns = replace(verdict, said_ns=said_ns).differs_by_ns
    return differs_by_ns is not None and differs_by_ns <= by_ns + TO_THE_SECOND_NS


def _counted_later(verdict: SiteVerdict, known: Circumstances) -> bool:
    """The CLA counts what it cannot have seen as off, up to its last commit before a start."""
    return known.relicensed is not None and _says_so(
        known.relicensed(), verdict, creep_ns(known.links)
    )


def _forgotten(verdict: SiteVerdict, known: Circumstances) -> bool:
    """Only an answer is missing that would have come: by no more than a silence."""
    if all(link.forgets_idle_after is None for link in known.links):
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
        "count of a CLA that was off",
        "F9",
        "the master's host was off, and its CLA required relicensing later than the model says",
        _counted_later,
    ),
    Explanation(
        "forgotten connection",
        "F17",
        "a device on the way forgot the connection, which the model does not count",
        _forgotten,
    ),
)
"""In the order in which they are asked."""


def explained(verdict: SiteVerdict, known: Circumstances) -> SiteVerdict:
    """The verdict with its explanation, where it needs one and one is allowed."""
    if verdict.agrees:
        return verdict
    found = (each.name for each in EXPLANATIONS if each.holds(verdict, known))
    return replace(verdict, explanation=next(found, ""))
