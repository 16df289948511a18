"""What a choice for many means for each of them."""

import pytest

from nodes.assignment.choices import STATION, Manner, choice_of, ticked_by

HAS = {"tdm", "voicemail", "uc-suite", "fax"}


@pytest.mark.parametrize(
    ("manner", "choice", "after"),
    [
        (Manner.ADD, {STATION, "tapi"}, {*HAS, "tapi"}),
        (Manner.EXACTLY, {STATION, "tapi"}, {"tdm", "tapi"}),
        (Manner.EXACTLY, set(), set()),
        (Manner.REMOVE, {"voicemail", "tapi"}, {"tdm", "uc-suite", "fax"}),
        (Manner.REMOVE, {"uc-suite"}, {"tdm", "voicemail"}),
        (Manner.REMOVE, {STATION}, set()),
    ],
)
def test_each_manner(manner: Manner, choice: set[str], after: set[str]) -> None:
    """As well, exactly, or no more: then what needs them goes, too."""
    assert set(ticked_by(manner, choice, HAS, "tdm")) == after


def test_another_subscribers_licenses_are_a_choice_for_stations_of_other_kinds() -> None:
    """The station license is each one's own."""
    choice = choice_of({"ip", "voicemail"})
    assert set(ticked_by(Manner.EXACTLY, choice, set(), "tdm")) == {"tdm", "voicemail"}


def test_what_is_needed_comes_first() -> None:
    """In the price list's order, so that it can be ticked one after the other."""
    assert list(ticked_by(Manner.ADD, {"fax", "uc-suite", STATION}, set(), "ip")) == [
        "ip",
        "uc-suite",
        "fax",
    ]
