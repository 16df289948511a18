"""YAML text becomes plain Python data in which every piece knows its line and column.

Scalars stay as they are written: `0891234567`, `on`, `1e3` and `12:30:00` are text, and only the
model says what they mean. Nothing here knows what a scenario may contain.
"""

import re
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, StreamMark, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from simulator.scenario.diagnostics import Problem, ScenarioError
from simulator.scenario.document import DEEPEST, Document, Mark, Piece, Source

_MOST_PIECES = 1_000_000
_LINE_BREAK = re.compile(r"\r\n|\r|\n")

# ruamel lets these out for numbers in escapes and directives that are too large for Python.
_RUAMEL_ESCAPES = (ValueError, OverflowError, IndexError, AttributeError, AssertionError)


def read_text(text: str, name: str) -> Document:
    """Read the YAML `text`; raises `ScenarioError` where it is no YAML or no mapping.

    A key that stands twice is no reason to stop: the first counts, and the document holds the
    problem for the caller to report with all others.
    """
    composer = _Composer(Source(name, tuple(_LINE_BREAK.split(text))))
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            composer.take(event)
    except MarkedYAMLError as error:
        raise composer.error(_words_of(error), *_position_of(error)) from None
    except YAMLError as error:  # a character that YAML does not know; ruamel tells only its offset
        raise composer.error(*_unreadable_character(error, text)) from None
    except _RUAMEL_ESCAPES as error:
        raise composer.error(f"this is not YAML: {error}", *composer.last_position) from None
    return composer.document()


def _words_of(error: MarkedYAMLError) -> str:
    context = f" ({error.context})" if error.context else ""
    hint = "; a minus stands right before its number: `-1 h`" if _is_lonely_minus(error) else ""
    return f"this is not YAML: {error.problem}{context}{hint}"


def _is_lonely_minus(error: MarkedYAMLError) -> bool:
    """To YAML `by: - 1 h` begins a list."""
    return any(word in str(error.problem) for word in ("found '-'", "sequence entries"))


def _position_of(error: MarkedYAMLError) -> tuple[int, int]:
    mark = error.problem_mark or error.context_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _unreadable_character(error: YAMLError, text: str) -> tuple[str, int, int]:
    offset = getattr(error, "position", 0)
    before = _LINE_BREAK.split(text[:offset])
    character = text[offset : offset + 1]
    return f"the character {character!a} is not allowed in YAML", len(before) - 1, len(before[-1])


class _Open(msgspec.Struct):
    """A list or mapping that has begun; `key` waits for its value."""

    piece: Piece
    anchor: str | None
    key: tuple[str, Piece] | None = None


def _closes(key: str, before: Piece) -> bool:
    """Whether a comma within parentheses has made two of one text, as in YAML's flow style it does.

    `{repair: lognormal(mean 8 h, sigma 2)}` is a text up to the comma, and a key without a value.
    """
    opened = isinstance(before.value, str) and before.value.count("(") > before.value.count(")")
    return opened and key.count(")") > key.count("(")


def _put_together(piece: Piece, rest: Piece) -> None:
    piece.value = f"{piece.value}, {rest.value}"
    if piece.mark and rest.mark and piece.mark.line == rest.mark.line:
        piece.width = rest.mark.column + rest.width - piece.mark.column


