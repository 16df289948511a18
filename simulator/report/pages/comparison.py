"""Two histories of one scenario on its page: how much agrees, and all that does not."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from simulator.oracle import Violation
from simulator.report.matching import Agreement, Milestone, Pair, first_difference
from simulator.report.page import Calendar
from simulator.report.phrases import TIED, period
from simulator.report.side_by_side import Names, leading


class Beside(msgspec.Struct, frozen=True):
    """What happened at one place in the one history, and in the other; "" where it did not."""

    where: str
    one: str
    other: str


class Comparison(msgspec.Struct, frozen=True):
    """What a comparison came to; `says` is its last word, and `broken` what the oracle saw."""

    names: Names
    pairs: Sequence[Pair]
    says: str
    agrees: bool
    broken: Mapping[str, Violation] = msgspec.field(default_factory=dict)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many facts are the same, and how many are not."""
        number = Counter(pair.verdict for pair in self.pairs)
        always = (Agreement.SAME, Agreement.WITHIN, Agreement.DIFFERENT)
        return [(each.value, number[each]) for each in Agreement if number[each] or each in always]

    def tables(self, calendar: Calendar) -> dict[str, list[Beside]]:
        """All that is not the same at one instant, by how it agrees, the differences first."""
        first = (Agreement.DIFFERENT, Agreement.WITHIN, Agreement.OPEN, Agreement.AT_A_DEADLINE)
        besides = {
            verdict.value: [_beside(pair, calendar) for pair in self.pairs
                            if pair.verdict is verdict]
            for verdict in first
        }  # fmt: skip
        return {says: found for says, found in besides.items() if found}

    def before_the_first(self, calendar: Calendar) -> Iterator[str]:
        """What both had where the first difference is, just before it."""
        if first := first_difference(self.pairs):
            for milestone in leading(first, self.pairs):
                yield f"{milestone.host}: {_words(milestone, calendar)}"


def _beside(pair: Pair, calendar: Calendar) -> Beside:
    one, other = (_words(each, calendar) for each in (pair.one, pair.other))
    if pair.apart_ns and one and other:
        sooner_or_later = "later" if pair.apart_ns > 0 else "earlier"
        other += f" ({period(abs(pair.apart_ns))}{TIED}{sooner_or_later})"
    return Beside(pair.host, one, other)


def _words(milestone: Milestone | None, calendar: Calendar) -> str:
    return f"{calendar.moment(milestone.at_ns)} {milestone.words}" if milestone else ""
