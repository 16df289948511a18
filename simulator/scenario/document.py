"""A scenario as its author wrote it: data in which every piece knows its file, line and column."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec.structs import replace

from simulator.scenario.diagnostics import Finding, KeyPath, Place, Problem, written_path

if TYPE_CHECKING:
    from simulator.scenario.outages.record import OutageRecord

DEEPEST = 24
"""No scenario is nested deeper."""


class Source(msgspec.Struct, frozen=True, eq=False):
    """A text that was read: the name of its file, and its lines."""

    name: str
    lines: tuple[str, ...] = ()


class Mark(msgspec.Struct, frozen=True):
    """Line and column, from 0, in a source."""

    line: int
    column: int
    source: Source

    def place(self, width: int = 1) -> Place:
        """The same for a person: a stretch of so many characters."""
        lines = self.source.lines
        text = lines[self.line] if self.line < len(lines) else ""
        return Place(self.source.name, self.line + 1, self.column + 1, text, width)


class AsItIs(msgspec.Struct, frozen=True, eq=False):
    """What only the model can understand: a number, a step, whatever a Python program wrote."""

    data: object


PieceValue: TypeAlias = "str | list[Piece] | dict[str, Piece] | AsItIs | None"


class Piece(msgspec.Struct):
    """A scalar (None: nothing is written), list or mapping, and where it stands.

    `mark` is None for what a Python program wrote. What stands in one place and was called for in
    another one, by a template or a value's name, has both: the other one is `called_from`. `path`
    is given where the author wrote the piece under another path than it has now.
    """

    mark: Mark | None
    value: PieceValue
    width: int = 1
    size: int = 1
    keys: dict[str, Mark] = msgspec.field(default_factory=dict)
    called_from: Place | None = None
    path: KeyPath | None = None

    def plain(self) -> object:
        """The piece as text, None, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: piece.plain() for key, piece in self.value.items()}
        if isinstance(self.value, list):
            return [piece.plain() for piece in self.value]
        return self.value.data if isinstance(self.value, AsItIs) else self.value

    def child(self, key: str | int) -> "Piece | None":
        """The piece under `key`, None where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None

    def entries(self) -> "dict[str, Piece]":
        """What a mapping holds; nothing where this is none."""
        return self.value if isinstance(self.value, dict) else {}

    def with_text(self, path: KeyPath, text: str) -> "Piece":
        """The same with this text at `path`, where the former one stood, if there was any."""
        if not path:
            return replace(self, value=text, keys={}, size=1)
        key, *rest = path
        deeper = (self.child(key) or Piece(None, {})).with_text(tuple(rest), text)
        if isinstance(self.value, list):
            return replace(
                self, value=[*self.value[: int(key)], deeper, *self.value[int(key) + 1 :]]
            )
        return replace(self, value=self.entries() | {str(key): deeper})

    def without(self, *keys: str) -> "Piece":
        """The same mapping, but for these keys."""
        if not self.entries().keys() & {*keys}:
            return self
        left = {key: piece for key, piece in self.entries().items() if key not in keys}
        return replace(self, value=left)

    @property
    def place(self) -> Place | None:
        """Where it stands, None where a Python program wrote it."""
        return self.mark.place(self.width) if self.mark else None

    def problem(
        self,
        message: str,
        word: str = "",
        allowed: tuple[str, ...] = (),
        other: Place | None = None,
    ) -> Problem:
        """What is wrong with this piece, at its place."""
        return Problem(
            file=self.mark.source.name if self.mark else "",
            path="",
            message=message,
            place=self.place,
            other=other or self.called_from,
            word=word,
            allowed=allowed,
        )


class Document(msgspec.Struct, frozen=True, dict=True):
    """A scenario as it was handed in, its pieces, and what was found wrong while reading them.

    `remarks` are no problems: what was done with a record of outages.
    """

    name: str
    root: Piece
    problems: tuple[Problem, ...] = ()
    sources: tuple[Source, ...] = ()
    remarks: tuple[Problem, ...] = ()
    record: "OutageRecord | None" = None
    """The outages of the file that `reliability` names; it is among the sources, too."""

    short: "Document | None" = None
    """With short forms, where this one is without; what it includes is there."""

    @cached_property
    def data(self) -> dict[str, Any]:
        """All of it as text, None, lists and dicts."""
        plain = self.root.plain()
        assert isinstance(plain, dict), "a scenario is a mapping"
        return plain

    def problem(self, finding: Finding) -> Problem:
        """`finding` with its place; where the path leads beyond the text, the last place on it."""
        path, place, called_from = self._find(finding.path, at_key=finding.at_key)
        other = self._find(finding.other)[1] if finding.other is not None else called_from
        return Problem(
            file=place.file if place else self.name,
            path=written_path(path),
            message=finding.message,
            place=place,
            other=other,
            word=finding.word,
            allowed=finding.allowed,
        )

    def place_of(self, path: KeyPath) -> Place | None:
        """Where the piece at `path` stands; None without a text."""
        return self._find(path)[1]

    def _find(
        self, path: KeyPath, *, at_key: bool = False
    ) -> tuple[KeyPath, Place | None, Place | None]:
        """The path as it is written, its place, and that from where it was called for."""
        mark, width, called_from = self.root.mark, self.root.width, self.root.called_from
        written: KeyPath = ()
        for key, around, piece in self._way(path):
            points_at_key = at_key or not isinstance(piece.value, str)
            key_mark = around.keys.get(str(key)) if points_at_key else None
            mark, width = (key_mark, len(str(key))) if key_mark else (piece.mark, piece.width)
            called_from = piece.called_from or called_from
            written = piece.path or (*written, key)
        return (written, mark.place(width), called_from) if mark else (path, None, called_from)

    def _way(self, path: KeyPath) -> Iterator[tuple[str | int, Piece, Piece]]:
        """Each key of a path with the piece that has it and the one under it, as far as it goes."""
        around = self.root
        for key in path:
            piece = around.child(key)
            if piece is None:
                return
            yield key, around, piece
            around = piece


def unplaced(data: object, depth: int = 0) -> Piece:
    """The pieces of what a Python program wrote, which stand nowhere."""
    deeper = depth + 1
    if isinstance(data, str) or data is None:
        return Piece(None, data)
    if deeper < DEEPEST and isinstance(data, Mapping) and all(isinstance(k, str) for k in data):
        return Piece(None, {key: unplaced(value, deeper) for key, value in data.items()})
    if deeper < DEEPEST and isinstance(data, list | tuple):
        return Piece(None, [unplaced(value, deeper) for value in data])
    return Piece(None, AsItIs(data))
