import sqlite3
from pathlib import Path

import pytest
from machine import Machine

from runtime.database import DatabaseDamaged, open_database, state_problem, transaction
from runtime.schema import Schema

SCHEMA = Schema(
    version=1,
    tables="""
CREATE TABLE IF NOT EXISTS seats (number INTEGER PRIMARY KEY, holder TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS holders ON seats (holder);
""",
)


def rows(database: sqlite3.Connection) -> list[int]:
    """The numbers that stand in the table."""
    return [number for (number,) in database.execute("SELECT number FROM seats ORDER BY number")]


def test_a_database_is_opened_so_that_a_commit_is_durable(tmp_path):
    """WAL and FULL; foreign keys are checked."""
    database = open_database(tmp_path / "a.db", SCHEMA)
    pragmas = ("journal_mode", "synchronous", "foreign_keys")
    values = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert values == ["wal", 2, 1]
    database.close()


def test_what_was_committed_is_there_at_the_next_opening(tmp_path):
    """Also where the connection was never closed properly."""
    first = open_database(tmp_path / "a.db", SCHEMA)
    with transaction(first) as database:
        database.execute("INSERT INTO seats VALUES (1, 'north')")
    second = open_database(tmp_path / "a.db", SCHEMA)
    assert rows(second) == [1]
    first.close()
    second.close()


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt, GeneratorExit])
def test_a_transaction_that_fails_leaves_nothing(tmp_path, failure):
    """Whatever ends the block; the connection can be used on."""
    database = open_database(tmp_path / "a.db", SCHEMA)

    def insert_and_fail() -> None:
        with transaction(database):
            database.execute("INSERT INTO seats VALUES (1, 'north')")
            raise failure

    with pytest.raises(failure):
        insert_and_fail()
    with transaction(database):
        database.execute("INSERT INTO seats VALUES (2, 'south')")
    assert rows(database) == [2]
    database.close()


def test_a_second_writer_waits_outside_of_a_transaction(tmp_path):
    """A15: a transaction is immediate, so nothing that it read can change until it ends."""
    first, second = (open_database(tmp_path / "a.db", SCHEMA) for _ in range(2))
    second.execute("PRAGMA busy_timeout = 0")
    locked = pytest.raises(sqlite3.OperationalError, match="locked")
    with transaction(first), locked, transaction(second):
        pass
    first.close()
    second.close()


def damaged_page(path: Path) -> None:
    """A good database of which the last page, an index, is overwritten."""
    database = open_database(path, SCHEMA)
    with transaction(database):
        database.executemany(
            "INSERT INTO seats VALUES (?, ?)", [(number, "x" * 50) for number in range(1000)]
        )
    database.close()
    content = bytearray(path.read_bytes())
    content[-4096:] = b"\xff" * 4096
    path.write_bytes(content)


def rubbish(path: Path) -> None:
    """A file that never was a database."""
    path.write_bytes(b"rubbish " * 1000)


def cut_short(path: Path) -> None:
    """The first half of a database."""
    damaged_page(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("damage", [damaged_page, rubbish, cut_short])
def test_a_damaged_file_is_named_and_left_as_it_is(tmp_path, damage):
    """`quick_check` finds pages that no query would have touched yet."""
    path = tmp_path / "a.db"
    damage(path)
    before = path.read_bytes()
    with pytest.raises(DatabaseDamaged, match=r"a\.db: damaged") as found:
        open_database(path, SCHEMA)
    assert found.value.path == path
    assert found.value.reason
    assert state_problem(path, found.value).code == "state-damaged"
    assert path.read_bytes() == before


def test_a_file_that_is_out_of_reach_is_not_called_damaged(tmp_path):
    """As where a right is missing: named, said to be left alone, and good as soon as it is back."""
    path = tmp_path / "a.db"
    open_database(path, SCHEMA).close()
    in_the_way = tmp_path / "a.db-wal"
    in_the_way.mkdir()
    with pytest.raises(sqlite3.OperationalError, match="unable to open") as found:
        open_database(path, SCHEMA)
    problem = state_problem(path, found.value)
    assert problem.code == "state-unreachable"
    assert problem.message.startswith("a.db "), "it becomes a fact, which names no path"
    assert "leave it where it is" in problem.hint
    in_the_way.rmdir()
    open_database(path, SCHEMA).close()


def test_a_full_disk_is_not_called_damage(tmp_path):
    """What was there stays, and goes on as soon as there is room."""
    database = open_database(tmp_path / "a.db", SCHEMA)
    database.execute("PRAGMA max_page_count = 1")
    statement = "INSERT INTO seats VALUES (?, ?)"
    with pytest.raises(sqlite3.OperationalError, match="full") as found, transaction(database):
        database.executemany(statement, [(number, "x" * 50) for number in range(1000)])
    assert state_problem(tmp_path, found.value).code == "state-unreachable"
    assert state_problem(tmp_path, OSError("a full disk")).code == "state-unreachable"
    database.execute("PRAGMA max_page_count = 1000")
    with transaction(database):
        database.execute(statement, (1, "north"))
    assert rows(database) == [1]
    database.close()


def test_an_empty_file_is_a_new_database(tmp_path):
    """SQLite's own rule: nothing was acknowledged in it."""
    (tmp_path / "a.db").touch()
    database = open_database(tmp_path / "a.db", SCHEMA)
    assert rows(database) == []
    database.close()


def test_a_host_knows_the_databases_that_its_program_opened(tmp_path):
    """So that whoever stops the machine can close them."""
    host = Machine(tmp_path).host
    database = host.database("a.db", SCHEMA)
    assert host.databases == [database]
    assert (tmp_path / "a.db").exists()
    database.close()
