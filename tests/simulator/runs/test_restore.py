"""What a restore of the central CLA's database does; docs/operating.md tells people the same."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from licensing.errors import LicensingError
from licensing.events import (
    ConnectionRefused,
    Entry,
    HoldEnded,
    LeaseInstalled,
    LeaseSigned,
    LicenseFileAccepted,
    RelicensingRequired,
)
from licensing.messages import Enrol, Enrolled
from licensing.policies import LONGEST_FAILOVER_PERIOD_NS, TIMING
from master_cla.store.store import SCHEMA, ClaStore
from runtime.database import open_database
from runtime.http import post, unix_client
from simulator import Internetwork, Registration, parse_scenario
from simulator.oracle import Oracle, Violation
from simulator.scenario import INTERNET

SCENARIO = """
title: A restore
about: The central CLA's database is put back to what it was.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      subscribers:
        - {numbers: 100, type: ip-hfa, licenses: [ip]}
        - {numbers: 101, type: ip-hfa}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-202, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 4, networking: 1}
    LAC-2: {ip: 1}
timeline:
  - {at: day 30, expect: {all: regular}}
"""
REGISTRATION = Registration(company="Example", contact="it@example.com")


def back_up(database: Path, backup: Path) -> None:
    """Online, as `sqlite3 cla.db '.backup FILE'` does it."""
    source, target = map(sqlite3.connect, (database, backup))
    source.backup(target)
    source.close()
    target.close()


class Restore(Internetwork):
    """An internetwork whose central CLA can be backed up and put back."""

    def __init__(self, oracle: Oracle | None = None) -> None:
        self.entries: list[Entry] = []
        scenario = parse_scenario(SCENARIO, "restore")
        super().__init__(scenario, readers=[self.entries.append], oracle=oracle)

    @property
    def database(self) -> Path:
        """The central CLA's store."""
        return self.world.installation.directory("hq", "cla") / "cla.db"

    def back_up(self) -> None:
        """The CLA's."""
        back_up(self.database, self.database.with_suffix(".backup"))

    async def restore(self, *, forgetful: bool = False) -> None:
        """Stop the CLA, put the backup in place without what lay beside it, start it again.

        Whoever is `forgetful` leaves the file `stated` there.
        """
        await self.crash("hq")
        for beside in ("cla.db-wal", "cla.db-shm", *(() if forgetful else ("stated",))):
            self.database.with_name(beside).unlink(missing_ok=True)
        shutil.copy(self.database.with_suffix(".backup"), self.database)
        await self.start("hq")

    def facts(self, kind: type, since: int = 0, host: str = "") -> list:
        """The facts of this kind, from an entry on, of any or of one host."""
        return [
            entry.fact
            for entry in self.entries[since:]
            if isinstance(entry.fact, kind) and host in ("", entry.host)
        ]

    async def held(self) -> dict[str, int]:
        """Who holds how many IP licenses, as the central CLA counts them."""
        rows = (await self.license_table()).licenses
        return next(row.held for row in rows if row.license == "ip")


async def test_a_license_server_that_was_put_back_knows_no_later_epoch():
    """Relicensing is refused there until its newest backup is in place; then all are regular."""
    async with Restore() as net:
        books = net.world.installation.directory(INTERNET, "cls") / "cls.db"

        async def put_back(backup: Path) -> None:
            await net.world.crash(INTERNET)
            for beside in ("cls.db-wal", "cls.db-shm"):
                books.with_name(beside).unlink(missing_ok=True)
            shutil.copy(backup, books)
            await net.world.start(INTERNET)

        async def emergency(day: int) -> None:
            await net.cut("hq-north")
            await net.run_until(f"day {day}")
            await net.heal("hq-north")
            await net.run_until(f"day {day} 02:00")
            await net.expect("north", state="emergency")

        await net.activate("hq", "LAC-1", REGISTRATION)
        await net.run_until("day 0 12:00")
        older, newest = books.with_suffix(".older"), books.with_suffix(".newest")
        back_up(books, older)
        await emergency(32)
        await net.relicense("hq")
        await net.run_until("day 32 03:00")  # north has stored its lease of the new epoch
        back_up(books, newest)
        await put_back(older)
        await emergency(64)
        with pytest.raises(LicensingError) as refused:
            await net.relicense("hq")
        assert refused.value.code == "epoch-unknown"
        await put_back(newest)
        await net.relicense("hq")
        await net.run_until("day 64 03:00")
        await net.expect("north", state="regular")


