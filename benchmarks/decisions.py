"""Durable lease decisions of one central CLA, over real sockets and a real disk.

The CLA is a process of its own; its clients, all in this one, ask the next demand as soon as the
last is answered. Every demand changes the lease: the node unlocks one more station and gives it
back in turns. Beside it, in the same round and with the same clients and sizes of messages: a bare
WebSocket server, and one with a FULL commit for every message.

A single session that waits for each answer shares its commits with nobody: there the echo that
commits is the most that can be reached. What a node does share is a check and unlock: it has one
demand under way at a time (`nodes.license_operations`), and all that its people ticked is in it.
That is measured too, beside one message and one commit for each license.
"""

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here

from rich.console import Console
from rich.table import Table

from benchmarks.agency import Agency, EnrolledNode, agency, dial, free_port, running
from benchmarks.clients import (
    ask_all,
    ask_in_turn,
    changes_of,
    check_last,
    connected,
    heartbeats,
    unlocking,
)
from benchmarks.measurement import Spread

SESSIONS = (1, 50, 500)
_STATIONS = 10
_CHECKED = 100
"""Stations that are unlocked by one check."""
_CHECK_ANSWER = 6000
"""Characters of the answer to it."""
_LICENSES = {
    "base": 1,
    "ip": (_STATIONS + 1) * SESSIONS[-1] + _CHECKED,
    "networking": SESSIONS[-1],
}
_LEAST_SHARE_OF_ECHO = 0.30
_LEAST_TIMES_COMMIT = 3.0
_LONGEST_RECONNECTION_S = 10.0


class ColumnFigures(dict[str, Spread]):
    """The samples of each figure of one column."""

    def add(self, **values: float) -> None:
        """One sample of each."""
        for name, value in values.items():
            self.setdefault(name, Spread()).samples.append(value)


def main(rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="decisions-") as directory:
        asyncio.run(_measure(Path(directory), rounds))


async def _measure(directory: Path, rounds: int) -> None:
    async with agency(directory) as cla:
        await cla.begin(_LICENSES, SESSIONS[-1])
        many = await _many(cla, rounds)  # first: memory is that of sessions, not of their past
        columns = {}
        for sessions in SESSIONS:
            columns[sessions] = await _column(cla, directory, sessions, rounds)
        checks = ColumnFigures()
        async with echo_server(_CHECK_ANSWER, directory / "checks.db") as committing:
            for node in cla.nodes[:rounds]:  # none may name so many seats again and again
                await _check(cla, node, committing, checks)
    _show_decisions(columns)
    _show_checks(checks)
    _show_many(many)


async def _column(cla: Agency, directory: Path, sessions: int, rounds: int) -> ColumnFigures:
    """Decisions beside both echoes, with this many sessions and the same sizes of messages."""
    figures = ColumnFigures()
    nodes = cla.nodes[:sessions]
    async with connected(lambda client: [cla.connect(client, node) for node in nodes]) as agent:
        await ask_all(agent, [unlocking(f"{sessions} sessions", _STATIONS)] * sessions)
        demands, others = ([changes_of(f"{sessions}") for _ in nodes] for _ in range(2))
        answers = await ask_all(agent, [next(asked) for asked in demands])
        length = round(statistics.mean(map(len, answers)))
        async with (
            echo_server(length) as echo,
            echo_server(length, directory / f"{sessions}.db") as committing,
            connected(lambda client: [dial(client, echo) for _ in nodes]) as bare,
            connected(lambda client: [dial(client, committing) for _ in nodes]) as durable,
        ):
            for _ in range(rounds):
                commits = (await cla.state()).commits
                burst = await ask_in_turn(agent, demands)
                shared = len(burst.latencies_s) / ((await cla.state()).commits - commits)
                figures.add(
                    decisions=burst.rate,
                    p50=burst.percentile(50),
                    p99=burst.percentile(99),
                    batch=shared,
                    echo=(await ask_in_turn(bare, others)).rate,
                    committing=(await ask_in_turn(durable, others)).rate,
                )
        await check_last(agent, demands)
    return figures


async def _check(cla: Agency, node: EnrolledNode, committing: int, figures: ColumnFigures) -> None:
    """A node whose stations are unlocked and given back, all of them in one demand."""
    async with (
        connected(lambda client: [cla.connect(client, node)]) as agent,
        connected(lambda client: [dial(client, committing)]) as durable,
    ):
        checks = [changes_of("check", _CHECKED)]
        burst = await ask_in_turn(agent, checks)
        figures.add(
            decisions=burst.rate * _CHECKED,
            p50=burst.percentile(50),
            p99=burst.percentile(99),
            committing=(await ask_in_turn(durable, [changes_of("")])).rate,
        )
        await check_last(agent, checks)


