"""What the books keep of CLAs: which key a Locking ID is bound to, and how requests were answered.

All is read and written within the transaction of a decision, like the rest of the books.
"""

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS agent_keys (
    locking_id TEXT PRIMARY KEY REFERENCES systems, agent_key TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS relicensing_answers (
    locking_id TEXT NOT NULL REFERENCES systems, challenge TEXT NOT NULL,
    serial INTEGER NOT NULL REFERENCES files, answer TEXT NOT NULL,
    PRIMARY KEY (locking_id, challenge)
);
"""
_RELEASED = ""


class AgentBooks:
    """The tables of `SCHEMA` in the license server's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def key(self, locking_id: str) -> tuple[str, bool]:
        """The key that is bound, "" for none, and whether one was released."""
        row = self._connection.execute(
            "SELECT agent_key FROM agent_keys WHERE locking_id = ?", [locking_id]
        ).fetchone()
        return (row[0], row[0] == _RELEASED) if row else ("", False)

    def bind(self, locking_id: str, agent_key: str) -> None:
        """From now on the license file of `locking_id` is that of this key's CLA."""
        self._connection.execute(
            "INSERT INTO agent_keys VALUES (?, ?)"
            " ON CONFLICT (locking_id) DO UPDATE SET agent_key = excluded.agent_key",
            [locking_id, agent_key],
        )

    def release(self, locking_id: str) -> None:
        """The next key that comes with a LAC of `locking_id` is bound."""
        self.bind(locking_id, _RELEASED)

    def drop_key(self, locking_id: str) -> None:
        """No key is bound, and none was released: the license file came or went by a move."""
        self._connection.execute("DELETE FROM agent_keys WHERE locking_id = ?", [locking_id])

    def answer(self, locking_id: str, challenge: str) -> tuple[int, str] | None:
        """Serial and document with which a relicensing request was answered; None where not yet."""
        row = self._connection.execute(
            "SELECT serial, answer FROM relicensing_answers WHERE locking_id = ? AND challenge = ?",
            [locking_id, challenge],
        ).fetchone()
        return (row[0], row[1]) if row else None

    def newest_answer(self, locking_id: str, serial: int) -> str:
        """The newest answer with the license file `serial`; "" where it answered no request."""
        row = self._connection.execute(
            "SELECT answer FROM relicensing_answers WHERE locking_id = ? AND serial = ?"
            " ORDER BY rowid DESC LIMIT 1",
            [locking_id, serial],
        ).fetchone()
        return row[0] if row else ""

    def keep_answer(self, locking_id: str, challenge: str, serial: int, answer: str) -> None:
        """A challenge is answered once: whoever repeats the request gets the same document."""
        self._connection.execute(
            "INSERT INTO relicensing_answers VALUES (?, ?, ?, ?)",
            [locking_id, challenge, serial, answer],
        )
