"""Facts are matched by what they are and when, whatever stands beside them."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from simulator.report import matching
from simulator.report.matching import Agreement, Milestone, Pair, first_difference, match

TOLERANCE_NS, CHANCE_NS = 10, 90

milestones = st.builds(
    Milestone,
    host=st.sampled_from(["hq", "north"]),
    words=st.sampled_from(["off", "on"]),
    at_ns=st.integers(0, 1000),
    chance_ns=st.sampled_from([0, CHANCE_NS]),
    kind=st.just("power"),
)
histories = st.lists(milestones, max_size=12)


def matched(one: Sequence[Milestone], other: Sequence[Milestone]) -> list[Pair]:
    """The pairs, with a constant tolerance."""
    return match(one, other, lambda *_: TOLERANCE_NS)


def different(one: Sequence[Milestone], other: Sequence[Milestone]) -> list[Pair]:
    """What is not in both."""
    return [pair for pair in matched(one, other) if pair.verdict is Agreement.DIFFERENT]


@st.composite
def with_another_order(draw: st.DrawFn) -> tuple[list[Milestone], list[Milestone]]:
    """A history, and its facts in any order, each as far from its instant as it may be, or less."""
    history = [replace(each, chance_ns=CHANCE_NS) for each in draw(histories)]
    shifts_ns = st.integers(-TOLERANCE_NS - CHANCE_NS, TOLERANCE_NS + CHANCE_NS)
    shifted = [replace(each, at_ns=each.at_ns + draw(shifts_ns)) for each in history]
    return history, draw(st.permutations(shifted))


@given(with_another_order())
def test_facts_permuted_within_the_tolerance_are_no_difference(
    both: tuple[list[Milestone], list[Milestone]],
) -> None:
    """Whichever of them is first, and however many are the same but for their instants."""
    assert different(*both) == []


def test_who_forgets_chance_or_goes_by_the_order_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two planted bugs: less tolerance than there is, and facts laid side by side as they come."""
    history = [Milestone("hq", "on", at, CHANCE_NS) for at in (0, 500, 1000)]
    with monkeypatch.context() as planted:
        planted.setattr(matching, "_limit_ns", lambda one, other, tolerance: TOLERANCE_NS)
        assert different(history, [replace(each, at_ns=each.at_ns + 90) for each in history])
    with monkeypatch.context() as planted:
        in_order = lambda one, other, near: list(zip_longest(one, other))  # noqa: E731
        planted.setattr(matching, "_closest", in_order)
        [alone] = different(history, history[1:])
        assert alone.one != history[0]


def _taken_away(history: list[Milestone], at: int) -> list[Milestone]:
    return history[:at] + history[at + 1 :]


def _said_otherwise(history: list[Milestone], at: int) -> list[Milestone]:
    return [*history[:at], replace(history[at], words="burnt"), *history[at + 1 :]]


def _elsewhere(history: list[Milestone], at: int) -> list[Milestone]:
    return [*history[:at], replace(history[at], host="south"), *history[at + 1 :]]


def _later(history: list[Milestone], at: int) -> list[Milestone]:
    late = replace(history[at], at_ns=history[at].at_ns + 1000 + TOLERANCE_NS + CHANCE_NS + 1)
    return [*history[:at], late, *history[at + 1 :]]


PLANTED: dict[str, tuple[Callable[[list[Milestone], int], list[Milestone]], int]] = {
    "missing": (_taken_away, 1),
    "in other words": (_said_otherwise, 1),
    "elsewhere": (_elsewhere, 2),
    "too late": (_later, 1),
}
"""Ways to differ, and how many differences they make."""


@pytest.mark.parametrize("planted", PLANTED)
@given(history=histories.filter(bool), data=st.data())
def test_a_planted_difference_is_found_and_no_other(
    planted: str, history: list[Milestone], data: st.DataObject
) -> None:
    """From either side; everything beside it is still the same."""
    plant, count = PLANTED[planted]
    steady = [replace(each, chance_ns=0) for each in history]
    changed = plant(steady, data.draw(st.integers(0, len(history) - 1)))
    for sides in ((steady, changed), (changed, steady)):
        assert len(different(*sides)) == count
        assert len(matched(*sides)) == len(history) + count - 1


def test_what_stands_alone_is_what_nobody_else_is_near_to() -> None:
    """Of three that are the same but for their instants, the one in the middle is missing."""
    one = [Milestone("hq", "off", at, CHANCE_NS) for at in (0, 20, 40)]
    for lacking in range(3):
        [alone] = different(one, _taken_away(one, lacking))
        assert alone.one == one[lacking]
        [alone] = different(_taken_away(one, lacking), one)
        assert alone.other == one[lacking]


def test_one_of_a_kind_stands_in_the_place_of_another() -> None:
    """Near in time they are one difference; what is the same but too late, too."""
    on, off = Milestone("hq", "on", 5, kind="power"), Milestone("hq", "off", 5, kind="power")
    [pair] = different([on], [off])
    assert (pair.one, pair.other) == (on, off)
    late = replace(on, at_ns=500)
    [pair] = different([on], [late])
    assert pair.apart_ns == 495
    assert len(different([on], [replace(off, at_ns=500)])) == 2


def test_all_differences_are_listed_in_the_order_of_time() -> None:
    """The first is the earliest, in whichever history it stands."""
    one = [Milestone("hq", "c", 300), Milestone("hq", "b", 200)]
    pairs = matched(one, [Milestone("north", "a", 100)])
    assert [pair.at_ns for pair in pairs] == [100, 200, 300]
    assert first_difference(pairs) == pairs[0]


def test_many_that_are_the_same_take_little_time() -> None:
    """Calls of every minute of a month, all within each other's chance, with one missing."""
    one = [Milestone("hq", "call", at, CHANCE_NS) for at in range(40_000)]
    [alone] = different(one, _taken_away(one, 20_000))
    assert alone.one == one[20_000]