async def _many(cla: Agency, rounds: int) -> ColumnFigures:
    """What else 500 sessions ask for: memory, heartbeats, all of them at once after a cut."""
    figures = ColumnFigures()
    before = cla.resident_kib()
    for _ in range(rounds + 1):
        began = perf_counter()
        async with connected(
            lambda client: [cla.connect(client, node) for node in cla.nodes]
        ) as sockets:
            if "memory" in figures:
                figures.add(reconnection=perf_counter() - began)
            else:
                figures.add(memory=(cla.resident_kib() - before) / len(cla.nodes))
            burst = await ask_in_turn(sockets, [heartbeats() for _ in cla.nodes])
            figures.add(renewals=burst.rate, renewal_p99=burst.percentile(99))
    return figures


@contextlib.asynccontextmanager
async def echo_server(length: int, *database: Path) -> AsyncIterator[int]:
    """The port of a bare WebSocket server with answers of `length`, for the time of the block."""
    port = free_port()
    call = ["benchmarks.echo_server", str(port), str(length), *map(str, database)]
    async with running(call):
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield port


# Showing.


def _show_decisions(columns: dict[int, ColumnFigures]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("sessions", no_wrap=True)
    for sessions in columns:
        table.add_column(str(sessions), justify="right")
    for label, cell in _ROWS:
        table.add_row(label, *(cell(figures) for figures in columns.values()))
    _print("decisions: durable, each with a new signed lease; 2 cores hold CLA and clients", table)


def _rate(name: str) -> Callable[[ColumnFigures], str]:
    return lambda figures: f"{figures[name].median:,.0f}"


def _ms(name: str) -> Callable[[ColumnFigures], str]:
    return lambda figures: f"{figures[name].median * 1e3:,.1f}"


def _over(name: str) -> Callable[[ColumnFigures], float]:
    """The rate of decisions over another, as the median of the rounds' ratios."""

    def ratio(figures: ColumnFigures) -> float:
        pairs = zip(figures["decisions"].samples, figures[name].samples, strict=True)
        return statistics.median(decisions / other for decisions, other in pairs)

    return ratio


_ROWS: tuple[tuple[str, Callable[[ColumnFigures], str]], ...] = (
    ("decisions a second", _rate("decisions")),
    ("  p50, ms", _ms("p50")),
    ("  p99, ms", _ms("p99")),
    ("  decisions in a commit", lambda figures: f"{figures['batch'].median:.1f}"),
    ("bare echo, a second", _rate("echo")),
    (
        f"  decisions over it (at least {_LEAST_SHARE_OF_ECHO:.0%})",
        lambda figures: _judged(_over("echo")(figures), _LEAST_SHARE_OF_ECHO, ".0%"),
    ),
    ("echo that commits, a second", _rate("committing")),
    (
        f"  decisions over it (at least {_LEAST_TIMES_COMMIT:.0f} times)",
        lambda figures: _judged(_over("committing")(figures), _LEAST_TIMES_COMMIT, ".1f"),
    ),
)


def _show_checks(figures: ColumnFigures) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_row("licenses decided a second", _rate("decisions")(figures))
    table.add_row("  a check of all, p50, ms", _ms("p50")(figures))
    table.add_row("  a check of all, p99, ms", _ms("p99")(figures))
    table.add_row("echo that commits, a second", _rate("committing")(figures))
    table.add_row(
        f"  licenses over it (at least {_LEAST_TIMES_COMMIT:.0f} times)",
        _judged(_over("committing")(figures), _LEAST_TIMES_COMMIT, ".1f"),
    )
    _print(f"1 session, {_CHECKED} stations in each check and unlock", table)


def _judged(value: float, least: float, form: str) -> str:
    return f"{value:{form}} {'met' if value >= least else 'missed'}"


def _show_many(figures: ColumnFigures) -> None:
    slowest = max(figures["reconnection"].samples)
    verdict = "met" if slowest < _LONGEST_RECONNECTION_S else "missed"
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right")
    table.add_row("renewals (heartbeats) a second", _rate("renewals")(figures))
    table.add_row("  p99, ms", _ms("renewal_p99")(figures))
    table.add_row(
        f"all at once after a heal: last one welcomed, s (under {_LONGEST_RECONNECTION_S:.0f})",
        f"{slowest:.2f} {verdict}, none refused",
    )
    table.add_row("memory for a session, KiB", _rate("memory")(figures))
    _print(f"{SESSIONS[-1]} sessions", table)


def _print(title: str, table: Table) -> None:
    console = Console()
    console.print(title, style="bold", highlight=False)
    console.print(table)
    console.print()
