"""Manual 4.4: master and slaves, the central CLA, networking licenses."""

from systems import NODES, SAMPLE, SEPARATE, running
from technician import run_wizard, sign_in, technician

from licensing.events import (
    ConnectionOpened,
    ConnectionRefused,
    LicenseFileAccepted,
    ProgramStarted,
    SessionOpened,
)
from licensing.messages import AGENT_PORT
from licensing.words import NodeState, Role
from simulator.scenario import parse_scenario, warnings_of


async def test_one_activation_at_the_master_licenses_the_internetwork():
    """Nothing is activated at the slaves, and yet they have their licenses."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await here.net.unlock()
        await here.net.expect("all", state="activation-period", licensed={"tdm": 0, "ip": 0})
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.unlock()
        assert await here.all_states() == [NodeState.REGULAR] * 3
        await here.net.expect("north", licensed={"tdm": 3, "s2m": 2})
        await here.net.expect("south", licensed={"ip": 2, "voicemail": 2})
        assert [len(here.facts(node, LicenseFileAccepted)) for node in NODES] == [1, 0, 0]


async def test_each_slave_needs_its_own_networking_license():
    """With one for two slaves one of them is refused; with another one bought it is licensed."""
    async with technician(SAMPLE.replace("networking: 2", "networking: 1")) as hq:
        here = hq.here
        await hq.register()
        await hq.activate(here.net.lacs["LAC-1"])
        await here.net.run_until("day 1")
        assert sorted(await here.all_states()) == ["activation-period", "regular", "regular"]
        without = NODES[(await here.all_states()).index(NodeState.ACTIVATION_PERIOD)]
        assert here.facts(without, ConnectionRefused)[-1].code == "no-networking-license"
        await hq.activate(here.net.lacs["LAC-2"])
        await here.net.run_until("day 2")
        assert await here.all_states() == [NodeState.REGULAR] * 3


async def test_the_node_with_the_largest_bandwidth_should_be_the_master():
    """Where it is not, `check` warns, and so does the Network Wizard; where it is, neither does."""
    wider = SAMPLE
    for name, line in (("hq", "20 Mbit/s"), ("north", "1 Gbit/s"), ("south", "2 Mbit/s")):
        wider = wider.replace(f"    {name}:\n", f"    {name}:\n      line: {line}\n", 1)
    warning = "north has more bandwidth than the master hq and should be the master"
    assert not any(warning in str(each) for each in warnings_of(parse_scenario(SAMPLE)))
    assert any(warning in str(each) for each in warnings_of(parse_scenario(wider)))
    async with running(wider) as here:
        hq, south = await sign_in(here), await sign_in(here, "south")
        again = await hq.submit("/network-wizard", role="master", master_address="")
        assert "north has more bandwidth than this node, and should be the master" in again.text
        assert "bandwidth than" not in (await run_wizard(south, hq)).text


async def test_the_network_wizard_makes_master_and_slaves():
    """Standalone systems before it, and what was chosen after it; chosen again, nothing changes."""
    async with running(SEPARATE) as here:
        hq, north = await sign_in(here), await sign_in(here, "north")
        assert (await here.net.state("hq")).role is Role.STANDALONE
        made = await hq.submit("/network-wizard", role="master", master_address="")
        assert "This node is now master" in made.text
        assert (await here.net.state("north")).role is Role.STANDALONE
        assert "This node is now slave" in (await run_wizard(north, hq)).text
        assert (await here.net.state("hq")).role is Role.MASTER
        assert (await here.net.state("north")).role is Role.SLAVE
        assert "as before" in (await run_wizard(north, hq)).text


async def test_the_master_contains_the_central_cla():
    """The CLA runs on the master's host and nowhere else; without that host there is none."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        started = {
            node: [fact.program for fact in here.facts(node, ProgramStarted)] for node in NODES
        }
        assert started == {"hq": ["cla", "node"], "north": ["node"], "south": ["node"]}
        await here.license()
        await here.net.crash("hq")
        await here.net.run_until("day 0 12:00")
        await here.net.expect("north", state="failover")
        await here.net.expect("south", state="failover")


async def test_all_slaves_use_the_central_cla():
    """Each has its session with it and its licenses from it; cut off, none gets a license more."""
    async with technician(SAMPLE) as hq:
        here = hq.here
        await here.license()
        opened = {fact.node for fact in here.facts("hq", SessionOpened)}
        assert opened == set(NODES)
        for slave in ("north", "south"):
            assert ConnectionOpened(to="hq", port=AGENT_PORT) in here.facts(slave, ConnectionOpened)
        table = {row.license: row.held for row in (await here.net.license_table()).licenses}
        assert table["tdm"] == {"north": 3}
        assert table["ip"] == {"hq": 3, "south": 2}
        await here.net.unassign("200", "tdm")
        await here.unlock("north")
        await here.net.cut("hq-north")
        await here.net.run_until("day 0 12:00")
        await here.net.assign("200", "tdm")
        assert not (await here.unlock("north")).answered
        await here.net.expect("north", licensed={"tdm": 2})


async def test_the_slaves_are_told_the_masters_address():
    """By the WBM's Network Wizard: not told, or told a wrong one, a slave gets no license."""
    async with running(SAMPLE) as here:
        await here.newly_installed("north")
        await here.license()
        hq, north = await sign_in(here), await sign_in(here, "north")
        assert "no license file is activated" in (await north.unlock()).text
        await run_wizard(north, hq, here.address("south"))
        assert "cannot be reached" in (await north.unlock()).text
        assert await north.licensed("200") == {}
        await run_wizard(north, hq, here.address("hq"))
        await north.unlock()
        assert await north.licensed("200") == {"tdm": 1}
