"""Standalone systems, joining an internetwork and leaving it again (manual 4.3, 4.4)."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from branches import REGISTRATION, SCENARIO, Branches, branches

from licensing.errors import LicensingError
from licensing.events import (
    Entry,
    HoldEnded,
    RelicensingRequired,
    WizardCompleted,
)
from licensing.messages import Registration
from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.words import LicenseState, NodeState, Role
from master_cla.startup import Books
from master_cla.unfitting_file import UnfittingFile
from nodes.administration import ActivateOnline, Wizard, WizardDone
from nodes.wbm.words import refused_connection
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.runs.internetwork import Internetwork
from simulator.runs.play import play
from simulator.scenario import load_scenario, parse_scenario

DAY_S = DAY_NS / NS_PER_SECOND
LINKS = "".join(
    f"    {link}: {{bandwidth: 20 Mbit/s, latency: 8 ms}}\n"
    for link in ("north-south", "south-internet")
)
ALONE = """
title: A system of its own
about: No internetwork (manual 4.3).
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    solo:
      model: X3
      role: standalone
      subscribers: [{numbers: 200-201, type: up0, licenses: [tdm]}]
      trunks: [{name: s2m-1, kind: s2m, channels: 1}]
  links:
    solo-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, tdm: 2, s2m: 1, gate-view: 1, myreports: 1}
timeline:
  - {at: day 0 09:00, unlock: all}
"""


@asynccontextmanager
async def alone():
    """A standalone system with a CLA of its own."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(ALONE), readers=[entries.append]) as net:
        yield Branches(net, entries)


async def wizard(here, node: str, role: Role, address: str = "") -> WizardDone:
    """The Network Wizard's last page."""
    order = Wizard(role=role, master_address=address) if address else Wizard(role=role)
    return await here.tell(node, "/v1/wizard", order, WizardDone)


async def test_system_wide_features_unlock_with_the_activation():
    """Manual 4.3.2: by default, so that no further assignment is required; stations need one."""
    async with alone() as here:
        await here.net.activate("solo", "LAC-1", REGISTRATION)
        assert (await here.net.licenses("solo")).in_use == {"gate-view": 1, "myreports": 1}
        await here.net.unlock("solo")
        assert (await here.net.licenses("solo")).in_use == {
            "tdm": 2,
            "s2m": 1,
            "gate-view": 1,
            "myreports": 1,
        }


async def test_in_an_internetwork_they_are_assigned_to_nodes():
    """The other side: nothing of the system's is unlocked by activation."""
    async with branches() as here:
        await here.license()
        for node in ("hq", "north"):
            rows = (await here.net.licenses(node)).rows
            states = {row.state for row in rows if row.holder == "system"}
            assert states == {LicenseState.CONFIGURABLE}


async def test_a_node_that_leaves_gives_its_licenses_back_and_is_restricted():
    """Its seats are free at once, and its going away is no outage: nobody must be relicensed."""
    async with branches() as here:
        await here.license()
        done = await wizard(here, "north", Role.STANDALONE)
        assert done.changed
        await asyncio.sleep(1)
        assert await here.state("north") is NodeState.RESTRICTED
        assert (await here.net.licenses("north")).in_use == {}
        table = {row.license: row for row in (await here.net.license_table()).licenses}
        assert (table["tdm"].in_use, table["tdm"].reserved, table["tdm"].free) == (0, 0, 4)
        assert table["networking"].free == 1
        await asyncio.sleep(40 * DAY_S)
        assert here.facts("hq", RelicensingRequired) == []
        assert here.facts("hq", HoldEnded) == []
        assert await here.state("south") is NodeState.REGULAR


async def test_who_leaves_the_cla_on_its_own_host_may_come_back_after_any_time():
    """The same: as a slave elsewhere it has no period there that could end."""
    async with alone() as here:
        await here.net.activate("solo", "LAC-1", REGISTRATION)
        await wizard(here, "solo", Role.SLAVE, "10.0.0.77")
        await asyncio.sleep(40 * DAY_S)
        assert here.facts("solo", RelicensingRequired) == []
        await wizard(here, "solo", Role.STANDALONE)
        await asyncio.sleep(60)
        assert await here.state("solo") is NodeState.REGULAR


async def test_what_was_assigned_before_is_red_and_licensed_again_after_joining_again():
    """Assignments are kept: one check and unlock brings them back."""
    async with branches() as here:
        await here.license()
        await wizard(here, "north", Role.STANDALONE)
        rows = (await here.net.licenses("north")).rows
        red = [row.holder for row in rows if row.state is LicenseState.NOT_LICENSED]
        assert red == ["200", "201", "202", "s2m-1"]
        await here.enrol("north")
        await asyncio.sleep(60)
        assert await here.state("north") is NodeState.REGULAR
        unlocked = await here.unlock("north")
        assert (len(unlocked.granted), unlocked.refused) == (4, [])


