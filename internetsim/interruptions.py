"""Ctrl-C, SIGTERM and a terminal that is closed: one word, and the status 130.

While the program loads its modules there is nothing to tidy up, and an exception is not safe: the
import system may swallow it in a callback, or raise another one in its place. So the process ends
at once. While a command is at work, an interruption is a `KeyboardInterrupt`, and whoever holds
something tidies up. One that is ignored from the start, as under `nohup`, stays ignored.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

WORD = "interrupted\n"
STATUS = 130
"""As a shell gives it for Ctrl-C."""

INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STANDARD_ERROR = 2


def end_at_once() -> None:
    """From now on an interruption ends the process, unless `tidied_up` says otherwise."""
    for number in _heeded():
        signal.signal(number, _end)


def come_too_late() -> None:
    """From now on an interruption changes nothing: the program is at its end anyway.

    The interpreter takes the handlers away before it has ended, but lets be what is ignored.
    """
    for number in _heeded():
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def tidied_up() -> Iterator[None]:
    """For the time of the block an interruption raises `KeyboardInterrupt`.

    Where a loop of `asyncio.Runner` runs, that cancels its main task instead: an exception could be
    swallowed by whatever runs just then. The Runner does so if Ctrl-C has Python's own handler, so
    it has that also where it is ignored, and does not come through.
    """
    before = {number: signal.signal(number, pass_on) for number in _heeded()}
    came_through = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    if signal.SIGINT not in before:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    ctrl_c = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in ({signal.SIGINT: ctrl_c} | before).items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, came_through)


def _heeded() -> list[signal.Signals]:
    return [number for number in INTERRUPTIONS if signal.getsignal(number) is not signal.SIG_IGN]


def _end(*_: object) -> None:
    try:
        os.write(_STANDARD_ERROR, WORD.encode())
    finally:
        os._exit(STATUS)


def pass_on(number: int, frame: FrameType | None) -> None:
    """Pass it on to whoever waits for Ctrl-C now, such as a loop that then tidies up.

    Raises `KeyboardInterrupt` where nobody does.
    """
    waiting = signal.getsignal(signal.SIGINT)
    if not callable(waiting):
        raise KeyboardInterrupt
    waiting(number, frame)
