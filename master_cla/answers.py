"""The newest answers to each node's demands, to be replayed byte for byte (A8), and no older ones.

Collected while a transaction lasts, and written at its end.
"""

import sqlite3

from master_cla.seal import Answer

SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    request_id TEXT NOT NULL,
    contents BLOB NOT NULL,
    answer BLOB NOT NULL
) STRICT;
"""

KEPT = 16
"""Of each node. It asks one demand at a time, again and again until it has the answer: what may
come again is its newest. The others are for a node whose own store is a little behind."""


class Answers:
    """The table of `SCHEMA`; which answers it has is known without asking it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, dict[str, int]] = {}
        """By node and request id; the oldest first."""
        self._newest = 0
        self._new: dict[int, tuple[str, str, bytes, Answer]] = {}
        self._forgotten: list[tuple[int]] = []
        rows = connection.execute("SELECT number, node, request_id FROM decisions ORDER BY number")
        for number, node, request_id in rows:
            self._number(number, node, request_id)

    def find(self, node: str, request_id: str) -> tuple[bytes, Answer] | None:
        """Digest of the demand's contents and the answer, None where none is kept."""
        number = self._numbers.get(node, {}).get(request_id)
        if number is None:
            return None
        if number in self._new:
            return self._new[number][2:]
        contents, answer = self._connection.execute(
            "SELECT contents, answer FROM decisions WHERE number = ?", (number,)
        ).fetchone()
        return bytes(contents), Answer(bytes(answer))

    def keep(self, node: str, request_id: str, contents: bytes, answer: Answer) -> None:
        """Keep a new answer, and forget the node's oldest one where it has too many."""
        numbers = self._number(self._newest + 1, node, request_id)
        self._new[self._newest] = (node, request_id, contents, answer)
        if len(numbers) > KEPT:
            self._forgotten.append((numbers.pop(next(iter(numbers))),))

    def write(self) -> None:
        """Store what was collected."""
        self._connection.executemany(
            "INSERT INTO decisions VALUES (?, ?, ?, ?, ?)",
            [(number, *row, answer.encoded) for number, (*row, answer) in self._new.items()],
        )
        self._connection.executemany("DELETE FROM decisions WHERE number = ?", self._forgotten)
        self._new.clear()
        self._forgotten.clear()

    def _number(self, number: int, node: str, request_id: str) -> dict[str, int]:
        numbers = self._numbers.setdefault(node, {})
        numbers[request_id] = self._newest = number
        return numbers
