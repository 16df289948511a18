"""The values behind `--vary PATH=`: `full,recharge`, `4,8,12 h`, `10..30 days`, `10..30 days by 2`.

Commas within parentheses separate nothing; a number without a unit has that of the last value. A
range has six values at most, in steps of 1, 2 or 5, unless it says its step.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import count

from simulator.scenario.diagnostics import Refused

MOST_VALUES = 100
_MOST_STEPS = 5
_COMMA = re.compile(r",(?![^(]*\))")
_NUMBER = r"[0-9]{1,12}(?:\.[0-9]{1,9})?"
_WITH_UNIT = re.compile(rf"{_NUMBER} ?([A-Za-z/]+)")
_RANGE = re.compile(
    rf"({_NUMBER})(?: ?[A-Za-z/]+)? ?\.\. ?({_NUMBER})(?: ?([A-Za-z/]+))?"
    rf"(?: by ({_NUMBER})(?: ?[A-Za-z/]+)?)?"
)


def values_of(written: str) -> list[str]:
    """Each value as it is to stand in the file; raises `Refused`."""
    parts = [part.strip() for part in _COMMA.split(written)]
    if not all(parts):
        raise Refused("a value is missing: write `4,8,12 h`, or `10..30 days`")
    last = _RANGE.fullmatch(parts[-1])
    unit = last[3] if last else (match[1] if (match := _WITH_UNIT.fullmatch(parts[-1])) else None)
    values = [value for part in parts for value in _values(part, unit or "")]
    if len(values) > MOST_VALUES:
        raise Refused(f"these are {len(values)} values: at most {MOST_VALUES} can be compared")
    return list(dict.fromkeys(values))


def _values(part: str, unit: str) -> Iterator[str]:
    match = _RANGE.fullmatch(part)
    if not match:
        yield f"{part} {unit}" if re.fullmatch(_NUMBER, part) and unit else part
        return
    first, last = Decimal(match[1]), Decimal(match[2])
    if first >= last:
        message = f"the range {part!r} does not rise: write the smaller number first"
        raise Refused(message, word=part)
    step = Decimal(match[4]) if match[4] else _step(last - first)
    if not step:
        raise Refused(f"the range {part!r} has a step of nothing", word=part)
    if (last - first) / step > MOST_VALUES:
        raise Refused(f"the range {part!r} has too many steps", word=part)
    numbers = (first + number * step for number in count())
    for number in numbers:
        if number >= last:
            break
        yield f"{_plain(number)} {match[3] or unit}".strip()
    yield f"{_plain(last)} {match[3] or unit}".strip()


def _step(span: Decimal) -> Decimal:
    """The smallest of 1, 2 and 5, times a power of ten, that makes few steps."""
    tens = (Decimal(10) ** power for power in count(span.adjusted() - 2))
    steps = (digit * ten for ten in tens for digit in (1, 2, 5))
    return next(step for step in steps if span / step <= _MOST_STEPS)


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"
