"""How single values are written: what they become, and what is refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from simulator.scenario import Deadline, Instant, moment
from simulator.scenario.diagnostics import Refused
from simulator.scenario.moments import start
from simulator.scenario.rest import period_in_words
from simulator.scenario.steps.server_steps import system
from simulator.scenario.values import (
    bandwidth,
    bandwidth_in_words,
    call_number,
    count,
    duration,
    duration_in_words,
    name,
    numbers,
    signed_duration,
    text_line,
)

START = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "written", "value"),
    [
        (duration, "15 ms", 15_000_000),
        (duration, "1.5 h", 90 * MINUTE_NS),
        (duration, "1 day", DAY_NS),
        (duration, "30days", 30 * DAY_NS),
        (duration, "28 days 23 h 1.5min", 28 * DAY_NS + 23 * HOUR_NS + 3 * MINUTE_NS // 2),
        (duration, 7, 7),
        (signed_duration, "-1 h", -HOUR_NS),
        (signed_duration, "+ 400 days", 400 * DAY_NS),
        (signed_duration, -7, -7),
        (bandwidth, "20 Mbit/s", 20_000_000),
        (bandwidth, "0.5 kbit/s", 500),
        (bandwidth, 9600, 9600),
        (numbers, "0200-0203", ("0200", "0201", "0202", "0203")),
        (numbers, "150", ("150",)),
        (numbers, ["098-100", "7"], ("098", "099", "100", "7")),
        (count, "08", 8),
        (count, 8, 8),
        (start, "2026-03-02 08:00", START),
        (start, START, START),
        (moment, "day 3 08:00", Instant(3 * DAY_NS + 8 * HOUR_NS)),
        (moment, "day 0 00:00:30", Instant(30_000_000_000)),
        (moment, "day 34", Instant(34 * DAY_NS)),
        (moment, "deadline of north", Deadline("north")),
        (moment, "deadline of far-north - 5 min", Deadline("far-north", -5 * MINUTE_NS)),
        (moment, "deadline of north + 1 min", Deadline("north", MINUTE_NS)),
    ],
)
def test_a_value_is_read(read, written, value):
    """Units become nanoseconds and bits per second; leading zeros stay."""
    assert value == read(written)


@pytest.mark.parametrize(
    ("read", "written"),
    [
        (duration, "15"),
        (duration, "15 minutes"),
        (duration, "0.0000001 us"),
        (duration, "10000 days"),
        (duration, "\u0663 h"),
        (duration, None),
        (duration, True),
        (duration, -1),
        (bandwidth, 0),
        (signed_duration, "1 h"),
        (signed_duration, "--1 h"),
        (bandwidth, "0 bit/s"),
        (bandwidth, ["1 bit/s"]),
        (numbers, "149-130"),
        (numbers, "98-102"),
        (numbers, "000000-999999"),
        (numbers, "1 2"),
        (numbers, {}),
        (count, "-1"),
        (count, "1_000"),
        (count, "1e3"),
        (count, "9999999999"),
        (call_number, "+49 89"),
        (name, "north-"),
        (name, "n.o"),
        (text_line, "  "),
        (start, "2026-02-31 08:00"),
        (start, "2026-03-02"),
        (start, "9999-01-01 00:00"),
        (start, datetime(2026, 3, 2)),  # noqa: DTZ001 - a naive one must be refused
        (moment, "day 3 8:00"),
        (moment, "day 10000 08:00"),
        (moment, "deadline of north - soon"),
        (moment, "deadline of all of them"),
    ],
)
def test_a_value_is_refused(read, written):
    """What cannot be meant is refused in words, never by another exception."""
    with pytest.raises(Refused):
        read(written)


@pytest.mark.parametrize(
    ("read", "written", "way_out"),
    [
        (moment, "day 1 8:00", "did you mean 'day 1 08:00'?"),
        (moment, "Day  1, 08:00", "did you mean 'day 1 08:00'?"),
        (moment, "day 99999999999999999999", "the last is day 9999"),
        (bandwidth, "20 MB/s", "write `160 Mbit/s`"),
        (bandwidth, "64 KB/s", "write `512 kbit/s`"),
        (text_line, "Example \ud800", "half a character"),
        (system, "00-1A-E8-4C-00-0G", "It looks like 00-1A-E8-4C-00-01"),
        (system, "00:1A:E8:4C:00:0G", "It looks like 00-1A-E8-4C-00-01"),
    ],
)
def test_what_is_meant_is_said(read, written, way_out):
    """Following the message gives what was meant, and no other value."""
    with pytest.raises(Refused) as refused:
        read(written)
    assert way_out in refused.value.message
    assert not refused.value.word


@given(st.integers(1, 10**12))
def test_a_bandwidth_in_words_reads_back(bits_per_second):
    """What is printed can be written into a scenario."""
    assert bits_per_second == bandwidth(bandwidth_in_words(bits_per_second))


@given(st.integers(min_value=0, max_value=9999 * DAY_NS // 1000))
def test_a_duration_in_words_reads_back(microseconds):
    """What steps and messages print of a duration is what the language reads."""
    assert microseconds * 1000 == duration(duration_in_words(microseconds * 1000))
    seconds_ns = microseconds // 1_000_000 * 1_000_000_000
    assert seconds_ns == duration(period_in_words(seconds_ns))


@given(st.integers(min_value=0, max_value=9999 * 86400))
def test_an_instant_reads_back(seconds):
    """What steps print of an instant is what the language reads."""
    instant = Instant(seconds * 1_000_000_000)
    assert instant == moment(str(instant))


def test_an_instant_counts_from_the_start():
    """Days are dates: day 3 08:00 is three days after a start at 08:00, day 0 07:00 before it."""
    assert moment("day 3 08:00").after_ns(START) == 3 * DAY_NS
    assert moment("day 0 07:00").after_ns(START) == -HOUR_NS


def test_a_deadline_prints_as_it_is_written():
    """The words of a relative moment."""
    assert str(moment("deadline of north - 5 min")) == "deadline of north - 5 min"
    assert str(moment("deadline of north")) == "deadline of north"
