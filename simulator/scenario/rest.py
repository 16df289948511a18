"""What is left of a period, as an expectation says it: `29 days ± 1 h`."""

import re
from dataclasses import dataclass
from typing import Annotated

from licensing.policies import NS_PER_SECOND
from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import Reads, duration, form_of_text, period_in_words, text

_TOLERANCE = re.compile(r" ?(?:±|\+-|\+/-) ?")


@dataclass(frozen=True, slots=True)
class Rest:
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
