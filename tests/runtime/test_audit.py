"""The hash chain in which every decision stands."""

import sqlite3

import pytest

from licensing.events import NodeEnrolled
from licensing.messages import encode
from runtime import audit

FIRST, SECOND = NodeEnrolled(node="first"), NodeEnrolled(node="second\nline")


@pytest.fixture
def books(tmp_path) -> sqlite3.Connection:
    """Three rows, appended by three transactions."""
    connection = sqlite3.connect(tmp_path / "books.db", isolation_level=None)
    connection.executescript(audit.SCHEMA)
    assert audit.append(connection, 1, [FIRST]) == 1
    assert audit.append(connection, -2, [FIRST, SECOND]) == 2
    assert audit.append(connection, 7, []) == 2
    assert audit.append(connection, 3, [SECOND]) == 3
    return connection


def test_rows_are_chained_in_their_order_across_transactions(books):
    """An intact chain is accepted, also an empty one."""
    audit.check(books)
    rows = books.execute("SELECT wall_ns, fact FROM audit ORDER BY number").fetchall()
    first, second = encode(FIRST), encode(SECOND)
    assert rows == [(1, first), (-2, first + b"\n" + second), (3, second)]
    assert audit.facts_after(books, 1) == [first, second, second]
    books.execute("DELETE FROM audit")
    audit.check(books)


@pytest.mark.parametrize(
    ("edit", "row"),
    [
        ("UPDATE audit SET fact = x'00' WHERE number = 1", 1),
        ("UPDATE audit SET wall_ns = 2 WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 2", 3),
        ("INSERT INTO audit (wall_ns, fact, digest) VALUES (4, x'00', x'00')", 4),
    ],
)
def test_a_row_that_was_changed_removed_or_put_in_breaks_the_chain(books, edit, row):
    """A12; the message names the first row that does not follow."""
    books.execute(edit)
    with pytest.raises(audit.AuditBroken, match=f"audit row {row} "):
        audit.check(books)
