"""Damaged disks: the worst case where they are, nothing elsewhere, and a way out that works."""

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from branches import (
    CLA_PROGRAM,
    CLS_PROGRAM,
    INTERNET,
    NODE_PROGRAM,
    REGISTRATION,
    Branches,
    branches,
)

from licensing.errors import LicensingError
from licensing.events import ProgramEnded, SessionRefused, StateDamaged
from licensing.words import NodeState, Role
from nodes.administration import Wizard
from nodes.store import DATABASE, MARKER

REGULAR, RESTRICTED, FAILOVER = NodeState.REGULAR, NodeState.RESTRICTED, NodeState.FAILOVER
NORTHS_LICENSES = {"tdm": 3, "s2m": 1}
RUBBISH = b"rubbish " * 2000


def edit(path: Path, statement: str) -> None:
    """Somebody edits a database."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert database.execute(statement).rowcount


def overwrite(directory: Path) -> None:
    """Not a database any more."""
    for suffix in ("-wal", "-shm"):
        (directory / (DATABASE + suffix)).unlink(missing_ok=True)
    (directory / DATABASE).write_bytes(RUBBISH)


def truncate(directory: Path) -> None:
    """Half of it is gone."""
    # The last connection that closes moves everything into the file.
    edit(directory / DATABASE, "UPDATE record SET seal = seal WHERE name = 'lease'")
    content = (directory / DATABASE).read_bytes()
    (directory / DATABASE).write_bytes(content[: len(content) // 2])


def delete(directory: Path) -> None:
    """The database, but not the marker."""
    for file in directory.glob(f"{DATABASE}*"):
        file.unlink()


def empty(directory: Path) -> None:
    """All rows."""
    edit(directory / DATABASE, "DELETE FROM record")
    edit(directory / DATABASE, "DELETE FROM identity")


def edit_period(directory: Path) -> None:
    """A period of 30,000 days."""
    statement = "UPDATE record SET content = replace(content, '2592', '2592000') WHERE name = "
    edit(directory / DATABASE, f"{statement}'failover'")


def forget_period(directory: Path) -> None:
    """As if there had never been one."""
    edit(directory / DATABASE, "DELETE FROM record WHERE name = 'failover'")


def edit_lease(directory: Path) -> None:
    """Somebody gives himself seats."""
    edit(directory / DATABASE, "UPDATE record SET content = '{}' || content WHERE name = 'lease'")


def edit_assignments(directory: Path) -> None:
    """Somebody gives himself seats by the table; the node's place in the internetwork, too."""
    edit(directory / DATABASE, "UPDATE record SET content = x'7b7d' WHERE name = 'assignments/200'")
    edit_master(directory)


def edit_master(directory: Path) -> None:
    """Somebody leads the node to another CLA."""
    edit(directory / DATABASE, "UPDATE record SET content = x'7b7d' WHERE name = 'membership'")


def edit_registration(directory: Path) -> None:
    """Something that has nothing to do with licenses."""
    edit(directory / DATABASE, "UPDATE record SET content = x'7b7d' WHERE name = 'registration'")


def restore(kept: Path, directory: Path) -> None:
    """A backup is loaded; the journal cannot tell, so no oracle judges such a run."""
    delete(directory)
    for file in kept.glob(f"{DATABASE}*"):
        shutil.copy(file, directory)


async def licensed_again(here: Branches, node: str) -> None:
    """What was lost is ticked again; the central CLA counts no seat twice."""
    numbers = ("200", "201", "202")
    await here.assign(node, *((number, "tdm") for number in numbers), ("s2m-1", "s2m"))
    await here.unlock(node)
    assert (await here.net.licenses(node)).in_use == NORTHS_LICENSES
    table = {row.license: row.in_use for row in (await here.net.license_table()).licenses}
    assert {key: table[key] for key in NORTHS_LICENSES} == NORTHS_LICENSES


