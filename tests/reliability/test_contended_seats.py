"""Two nodes want the same seats, and the power of the CLA fails at every point of deciding.

Then one is cut off, with whatever it was granted, while the other tries to get the same.

An internetwork of real nodes in virtual time: the oracle judges each fact, the database is read
after each power cut, and at last the journal is asked for what was acknowledged and forgotten.
"""

import asyncio
import itertools

import pytest
from books import Books
from branches import CLA_PROGRAM, REGISTRATION, STARTED_S, Branches
from court import Acknowledged
from power_cuts import PowerCuts, commit_late

from licensing.errors import LicensingError
from licensing.events import Entry, HostCrashed
from licensing.messages import Seat
from master_cla.store.store import ClaStore
from nodes.administration import Assignments
from simulator.loop.runner import run
from simulator.oracle import Violation
from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario

SCENARIO = """
title: Three seats for six stations
about: Each slave would like all seats for itself.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:    {model: S,  role: master, subscribers: [{numbers: 100, type: ip-hfa}]}
    north: {model: X3, role: slave, subscribers: [{numbers: 200-202, type: ip-hfa}]}
    south: {model: X3, role: slave, subscribers: [{numbers: 300-302, type: ip-hfa}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 3, networking: 2}
timeline:
  - {at: day 0 09:00, unlock: all}
"""
STATIONS = {
    name: [Seat(holder=str(number), license="ip") for number in numbers]
    for name, numbers in {"north": range(200, 203), "south": range(300, 303)}.items()
}
REDIALED_S = 60


class Contest:
    """The internetwork, and the power of its CLA's host."""

    def __init__(self, here: Branches, patch: pytest.MonkeyPatch) -> None:
        self.here = here
        self.power = PowerCuts(patch, "hq", CLA_PROGRAM, self._lose_power)
        self.cuts = 0

    async def run(self) -> None:
        """North takes and gives back, each with a cut at the next act, until all have had one."""
        for number in itertools.count(1):
            cuts = self.cuts
            await self._change("/v1/assign", number)
            await self._change("/v1/unassign", number)
            if self.cuts == cuts:
                break

    async def _change(self, path: str, number: int) -> None:
        """All ticks of north set or taken away, then check and unlock, with a cut meanwhile."""
        await self.here.tell("north", path, Assignments(seats=STATIONS["north"]))
        await self.power.attempt(number, self.here.unlock("north"))
        if self.power.happened:
            self.cuts += 1
            self.read_books()
            await self._let_south_try()
            await self._until_connected("north")
        self.power.arm(0)
        await self._unlock("north")

    async def _let_south_try(self) -> None:
        """Before north can say anything to the CLA that has just started; and give all back."""
        net = self.here.net
        await net.cut("hq-north")
        await net.start("hq")
        await self._until_connected("south")
        for path in ("/v1/assign", "/v1/unassign"):
            await self.here.tell("south", path, Assignments(seats=STATIONS["south"]))
            await self._unlock("south")
        await net.heal("hq-north")

    async def _until_connected(self, node: str) -> None:
        while not (await self.here.net.state(node)).connected:  # noqa: ASYNC110 - virtual minutes
            await asyncio.sleep(REDIALED_S)

    async def _unlock(self, node: str) -> None:
        """Once the check and unlock that the power cut interrupted has had its answer."""
        while True:
            try:
                await self.here.unlock(node)
            except LicensingError as error:
                if error.code != "request-pending":
                    raise
            else:
                return
            await asyncio.sleep(REDIALED_S)

    def read_books(self) -> Books:
        """What is on the disk of the CLA."""
        path = self.here.directory("hq", CLA_PROGRAM) / "cla.db"
        return Books(path, self.here.net.world.vendor_key)

    def _lose_power(self) -> None:
        machine = self.here.net.world.machines["hq"]
        machine.lose_power()
        self.here.net.world.record("hq", HostCrashed(wall_ns=machine.clock.wall_ns()))


async def contest(patch: pytest.MonkeyPatch) -> Contest:
    """Play it to its end."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(SCENARIO), readers=[entries.append]) as net:
        held = Contest(Branches(net, entries), patch)
        await net.activate("hq", "LAC-1", REGISTRATION)
        await asyncio.sleep(STARTED_S)
        await held.run()
        acknowledged = Acknowledged()
        for entry in entries:
            acknowledged(entry)
        return held


def test_no_seat_is_used_twice_wherever_the_cla_loses_its_power(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At no instant do two nodes use more than was bought, and no answer is forgotten."""
    assert run(contest(monkeypatch)).cuts >= 2 * 12


def test_a_seat_that_is_used_twice_after_a_power_cut_is_found_by_the_oracle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The planted fault: decisions leave before their commit, and the next start knows nothing."""
    monkeypatch.setattr(ClaStore, "transaction", commit_late)
    monkeypatch.setattr(Contest, "read_books", lambda _: None)
    with pytest.raises(Violation, match=r"O1 broken .*(\n.*)*at most 3 x ip"):
        run(contest(monkeypatch))
