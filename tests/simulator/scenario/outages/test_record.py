"""Records of outages: what is read, what is merged, and what is wrong with its line and column."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import HOUR_NS
from simulator.scenario import ScenarioError
from simulator.scenario.outages.record import Observation
from simulator.scenario.outages.record_file import read_record

DAY = "2026-03-02T"


def record(*rows, head="what,from,to"):
    """What a file with these rows says."""
    return read_record("\n".join([head, *rows]), "outages.csv")


def problems(text):
    """What is wrong, by line and column."""
    with pytest.raises(ScenarioError) as caught:
        read_record(text, "outages.csv")
    return [(p.place.line, p.place.column, p.message) for p in caught.value.problems if p.place]


def test_repairs_and_times_up():
    """Zones count; what is still open has lasted until the latest time of the whole file."""
    read = record(
        f"hub,{DAY}08:00Z,{DAY}09:00Z",
        f"hub,{DAY}12:00+01:00,{DAY}12:00Z",
        f"Hub,{DAY}14:00Z,",
        f"lte,{DAY}10:00Z,{DAY}16:00Z",
    )
    assert read.histories["hub"].repairs() == [
        Observation(HOUR_NS),
        Observation(HOUR_NS),
        Observation(2 * HOUR_NS, ended=False),
    ]
    assert read.histories["hub"].times_up() == [Observation(2 * HOUR_NS), Observation(2 * HOUR_NS)]
    assert read.histories["lte"].times_up() == []
    assert read.remarks == ()


def test_the_time_up_to_the_end_of_the_record_is_cut_short():
    """Nobody has seen the next failure."""
    read = record(f"hub,{DAY}08:00Z,{DAY}09:00Z", f"lte,{DAY}10:00Z,{DAY}16:00Z")
    assert read.histories["hub"].times_up() == [Observation(7 * HOUR_NS, ended=False)]


def test_overlaps_are_merged_and_told():
    """Also those that touch, and those that begin while one is open; no time at all is left out."""
    read = record(
        f"hub,{DAY}08:00Z,{DAY}10:00Z",
        f"lte,{DAY}08:00Z,{DAY}08:00Z",
        f"hub,{DAY}09:00Z,{DAY}09:30Z",
        f"hub,{DAY}10:00Z,{DAY}11:00Z",
        f"hub,{DAY}12:00Z,",
        f"hub,{DAY}13:00Z,{DAY}14:00Z",
    )
    assert read.histories["hub"].repairs() == [
        Observation(3 * HOUR_NS),
        Observation(2 * HOUR_NS, ended=False),
    ]
    assert read.remarks == (
        "line 3: lte was down for no time: left out",
        "lines 2, 4 and 5: outages of hub overlap: merged",
        "lines 6 and 7: outages of hub overlap: merged",
    )


def test_many_lines_are_counted():
    """A remark has a few of them."""
    read = record(*[f"hub,{DAY}08:00Z,{DAY}1{hour}:00Z" for hour in range(9)])
    assert read.remarks == ("9 lines from 2 to 10: outages of hub overlap: merged",)


def test_a_spreadsheet_writes_it_otherwise():
    """Semicolons, quotation marks, other columns, another order, capital letters, empty lines."""
    read = record(
        "",
        f'4711;"hub";{DAY}09:00Z;"line; cut";{DAY}08:00Z',
        head='ticket;"What";To;Why;From',
    )
    assert read.histories["hub"].repairs() == [Observation(HOUR_NS)]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (f"hub,{DAY}08:00,{DAY}09:00Z", (2, 5, "has no zone")),
        (f"hub,2. 3. 2026,{DAY}09:00Z", (2, 5, "is no time")),
        (f"hub,{DAY}08:00Z,soon", (2, 23, "'soon' is no time")),
        (f"hub,,{DAY}09:00Z", (2, 5, "it is not said since when")),
        (f",{DAY}08:00Z,{DAY}09:00Z", (2, 1, "it is not said what was down")),
        (f"hub,{DAY}09:00Z,{DAY}08:00Z", (2, 23, "it ends before it begins")),
        (f"hub,1926-03-02T08:00Z,{DAY}08:00Z", (2, 5, "is not within the years 1970 to 2199")),
        (f"hub,1996-03-02T08:00Z,{DAY}08:00Z", (2, 23, "it lasts longer than 9999 days")),
        (f"hub,{DAY}09:00Z", (2, 1, "this row has 2 of 3 columns")),
    ],
)
def test_a_hole_is_told_with_its_line_and_column(row, found):
    """And with what is to be written there."""
    ((line, column, message),) = problems(f"what,from,to\n{row}\nhub,{DAY}10:00Z,")
    assert (line, column) == found[:2]
    assert found[2] in message


def test_all_that_is_wrong_is_told_at_once():
    """In the order of the lines."""
    found = problems(f"what,from,to\n,{DAY}08:00,{DAY}09:00Z\nhub,{DAY}09:00Z,later")
    assert [(line, column) for line, column, _ in found] == [(2, 1), (2, 2), (3, 23)]


def test_a_column_that_is_missing_is_named():
    """With those that there are."""
    ((line, column, message),) = problems("what,start,to\n")
    assert (line, column) == (1, 1)
    assert "no column is called `from`, there are what, start, to" in message


CELLS = st.sampled_from(
    ["hub", "", '"', '"a,b"', f"{DAY}08:00Z", f"{DAY}09:00", "\x85", "9999-12-31T23:59Z"]
)


@given(
    st.lists(st.lists(CELLS | st.text(max_size=5), max_size=4), max_size=4), st.sampled_from(",;")
)
def test_whatever_a_file_holds_it_is_read_or_refused(rows, delimiter):
    """Never another error than ours."""
    text = "\n".join(["what,from,to".replace(",", delimiter), *map(delimiter.join, rows)])
    with suppress(ScenarioError):
        assert read_record(text, "outages.csv").histories is not None


@pytest.mark.parametrize("text", ["", "\n\n", "what,from,to\n"])
def test_an_empty_file_says_what_belongs_there(text):
    """There is no line to point at."""
    with pytest.raises(ScenarioError, match="there is no outage in it: its first line is `what"):
        read_record(text, "outages.csv")