class Disk:
    """A database that is overwritten, and later restored from a backup."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.kept: dict[Path, bytes] = {}

    def damage(self, directory: Path) -> None:
        """Keep a backup and write rubbish."""
        for file in directory.glob(f"{self.name}*"):
            self.kept[file] = file.read_bytes()
            file.unlink()
        (directory / self.name).write_bytes(RUBBISH)

    def restore(self, _: Path) -> None:
        """Load the backup."""
        for file, content in self.kept.items():
            file.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [overwrite, truncate, delete, empty, edit_assignments, edit_master, edit_lease],
    ids=lambda damage: damage.__name__,
)
async def test_a_node_that_lost_its_identity_or_lease_is_enrolled_anew(damage):
    """Restricted, said so, nobody else disturbed; wizard, enrolment and ticks lead out."""
    async with branches() as here:
        await here.license()
        await here.damage("north", damage)
        await here.net.run_until("day 1")
        assert here.facts("north", StateDamaged)
        assert await here.state("north") is RESTRICTED
        await here.net.call("200", "0891234567", expect="refused")
        await here.net.call("200", "112", expect="connected")
        assert here.states("hq") == here.states("south") == [REGULAR]
        await here.enrol("north", destroyed=True)
        await asyncio.sleep(40 * 60)
        assert await here.state("north") is REGULAR
        await licensed_again(here, "north")
        await here.damage("north", lambda _: None)
        assert await here.state("north") is REGULAR


@pytest.mark.parametrize("damage", [edit_period, forget_period])
async def test_a_node_with_an_altered_period_has_none_left(damage):
    """No connection: restricted at once. The next session leads out, with all licenses."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await here.net.run_until("day 10")
        assert await here.state("north") is FAILOVER
        await here.damage("north", damage)
        await here.net.run_until("day 12")
        assert here.states("north") == [REGULAR, FAILOVER]
        assert await here.state("north") is RESTRICTED
        await here.net.heal("hq-north")
        await here.net.run_until("day 12 10:00")
        assert await here.state("north") is REGULAR
        assert (await here.net.licenses("north")).in_use == NORTHS_LICENSES


async def test_an_older_copy_of_the_database_does_not_lengthen_a_period():
    """A backup of the regular days, loaded in failover: what passed since counts all the same."""
    async with branches(judged=False) as here:
        await here.license()
        await here.net.run_until("day 2")
        kept = here.net.world._directory / "backup"
        await here.damage("north", lambda directory: shutil.copytree(directory, kept))
        await here.net.run_until("day 3 08:00")
        await here.net.cut("hq-north")
        await here.net.run_until("day 20")

        await here.damage("north", lambda directory: restore(kept, directory))
        await here.net.run_until("day 31")
        assert await here.state("north") is FAILOVER
        await here.net.run_until("day 33 08:00")
        assert await here.state("north") is NodeState.EMERGENCY


async def test_an_older_copy_with_an_older_lease_looks_like_a_clone():
    """F12: refused with its reason and nothing else disturbed; enrolment leads out."""
    async with branches(judged=False) as here:
        await here.net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(1)
        kept = here.net.world._directory / "backup"
        await here.damage("north", lambda directory: shutil.copytree(directory, kept))
        await here.net.unlock()

        await here.damage("north", lambda directory: restore(kept, directory))
        await here.net.run_until("day 1")
        assert SessionRefused(node="north", code="clone-suspected") in here.facts(
            "hq", SessionRefused
        )
        assert await here.state("north") is FAILOVER
        assert here.states("hq") == here.states("south") == [REGULAR]
        await here.enrol("north")
        await asyncio.sleep(40 * 60)
        assert await here.state("north") is REGULAR
        await here.assign("north", ("200", "tdm"))
        assert [seat.holder for seat in (await here.unlock("north")).granted] == ["200"]


async def test_a_wiped_node_is_a_fresh_system_that_nobody_knows():
    """Without the marker, too, it has an activation period, and no seat until it is enrolled."""
    async with branches(judged=False) as here:
        await here.license()

        def wipe(directory: Path) -> None:
            delete(directory)
            (directory / MARKER).unlink()

        await here.damage("north", wipe)
        assert here.facts("north", StateDamaged) == []
        assert (await here.net.licenses("north")).in_use == {}
        await here.enrol("north", destroyed=True)
        await asyncio.sleep(40 * 60)
        assert await here.state("north") is REGULAR
        assert here.states("hq") == here.states("south") == [REGULAR]


async def test_what_a_node_no_longer_knows_of_is_free_for_others():
    """Assignments were lost: all that may have been held goes back with the next session."""
    async with branches(judged=False) as here:
        await here.license()
        statement = "UPDATE record SET content = x'7b7d' WHERE name = 'assignments/200'"
        await here.damage("north", lambda directory: edit(directory / DATABASE, statement))
        await here.damage("north", lambda _: None)
        await asyncio.sleep(40 * 60)
        assert await here.state("north") is REGULAR
        table = {row.license: row.in_use for row in (await here.net.license_table()).licenses}
        assert {key: table[key] for key in NORTHS_LICENSES} == dict.fromkeys(NORTHS_LICENSES, 0)
        await licensed_again(here, "north")


async def test_a_damaged_database_of_the_cla_puts_everyone_into_failover():
    """It ends with the reason, and touches nothing; the restored file makes all regular again."""
    async with branches() as here:
        await here.license()
        disk = Disk("cla.db")
        await here.damage("hq", disk.damage, program=CLA_PROGRAM)
        ended = ProgramEnded(program="cla", reason="state-damaged")
        assert here.facts("hq", ProgramEnded) == [ended]
        assert (here.directory("hq", CLA_PROGRAM) / "cla.db").read_bytes() == RUBBISH
        await here.net.run_until("day 5")
        await here.net.expect("all", state="failover", display="Failover Period")
        await here.net.call("200", "0891234567", expect="connected")

        await here.damage("hq", disk.restore, program=CLA_PROGRAM)
        await asyncio.sleep(40 * 60)
        await here.net.expect("all", state="regular", display="idle")
        await here.net.expect("north", licensed=NORTHS_LICENSES)


