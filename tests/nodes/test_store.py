"""A node's disk: what was written is there, and what was altered, copied or deleted is seen."""

import contextlib
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from machine import OTHER_LOCKING_ID, Machine

from licensing.messages import Demand, Registration, Seat
from licensing.words import LicenseState, NodeState, Role
from nodes.assignment.table import Check
from nodes.assignment.views import AssignmentRow
from nodes.cla_session.membership import Membership, Pending, StoredAssignments, StoredLease
from nodes.failover.machine import StoredFailover
from nodes.store import DATABASE, NodeStore, Pieces

ANOTHER_RECORD = (
    "SELECT content, seal FROM record AS another WHERE another.name <> record.name LIMIT 1"
)
SEAT = Seat(holder="200", license="ip")
ROW = AssignmentRow(holder="200", license="ip", state=LicenseState.LICENSED, quantity=1, granted=1)
RECORDS = {
    "failover": StoredFailover(state=NodeState.FAILOVER, charged_ns=7, high_water_ns=8),
    "membership": Membership(role=Role.SLAVE, master_address="10.0.0.1:61740"),
    "lease": StoredLease(document="{}", serial=1, lease_id="l", seq=3, epoch=1),
    "pending": Pending(
        demand=Demand(request_id="1", lease_id="l", wants=[SEAT], releases=[]),
        check=Check(wants=[SEAT]),
    ),
    "assignments": StoredAssignments(rows=[ROW]),
    "registration": Registration(company="Example Ltd", contact="it@example.com"),
}


@pytest.fixture
def new() -> Iterator[Callable[[Path], Machine]]:
    """Makes machines with their disks in given folders; all are off after the test."""
    made: list[Machine] = []

    def make(folder: Path) -> Machine:
        made.append(Machine(folder))
        return made[-1]

    yield make
    for machine in made:
        power_off(machine)


@pytest.fixture
def machine(new: Callable[[Path], Machine], tmp_path: Path) -> Machine:
    """A machine on whose disk every kind of record is written."""
    machine = new(tmp_path)
    NodeStore(machine.host).save(**RECORDS)
    power_off(machine)
    return machine


def power_off(machine: Machine) -> None:
    """The program is gone; its files stay."""
    for connection in machine.host.databases:
        with contextlib.suppress(sqlite3.ProgrammingError):
            connection.close()
    machine.host.databases.clear()


def edit(machine: Machine, statement: str, *values: object) -> None:
    """Somebody edits the database."""
    path = machine.host.directory / DATABASE
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert database.execute(statement, values).rowcount


def loaded(store: NodeStore) -> dict[str, object]:
    """What the store gives of all records."""
    return {name: store.load(name, type(record)) for name, record in RECORDS.items()}


def test_what_was_written_is_there_after_a_restart(machine):
    """The same records, the same key, nothing to complain about."""
    key = NodeStore(machine.host).key.verification_key
    store = NodeStore(machine.host)
    assert loaded(store) == RECORDS
    assert (store.damage, store.key.verification_key) == ([], key)


def test_records_are_written_together_or_not_at_all(machine):
    """A record that cannot be written takes the others of its transaction back."""
    store = NodeStore(machine.host)
    changed = Membership(role=Role.MASTER)
    with pytest.raises(TypeError):
        store.save(membership=changed, lease=object())
    assert loaded(store) == RECORDS
    store.save(membership=changed, pending=None)
    assert store.load("membership", Membership) == changed
    assert store.load("pending", Pending) is None
    assert store.damage == []


def piece(holder: str) -> StoredAssignments:
    """What is assigned to one holder."""
    return StoredAssignments(rows=[msgspec.structs.replace(ROW, holder=holder)])


def test_of_a_record_in_pieces_only_what_changed_is_written(machine):
    """The other pieces stay; a name that is only alike is no piece."""
    store = NodeStore(machine.host)
    store.save(assignments=Pieces(changed={holder: piece(holder) for holder in ("1", "2", "3")}))
    store.save(assignments=Pieces(changed={"2": None, "4": piece("4")}), assignments0=piece("5"))
    power_off(machine)
    store = NodeStore(machine.host)
    found = store.load_pieces("assignments", StoredAssignments)
    assert found == [piece("1"), piece("3"), piece("4")]
    store.save(assignments=Pieces(changed={"6": piece("6")}, whole=True))
    assert store.load_pieces("assignments", StoredAssignments) == [piece("6")]
    assert (loaded(store), store.damage) == (RECORDS, [])


