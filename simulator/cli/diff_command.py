"""What `internetsim diff` does: two journals, of two versions of a scenario for instance."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from licensing.events import RunBegan
from simulator.cli.kept_journal import opened, read
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.report.histories import History, compare
from simulator.report.matching import first_difference
from simulator.report.page import Calendar, Row, Tone
from simulator.report.screen import Screen
from simulator.report.side_by_side import counts, differences_by_node, explained
from simulator.scenario import duration

_SAME, _DIFFERENT, _UNREAD = 0, 1, 2

_MOST_COMPARED = 200_000
"""Of each run: of the facts that tell its history, those of half a gigabyte."""


def diff(one: Path, other: Path, tolerance: str, *, exact: bool) -> int:
    """Show what is not in both; 1 where something is not, 2 where one cannot be read to its end.

    With `exact` chance shifts nothing. Raises `WrongCall` where one of them is no journal.
    """
    if one == other == STANDARD_INPUT:
        raise WrongCall("the standard input is one journal: name a file for the other")
    tolerance_ns = _duration_ns(tolerance)
    histories = [History(exact=exact, most_kept=_MOST_COMPARED) for _ in (one, other)]
    names = str(one), str(other)
    with ExitStack() as files:
        journals = [files.enter_context(opened(path)) for path in (one, other)]
        began = [each for each, _ in journals]
        damages = [
            read(history, entries, path)
            for history, (_, entries), path in zip(histories, journals, (one, other), strict=True)
        ]
    screen = Screen(sys.stdout)
    screen.show(_heads(dict(zip(names, began, strict=True))))
    pairs = compare(*histories, tolerance=lambda *_: tolerance_ns)
    screen.show(counts(pairs))
    stopped = [
        name
        for name, history, damage in zip(names, histories, damages, strict=True)
        if not (history.complete or damage)
    ]
    screen.show(Row(f"{name} ends before its run does", Tone.FAILED) for name in stopped)
    for damage in filter(None, damages):
        sys.stderr.write(f"{damage}\nonly what stands before that line is compared\n")
    if difference := first_difference(pairs):
        calendar = Calendar(began[0].start)
        screen.show(explained(difference, pairs, calendar, names))
        screen.show(differences_by_node(pairs, calendar, names))
        return _DIFFERENT
    if len(stopped) == 1:
        return _DIFFERENT
    return _UNREAD if any(damages) else _SAME


def _duration_ns(tolerance: str) -> int:
    try:
        return duration(tolerance)
    except ValueError as error:
        raise WrongCall(f"--tolerance: {error}") from error


def _heads(runs: Mapping[str, RunBegan]) -> Iterator[Row]:
    """Which runs these are."""
    for name, began in runs.items():
        from_when = f"from {began.start:%Y-%m-%d %H:%M}, seed {began.seed}"
        yield Row(f"{name}: {began.title}, {from_when}", Tone.HEADING)
