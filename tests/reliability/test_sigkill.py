"""A real central CLA, killed at random moments under load, again and again.

16 kills by default; `INTERNETSIM_KILLS=200 pytest tests/reliability/test_sigkill.py` for more. The
moments follow from a seed, what they hit does not: the points in between are `test_crash_points`.
"""

import asyncio
import contextlib
import os
import random  # noqa: TID251 - seeded: the same moments in every run
from pathlib import Path

import aiohttp
import pytest
from agency import Refused, Session, seats
from books import Books
from callers import VENDOR, Caller, Office

from licensing.messages import Demand, from_agent

KILLS = int(os.environ.get("INTERNETSIM_KILLS", "16"))
LICENSES = {"base": 1, "ip": 10, "itsp": 5, "networking": 4}
HOLDERS = [(str(number), "ip") for number in range(200, 206)] + [("trunk", "itsp")]

real = pytest.mark.asyncio(loop_factories=["real"])


class Customer:
    """A node that wants and gives back at random, and sends again what was not answered."""

    def __init__(self, name: str, port: int) -> None:
        self.caller = Caller(name, port)
        self.dice = random.Random(name)
        self.answers: dict[str, bytes] = {}
        self.held: set[tuple[str, str]] = set()
        self.unanswered: Demand | None = None

    async def live(self) -> None:
        """For ever, whether or not the CLA is there."""
        while True:
            with contextlib.suppress(Refused, aiohttp.ClientError, OSError):
                async with self.caller.session() as session:
                    while True:
                        await self.change(session)
            await asyncio.sleep(0.01)

    async def change(self, session: Session) -> None:
        """One demand, answered; sometimes an older one again, which must be answered as before."""
        demand = self.unanswered = self.unanswered or self._next()
        answer = await self._ask(session, demand)
        decision = from_agent(answer)
        self.caller.remember(decision.lease)
        granted = {(seat.holder, seat.license) for seat in decision.granted}
        released = {(seat.holder, seat.license) for seat in demand.releases}
        self.held = (self.held | granted) - released
        self.answers[demand.request_id], self.unanswered = answer, None
        if self.dice.random() < 0.2:
            assert await self._ask(session, demand) == answer

    async def _ask(self, session: Session, demand: Demand) -> bytes:
        await session.send(demand)
        frame = await session.socket.receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise Refused("gone")
        return frame.data.encode()

    def _next(self) -> Demand:
        choice = self.dice.choice(HOLDERS)
        wants = [] if choice in self.held else seats(choice)
        return Demand(
            request_id=f"r{len(self.answers)}",
            lease_id="",
            wants=wants,
            releases=[] if wants else seats(choice),
        )


@real
async def test_a_cla_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    """Each time its database tells one story, in which every answer stands byte for byte."""
    office = Office(tmp_path)
    customers = [Customer(f"node-{number}", office.port) for number in range(4)]
    dice = random.Random("kills")
    async with office.open():
        await office.license(LICENSES, [customer.caller for customer in customers])
    async with asyncio.TaskGroup() as tasks:
        lives = [tasks.create_task(customer.live()) for customer in customers]
        for _ in range(KILLS):
            async with office.open() as process:
                await asyncio.sleep(dice.uniform(0.05, 0.4))
                answers = [(c.caller.name, dict(c.answers)) for c in customers]
                process.kill()
                await process.wait()
            check(office, answers)
        for life in lives:
            life.cancel()
    async with office.open():
        for customer in customers:
            async with customer.caller.session() as session:
                await customer.change(session)
    books = check(office, [(c.caller.name, c.answers) for c in customers])
    for customer in customers:
        seats_held = sum(key == "ip" for _, key in customer.held)
        assert books.held[customer.caller.name]["ip"] == seats_held
    count = sum(len(customer.answers) for customer in customers)
    print(f"{KILLS} kills, {count} demands answered, {len(books.audited)} decided")
    assert count > KILLS


def check(office: Office, answers: list[tuple[str, dict[str, bytes]]]) -> Books:
    """What is on the disk, which knows every answer that anybody got."""
    books = Books(office.database, VENDOR.verification_key.text)
    for name, of_node in answers:
        for request_id, answer in of_node.items():
            books.check_answer((name, request_id), answer)
    return books
