"""Passwords are hashed beside the event loop, a few at a time: nobody else waits for a guess.

Threads do it, for hashing lets go of the interpreter. Whoever comes from a known address has
a thread of its own, so that guesses of strangers are never in the way; theirs steps back behind all
others, first the loop's. A simulated world's loop does it at once, like all jobs of executors.
"""

import asyncio
import os
import threading  # noqa: TID251 - a thread's number, by which the system ranks it
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from runtime import passwords

_NICENESS = 10
Result = TypeVar("Result")


async def hashed(password: str, salt: bytes) -> str:
    """As `passwords.hashed`, beside the loop."""
    return await _beside(_OWN, passwords.hashed, password, salt)


async def matches(password: str, kept: str | None, *, known: bool) -> bool:
    """As `passwords.matches`, beside the loop; `known` is whether the address is (`SignInGate`)."""
    return await _beside(_OWN if known else _STRANGERS, passwords.matches, password, kept)


async def _beside(
    threads: ThreadPoolExecutor, job: Callable[..., Result], *arguments: object
) -> Result:
    return await asyncio.get_running_loop().run_in_executor(threads, job, *arguments)


def _step_back() -> None:
    """On Linux each thread has its own niceness."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)


_OWN = ThreadPoolExecutor(1, "hashing")
_STRANGERS = ThreadPoolExecutor(1, "hashing-for-strangers", _step_back)
