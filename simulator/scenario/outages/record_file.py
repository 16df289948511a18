"""A file with a record of outages: a table with the columns `what`, `from` and `to`.

Columns are separated by comma, semicolon or tab and stand in any order; others are left alone.
Times are ISO 8601 with their zone. An empty `to` is an outage that is still open.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import msgspec
from msgspec.structs import replace

from licensing.policies import MICROSECOND_NS
from simulator.scenario.diagnostics import Place, Problem, ScenarioError, listed
from simulator.scenario.outages.distributions import LONGEST_REPAIR_NS
from simulator.scenario.outages.record import OutageRecord, RecordedOutage, record_of

_COLUMNS = ("what", "from", "to")
_DELIMITERS = ",;\t"
_FORM = "2026-03-02T08:00+01:00"
_YEARS = (1970, 2199)
_LONGEST = timedelta(microseconds=LONGEST_REPAIR_NS // MICROSECOND_NS)
_Row = Mapping[str, Place]
"""Where each column of a row stands."""


def read_record(text: str, name: str) -> OutageRecord:
    """The record in `text`, which messages call `name`.

    Raises `ScenarioError` with all that is wrong, each with its line and column.
    """
    table = _Table(name)
    outages = [table.outage(row) for row in table.rows(text)]
    read = [outage for outage in outages if outage]
    if not read and not table.problems:
        table.problems.append(Problem(name, "", f"there is no outage in it: {_needed()}"))
    if table.problems:
        raise ScenarioError(table.problems)
    return record_of(name, read)


def _needed() -> str:
    return f"its first line is `{','.join(_COLUMNS)}`, and each further one an outage"


class _Table(msgspec.Struct):
    """Reads rows, and keeps what is wrong with them."""

    name: str
    problems: list[Problem] = msgspec.field(default_factory=list)

    def rows(self, text: str) -> Iterator[_Row]:
        """The rows below the names of the columns; none where a column is missing."""
        lines = enumerate(text.splitlines(), 1)
        places = (Place(self.name, number, 1, line) for number, line in lines if line.strip())
        first = next(places, None)
        if first is None:
            return
        delimiter = max(_DELIMITERS, key=first.source.count)
        head = [_said(cell).lower() for cell in _cells(first, delimiter)]
        missing = [column for column in _COLUMNS if column not in head]
        if missing:
            message = f"no column is called `{missing[0]}`, there are {listed(head)}; {_needed()}"
            self._wrong(replace(first, width=len(first.source)), message)
            return
        for place in places:
            cells = [*_cells(place, delimiter)]
            if len(cells) < 1 + max(map(head.index, _COLUMNS)):
                message = f"this row has {len(cells)} of {len(head)} columns; an empty `to` is open"
                self._wrong(replace(place, width=len(place.source)), message)
                continue
            yield {column: cells[head.index(column)] for column in _COLUMNS}

    def outage(self, row: _Row) -> RecordedOutage | None:
        """The outage of a row; None where something in it is wrong."""
        what, (began, ended) = _said(row["what"]), map(self._time, (row["from"], row["to"]))
        if not what:
            self._wrong(
                row["what"], "it is not said what was down: a link, a cloud, a router, a node"
            )
        if not _said(row["from"]):
            self._wrong(row["from"], f"it is not said since when, such as `{_FORM}`")
        if began and ended and ended < began:
            self._wrong(row["to"], "it ends before it begins")
        if began and ended and ended - began > _LONGEST:
            self._wrong(row["to"], f"it lasts longer than {_LONGEST.days} days")
        if not what or not began or (not ended and _said(row["to"])):
            return None
        return RecordedOutage(what, began, ended, (row["what"].line,))

    def _time(self, place: Place) -> datetime | None:
        """The instant that a cell says; None where it is empty or wrong."""
        written = _said(place)
        try:
            instant = datetime.fromisoformat(written) if written else None
        except ValueError:
            self._wrong(place, f"{written[:60]!r} is no time: write `{_FORM}`")
            return None
        if instant and not instant.tzinfo:
            self._wrong(
                place, f"{written!r} has no zone: write `{_FORM}`, or `Z` at its end for UTC"
            )
            return None
        if instant and not _YEARS[0] <= instant.year <= _YEARS[1]:
            self._wrong(place, f"{written!r} is not within the years {_YEARS[0]} to {_YEARS[1]}")
            return None
        return instant

    def _wrong(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place.file, "", message, place))


def _cells(line: Place, delimiter: str) -> Iterator[Place]:
    """The cells of a line; one in quotation marks may have the delimiter in it."""
    form = re.compile(rf'[ ]*("(?:[^"]|"")*"(?=[ ]*(?:{delimiter}|$))|[^{delimiter}]*)')
    at, text = 0, line.source
    while at <= len(text):
        match = form.match(text, at)
        assert match, "an empty cell matches, too"
        yield replace(line, column=match.start(1) + 1, width=max(1, len(match[1].rstrip())))
        at = text.find(delimiter, match.end())
        at = len(text) + 1 if at < 0 else at + 1


def _said(cell: Place) -> str:
    """The text of a cell."""
    begin = cell.column - 1
    text = cell.source[begin : begin + cell.width].strip().strip(_DELIMITERS)
    return text[1:-1].replace('""', '"').strip() if text[:1] == text[-1:] == '"' else text
