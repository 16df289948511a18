"""A scenario as its author wrote it: data in which every piece knows its line and column."""

from dataclasses import dataclass, field

from simulator.scenario.diagnostics import Finding, KeyPath, Place, Problem, written_path

Mark = tuple[int, int]
"""Line and column, from 0."""


@dataclass(slots=True)
class Piece:
    """A scalar (None: nothing is written), list or mapping, and where it stands (from 0)."""

    mark: Mark
    value: "str | list[Piece] | dict[str, Piece] | None"
    width: int = 1
    size: int = 1
    keys: dict[str, Mark] = field(default_factory=dict)

    def plain(self) -> object:
        """The piece as text, None, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: piece.plain() for key, piece in self.value.items()}
        if isinstance(self.value, list):
            return [piece.plain() for piece in self.value]
        return self.value

    def child(self, key: str | int) -> "Piece | None":
        """The piece under `key`, None where there is none."""
        if isinstance(self.value, dict):
            return self.value.get(str(key))
        if isinstance(self.value, list) and isinstance(key, int) and key < len(self.value):
            return self.value[key]
        return None


@dataclass(frozen=True, slots=True)
class Document:
    """A scenario as it was handed in: the data, and for a text the places of its pieces."""

    name: str
    data: object
    root: Piece | None = None
    lines: tuple[str, ...] = ()
    repeated_keys: tuple[Problem, ...] = ()

    def problem(self, finding: Finding) -> Problem:
        """`finding` with its place; where the path leads beyond the text, the last place on it."""
        path, place = self._find(finding.path, at_key=finding.at_key)
        return Problem(
            file=self.name,
            path=written_path(path),
            message=finding.message,
            place=place,
            other=self._find(finding.other)[1] if finding.other is not None else None,
            word=finding.word,
            allowed=finding.allowed,
        )

    def line_of(self, path: KeyPath) -> int | None:
        """The line, from 1, on which the piece at `path` stands; None without a text."""
        place = self._find(path)[1]
        return place.line if place else None

    def _find(self, path: KeyPath, *, at_key: bool = False) -> tuple[KeyPath, Place | None]:
        if self.root is None:
            return path, None
        piece, mark, found = self.root, self.root.mark, 0
        for key in path:
            child = piece.child(key)
            if child is None:
                break
            points_at_key = at_key or not isinstance(child.value, str)
            mark = (piece.keys.get(str(key)) if points_at_key else None) or child.mark
            piece, found = child, found + 1
        width = len(str(path[found - 1])) if mark != piece.mark else piece.width
        return path[:found], self._place(mark, width)

    def _place(self, mark: Mark, width: int) -> Place:
        line, column = mark
        source = self.lines[line] if line < len(self.lines) else ""
        return Place(self.name, line + 1, column + 1, source, width)
