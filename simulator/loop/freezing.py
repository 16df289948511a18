"""What happens to a frozen program's callbacks: nothing, until it is thawed.

As after SIGSTOP the program does not know of it: its clock runs on, and what fell due meanwhile
runs at its thaw, in the order in which it fell due. Never here: a callback that is lost.
"""

import asyncio
from collections import deque

from simulator.loop.timers import host_of_handle
from simulator.network.incarnation import Incarnation

Handles = deque[asyncio.Handle]
"""The loop's own handles, in the order in which they are to run."""


class Freezer:
    """The frozen programs, and what is put aside for each."""

    def __init__(self) -> None:
        self.frozen: dict[Incarnation, Handles] = {}

    def freeze(self, incarnation: Incarnation) -> None:
        """From the next callback on nothing of it runs."""
        self.frozen.setdefault(incarnation, deque())

    def thaw(self, incarnation: Incarnation) -> Handles:
        """What is to be run now; nothing where it was not frozen."""
        return self.frozen.pop(incarnation, deque())

    def puts_aside(self, handle: asyncio.Handle) -> bool:
        """Whether the handle waits for a thaw, and is kept here until then."""
        owner = host_of_handle(handle)
        if owner is None or owner not in self.frozen:
            return False
        self.frozen[owner].append(handle)
        return True