class _Composer:
    """Builds pieces from ruamel's events, without recursion: hostile depth is a plain error."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._root: Piece | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, Piece] = {}
        self._repeated: list[Problem] = []
        self.last_position = (0, 0)

    def take(self, event: object) -> None:
        if isinstance(event, NodeEvent):
            self.last_position = (event.start_mark.line, event.start_mark.column)
        for kind, take in self._TAKERS.items():
            if isinstance(event, kind):
                take(self, event)

    def document(self) -> Document:
        if self._root is None or self._root.value is None:
            raise self.error("the file is empty: a scenario begins with `title:`")
        if not isinstance(self._root.value, dict):
            message = "a scenario is a mapping of keys such as `title: ...`, and this is not one"
            raise self._error_at(self._root.mark, message)
        return Document(self._source.name, self._root, tuple(self._repeated), (self._source,))

    def error(self, message: str, line: int = 0, column: int = 0) -> ScenarioError:
        return self._error_at(Mark(line, column, self._source), message)

    def _error_at(self, mark: Mark | None, message: str) -> ScenarioError:
        place = mark.place() if mark else None
        return ScenarioError([*self._repeated, Problem(self._source.name, "", message, place)])

    def _start_document(self, event: DocumentStartEvent) -> None:
        if self._root is not None:
            mark = self._mark(event.start_mark)
            raise self._error_at(mark, "a second document begins here: one file is one scenario")

    def _scalar(self, event: ScalarEvent) -> None:
        start, end = self._mark(event.start_mark), self._mark(event.end_mark)
        self._refuse_tag(event, start)
        nothing = event.style is None and event.value == ""
        width = end.column - start.column if start.line == end.line else 1
        piece = Piece(start, None if nothing else event.value, max(1, width))
        self._add(piece, event.anchor)

    def _alias(self, event: AliasEvent) -> None:
        mark = self._mark(event.start_mark)
        meant = self._anchors.get(event.anchor)
        if meant is None:
            raise self._error_at(mark, f"no finished piece above is marked &{event.anchor}")
        self._add(replace(meant, mark=mark, width=len(event.anchor) + 1), None)

    def _begin(self, event: SequenceStartEvent | MappingStartEvent) -> None:
        mark = self._mark(event.start_mark)
        self._refuse_tag(event, mark)
        if len(self._open) == DEEPEST:
            raise self._error_at(mark, f"nested more than {DEEPEST} deep: no scenario is")
        value: list[Piece] | dict[str, Piece] = [] if isinstance(event, SequenceStartEvent) else {}
        self._open.append(_Open(Piece(mark, value), event.anchor))

    def _end(self, _event: object) -> None:
        finished = self._open.pop()
        self._add(finished.piece, finished.anchor)

    def _add(self, piece: Piece, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = piece
        if not self._open:
            self._root = piece
            return
        around = self._open[-1]
        around.piece.size += piece.size
        if around.piece.size > _MOST_PIECES:
            raise self._error_at(piece.mark, "the aliases add up to more than can be played")
        if isinstance(around.piece.value, list):
            around.piece.value.append(piece)
        elif around.key is None:
            around.key = (self._key(piece), piece)
        else:
            (key, key_piece), around.key = around.key, None
            self._put(around.piece, key, key_piece, piece)

    def _key(self, piece: Piece) -> str:
        if not isinstance(piece.value, str | None):
            raise self._error_at(piece.mark, "a key is a single word, not a list or mapping")
        return piece.value or ""

    def _put(self, mapping: Piece, key: str, key_piece: Piece, value: Piece) -> None:
        assert isinstance(mapping.value, dict)
        assert key_piece.mark
        last = next(reversed(mapping.value.values()), None)
        if last and value.value is None and _closes(key, last):
            _put_together(last, key_piece)
            return
        if key not in mapping.value:
            mapping.value[key] = value
            mapping.keys[key] = key_piece.mark
            return
        first = mapping.keys[key].place(key_piece.width)
        message = f"the key {key!r} stands twice in one mapping"
        self._repeated.append(key_piece.problem(message, other=first))

    def _refuse_tag(
        self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent, mark: Mark
    ) -> None:
        if event.tag is not None:
            raise self._error_at(mark, "scenarios have no tags: the model knows each value's type")

    def _mark(self, mark: StreamMark) -> Mark:
        return Mark(mark.line, mark.column, self._source)

    _TAKERS: Mapping[type, Callable[..., None]] = {
        DocumentStartEvent: _start_document,
        ScalarEvent: _scalar,
        AliasEvent: _alias,
        SequenceStartEvent: _begin,
        MappingStartEvent: _begin,
        SequenceEndEvent: _end,
        MappingEndEvent: _end,
    }
