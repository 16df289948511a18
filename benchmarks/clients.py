"""Clients that ask the next question as soon as the last is answered, and what they got."""

import asyncio
import contextlib
import gc
import itertools
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
from time import perf_counter  # noqa: TID251 - real time is what is measured here

import aiohttp

from benchmarks.agency import Socket
from licensing.messages import Decision, Demand, Heartbeat, Seat, encode, from_agent

_BURST_S = 0.8

Questions = Iterator[str]
Dials = Callable[[aiohttp.ClientSession], list[Coroutine[None, None, Socket]]]


@dataclass
class Burst:
    """What some clients were answered in a stretch of time."""

    latencies_s: list[float]
    lasted_s: float

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies_s) / self.lasted_s

    def percentile(self, percent: int) -> float:
        """That many percent of the answers took no longer."""
        ordered = sorted(self.latencies_s)
        return ordered[math.ceil(len(ordered) * percent / 100) - 1]


@contextlib.asynccontextmanager
async def connected(dials: Dials) -> AsyncIterator[list[Socket]]:
    """What all these dials give, for the time of the block; it ends without a word, as in a cut."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)
    async with aiohttp.ClientSession(connector=connector) as client:
        sockets = await asyncio.gather(*dials(client))
        yield sockets


# What the clients ask.


def changes_of(prefix: str, stations: int = 1) -> Questions:
    """More stations are unlocked and given back, in turns."""
    seats = [Seat(holder=f"extra-{number}", license="ip") for number in range(stations)]
    for number in itertools.count():
        wants, releases = ([], seats) if number % 2 else (seats, [])
        yield _demand(f"{prefix}-{number}", wants, releases)


def unlocking(request_id: str, stations: int) -> str:
    """A demand for so many stations."""
    wants = [Seat(holder=str(100 + number), license="ip") for number in range(stations)]
    return _demand(request_id, wants, [])


def _demand(request_id: str, wants: list[Seat], releases: list[Seat]) -> str:
    demand = Demand(request_id=request_id, lease_id="", wants=wants, releases=releases)
    return encode(demand).decode()


def heartbeats() -> Questions:
    """Signs of life."""
    return (encode(Heartbeat(number=number, seq=1)).decode() for number in itertools.count())


# Asking.


async def ask_in_turn(sockets: list[Socket], questions: list[Questions]) -> Burst:
    """Each client asks one question after the other for `_BURST_S`."""
    gc.collect()
    latencies_s: list[float] = []
    began = perf_counter()
    asking = [
        _ask(socket, asked, began + _BURST_S, latencies_s)
        for socket, asked in zip(sockets, questions, strict=True)
    ]
    await asyncio.gather(*asking)
    return Burst(latencies_s, perf_counter() - began)


async def _ask(socket: Socket, asked: Questions, until_s: float, latencies_s: list[float]) -> None:
    while (began := perf_counter()) < until_s:
        await socket.send_str(next(asked))
        await socket.receive_str()
        latencies_s.append(perf_counter() - began)


async def ask_all(sockets: list[Socket], questions: list[str]) -> list[str]:
    """One question each; raises where a session has ended. The answers."""
    for socket, question in zip(sockets, questions, strict=True):
        await socket.send_str(question)
    return [await socket.receive_str() for socket in sockets]


async def check_last(sockets: list[Socket], demands: list[Questions]) -> None:
    """Speed counts only for decisions that were made: two more in a row, and one grants."""
    for _ in range(2):
        answers = await ask_all(sockets, [next(asked) for asked in demands])
        decisions = [from_agent(answer) for answer in answers]
        assert all(isinstance(decision, Decision) and decision.lease for decision in decisions)
