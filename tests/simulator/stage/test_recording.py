"""A recording: the past is what was the present then, and memory has an end."""

import tracemalloc
from random import Random  # noqa: TID251 - a test that draws

import pytest

from simulator.stage.recording import Recording

KEYS = [("site", str(number)) for number in range(40)]


def recorded(dice: Random, changes: int, **settings: int) -> tuple[Recording[int], list[tuple]]:
    """A recording of random changes, and at each instant the present of then."""
    recording: Recording[int] = Recording(**settings)
    presents, at_ns = [], 0
    for number in range(changes):
        at_ns += dice.choice([0, 1, 1000])
        recording.change(at_ns, dice.choice(KEYS), number)
        presents.append((at_ns, dict(recording.now)))
    return recording, presents


@pytest.mark.parametrize("changes", [0, 1, 249, 250, 251, 1234])
def test_the_past_is_the_present_of_then(changes: int):
    """Also at the seams between the states that are kept whole, and before the first change."""
    recording, presents = recorded(Random(changes), changes)
    last = dict(presents)  # of several changes at one instant the last one counts
    assert all(recording.at(at_ns) == present for at_ns, present in last.items())
    assert recording.at(-1) == {}
    assert recording.at(10**18) == recording.now


def test_the_older_half_is_forgotten():
    """What is left is as it was, and the recording says since when."""
    recording, presents = recorded(Random(1), 5000, most_changes=1000)
    assert len(recording) <= 1250
    kept = {at_ns: present for at_ns, present in presents if at_ns >= recording.began_ns}
    assert kept
    assert all(recording.at(at_ns) == present for at_ns, present in kept.items())


def test_a_long_run_takes_no_more_memory_than_a_shorter_one():
    """Ten times the changes, the same memory."""
    used = []
    for changes in (4000, 40_000):
        tracemalloc.start()
        kept, _ = Recording(most_changes=2000), None
        for number in range(changes):
            kept.change(number, KEYS[number % 40], number)
        used.append(tracemalloc.get_traced_memory()[0])
        tracemalloc.stop()
    assert used[1] < 1.5 * used[0]
