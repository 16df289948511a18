"""Hypothesis strategies for records: any record type of the product, from its annotations."""

import types
import typing
from datetime import UTC, datetime
from enum import Enum

from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from licensing.records import Record

_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_atoms: dict[object, st.SearchStrategy[object]] = {
    int: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    str: _texts,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    UnsetType: st.just(UNSET),
}


def examples_of(record: type[Record]) -> st.SearchStrategy[Record]:
    """Instances of `record` with every field drawn from its annotated type."""
    hints = typing.get_type_hints(record, include_extras=True)
    fields = {name: _values_of(hints[name]) for name in record.__struct_fields__}
    return st.builds(record, **fields)


def members_of(union: object) -> tuple[type[Record], ...]:
    """The record types of a closed union."""
    return typing.cast("tuple[type[Record], ...]", typing.get_args(union))


def _values_of(hint: object) -> st.SearchStrategy[object]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return st.one_of(*map(_values_of, arguments))
    if origin is typing.Annotated:
        assert arguments[0] is int, f"no strategy for {hint}"
        return st.integers(min_value=arguments[1].ge, max_value=arguments[1].le)
    if origin is typing.Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(_values_of(arguments[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(*map(_values_of, arguments), max_size=3)
    if origin is tuple:
        return st.tuples(*map(_values_of, arguments))
    if hint in _atoms:
        return _atoms[hint]
    assert isinstance(hint, type), f"no strategy for {hint}"
    if issubclass(hint, Record):
        return examples_of(hint)
    assert issubclass(hint, Enum), f"no strategy for {hint}"
    return st.sampled_from(list(hint))
