"""Passwords are hashed beside the event loop, a few at a time: nobody else waits for a guess.

For a known address a thread does it, as hashing lets go of the interpreter. For strangers it is a
process that stands behind all others; a thread behind all others would now and then have the
interpreter while it waits for a processor, and nothing would go on. A simulated world's loop does
all at once, as it does all jobs of executors.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor  # noqa: TID251 - beside the loop
from contextlib import contextmanager, suppress
from typing import TypeVar

from runtime import passwords, scrypt

LAST = 19
"""The niceness of a stranger's check beside one for a known address: it lets that pass.

With it from its beginning a check would take half a minute on a busy computer.
"""
_COMMAND = (sys.executable, "-I", "-S", scrypt.__file__)
Result = TypeVar("Result")


async def hashed(password: str, salt: bytes) -> str:
    """As `passwords.hashed`, beside the loop."""
    with _STRANGERS.last():
        return await _beside(_OWN, passwords.hashed, password, salt)


async def matches(password: str, kept: str | None, *, known: bool) -> bool:
    """As `passwords.matches`, beside the loop; `known` is whether the address is (`SignInGate`)."""
    if not known:
        return await _beside(_STRANGERS, passwords.matches, password, kept)
    with _STRANGERS.last():
        return await _beside(_OWN, passwords.matches, password, kept)


async def _beside(
    threads: ThreadPoolExecutor, job: Callable[..., Result], *arguments: object
) -> Result:
    return await asyncio.get_running_loop().run_in_executor(threads, job, *arguments)


class _Strangers(ThreadPoolExecutor):
    """One check after another, each hashed in a new process: rank can be given up, not taken."""

    def __init__(self) -> None:
        super().__init__(1, "hashing-for-strangers")
        self._known = 0
        self._process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def last(self) -> Iterator[None]:
        """While somebody known is checked."""
        self._known += 1
        self._rank()
        try:
            yield
        finally:
            self._known -= 1

    def submit(
        self, job: Callable[..., Result], /, *arguments: object, **named: object
    ) -> Future[Result]:
        """As every executor's; the job gets what it hashes with as `scrypt`."""
        return super().submit(job, *arguments, **named, scrypt=self._scrypt)

    def _scrypt(self, secret: bytes, salt: bytes, cost: scrypt.ScryptCost) -> bytes:
        digest = b""
        with suppress(OSError):
            digest = self._from_process(salt + secret, cost)
        # Nobody is kept out where there can be no process.
        return digest if len(digest) == scrypt.DIGEST_BYTES else scrypt.scrypt(secret, salt, cost)

    def _from_process(self, given: bytes, cost: scrypt.ScryptCost) -> bytes:
        with subprocess.Popen(  # noqa: S603 - our own words
            [*_COMMAND, *map(str, cost)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=0,  # keys of a terminal are for the program
        ) as self._process:
            self._rank()
            return self._process.communicate(given)[0]

    def _rank(self) -> None:
        process = self._process
        if self._known and process is not None and process.poll() is None:
            with suppress(OSError):  # it has ended just now, or a sandbox forbids it
                os.setpriority(os.PRIO_PROCESS, process.pid, LAST)


_OWN = ThreadPoolExecutor(1, "hashing")
_STRANGERS = _Strangers()
