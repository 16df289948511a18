"""Thirty days of one master and four slaves, on the programs' real code; then with one cut off.

Beside the whole run, its layers: the same traffic as bare WebSocket frames (transport), the time
inside SQLite (store), and the run's entries journaled once more: encoded, digested and judged.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here
from typing import Any
from unittest import mock

from benchmarks.internetworks import star
from benchmarks.measurement import Figures, TableRow, in_turns, seconds, show
from benchmarks.traffic import websocket_echo
from licensing.events import Entry
from simulator import Scenario, play, run
from simulator.oracle import Oracle
from simulator.worlds.run_journal import RunJournal

SLAVES = 4
DAYS = 30
CUT_DAYS = 31
_BEATS = DAYS * 24
_TARGET_S = 0.6
_TARGET_CUT_S = 1.0


def main(rounds: int) -> None:
    """Measure and print."""
    quiet = star(SLAVES, DAYS)
    cut = star(SLAVES, CUT_DAYS + 1, cut_for_days=CUT_DAYS)
    beginning = star(SLAVES, 1)
    _played(beginning)  # what Python caches at the first use is no part of a run
    found = in_turns(
        rounds,
        lambda: {"whole": seconds(lambda: _played(quiet))},
        lambda: {"transport": seconds(lambda: run(websocket_echo(SLAVES + 1, _BEATS)))},
        lambda: _layers(quiet),
        lambda: {"cut": seconds(lambda: _played(cut))},
        lambda: {"beginning": seconds(lambda: _played(beginning))},
    )
    whole = found["whole"]
    show(
        f"outage: {DAYS} days, one master and {SLAVES} slaves, hourly heartbeat",
        [
            TableRow("whole run", whole, target=_TARGET_S),
            TableRow("  first day: set-up, activation", found["beginning"], whole),
            TableRow("  transport: bare WebSocket echo", found["transport"], whole),
            TableRow("  store: inside SQLite", found["store"], whole),
            TableRow("  journal: encode, digest, oracle", found["journal"], whole),
            TableRow(f"one slave cut off for {CUT_DAYS} days", found["cut"], target=_TARGET_CUT_S),
        ],
        unit="s",
    )


def _played(scenario: Scenario, *readers: Callable[[Entry], None]) -> None:
    result = play(scenario, readers=readers)
    assert result.holds, result


def _layers(scenario: Scenario) -> Figures:
    entries: list[Entry] = []
    with _timed_sqlite() as spent:
        _played(scenario, entries.append)
    return {"store": sum(spent), "journal": seconds(lambda: _journal(entries))}


def _journal(entries: list[Entry]) -> None:
    journal = RunJournal([Oracle()], _raise)
    for entry in entries:
        journal.record(entry.at, entry.host, entry.fact)


def _raise(error: Exception) -> None:
    raise error


@contextmanager
def _timed_sqlite() -> Iterator[list[float]]:
    """Connections opened meanwhile append the seconds of each of their calls to the list."""
    spent: list[float] = []

    def timed(factory: type[sqlite3.Connection], name: str) -> Callable[..., Any]:
        stock = getattr(factory, name)

        def call(*args: object) -> object:
            began = perf_counter()
            try:
                return stock(*args)
            finally:
                spent.append(perf_counter() - began)

        return call

    calls = ("execute", "executemany", "executescript", "commit", "rollback", "close")
    stock_connect = sqlite3.connect

    def connect(
        path: str | Path,
        *,
        isolation_level: None = None,
        factory: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> sqlite3.Connection:
        methods = {name: timed(factory, name) for name in calls}
        kind = type("TimedConnection", (factory,), methods)
        return stock_connect(path, isolation_level=isolation_level, factory=kind)

    with mock.patch.object(sqlite3, "connect", connect):
        yield spent
