"""A disk that fails while a program serves: the program ends itself, rather than go on without it.

What is in memory may be ahead of what is written then; the next start goes by what is written.
"""

import asyncio
import sqlite3
from typing import NoReturn


class DiskFailure:
    """The first failure of the disk of one program."""

    def __init__(self) -> None:
        self._happened = asyncio.Event()
        self._error: sqlite3.Error | None = None

    def note(self, error: sqlite3.Error) -> None:
        """A database could not be read or written."""
        self._error = self._error or error
        self._happened.set()

    async def awaited(self) -> NoReturn:
        """Wait for it, and raise SQLite's error."""
        await self._happened.wait()
        assert self._error, "it has happened"
        raise self._error
