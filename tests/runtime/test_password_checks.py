"""Hashing beside the event loop, and the addresses from which an account has signed in."""

import asyncio
import sqlite3
import threading  # noqa: TID251 - which thread does the work is what is tested
from contextlib import closing

import pytest

from runtime import known_addresses, password_checks, passwords
from runtime.known_addresses import MOST_ADDRESSES, KnownAddresses

SALT = bytes(range(16))
KEPT = passwords.hashed("correct horse", SALT)
real = pytest.mark.asyncio(loop_factories=["real"])


@real
@pytest.mark.parametrize("known", [True, False])
async def test_the_loop_goes_on_while_a_password_is_checked(known):
    """At the real cost: a request that comes meanwhile is answered."""
    check = asyncio.ensure_future(password_checks.matches("correct horse", KEPT, known=known))
    rounds = 0
    while not check.done():
        await asyncio.sleep(0)
        rounds += 1
    assert await check
    assert rounds > 100
    assert await password_checks.hashed("correct horse", SALT) == KEPT


@real
async def test_few_passwords_are_checked_at_a_time(monkeypatch):
    """One of strangers, one of others: neither memory nor cores are for whoever asks most."""
    at_work: set[int] = set()
    monkeypatch.setattr(passwords, "matches", lambda *_: at_work.add(threading.get_ident()) or True)
    many = [password_checks.matches("guess", KEPT, known=number < 50) for number in range(100)]
    assert all(await asyncio.gather(*many))
    assert len(at_work) == 2
    assert threading.get_ident() not in at_work


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
