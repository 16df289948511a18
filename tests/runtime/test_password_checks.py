"""Hashing beside the event loop, and the addresses from which an account has signed in."""

import asyncio
import os
import signal
import sqlite3
import threading  # noqa: TID251 - which thread does the work is what is tested
from contextlib import closing, suppress

import pytest

from runtime import known_addresses, password_checks, passwords, scrypt
from runtime.known_addresses import MOST_ADDRESSES, KnownAddresses

SALT = bytes(range(16))
KEPT = passwords.hashed("correct horse", SALT)
CHEAP = (
    "scrypt$2$8$1$AAAAAAAAAAAAAAAAAAAAAA==$"
    "R1+0Db0Q4DO258BIscsE7iJo1Puk2i/85TVToDa28UyzRAlkdFvP+MbiFB3stPzX3drSNmRJsspwxjPl2BjqOQ=="
)
"""The same password, at a cost that is none."""
ENDLESS = CHEAP.replace("$2$8$1$", "$16384$8$1000$")
"""At a cost that takes half a minute."""
real = pytest.mark.asyncio(loop_factories=["real"])


@pytest.fixture(autouse=True)
def _real_cost(monkeypatch, hashing_cost):
    """Here hashing takes as long as in the product."""
    monkeypatch.setattr(passwords, "COST", hashing_cost)


@real
@pytest.mark.parametrize("known", [True, False])
async def test_the_loop_goes_on_while_a_password_is_checked(known):
    """At the real cost: a request that comes meanwhile is answered."""
    check = asyncio.ensure_future(password_checks.matches("correct horse", KEPT, known=known))
    rounds = 0
    while not check.done():
        await asyncio.sleep(0.001)
        rounds += 1
    assert await check
    assert rounds > 10
    assert await password_checks.hashed("correct horse", SALT) == KEPT


@real
async def test_few_passwords_are_checked_at_a_time(monkeypatch):
    """One of strangers, one of others: neither memory nor cores are for whoever asks most."""
    at_work: set[int] = set()
    together: list[int] = []

    def check(*_: object, **__: object) -> bool:
        at_work.add(threading.get_ident())
        together.append(len(at_work))
        threading.Event().wait(0.001)
        at_work.remove(threading.get_ident())
        return True

    monkeypatch.setattr(passwords, "matches", check)
    many = [password_checks.matches("guess", KEPT, known=number < 50) for number in range(100)]
    assert all(await asyncio.gather(*many))
    assert max(together) == 2


@real
async def test_a_strangers_check_steps_back(monkeypatch):
    """Behind the loop; behind whoever is known also in its middle; the next one has more again."""
    monkeypatch.setattr(scrypt, "scrypt", lambda *_: bytes(64))  # for processes that are killed
    behind = min(password_checks.LAST, os.nice(0) + scrypt.BEHIND)
    stranger = asyncio.ensure_future(password_checks.matches("guess", ENDLESS, known=False))
    process = await process_of_niceness(behind)
    known = asyncio.ensure_future(password_checks.matches("correct horse", CHEAP, known=True))
    assert await process_of_niceness(password_checks.LAST) == process
    assert await known
    os.kill(process, signal.SIGKILL)
    assert not await stranger

    another = asyncio.ensure_future(password_checks.matches("guess", ENDLESS, known=False))
    process = await process_of_niceness(behind)
    os.kill(process, signal.SIGKILL)
    assert not await another


async def process_of_niceness(niceness: int) -> int:
    """The number of the process that checks for a stranger, as soon as it has this niceness."""
    async with asyncio.timeout(10):
        while True:
            await asyncio.sleep(0.001)
            process = password_checks._STRANGERS._process
            with suppress(AttributeError, ProcessLookupError):
                if os.getpriority(os.PRIO_PROCESS, process.pid) == niceness:
                    return process.pid


@real
@pytest.mark.parametrize("command", ["no-such-program", "false"])
async def test_where_there_can_be_no_process_a_password_is_checked_all_the_same(
    monkeypatch, command
):
    """Whether none can begin, or it ends before it has hashed."""
    monkeypatch.setattr(password_checks, "_COMMAND", [command])
    assert await password_checks.matches("correct horse", CHEAP, known=False)
    assert not await password_checks.matches("guess", CHEAP, known=False)


async def test_a_simulated_world_checks_at_once(monkeypatch):
    """No thread has a place in its order."""
    at_work: set[int] = set()
    monkeypatch.setattr(passwords, "matches", lambda *_: at_work.add(threading.get_ident()) or True)
    assert await password_checks.matches("guess", KEPT, known=False)
    assert at_work == {threading.get_ident()}


def test_addresses_are_known_again_after_a_restart(tmp_path):
    """They are on disk; of each account the newest, and none of another's."""
    path = tmp_path / "accounts.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(known_addresses.SCHEMA)
        known = KnownAddresses(database)
        for number in range(MOST_ADDRESSES + 1):
            known.add("A", f"10.0.0.{number}")
        known.add("A", "10.0.0.5")
        known.add("B", "1.1.1.1")
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        known = KnownAddresses(database)
        assert not known.has("A", "10.0.0.0")
        assert all(known.has("A", f"10.0.0.{number}") for number in range(1, MOST_ADDRESSES + 1))
        assert not known.has("A", "1.1.1.1")
        assert known.has("B", "1.1.1.1")


def test_a_disk_that_is_full_keeps_nobody_out():
    """What cannot be kept is not known the next time, and that is all."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(known_addresses.SCHEMA)
        database.execute("PRAGMA query_only = ON")
        known = KnownAddresses(database)
        known.add("A", "1.1.1.1")
        assert not known.has("A", "1.1.1.1")
