"""What one heartbeat exchange costs: with everything the programs do, and on bare carriers."""

import asyncio
from collections.abc import Callable

from benchmarks.internetworks import star
from benchmarks.measurement import Figures, TableRow, in_turns, seconds, show
from benchmarks.traffic import StockLoop, bare_tasks, simpy_processes, websocket_echo
from simulator import play, run

_SLAVES = 4
_CLIENTS = _SLAVES + 1
_SHORT_DAYS, _LONG_DAYS = 5, 45
_BEATS = (_LONG_DAYS - _SHORT_DAYS) * 24


def main(rounds: int) -> None:
    """Measure and print."""
    short, long = star(_SLAVES, _SHORT_DAYS), star(_SLAVES, _LONG_DAYS)
    play(short)  # what Python caches at the first use is no part of an exchange

    def programs() -> Figures:
        """What the longer run costs more: setting up is in both."""
        more = seconds(lambda: play(long)) - seconds(lambda: play(short))
        return {"programs": more / (_CLIENTS * _BEATS)}

    found = in_turns(
        rounds,
        programs,
        _each("echo", lambda: run(websocket_echo(_CLIENTS, _BEATS))),
        _each("tasks", lambda: run(bare_tasks(_CLIENTS, _BEATS))),
        _each("stock", lambda: _run_on_stock_loop(_CLIENTS, _BEATS)),
        _each("simpy", lambda: simpy_processes(_CLIENTS, _BEATS)),
    )
    stock = found["stock"]
    show(
        "exchange: one heartbeat and its answer, with a time-out",
        [
            TableRow("the programs, whole stack", found["programs"], stock),
            TableRow("  transport: bare WebSocket echo", found["echo"], stock),
            TableRow("bare tasks, our loop", found["tasks"], stock),
            TableRow("bare tasks, stock loop that jumps", stock, stock),
            TableRow("SimPy processes", found["simpy"], stock),
        ],
        unit="us",
        factor=1e6,
        digits=1,
    )


def _each(name: str, work: Callable[[], object]) -> Callable[[], Figures]:
    return lambda: {name: seconds(work) / (_CLIENTS * _BEATS)}


def _run_on_stock_loop(clients: int, beats: int) -> None:
    with asyncio.Runner(loop_factory=StockLoop) as runner:
        runner.run(bare_tasks(clients, beats))
