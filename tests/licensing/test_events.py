import typing

import msgspec
import pytest
from examples import examples_of, members_of
from hypothesis import given
from hypothesis import strategies as st

from licensing import events
from licensing.events import Entry, Event, Fact
from runtime.journal import encode_entry

FACTS = members_of(Fact)


def test_every_event_is_a_fact_with_a_tag_of_its_own():
    """The union is closed: no event of the module is missing, no two share a tag."""
    defined = [
        kind
        for kind in vars(events).values()
        if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
    ]
    assert set(defined) == set(FACTS)
    tags = [kind.__struct_config__.tag for kind in FACTS]
    assert len(set(tags)) == len(tags) == len(FACTS)


@given(st.one_of([examples_of(kind) for kind in FACTS]), st.integers(0, 2**63 - 1), st.text())
def test_every_fact_is_read_back_from_its_line(fact, at, host):
    """One canonical line: equal entries, equal bytes, no line break inside."""
    entry = Entry(at=at, host=host.encode("utf-8", "replace").decode(), fact=fact)
    line = encode_entry(entry)
    assert b"\n" not in line
    read = msgspec.json.decode(line, type=Entry)
    assert read == entry
    assert encode_entry(read) == line


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_durations_of_facts_are_integer_nanoseconds(kind):
    """A field that ends in `_ns` is an integer, so that no digest depends on floats."""
    for name, hint in typing.get_type_hints(kind).items():
        assert float not in (hint, *typing.get_args(hint)), name
        if name.endswith("_ns"):
            assert int in (hint, *typing.get_args(hint)), name
