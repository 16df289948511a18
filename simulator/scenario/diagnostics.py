"""What is wrong with a scenario, said so that its author can put it right at once.

A `Finding` names a place by its path of keys; the document that was read turns it into a `Problem`
with file, line, column and caret. Nothing here knows YAML or pydantic.
"""

from collections.abc import Iterable, Sequence

import msgspec

KeyPath = tuple[str | int, ...]

_WIDEST_EXCERPT = 96
_MOST_PROBLEMS = 50


class Refused(ValueError):
    """A single value that cannot be read: why, and what is allowed in its place."""

    def __init__(self, message: str, *, word: str = "", allowed: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.word = word
        self.allowed = tuple(allowed)


class Finding(msgspec.Struct, frozen=True):
    """A problem at a path of keys, for instance `("timeline", 3, "cut")`.

    `word` is what was written where one of `allowed` belongs; `other` is a second place that it
    collides with; `at_key` points at the last key itself and not at its value.
    """

    path: KeyPath
    message: str
    word: str = ""
    allowed: tuple[str, ...] = ()
    other: KeyPath | None = None
    at_key: bool = False


class Place(msgspec.Struct, frozen=True):
    """A stretch of `width` characters in a file; line and column count from 1."""

    file: str
    line: int
    column: int
    source: str = ""
    width: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"

    def excerpt(self) -> list[str]:
        """The source line, shortened around the place, and a line with carets below it."""
        first = max(0, self.column - 1 - _WIDEST_EXCERPT // 2)
        shown = "".join(char if char.isprintable() else " " for char in self.source[first:])
        carets = "^" * max(1, min(self.width, len(shown) - (self.column - 1 - first)))
        before, after = "..." * (first > 0), "..." * (len(shown) > _WIDEST_EXCERPT)
        indent = " " * (len(before) + self.column - 1 - first)
        line = before + shown[:_WIDEST_EXCERPT] + after
        return [f"    {line}".rstrip(), f"    {(indent + carets)[: len(line) + 1]}"]


class Problem(msgspec.Struct, frozen=True):
    """A finding in its file. `place` is None where a scenario was made in Python."""

    file: str
    path: str
    message: str
    place: Place | None = None
    other: Place | None = None
    word: str = ""
    allowed: tuple[str, ...] = ()

    @property
    def nearest(self) -> str | None:
        """The allowed word that was probably meant, if any is near."""
        return nearest(self.word, self.allowed)

    @property
    def position(self) -> tuple[str, int, int]:
        """File, line and column to sort by; problems of a whole file come first."""
        place = self.place
        return (place.file, place.line, place.column) if place else ("", 0, 0)

    def __str__(self) -> str:
        head = [str(self.place or self.file), self.path, self.message + self._question()]
        lines = [": ".join(part for part in head if part)]
        if self.place and self.place.source:
            lines += self.place.excerpt()
        if self.allowed:
            lines.append(f"    allowed: {listed(self.allowed)}")
        if self.other:
            lines += [f"    the other place: {self.other}", *self.other.excerpt()]
        return "\n".join(lines)

    def _question(self) -> str:
        return f"; did you mean {self.nearest!r}?" if self.nearest else ""


class ScenarioError(Exception):
    """A scenario cannot be played. Holds every problem that was found, in the file's order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        assert problems, "a scenario error without a problem"
        self.problems = tuple(sorted(problems, key=lambda problem: problem.position))
        super().__init__(self.problems)

    def __str__(self) -> str:
        shown = [str(problem) for problem in self.problems[:_MOST_PROBLEMS]]
        count = len(self.problems)
        if count > _MOST_PROBLEMS:
            shown.append(f"... and {count - _MOST_PROBLEMS} more")
        return "\n".join([*shown, f"{count} problem{'s' * (count > 1)}"])


def nearest(word: str, allowed: Sequence[str]) -> str | None:
    """The word of `allowed` that looks most like `word`; None where none does."""
    return next(iter(alike(word, allowed, most=1)), None)


def alike(word: str, allowed: Iterable[str], most: int) -> list[str]:
    """Those of `allowed` that look like `word`, the most alike first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where something is wrong

    by_lower_case = {known.lower(): known for known in allowed if known != word}
    close = get_close_matches(word[:80].lower(), by_lower_case, n=most)
    return [by_lower_case[each] for each in close]


def listed(words: Sequence[str], most: int = 24) -> str:
    """`words` for a person, the long tail cut off."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")


def meant(word: str, known: Sequence[str]) -> str:
    """The way on after an unknown `word`: the one of `known` that it looks like, or all of them."""
    near = nearest(word, known)
    return f"; did you mean {near!r}?" if near else f"; there are {listed(known)}"


def written_path(path: KeyPath) -> str:
    """`("timeline", 3, "cut")` as a person writes it: `timeline[3].cut`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")
