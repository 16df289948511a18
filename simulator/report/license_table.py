"""The license tables that stand at the end of a run, as the CLAs count (F9)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from licensing.license_table import LicenseTable
from simulator.report.page import Layout, Row, Tone, aligned

_COUNTS = ("bought", "in use", "reserved", "free")

Column = list[str]
"""Its heading, then a cell for each license."""


def license_tables(
    tables: Mapping[str, LicenseTable],
    nodes: list[str],
    page: Layout,
    *,
    in_charge: Collection[str],
    by_node: bool,
    unanswered: Sequence[str] = (),
) -> Iterator[Row]:
    """That of each CLA `in_charge` of nodes, named where there are several; which ones are missing.

    What each node holds stands beside the sums where that fits, and below them, in as many blocks
    as it takes, where it is asked for with `by_node`.
    """
    shown = _with_licenses(tables, in_charge)
    for agent, table in shown.items():
        theirs = nodes
        yield Row()
        if len(shown) + len(unanswered) > 1:
            yield Row(f"CLA of {agent}", Tone.HEADING)
            theirs = [name for name in nodes if any(row.held.get(name) for row in table.licenses)]
        yield from _license_table(table, theirs, page, by_node=by_node)
    if unanswered:
        yield Row()
    for agent in unanswered:
        yield Row(f"no license table of {agent}: its CLA does not answer at the end", Tone.QUIET)


def _with_licenses(
    tables: Mapping[str, LicenseTable], in_charge: Collection[str]
) -> Mapping[str, LicenseTable]:
    """Those with licenses that are held, or that were bought for nodes of today.

    A CLA whose nodes have gone over to another one may still count what it once bought. Where
    nobody has licenses, the empty tables say so.
    """
    theirs = {agent: table for agent, table in tables.items() if agent in in_charge}
    return {
        agent: table
        for agent, table in tables.items()
        if any(sum(row.held.values()) for row in table.licenses)
        or (agent in theirs and any(row.bought for row in table.licenses))
    } or theirs


def _license_table(
    table: LicenseTable, nodes: list[str], page: Layout, *, by_node: bool
) -> Iterator[Row]:
    """Bought, in use, reserved for cut-off nodes (F9) and free; by node too where that fits."""
    names = ["licenses", *(row.name for row in table.licenses)]
    sums = [names, *_sums(table)]
    columns = [_held(table, node) for node in nodes]
    if _width([*sums, *columns]) <= page.width:
        yield from _block([*sums, *columns])
        return
    yield from _block(sums)
    while by_node and columns:
        fitting = next(n for n in range(len(columns), 0, -1) if _fits(names, columns[:n], page))
        yield Row()
        yield from _block([names, *columns[:fitting]])
        columns = columns[fitting:]


def _sums(table: LicenseTable) -> list[Column]:
    rows = [(row.bought, row.in_use, row.reserved, row.free) for row in table.licenses]
    return [[head, *(str(row[index] or "-") for row in rows)] for index, head in enumerate(_COUNTS)]


def _held(table: LicenseTable, node: str) -> Column:
    return [node, *(str(row.held.get(node, 0) or "-") for row in table.licenses)]


def _fits(names: Column, columns: list[Column], page: Layout) -> bool:
    """Whether they stand beside each other on the page; one alone always does."""
    return len(columns) == 1 or _width([names, *columns]) <= page.width


def _width(columns: list[Column]) -> int:
    return max(map(len, aligned([*zip(*columns, strict=True)])))


def _block(columns: list[Column]) -> Iterator[Row]:
    for index, line in enumerate(aligned([*zip(*columns, strict=True)])):
        yield Row(line, Tone.PLAIN if index else Tone.HEADING)
