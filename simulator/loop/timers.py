"""asyncio's handles without their debug bookkeeping, which costs more than the call itself."""

import asyncio
import contextvars
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.loop.virtual_loop import VirtualLoop


class Callback(asyncio.Handle):
    """asyncio's handle without its debug bookkeeping, which costs more than the call."""

    __slots__ = ()

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: "VirtualLoop",
        context: contextvars.Context,
    ) -> None:
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._cancelled = False
        self._repr = None
        self._source_traceback = None


class Timer(asyncio.TimerHandle):
    """The same for a timer; a cancelled one stays in the heap until it is met or swept out."""

    __slots__ = ()

    _loop: "VirtualLoop"

    def __init__(
        self,
        when_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: "VirtualLoop",
        context: contextvars.Context,
    ) -> None:
        self._when = when_ns / 1e9
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._cancelled = False
        self._scheduled = False
        self._repr = None
        self._source_traceback = None

    def cancel(self) -> None:
        """As asyncio; the loop counts what it has to sweep out."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = None  # type: ignore[assignment]  # as asyncio does it
            self._args = None  # type: ignore[assignment]
            if self._scheduled:
                self._loop.cancelled_timers += 1
