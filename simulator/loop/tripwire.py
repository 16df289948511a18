"""The tripwire: during a run nobody draws chance or reads a clock behind the world's back.

The standard library's sources of chance and time are wrapped, and each call looks at its caller.
Our programs are refused; the simulator and third parties pass where a reason is written down why
what they read cannot reach a fact; everyone else is refused on a host. Outside all hosts a script
may do as it likes, for what it does to the world is its own doing.
"""

# ruff: noqa: ANN401 - it stands in for functions of any signature

import os
import random  # noqa: TID251 - wrapped here, not used
import secrets  # noqa: TID251 - wrapped here, not used
import sys
import threading  # noqa: TID251 - wrapped here, not used
import time  # noqa: TID251 - wrapped here, not used
import uuid  # noqa: TID251 - wrapped here, not used
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from types import FrameType, ModuleType
from typing import Any

from internetsim.own_packages import OF_THE_PROGRAMS
from simulator.network.incarnation import current_host

ALLOWED = {
    "simulator": "the world itself: the pace looks at a real clock on purpose",
    "asyncio": "its clock is the loop's; real time only in debug output and real sockets",
    "aiohttp": "handshake key, Date header and cookie ages: none is in a fact; clients are made "
    "without DNS cache and keep-alive pool",
    "logging": "the time of a log record, which is never part of a trace",
    "structlog": "the time of a log record, which is never part of a trace",
    "random": "calls of its own functions, whose caller was looked at",
    "secrets": "calls of its own functions, whose caller was looked at",
    "uuid": "calls of its own functions, whose caller was looked at",
    "tempfile": "names of scratch files, made outside the programs",
    "threading": "start-up of a thread whose caller was looked at",
    "rich": "progress on the terminal",
    "pytest": "test durations",
    "_pytest": "test durations",
    "pluggy": "test durations",
    "pytest_asyncio": "the test's own loop",
    "hypothesis": "draws in the test, outside the programs",
    "coverage": "measurement of the tests",
    "freezegun": "stands in for the clock that the test sets",
}
"""Package -> why its chance and its time cannot reach a fact."""

OWN_CLIENTS = "own_clients"
"""The package of clients of somebody's own, which are held to what our programs are held to."""

_HELD = (*OF_THE_PROGRAMS, OWN_CLIENTS)

_CLOCK = "take the time from host.clock, and wait with asyncio.sleep or asyncio.timeout"
_CHANCE = "take chance from host.dice"
_THREAD = "a program is one event loop: use a task, and run blocking work inline"


def _functions_of(module: ModuleType, *, but: Collection[str]) -> list[str]:
    """All that it offers but for its classes: a new Python may have more."""
    return [name for name in module.__all__ if name[0].islower() and name not in but]


_SOURCES: list[tuple[Any, Sequence[str], str]] = [
    (os, ("urandom",), _CHANCE),
    (uuid, ("uuid1", "uuid4"), _CHANCE),
    (secrets, _functions_of(secrets, but=("compare_digest",)), _CHANCE),
    (random, _functions_of(random, but=("getstate", "setstate")), _CHANCE),
    (
        time,
        (
            *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"),
            *("perf_counter_ns", "sleep"),
        ),
        _CLOCK,
    ),
    (threading.Thread, ("start",), _THREAD),
]


class NondeterminismError(Exception):
    """Code in a simulated run asked the machine for chance, time or a thread."""


@contextmanager
def armed() -> Iterator[None]:
    """Wrap the sources, also where a program has imported one by name; unwrap at the end."""
    undo: list[tuple[Any, str, Any]] = []
    wrappers: dict[int, Any] = {}
    try:
        for owner, names, way_out in _SOURCES:
            for name in names:
                source = getattr(owner, name)
                full_name = f"{getattr(owner, '__qualname__', owner.__name__)}.{name}"
                wrappers[id(source)] = _guarded(source, full_name, way_out)
                undo.append((owner, name, source))
                setattr(owner, name, wrappers[id(source)])
        undo.extend(_wrap_imported_names(wrappers))
        yield
    finally:
        for owner, name, source in reversed(undo):
            setattr(owner, name, source)


def _wrap_imported_names(wrappers: dict[int, Any]) -> list[tuple[Any, str, Any]]:
    """`from time import time` in a program holds the source itself: exchange it there too."""
    held = [
        (module, name, value)
        for module_name, module in list(sys.modules.items())
        if module_name.partition(".")[0] in _HELD
        if not wrappers.keys().isdisjoint(map(id, vars(module).values()))
        for name, value in vars(module).items()
        if id(value) in wrappers
    ]
    for module, name, value in held:
        setattr(module, name, wrappers[id(value)])
    return held


def _guarded(source: Callable[..., Any], name: str, way_out: str) -> Callable[..., Any]:
    @wraps(source)
    def guarded(*args: Any, **options: Any) -> Any:
        frame = sys._getframe(1)  # noqa: SLF001 - the caller is the question
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if package in _HELD or (package not in ALLOWED and current_host.get() is not None):
            raise NondeterminismError(_complaint(name, package, way_out, frame))
        return source(*args, **options)

    return guarded


def _complaint(name: str, package: str, way_out: str, frame: FrameType) -> str:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    if package in _HELD:
        return f"{place}: {name} in a simulated run would make it unrepeatable; {way_out}"
    return (
        f"{place}: {package} calls {name} in a simulated run; if it cannot reach a fact, "
        "say why in simulator.loop.tripwire.ALLOWED"
    )
