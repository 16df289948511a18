"""Answers that are kept by the caller's key, so that a retry gets them again and does nothing.

They are on disk, next to what they answer about. An operation that can keeps the answer in the
transaction of its effect: then a crash leaves both or neither. Refusals are not kept, for nothing
has happened.
"""

import hashlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TypeVar

from licensing.errors import LicensingError
from licensing.messages import encode
from licensing.records import Record

Body = TypeVar("Body", bound=Record)

MOST_ANSWERS = 10_000
"""So many answers are kept, the newest; a retry that comes later is a new request."""

Keep = Callable[[Record], None]
"""Has an answer kept, for the key that the request came with, if any."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS kept_answers (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,
    request BLOB NOT NULL, answer BLOB NOT NULL
);
"""


def unkept(_: Record) -> None:
    """Keep nothing: the request has no key."""


def kept_afterwards(
    operation: Callable[[Body], Awaitable[Record]],
) -> Callable[[Body, Keep], Awaitable[Record]]:
    """An operation whose effect is on no disk: a crash forgets it together with its answer."""

    @wraps(operation)
    async def kept(body: Body, keep: Keep) -> Record:
        answer = await operation(body)
        keep(answer)
        return answer

    return kept


class KeptAnswers:
    """The answers of one program, in its database, which has the table of `SCHEMA`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._busy: set[str] = set()

    @contextmanager
    def request(self, key: str, path: str, body: Record) -> Iterator["KeyedRequest"]:
        """The request of this key, for the time that it is worked on.

        Raises `idempotency-key-reused` where the key was given to another request before, and
        `idempotency-key-busy` while the first of its name is not answered yet.
        """
        if key in self._busy:
            raise LicensingError("idempotency-key-busy", key=key)
        self._busy.add(key)
        try:
            yield self._request(key, hashlib.sha256(path.encode() + b"\n" + encode(body)).digest())
        finally:
            self._busy.remove(key)

    def _request(self, key: str, request: bytes) -> "KeyedRequest":
        row = self._connection.execute(
            "SELECT request, answer FROM kept_answers WHERE key = ?", [key]
        ).fetchone()
        if row is None:
            return KeyedRequest(self._connection, key, request, None)
        if row[0] != request:
            raise LicensingError("idempotency-key-reused", key=key)
        return KeyedRequest(self._connection, key, request, row[1])


class KeyedRequest:
    """One request with a key; `answer` is what was kept of the first of its name, None for none."""

    def __init__(
        self, connection: sqlite3.Connection, key: str, request: bytes, answer: bytes | None
    ) -> None:
        self._connection = connection
        self._key = key
        self._request = request
        self.answer = answer

    def keep(self, answer: Record) -> None:
        """Keep the answer, within the transaction that runs or in one of its own."""
        self.answer = encode(answer)
        self._connection.execute(
            "INSERT INTO kept_answers (key, request, answer) VALUES (?, ?, ?)",
            [self._key, self._request, self.answer],
        )
        self._connection.execute(
            "DELETE FROM kept_answers WHERE number <= (SELECT max(number) FROM kept_answers) - ?",
            [MOST_ANSWERS],
        )
