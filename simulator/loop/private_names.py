"""The private names of asyncio, and one of aiohttp, without which there is no virtual time.

A new version may change them without a word. Each is used in one module, and `run` looks once
whether all of them are there.
"""

import asyncio
import platform
from functools import cache

import msgspec
from aiohttp import web_app


class PrivateName(msgspec.Struct, frozen=True):
    """`purpose` is what the only module that uses the name wants of it."""

    owner: str
    name: str
    module: str
    purpose: str


_LOOP, _HANDLE, _TASK = "asyncio.SelectorEventLoop", "asyncio.TimerHandle", "asyncio.Task"
_VIRTUAL_LOOP, _TIMERS, _FENCING = "virtual_loop", "timers", "fencing"

PRIVATE_NAMES = (
    PrivateName(_LOOP, "_run_once", _VIRTUAL_LOOP, "is replaced: a turn in which time jumps"),
    PrivateName(_LOOP, "_ready", _VIRTUAL_LOOP, "where asyncio puts callbacks of real sockets"),
    PrivateName(_LOOP, "_stopping", _VIRTUAL_LOOP, "a loop that stops is no deadlock"),
    PrivateName(_LOOP, "_process_events", _VIRTUAL_LOOP, "what comes in through the gate"),
    PrivateName(_LOOP, "_write_to_self", _VIRTUAL_LOOP, "wakes a loop that waits in real time"),
    PrivateName(_LOOP, "_asyncgens", _VIRTUAL_LOOP, "a crashed program's generators leave it"),
    PrivateName(_LOOP, "_asyncgen_firstiter_hook", _VIRTUAL_LOOP, "whose a generator is"),
    PrivateName(_HANDLE, "_callback", _TIMERS, "what is run, and kept after a crash"),
    PrivateName(_HANDLE, "_args", _TIMERS, "what is run"),
    PrivateName(_HANDLE, "_context", _TIMERS, "in what it is run, and so for whom"),
    PrivateName(_HANDLE, "_cancelled", _TIMERS, "what is not run"),
    PrivateName("asyncio.tasks", "_unregister_task", _FENCING, "hides a crashed program's tasks"),
    PrivateName(_TASK, "_log_destroy_pending", _FENCING, "nobody complains of these tasks"),
    PrivateName(_TASK, "_log_traceback", _FENCING, "whether anybody has asked for its failure"),
    PrivateName("aiohttp.web_app", "_cached_build_middleware", "runner", "keeps ended worlds"),
)


class UnknownPython(Exception):
    """Python or aiohttp has lost a private name; the message says which, and what it was for."""


@cache
def require_private_names() -> None:
    """Raise `UnknownPython` where a name is missing; looks once in a process."""
    lacking = missing()
    if lacking:
        names = "; ".join(f"{each.owner}.{each.name} ({each.purpose})" for each in lacking)
        raise UnknownPython(f"Python {platform.python_version()} has changed, there is no {names}")


def missing() -> list[PrivateName]:
    """Those that are not there, of a stock loop and what it makes."""
    loop = asyncio.SelectorEventLoop()
    try:
        owners: dict[str, object] = {
            _LOOP: loop,
            _HANDLE: loop.call_later(1, print),
            _TASK: asyncio.Task,
            "asyncio.tasks": asyncio.tasks,
            "aiohttp.web_app": web_app,
        }
        return [each for each in PRIVATE_NAMES if not hasattr(owners[each.owner], each.name)]
    finally:
        loop.close()
