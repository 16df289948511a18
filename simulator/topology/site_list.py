"""A list of sites as spreadsheets save it: a row a site, joined by one provider's network.

Columns may be separated by comma, semicolon or tab, decimals by comma or point; the text may be
UTF-8 with or without byte order mark, UTF-16, or what Windows takes for Western Europe.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from licensing.catalogue import MODELS, SUBSCRIBER_TYPES
from licensing.words import Role
from simulator.scenario.diagnostics import Refused, listed, nearest
from simulator.topology.bit_rates import UNIT, bit_rate
from simulator.topology.drawing import Drawing, Edge, Kind, Unreadable, Vertex

CLOUD = "wan"

_DELIMITERS = ";\t,"
_COLUMNS = {
    "site": ("site", "name", "node"),
    "model": ("model",),
    "role": ("role",),
    "channels": ("channels", "trunk channels"),
    "line": ("line", "access line", "bandwidth"),
    "longitude": ("longitude", "lon"),
    "latitude": ("latitude", "lat"),
}
"""What a column may be called, in any case; the stations have a column for each type."""

_HEAD_WITH_UNIT = re.compile(rf"(?P<head>.*?)[ _]*[(\[]?(?P<unit>{UNIT})[)\]]?")
_NUMBER = re.compile(r"[0-9]+(?:[.,'\u2019\u00a0\u202f ][0-9]+)*")
_TWO_MEANINGS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_QUANTITY = re.compile(r"([0-9.,'\u2019\u00a0\u202f ]*[0-9]) *([a-zA-Z]+/?[a-zA-Z]*)?")


class _Column(msgspec.Struct, frozen=True):
    """What a column is, one of `_COLUMNS` or a type of station, and its unit where it has one."""

    what: str
    unit: str = ""


class _Cell(msgspec.Struct, frozen=True):
    """A cell that says something, and its row and column as a spreadsheet counts them."""

    text: str
    row: int
    column: _Column

    def trouble(self, message: str) -> Unreadable:
        """What is wrong with it, with its place."""
        return Unreadable(f"row {self.row}, {self.column.what}: {message}")


def read_site_list(content: bytes) -> Drawing:
    """The drawing of a table whose first row names its columns; raises `Unreadable`."""
    text, encoding = _decoded(content)
    remarks = [f"it is no UTF-8: read as {encoding}"] if encoding == "Windows-1252" else []
    rows = _table(text)
    sites = {f"{row[0].row}": _site({cell.column.what: cell for cell in row}) for row in rows}
    if not sites:
        raise Unreadable("there is no site in it: a row names its columns, each further one a site")
    if any(cell.column.what == "line" and _is_bare(cell) for row in rows for cell in row):
        remarks.append("lines without a unit are taken as Mbit/s")
    if any(site.channels for site in sites.values()):
        remarks.append("channels are those of one ITSP trunk a site")
    label = _cloud_label(sites)
    joined = f"it has no lines between sites: all are joined by the cloud {label}"
    edges = [Edge((key, CLOUD), bandwidth_bit_s=site.line_bit_s) for key, site in sites.items()]
    vertices = {**sites, CLOUD: Vertex(label, Kind.CLOUD)}
    return Drawing("", vertices, tuple(edges), (*remarks, joined))


def _cloud_label(sites: Mapping[str, Vertex]) -> str:
    taken = {site.label.lower() for site in sites.values()}
    return next(name for name in (CLOUD, f"{CLOUD}-cloud", f"{CLOUD}-of-all") if name not in taken)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace"), "UTF-16"
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace"), "Windows-1252"
    if "\0" in text:
        raise Unreadable("it is neither GraphML nor a table: save it as GraphML, CSV or YAML")
    return text, "UTF-8"


def _table(text: str) -> list[list[_Cell]]:
    """Of each row but the first, which names the columns, the cells that say something."""
    lines = text.splitlines(keepends=True)
    first = next((index for index, line in enumerate(lines) if line.strip(";,\t \r\n")), None)
    if first is None:
        raise Unreadable("there is nothing in it")
    delimiter = _delimiter(lines[first])
    if lines[first].lower().startswith("sep=") and first + 1 < len(lines):
        delimiter, first = lines[first].strip()[4:] or ";", first + 1
    try:
        head, *rest = csv.reader(lines[first:], delimiter=delimiter, strict=True)
    except (csv.Error, TypeError) as error:
        raise Unreadable(f"it is no table: {error}") from None
    columns = _columns(head)
    rows = []
    for number, row in enumerate(rest, first + 2):
        if any(cell.strip() for cell in row[len(columns) :]):
            raise Unreadable(f"row {number} has more cells than there are columns")
        pairs = zip(columns, row, strict=False)
        cells = [_Cell(cell.strip(), number, column) for column, cell in pairs if cell.strip()]
        rows += [cells] if cells else []
    return rows


def _delimiter(head: str) -> str:
    """The one that the names of the columns are separated by."""
    return max(_DELIMITERS, key=head.count)


def _columns(head: list[str]) -> list[_Column]:
    while head and not head[-1].strip():
        head.pop()
    columns = [_column(name.strip()) for name in head]
    twice = [what for what, count in Counter(c.what for c in columns).items() if count > 1]
    if twice:
        raise Unreadable(f"two columns are the {twice[0]}: leave one out")
    if "site" not in {column.what for column in columns}:
        raise Unreadable(f"no column is called `site`; there are {listed(head)}")
    return columns


def _column(name: str) -> _Column:
    plain, unit = name.lower(), ""
    if with_unit := _HEAD_WITH_UNIT.fullmatch(name):
        plain, unit = with_unit["head"].lower(), with_unit["unit"]
    for what, called in _COLUMNS.items():
        if plain in called:
            return _Column(what, unit)
    if plain in SUBSCRIBER_TYPES:
        return _Column(plain)
    known = [*_COLUMNS, *SUBSCRIBER_TYPES]
    guess = nearest(plain, known)
    near = f"; did you mean {guess!r}?" if guess else ""
    raise Unreadable(f"the column {name!r} is not known{near}\n    allowed: {listed(known)}")


def _site(cells: Mapping[str, _Cell]) -> Vertex:
    if "site" not in cells:
        row = next(iter(cells.values())).row
        raise Unreadable(f"row {row} has no site's name")
    said = {}
    if "model" in cells:
        said["model"] = _model(cells["model"])
    if "role" in cells:
        said["role"] = _role(cells["role"])
    stations = {key: _whole(cells[key]) for key in SUBSCRIBER_TYPES if key in cells}
    return Vertex(
        label=cells["site"].text,
        place=_place(cells),
        said=said,
        stations=stations,
        channels=_whole(cells["channels"]) if "channels" in cells else None,
        line_bit_s=_line_bit_s(cells["line"]) if "line" in cells else None,
    )


def _model(cell: _Cell) -> str:
    called = {name.lower(): key for key, model in MODELS.items() for name in (key, model.name)}
    model = called.get(cell.text.lower())
    if model is None:
        raise cell.trouble(f"{cell.text!r} is not a model; there are {', '.join(MODELS)}")
    return model


def _role(cell: _Cell) -> str:
    if cell.text.lower() not in list(Role):
        raise cell.trouble(f"{cell.text!r} is not a role; there are {', '.join(Role)}")
    return cell.text.lower()


def _place(cells: Mapping[str, _Cell]) -> tuple[float, float] | None:
    if not {"longitude", "latitude"} <= cells.keys():
        return None
    return _degrees(cells["longitude"]), _degrees(cells["latitude"])


def _degrees(cell: _Cell) -> float:
    try:
        return float(cell.text.replace(",", ".").replace("\N{MINUS SIGN}", "-"))
    except ValueError:
        raise cell.trouble(f"{cell.text!r} are no degrees, such as 48,137") from None


def _whole(cell: _Cell) -> int:
    number = _number(cell, cell.text)
    if number != int(number):
        raise cell.trouble(f"{cell.text!r} is no whole number")
    return int(number)


def _number(cell: _Cell, text: str) -> Decimal:
    """`1.5`, `1,5`, `1 000` or `1.000,5`; one that has two meanings is refused."""
    if not _NUMBER.fullmatch(text):
        raise cell.trouble(f"{cell.text!r} is no number")
    plain = re.sub("['\u2019\u00a0\u202f ]", "", text)
    marks = [mark for mark in plain if mark in ".,"]
    if len(marks) == 1 and _TWO_MEANINGS.fullmatch(plain):
        choices = plain.replace(marks[0], ""), f"{Decimal(plain.replace(',', '.')).normalize():f}"
        raise cell.trouble(f"{text!r} may be {' or '.join(choices)}: write it without a mark")
    decimal = marks[-1] if marks and marks.count(marks[-1]) == 1 else ""
    for mark in {*marks} - {decimal}:
        plain = plain.replace(mark, "")
    return Decimal(plain.replace(decimal, ".") if decimal else plain)


def _is_bare(cell: _Cell) -> bool:
    match = _QUANTITY.fullmatch(cell.text)
    return match is not None and not (cell.column.unit or match[2])


def _line_bit_s(cell: _Cell) -> int:
    match = _QUANTITY.fullmatch(cell.text)
    if match is None:
        raise cell.trouble(f"{cell.text!r} is not a bandwidth, such as `50 Mbit/s`")
    unit = match[2] or cell.column.unit or "Mbit/s"
    try:
        return bit_rate(f"{_number(cell, match[1]):f} {unit}")
    except Refused as refused:
        units = f"; there are {listed(refused.allowed)}" if refused.allowed else ""
        raise cell.trouble(f"{refused.message}{units}") from None