@pytest.mark.parametrize("by", ["replace(content, '1', '2')", "x'7b7d'", "17"])
def test_one_altered_piece_makes_the_whole_record_worthless(machine, by):
    """A12: which of the others can be trusted nobody knows; `damage` says it once."""
    store = NodeStore(machine.host)
    store.save(assignments=Pieces(changed={holder: piece(holder) for holder in ("1", "2")}))
    power_off(machine)
    edit(machine, f"UPDATE record SET content = {by} WHERE name = ?", "assignments/1")
    store = NodeStore(machine.host)
    assert store.load_pieces("assignments", StoredAssignments) == []
    assert store.damage == ["the record assignments was altered"]


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize(
    "how",
    [
        "UPDATE record SET content = replace(content, '1', '2') WHERE name = ?",
        "UPDATE record SET content = 17 WHERE name = ?",
        "UPDATE record SET content = 'text' WHERE name = ?",
        "UPDATE record SET seal = zeroblob(32) WHERE name = ?",
        f"UPDATE record SET (content, seal) = ({ANOTHER_RECORD}) WHERE name = ?",
    ],
)
def test_an_edited_record_is_not_believed_and_the_others_are(machine, name, how):
    """Content, seal, or both from another record; what is left alone stays as it was."""
    edit(machine, how, name)
    store = NodeStore(machine.host)
    assert loaded(store) == RECORDS | {name: None}
    assert store.damage == [f"the record {name} was altered"]


def test_a_database_on_another_machine_is_worth_nothing(new, machine, tmp_path):
    """The seals are of the Locking ID, too: a copied database gives no second node its leases."""
    (tmp_path / "copy").mkdir()
    shutil.copy(tmp_path / DATABASE, tmp_path / "copy" / DATABASE)
    copy = new(tmp_path / "copy")
    copy.host.locking_id = OTHER_LOCKING_ID
    store = NodeStore(copy.host)
    assert loaded(store) == dict.fromkeys(RECORDS)
    assert len(store.damage) == len(RECORDS)


def test_a_virtual_system_keeps_its_records_when_its_configuration_changes(new, machine, tmp_path):
    """An Advanced Locking ID changes with its inputs; that puts nobody into emergency (F7)."""
    (tmp_path / "virtual").mkdir()
    virtual = new(tmp_path / "virtual")
    virtual.host.locking_id = "ALI-7G1Z-N1E4-34FW-5B1E-1HFW"
    NodeStore(virtual.host).save(**RECORDS)
    power_off(virtual)
    virtual.host.locking_id = "ALI-80RJ-QC6B-1J1A-AM6B-FFNC"
    store = NodeStore(virtual.host)
    assert (loaded(store), store.damage) == (RECORDS, [])


def test_a_database_that_vanished_is_missed(machine):
    """The marker tells it from a fresh system; the node is another one from now on."""
    key = NodeStore(machine.host).key.verification_key
    power_off(machine)
    (machine.host.directory / DATABASE).unlink()
    store = NodeStore(machine.host)
    assert store.damage == ["node.db is missing"]
    assert store.key.verification_key != key


def test_a_fresh_system_misses_nothing_until_it_has_written(new, tmp_path):
    """A power cut before the first record is no damage; after it the database is missed."""
    machine = new(tmp_path)
    for _ in range(2):
        store = NodeStore(machine.host)
        assert (store.damage, store.commissioned) == ([], False)
        power_off(machine)
    NodeStore(machine.host).save(failover=StoredFailover())
    power_off(machine)
    assert NodeStore(machine.host).commissioned


def test_an_emptied_database_is_no_fresh_system(machine):
    """Deleting all rows, the identity among them, gains nothing."""
    edit(machine, "DELETE FROM record")
    edit(machine, "DELETE FROM identity")
    assert NodeStore(machine.host).damage == ["the identity is missing"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE identity SET secret = x'01'", "the identity is no key"),
        ("UPDATE identity SET secret = 'text'", "the identity is no key"),
        ("ALTER TABLE identity RENAME COLUMN secret TO other", "its tables"),
        ("ALTER TABLE record RENAME COLUMN seal TO other", "its tables"),
    ],
)
def test_an_identity_that_is_none_is_damage(machine, statement, said):
    """No traceback: the database is set aside and said to be damaged."""
    edit(machine, statement)
    store = NodeStore(machine.host)
    (what,) = store.damage
    assert what.startswith("node.db is damaged: ")
    assert said in what
    assert (machine.host.directory / "node.db.damaged-1").exists()


def test_damaged_databases_are_set_aside_and_never_overwritten(machine):
    """Each keeps its bytes under a name of its own, whichever of them was tidied away."""
    directory = machine.host.directory
    for number in (1, 2):
        power_off(machine)
        (directory / DATABASE).write_bytes(b"rubbish %d " % number * 500)
        (directory / "node.db-wal").unlink(missing_ok=True)
        (what,) = NodeStore(machine.host).damage
        assert what == "node.db is damaged: file is not a database"
    (directory / "node.db.damaged-1").unlink()
    power_off(machine)
    (directory / DATABASE).write_bytes(b"rubbish 3 " * 500)
    store = NodeStore(machine.host)
    kept = {file.name: file.read_bytes()[:9] for file in directory.glob("node.db.damaged-?")}
    assert kept == {"node.db.damaged-1": b"rubbish 3", "node.db.damaged-2": b"rubbish 2"}
    store.save(**RECORDS)
    assert loaded(store) == RECORDS
