"""A part of a scenario as a file writes it: mappings, lists and text, without what is by default.

What is read again is the same part.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from simulator.scenario.expansion.named_values import to_the_letter
from simulator.scenario.step import Part
from simulator.scenario.steps.order import Order
from simulator.scenario.values import Reads


def written(part: Part, keys: Collection[str] | None = None) -> dict[str, Any]:
    """`part` in the words of the language, or these keys of it."""
    whole: dict[str, Any] = {
        key: _value(getattr(part, key), _writer(field.annotation, field.metadata))
        for key, field in type(part).model_fields.items()
        if (keys is None or key in keys)
        and (
            field.is_required()
            or getattr(part, key) != field.get_default(call_default_factory=True)
        )
    }
    if isinstance(part, Order) and whole.keys() <= {"licenses", "flexible"}:
        return {**whole.pop("licenses"), **whole}
    return whole


def _value(value: object, write: Callable[[Any], object] | None) -> object:
    if isinstance(value, Part):
        return written(value)
    if write is not None and not isinstance(value, str):
        return write(value)
    if isinstance(value, Mapping):
        return {str(key): _value(each, None) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_value(each, None) for each in value]
    return to_the_letter(str(value))


def _writer(annotation: object, metadata: Iterable[object]) -> Callable[[Any], object] | None:
    """How the field itself is written, also where it may be left out; None is by its parts."""
    parts = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else ()
    optional = (note for part in parts for note in getattr(part, "__metadata__", ()))
    return next((note.write for note in (*metadata, *optional) if isinstance(note, Reads)), None)
