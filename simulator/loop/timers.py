"""What the loop runs: callbacks and timers, in the order of their instants and of their making.

They are asyncio's own handles without the debug bookkeeping, which costs more than the call. Also
asyncio makes handles of its own (for real sockets and signals); nothing but their private names
says whose they are and what they run, and these names are used here alone.
"""

import asyncio
import contextvars
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sized
from heapq import heapify, heappop, heappush
from typing import Any

from simulator.network.incarnation import Incarnation, current_host

_COMPACT_ABOVE = 64
"""A heap with fewer cancelled timers than this is left as it is."""


class Callback(asyncio.Handle):
    """A callback that is ready."""

    __slots__ = ()

    def __init__(
        self,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
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
    """A callback of a later instant; a cancelled one stays in its heap until met or swept out."""

    __slots__ = ("heap",)

    def __init__(
        self,
        when_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: contextvars.Context,
    ) -> None:
        self._when = when_ns / 1e9
        self._callback = callback
        self._args = args
        self._loop = loop
        self._context = context
        self._cancelled = False
        self._repr = None
        self._source_traceback = None
        self.heap: TimerHeap | None = None

    def cancel(self) -> None:
        """As asyncio; the heap counts what it has to sweep out."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = None  # type: ignore[assignment]  # as asyncio does it
            self._args = None  # type: ignore[assignment]
            if self.heap is not None:
                self.heap.cancelled += 1


class TimerHeap:
    """The timers that are set; `cancelled` counts those of them that will not run.

    Timers of one instant come in the order in which they were set, unlike asyncio's, but for those
    that are to be `first`: all that these cause at that instant comes before the others.
    """

    def __init__(self) -> None:
        self.cancelled = 0
        self._entries: list[tuple[int, int, int, Timer]] = []
        self._sequence = itertools.count().__next__

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Timer]:
        """Over all timers, in no order."""
        return (entry[-1] for entry in self._entries)

    def push(self, when_ns: int, timer: Timer, *, first: bool = False) -> None:
        """Set a timer for the instant `when_ns`."""
        timer.heap = self
        heappush(self._entries, (when_ns, 0 if first else 1, self._sequence(), timer))

    def next_ns(self) -> int | None:
        """The instant of the next timer that will run; None where there is none."""
        entries = self._entries
        while entries and entries[0][-1]._cancelled:
            heappop(entries)
            self.cancelled -= 1
        return entries[0][0] if entries else None

    def pop_next(self, ready: deque[asyncio.Handle]) -> int | None:
        """Move to `ready` all timers of the next instant, and return it; None where there is none.

        Of an instant that has timers which are to be first, it is those alone. This is what most of
        a run's turns are, so it asks nobody for the next instant.
        """
        entries = self._entries
        if self.cancelled > _COMPACT_ABOVE and self.cancelled * 2 > len(entries):
            self._compact()
        next_ns = next_rank = None
        while entries and (
            next_ns is None or (entries[0][0] == next_ns and entries[0][1] == next_rank)
        ):
            when_ns, rank, _, timer = heappop(entries)
            if timer._cancelled:
                self.cancelled -= 1
            else:
                next_ns, next_rank = when_ns, rank
                timer.heap = None
                ready.append(timer)
        return next_ns

    def clear(self) -> None:
        """Forget all timers."""
        self._entries.clear()

    def _compact(self) -> None:
        self._entries[:] = [entry for entry in self._entries if not entry[-1]._cancelled]
        heapify(self._entries)
        self.cancelled = 0


def run_ready(
    ready: deque[Any],
    frozen: Sized,
    puts_aside: Callable[[asyncio.Handle], bool],
    failed: Callable[[asyncio.Handle, BaseException], None],
) -> None:
    """Run what is ready now, each in its context; what becomes ready meanwhile waits for a turn.

    While something is `frozen`, `puts_aside` says what is not to run now. `failed` hears of each
    failure but `SystemExit` and `KeyboardInterrupt`, which are raised.
    """
    take = ready.popleft
    for _ in range(len(ready)):
        handle = take()
        if handle._cancelled or (frozen and puts_aside(handle)):
            continue
        try:
            handle._context.run(handle._callback, *handle._args)
        except (SystemExit, KeyboardInterrupt):
            raise
        except BaseException as error:  # noqa: BLE001 - asyncio's rule: it fails the run, not the turn
            failed(handle, error)


def host_of_handle(handle: asyncio.Handle) -> Incarnation | None:
    """The incarnation for which it acts; None for the world outside."""
    context: contextvars.Context = handle._context  # type: ignore[attr-defined]  # private
    return context.get(current_host)


def drop(handle: asyncio.Handle) -> object:
    """Cancel it; returns its callback, which may be all that refers to a coroutine."""
    callback: object = handle._callback  # type: ignore[attr-defined]  # private
    handle.cancel()
    return callback
