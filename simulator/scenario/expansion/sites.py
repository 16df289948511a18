"""`sites: {count: 30, like: branch}`: so many pieces of an internetwork that are like a template.

A template is a piece of an internetwork (nodes, links and whatever else one has), in which `$site`
is the name of a site and `$number` counts them from 1. The call numbers of a template are those of
the first site, and count on from site to site, also from one group to the next like it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeVar

from msgspec.structs import replace

from simulator.scenario.diagnostics import Problem, Refused, ScenarioError
from simulator.scenario.document import Piece
from simulator.scenario.expansion.named_values import MOST_PIECES, NamedValues
from simulator.scenario.values import amount, name

INTERNETWORK, TEMPLATES, SITES = "internetwork", "templates", "sites"
SITE_KEYS = ("count", "like", "named", "numbers")
_NUMBER_KEYS = ("numbers", "attendant")
_NUMBERS = re.compile(r"([0-9]{1,20})(?:-([0-9]{1,20}))?")
_Value = TypeVar("_Value")
_STRIDE = re.compile(r"\+? ?([0-9]{1,9})")


def with_sites(root: Piece, values: NamedValues, problems: list[Problem]) -> Piece:
    """The scenario with all its sites among its nodes and links, and no templates."""
    internetwork = root.entries().get(INTERNETWORK)
    if internetwork is None or not internetwork.entries().keys() & {SITES, TEMPLATES}:
        return root
    parts = dict(internetwork.entries())
    templates, sites = parts.pop(TEMPLATES, None), parts.pop(SITES, None)
    whole = replace(internetwork, value=parts)
    known = templates.entries() if templates else {}
    counted: Counter[str] = Counter()
    for group in _groups(sites):
        whole = _with_group(whole, group, known, counted, values, problems)
    return replace(root, value=root.entries() | {INTERNETWORK: whole})


def _groups(sites: Piece | None) -> list[Piece]:
    if sites is None:
        return []
    return sites.value if isinstance(sites.value, list) else [sites]


def _with_group(
    whole: Piece,
    group: Piece,
    templates: dict[str, Piece],
    counted: Counter[str],
    values: NamedValues,
    problems: list[Problem],
) -> Piece:
    """`counted` is how far the numbers of each template have counted on in the groups before."""
    try:
        count, like, names, stride = _asked(group, templates)
    except _Wrong as wrong:
        problems.append(wrong.problem)
        return whole
    template = templates[like]
    if count * template.size > MOST_PIECES:
        raise ScenarioError([group.problem("the sites add up to more than can be played")])
    for number in range(1, count + 1):
        named = values.and_texts(site=f"{names}-{number}", number=str(number))
        site = _counted_on(named.applied(template), counted[like], problems)
        counted[like] += stride
        whole = _with_site(whole, site, group, problems)
    return whole


class _Wrong(Exception):
    """What is asked for cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def _asked(group: Piece, templates: dict[str, Piece]) -> tuple[int, str, str, int]:
    """How many, like which template, named how, and how far their call numbers are apart."""
    entries = group.entries()
    for key in entries:
        if key not in SITE_KEYS:
            message = f"the key {key[:60]!r} is unknown here"
            raise _Wrong(entries[key].problem(message, key, SITE_KEYS))
    for key in ("count", "like"):
        if key not in entries:
            raise _Wrong(group.problem(f"sites say how many and like what: {key!r} is missing"))
    like = _read(entries["like"], name)
    if like not in templates:
        message = f"{like!r} is no template"
        raise _Wrong(entries["like"].problem(message, like, tuple(templates)))
    names = _read(entries["named"], name) if "named" in entries else like
    stride = _read(entries["numbers"], _stride) if "numbers" in entries else _span(templates[like])
    return _read(entries["count"], amount), like, names, stride


def _read(piece: Piece, read: Callable[[object], _Value]) -> _Value:
    try:
        return read(piece.value)
    except Refused as error:
        raise _Wrong(piece.problem(error.message, error.word, error.allowed)) from None


def _stride(value: object) -> int:
    match = _STRIDE.fullmatch(value) if isinstance(value, str) else None
    if isinstance(value, int) and value >= 0:
        return value
    if not match:
        raise Refused("how far the numbers count on from site to site: write `+100`")
    return int(match[1])


def _with_site(whole: Piece, site: Piece, group: Piece, problems: list[Problem]) -> Piece:
    """Each part of a site beside what the internetwork has of it."""
    parts = dict(whole.entries())
    for part, added in site.entries().items():
        if not isinstance(added.value, dict):
            problems.append(added.problem(f"`{part}` of a template is a mapping of names"))
        there = parts.get(part) or Piece(added.mark, {})
        entries, keys = dict(there.entries()), dict(there.keys)
        for key, piece in added.entries().items():
            if key in entries:
                message = f"there is a {key!r} already: `named` gives sites other names"
                problems.append(group.problem(message, other=entries[key].place))
            entries[key] = replace(piece, called_from=group.place)
            keys |= {key: added.keys[key]} if key in added.keys else {}
        parts[part] = replace(there, value=entries, keys=keys)
    return replace(whole, value=parts)


def _span(template: Piece) -> int:
    """How many numbers lie between the first and the last one of a template, with both."""
    found = [int(number) for piece in _numbers(template) for number in _ends(piece)]
    return max(found) - min(found) + 1 if found else 0


def _numbers(piece: Piece, key: str = "") -> Iterator[Piece]:
    """All texts with call numbers in a template."""
    if isinstance(piece.value, dict):
        for below, child in piece.value.items():
            yield from _numbers(child, below)
    elif isinstance(piece.value, list):
        for child in piece.value:
            yield from _numbers(child, key)
    elif key in _NUMBER_KEYS and _ends(piece):
        yield piece


def _ends(piece: Piece) -> tuple[str, ...]:
    match = _NUMBERS.fullmatch(piece.value) if isinstance(piece.value, str) else None
    return tuple(filter(None, match.groups())) if match else ()


def _counted_on(piece: Piece, by: int, problems: list[Problem], key: str = "") -> Piece:
    """The piece with all its call numbers so much higher."""
    if isinstance(piece.value, dict):
        entries = {k: _counted_on(child, by, problems, k) for k, child in piece.value.items()}
        return replace(piece, value=entries)
    if isinstance(piece.value, list):
        return replace(piece, value=[_counted_on(each, by, problems, key) for each in piece.value])
    if not by or key not in _NUMBER_KEYS or not _ends(piece):
        return piece
    higher = [f"{int(number) + by:0{len(number)}}" for number in _ends(piece)]
    if any(len(new) > len(old) for new, old in zip(higher, _ends(piece), strict=True)):
        message = f"the numbers count on to {higher[-1]}, which has more digits"
        problems.append(piece.problem(message))
    return replace(piece, value="-".join(higher))
