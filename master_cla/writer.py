"""The one writer: changes that arrive together share a commit; answers leave after it.

A change is a function that runs without waiting, within the transaction. Nothing of it is journaled
or answered before the commit, and nothing is when the commit fails: then the program ends.

A change that fails unexpectedly fails its caller only, where it has touched nothing. Otherwise the
program ends as well: the next start reads the books from the store, which has no half changes.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

from licensing.errors import LicensingError
from licensing.events import AgentFact
from master_cla.store.store import CLA_DATABASE, ClaStore
from runtime.database import state_problem
from runtime.host import Journal

Result = TypeVar("Result")
_Asked = tuple[Callable[[], Any], "asyncio.Future[Any]"]

_LARGEST_BATCH = 500


class CommitHooks(Protocol):
    """What the writer asks of those whose changes it commits; nothing here waits."""

    def before_changes(self) -> None:
        """The changes of a transaction are about to run."""

    def before_commit(self) -> None:
        """A transaction has changed something and may be added to."""

    def take_facts(self) -> list[AgentFact]:
        """The facts of what was committed, to be journaled; each is given once."""

    def committed(self) -> None:
        """A transaction is durable and its facts are journaled."""

    def intact(self) -> bool:
        """Whether the books in memory are those of the store."""


class Writer:
    """Runs changes against the books and the store."""

    def __init__(self, store: ClaStore, journal: Journal, books: CommitHooks) -> None:
        self._store = store
        self._journal = journal
        self._books = books
        self._loop = asyncio.get_running_loop()  # asked once: Python 3.11 makes a system call of it
        self.commits = 0
        """Commits that changed something, since the start."""
        self._arrived: list[_Asked] = []
        self._some_arrived = asyncio.Event()

    def commit(self, change: Callable[[], Result]) -> "asyncio.Future[Result]":
        """Run `change`; its result, once it is durable, or what it raises."""
        done: asyncio.Future[Result] = self._loop.create_future()
        self._arrived.append((change, done))
        self._some_arrived.set()
        return done

    def commit_later(self, change: Callable[[], None]) -> None:
        """Have `change` run later; the program may end before."""
        _ = self.commit(change)

    async def run(self) -> None:
        """Write for ever; raises as `state_problem` where the store cannot be written."""
        while True:
            batch = await self._next_batch()
            try:
                outcomes = self._write([change for change, _ in batch])
            except Exception as error:
                problem = _problem(error)
                for _, done in batch:  # they learn why before the program ends
                    _refuse(done, problem)
                raise problem from error
            if facts := self._books.take_facts():
                self._journal.record(*facts)
                self._store.all_stated()
            self._books.committed()
            for (_, done), outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, _Refused):
                    _refuse(done, outcome.error)
                elif not done.done():  # a change may have ended the session that waits for it
                    done.set_result(outcome)

    async def _next_batch(self) -> list[_Asked]:
        await self._some_arrived.wait()
        await self._arrivals()
        batch, self._arrived = self._arrived, []
        self._some_arrived.clear()
        # Nobody waits for a cancelled one any more: it must have no effect.
        return [asked for asked in batch if not asked[1].cancelled()]

    async def _arrivals(self) -> None:
        """Let the loop run for as long as every round of it brings more, up to a batch."""
        seen = -1
        while seen < len(self._arrived) < _LARGEST_BATCH:
            seen = len(self._arrived)
            await asyncio.sleep(0)

    def _write(self, changes: list[Callable[[], Any]]) -> list[Any]:
        self._books.before_changes()
        with self._store.transaction():
            before = self._store.changes
            outcomes = [self._outcome(change) for change in changes]
            if self._store.changes > before:
                self._books.before_commit()
                self.commits += 1
        return outcomes

    def _outcome(self, change: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever it returns
        before = self._store.changes
        try:
            return change()
        except LicensingError as error:
            return _Refused(error)
        except sqlite3.Error:
            raise
        except Exception as error:
            if self._store.changes > before or not self._books.intact():
                raise
            self._loop.call_exception_handler(
                {"message": "a change of the books failed", "exception": error}
            )
            return _Refused(error)


def _problem(error: Exception) -> LicensingError:
    if isinstance(error, LicensingError):
        return error
    return state_problem(Path(CLA_DATABASE), error)


def _refuse(done: "asyncio.Future[Any]", error: Exception) -> None:
    if not done.done():
        done.set_exception(error)
        done.exception()  # who asked for a later commit does not wait for it, and that is no fault


class _Refused:
    """A change that raised, so that an error may also be a result."""

    def __init__(self, error: Exception) -> None:
        self.error = error