class Noting(Oracle):
    """An oracle that writes down which rule is broken, and lets the run go on."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []

    def __call__(self, entry: Entry) -> None:
        """Judge the next entry of the journal."""
        try:
            super().__call__(entry)
        except Violation as violation:
            self.broken.append(f"{violation.rule}: {violation.seen}")


async def begin(net: Restore) -> None:
    """Activated and licensed on day 0, backed up on day 1."""
    await net.run_until("day 0 09:00")
    await net.activate("hq", "LAC-1", REGISTRATION)
    await net.unlock()
    await net.run_until("day 1")
    net.back_up()


async def test_a_backup_of_the_newest_state_changes_nothing():
    """Same key, same leases: every node comes back by itself, and nothing is signed anew."""
    async with Restore() as net:
        await begin(net)
        await net.run_until("day 5")
        seen = len(net.entries)
        await net.restore()
        await net.run_until("day 5 01:00")
        await net.expect("all", state="regular", licensed={"ip": 4})
        assert not net.facts(LeaseSigned, seen)


async def test_a_license_file_that_is_newer_than_the_backup_must_be_activated_again():
    """A13: the nodes know the newer file and refuse an agent without it, until it has it again."""
    async with Restore() as net:
        await begin(net)
        await net.activate("hq", "LAC-2", REGISTRATION)
        await net.run_until("day 2")
        seen = len(net.entries)
        await net.restore()
        await net.run_until("day 2 01:00")
        await net.expect("all", state="failover")
        assert {fact.code for fact in net.facts(ConnectionRefused, seen)} == {"agent-outdated"}
        await net.activate("hq", "LAC-2", REGISTRATION)
        await net.run_until("day 2 03:00")
        await net.expect("all", state="regular", licensed={"ip": 4})


async def test_seats_granted_since_the_backup_are_given_up_at_the_reconnection():
    """The restored CLA does not know them, so the node's lease does not cover them any more."""
    async with Restore() as net:
        await begin(net)
        await net.unassign("202", "ip")
        await net.unlock("north")
        net.back_up()
        await net.assign("202", "ip")
        await net.unlock("north")
        await net.expect("north", licensed={"ip": 3})
        await net.restore()
        await net.run_until("day 1 02:00")
        await net.expect("north", state="regular", licensed={"ip": 2})
        await net.unlock("north")
        await net.expect("north", licensed={"ip": 3})


async def test_a_node_enrolled_after_the_backup_must_be_enrolled_again():
    """Until then it is unknown; neither its key nor the agent's has changed."""
    async with Restore() as net:
        await begin(net)
        backup = net.database.with_suffix(".backup")
        ClaStore(open_database(backup, SCHEMA), backup.with_suffix(".stated")).close()
        database = sqlite3.connect(backup)
        (key,) = database.execute("SELECT public_key FROM nodes WHERE name = 'north'").fetchone()
        database.execute("DELETE FROM grants WHERE node = 'north'")
        database.execute("DELETE FROM nodes WHERE name = 'north'")
        database.commit()
        database.close()
        seen = len(net.entries)
        await net.restore()
        await net.run_until("day 1 01:00")
        await net.expect("north", state="failover")
        assert {fact.code for fact in net.facts(ConnectionRefused, seen)} == {"node-unknown"}
        async with unix_client(net.database.with_name("admin.sock")) as admin:
            body = Enrol(node="north", public_key=key)
            await post(admin, "/v1/enrol", body, Enrolled, party="the central CLA")
        await net.run_until("day 1 03:00")
        await net.expect("north", state="regular")


@pytest.mark.parametrize("way", ["activate", "relicense"])
async def test_after_a_restore_to_before_a_relicensing_the_newer_epoch_comes_back(way):
    """Epochs never go down: all are in failover until the CLA has the newest license file again.

    Whether the LAC is activated or relicensing is asked for, the license server hands out that
    file. However old the backup is and however long it takes: nobody's seats are reclaimed.
    """
    async with Restore() as net:
        await begin(net)
        await net.cut("hq-north")
        await net.run_until("day 32")
        await net.heal("hq-north")
        await net.run_until("day 32 01:00")
        await net.expect("north", state="emergency")
        await net.relicense("hq")
        await net.run_until("day 32 02:00")
        await net.expect("all", state="regular", licensed={"ip": 4})
        seen = len(net.entries)
        await net.restore(forgetful=way == "relicense")
        await net.run_until("day 32 08:00")
        await net.expect("all", state="failover")
        assert {fact.code for fact in net.facts(ConnectionRefused, seen)} == {"agent-outdated"}
        if way == "activate":
            await net.activate("hq", "LAC-1", REGISTRATION)
        else:
            await net.relicense("hq")
        await net.run_until("day 32 09:00")
        await net.expect("all", state="regular", licensed={"ip": 4})
        [file] = net.facts(LicenseFileAccepted, seen)
        assert (file.serial, file.epoch) == (2, 2)
        assert [lease.epoch for lease in net.facts(LeaseSigned, seen)] == [2, 2]
        assert net.facts(HoldEnded, seen) == net.facts(RelicensingRequired, seen) == []


