"""What the loop runs: callbacks and timers, in the order of their instants and of their making.

They look as asyncio's own handles do, but are made in one call of C, without the debug bookkeeping.
asyncio makes handles of its own, too (for real sockets and signals); nothing but their private
names says whose they are and what they run, and these names are used here alone.
"""

import asyncio
import contextvars
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sized
from heapq import heapify, heappop, heappush
from typing import Any

import msgspec

from simulator.network.incarnation import Incarnation, current_host

_COMPACT_ABOVE = 32
"""A heap with fewer cancelled timers than this is left as it is."""


class Callback(msgspec.Struct, eq=False):
    """A callback that is ready; a handle as asyncio knows it."""

    _callback: Any
    _args: Any
    _context: contextvars.Context
    _cancelled: bool = False

    def __repr__(self) -> str:
        state = " cancelled" if self._cancelled else ""
        return f"<{type(self).__name__}{state} {self._callback!r}>"

    def cancel(self) -> None:
        """It will not run; a second time changes nothing."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = self._args = None  # as asyncio does it: nothing is kept alive

    def cancelled(self) -> bool:
        """Whether it will not run."""
        return self._cancelled

    def get_context(self) -> contextvars.Context:
        """The context that it runs in."""
        return self._context


class Timer(Callback, eq=False):
    """A callback of a later instant; a cancelled one stays in its schedule until met or swept out.

    `schedule` is None once it is ready.
    """

    when_ns: int = 0
    schedule: "Schedule | None" = None

    def __lt__(self, other: "Timer") -> bool:
        """Whether it is due before another, as asyncio's are compared."""
        return self.when_ns < other.when_ns

    def __le__(self, other: "Timer") -> bool:
        """Whether it is due no later than another."""
        return self.when_ns <= other.when_ns

    def when(self) -> float:
        """The loop's time in seconds at which it is due."""
        return self.when_ns / 1e9

    def cancel(self) -> None:
        """It will not run; the schedule counts what it has to sweep out."""
        if not self._cancelled:
            self._cancelled = True
            self._callback = self._args = None
            if self.schedule is not None:
                self.schedule.note_cancelled()


AnyHandle = asyncio.Handle | Callback
"""asyncio's own, or ours."""


