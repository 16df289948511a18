"""`reliability: {outages: outages.csv}`: how things fail, by a record of their outages.

Each thing that the record names gets a line of `reliability` with the distributions that fit it
best, unless it has a line of its own. Files are read first, and once; the rest is pure.
"""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from licensing.node_names import spelled
from simulator.scenario.components import Component, ComponentKind
from simulator.scenario.diagnostics import Place, Problem, ScenarioError
from simulator.scenario.document import Document, Piece, Source
from simulator.scenario.expansion.includes import Folders, allowed_file, at_the_include
from simulator.scenario.expansion.record_name import OUTAGES, RELIABILITY, record_name
from simulator.scenario.expansion.sites import INTERNETWORK
from simulator.scenario.files import text_of
from simulator.scenario.links import splits
from simulator.scenario.outages.fit import HistoryFit, TooFewOutages, fitted_history
from simulator.scenario.outages.record import OutageHistory
from simulator.scenario.outages.record_file import read_record
from simulator.scenario.reliability import (
    THE_REST,
    distribution_in_words,
    part_of,
    up_in_words,
)

_PLACES = {
    ComponentKind.LINK: "links",
    ComponentKind.CLOUD: "clouds",
    ComponentKind.ROUTER: "routers",
    ComponentKind.HOST: "nodes",
}
"""Where an internetwork has what may fail."""


def with_record(document: Document, piece: Piece, folders: Folders) -> Document:
    """The document with the record of that name; raises `ScenarioError`."""
    if not isinstance(piece.value, str):
        raise ScenarioError([piece.problem(f"`{OUTAGES}` names one CSV file")])
    folder = Path(piece.mark.source.name).parent if piece.mark and folders.home else folders.home
    path = allowed_file(piece, folder, folders)
    try:
        text = text_of(path)
        record = read_record(text, str(path))
    except ScenarioError as error:
        raise at_the_include(error, piece.place) from None
    source = Source(str(path), tuple(text.splitlines()))
    return replace(document, record=record, sources=(*document.sources, source))


def with_fitted_outages(document: Document, problems: list[Problem]) -> tuple[Piece, list[Problem]]:
    """The root with a line for each thing of the record, and what is to be said of the record."""
    root, record = document.root, document.record
    reliability, piece = root.child(RELIABILITY), record_name(root)
    if not (record and reliability and piece):
        return root, []
    remarks = [piece.problem(f"{record.name}, {each}") for each in record.remarks]
    parts = _Parts(root.child(INTERNETWORK) or Piece(None, {}), reliability.without(OUTAGES))
    for history in record.histories.values():
        try:
            remarks += parts.add(history, piece)
        except _Wrong as wrong:
            place = _place(document, history)
            problems.append(
                replace(wrong.problem, file=record.name, place=place, other=piece.place)
            )
    return replace(root, value=root.entries() | {RELIABILITY: parts.lines}), remarks


def _place(document: Document, history: OutageHistory) -> Place:
    """Where the record speaks of it first."""
    (source,) = (
        each for each in document.sources if document.record and each.name == document.record.name
    )
    number = history.outages[0].lines[0]
    return Place(source.name, number, 1, source.lines[number - 1], len(source.lines[number - 1]))


class _Wrong(Exception):
    """Something of the record has no place in the scenario."""

    def __init__(self, message: str, word: str = "", allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problem = Problem("", "", message, word=word, allowed=allowed)


class _Parts:
    """What an internetwork has, and the `lines` of `reliability`."""

    def __init__(self, internetwork: Piece, lines: Piece) -> None:
        self._parts = {
            kind: part.entries() if (part := internetwork.child(key)) else {}
            for kind, key in _PLACES.items()
        }
        self.lines = lines
        self._own = {
            self._called(name)
            for part in map(lines.child, map(part_of, ComponentKind))
            if part
            for name in part.entries()
        }

    def add(self, history: OutageHistory, piece: Piece) -> Iterator[Problem]:
        """Write the line of something that has none; raises `_Wrong`."""
        component = self._called(history.what)
        if component is None:
            known = tuple(name for part in self._parts.values() for name in part)
            message = f"there is no link, cloud, router or node {history.what!r}"
            raise _Wrong(message, history.what, known)
        if component in self._own:
            return
        kind, name = component
        part = self.lines.child(part_of(kind)) or Piece(piece.mark, {})
        try:
            fit = fitted_history(history)
        except TooFewOutages as error:
            if THE_REST not in part.entries():
                way_out = (
                    f"give it a line of its own under `{part_of(kind)}`, or one for `{THE_REST}`"
                )
                raise _Wrong(f"{history.what} has {error}; {way_out}") from None
            yield piece.problem(f"{history.what} has {error}: it fails as `{THE_REST}` says")
            return
        entries = part.entries() | {name: _line(fit, piece)}
        part = replace(part, value=entries)
        self.lines = replace(self.lines, value=self.lines.entries() | {part_of(kind): part})

    def _called(self, name: str) -> Component | None:
        """What a name means: that of a part, or the two ends of one link."""
        for kind, part in self._parts.items():
            if called := spelled(name, part):
                return Component(kind, called)
        pairs = {_pair(*ends) for ends in splits(name)}
        links = self._parts[ComponentKind.LINK].items()
        found = [link for link, piece in links if pairs & _pairs(link, piece)]
        return Component(ComponentKind.LINK, found[0]) if len(found) == 1 else None


def _line(fit: HistoryFit, piece: Piece) -> Piece:
    words = {
        "fails": up_in_words(fit.up.distribution),
        "repair": distribution_in_words(fit.repair.distribution),
    }
    return replace(piece, value={key: replace(piece, value=said) for key, said in words.items()})


def _pairs(link: str, piece: Piece) -> set[frozenset[str]]:
    """What it may join, as it says or as its name may be split."""
    joins = piece.child("joins")
    if joins and isinstance(joins.value, list):
        return {_pair(*(str(end.value) for end in joins.value))}
    return {_pair(*ends) for ends in splits(link)}


def _pair(*ends: str) -> frozenset[str]:
    return frozenset(end.casefold() for end in ends)
