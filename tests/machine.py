"""A machine for tests: a `Host` whose clock is set by hand and whose dice follow from a seed."""

import asyncio
import random  # noqa: TID251 - seeded: every run of a test draws the same
import socket
from pathlib import Path

from licensing.events import Event, Fact
from licensing.policies import DAY_NS, NS_PER_SECOND
from runtime.host import Host

MONDAY_NS = 1_772_438_400 * NS_PER_SECOND
"""2026-03-02 08:00 UTC."""

_keepers: list[socket.socket] = []

LOCKING_ID = "00-1A-E8-4C-00-01"
OTHER_LOCKING_ID = "00-1A-E8-4C-00-02"


class SettableClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_ns = MONDAY_NS
        self._booted_ns = MONDAY_NS

    def monotonic_ns(self) -> int:
        """Nanoseconds that the machine has run."""
        return self.now_ns - self._booted_ns

    def wall_ns(self) -> int:
        """UTC since 1970, in nanoseconds."""
        return self.now_ns

    def pass_days(self, days: float) -> None:
        """Let time go by."""
        self.now_ns += int(days * DAY_NS)

    def step(self, by_ns: int) -> None:
        """Somebody sets the wall clock; the running clock does not notice."""
        self.now_ns += by_ns
        self._booted_ns += by_ns

    def boot(self) -> None:
        """The machine starts again: the running clock begins at 0."""
        self._booted_ns = self.now_ns


class SeededDice:
    """The same draws in every run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)

    def token(self, size: int) -> bytes:
        """So many random bytes."""
        return self._random.randbytes(size)

    def uniform(self, low: float, high: float) -> float:
        """A number between the two."""
        return self._random.uniform(low, high)


class FactList:
    """A journal that a test reads, and in which it can wait for a fact."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self._news = asyncio.Event()

    def record(self, *facts: Fact) -> None:
        """Keep facts, in the order in which they come."""
        self.facts.extend(facts)
        self._news.set()

    async def next(self, kind: type[Event]) -> None:
        """Wait for a fact of this kind that is not recorded yet."""
        seen = len(self.facts)
        while not any(isinstance(fact, kind) for fact in self.facts[seen:]):
            self._news.clear()
            await self._news.wait()


class Machine:
    """A host together with the parts of it that a test moves and reads."""

    def __init__(self, directory: Path, seed: int = 1) -> None:
        self.clock = SettableClock()
        self.dice = SeededDice(seed)
        self.journal = FactList()
        self.host = Host(
            name="machine",
            locking_id=LOCKING_ID,
            directory=directory,
            clock=self.clock,
            dice=self.dice,
            journal=self.journal,
        )

    @property
    def facts(self) -> list[Fact]:
        """What the host's program has stated so far."""
        return self.journal.facts


def free_port() -> int:
    """A TCP port of 127.0.0.1 that only the caller's programs bind, until this process ends.

    Nobody listens on it. A bound socket keeps it: no `bind` to port 0 and no dial of anybody gets
    it, while a server with SO_REUSEADDR, as asyncio makes all of them, may still listen.
    """
    keeper = socket.socket()
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeper.bind(("127.0.0.1", 0))
    _keepers.append(keeper)
    return int(keeper.getsockname()[1])
