"""What ends a run that cannot go on: deadlock, livelock, dead programs, failures unhandled."""

import asyncio
import gc
import re
from collections.abc import Iterable
from itertools import islice
from types import CoroutineType

from simulator.loop.tasks import host_of_task
from simulator.loop.timers import host_of_handle
from simulator.loop.tripwire import frame_of_a_client

_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Deadlock(Exception):
    """Nothing is ready and no timer is set: nothing will ever happen again."""

    def __init__(self, now_ns: int, waiting: list[str]) -> None:
        table = "\n".join(f"  {line}" for line in waiting) or "  (no task)"
        super().__init__(f"deadlock at {now_ns / 1e9:.9f} s: nothing ready, no timer.\n{table}")


class Livelock(Exception):
    """Very many turns of the loop at one instant: something re-arms itself for ever."""

    def __init__(self, now_ns: int, turns: int, ready: Iterable[asyncio.Handle]) -> None:
        callbacks = ", ".join(_next(handle) for handle in islice(ready, 3))
        super().__init__(
            f"livelock at {now_ns / 1e9:.9f} s: {turns} turns without time passing; "
            f"next is {callbacks or 'nothing'}"
        )


class ProgramDied(Exception):
    """A program is gone that nobody had stopped; the message says which, and its last words."""


class Unhandled(Exception):
    """The loop heard of a problem without an exception, such as a destroyed pending task."""


def pending_tasks(loop: asyncio.AbstractEventLoop) -> list[str]:
    """One line for each unfinished task: its host, its name, and where it waits."""
    tasks = sorted(asyncio.all_tasks(loop), key=hash)  # noqa: TID251 - sorted by number
    lines = [(str(host_of_task(task) or "outside"), where_it_waits(task)) for task in tasks]
    return [f"{host:24} {text}" for host, text in sorted(lines, key=lambda line: line[0])]


def _next(handle: asyncio.Handle) -> str:
    """What is ready, by host and line: addresses differ from run to run."""
    held = [getattr(each, "__self__", None) for each in gc.get_referents(handle)]
    stepped = [each for each in held if isinstance(each, asyncio.Task)]
    what = where_it_waits(stepped[0]) if stepped else _ADDRESS.sub("", repr(handle))
    return f"{host_of_handle(handle) or 'outside'}: {what}"


def where_it_waits(task: asyncio.Task[object]) -> str:
    """The innermost coroutine of a task, its line, and what it awaits.

    Where that is called from the file of a client of somebody's own, that line comes first.
    """
    inner: object = task.get_coro()
    own, place = "", f"{task.get_name()}"
    while isinstance(inner, CoroutineType):
        frame = inner.cr_frame
        if frame is not None:
            place = f"{task.get_name()}: {inner.__qualname__} line {frame.f_lineno}"
            if frame is frame_of_a_client(frame):
                own = f"{frame.f_code.co_filename}:{frame.f_lineno}, in "
        inner = inner.cr_await
    return f"{own}{place} awaits {inner if inner is None else type(inner).__name__}"
