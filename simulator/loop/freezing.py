"""What happens to a frozen program's callbacks: nothing, until it is thawed.

As after SIGSTOP the program does not know of it: its clock runs on, and what fell due meanwhile
runs at its thaw, in the order in which it fell due. Its kernel goes on: it takes what arrives, and
acknowledges it. Never here: a callback that is lost.
"""

import asyncio
from collections import deque

from simulator.loop.timers import host_of_handle, is_of_the_kernel
from simulator.network.incarnation import Incarnation

Handles = deque[asyncio.Handle]
"""The loop's own handles, in the order in which they are to run."""


class Freezer:
    """The frozen programs of a loop, and what is put aside for each; `ready` is what runs next."""

    def __init__(self, ready: Handles) -> None:
        self.frozen: dict[Incarnation, Handles] = {}
        self._ready = ready

    def freeze(self, incarnation: Incarnation) -> None:
        """SIGSTOP: from the next callback on nothing of it runs, and it does not know it."""
        incarnation.frozen = True
        self.frozen.setdefault(incarnation, deque())

    def thaw(self, incarnation: Incarnation) -> None:
        """SIGCONT: what fell due meanwhile runs now, in order."""
        self._ready.extend(self.give_up(incarnation))

    def give_up(self, incarnation: Incarnation) -> Handles:
        """What was put aside for it and will not run; it is frozen no longer."""
        incarnation.frozen = False
        return self.frozen.pop(incarnation, deque())

    def puts_aside(self, handle: asyncio.Handle) -> bool:
        """Whether the handle waits for a thaw, and is kept here until then."""
        owner = host_of_handle(handle)
        if owner is None or owner not in self.frozen or is_of_the_kernel(handle):
            return False
        self.frozen[owner].append(handle)
        return True
