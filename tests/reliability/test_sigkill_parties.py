"""A real node in its failover period and a real license server, killed again and again.

As often as `test_sigkill` kills the central CLA, at moments that follow from a seed.
"""

import asyncio
import contextlib
import json
import random  # noqa: TID251 - seeded: the same moments in every run
import sqlite3
import time  # noqa: TID251 - accelerated time is compared with real time
from contextlib import closing
from pathlib import Path

import pytest
from agency import THIRTY_DAYS_S
from asking import AskingAgent
from callers import Office, kill, killable, until_answering
from machine import free_port
from programs import Program, join, slave
from test_sigkill import KILLS

from license_server.administration import ORDER_PATH, OrderedLac, PlaceOrder
from licensing.errors import LicensingError
from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.words import NodeState
from nodes.administration import State
from runtime.http import client

real = pytest.mark.asyncio(loop_factories=["real"])

RATE = 1000
MONDAY_NS = 1_772_438_400 * NS_PER_SECOND


@real
async def test_a_failover_period_never_grows_however_often_its_node_is_killed(
    tmp_path: Path,
) -> None:
    """While it starts, while it dials, at rest: its end is never later than it said before."""
    origin_ns = time.monotonic_ns()
    times = {"rate": RATE, "origin": origin_ns, "epoch": MONDAY_NS}
    office = Office(tmp_path, **times)
    node = slave(tmp_path, free_port(), **times)
    async with killable(node):
        async with office.open():
            await until_answering(node)
            await office.license({"base": 1, "networking": 1}, [])
            await join(node, office.program, f"127.0.0.1:{office.port}")
            await until(node, NodeState.REGULAR)
        await until(node, NodeState.FAILOVER)

    def now_ns() -> int:
        return (time.monotonic_ns() - origin_ns) * RATE

    dice, latest_ns, seen = random.Random("kills"), now_ns() + 30 * DAY_NS, 0
    for _ in range(KILLS):
        async with killable(node) as process:
            if dice.random() < 0.5:
                await until_answering(node)
                asked_ns = now_ns()
                state = await node.ask("/v1/state", State)
                answered_ns = now_ns()
                assert (state.state, state.rest_s is None) == (NodeState.FAILOVER, False)
                assert asked_ns + state.rest_s * NS_PER_SECOND <= latest_ns
                latest_ns = min(latest_ns, answered_ns + (state.rest_s + 1) * NS_PER_SECOND)
                seen += 1
            await asyncio.sleep(dice.uniform(0, 0.5))
            await kill(process)
    assert seen > KILLS / 4
    assert "Traceback" not in node.log.read_text()


async def until(node: Program, state: NodeState) -> None:
    """Wait for a state of the node."""
    async with asyncio.timeout(30):
        while (await node.ask("/v1/state", State)).state is not state:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


class Buyer:
    """Orders and activates for one system, one LAC after the other, until it has each file."""

    def __init__(self, number: int, server: Program, port: int) -> None:
        self._agent = AskingAgent(f"00-1A-E8-4C-01-{number:02X}")
        self._server = server
        self._base = f"http://127.0.0.1:{port}"
        self._lac = ""
        self.files: dict[str, str] = {}

    async def live(self) -> None:
        """For ever, whether or not the server is there."""
        while True:
            with contextlib.suppress(LicensingError):
                while True:
                    await self.buy()
            await asyncio.sleep(0.01)

    async def buy(self) -> None:
        """One LAC and its file; what was not answered is asked again."""
        if not self._lac:
            order = PlaceOrder(licenses={"base": 1}, failover_period_s=THIRTY_DAYS_S)
            self._lac = (await self._server.tell(ORDER_PATH, order, OrderedLac)).lac
        async with client() as http:
            self.files[self._lac] = await self._agent.activate(http, self._base, self._lac)
        self._lac = ""


@real
async def test_a_license_server_that_is_killed_keeps_every_file_that_it_handed_out(
    tmp_path: Path,
) -> None:
    """Byte for byte, each under its own serial, and no serial is skipped."""
    port = free_port()
    settings = {"address": "127.0.0.1", "port": port}
    server = Program("license_server", tmp_path / "cls", settings)
    buyers = [Buyer(number, server, port) for number in range(4)]
    dice = random.Random("kills")
    async with asyncio.TaskGroup() as tasks:
        lives = [tasks.create_task(buyer.live()) for buyer in buyers]
        for _ in range(KILLS):
            async with killable(server) as process:
                await until_answering(server)
                await asyncio.sleep(dice.uniform(0.05, 0.4))
                await kill(process)
            check(tmp_path / "cls" / "state" / "cls.db", buyers)
        for life in lives:
            life.cancel()
    count = sum(len(buyer.files) for buyer in buyers)
    print(f"{KILLS} kills, {count} files")
    assert count > KILLS
    assert "Traceback" not in server.log.read_text()


def check(path: Path, buyers: list[Buyer]) -> None:
    """What is on the disk, against what was handed out."""
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT serial, document FROM files ORDER BY serial").fetchall()
        audited = database.execute("SELECT fact FROM audit ORDER BY number")
        facts = [json.loads(fact) for (lines,) in audited for fact in lines.splitlines()]
    assert [serial for serial, _ in rows] == list(range(1, len(rows) + 1))
    documents = [document for _, document in rows]
    handed_out = [document for buyer in buyers for document in buyer.files.values()]
    assert set(handed_out) <= set(documents)
    issued = [
        f["serial"] for f in facts if f["event"] == "license-file-issued" and not f["repeated"]
    ]
    assert issued == [serial for serial, _ in rows]
