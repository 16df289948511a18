"""The tripwire: during a run nobody draws chance or reads a clock behind the world's back.

The standard library's sources of chance and time are wrapped, and each call looks at its caller.
Our programs are refused; the simulator and third parties pass where a reason is written down why
what they read cannot reach a fact; everyone else is refused on a host. Outside all hosts a script
may do as it likes, for what it does to the world is its own doing.
"""

# ruff: noqa: ANN401 - it stands in for functions of any signature

import _thread
import os
import random  # noqa: TID251 - wrapped here, not used
import secrets  # noqa: TID251 - wrapped here, not used
import select
import socket
import ssl
import sys
import threading  # noqa: TID251 - wrapped here, not used
import time  # noqa: TID251 - wrapped here, not used
import uuid  # noqa: TID251 - wrapped here, not used
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
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

_ON_BEHALF = frozenset({"random", "secrets", "threading", "uuid"})
"""Packages whose functions ask for whoever calls them."""

_FOR_ANOTHER = frozenset(
    {
        ("simulator.loop.virtual_loop", "run_in_executor"),
        ("asyncio.threads", "to_thread"),
        (__name__, "converted"),
    }
)
"""Functions that call what they are given, by their modules."""

_CLOCK = "take the time from host.clock, and wait with asyncio.sleep or asyncio.timeout"
_CHANCE = "take chance from host.dice"
_THREAD = "a program is one event loop: use a task, and run blocking work inline"
_WAIT = "it would stop the whole run: wait with asyncio"
_NETWORK = "that is the network of this computer: dial with asyncio or aiohttp"


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
            *("perf_counter_ns", "process_time", "process_time_ns", "thread_time"),
            *("thread_time_ns", "clock_gettime", "clock_gettime_ns", "sleep"),
        ),
        _CLOCK,
    ),
    (os, ("getrandom",), _CHANCE),
    (os, ("times",), _CLOCK),
    (random.SystemRandom, ("random", "getrandbits", "randbytes"), _CHANCE),
    (ssl, ("RAND_bytes",), _CHANCE),
    (threading.Thread, ("start",), _THREAD),
    (_thread, ("start_new_thread", "start_joinable_thread"), _THREAD),
    (threading.Event, ("wait",), _WAIT),
    (select, ("select",), _WAIT),
    (
        socket,
        (
            *("create_connection", "create_server", "getaddrinfo", "getnameinfo"),
            *("gethostbyname", "gethostbyname_ex", "gethostbyaddr"),
        ),
        _NETWORK,
    ),
    (socket.socket, ("connect", "connect_ex", "bind", "sendto"), _NETWORK),
]
"""Owner, names, way out. What a system or a Python does not have is left out."""

_NOW_BY_DEFAULT: Sequence[tuple[str, int]] = [
    ("localtime", 1),
    ("gmtime", 1),
    ("ctime", 1),
    ("asctime", 1),
    ("strftime", 2),
]
"""Functions of `time` that read the clock where they get fewer arguments, None counted as none."""

_armed: dict[int, Any] = {}
"""The wrappers by the identities of their sources, while the tripwire is armed."""

_undo: list[tuple[Any, str, Any]] = []
"""What stood where, an owner and a name, before the tripwire was armed."""


class NondeterminismError(Exception):
    """Code in a simulated run asked the machine for chance, time or a thread."""


@contextmanager
def armed() -> Iterator[None]:
    """Wrap the sources, also where a program has imported one by name; unwrap at the end."""
    before, undone = dict(_armed), len(_undo)
    try:
        for owner, name, wrapper in _wrappers():
            _undo.append((owner, name, vars(owner).get(name)))
            _armed[id(getattr(owner, name))] = wrapper
            setattr(owner, name, wrapper)
        for module_name, module in list(sys.modules.items()):
            if module_name.partition(".")[0] in _HELD:
                exchange_sources(module)
        yield
    finally:
        _armed.clear()
        _armed.update(before)
        while len(_undo) > undone:
            _restore(*_undo.pop())


