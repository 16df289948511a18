"""What a dialing leaves behind."""

import gc

from star import star

from licensing.events import Entry, LinkCut, LinkHealed
from simulator import play


def test_a_dialing_that_fails_leaves_nothing_to_a_search_for_garbage() -> None:
    """An error that keeps the frame which keeps it would keep all that the dialing had."""
    cut_off = star(
        {"at": "day 0 09:00", "cut": "hq-north"},
        {"at": "day 0 12:00", "cut": "hq-internet"},
        {"at": "day 1 12:00", "heal": "hq-internet"},
        slaves=["north"],
    )
    left: list[int] = []

    def look(entry: Entry) -> None:
        if isinstance(entry.fact, LinkCut | LinkHealed):
            left.append(gc.collect())
            gc.disable()

    try:
        play(cut_off, readers=[look])
    finally:
        gc.enable()
    assert left[2:] == [0]
