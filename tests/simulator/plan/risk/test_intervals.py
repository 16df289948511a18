"""Chances of tallies that are made up: what each stratum says, and how little few years say."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from simulator.plan.risk.drawn_years import DrawnYear
from simulator.plan.risk.intervals import RowChances
from simulator.plan.risk.tallies import EndedSites, YearTally

NORTH = EndedSites(("north",), ("north",))


def tally_of(plain: int, long: int, ended: EndedSites = NORTH) -> YearTally:
    """Plain years in which nobody ends, and years with a long repair, which all end.

    One year in a hundred has a long repair.
    """
    tally = YearTally((0.99, 0.01, 0.0))
    tally.drawn.count(DrawnYear(0, 1.0), plain)
    tally.drawn.count(DrawnYear(1, 0.02), long)
    for _ in range(long):
        tally.count(ended, DrawnYear(1, 0.02))
    return tally


@pytest.mark.parametrize(("plain", "long"), [(1000, 1000), (1000, 50), (5000, 200)])
def test_a_chance_is_what_ends_of_each_stratum_times_its_own(plain: int, long: int) -> None:
    """However many years of it were drawn."""
    found = RowChances(tally_of(plain, long)).probability("north")
    assert found.value == pytest.approx(0.01)
    assert found.high < 0.0125 + 3 * 0.99 / plain


@dataclass(frozen=True)
class Calculated:
    """Bounds that are made up, by stratum."""

    highs: Sequence[float]

    def in_stratum(self, _: str, stratum: int) -> float:
        """Of any row."""
        return self.highs[stratum]


@pytest.mark.parametrize("plain", [50, 500, 5000])
def test_plain_years_may_have_missed_one(plain: int) -> None:
    """However many show none, three of them might; but no more than what is calculated."""
    found = RowChances(tally_of(plain, 500)).probability("north")
    assert found.high == pytest.approx(0.01 + 3 * 0.99 / plain, rel=0.05)
    known = RowChances(tally_of(plain, 500), Calculated([1e-5, 1.0])).probability("north")
    assert known.high == pytest.approx(0.01, rel=0.05)


def test_every_stratum_without_an_end_may_have_one() -> None:
    """Not only that of plain years: the one of which each year counts most."""
    tally = YearTally((0.8, 0.1, 0.1))
    for stratum, years in enumerate((1000, 100, 500)):
        tally.drawn.count(DrawnYear(stratum, 1.0), years)
    for _ in range(500):
        tally.count(NORTH, DrawnYear(2, 1.0))
    assert RowChances(tally).probability("north").high == pytest.approx(0.1 + 3 * 0.001, rel=0.01)
    known = RowChances(tally, Calculated([1e-4, 1e-6, 1.0])).probability("north")
    assert known.high == pytest.approx(0.1 + 1e-6 + 1e-4, rel=0.01)


def test_years_in_which_only_the_real_node_ends_are_the_difference() -> None:
    """With its interval; where no year differs there is none."""
    assert RowChances(tally_of(1000, 100)).difference("north") is None
    made = RowChances(tally_of(1000, 100, EndedSites(("north",), ()))).difference("north")
    assert made
    assert made.low < made.value == pytest.approx(0.01)
    spared = RowChances(tally_of(1000, 100, EndedSites((), ("north",)))).difference("north")
    assert spared
    assert spared.value == -made.value


def test_what_no_year_showed_has_the_bound_of_the_stratum_that_says_least() -> None:
    """Three years more than were seen; a stratum without a year may be all of it."""
    unseen = RowChances(tally_of(1000, 100)).probability("south")
    assert (unseen.value, unseen.high) == (0.0, pytest.approx(3 * 0.99 / 1000))
    assert RowChances(tally_of(1000, 0)).probability("south").high > 0.0029
