"""The event loop whose waiting is a jump: nothing ready, so time moves to the next timer.

Stock asyncio programs run on it unchanged. Time is integer nanoseconds from 0, equal deadlines
run in the order in which they were set, executor jobs run inline, and what nobody handled fails
the run. Never here: a reading of the real clock (that is the pace's), a real socket while the
gate is closed, a callback of a crashed incarnation.
"""

# ruff: noqa: ANN401 - asyncio's own signatures are this open

import asyncio
import contextvars
import functools
import gc
import itertools
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from simulator.loop.failures import Deadlock, Livelock, Unhandled, pending_tasks
from simulator.loop.fencing import bury_tasks, drop_callbacks, failures_unasked, free_remains
from simulator.loop.freezing import Freezer
from simulator.loop.pace import FAST, Gate, Metronome, Pace
from simulator.loop.socket_calls import SocketCalls
from simulator.loop.tasks import OrderedGenerators, OrderedTask
from simulator.loop.timers import Callback, Schedule, Timer, belongs_to_fenced
from simulator.network.fabric import Network
from simulator.network.incarnation import Incarnation, current_host
from simulator.network.sockets import Sockets
from simulator.network.virtual_time import NEVER_NS


class VirtualLoop(SocketCalls):
    """The loop of one run: `run()` makes it, `current_loop()` finds it.

    `sockets` is the simulated network's socket layer, `sockets.network` the network; `freezer`
    stops programs. A run ends with `Deadlock` where nothing will ever happen again, with `Livelock`
    after so many `turns_at_one_instant` without real input, and with the first failure that nobody
    handled.
    """

    if TYPE_CHECKING:  # asyncio's private names that this class overrides or uses
        _stopping: bool

        def _write_to_self(self) -> None: ...
        def _process_events(self, events: object) -> None: ...

    def __init__(
        self,
        *,
        pace: Pace = FAST,
        gate: Gate | None = None,
        turns_at_one_instant: int = 100_000,
    ) -> None:
        super().__init__(gate or Gate())
        self._ready: deque[Any] = deque()
        self._asyncgens = OrderedGenerators()
        self._fenced: list[Incarnation] = []
        self.freezer = Freezer(self._ready)
        self._schedule = Schedule(
            self._ready,
            frozen=self.freezer.frozen,
            puts_aside=self.freezer.puts_aside,
            failed=self._callback_failed,
            fenced=self._fenced,
        )
        self._turn_limit = turns_at_one_instant
        self._task_number = itertools.count(1).__next__
        self._failures: list[BaseException] = []
        self._is_ending = False
        self._ended_by: BaseException | None = None
        self.pace = pace
        self.sockets = Sockets(self, Network())
        self.set_task_factory(self._make_task)  # type: ignore[arg-type]  # typeshed: any result type

    # Time

    def time(self) -> float:
        """Virtual seconds since the start of the run."""
        return self._schedule.now_ns / 1e9

    def time_ns(self) -> int:
        """Virtual nanoseconds since the start of the run."""
        return self._schedule.now_ns

    def idle_until_ns(self) -> int:
        """Before this instant nothing runs: that of now where something is ready, or may come.

        It may where real time counts, from outside.
        """
        now_ns = self._schedule.now_ns
        if self._ready or self._metronome is not None or self.gate.is_open:
            return now_ns
        next_ns = self._schedule.next_ns()
        return now_ns if next_ns is None else next_ns

    @property
    def pace(self) -> Pace:
        """How fast time passes; may be set at any moment, also while the loop runs."""
        return self._pace

    @pace.setter
    def pace(self, pace: Pace) -> None:
        self._pace = pace
        self._schedule.interrupt()
        self._metronome = None if pace.rate is None else Metronome(pace.rate, self._schedule.now_ns)

    def set_debug(self, enabled: bool) -> None:
        """As asyncio's; every future asks, which costs least where no Python code answers."""
        super().set_debug(enabled)
        self.get_debug = functools.partial(bool, enabled)  # type: ignore[method-assign]
        self.create_future = functools.partial(asyncio.Future, loop=self)  # type: ignore[method-assign]

    # Scheduling

    def call_soon(  # type: ignore[override]  # typeshed ties *args to the callback
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Run `callback` in this instant, after what is already ready."""
        if context is None:
            context = contextvars.copy_context()
        handle = Callback(callback, args, context)
        if self._fenced and belongs_to_fenced(context):
            handle.cancel()
        else:
            self._ready.append(handle)
        return handle  # type: ignore[return-value]  # it looks as asyncio's own

    def call_soon_threadsafe(  # type: ignore[override]  # typeshed ties *args to the callback
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """`call_soon` for a signal handler: wakes a loop that waits in real time."""
        handle = self.call_soon(callback, *args, context=context)
        self._write_to_self()
        return handle

    def call_later(  # type: ignore[override]  # typeshed ties *args to the callback
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` in `delay` seconds, rounded to the nanosecond; never in infinitely many.

        Without a delay that is after what is ready already: asyncio takes one turn more.
        """
        try:
            when_ns = self._schedule.now_ns + round(delay * 1e9)
        except OverflowError:
            return self._unreached(delay, callback, args, context)
        return self._schedule.set_timer(when_ns, callback, args, context)  # type: ignore[return-value]  # it looks as asyncio's own

    def call_at(  # type: ignore[override]  # typeshed ties *args to the callback
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` at loop time `when`.

        A deadline that in floats is still ahead is at least one nanosecond ahead: whoever wakes,
        finds `time() < when` and re-arms would otherwise do so for ever.
        """
        now_ns = self._schedule.now_ns
        ahead = when - now_ns / 1e9
        try:
            delay_ns = round(ahead * 1e9) or (1 if ahead > 0 else 0)
        except OverflowError:
            return self._unreached(ahead, callback, args, context)
        return self._schedule.set_timer(now_ns + delay_ns, callback, args, context)  # type: ignore[return-value]  # it looks as asyncio's own

    def _unreached(
        self,
        delay: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        context: contextvars.Context | None,
    ) -> asyncio.TimerHandle:
        """The timer of an infinite delay, for which nothing waits; of a negative one it is due."""
        if delay < 0:
            return self._schedule.set_timer(0, callback, args, context)  # type: ignore[return-value]  # it looks as asyncio's own
        return Timer(callback, args, context or contextvars.copy_context(), False, NEVER_NS)  # type: ignore[return-value]  # the same

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` at the instant `when_ns`, or now where that has passed."""
        return self._schedule.set_timer(when_ns, callback, args, context)  # type: ignore[return-value]  # it looks as asyncio's own

    def call_first_at_ns(
        self, when_ns: int, callback: Callable[..., object], *args: Any
    ) -> asyncio.TimerHandle:
        """As `call_at_ns`, before whatever else is due at that instant, with all that it causes."""
        return self._schedule.set_timer(when_ns, callback, args, None, first=True)  # type: ignore[return-value]  # it looks as asyncio's own

    def run_in_executor(  # type: ignore[override]  # typeshed returns a Future of the job's type
        self, executor: object, func: Callable[..., object], *args: Any
    ) -> asyncio.Future[Any]:
        """Run the job now, in this thread: a thread pool has no order."""
        del executor
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the job's failure belongs to who awaits it
            future.set_exception(error)
        return future

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any],
        **options: Any,
    ) -> OrderedTask:
        return OrderedTask(coroutine, number=self._task_number(), loop=loop, **options)

    # Turning

    def run_forever(self) -> None:
        """As asyncio's; what ends it while it tidies up is known from then on."""
        try:
            super().run_forever()
        except BaseException as error:
            if self._is_ending and self._ended_by is None:
                self._ended_by = error
            raise

    def _run_once(self) -> None:
        """Turn until the loop is to stop; where real time counts, once."""
        real = self._metronome is not None or self.gate.is_open
        if real or self._stopping or self._is_to_fail():
            self._turn_once(real=real)
        else:
            self._schedule.play(self._turn_limit)
            if not self._schedule.interrupted:
                self._raise_standstill()
        if self._is_to_fail():
            self._raise_failure()

    def _turn_once(self, *, real: bool) -> None:
        if real:
            self._wait_in_real_time(self._metronome)
        elif not self._ready:
            self._schedule.jump()
        if self._schedule.turns >= self._turn_limit:
            raise self._livelock()
        self._schedule.turn()

    def _raise_standstill(self) -> None:
        """Nothing is left to be played, or it goes round in one instant."""
        if self._ready:
            raise self._livelock()
        raise Deadlock(self._schedule.now_ns, pending_tasks(self))

    def _livelock(self) -> Livelock:
        return Livelock(self._schedule.now_ns, self._schedule.turns + 1, self._ready)

    def stop(self) -> None:
        """As asyncio's: after this turn."""
        super().stop()
        self._schedule.interrupt()

    def _wait_in_real_time(self, metronome: Metronome | None) -> None:
        """Poll the gate; wait at it as long as the pace demands."""
        schedule = self._schedule
        next_ns = schedule.next_ns()
        wait_s: float | None = None
        if self._ready or self._stopping or (metronome is None and next_ns is not None):
            wait_s = 0.0
        elif metronome is not None and next_ns is not None:
            wait_s = metronome.real_wait_s(next_ns)
        if wait_s is None and not self.gate.is_open:
            raise Deadlock(self._schedule.now_ns, pending_tasks(self))
        events = self.gate.selector.select(wait_s)
        if events:
            schedule.turns = 0  # where time stands, real input is the progress
        self._process_events(events)
        if not self._ready and next_ns is not None:
            now_ns = next_ns if metronome is None else min(next_ns, metronome.now_ns())
            schedule.move_to(now_ns)
            if next_ns <= schedule.now_ns:
                schedule.jump()

    # Failures

    def default_exception_handler(self, context: dict[str, Any]) -> None:
        """Keep what nobody handled; it ends the run."""
        error = context.get("exception")
        note = f"{context.get('message')} (at {self._schedule.now_ns} ns, {current_host.get()!r})"
        if error is None:
            error = Unhandled(note)
        else:
            error.add_note(note)
        self.fail(error)

    def fail(self, error: BaseException) -> None:
        """End the run with `error`; where it ends already, that becomes a note of the reason."""
        self._failures.append(error)
        self._schedule.interrupt()

    def tidy_up_after(self, reason: BaseException | None) -> None:
        """The run has ended, because of `reason` where it has failed.

        What is left is ended from now on, also where a part of it fails: that is a note.
        """
        self._is_ending = True
        self._ended_by = reason

    def _is_to_fail(self) -> bool:
        return bool(self._failures) and self._ended_by is None

    def _callback_failed(self, handle: asyncio.Handle, error: BaseException) -> None:
        message = f"Exception in callback {handle!r}"
        self.call_exception_handler({"message": message, "exception": error, "handle": handle})

    def _raise_failure(self) -> None:
        first, *_ = failures = [*self._failures]
        self._failures.clear()
        note_later(first, failures)
        raise first

    # Fencing

    def fence(self, incarnation: Incarnation, *, orderly: bool = False) -> None:
        """Power off: nothing of the incarnation runs, sends or hears anything any more.

        `orderly` is the end of a process instead: the peers of its connections learn of it.
        """
        running = asyncio.current_task(self)
        assert not isinstance(running, OrderedTask) or running.host is not incarnation
        if orderly:
            for error in failures_unasked(incarnation):
                message = "Task exception was never retrieved"
                self.call_exception_handler({"message": message, "exception": error})
            self.sockets.close_all(incarnation)
        else:
            self.sockets.vanish(incarnation)
        incarnation.fenced = True
        self._fenced.append(incarnation)
        for end in incarnation.at_end:
            end()
        bury_tasks(incarnation, self)
        self._asyncgens.difference_update(incarnation.generators)
        drop_callbacks(incarnation, self.freezer.give_up(incarnation))
        drop_callbacks(incarnation, self._ready)
        drop_callbacks(incarnation, self._schedule)

    def _asyncgen_firstiter_hook(self, agen: object) -> None:
        host = current_host.get()
        if host is not None:
            host.generators.add(agen)
        super()._asyncgen_firstiter_hook(agen)  # type: ignore[misc]  # private

    # The end

    def close(self) -> None:
        """Free what crashes left behind, then fail where something failed unseen."""
        if self.is_closed():
            return
        try:
            self._close()
        finally:  # here, where it costs nothing while the loop runs
            for name in ("call_soon", "call_later", "call_at", "run_in_executor"):
                setattr(self, name, _closed)

    def _close(self) -> None:
        super().close()
        self._schedule.clear()
        if self._fenced:
            failures = list(self._failures)
            free_remains(self._fenced)
            self._failures[:] = failures  # what crashed programs complain of is no failure
        gc.collect()  # a failed task that nobody awaited tells so when it is freed
        if self._is_to_fail():
            self._raise_failure()
        if self._ended_by is not None:
            note_later(self._ended_by, self._failures)
        self._ended_by = None  # who raises it has it, and it refers to the whole run


def note_later(first: BaseException, later: Iterable[BaseException]) -> None:
    """Say of a failure which others followed it."""
    for error in [each for each in later if each is not first]:
        first.add_note(f"and then: {error!r}")


def _closed(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("Event loop is closed")
