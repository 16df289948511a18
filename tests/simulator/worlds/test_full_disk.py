"""A full disk: nothing acknowledged is lost, the programs say what is wrong, and recover with room.

Played on the simulated disk that is full, and on real ones: a small tmpfs with nothing left on it,
or so little that some writings still succeed. Only root may mount one.
"""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from licensing.errors import LicensingError
from licensing.events import AgentStopped, Entry, ProgramEnded
from licensing.policies import HOUR_NS, MINUTE_NS
from licensing.words import CLA_PROGRAM, NODE_PROGRAM
from simulator.loop.runner import run
from simulator.runs import internetwork
from simulator.runs.internetwork import Internetwork
from simulator.scenario import Registration, parse_scenario
from simulator.worlds.simulated_machine import SimulatedMachine

SCENARIO = """
title: One system
about: Its disk is full.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: standalone
      subscribers: [{numbers: 100-101, type: ip-hfa, licenses: [ip]}]
  links: {hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}}
  purchase: {LAC-1: {base: 1, ip: 2}}
timeline:
  - {at: day 9, expect: {node: hq, state: regular}}
"""
REGISTRATION = Registration(company="Example", contact="it@example.com")
SIMULATED = "simulated"
ROOM_BYTES = (0, 8 << 10, 64 << 10)
CHANGES = 400
"""More than 64 KiB can take, as often as each is written."""


class Disk:
    """The disk of hq, which can be filled and freed."""

    def __init__(self, directory: Path, room_bytes: int) -> None:
        self._ballast = directory / "ballast"
        self._room_bytes = room_bytes

    async def fill(self, _: Internetwork) -> None:
        """Write until nothing more is taken, and give a little back."""
        with self._ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while file.write(bytes(4096)):
                pass
        os.truncate(self._ballast, self._ballast.stat().st_size - self._room_bytes)

    async def free(self, _: Internetwork) -> None:
        """Somebody tidies up, and looks into the directories of the programs."""
        self._ballast.unlink()
        for program in (CLA_PROGRAM, NODE_PROGRAM):
            os.utime(self._ballast.with_name(program))


class SimulatedDisk:
    """The same of a simulated world's own steps."""

    async def fill(self, net: Internetwork) -> None:
        """As a scenario does it."""
        await net.disk("hq", "full")

    async def free(self, net: Internetwork) -> None:
        """As a scenario does it."""
        await net.disk("hq", "freed")


@pytest.fixture(params=[SIMULATED, *ROOM_BYTES])
def disk(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Disk | SimulatedDisk]:
    """The disk of hq; a real one is mounted where the run keeps it."""
    if request.param == SIMULATED:
        yield SimulatedDisk()
        return
    directory = tmp_path / "hq"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(directory)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    monkeypatch.setattr(internetwork, "new_directory", lambda _: tmp_path)
    yield Disk(directory, request.param)
    subprocess.run(["umount", "--lazy", str(directory)], check=True)


async def change_until_it_fails(net: Internetwork) -> bool:
    """Number 101 is licensed and not, in turn, until a program refuses; the last acknowledged."""
    licensed = True
    for _ in range(CHANGES):
        try:
            await (net.unassign if licensed else net.assign)("101", "ip")
            await net.unlock("hq")
        except LicensingError:
            return licensed
        licensed = not licensed
        await net.sleep_until_ns(net.world.now_ns() + MINUTE_NS)
    raise AssertionError("the disk is not full")


def test_nothing_acknowledged_is_lost_and_all_goes_on_with_room(
    disk: Disk | SimulatedDisk,
) -> None:
    """The programs end themselves with the reason, are started again, and have what they had."""
    entries: list[Entry] = []

    async def play() -> None:
        async with Internetwork(parse_scenario(SCENARIO), readers=[entries.append]) as net:
            await net.activate("hq", "LAC-1", REGISTRATION)
            await net.unlock()
            await disk.fill(net)
            licensed = await change_until_it_fails(net)
            await net.sleep_until_ns(net.world.now_ns() + 3 * HOUR_NS)
            ends = {
                e.fact.program: e.fact.reason for e in entries if isinstance(e.fact, ProgramEnded)
            }
            assert set(ends.values()) == {"state-unreachable"}
            assert ends.keys() <= {NODE_PROGRAM, CLA_PROGRAM}
            assert all("full" in e.fact.text or "I/O" in e.fact.text for e in entries
                       if isinstance(e.fact, AgentStopped))  # fmt: skip
            await disk.free(net)
            await net.sleep_until_ns(net.world.now_ns() + HOUR_NS)
            await net.expect("hq", state="regular")
            in_use = (await net.licenses("hq")).in_use["ip"]
            assert in_use in {1 + licensed, 2 - licensed}, "what failed may have been done, or not"
            await net.unlock("hq")
            await (net.unassign if in_use == 2 else net.assign)("101", "ip")
            await net.unlock("hq")
            await net.expect("hq", licensed={"ip": 3 - in_use})

    run(play())


def test_a_disk_that_takes_everything_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: on a full disk each transaction is committed."""
    monkeypatch.setattr(SimulatedMachine, "set_disk_full", lambda *_: None)

    async def play() -> None:
        async with Internetwork(parse_scenario(SCENARIO)) as net:
            await net.activate("hq", "LAC-1", REGISTRATION)
            await net.unlock()
            await net.disk("hq", "full")
            with pytest.raises(AssertionError, match="not full"):
                await change_until_it_fails(net)

    run(play())