class Schedule:
    """What is ready, the timers that are set, and the time: `now_ns` moves here alone.

    Timers of one instant come in the order in which they were set, unlike asyncio's, but for those
    that are to be `first`: all that these cause at that instant comes before the others. Of the
    timers `cancelled` will not run. `turns` have passed at this instant. While something is
    `frozen`, `puts_aside` says what is not to run now. `failed` hears of each failure but
    `SystemExit` and `KeyboardInterrupt`, which are raised. Nothing is set for what is `fenced`.
    """

    def __init__(
        self,
        ready: deque[Any],
        *,
        frozen: Sized,
        puts_aside: Callable[[Any], bool],
        failed: Callable[[Any, BaseException], None],
        fenced: Sized,
    ) -> None:
        self.now_ns = 0
        self.turns = 0
        self.cancelled = 0
        self.interrupted = False
        self._ready = ready
        self._frozen = frozen
        self._puts_aside = puts_aside
        self._failed = failed
        self._fenced = fenced
        self._entries: list[tuple[int, int, int, Timer]] = []
        self._sequence = itertools.count().__next__

    def __len__(self) -> int:
        """How many timers there are, also such as will not run."""
        return len(self._entries)

    def __iter__(self) -> Iterator[Timer]:
        """Over all timers that there are now, in no order, whatever becomes of them meanwhile."""
        return iter([entry[-1] for entry in self._entries])

    def set_timer(
        self,
        when_ns: int,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
        *,
        first: bool = False,
    ) -> Timer:
        """Run `callback` at an instant, or now where that has passed."""
        if context is None:
            context = contextvars.copy_context()
        timer = Timer(callback, args, context, False, when_ns)
        if self._fenced and belongs_to_fenced(context):
            timer.cancel()
        elif when_ns <= self.now_ns:
            self._ready.append(timer)
        else:
            timer.schedule = self
            heappush(self._entries, (when_ns, 0 if first else 1, self._sequence(), timer))
        return timer

    def note_cancelled(self) -> None:
        """One more of the timers will not run; sweep them out where they are too many."""
        self.cancelled += 1
        if self.cancelled > _COMPACT_ABOVE and self.cancelled * 2 > len(self._entries):
            self._entries[:] = [entry for entry in self._entries if not entry[-1]._cancelled]
            heapify(self._entries)
            self.cancelled = 0

    def next_ns(self) -> int | None:
        """The instant of the next timer that will run; None where there is none."""
        entries = self._entries
        while entries and entries[0][-1]._cancelled:
            heappop(entries)
            self.cancelled -= 1
        return entries[0][0] if entries else None

    def move_to(self, now_ns: int) -> None:
        """Time passes, and nothing is due meanwhile."""
        if now_ns > self.now_ns:
            self.now_ns = now_ns
            self.turns = 0

    def jump(self) -> bool:
        """Move to the instant of the next timers, and make them ready; False where there are none.

        Of an instant that has timers which are to be first, it is those alone.
        """
        entries, ready = self._entries, self._ready
        while entries:
            when_ns, rank, _, timer = heappop(entries)
            if timer._cancelled:
                self.cancelled -= 1
            else:
                timer.schedule = None
                ready.append(timer)
            if ready and (not entries or entries[0][0] != when_ns or entries[0][1] != rank):
                if when_ns > self.now_ns:
                    self.now_ns, self.turns = when_ns, 0
                return True
        return False

    def turn(self) -> None:
        """Run what is ready, each in its context; what becomes ready meanwhile waits for a turn."""
        self._run(self._ready, self._ready.popleft)

    def play(self, turn_limit: int) -> None:
        """Turn, and let time jump where nothing is ready, until the turn of an `interrupt`.

        Or until nothing is left, or so many turns have passed at one instant.
        """
        ready, popleft = self._ready, self._ready.popleft
        self.interrupted = False
        while not self.interrupted and (ready or self.jump()) and self.turns < turn_limit:
            self._run(ready, popleft)

    def interrupt(self) -> None:
        """Play no further than this turn."""
        self.interrupted = True

    def _run(self, ready: deque[Any], popleft: Callable[[], Any]) -> None:
        self.turns += 1
        frozen = self._frozen
        for _ in range(len(ready)):
            handle = popleft()
            if handle._cancelled or (frozen and self._puts_aside(handle)):
                continue
            try:
                handle._context.run(handle._callback, *handle._args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - asyncio's rule: it fails the run, not the turn
                self._failed(handle, error)

    def clear(self) -> None:
        """Forget all timers."""
        self._entries.clear()


def host_of_handle(handle: AnyHandle) -> Incarnation | None:
    """The incarnation for which it acts; None for the world outside."""
    context: contextvars.Context = handle._context  # type: ignore[union-attr]  # private
    return context.get(current_host)


def is_of_the_kernel(handle: AnyHandle) -> bool:
    """Whether it runs although its program is frozen."""
    return getattr(handle._callback, "of_the_kernel", False)  # type: ignore[union-attr]  # private


def handles_of(incarnation: Incarnation, handles: Iterable[AnyHandle]) -> list[AnyHandle]:
    """Those of `handles` that act for it; there may be many thousands to look at."""
    return [each for each in handles if each._context.get(current_host) is incarnation]  # type: ignore[union-attr]  # private


def belongs_to_fenced(context: contextvars.Context) -> bool:
    """Whether code in this context would act for a crashed program."""
    host = context.get(current_host)
    return host is not None and host.fenced


def drop(handle: AnyHandle) -> object:
    """Cancel it; returns its callback, which may be all that refers to a coroutine."""
    callback: object = handle._callback  # type: ignore[union-attr]  # private
    handle.cancel()
    return callback
