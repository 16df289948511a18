"""What is left of a period, as an expectation says it: `29 days ± 1 h`."""

import re
from typing import Annotated

import msgspec

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import Reads, duration, form_of_text, text

_UNITS = ((DAY_NS, "days"), (HOUR_NS, "h"), (MINUTE_NS, "min"), (NS_PER_SECOND, "s"))
_SMALL_UNITS = ((1_000_000, "ms"), (1_000, "us"), (1, "ns"))
_TOLERANCE = re.compile(r" ?(?:±|\+-|\+/-) ?")


def period_in_words(nanoseconds: int) -> str:
    """`28 days 23 h 56 min`; below a second the largest unit, e.g. `15 ms`."""
    if 0 < nanoseconds < NS_PER_SECOND:
        return next(f"{nanoseconds // size} {unit}" for size, unit in _SMALL_UNITS
                    if nanoseconds >= size)  # fmt: skip
    parts = []
    for size, unit in _UNITS:
        amount, nanoseconds = divmod(nanoseconds, size)
        if amount:
            parts.append(f"{amount} {'day' if (amount, unit) == (1, 'days') else unit}")
    return " ".join(parts) or "0 s"


class Rest(msgspec.Struct, frozen=True):
    """What is left of a period: so long, and by how much it may be more or less, in ns."""

    rest_ns: int
    tolerance_ns: int

    def covers(self, rest_s: int) -> bool:
        """Whether whole seconds that are left are what is meant."""
        return abs(rest_s * NS_PER_SECOND - self.rest_ns) <= self.tolerance_ns

    def __str__(self) -> str:
        words = period_in_words(self.rest_ns)
        if self.tolerance_ns <= NS_PER_SECOND:
            return words
        return f"{words} ± {period_in_words(self.tolerance_ns)}"


def rest_of_period(value: object) -> Rest:
    """`29 days ± 1 h`, or `29 days` to the second; `+-` is `±`. Raises `Refused`."""
    if isinstance(value, Rest):
        return value
    about, *by = _TOLERANCE.split(text(value))
    if len(by) > 1:
        raise Refused("a rest has one tolerance: write `29 days ± 1 h`")
    return Rest(duration(about), max(NS_PER_SECOND, duration(by[0]) if by else 0))


RestOfPeriod = Annotated[Rest, Reads(rest_of_period, form_of_text("29 days ± 1 h"))]
