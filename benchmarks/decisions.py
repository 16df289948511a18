"""Durable lease decisions of one central CLA, over real sockets and a real disk.

The CLA is a process of its own; its clients, all in this one, ask the next demand as soon as the
last is answered. Every demand changes the lease: the node unlocks one more station and gives it
back in turns. Beside it, in the same round and with the same clients and sizes of messages: a bare
WebSocket server, and one with a FULL commit for every message. A single session can share its
commits with nobody, so the targets are for many.
"""

import asyncio
import contextlib
import gc
import itertools
import math
import statistics
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter  # noqa: TID251 - real time is what is measured here

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.agency import Agency, Socket, agency, dial, free_port, running
from benchmarks.measuring import Spread
from licensing.messages import Decision, Demand, Heartbeat, Seat, encode, from_agent

SESSIONS = (1, 50, 500)
_STATIONS = 10
_LICENSES = {"base": 1, "ip": (_STATIONS + 1) * SESSIONS[-1], "networking": SESSIONS[-1]}
_BURST_S = 0.8
_LEAST_SHARE_OF_ECHO = 0.30
_LEAST_TIMES_COMMIT = 3.0
_LONGEST_RECONNECTION_S = 10.0
_ANSWER_LENGTH = 540
"""Characters of a decision with its lease."""

Questions = Iterator[str]
Dials = Callable[[aiohttp.ClientSession], list[Coroutine[None, None, Socket]]]


@dataclass
class Burst:
    """What some clients were answered in a stretch of time; latencies in seconds."""

    latencies: list[float]
    lasted_s: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.lasted_s

    def percentile(self, percent: int) -> float:
        """That many percent of the answers took no longer."""
        ordered = sorted(self.latencies)
        return ordered[math.ceil(len(ordered) * percent / 100) - 1]


class Figures(dict[str, Spread]):
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
    async with (
        agency(directory) as cla,
        echo_server() as echo,
        echo_server(directory / "frames.db") as committing,
    ):
        await cla.begin(_LICENSES, SESSIONS[-1])
        many = await _many(cla, rounds)  # first: memory is that of sessions, not of their past
        columns = {}
        for sessions in SESSIONS:
            columns[sessions] = await _column(cla, echo, committing, sessions, rounds)
    _show_decisions(columns)
    _show_many(many)


async def _column(cla: Agency, echo: int, committing: int, sessions: int, rounds: int) -> Figures:
    """Decisions beside both echoes, with this many sessions each."""
    figures = Figures()
    nodes = cla.nodes[:sessions]
    async with (
        _connected(lambda client: [cla.connect(client, node) for node in nodes]) as agent,
        _connected(lambda client: [dial(client, echo) for _ in nodes]) as bare,
        _connected(lambda client: [dial(client, committing) for _ in nodes]) as durable,
    ):
        await _ask_all(agent, [_unlocking(f"{sessions} sessions")] * sessions)
        demands, others = ([_demands(f"{sessions}") for _ in nodes] for _ in range(2))
        for _ in range(rounds):
            commits = (await cla.state()).commits
            burst = await _burst(agent, demands)
            shared = len(burst.latencies) / ((await cla.state()).commits - commits)
            figures.add(
                decisions=burst.rate,
                p50=burst.percentile(50),
                p99=burst.percentile(99),
                batch=shared,
                echo=(await _burst(bare, others)).rate,
                committing=(await _burst(durable, others)).rate,
            )
        await _check_last(agent, demands)
    return figures


async def _many(cla: Agency, rounds: int) -> Figures:
    """What else 500 sessions ask for: memory, heartbeats, all of them at once after a cut."""
    figures = Figures()
    before = cla.resident_kib()
    for _ in range(rounds + 1):
        began = perf_counter()
        async with _connected(
            lambda client: [cla.connect(client, node) for node in cla.nodes]
        ) as sockets:
            if "memory" in figures:
                figures.add(reconnection=perf_counter() - began)
            else:
                figures.add(memory=(cla.resident_kib() - before) / len(cla.nodes))
            burst = await _burst(sockets, [_heartbeats() for _ in cla.nodes])
            figures.add(renewals=burst.rate, renewal_p99=burst.percentile(99))
    return figures