async def test_a_node_that_is_cut_off_at_the_restore_keeps_its_whole_period():
    """It heals later than the contact that the backup knows allows, and is regular all the same."""
    async with Restore() as net:
        await begin(net)
        await net.run_until("day 8")
        await net.cut("hq-north")
        await net.run_until("day 9")
        await net.restore()
        await net.run_until("day 37 20:00")
        await net.heal("hq-north")
        await net.run_until("day 37 20:31")
        await net.expect("all", state="regular", licensed={"ip": 4})
        assert net.facts(RelicensingRequired) == []


async def test_a_node_that_is_away_for_good_at_the_restore_is_counted_out_a_period_after_it():
    """Later than without a restore, also across another start; its seats are free then."""
    async with Restore() as net:
        await begin(net)
        await net.assign("101", "ip")
        await net.unlock("hq")
        await net.cut("hq-north")
        await net.run_until("day 9")
        await net.restore(forgetful=True)
        restored_ns = net.world.now_ns()
        await net.run_until("day 20")
        await net.crash("hq")
        await net.start("hq")
        await net.run_until("day 40")
        [ended] = [entry for entry in net.entries if isinstance(entry.fact, HoldEnded)]
        window_ns = LONGEST_FAILOVER_PERIOD_NS + TIMING.clock_slack_ns
        # Contacts are written late, and what ran unmarked before a start counts as switched off.
        late_ns = 2 * TIMING.last_good_write_ns + TIMING.silence_ns + TIMING.clock_slack_ns
        assert 0 <= ended.at - restored_ns - window_ns <= late_ns
        assert await net.held() == {"hq": 1}


async def test_seats_granted_since_the_backup_to_a_node_that_is_cut_off_may_be_granted_twice():
    """The CLA knows nothing of them and the node goes on using them: too many, until it is back."""
    oracle = Noting()
    async with Restore(oracle) as net:
        await begin(net)
        await net.unassign("202", "ip")
        await net.unlock("north")
        net.back_up()
        await net.assign("202", "ip")
        await net.unlock("north")
        await net.cut("hq-north")
        await net.restore()
        await net.run_until("day 1 01:00")
        await net.assign("101", "ip")
        await net.unlock("hq")
        assert set(oracle.broken) == {"O1: 5 in use or reserved (hq 2, north 3)"}
        await net.run_until("day 1 02:00")
        await net.heal("hq-north")
        await net.run_until("day 1 03:00")
        assert await net.held() == {"hq": 2, "north": 2}
        await net.expect("all", state="regular", licensed={"ip": 4})


async def test_seats_released_since_the_backup_are_held_until_they_are_released_again():
    """The CLA counts them for the node; ticked and unticked once more, they are free."""
    async with Restore() as net:
        await begin(net)
        await net.unassign("202", "ip")
        await net.unlock("north")
        assert await net.held() == {"hq": 1, "north": 2}
        await net.restore()
        await net.run_until("day 1 02:00")
        await net.expect("north", state="regular", licensed={"ip": 2})
        await net.unlock("north")
        assert await net.held() == {"hq": 1, "north": 3}
        await net.assign("202", "ip")
        await net.unlock("north")
        await net.unassign("202", "ip")
        await net.unlock("north")
        assert await net.held() == {"hq": 1, "north": 2}


async def test_a_node_with_a_higher_seq_than_the_store_is_believed():
    """Its leases are numbered on from its own, and nothing is mistaken for a clone."""
    async with Restore() as net:
        await begin(net)
        await net.unassign("202", "ip")
        await net.unlock("north")
        await net.assign("202", "ip")
        await net.unlock("north")
        stored, newest = [net.facts(LeaseInstalled, host="north")[place].seq for place in (-3, -1)]
        assert newest == stored + 2
        await net.unassign("201", "ip")
        await net.unlock("north")
        seen = len(net.entries)
        await net.restore()
        await net.run_until("day 1 02:00")
        await net.unlock("north")
        await net.expect("all", state="regular")
        assert net.facts(ConnectionRefused, seen) == []
        seqs = [lease.seq for lease in net.facts(LeaseInstalled, host="north")]
        assert seqs == list(range(seqs[0], newest + 3))
