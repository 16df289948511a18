"""Work in processes of this computer, which an interruption ends in order.

Ctrl-C at a terminal reaches all of them, `kill` only the first: they heed neither, but the one
signal that the first sends them then. What is at work tidies up, and nothing else is begun.
"""

import os
import signal
import sys
import threading  # noqa: TID251 - it waits for the first process, and touches no run
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor  # noqa: TID251 - runs in order
from concurrent.futures.process import BrokenProcessPool  # noqa: TID251 - runs in order
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import active_children, get_context, parent_process  # noqa: TID251 - the same
from multiprocessing.connection import wait  # noqa: TID251 - the same
from multiprocessing.process import BaseProcess  # noqa: TID251 - the same
from types import FrameType

from internetsim.interruptions import INTERRUPTIONS, pass_on
from simulator.spread.in_order import Batch, Promise, Result, in_order
from simulator.spread.no_workers import NoWorkers

_AHEAD = 2
"""Batches for each process: one that is done, and one that waits for it."""


_GIVING = "_sendback_result"
"""What the standard library calls it, in `concurrent.futures.process`."""
_PATIENCE_S = 20.0
"""So long a process may tidy up."""
_AGAIN_S = 0.5
"""After that a process hears once more that it is to end: it may have been giving a result."""


class LocalProcesses:
    """So many processes, started when there is work for them."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._executor = ProcessPoolExecutor(jobs, get_context("spawn"), _heed_the_first_process)

    def __call__(
        self, work: Callable[[Batch], Result], batches: Iterable[Batch]
    ) -> Iterator[Result]:
        """The result of each batch, in their order; raises `NoWorkers` where one is killed."""

        def submit(batch: Batch) -> Promise[Result]:
            with interrupted_later():  # it may start a process
                return self._executor.submit(_worked, work, batch)

        try:
            yield from in_order(submit, batches, _AHEAD * self._jobs)
        except BrokenProcessPool as error:
            raise NoWorkers("a process of --jobs was killed, maybe for want of memory") from error

    def end(self) -> None:
        """Once nothing is under way any more."""
        self._executor.shutdown(cancel_futures=True)


@contextmanager
def local_processes(jobs: int) -> Iterator[LocalProcesses]:
    """They are gone after the block, which interrupts them where it is interrupted.

    Whoever interrupts once more while they end has to wait for that: nobody else would end them,
    and the interpreter would wait for them without end.
    """
    others, processes = set(active_children()), LocalProcesses(jobs)
    try:
        yield processes
    except BaseException:
        with _heeded_later(*INTERRUPTIONS):
            _end_all(set(active_children()) - others)
            processes.end()
        raise
    processes.end()


def _end_all(processes: Iterable[BaseProcess]) -> None:
    """Interrupt them, and kill what goes on.

    One that is gone may have held a lock that another waits for, which then hears nothing else.
    """
    alive = {process.sentinel: process for process in processes}
    patience = round(_PATIENCE_S / _AGAIN_S)
    while alive and patience:
        for process in alive.values():
            process.terminate()
        ended = wait([*alive], _AGAIN_S)
        patience -= not ended
        for sentinel in ended:
            del alive[sentinel]  # type: ignore[arg-type]  # it is a number here
    for process in alive.values():
        process.kill()


def interrupted_later() -> AbstractContextManager[None]:
    """Ctrl-C waits; a process that is started meanwhile is born so, before it can heed anything."""
    return _heeded_later(signal.SIGINT)


@contextmanager
def _heeded_later(*numbers: signal.Signals) -> Iterator[None]:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Work:
    """Whether this process is at work, and whether it is to begin any more."""

    going_on = False
    ended = False


def _heed_the_first_process() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    signal.signal(signal.SIGINT, signal.default_int_handler)  # as `tidied_up` has it, and why
    signal.signal(signal.SIGTERM, _end)
    threading.Thread(target=_end_with_the_first_process, daemon=True).start()


def _end_with_the_first_process() -> None:
    """Where that is killed nobody wants a result any more, and no signal says so."""
    first = parent_process()
    assert first, "this is a process of --jobs"
    first.join()
    os._exit(1)


def _end(number: int, frame: FrameType | None) -> None:
    """What has nothing to do is gone at once: it might wait for work that nobody gives any more.

    Unless it is giving a result: half of one would be waited for without end.
    """
    if not _Work.going_on and not _gives_a_result(frame):
        os._exit(1)
    before, _Work.ended = _Work.ended or not _Work.going_on, True
    sys.unraisablehook = lambda _: None  # what was cut off complains of nothing that counts
    if not before:
        pass_on(number, frame)


def _gives_a_result(frame: FrameType | None) -> bool:
    while frame and frame.f_code.co_name != _GIVING:
        frame = frame.f_back
    return frame is not None


def _worked(work: Callable[[Batch], Result], batch: Batch) -> Result:
    if _Work.ended:
        raise KeyboardInterrupt
    _Work.going_on = True
    try:
        return work(batch)
    except BaseException:
        if _Work.ended:  # it has unwound; what it was wrapped into on its way tells nobody more
            raise KeyboardInterrupt from None
        raise
    finally:
        _Work.going_on = False
