"""Two histories before a person: how many facts agree, and all that do not, the first explained."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from licensing.policies import TIMING
from licensing.words import counted
from simulator.report.matching import Agreement, Milestone, Pair, first_difference
from simulator.report.page import Calendar, Row, Tone
from simulator.report.phrases import period

Names: TypeAlias = tuple[str, str]
"""What the two histories are called."""

_LEADING = 3
"""How many facts that both have are shown before the first difference."""


def chance_rows() -> Iterator[Row]:
    """What is added to the tolerance of two runs that are not the same to the nanosecond."""
    yield Row(
        f"besides, chance may shift a reconnection by {period(TIMING.redialed_ns)}, and what "
        f"follows from an unanswered heartbeat by {period(TIMING.overdue_ns)}",
        Tone.QUIET,
    )


def side_by_side(pairs: Sequence[Pair], calendar: Calendar, names: Names) -> Iterator[Row]:
    """Counts, what is not at the same instant, and all differences, the first one explained."""
    yield from counts(pairs)
    for pair in pairs:
        if pair.verdict in (Agreement.WITHIN, Agreement.OPEN, Agreement.AT_A_DEADLINE):
            yield Row(f"    {_told(pair, calendar, names)}", Tone.QUIET)
    if first := first_difference(pairs):
        yield from explained(first, pairs, calendar, names)
        different = [pair for pair in pairs if pair.verdict is Agreement.DIFFERENT]
        others = [pair for pair in different if pair is not first]
        if others:
            yield Row("the other differences:", Tone.FAILED)
        yield from (Row(f"  {_told(pair, calendar, names)}") for pair in others)


def counts(pairs: Sequence[Pair]) -> Iterator[Row]:
    """How many facts are the same, and how many are not."""
    for verdict in Agreement:
        count = sum(pair.verdict is verdict for pair in pairs)
        if count or verdict not in (Agreement.OPEN, Agreement.AT_A_DEADLINE):
            yield Row(f"  {count:4}  {verdict}")


def differences_by_node(pairs: Sequence[Pair], calendar: Calendar, names: Names) -> Iterator[Row]:
    """All differences, those of each node together; what is about a node is its own."""
    by_node: dict[str, list[Pair]] = {}
    for pair in pairs:
        if pair.verdict is Agreement.DIFFERENT:
            by_node.setdefault(_node(pair), []).append(pair)
    for node, different in by_node.items():
        yield Row(f"{node}: {counted(len(different), 'difference')}", Tone.FAILED)
        yield from (Row(f"  {_told(pair, calendar, names)}") for pair in different)


def _node(pair: Pair) -> str:
    return pair.host.rpartition(" ")[2]


def explained(
    first: Pair, pairs: Sequence[Pair], calendar: Calendar, names: Names
) -> Iterator[Row]:
    """Both sides of the first difference, and what the same place and the world had before it."""
    yield Row("the first difference:", Tone.FAILED)
    width = max(map(len, names))
    for name, milestone in zip(names, (first.one, first.other), strict=True):
        words = _fact(milestone, calendar) if milestone else "nothing of the kind"
        yield Row(f"  {name:{width}} {words}")
    before = leading(first, pairs)
    if before:
        yield Row("  before it, in both:", Tone.QUIET)
    for milestone in before:
        yield Row(f"    {_fact(milestone, calendar)}", Tone.QUIET)


def leading(first: Pair, pairs: Sequence[Pair]) -> list[Milestone]:
    """The last facts that both have before the first difference, at its place and of the world."""
    places = {first.host, _node(first), "world"}
    before = [
        pair.one
        for pair in pairs
        if pair.at_ns <= first.at_ns and pair.host in places
        if pair.one and pair.verdict in (Agreement.SAME, Agreement.WITHIN)
    ]
    return before[-_LEADING:]


def _fact(milestone: Milestone, calendar: Calendar) -> str:
    return f"{calendar.moment(milestone.at_ns)}  {milestone.host}  {milestone.words}"


def _told(pair: Pair, calendar: Calendar, names: Names) -> str:
    """The fact of the one, and how it is in the other."""
    milestone = pair.one or pair.other
    assert milestone
    return f"{_fact(milestone, calendar)}: {_relation(pair, names)}"


def _relation(pair: Pair, names: Names) -> str:
    one, other, apart_ns = pair.one, pair.other, pair.apart_ns
    if one is None or other is None or apart_ns is None:
        return f"only {names[0] if one else names[1]}"
    when = f"{period(abs(apart_ns))} {'later' if apart_ns > 0 else 'earlier'}" if apart_ns else ""
    if one.words == other.words:
        return f"{names[1]} {when or 'the same'}"
    return f"{names[1]} {' '.join(filter(None, [when, other.words]))}"
