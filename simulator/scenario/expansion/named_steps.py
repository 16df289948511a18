"""Steps that name several links, nodes, routers or call numbers, or all: a step for each.

`cut: [a-b, c-d]`, `crash: all`, `latency: {link: all, to: 200 ms}`, `assign: {number: 200-209,
license: voicemail}`. Where a step has its own understanding of `all`, it stays.
"""

import re
from collections.abc import Iterator

from msgspec.structs import replace

from simulator.scenario.document import Piece
from simulator.scenario.expansion.sites import INTERNETWORK
from simulator.scenario.step import EVERY_NODE, Step
from simulator.scenario.steps.expectations import Expect
from simulator.scenario.steps.license_steps import Unlock
from simulator.scenario.steps.timeline import STEPS
from simulator.scenario.values import numbers

LISTED = ("link", "node", "number", "transit")
"""Fields of steps that may name several."""

ALL = EVERY_NODE
_DECLARED = {"link": ("links",), "node": ("nodes",), "transit": ("routers", "clouds")}
_OWN_ALL = (Unlock, Expect)
_RANGE = re.compile(r"[0-9]{1,15}-[0-9]{1,15}")
_STEPS = {step.action: step for step in STEPS}


def listed_field(step: type[Step]) -> str | None:
    """The field of a step that may name several; None where it has none."""
    if step.sole:
        return step.sole if step.sole in LISTED else None
    return next((field for field in LISTED if field in step.model_fields), None)


def steps_for_each(line: Piece, root: Piece) -> Iterator[Piece]:
    """The step itself, or one for each that it names."""
    actions = [key for key in line.entries() if key in _STEPS]
    step = _STEPS[actions[0]] if len(actions) == 1 else None
    for field in (field for field in LISTED if step and step.sole in (None, field)):
        if step and (named := _named(step, field, line, root)) is not None:
            yield from (_naming(step, field, line, each) for each in named)
            return
    yield line


def _named(step: type[Step], field: str, line: Piece, root: Piece) -> list[Piece] | None:
    """Whom the field names, one by one; None where that is a single one already."""
    what = line.entries()[step.action]
    piece = what if step.sole else what.entries().get(field)
    if piece is None:
        return None
    if isinstance(piece.value, list):
        children = [each for child in piece.value for each in _in_range(field, child)]
        return children or None
    if piece.value == ALL and field in _DECLARED and step not in _OWN_ALL:
        return _declared(piece, _DECLARED[field], root)
    found = list(_in_range(field, piece))
    return found if len(found) > 1 else None


def _in_range(field: str, piece: Piece) -> Iterator[Piece]:
    if field == "number" and isinstance(piece.value, str) and _RANGE.fullmatch(piece.value):
        yield from (replace(piece, value=number) for number in numbers(piece.value))
    else:
        yield piece


def _declared(piece: Piece, parts: tuple[str, ...], root: Piece) -> list[Piece] | None:
    internetwork = root.entries().get(INTERNETWORK) or root
    declared = [each for part in parts if (each := internetwork.entries().get(part))]
    names = [name for each in declared for name in each.entries()]
    return [replace(piece, value=name) for name in names] or None


def _naming(step: type[Step], field: str, line: Piece, each: Piece) -> Piece:
    what = line.entries()[step.action]
    named = each if step.sole else replace(what, value=what.entries() | {field: each})
    return replace(line, value=line.entries() | {step.action: named})
