"""From which addresses each account has signed in, kept on disk: there nobody can lock it out."""

import sqlite3
from contextlib import suppress

MOST_ADDRESSES = 20
"""So many are kept of one account, the newest."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS known_addresses (
    number INTEGER PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL,
    UNIQUE (account, address)
);
"""


class KnownAddresses:
    """The table of `SCHEMA` in a program's database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def has(self, account: str, address: str) -> bool:
        """Whether the account has signed in from there."""
        return bool(
            self._connection.execute(
                "SELECT 1 FROM known_addresses WHERE account = ? AND address = ?",
                [account, address],
            ).fetchone()
        )

    def add(self, account: str, address: str) -> None:
        """The account has signed in from there; the newest of its addresses stay.

        Where the disk is full that is not kept, and nobody is kept out for it.
        """
        if self.has(account, address):
            return
        with suppress(sqlite3.OperationalError):
            self._connection.execute(
                "INSERT INTO known_addresses (account, address) VALUES (?, ?)", [account, address]
            )
            self._connection.execute(
                "DELETE FROM known_addresses WHERE account = :account AND number NOT IN"
                " (SELECT number FROM known_addresses WHERE account = :account"
                " ORDER BY number DESC LIMIT :most)",
                {"account": account, "most": MOST_ADDRESSES},
            )
