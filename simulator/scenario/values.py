"""How single values of a scenario are written, and what they become.

Durations become integer nanoseconds, bandwidths integer bits per second, ranges of call numbers
tuples of text (a leading zero is part of a number), instants moments of the timeline. Each reader
also takes the finished value, so that steps made in Python may pass either.
"""

import re
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Annotated, Any

import msgspec
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from licensing.errors import LicensingError
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.registration import check_contact
from licensing.sizes import MOST_SUBSCRIBERS
from simulator.scenario.diagnostics import Refused

_UNITS_OF_TIME_NS = {
    "us": 1_000,
    "ms": 1_000_000,
    "s": NS_PER_SECOND,
    "min": MINUTE_NS,
    "h": HOUR_NS,
    "day": DAY_NS,
    "days": DAY_NS,
}
_UNITS_OF_BANDWIDTH = {"bit/s": 1, "kbit/s": 10**3, "Mbit/s": 10**6, "Gbit/s": 10**9}
LARGEST_AMOUNT = 1_000_000
"""The license server takes no larger order."""

LARGEST_LOSS = 90
"""In percent; TCP repeats at ever longer intervals, so beyond it hardly anything arrives."""

LAST_DAY = 9999
LONGEST_NAME = 63
LARGEST_COUNT = 10**9
_YES_OR_NO = {"yes": True, "no": False, "true": True, "false": False}

_QUANTITY = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?) ?([A-Za-z/]+)")
_PARTS = re.compile(r"(?<=[a-z]) (?=[0-9])")
_NUMBERS = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_BYTES = re.compile(r"([kKMG]?)B/s")
_NAME = re.compile(rf"[A-Za-z0-9](?:[A-Za-z0-9-]{{0,{LONGEST_NAME - 2}}}[A-Za-z0-9])?")


