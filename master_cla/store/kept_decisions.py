"""The newest answers to each node's demands, to be replayed byte for byte (A8), and no older ones.

Collected until they are written into the table; a transaction may keep them elsewhere until then
(`master_cla.store.redo_log`).
"""

import sqlite3

import msgspec

from master_cla.decision import EncodedDecision, read_decision

SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    number INTEGER PRIMARY KEY,
    node TEXT NOT NULL,
    request_id TEXT NOT NULL,
    contents BLOB NOT NULL,
    answer BLOB NOT NULL
) STRICT;
"""

KEPT = 4
"""Of each node. It asks one demand at a time, again and again until it has the answer: what may
come again is its newest. The others are for a message that was very long under way."""


class KeptDecision(msgspec.Struct, frozen=True):
    """An answer to be replayed; `digest` is that of what was demanded."""

    digest: bytes
    answer: EncodedDecision


class KeptDecisions:
    """The table of `SCHEMA`; which answers it has is known without asking it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._kept: dict[str, dict[str, KeptDecision | int]] = {}
        """By node and request id, the oldest first; in the table those that are a number."""
        self._newest = 0
        self._forgotten: list[tuple[int]] = []
        rows = connection.execute("SELECT number, node, request_id FROM decisions ORDER BY number")
        for self._newest, node, request_id in rows:
            self._kept.setdefault(node, {})[request_id] = self._newest

    def find(self, node: str, request_id: str) -> KeptDecision | None:
        """The answer to this request; None where none is kept."""
        kept = self._kept.get(node, {}).get(request_id)
        if not isinstance(kept, int):
            return kept
        digest, answer = self._connection.execute(
            "SELECT contents, answer FROM decisions WHERE number = ?", (kept,)
        ).fetchone()
        return KeptDecision(bytes(digest), read_decision(bytes(answer)))

    def keep(self, node: str, request_id: str, kept: KeptDecision) -> None:
        """Keep a new answer, and forget the node's oldest one where it has too many."""
        answers = self._kept.setdefault(node, {})
        answers[request_id] = kept
        if len(answers) > KEPT:
            oldest = answers.pop(next(iter(answers)))
            if isinstance(oldest, int):
                self._forgotten.append((oldest,))

    def write(self) -> None:
        """Store what was collected."""
        rows = []
        for node, answers in self._kept.items():
            for request_id, kept in answers.items():
                if not isinstance(kept, int):
                    self._newest += 1
                    answers[request_id] = self._newest
                    row = (self._newest, node, request_id, kept.digest, kept.answer.encoded)
                    rows.append(row)
        self._connection.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?)", rows)
        self._connection.executemany("DELETE FROM decisions WHERE number = ?", self._forgotten)
        self._forgotten.clear()
