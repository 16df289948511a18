"""State directories as the version before left them: `version_0`, made by that version's programs.

They are of one internetwork, in a simulated world that began 2026-03-02 08:00: a master `hq` with a
slave each in the `north` and the `south`, every one with one IP user. 09:00: all licensed for 30
days. 10:50: the south was cut off. 11:00: an order with a failover period of 12 h was activated,
so that a lease is under way to the south that it has never had. 11:10: the power of `hq` failed,
and the CLA's newest rows are in its redo log only. After another start it was stopped as it should
be at 11:20, and they are in the tables.

The databases are SQL text, which a person can read. What was in SQLite's own log there is laid out
into one again.
"""

import shutil
import sqlite3
from pathlib import Path

FORMER = Path(__file__).parent / "version_0"
CLA_STATES = ("cla_with_redo_log", "cla_with_tables")
NODE_STATES = ("master", "slave", "cut_off_slave")
STATES = (*CLA_STATES, *NODE_STATES, "license_server")


def lay_out(state: str, directory: Path) -> Path:
    """Put a state into `directory` as a kill leaves it, all in the write-ahead log; its database.

    What the directory had before is gone.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    for file in (FORMER / state).iterdir():
        if file.suffix != ".sql":
            shutil.copy(file, directory)
    (script,) = (FORMER / state).glob("*.sql")
    database = directory / script.stem
    connection = sqlite3.connect(directory / "being-made")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.executescript(script.read_text())
    shutil.copy(directory / "being-made", database)
    shutil.copy(directory / "being-made-wal", f"{database}-wal")
    connection.close()
    (directory / "being-made").unlink()
    return database