class Reads(msgspec.Struct, frozen=True):
    """Annotation of a field: how it is read and written, and what an editor shall know of it.

    What `write` gives is text or a list of texts, which `read` reads as the same value again.
    """

    read: Callable[[Any], object]
    form: JsonSchemaValue
    write: Callable[[Any], object] = str

    def __hash__(self) -> int:  # `form` is a dict, which has none
        return hash((self.read, self.write))

    def __get_pydantic_core_schema__(
        self, _source: object, _go: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _go: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return dict(self.form)


def text(value: object) -> str:
    """`value` if it is text; says in words what it is otherwise. Raises `Refused`."""
    if isinstance(value, str):
        if half := _HALF_CHARACTER.search(value):
            raise Refused(f"{half[0]!a} is half a character, and no file can have it")
        return value
    if value is None:
        raise Refused("nothing is written here: write a value; a key that is not needed can go")
    kind = "a mapping" if isinstance(value, dict) else f"{value!r}"[:40]
    kind = "a list" if isinstance(value, list) else kind
    raise Refused(f"text is expected here, not {kind}")


def one_of(kind: str, words: Iterable[str]) -> Reads:
    """A field that takes one of `words`; `kind` completes "... is not ..."."""
    by_text = {str(word): word for word in words}

    def read(value: object) -> str:
        word = text(value)
        if word not in by_text:
            raise Refused(f"{quoted(word)} is not {kind}", word=word, allowed=tuple(by_text))
        return by_text[word]

    return Reads(read, {"enum": list(by_text)})


def duration(value: object) -> int:
    """`30 days`, `15 ms`, `1.5 h`, `28 days 23 h` in nanoseconds; raises `Refused`."""
    if type(value) is int and value >= 0:
        return value
    return long_duration(text(value), LAST_DAY * DAY_NS)


def long_duration(written: str, longest_ns: int, example: str = "15 ms") -> int:
    """The same, with a limit of its own in whole days; raises `Refused`."""
    parts = [_quantity(each, _UNITS_OF_TIME_NS, example) for each in _PARTS.split(written)]
    if (amount := sum(parts)) > longest_ns:
        raise Refused(f"{quoted(written)} is longer than {longest_ns // DAY_NS} days")
    return amount


def idle_time(value: object) -> int:
    """How long a connection may be idle, more than none; raises `Refused`."""
    lasts_ns = duration(value)
    if lasts_ns == 0:
        raise Refused("a link that forgets connections at once carries nothing")
    return lasts_ns


def signed_duration(value: object) -> int:
    """`-1 h`, `+400 days` in nanoseconds; the sign is a must. Raises `Refused`."""
    if type(value) is int:
        return value
    written = text(value)
    if written[:1] not in ("+", "-"):
        raise Refused(f"{quoted(written)} needs its sign, for instance `-1 h` or `+400 days`")
    amount = duration(written[1:].removeprefix(" "))
    return -amount if written[0] == "-" else amount


def bandwidth(value: object) -> int:
    """`20 Mbit/s` in bits per second, at least one; raises `Refused`."""
    if type(value) is int and value > 0:
        return value
    written = text(value)
    match = _QUANTITY.fullmatch(written)
    if match and (unit := _BYTES.fullmatch(match[2])):
        bits = f"{float(match[1]) * 8:g} {unit[1].replace('K', 'k')}bit/s"
        raise Refused(f"{match[2]} are bytes a second, of eight bits each: write `{bits}`")
    amount = _quantity(written, _UNITS_OF_BANDWIDTH, "20 Mbit/s")
    if amount == 0:
        raise Refused("a link without bandwidth carries nothing: cut it in the timeline instead")
    return amount


def count(value: object) -> int:
    """A whole number of things, zero or more; raises `Refused`."""
    return _whole(value, 0, LARGEST_COUNT)


def amount(value: object) -> int:
    """How many of something there are: at least one; raises `Refused`."""
    hint = ": leave out what there is none of" if value in (0, "0") else ""
    return _whole(value, 1, LARGEST_AMOUNT, hint)


def percent(value: object) -> int:
    """A share in percent; what is lost as a whole is a dropped link. Raises `Refused`."""
    hint = " percent, written as `10`: say `drop` for a link on which nothing gets through"
    return _whole(value, 0, LARGEST_LOSS, hint)


def _whole(value: object, least: int, most: int, hint: str = "") -> int:
    """A whole number within its limits, of which the message speaks."""
    written = str(value) if type(value) is int else text(value)
    if not re.fullmatch(r"[0-9]{1,10}", written) or not least <= int(written) <= most:
        limits = f"from {least} to {most:,}{hint}"
        raise Refused(f"{quoted(written)} is not a whole number {limits}")
    return int(written)


def yes_or_no(value: object) -> bool:
    """`yes` or `no`; raises `Refused`."""
    if isinstance(value, bool):
        return value
    word = text(value)
    if word not in _YES_OR_NO:
        raise Refused(f"{quoted(word)} is neither yes nor no", word=word, allowed=("yes", "no"))
    return _YES_OR_NO[word]


def name(value: object) -> str:
    """A name of a node, trunk or order: letters, digits and `-`, at most 63; raises `Refused`."""
    written = text(value)
    if not _NAME.fullmatch(written):
        makes = f"up to {LONGEST_NAME} letters from a to z, digits and, within, `-` make one"
        raise Refused(f"{quoted(written)} is no name: {makes}")
    return written


def pair_of_names(value: object) -> tuple[str, str]:
    """`[hq, branch]`: two names; raises `Refused`."""
    one, other = two(value, "names", "[hq, branch]")
    return name(one), name(other)


def two(value: object, what: str, example: str) -> tuple[object, object]:
    """A list of two things, such as `example`; raises `Refused`."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise Refused(f"two {what} are expected here, such as `{example}`")
    return value[0], value[1]


def text_line(value: object) -> str:
    """Any text that says something; raises `Refused`."""
    written = text(value).strip()
    if not written:
        raise Refused("a text without a word says nothing")
    return written


def contact(value: object) -> str:
    """How somebody is reached, as the registration asks for it; raises `Refused`."""
    written = text_line(value)
    try:
        check_contact(written)
    except LicensingError as error:
        raise Refused(f"{quoted(written)} is neither an e-mail address nor a telephone number: "
                      "write one such as it@example.com") from error  # fmt: skip
    return written


def call_number(value: object) -> str:
    """What is dialed: digits, kept as they are written; raises `Refused`."""
    written = text(value)
    if not re.fullmatch(r"[0-9]{1,20}", written):
        raise Refused(f"{quoted(written)} is no call number: 1 to 20 digits make one")
    return written


def numbers(value: object) -> tuple[str, ...]:
    """`130-149`, `150` or a list of such; as many digits on both ends. Raises `Refused`."""
    if isinstance(value, list | tuple):
        return tuple(number for part in value for number in numbers(part))
    written = text(value)
    match = _NUMBERS.fullmatch(written)
    if not match:
        forms = "write `150` or `130-149`, with up to 15 digits each"
        raise Refused(f"{quoted(written)} are no call numbers: {forms}")
    first, last = match[1], match[2] or match[1]
    if len(first) != len(last):
        raise Refused(f"{first} and {last} need the same number of digits")
    if int(last) < int(first):
        raise Refused(f"{written} runs backwards: write `{last}-{first}`")
    if (count := int(last) - int(first) + 1) > MOST_SUBSCRIBERS:
        raise Refused(f"a node has at most {MOST_SUBSCRIBERS:,} subscribers, not {count:,}")
    return tuple(f"{number:0{len(first)}}" for number in range(int(first), int(last) + 1))


def duration_in_words(nanoseconds: int) -> str:
    """`300_000_000_000` as `5 min`: the largest unit that leaves no rest."""
    for unit in ("days", "h", "min", "s", "ms", "us"):
        amount, rest = divmod(nanoseconds, _UNITS_OF_TIME_NS[unit])
        if not rest:
            return f"{amount} {'day' if unit == 'days' and amount == 1 else unit}"
    return f"{nanoseconds} ns"


def ranges_of(holders: Iterable[str]) -> list[str]:
    """Call numbers in the ranges that `numbers` reads, and other names as they are."""
    runs: list[list[str]] = []
    for holder in holders:
        if runs and _follows(runs[-1][-1], holder):
            runs[-1].append(holder)
        else:
            runs.append([holder])
    return [run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]


def _ranges_in_words(call_numbers: tuple[str, ...]) -> str | list[str]:
    ranges = ranges_of(call_numbers)
    return ranges[0] if len(ranges) == 1 else ranges


def _follows(number: str, following: str) -> bool:
    both = number.isdecimal() and following.isdecimal() and len(number) == len(following)
    return both and int(following) == int(number) + 1


def exact_duration(nanoseconds: int) -> str:
    """As `duration` reads it again: in the decimals of a millisecond where it has to be."""
    words = duration_in_words(nanoseconds)
    if not words.endswith((" us", " ns")):
        return words
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    return f"{milliseconds}.{rest:06}".rstrip("0") + " ms"


def bandwidth_in_words(bits_per_second: int) -> str:
    """`64_000` as `64 kbit/s`: the largest unit that leaves no rest."""
    units = reversed(_UNITS_OF_BANDWIDTH.items())
    unit, size = next((unit, size) for unit, size in units if bits_per_second % size == 0)
    return f"{bits_per_second // size} {unit}"


def _quantity(written: str, units: dict[str, int], example: str) -> int:
    match = _QUANTITY.fullmatch(written)
    if not match:
        message = f"{quoted(written)} is not a number with its unit, such as `{example}`"
        raise Refused(message, allowed=tuple(units))
    if match[2] not in units:
        raise Refused(f"{match[2]!r} is no unit here", word=match[2], allowed=tuple(units))
    amount = Fraction(match[1]) * units[match[2]]
    if amount.denominator != 1:
        raise Refused(f"{quoted(written)} is finer than can be counted")
    return int(amount)


def quoted(written: str) -> str:
    """`written` in quotes, shortened where it is long."""
    return repr(written if len(written) <= 60 else written[:60] + "...")


def form_of_text(example: str, pattern: str | None = None) -> JsonSchemaValue:
    """JSON Schema of a text with an example, and a pattern where one is known."""
    form: JsonSchemaValue = {"type": "string", "examples": [example]}
    return form | ({"pattern": pattern} if pattern else {})


_DIGITS: JsonSchemaValue = {"type": ["string", "integer"], "pattern": "^[0-9]+$", "minimum": 0}
_TIME = r"[0-9]+(\.[0-9]+)? ?(us|ms|s|min|h|days?)( [0-9]+(\.[0-9]+)? ?(us|ms|s|min|h|days?))*"

Duration = Annotated[int, Reads(duration, form_of_text("15 ms", f"^{_TIME}$"), exact_duration)]
IdleTime = Annotated[int, Reads(idle_time, form_of_text("30 min", f"^{_TIME}$"), exact_duration)]
SignedDuration = Annotated[int, Reads(signed_duration, form_of_text("-1 h", f"^[+-] ?{_TIME}$"))]
BitRate = Annotated[
    int,
    Reads(
        bandwidth,
        form_of_text("20 Mbit/s", r"^[0-9]+(\.[0-9]+)? ?[kMG]?bit/s$"),
        bandwidth_in_words,
    ),
]
Count = Annotated[int, Reads(count, {"type": "integer", "minimum": 0})]
Amount = Annotated[int, Reads(amount, {"type": "integer", "minimum": 1, "maximum": LARGEST_AMOUNT})]
Percent = Annotated[int, Reads(percent, {"type": "integer", "minimum": 0, "maximum": LARGEST_LOSS})]
YesOrNo = Annotated[
    bool,
    Reads(yes_or_no, {"enum": ["yes", "no", True, False]}, lambda said: "yes" if said else "no"),
]
Name = Annotated[str, Reads(name, form_of_text("north", f"^{_NAME.pattern}$"))]
PairOfNames = Annotated[
    tuple[str, str],
    Reads(
        pair_of_names,
        {
            "type": "array",
            "items": form_of_text("hq", f"^{_NAME.pattern}$"),
            "minItems": 2,
            "maxItems": 2,
        },
        list,
    ),
]
Sentence = Annotated[str, Reads(text_line, {"type": "string", "minLength": 1})]
ContactAddress = Annotated[str, Reads(contact, form_of_text("it@example.com"))]
CallNumber = Annotated[str, Reads(call_number, _DIGITS)]
Numbers = Annotated[
    tuple[str, ...],
    Reads(
        numbers,
        {"type": ["string", "integer", "array"], "examples": ["130-149", 150]},
        _ranges_in_words,
    ),
]
