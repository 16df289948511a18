"""Moments of a timeline, and the start that its days are counted from."""

import re
from datetime import UTC, datetime
from typing import Annotated

import msgspec

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.wall_time import since_midnight_ns
from simulator.scenario.diagnostics import Refused
from simulator.scenario.values import (
    LAST_DAY,
    Reads,
    duration,
    duration_in_words,
    form_of_text,
    name,
    quoted,
    text,
)

_LAST_START = 2199
_DAY = re.compile(
    r"day ([0-9]{1,9})(?: ([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?)?"
)
_DEADLINE = re.compile(r"deadline of (\S+)(?: ([+-]) (.+))?")
_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?")


class Instant(msgspec.Struct, frozen=True):
    """A time of the timeline, in nanoseconds after the midnight that begins the start's date."""

    since_midnight_ns: int = 0

    def after_ns(self, start: datetime) -> int:
        """Nanoseconds from `start` to this instant; negative where it lies before."""
        return self.since_midnight_ns - since_midnight_ns(start)

    def __str__(self) -> str:
        days, rest = divmod(self.since_midnight_ns, DAY_NS)
        hours, rest = divmod(rest, HOUR_NS)
        minutes, rest = divmod(rest, MINUTE_NS)
        seconds, rest = divmod(rest, NS_PER_SECOND)
        fine = f".{rest:09}".rstrip("0") if rest else ""
        return f"day {days} {hours:02}:{minutes:02}" + (
            f":{seconds:02}{fine}" if seconds or rest else ""
        )


class Deadline(msgspec.Struct, frozen=True):
    """A time that only the run knows: `shift_ns` after the end of `node`'s failover period."""

    node: str
    shift_ns: int = 0

    def __str__(self) -> str:
        sign = " - " if self.shift_ns < 0 else " + "
        shift = sign + duration_in_words(abs(self.shift_ns)) if self.shift_ns else ""
        return f"deadline of {self.node}{shift}"


_NEARLY_A_DAY = re.compile(r"day\s*([0-9]+)(?:[\s,]+([0-9]{1,2})(:[0-9]{2}(?::[0-9]{2})?))?")

Moment = Instant | Deadline


def start(value: object) -> datetime:
    """`2026-03-02 08:00`, UTC, or an aware datetime; raises `Refused`."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    written = text(value)
    try:
        instant = datetime.fromisoformat(written) if _START.fullmatch(written) else None
    except ValueError:  # the 31st of February
        instant = None
    if instant is None or not 1970 <= instant.year <= _LAST_START:
        raise Refused(f"{quoted(written)} is no start: write `2026-03-02 08:00` (UTC, to 2199)")
    return instant.replace(tzinfo=UTC)


def moment(value: object) -> Moment:
    """`day 3` (midnight), `day 3 08:00`, `day 3 08:00:30.5`, `deadline of north - 5 min`.

    Raises `Refused`.
    """
    if isinstance(value, Instant | Deadline):
        return value
    written = text(value)
    if match := _DAY.fullmatch(written):
        day, hours, minutes, seconds = (int(part or 0) for part in match.groups()[:4])
        if day > LAST_DAY:
            raise Refused(f"day {day} is too far away: the last is day {LAST_DAY}")
        return Instant(
            day * DAY_NS
            + hours * HOUR_NS
            + minutes * MINUTE_NS
            + seconds * NS_PER_SECOND
            + int(f"{match[5] or '':<09}")
        )
    if match := _DEADLINE.fullmatch(written):
        shift_ns = duration(match[3]) if match[3] else 0
        return Deadline(name(match[1]), -shift_ns if match[2] == "-" else shift_ns)
    forms = ("day N HH:MM", "day N HH:MM:SS", "deadline of NODE - 5 min")
    raise Refused(f"{quoted(written)} is no time of the timeline{_meant(written)}", allowed=forms)


def _meant(written: str) -> str:
    """What somebody has nearly written, as it is written."""
    if not (match := _NEARLY_A_DAY.fullmatch(written.strip().lower())):
        return ""
    day, hours, rest = match.groups()
    if len(day.lstrip("0")) > len(str(LAST_DAY)):
        return f": the last is day {LAST_DAY}"
    time = f" {int(hours):02}{rest}" if hours else ""
    meant = f"day {int(day)}{time}"
    return f"; did you mean {meant!r}?" if _DAY.fullmatch(meant) else ""


StartTime = Annotated[
    datetime, Reads(start, form_of_text("2026-03-02 08:00", f"^{_START.pattern}$"))
]
At = Annotated[
    Moment,
    Reads(
        moment,
        form_of_text("day 3 08:00", r"^(day [0-9]+( [0-9:.]+)?|deadline of \S+( [+-] .+)?)$"),
    ),
]


def _instant(value: object) -> Instant:
    """A dated moment; raises `Refused` for the end of a period, which only the run knows."""
    read = moment(value)
    if not isinstance(read, Instant):
        raise Refused(f"{read} is not dated: write `day 3 08:00`")
    return read


PastInstant = Annotated[
    Instant, Reads(_instant, form_of_text("day 3 08:00", r"^day [0-9]+( [0-9:.]+)?$"))
]
