"""The manual's internetwork in small, in a simulated world, with its disks and wires at hand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from licensing.errors import LicensingError
from licensing.events import Entry, Event, StateChanged
from licensing.messages import Enrol, Enrolled, Seat
from licensing.words import CLA_PROGRAM, CLS_PROGRAM, NODE_PROGRAM, NodeState, Role
from nodes.administration import Assignments, Unlocked, Wizard, WizardDone
from runtime.http import Nothing
from simulator.oracle import Oracle
from simulator.runs.internetwork import Internetwork
from simulator.scenario import INTERNET, Registration, parse_scenario

__all__ = ["CLA_PROGRAM", "CLS_PROGRAM", "INTERNET", "NODE_PROGRAM", "Branches", "branches"]

Kind = TypeVar("Kind", bound=Event)

STARTED_S = 2
"""Programs that start have started by then, and nodes have their sessions."""

SCENARIO = """
title: A master and two slaves
about: Small enough to read, large enough to quarrel.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      subscribers: [{numbers: 100-101, type: ip-hfa, licenses: [ip, voicemail]}]
      trunks: [{name: itsp-1, kind: itsp, channels: 2}]
    north:
      model: X3
      role: slave
      subscribers: [{numbers: 200-202, type: up0, licenses: [tdm]}]
      trunks: [{name: s2m-1, kind: s2m, channels: 1}]
    south:
      model: X3
      role: slave
      subscribers: [{numbers: 300-301, type: ip-hfa, licenses: [ip]}]
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 4, tdm: 4, voicemail: 3, s2m: 1, itsp: 2, networking: 2}
timeline:
  - {at: day 0 09:00, unlock: all}
"""
REGISTRATION = Registration(company="Example Ltd", contact="it@example.com")


class Blind(Oracle):
    """For worlds in which a party is played by the test and states no facts."""

    def __call__(self, entry: Entry) -> None:
        """Look away."""


class Branches:
    """A running internetwork and what it has stated."""

    def __init__(self, net: Internetwork, entries: list[Entry]) -> None:
        self.net = net
        self.entries = entries

    async def license(self) -> None:
        """Registered, activated, assigned as listed, checked and unlocked."""
        await self.net.activate("hq", "LAC-1", REGISTRATION)
        await self.net.unlock()

    # Programs.

    async def tell(self, host: str, path: str, body, answer=Nothing, program: str = NODE_PROGRAM):
        """POST to a program's administration."""
        return await self.net.admin.tell(host, program, path, body, answer)

    async def refusal(self, host: str, path: str, body, program: str = NODE_PROGRAM) -> str:
        """The code with which a program refuses an operation."""
        try:
            await self.tell(host, path, body, program=program)
        except LicensingError as error:
            return error.code
        raise AssertionError(f"{path} was not refused")

    async def unlock(self, node: str) -> Unlocked:
        """Check and unlock, with its answer."""
        return await self.tell(node, "/v1/unlock", Nothing(), Unlocked)

    async def assign(self, node: str, *seats: tuple[str, str]) -> None:
        """Tick licenses of (holder, license)."""
        ticked = [Seat(holder=holder, license=key) for holder, key in seats]
        await self.tell(node, "/v1/assign", Assignments(seats=ticked))

    async def enrol(self, node: str, *, destroyed: bool | None = None) -> None:
        """Network Wizard, and the node's key to the central CLA; `destroyed` is F16's answer."""
        role = Role.MASTER if node == "hq" else Role.SLAVE
        address = self.net.world.installation.agent_address(node, "hq")
        done = await self.tell(
            node, "/v1/wizard", Wizard(role=role, master_address=address), WizardDone
        )
        enrol = Enrol(node=node, public_key=done.public_key, destroyed=destroyed)
        await self.tell("hq", "/v1/enrol", enrol, Enrolled, program=CLA_PROGRAM)

    # Disks.

    def directory(self, host: str, program: str = NODE_PROGRAM) -> Path:
        """A program's state directory."""
        return self.net.world.installation.directory(host, program)

    async def damage(
        self, host: str, act: Callable[[Path], object], program: str = NODE_PROGRAM
    ) -> None:
        """A power cut; while the host is down, `act` happens to a program's directory."""
        await self.net.crash(host)
        act(self.directory(host, program))
        self.net.oracle.altered(host)
        await self.net.start(host)
        await asyncio.sleep(STARTED_S)

    # What was stated.

    def facts(self, host: str, kind: type[Kind]) -> list[Kind]:
        """All facts of a kind that a host has stated."""
        return [e.fact for e in self.entries if e.host == host and isinstance(e.fact, kind)]

    def states(self, node: str) -> list[NodeState]:
        """The license states that a node went through."""
        return [fact.after for fact in self.facts(node, StateChanged)]

    async def state(self, node: str) -> NodeState:
        """A node's license status."""
        return (await self.net.state(node)).state


@asynccontextmanager
async def branches(text: str = SCENARIO, *, judged: bool = True) -> AsyncIterator[Branches]:
    """A running internetwork; nothing is activated. The oracle watches where `judged`."""
    entries: list[Entry] = []
    oracle = None if judged else Blind()
    scenario = parse_scenario(text)
    async with Internetwork(scenario, readers=[entries.append], oracle=oracle) as net:
        yield Branches(net, entries)