def bar(directory: Path) -> None:
    """The databases cannot be opened, as where a right is missing or the disk is full."""
    for database in directory.glob("*.db"):
        in_the_way = database.with_name(f"{database.name}-shm")
        in_the_way.unlink(missing_ok=True)
        in_the_way.mkdir()


def unbar(directory: Path) -> None:
    """They can be opened again."""
    for in_the_way in directory.glob("*.db-shm"):
        in_the_way.rmdir()


@pytest.mark.parametrize(
    ("host", "program"),
    [("north", NODE_PROGRAM), ("hq", CLA_PROGRAM), (INTERNET, CLS_PROGRAM)],
    ids=[NODE_PROGRAM, CLA_PROGRAM, CLS_PROGRAM],
)
async def test_a_disk_that_is_out_of_reach_costs_nothing(host: str, program: str) -> None:
    """The program ends with the reason and touches nothing; it goes on with all that it had."""
    async with branches() as here:
        await here.license()
        await here.damage(host, bar, program=program)
        ended = ProgramEnded(program=program, reason="state-unreachable")
        assert here.facts(host, ProgramEnded) == [ended]
        await here.damage(host, unbar, program=program)
        assert list(here.directory(host, program).glob("*.damaged-*")) == []
        await asyncio.sleep(40 * 60)
        await here.net.expect("all", state="regular", display="idle")
        await here.net.expect("north", licensed=NORTHS_LICENSES)


async def test_a_master_whose_cla_does_not_answer_stays_the_master():
    """Nobody knows whom it licenses, and once it is started it goes on with that."""
    async with branches() as here:
        await here.license()
        await here.damage("hq", Disk("cla.db").damage, program=CLA_PROGRAM)
        leaving = Wizard(role=Role.STANDALONE)
        assert await here.refusal("hq", "/v1/wizard", leaving) == "connection-failed"
        assert (await here.net.state("hq")).role is Role.MASTER


async def test_a_damaged_database_of_the_license_server_disturbs_no_internetwork():
    """Activation says what does not answer; the restored file is good for it."""
    async with branches() as here:
        disk = Disk("cls.db")
        await here.damage(INTERNET, disk.damage, program=CLS_PROGRAM)
        ended = ProgramEnded(program="cls", reason="state-damaged")
        assert here.facts(INTERNET, ProgramEnded) == [ended]
        with pytest.raises(LicensingError, match="does not answer"):
            await here.license()
        await here.damage(INTERNET, disk.restore, program=CLS_PROGRAM)
        await here.license()
        await here.net.expect("all", state="regular")
        assert (await here.net.licenses("north")).in_use == NORTHS_LICENSES


async def test_the_seals_find_an_edit_of_a_node_that_is_connected_too():
    """An edit in passing, while everything is well: seen at the next start."""
    async with branches() as here:
        await here.license()
        await here.damage("north", edit_period)
        assert len(here.facts("north", StateDamaged)) == 1
        await asyncio.sleep(40 * 60)
        assert await here.state("north") is REGULAR
        assert (await here.net.licenses("north")).in_use == NORTHS_LICENSES
        assert here.directory("north", NODE_PROGRAM).stat().st_mode & 0o777 == 0o700


async def test_a_record_that_nobody_enters_again_is_damage_once():
    """The worst case counts for it, too; but not at each start from then on."""
    async with branches() as here:
        await here.license()
        await here.damage("hq", edit_registration)
        await asyncio.sleep(40 * 60)
        assert here.facts("hq", StateDamaged) == [
            StateDamaged(record="the record registration was altered")
        ]
        assert here.states("hq") == [REGULAR, REGULAR]
        await here.damage("hq", lambda _: None)
        await asyncio.sleep(40 * 60)
        assert len(here.facts("hq", StateDamaged)) == 1
        assert not (await here.net.state("hq")).registered


async def test_a_disk_that_fails_while_the_node_runs_ends_it_with_the_reason():
    """What cannot be written down is not pretended; the others go on."""
    async with branches(judged=False) as here:
        await here.license()
        edit(here.directory("north") / DATABASE, "DROP TABLE record")
        here.net.world.loop.sockets.network.reset("hq", "north")
        await asyncio.sleep(70 * 60)
        ended = ProgramEnded(program="node", reason="state-damaged")
        assert here.facts("north", ProgramEnded) == [ended]
        assert here.states("hq") == here.states("south") == [REGULAR]
        await here.net.start("north")
        await asyncio.sleep(1)
        assert here.facts("north", StateDamaged)
        assert await here.state("north") is RESTRICTED
