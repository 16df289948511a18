"""The CLA's store: what was committed is there again, wherever it stands by then."""

import itertools
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.events import NodeEnrolled
from licensing.messages import Decision, encode
from master_cla.agent_time import ClockMark
from master_cla.decision import read_decision
from master_cla.holdings import Grant
from master_cla.lease_signing import SignedLease
from master_cla.store import store as store_module
from master_cla.store.kept_decisions import KEPT
from master_cla.store.records import LoggedDecision, NodeRow, Rows
from master_cla.store.store import SCHEMA, ClaStore
from master_cla.store.tables import Tables
from runtime.database import open_database

NODES = ("north", "south")


def _decision(request_id: str) -> Decision:
    return Decision(request_id=request_id, granted=[], refused=[], lease=None)


class Disk:
    """A store, closed or killed and opened again, and what was committed to it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count(1)
        self.nodes: dict[str, NodeRow] = {}
        self.grants: dict[int, tuple[str, Grant]] = {}
        self.answers: dict[str, dict[str, bytes]] = {name: {} for name in NODES}
        self.mark: ClockMark | None = None
        self.open()
        with self.store.transaction():
            self.store.begin(b"secret")

    def open(self) -> None:
        """Open what lies there."""
        self._connection = open_database(self._directory / "cla.db", SCHEMA)
        self.store = ClaStore(self._connection, self._directory / "stated")

    def kill(self) -> None:
        """The program is gone, and starts again."""
        self._connection.close()
        self.open()

    def stop(self) -> None:
        """The program ends in order, and starts again."""
        self.store.close()
        self.open()

    def decide(self, *names: str) -> None:
        """One transaction with a decision for each, an old grant taken and a new one given."""
        with self.store.transaction():
            for name in names:
                self._decide(name)

    def _decide(self, name: str) -> None:
        number = next(self._numbers)
        row = NodeRow(
            name, f"key of {name}", number, number, SignedLease(f"lease {number}"), 7, None, False
        )
        own = [at for at, (owner, _) in self.grants.items() if owner == name]
        grant = Grant(number, str(number), "ip", 1)
        changed: dict[int, tuple[str, Grant | None]] = {number: (name, grant)}
        changed |= {at: (name, None) for at in own[:1] if number % 3}
        decision = _decision(str(number))
        answer = read_decision(encode(decision), row.lease if number % 2 else None)
        self.store.save_grants(changed)
        self.store.save_decision(row, str(number), b"contents", answer)
        self.store.audit(NodeEnrolled(node=name), number)
        self.mark = ClockMark(number, number)
        self.store.save_clock_mark(self.mark)
        self.nodes[name] = row
        together = self.grants | changed
        self.grants = {at: (who, grant) for at, (who, grant) in together.items() if grant}
        self.answers[name][str(number)] = answer.encoded

    def check(self) -> None:
        """Everything is as it was committed."""
        assert {row.name: row for row in self.store.nodes()} == self.nodes
        granted = self.store.grants().items()
        assert {g.number: (name, g) for name, grants in granted for g in grants} == self.grants
        assert self.store.clock_mark() == self.mark
        for name, answers in self.answers.items():
            newest = list(answers)[-KEPT:]
            for request_id, answer in answers.items():
                kept = self.store.decision(name, request_id)
                assert (kept.answer.encoded if kept else None) == (
                    answer if request_id in newest else None
                )


ACTS = st.one_of(
    st.just("kill"), st.just("stop"), st.lists(st.sampled_from(NODES), min_size=1, max_size=4)
)


@given(st.lists(ACTS, max_size=20), st.sampled_from([0, 5, 20, 1 << 15]))
def test_what_was_committed_is_there_after_any_kills_and_stops(acts, longest_log):
    """However much of it is in the redo log, and whenever that is written into the tables."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as directory:
        patch.setattr(store_module, "_LONGEST_LOG", longest_log)
        disk = Disk(Path(directory))
        for act in acts:
            match act:
                case "kill":
                    disk.kill()
                case "stop":
                    disk.stop()
                case names:
                    disk.decide(*names)
            disk.check()
        disk.kill()
        disk.check()
        disk.store.close()


def test_the_check_finds_a_log_that_is_not_taken_up(tmp_path, monkeypatch):
    """A planted bug: what a kill has left in the redo log is thrown away."""
    disk = Disk(tmp_path)
    disk.decide("north")
    monkeypatch.setattr(Tables, "put", lambda *_: None)
    disk.kill()
    with pytest.raises(AssertionError):
        disk.check()
    disk.store.close()


def test_in_order_all_is_in_the_tables_at_the_end(tmp_path):
    """Then whoever looks into the file finds the books in them."""
    disk = Disk(tmp_path)
    disk.decide("north", "south")
    disk.store.close()
    with closing(sqlite3.connect(tmp_path / "cla.db")) as database:
        assert database.execute("SELECT name, seq FROM nodes").fetchall() == [
            ("north", 1),
            ("south", 2),
        ]
        assert database.execute("SELECT count(*) FROM redo").fetchone() == (0,)


def test_the_log_is_emptied_when_it_has_grown(tmp_path, monkeypatch):
    """It never has much more rows than it may, however long the program runs."""
    monkeypatch.setattr(store_module, "_LONGEST_LOG", 20)
    disk = Disk(tmp_path)
    lengths = []
    for _ in range(30):
        disk.decide("north", "south")
        with closing(sqlite3.connect(tmp_path / "cla.db")) as database:
            logged = database.execute("SELECT rows FROM redo").fetchall()
        lengths.append(sum(len(msgspec.msgpack.decode(rows, type=Rows)) for (rows,) in logged))
    assert max(lengths) <= 20 + 9
    assert min(lengths) == 0
    disk.store.close()


@pytest.mark.parametrize("longest_log", [0, 100])
def test_what_a_transaction_that_failed_has_changed_is_never_written(
    tmp_path, monkeypatch, longest_log
):
    """The program ends; neither its end nor the next start has anything of it."""
    monkeypatch.setattr(store_module, "_LONGEST_LOG", longest_log)
    disk = Disk(tmp_path)
    disk.decide("north")
    nodes = dict(disk.nodes)

    def fail() -> None:
        with disk.store.transaction():
            unsigned = disk.nodes["north"]._replace(seq=99, lease=SignedLease())
            disk.store.save_decision(
                unsigned, "lost", b"", read_decision(encode(_decision("lost")), unsigned.lease)
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with disk.store.transaction():  # the clock was set back, say, and that is on record
        disk.store.save_clock_set_back(ClockMark(9, 9))
    disk.stop()
    assert {row.name: row for row in disk.store.nodes()} == nodes
    assert disk.store.clock_mark() == ClockMark(9, 9, set_back=True)
    assert disk.store.decision("north", "lost") is None
    disk.store.close()


def test_an_answer_without_its_node_is_damage(tmp_path):
    """No row of the log may refer to what is not in it."""
    disk = Disk(tmp_path)
    disk.store.close()
    lost = Rows(answers=[LoggedDecision(0, "1", b"", b"", False)])
    with closing(open_database(tmp_path / "cla.db", SCHEMA)) as database:
        database.execute("INSERT INTO redo (rows) VALUES (?)", (msgspec.msgpack.encode(lost),))
        with pytest.raises(ValueError, match="row 1 of the redo log"):
            ClaStore(database, tmp_path / "stated")
