"""A run in which something blocks, as a client of somebody's own may, heeds an interruption too."""

import asyncio
import os
import signal
import threading  # noqa: TID251 - asks which one this is
from collections.abc import Awaitable, Callable
from contextvars import Context
from types import FrameType

from simulator.worlds.client_programs import where_a_client_stands

_TURNS_WITHIN_S = 2.0
"""So long a loop that is interrupted may take to turn."""
_STANDARD_ERROR = 2

_Handler = Callable[[int, FrameType | None], object]


async def interruptible(main: Callable[[], Awaitable[None]]) -> None:
    """Await `main`; where an interruption is not heeded in time, what runs is interrupted itself.

    The standard error then tells at which line of a client it stood.
    """
    heeds = signal.getsignal(signal.SIGINT)
    if not callable(heeds) or threading.current_thread() is not threading.main_thread():
        await main()
        return
    rang = signal.signal(signal.SIGALRM, _interrupt)
    signal.signal(signal.SIGINT, _with_patience(heeds, asyncio.get_running_loop()))
    try:
        await main()
    finally:
        _be_at_ease()
        signal.signal(signal.SIGINT, heeds)
        signal.signal(signal.SIGALRM, rang)


def _with_patience(heeds: _Handler, loop: asyncio.AbstractEventLoop) -> _Handler:
    def heed(number: int, frame: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_REAL, _TURNS_WITHIN_S, _TURNS_WITHIN_S)
        loop.call_soon_threadsafe(_be_at_ease, context=Context())
        heeds(number, frame)

    return heed


def _be_at_ease() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0)


def _interrupt(_: int, frame: FrameType | None) -> None:
    """Again and again until the loop turns: whatever runs may catch what is raised in it.

    The main task has been cancelled, and so is what runs now: all the others tidy up in order.
    """
    if stood := where_a_client_stands(frame):
        os.write(_STANDARD_ERROR, f"{stood}\n".encode())
    raise asyncio.CancelledError
