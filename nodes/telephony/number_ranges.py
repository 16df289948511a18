"""Call numbers as a person writes them: `200-209, 215`.

Pure. A range means the numbers of a node from one to another of as many digits, those that there
are.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from licensing.errors import LicensingError

_DASH = re.compile(r"\s*[-\N{EN DASH}]\s*")
_RANGE = re.compile(r"([0-9]{1,64})(?:-([0-9]{1,64}))?")
_QUOTED = 40


def numbers_in(text: str, known: Iterable[str]) -> list[str]:
    """The numbers of `text` among those `known`, each once, in the order of numbers.

    Raises `request-malformed`, and `subscriber-unknown` for a number, or a whole range, of which
    there is none.
    """
    ordered = sorted(known, key=_place)
    places = [_place(number) for number in ordered]
    found: dict[int, None] = {}
    for first, last in _ranges(text):
        here = range(bisect_left(places, _place(first)), bisect_right(places, _place(last)))
        if not here:
            wanted = first if first == last else f"{first}-{last}"
            raise LicensingError("subscriber-unknown", number=wanted, field="numbers")
        found.update(dict.fromkeys(here))
    return [ordered[index] for index in sorted(found)]


def written(numbers: Iterable[str], known: Iterable[str]) -> str:
    """The same as text, as short as it can be: `numbers_in` makes the same numbers of it."""
    places = {number: index for index, number in enumerate(sorted(known, key=_place))}
    runs: list[list[str]] = []
    for number in sorted(set(numbers) & places.keys(), key=_place):
        if runs and _follows(runs[-1][-1], number, places):
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _ranges(text: str) -> Iterator[tuple[str, str]]:
    for word in filter(None, re.split(r"[,;\s]+", _DASH.sub("-", text))):
        match = _RANGE.fullmatch(word)
        if match is None:
            reason = f"{word[:_QUOTED]!r} is neither a call number nor a range like 200-209"
            raise LicensingError("request-malformed", reason=reason, field="numbers")
        first, last = match[1], match[2] or match[1]
        if len(first) != len(last) or first > last:
            reason = f"{word[:_QUOTED]!r} is no range: {_why_none(first, last)}"
            raise LicensingError("request-malformed", reason=reason, field="numbers")
        yield first, last


def _why_none(first: str, last: str) -> str:
    if len(first) != len(last):
        return "both numbers of one have as many digits"
    return "it goes from a smaller number to a larger"


def _follows(before: str, number: str, places: dict[str, int]) -> bool:
    return places[number] == places[before] + 1 and len(number) == len(before)


def _place(number: str) -> tuple[int, str]:
    return len(number), number
