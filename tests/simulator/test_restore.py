"""What a restore of the central CLA's database does; docs/operating.md tells people the same."""

import shutil
import sqlite3
from pathlib import Path

from licensing.events import ConnectionRefused, Entry, LeaseSigned
from licensing.messages import Enrol, Enrolled
from runtime.http import post, unix_client
from simulator import Internetwork, Registration, parse_scenario

SCENARIO = """
title: A restore
about: The central CLA's database is put back to what it was.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
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


class Restore(Internetwork):
    """An internetwork whose central CLA can be backed up and put back."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        super().__init__(parse_scenario(SCENARIO, "restore"), readers=[self.entries.append])

    @property
    def database(self) -> Path:
        """The central CLA's store."""
        return self.world.installation.directory("hq", "cla") / "cla.db"

    def back_up(self) -> None:
        """An online backup, as `sqlite3 cla.db '.backup FILE'` makes one."""
        source, target = map(sqlite3.connect, (self.database, self.database.with_suffix(".backup")))
        source.backup(target)
        source.close()
        target.close()

    async def restore(self) -> None:
        """Stop the CLA, put the backup in place without the old log, start it again."""
        await self.crash("hq")
        for suffix in ("-wal", "-shm"):
            self.database.with_name(f"cla.db{suffix}").unlink(missing_ok=True)
        shutil.copy(self.database.with_suffix(".backup"), self.database)
        await self.start("hq")

    def facts(self, kind: type, since: int = 0) -> list:
        """The facts of this kind, from an entry on."""
        return [entry.fact for entry in self.entries[since:] if isinstance(entry.fact, kind)]


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
        database = sqlite3.connect(net.database.with_suffix(".backup"))
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