def exchange_sources(module: ModuleType) -> None:
    """`from time import time` holds the source itself: exchange it there too, while armed."""
    if _armed.keys().isdisjoint(map(id, vars(module).values())):
        return
    held = [(name, value) for name, value in vars(module).items() if id(value) in _armed]
    for name, value in held:
        _undo.append((module, name, value))
        setattr(module, name, _armed[id(value)])


def exchange_sources_of_a_client(client: ModuleType) -> None:
    """In its module, and in those from which it has something, but for who may hold one."""
    exchange_sources(client)
    for value in list(vars(client).values()):
        name = value.__name__ if isinstance(value, ModuleType) else _module_of(value)
        package = name.partition(".")[0]
        if (
            package not in sys.stdlib_module_names
            and package not in ALLOWED
            and name in sys.modules
        ):
            exchange_sources(sys.modules[name])


def _module_of(value: object) -> str:
    """Where a function or a class is from; "" where it does not say so."""
    name = getattr(value, "__module__", None)
    return name if isinstance(name, str) else ""


def frame_of_a_client(frame: FrameType | None) -> FrameType | None:
    """The nearest one, from `frame` outwards, of the file of a client of somebody's own."""
    while frame and _package(frame) != OWN_CLIENTS:
        frame = frame.f_back
    return frame


def _wrappers() -> Iterator[tuple[Any, str, Any]]:
    """Each owner and name with what stands there while the tripwire is armed."""
    for owner, names, way_out in _SOURCES:
        prefix = getattr(owner, "__qualname__", owner.__name__)
        for name in names:
            if source := getattr(owner, name, None):
                yield owner, name, _guarded(source, f"{prefix}.{name}", way_out)
    for name, arguments in _NOW_BY_DEFAULT:
        source = getattr(time, name)
        guarded = _guarded(source, f"time.{name}", _CLOCK)
        yield time, name, _guarded_without(source, guarded, arguments)


def _restore(owner: Any, name: str, source: Any) -> None:
    """As it was: what a class has from its base, it has from there again."""
    if source is None:
        delattr(owner, name)
    else:
        setattr(owner, name, source)


def _guarded_without(
    source: Callable[..., Any], guarded: Callable[..., Any], arguments: int
) -> Callable[..., Any]:
    @wraps(source)
    def converted(*args: Any) -> Any:
        return (source if len(args) == arguments and args[-1] is not None else guarded)(*args)

    return converted


def _guarded(source: Callable[..., Any], name: str, way_out: str) -> Callable[..., Any]:
    @wraps(source)
    def guarded(*args: Any, **options: Any) -> Any:
        frame = _who_asks(sys._getframe(1))  # noqa: SLF001 - the caller is the question
        package = _package(frame)
        if package in _HELD or (package not in ALLOWED and current_host.get() is not None):
            raise NondeterminismError(_complaint(name, package, way_out, frame))
        return source(*args, **options)

    return guarded


def _package(frame: FrameType) -> str:
    name: str = frame.f_globals.get("__name__", "")
    return name.partition(".")[0]


def _who_asks(frame: FrameType) -> FrameType:
    """The one for which `frame` asks, which may be itself."""
    while frame.f_back and (
        _package(frame) in _ON_BEHALF
        or (frame.f_globals.get("__name__"), frame.f_code.co_name) in _FOR_ANOTHER
    ):
        frame = frame.f_back
    return frame


def _complaint(name: str, package: str, way_out: str, frame: FrameType) -> str:
    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    if package not in _HELD and (client := frame_of_a_client(frame)):
        through = Path(frame.f_code.co_filename)
        place = (
            f"{client.f_code.co_filename}:{client.f_lineno} "
            f"(through {through.parent.name}/{through.name}:{frame.f_lineno})"
        )
    elif package not in _HELD:
        return (
            f"{place}: {package} calls {name} in a simulated run; {way_out}; if it cannot reach a "
            "fact, say why in simulator.loop.tripwire.ALLOWED"
        )
    return f"{place}: {name} in a simulated run would make it unrepeatable; {way_out}"
