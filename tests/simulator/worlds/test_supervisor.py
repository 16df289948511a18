"""Programs that ended themselves: started again as their units do it, and each start is stated."""

import asyncio
import configparser
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from licensing.events import Entry, ProgramEnded, ProgramRestarted, ProgramStarted
from licensing.policies import DAY_NS, NS_PER_SECOND
from simulator.loop.runner import current_loop, run
from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario
from simulator.worlds import supervisor
from simulator.worlds.supervisor import RESTART_S, Supervisor

Restart = Callable[[str, str, int], Awaitable[None]]
UNITS = sorted((Path(__file__).parents[3] / "deploy").glob("*.service"))
RUBBISH = b"rubbish " * 2000
SCENARIO = """
title: One system
about: Its CLA cannot read its disk.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: standalone, subscribers: [{numbers: 100, type: ip-hfa, licenses: [ip]}]}
  links: {hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}}
  purchase: {LAC-1: {base: 1, ip: 1}}
timeline:
  - {at: day 40, expect: {node: hq, state: restricted}}
"""


class Damage:
    """A running system whose CLA's database can be damaged and mended."""

    def __init__(self, net: Internetwork, entries: list[Entry]) -> None:
        self.net = net
        self.entries = entries
        self.database = net.world.installation.directory("hq", "cla") / "cla.db"

    async def begin(self) -> None:
        """A power cut, after which the database is none."""
        await self.net.crash("hq")
        self.kept = self.database.read_bytes()
        self.database.write_bytes(RUBBISH)
        await self.net.start("hq")

    def end(self) -> None:
        """Somebody puts the database back, and tells nobody."""
        self.database.write_bytes(self.kept)

    def of(self, kind: type) -> list[Entry]:
        """What was stated of the CLA since its first start."""
        facts = [entry for entry in self.entries if isinstance(entry.fact, kind)]
        return [entry for entry in facts if entry.at > 0 and entry.fact.program == "cla"]


async def damaged_for(days: float) -> tuple[list[tuple[int, int]], list[int]]:
    """Its restarts, each with its instant and how many it stands for, and when it ran again."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(SCENARIO), readers=[entries.append]) as net:
        await net.run_until("day 1")
        damage = Damage(net, entries)
        await damage.begin()
        await net.sleep_until_ns(net.world.now_ns() + round(days * DAY_NS) + 7 * NS_PER_SECOND)
        damage.end()
        await net.sleep_until_ns(net.world.now_ns() + 60 * NS_PER_SECOND)
        restarts = [(entry.at, entry.fact.times) for entry in damage.of(ProgramRestarted)]
        return restarts, [entry.at for entry in damage.of(ProgramStarted)][-1:]


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_the_simulator_restarts_as_the_units_do(unit: Path) -> None:
    """`on-failure`, after so many seconds: stated in the units, and once here."""
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign] - systemd's keys have capitals
    read.read(unit)
    assert read["Service"]["Restart"] == "on-failure"
    assert float(read["Service"]["RestartSec"]) == RESTART_S


async def test_a_program_is_started_until_it_runs_and_every_start_is_told() -> None:
    """30 days are 86,400 starts, of which the journal has three lines, and none is lost."""
    restarts, started = await damaged_for(30)
    assert sum(times for _, times in restarts) == 30 * 2880 + 1
    assert len(restarts) <= 4
    assert started == [restarts[-1][0]]


def test_starts_that_are_left_out_would_have_changed_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same when each start is made: the same instant at which it runs again."""
    folded, ran = run(damaged_for(0.02))
    monkeypatch.setattr(supervisor, "ON_THE_DISK", frozenset())
    each, ran_too = run(damaged_for(0.02))
    assert ran == ran_too
    assert len(folded) < len(each) == sum(times for _, times in folded)


def unit_of(
    restart: Restart,
    directory: Path,
    full: Callable[[str], bool],
    kind: type[Supervisor] = Supervisor,
) -> Supervisor:
    """A unit of its own on the running loop."""
    loop = current_loop()
    return kind(
        restart,
        now_ns=loop.time_ns,
        idle_until_ns=loop.idle_until_ns,
        directory=lambda *_: directory,
        frozen=lambda _: False,
        full=full,
        fail=pytest.fail,
    )


async def test_a_start_that_ends_while_the_power_fails_is_followed_by_none(tmp_path: Path) -> None:
    """It was under way; its unit is gone with the power all the same."""
    starts = []

    async def restart(host: str, program: str, times: int) -> None:
        starts.append(times)
        await asyncio.sleep(1)
        unit.ended(host, program, "planted")

    unit = unit_of(restart, tmp_path, lambda _: False)
    unit.ended("hq", "cla", "planted")
    await asyncio.sleep(RESTART_S + 0.5)
    await unit.forget("hq")
    await asyncio.sleep(10 * RESTART_S)
    assert starts == [1]


async def test_the_end_of_a_world_forgets_hosts_in_the_order_in_which_they_went_down(
    tmp_path: Path,
) -> None:
    """While it waits for the start of the first, another that is due is still made."""
    hosts = [f"site-{number}" for number in range(20)]
    forgotten: list[str] = []

    class Watched(Supervisor):
        async def forget(self, host: str) -> None:
            forgotten.append(host)
            await super().forget(host)

    async def restart(host: str, program: str, times: int) -> None:
        raise AssertionError

    unit = unit_of(restart, tmp_path, lambda _: False, Watched)
    for host in hosts:
        unit.ended(host, "node", "planted")
    await unit.end()
    assert forgotten == hosts


async def test_nobody_looks_while_nothing_runs_and_no_start_is_lost(tmp_path: Path) -> None:
    """Two programs of 30 days: each start is counted, and each one that may help is in time."""
    starts: list[tuple[str, int, float]] = []
    looks: list[str] = []

    async def restart(host: str, program: str, times: int) -> None:
        starts.append((program, times, asyncio.get_running_loop().time()))
        if len(starts) <= 2:
            unit.ended(host, program, "state-damaged")

    unit = unit_of(restart, tmp_path, lambda host: bool(looks.append(host)))
    unit.ended("hq", "cla", "state-damaged")
    await asyncio.sleep(7)
    unit.ended("hq", "node", "state-damaged")
    await asyncio.sleep(30 * 86_400)
    (tmp_path / "state").touch()
    await asyncio.sleep(2 * RESTART_S)
    assert starts == [
        ("cla", 1, 30),
        ("node", 1, 37),
        ("cla", 86_400, 2_592_030),
        ("node", 86_400, 2_592_037),
    ]
    assert len(looks) < 10


async def test_a_power_cut_ends_the_waiting_and_a_frozen_host_waits_longer() -> None:
    """Its unit is gone with the power, and stands still with the host."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(SCENARIO), readers=[entries.append]) as net:
        await net.run_until("day 1")
        damage = Damage(net, entries)
        await damage.begin()
        await net.freeze("hq")
        await net.run_until("day 1 01:00")
        assert damage.of(ProgramRestarted) == []
        await net.thaw("hq")
        await net.run_until("day 1 01:01")
        assert damage.of(ProgramRestarted)
        await net.crash("hq")
        ended = len(damage.of(ProgramEnded))
        await net.run_until("day 2")
        assert len(damage.of(ProgramEnded)) == ended