@contextlib.asynccontextmanager
async def _connected(dials: Dials) -> AsyncIterator[list[Socket]]:
    """What all these dials give, for the time of the block; it ends without a word, as in a cut."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        sockets = await asyncio.gather(*dials(client))
        yield sockets


@contextlib.asynccontextmanager
async def echo_server(*database: Path) -> AsyncIterator[int]:
    """The port of a bare WebSocket server for the time of the block."""
    port = free_port()
    call = ["benchmarks.echo_server", str(port), str(_ANSWER_LENGTH), *map(str, database)]
    async with running(call):
        async with asyncio.timeout(30):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.02)
        yield port


# What the clients ask.


def _demands(prefix: str) -> Questions:
    """One more station is unlocked and given back, in turns."""
    seat = [Seat(holder="extra", license="ip")]
    for number in itertools.count():
        wants, releases = ([], seat) if number % 2 else (seat, [])
        yield _demand(f"{prefix}-{number}", wants, releases)


def _unlocking(request_id: str) -> str:
    wants = [Seat(holder=str(100 + number), license="ip") for number in range(_STATIONS)]
    return _demand(request_id, wants, [])


def _demand(request_id: str, wants: list[Seat], releases: list[Seat]) -> str:
    demand = Demand(request_id=request_id, lease_id="", wants=wants, releases=releases)
    return encode(demand).decode()


def _heartbeats() -> Questions:
    return (encode(Heartbeat(number=number, seq=1)).decode() for number in itertools.count())


# Asking.


async def _burst(sockets: list[Socket], questions: list[Questions]) -> Burst:
    """Each client asks one question after the other for `_BURST_S`."""
    gc.collect()
    latencies: list[float] = []
    began = perf_counter()
    asking = [
        _ask(socket, asked, began + _BURST_S, latencies)
        for socket, asked in zip(sockets, questions, strict=True)
    ]
    await asyncio.gather(*asking)
    return Burst(latencies, perf_counter() - began)


async def _ask(socket: Socket, asked: Questions, until: float, latencies: list[float]) -> None:
    while (began := perf_counter()) < until:
        await socket.send_str(next(asked))
        await socket.receive_str()
        latencies.append(perf_counter() - began)


async def _ask_all(sockets: list[Socket], questions: list[str]) -> list[str]:
    """One question each; raises where a session has ended. The answers."""
    for socket, question in zip(sockets, questions, strict=True):
        await socket.send_str(question)
    return [await socket.receive_str() for socket in sockets]


async def _check_last(sockets: list[Socket], demands: list[Questions]) -> None:
    """Speed counts only for decisions that were made: two more in a row, and one grants."""
    for _ in range(2):
        answers = await _ask_all(sockets, [next(asked) for asked in demands])
        decisions = [from_agent(answer) for answer in answers]
        assert all(isinstance(decision, Decision) and decision.lease for decision in decisions)


# Showing.


def _show_decisions(columns: dict[int, Figures]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("sessions", no_wrap=True)
    for sessions in columns:
        table.add_column(str(sessions), justify="right")
    for label, cell in _ROWS:
        table.add_row(label, *(cell(figures) for figures in columns.values()))
    _print(
        "decisions: durable, each with a newly signed lease; 2 cores hold CLA and clients", table
    )


def _rate(name: str) -> Callable[[Figures], str]:
    return lambda figures: f"{figures[name].median:,.0f}"


def _ms(name: str) -> Callable[[Figures], str]:
    return lambda figures: f"{figures[name].median * 1e3:,.1f}"


def _over(name: str) -> Callable[[Figures], float]:
    """The rate of decisions over another, as the median of the rounds' ratios."""

    def ratio(figures: Figures) -> float:
        pairs = zip(figures["decisions"].samples, figures[name].samples, strict=True)
        return statistics.median(decisions / other for decisions, other in pairs)

    return ratio


_ROWS: tuple[tuple[str, Callable[[Figures], str]], ...] = (
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


def _judged(value: float, least: float, form: str) -> str:
    return f"{value:{form}} {'met' if value >= least else 'missed'}"


def _show_many(figures: Figures) -> None:
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
