"""Rows of text of one width, each with a tone; a terminal gives the tones colors."""

import textwrap
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from licensing.policies import NS_PER_SECOND
from licensing.wall_time import since_midnight_ns
from simulator.report.phrases import TIED

NARROWEST = 40

_ORDER_OF_TEXT = (0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
CONTROL_CHARACTERS = dict.fromkeys(
    (*range(10), *range(11, 32), *range(127, 160), *_ORDER_OF_TEXT), "\ufffd"
)
"""Texts of a scenario must not drive somebody's terminal, nor turn around what stands beside them.
"""


class Tone(StrEnum):
    """What a row means to its reader."""

    PLAIN = "plain"
    QUIET = "quiet"
    HEADING = "heading"
    REGULAR = "regular"
    FAILOVER = "failover"
    EMERGENCY = "emergency"
    FAILED = "failed"


class Row(msgspec.Struct, frozen=True):
    """One row of the page."""

    text: str = ""
    tone: Tone = Tone.PLAIN

    def __post_init__(self) -> None:
        msgspec.structs.force_setattr(self, "text", self.text.replace(TIED, " "))


class Line(msgspec.Struct, frozen=True):
    """A line of the story: when (since the start of the run), where, and what.

    `by_a_step` is what a step of the scenario did or found, not a program. One
    that stands `in_full` is never folded with earlier lines like it.
    """

    at_ns: int
    where: str
    text: str
    tone: Tone = Tone.PLAIN
    by_a_step: bool = False
    in_full: bool = False


class Calendar:
    """Days as a scenario counts them: day N is the N-th date after the start's (UTC)."""

    def __init__(self, start: datetime) -> None:
        self._since_midnight_ns = since_midnight_ns(start)

    def moment(self, at_ns: int, *, padded: bool = False) -> str:
        """`day 3 08:00:00`, whole seconds; `padded` for columns."""
        days, rest = divmod((self._since_midnight_ns + at_ns) // NS_PER_SECOND, 86_400)
        hours, rest = divmod(rest, 3600)
        day = f"{days:>2}" if padded else str(days)
        return f"day {day} {hours:02}:{rest // 60:02}:{rest % 60:02}"


class Layout(msgspec.Struct, frozen=True):
    """How wide rows may be, and how wide the column of places is."""

    calendar: Calendar
    places: int = 0
    width: int = 100

    def rows(self, line: Line) -> list[Row]:
        """The rows of a line; what does not fit continues below its own column.

        On a page too narrow for columns it continues below the moment.
        """
        head = f"{self.calendar.moment(line.at_ns, padded=True)}  {line.where:{self.places}}  "
        indent = len(head) if self.width - len(head) >= NARROWEST else 4
        return [Row(text, line.tone) for text in self.wrapped(head, line.text, indent)]

    def wrapped(self, head: str, text: str, indent: int) -> list[str]:
        """`head` and `text` in rows that break between words only."""
        return textwrap.wrap(
            head + text,
            max(self.width, NARROWEST),
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )


def aligned(table: Sequence[Sequence[str]]) -> list[str]:
    """Rows of equally wide cells, the first one flush left and all others flush right."""
    widths = [max(len(cell) for cell in column) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if index else f"{cell:{width}}"
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]
