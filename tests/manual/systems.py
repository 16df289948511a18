"""The manual's two examples, running: one communication system (4.3), and an internetwork (4.4).

All programs are the real ones, on simulated hosts, in virtual time.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from branches import Branches

from licensing.events import Entry
from licensing.words import NODE_PROGRAM, NodeState
from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario

OUTSIDE = "0891234567"
NODES = ("hq", "north", "south")
MASTER_LOCKING_ID = "00-1A-E8-4C-00-01"

ONE_SYSTEM = """
title: One communication system
about: It has every type of subscriber and both kinds of trunks.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: X3
      role: standalone
      subscribers:
        - {numbers: 100-102, type: ip-hfa}
        - {numbers: 103, type: ip-sip}
        - {numbers: 104, type: sip}
        - {numbers: 140, type: up0}
        - {numbers: 141, type: isdn}
        - {numbers: 142, type: analog}
        - {numbers: 143, type: dect}
        - {numbers: 120, type: mobile}
        - {numbers: 130, type: desk-sharing}
      trunks:
        - {name: itsp-1, kind: itsp, channels: 4, licensed: 0}
        - {name: s2m-1, kind: s2m, channels: 4, licensed: 0}
  links:
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 2, tdm: 4, mobile: 1, desk-sharing: 1, s2m: 2, itsp: 2, gate-view: 1,
            voicemail: 1, uc-smart: 1, groupware-user: 1, uc-suite: 1, fax: 1, conference: 1,
            myattendant: 1, myagent: 1, application-launcher: 1, tapi: 1}
    LAC-2: {ip: 1, voicemail: 1, myreports: 1}
timeline: []
"""

SAMPLE = """
title: The manual's sample internetwork
about: One OpenScape Business S (master) and two OpenScape Business X3 (slaves).
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: S
      role: master
      locking_id: 00-1A-E8-4C-00-01
      subscribers:
        - {numbers: 100-101, type: ip-hfa, licenses: [ip, voicemail]}
        - {numbers: 102, type: sip, licenses: [ip]}
      trunks: [{name: itsp-1, kind: itsp, channels: 2}]
    north:
      model: X3
      role: slave
      subscribers:
        - {numbers: 200-201, type: up0, licenses: [tdm]}
        - {numbers: 202, type: analog, licenses: [tdm]}
      trunks: [{name: s2m-1, kind: s2m, channels: 2}]
    south:
      model: X3
      role: slave
      subscribers: [{numbers: 300-301, type: ip-hfa, licenses: [ip, voicemail]}]
      trunks: [{name: itsp-2, kind: itsp, channels: 2}]
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-south: {bandwidth: 20 Mbit/s, latency: 8 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 5, tdm: 3, voicemail: 4, s2m: 2, itsp: 4, gate-view: 1, networking: 2}
    LAC-2: {base: 1, ip: 1, networking: 1}
timeline: []
"""

VIRTUAL_SAMPLE = SAMPLE.replace(
    "locking_id: 00-1A-E8-4C-00-01",
    "virtual: {host_name: hq, ip_address: 10.0.0.1, default_gateway: 10.0.0.254,"
    " dns_server: 10.0.0.53, time_zone: Europe/Berlin}",
)

STANDALONE_NORTH = SAMPLE.replace("role: slave", "role: standalone", 1)
SEPARATE = SAMPLE.replace("role: slave", "role: standalone").replace(
    "role: master", "role: standalone"
)


class Systems(Branches):
    """Running systems, with what their owner knows of them."""

    def locking_id(self, node: str) -> str:
        """The Locking ID of a node."""
        return self.net.world.installation.locking_id(node)

    def address(self, node: str) -> str:
        """The network address of a node."""
        return self.net.world.installation.node_settings(node).address

    async def all_states(self) -> list[NodeState]:
        """The license status of each node of the sample."""
        return [await self.state(node) for node in NODES]

    async def newly_installed(self, host: str, program: str = NODE_PROGRAM) -> None:
        """A program begins anew with an empty disk, as it comes from the factory."""

        def wipe(directory: Path) -> None:
            shutil.rmtree(directory)
            directory.mkdir()

        await self.damage(host, wipe, program)


@asynccontextmanager
async def running(text: str) -> AsyncIterator[Systems]:
    """The systems of a scenario, installed and connected; nothing is activated."""
    entries: list[Entry] = []
    async with Internetwork(parse_scenario(text), readers=[entries.append]) as net:
        yield Systems(net, entries)
