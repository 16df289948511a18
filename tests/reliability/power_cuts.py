"""Power cuts at exact points: before each statement, after each commit, around each fact and send.

What was in memory is gone, as after any power cut; what was committed or sent stays. Between the
cut and the crash of the machine the program can do nothing more: each of its acts fails.
"""

import asyncio
import contextvars
import sqlite3
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from master_cla.store import journal_mark
from master_cla.store.store import ClaStore
from simulator.loop.runner import current_loop
from simulator.loop.timers import Callback
from simulator.network.incarnation import Incarnation, current_host
from simulator.network.transport import SimulatedTransport
from simulator.worlds.simulated_host import HostJournal


class PowerCut(BaseException):
    """The power of the machine has just failed; what raises it has not happened."""


class PowerCuts:
    """Counts the acts of `program` on `host`; `crash` is called at the one that was asked for.

    `acts` are those since the last arming, in their order.
    """

    def __init__(
        self, patch: pytest.MonkeyPatch, host: str, program: str, crash: Callable[[], None]
    ) -> None:
        self._whose = (host, program)
        self._crash = crash
        self._cut_at = 0
        self.acts: list[str] = []
        self.happened = False
        self._dead: list[Incarnation] = []
        self._watch_disk(patch)
        self._watch(patch, HostJournal, "record", "state a fact")
        self._watch(patch, SimulatedTransport, "write", "send")
        self._watch(patch, journal_mark, "write", "note what was stated")

    def arm(self, number: int) -> None:
        """Cut the power before the `number`-th act from now on; 0 is never."""
        self._cut_at, self.acts, self.happened = number, [], False

    async def attempt(self, number: int, what: Coroutine[Any, Any, Any]) -> Any:
        """What came of it within a second of virtual time; None where nothing or a failure did.

        The power is cut at the `number`-th act meanwhile; what was sent before still arrives.
        """
        self.arm(number)
        task = asyncio.ensure_future(what)
        await asyncio.sleep(1)
        self._cut_at = 0
        if not task.done():
            task.cancel()
            return None
        return None if self.happened and task.exception() else task.result()

    def act(self, what: str) -> None:
        """The running code is about to do something; raises `PowerCut`."""
        own = current_host.get()
        task = asyncio.current_task()
        if own is None or (own.host_name, own.program) != self._whose or task is None:
            return
        if own in self._dead:
            raise PowerCut
        self.acts.append(what)
        if len(self.acts) == self._cut_at:
            self.happened = True
            self._dead.append(own)
            _forget(task)
            _run_next(self._crash)
            raise PowerCut

    def _watch_disk(self, patch: pytest.MonkeyPatch) -> None:
        cuts, connect = self, sqlite3.connect

        class Watched:
            """A connection on which each statement is an act, and so is the end of a commit."""

            def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
                cuts.act(f"execute {statement.split(maxsplit=1)[0]}")
                cursor = super().execute(statement, *values)
                if statement == "COMMIT":
                    cuts.act("have committed")
                return cursor

            def executemany(self, statement: str, *values: Any) -> sqlite3.Cursor:
                cuts.act(f"execute {statement.split(maxsplit=1)[0]}")
                return super().executemany(statement, *values)

        def connect_watched(
            *options: Any, factory: type[sqlite3.Connection] = sqlite3.Connection, **named: Any
        ) -> sqlite3.Connection:
            watched = type("Watched", (Watched, factory), {})
            return connect(*options, factory=watched, **named)

        patch.setattr(sqlite3, "connect", connect_watched)

    def _watch(self, patch: pytest.MonkeyPatch, owner: object, method: str, what: str) -> None:
        original = getattr(owner, method)

        def watched(this: object, *values: Any) -> Any:
            self.act(what)
            result = original(this, *values)
            self.act(f"have done: {what}")
            return result

        patch.setattr(owner, method, watched)


def _forget(task: asyncio.Task[Any]) -> None:
    """Nobody learns how a task ended whose machine has no power."""
    for callback, _ in list(task._callbacks or []):
        task.remove_done_callback(callback)
    task.add_done_callback(asyncio.Task.exception, context=contextvars.Context())


def _run_next(callback: Callable[[], None]) -> None:
    """Before all that is ready."""
    loop = current_loop()
    loop._ready.appendleft(Callback(callback, (), contextvars.Context()))


@contextmanager
def commit_late(self: ClaStore) -> Iterator[sqlite3.Connection]:
    """A planted fault, as `Store.transaction`: the transaction ends a moment after the answer."""
    connection = self._connection
    if not connection.in_transaction:
        connection.execute("BEGIN")
        asyncio.get_running_loop().call_later(0.5, connection.execute, "COMMIT")
    yield connection
    self._write()
