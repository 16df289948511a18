"""`include: FILE`: what another file says counts here, too, but for what is said here otherwise.

Mappings are put together key by key, timelines follow each other, and of anything else the word of
the file that includes counts. Whoever reads another file asks `allowed_file` first.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec.structs import replace

from simulator.scenario.diagnostics import Place, ScenarioError, nearest
from simulator.scenario.document import Document, Piece
from simulator.scenario.files import text_of
from simulator.scenario.yaml_text import read_text

INCLUDE = "include"
_TIMELINE = "timeline"
_MOST_FILES = 100
_ELSEWHERE = "`--include-from FOLDER` on the command line allows another folder"


class Folders(msgspec.Struct, frozen=True):
    """Where included files may lie: below the scenario's own folder, and in others if so asked.

    `file` is that of the scenario, where it was read from one. Without a `home` nothing can be
    included but from `further` folders.
    """

    home: Path | None = None
    further: tuple[Path, ...] = ()
    file: Path | None = None


def with_included_files(document: Document, folders: Folders) -> Document:
    """The document with all that it includes; raises `ScenarioError`."""
    reader = _Reader(folders)
    way = [(document.name, folders.file.resolve() if folders.file else None)]
    return reader.whole(document, folders.home, way)


_Way = list[tuple[str, Path | None]]
"""The files that lead to one, by the names and the paths that they have."""


class _Reader:
    """Reads files, each within one of the folders."""

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._count = 0
        self._read: set[Path] = set()

    def whole(self, document: Document, folder: Path | None, way: _Way) -> Document:
        """A document whose file lies in `folder`, with what it includes."""
        root = _numbered(document.root)
        asked = root.entries().get(INCLUDE)
        pieces = asked.value if asked and isinstance(asked.value, list) else [asked]
        result = replace(document, root=root)
        base: Document | None = None
        for piece in filter(None, pieces):
            included = self._included(piece, folder, way)
            base = _merged(base, included) if base and included else included or base
        return _merged(base, result) if base else result

    def _included(self, piece: Piece, folder: Path | None, way: _Way) -> Document | None:
        """None of a file that counts already: its steps would happen twice."""
        if not isinstance(piece.value, str):
            raise _error(piece, f"`{INCLUDE}` names a file, or a list of files")
        self._count += 1
        if self._count > _MOST_FILES:
            raise _error(piece, f"a scenario includes at most {_MOST_FILES} files")
        path = allowed_file(piece, folder, self._folders, [known for _, known in way])
        names = [name for name, _ in way]
        if (resolved := path.resolve()) in [known for _, known in way]:
            circle = " includes ".join([*names, str(path)])
            raise _error(piece, f"files include each other in a circle: {circle}")
        if resolved in self._read:
            return None
        self._read.add(resolved)
        try:
            read = read_text(text_of(path), str(path))
        except ScenarioError as error:
            raise at_the_include(error, piece.place) from None
        return self.whole(read, path.parent, [*way, (str(path), resolved)])


def allowed_file(
    piece: Piece, folder: Path | None, folders: Folders, known: Collection[Path | None] = ()
) -> Path:
    """The file that `piece` names, which is written in `folder`; it lies within one of `folders`.

    `known` are none that could be meant. Raises `ScenarioError` where it may not be or cannot be
    read.
    """
    assert isinstance(piece.value, str), "a file is named by a text"
    roots = [each.resolve() for each in (folders.home, *folders.further) if each]
    places = [each for each in (folder, *folders.further) if each]
    there = [each / piece.value for each in places if _is_file(each / piece.value)]
    for path in there:
        if any(path.resolve().is_relative_to(root) for root in roots):
            return path
    if there:
        raise _error(piece, f"{there[0]} is outside of the scenario's folder: {_ELSEWHERE}")
    near = nearest(piece.value, sorted(_beside(piece.value, places, roots, known)))
    guess = f"; did you mean {near}?" if near else f": {_ELSEWHERE}"
    raise _error(piece, f"there is no such file to include{guess}")


def _beside(
    name: str, places: Sequence[Path], roots: Sequence[Path], known: Collection[Path | None]
) -> Iterator[str]:
    """Names, as one would write them, of files of that kind in the folder that `name` says."""
    said = Path(name)
    for place in places:
        with suppress(OSError, ValueError):  # a name that is too long, or has a NUL in it
            for path in (place / said).parent.glob(f"*{said.suffix or '.yaml'}"):
                found = path.resolve()
                if found not in known and any(found.is_relative_to(root) for root in roots):
                    yield str(said.with_name(path.name))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or has a NUL in it
        return False


def _numbered(root: Piece) -> Piece:
    """Steps know which of their own file they are."""
    timeline = root.entries().get(_TIMELINE)
    if not timeline or not isinstance(timeline.value, list):
        return root
    steps = [
        replace(step, path=(_TIMELINE, index)) if step.path is None else step
        for index, step in enumerate(timeline.value)
    ]
    return replace(root, value=root.entries() | {_TIMELINE: replace(timeline, value=steps)})


def _merged(base: Document, over: Document) -> Document:
    root = _put_together(base.root, over.root)
    first, then = (each.root.entries().get(_TIMELINE) for each in (base, over))
    if first and then and isinstance(first.value, list) and isinstance(then.value, list):
        timeline = replace(then, value=[*first.value, *then.value])
        root = replace(root, value=root.entries() | {_TIMELINE: timeline})
    return replace(
        over,
        root=root,
        problems=(*base.problems, *over.problems),
        sources=(*over.sources, *base.sources),
    )


def _put_together(base: Piece, over: Piece) -> Piece:
    """Two mappings, key by key; where they say different things, what stands in `over`."""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)):
        return over
    entries = base.value | {
        key: _put_together(base.value[key], piece) if key in base.value else piece
        for key, piece in over.value.items()
    }
    return replace(over, value=entries, keys=base.keys | over.keys)


def at_the_include(error: ScenarioError, place: Place | None) -> ScenarioError:
    """What is wrong with a file, and where it is included."""
    return ScenarioError(
        [replace(problem, other=problem.other or place) for problem in error.problems]
    )


def _error(piece: Piece, message: str) -> ScenarioError:
    return ScenarioError([piece.problem(message)])
