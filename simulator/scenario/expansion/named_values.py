"""`let: {outage: 3 days}`, and `$outage` wherever it is meant: in a text, as a whole, in a key.

A value may be a list or a mapping, and may use others. `$$` is a `$`.
"""

import re
from collections.abc import Iterable
from copy import copy
from typing import Self

from msgspec.structs import replace

from simulator.scenario.diagnostics import Problem, ScenarioError, nearest
from simulator.scenario.document import Piece, Source

LET = "let"
USE = re.compile(r"\$(\$|[A-Za-z][A-Za-z0-9_]*)")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST_WAY = 8
_LONGEST_TEXT = 10_000
MOST_PIECES = 1_000_000


def to_the_letter(text: str) -> str:
    """How `text` is written, so that no value takes the place of anything in it."""
    return text.replace("$", "$$")


class NamedValues:
    """Values by their names. What is wrong with them goes to `problems`."""

    def __init__(self, written: Piece | None, problems: list[Problem]) -> None:
        self._written = written or Piece(None, {})
        self._problems = problems
        self._way: list[str] = []
        self._known: dict[str, Piece] = {}
        self._used: set[str] = set()
        if not isinstance(self._written.value, dict):
            problems.append(self._written.problem(f"`{LET}` is a mapping of names and values"))
        for name, piece in self._written.entries().items():
            if not NAME.fullmatch(name):
                message = f"{name!r} is no name of a value: letters, digits and `_` make one"
                problems.append(piece.problem(message))

    def and_texts(self, **texts: str) -> Self:
        """The same values, and these."""
        further = copy(self)
        further._known = {  # noqa: SLF001 - a copy of the same class
            name: Piece(None, text) for name, text in texts.items()
        }
        return further

    def applied(self, piece: Piece, spared: str = "") -> Piece:
        """The piece with values in place of their names, but for what stands under `spared`.

        Raises `ScenarioError` where that is more than can be played.
        """
        if isinstance(piece.value, str):
            return self._text(piece, piece.value) if "$" in piece.value else piece
        if isinstance(piece.value, list):
            children = [self.applied(child, spared) for child in piece.value]
            return _sized(replace(piece, value=children), children)
        if isinstance(piece.value, dict):
            entries = {
                self._key(piece, key): child if key == spared else self.applied(child, spared)
                for key, child in piece.value.items()
            }
            keys = {self._key(piece, key): mark for key, mark in piece.keys.items()}
            return _sized(replace(piece, value=entries, keys=keys), entries.values())
        return piece

    def require_use_of(self, sources: Iterable[Source]) -> None:
        """Whoever writes a value into one of these files means it for something."""
        for name, piece in self._written.entries().items():
            if name not in self._used and piece.mark and piece.mark.source in sources:
                message = f"nothing uses ${name}"
                others = [each for each in self._written.entries() if each != name]
                self._problems.append(piece.problem(message, name, tuple(others)))

    def _text(self, piece: Piece, text: str) -> Piece:
        whole = USE.fullmatch(text)
        if whole and whole[1] != "$":
            value = self._value(piece, whole[1])
            if value is None:
                return piece
            if isinstance(value.value, list | dict):
                return replace(value, called_from=piece.place)
            return replace(piece, value=value.value, called_from=value.place)
        return replace(piece, value=self._filled(piece, text))

    def _key(self, piece: Piece, key: str) -> str:
        return self._filled(piece, key) if "$" in key else key

    def _filled(self, piece: Piece, text: str) -> str:
        def value_of(use: re.Match[str]) -> str:
            if use[1] == "$":
                return "$"
            value = self._value(piece, use[1])
            if value is not None and not isinstance(value.value, str):
                self._problem(piece, f"${use[1]} is no text, and cannot stand within one")
            return value.value if value and isinstance(value.value, str) else use[0]

        filled = USE.sub(value_of, text)
        if len(filled) > _LONGEST_TEXT:
            raise ScenarioError([piece.problem("the values add up to more than can be read")])
        return filled

    def _value(self, piece: Piece, name: str) -> Piece | None:
        """The value of a name that `piece` uses; None, and a problem, where it has none."""
        self._used.add(name)
        if name in self._known:
            return self._known[name]
        written = self._written.entries().get(name)
        if written is None:
            known = tuple(self._written.entries() | self._known)
            near = "" if nearest(name, known) else "; write `$$` for a `$`"
            self._problem(piece, f"${name} has no value under `{LET}`{near}", name, known)
            return None
        if name in self._way or len(self._way) == _LONGEST_WAY:
            way = " uses ".join(f"${each}" for each in (*self._way, name))
            raise ScenarioError([written.problem(f"values use each other without end: {way}")])
        self._way.append(name)
        self._known[name] = self.applied(written)
        self._way.pop()
        return self._known[name]

    def _problem(
        self, piece: Piece, message: str, word: str = "", allowed: tuple[str, ...] = ()
    ) -> None:
        self._problems.append(piece.problem(message, word, allowed))


def _sized(piece: Piece, children: Iterable[Piece]) -> Piece:
    piece.size = 1 + sum(child.size for child in children)
    if piece.size > MOST_PIECES:
        raise ScenarioError([piece.problem("the values add up to more than can be played")])
    return piece