async def test_who_has_left_and_joins_again_is_no_clone():
    """F12: the CLA knows that it has left, so the same key without a lease is welcome."""
    async with branches() as here:
        await here.license()
        address = here.net.world.installation.agent_address("north", "hq")
        await wizard(here, "north", Role.STANDALONE)
        await wizard(here, "north", Role.SLAVE, address)
        await asyncio.sleep(60)
        assert await here.state("north") is NodeState.REGULAR


async def test_who_leaves_while_it_is_cut_off_cannot_give_anything_back():
    """F9: the CLA keeps the seats reserved, for all that it knows they are in use."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-north")
        await asyncio.sleep(2 * 3600)
        await wizard(here, "north", Role.STANDALONE)
        assert await here.state("north") is NodeState.RESTRICTED
        table = {row.license: row for row in (await here.net.license_table()).licenses}
        assert table["tdm"].reserved == 3


async def test_the_wizard_says_when_it_changes_nothing():
    """The same role and master as before: only the CLA's key is learnt anew."""
    async with branches() as here:
        await here.license()
        address = here.net.world.installation.agent_address("north", "hq")
        done = await wizard(here, "north", Role.SLAVE, address)
        assert not done.changed
        await asyncio.sleep(60)
        assert here.states("north") == [NodeState.REGULAR]


async def test_a_slave_that_has_left_without_a_cla_of_its_own_is_told_so():
    """Activation needs a CLA on the host; the way out is in the words."""
    async with branches() as here:
        await here.license()
        await wizard(here, "north", Role.STANDALONE)
        data = Registration(company="Example Ltd", contact="it@example.com")
        await here.tell("north", "/v1/registration", data)
        order = ActivateOnline(lac=here.net.lacs["LAC-1"])
        assert await here.refusal("north", "/v1/activate", order) == "agent-missing"


@pytest.mark.parametrize("leaving", [Role.STANDALONE, Role.SLAVE])
async def test_a_master_stays_it_while_its_cla_licenses_slaves(leaving):
    """Its CLA would go on licensing them; cut-off ones count, and the refusal names them all."""
    async with branches() as here:
        await here.license()
        await here.net.cut("hq-south")
        await asyncio.sleep(2 * 3600)
        address = "10.9.9.9" if leaving is Role.SLAVE else ""
        with pytest.raises(LicensingError, match="holds licenses for north, south") as refused:
            await wizard(here, "hq", leaving, address)
        assert "Make them standalone" in refused.value.hint
        assert (await here.net.state("hq")).role is Role.MASTER
        await here.net.heal("hq-south")
        await asyncio.sleep(3600)
        await wizard(here, "north", Role.STANDALONE)
        with pytest.raises(LicensingError, match="holds licenses for south"):
            await wizard(here, "hq", leaving, address)
        await wizard(here, "south", Role.STANDALONE)
        assert (await wizard(here, "hq", leaving, address)).changed
        assert (await here.net.state("hq")).role is leaving


async def test_a_slave_that_moves_straight_to_another_cla_is_told_the_way():
    """It is refused, for its lease is another CLA's; as a standalone system it may join there."""
    text = SCENARIO.replace("role: slave", "role: standalone")
    text = text.replace("  purchase:", f"{LINKS}  purchase:\n    LAC-0: {{base: 1, networking: 1}}")
    async with Internetwork(parse_scenario(text)) as net:
        await net.activate("south", "LAC-0", REGISTRATION)
        await net.activate("hq", "LAC-1", REGISTRATION)
        for master in ("hq", "south"):
            await net.wizard(master, "master")
            await net.wizard("north", "slave", master)
            await asyncio.sleep(60)
        refusal = (await net.state("north")).refusal
        assert refusal == "agent-outdated"
        assert "make it standalone in its Network Wizard, then a slave" in refused_connection(
            refusal
        )
        await net.wizard("north", "standalone")
        await net.wizard("north", "slave", "south")
        await asyncio.sleep(60)
        state = await net.state("north")
        assert (state.connected, state.refusal, state.state) == (True, "", NodeState.REGULAR)


def test_a_system_joins_a_cla_that_takes_a_moment_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given the file that it waited for it answers, and its socket changes hands only then (F7)."""
    books = UnfittingFile.books

    async def later(self: UnfittingFile, program: str) -> Books:
        opened = await books(self, program)
        await asyncio.sleep(3)
        return opened

    monkeypatch.setattr(UnfittingFile, "books", later)
    told: list[Entry] = []
    other_hardware = DIRECTORY / "other-hardware-after-the-file-has-ended.yaml"
    assert play(load_scenario(other_hardware), readers=[told.append]).holds
    became = [each.fact.role for each in told if isinstance(each.fact, WizardCompleted)]
    assert became == [Role.MASTER, Role.SLAVE, Role.STANDALONE, Role.MASTER]
