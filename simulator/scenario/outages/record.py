"""What a record of outages says of each thing: how long it was down, and how long it worked.

Outages of one thing that overlap or touch are one outage. The record ends with the latest time in
it: what is still open then has lasted at least so long.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from licensing.policies import MICROSECOND_NS

_MOST_LISTED = 5


class Observation(NamedTuple):
    """So many nanoseconds; or longer, where the end was not seen."""

    lasted_ns: int
    ended: bool = True


class RecordedOutage(msgspec.Struct, frozen=True):
    """An outage, and the lines of the file that speak of it; `ended` is None while it is open."""

    what: str
    began: datetime
    ended: datetime | None
    lines: tuple[int, ...]


class OutageHistory(msgspec.Struct, frozen=True):
    """The outages of one thing in order of time, none of which overlap, until the record's end."""

    what: str
    outages: tuple[RecordedOutage, ...]
    until: datetime

    @property
    def open_count(self) -> int:
        """How many are still open: at most one."""
        return sum(outage.ended is None for outage in self.outages)

    def repairs(self) -> list[Observation]:
        """How long each outage lasted."""
        return [_lasted(each.began, each.ended, self.until) for each in self.outages]

    def times_up(self) -> list[Observation]:
        """How long it worked from each repair to the next failure, or to the record's end."""
        begins = [each.began for each in self.outages[1:]] + [None]
        pairs = zip(self.outages, begins, strict=True)
        times = [_lasted(each.ended, begins, self.until) for each, begins in pairs if each.ended]
        return [each for each in times if each.lasted_ns]


class OutageRecord(msgspec.Struct, frozen=True):
    """Histories by what failed; `remarks` tell what was merged or left out, with the lines."""

    name: str
    until: datetime
    histories: dict[str, OutageHistory]
    remarks: tuple[str, ...]


def record_of(name: str, outages: Iterable[RecordedOutage]) -> OutageRecord:
    """The record of at least one outage; names that differ in case only are one thing's."""
    rows = sorted(outages, key=lambda outage: (outage.began, outage.lines))
    until = max(each.ended or each.began for each in rows)
    remarks: list[str] = []
    by_name: defaultdict[str, list[RecordedOutage]] = defaultdict(list)
    for each in rows:
        if each.began == each.ended:
            remarks.append(f"line {each.lines[0]}: {each.what} was down for no time: left out")
        else:
            by_name[each.what.casefold()].append(each)
    histories = [
        OutageHistory(rows[0].what, _apart(rows, remarks), until) for rows in by_name.values()
    ]
    return OutageRecord(name, until, {each.what: each for each in histories}, tuple(remarks))


def _apart(rows: Iterable[RecordedOutage], remarks: list[str]) -> tuple[RecordedOutage, ...]:
    """The outages of one thing, those that overlap or touch merged."""
    apart: list[RecordedOutage] = []
    for row in rows:
        if apart and (apart[-1].ended is None or row.began <= apart[-1].ended):
            apart[-1] = _together(apart[-1], row)
        else:
            apart.append(row)
    remarks += [
        f"{_listed(each.lines)}: outages of {each.what} overlap: merged"
        for each in apart
        if len(each.lines) > 1
    ]
    return tuple(apart)


def _listed(lines: Sequence[int]) -> str:
    if len(lines) > _MOST_LISTED:
        return f"{len(lines)} lines from {min(lines)} to {max(lines)}"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"


def _together(one: RecordedOutage, other: RecordedOutage) -> RecordedOutage:
    ended = max(one.ended, other.ended) if one.ended and other.ended else None
    return RecordedOutage(one.what, one.began, ended, (*one.lines, *other.lines))


def _lasted(began: datetime, ended: datetime | None, until: datetime) -> Observation:
    lasted_ns = ((ended or until) - began) // timedelta(microseconds=1) * MICROSECOND_NS
    return Observation(lasted_ns, ended is not None)
