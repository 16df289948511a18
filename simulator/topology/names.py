"""Names for what a source draws, of the letters, digits and `-` that a scenario's names have."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from simulator.scenario import EVERY_NODE, INTERNET
from simulator.scenario.diagnostics import listed
from simulator.scenario.values import LONGEST_NAME
from simulator.topology.drawing import Kind, Vertex

_SHOWN = 3
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
     "đ": "d", "Đ": "D", "ð": "d", "þ": "th"}
)  # fmt: skip
"""Letters that Unicode does not take apart into one of ASCII and its mark."""


def named(vertices: Mapping[str, Vertex]) -> tuple[dict[str, str], list[str]]:
    """A name for each vertex, by its key, no two the same in any case; and words on the changes."""
    names: dict[str, str] = {}
    nameless, shared, altered = [], [], []
    taken = {INTERNET, EVERY_NODE}
    for key, vertex in vertices.items():
        if vertex.kind is Kind.INTERNET:
            names[key] = INTERNET
            continue
        plain = _plain(vertex.label) or _plain(key) or vertex.kind.value
        names[key] = _free(plain, taken)
        taken.add(names[key].lower())
        if not vertex.label:
            nameless.append(names[key])
        elif names[key] != plain:
            shared.append(f"{vertex.label!r} is {names[key]}")
        elif plain != vertex.label:
            altered.append(f"{vertex.label!r} is {plain}")
    return names, [*_remarks(nameless, shared, altered)]


def _plain(label: str) -> str:
    """The label in ASCII, `-` where something else stood; "" where nothing is left."""
    apart = unicodedata.normalize("NFKD", label.translate(_LETTERS))
    letters = "".join(char for char in apart if not unicodedata.combining(char))
    return re.sub(r"[^A-Za-z0-9]+", "-", letters).strip("-")[:LONGEST_NAME].strip("-")


def _free(plain: str, taken: set[str]) -> str:
    """`plain`, or with the first number behind it that makes it another name."""
    number, name = 1, plain
    while name.lower() in taken:
        number += 1
        ending = f"-{number}"
        name = plain[: LONGEST_NAME - len(ending)] + ending
    return name


def _remarks(nameless: list[str], shared: list[str], altered: list[str]) -> Iterable[str]:
    if nameless:
        yield f"{len(nameless)} without a name, called by their keys: {some_of(nameless)}"
    if shared:
        yield f"{len(shared)} with the name of another one, or a reserved one: {some_of(shared)}"
    if altered:
        yield f"names have letters, digits and `-` only: {some_of(altered)}"


def some_of(words: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    return listed(words, _SHOWN)
