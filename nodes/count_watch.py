"""Follows what the CLA on this host counts of its nodes, while somebody looks on.

Nothing is kept of it: whoever shows it asks the CLA (`nodes.activation`), and learns here when.
"""

import asyncio
import contextlib
from collections.abc import Iterator

from licensing.enrolment import NodesSeen
from licensing.errors import LicensingError
from nodes.activation import Activation
from nodes.failover.status import LicenseStatus

CALM_S = 0.25
"""Changes within this time are one: a thousand nodes may come back at once."""
AGAIN_S = 300.0
"""A CLA that did not answer is asked again after this time, or when our own status is news."""


class CountWatch:
    """Tells the watchers of `status` when the CLA counts something else."""

    def __init__(self, activation: Activation, status: LicenseStatus) -> None:
        self._activation = activation
        self._status = status
        self._watchers = 0
        self._watched = asyncio.Event()

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Somebody looks on for the time of the block."""
        self._watchers += 1
        self._watched.set()
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._watched.clear()

    async def run(self) -> None:
        """Follow it for ever; the CLA is asked nothing while nobody looks on."""
        seen = NodesSeen()
        while True:
            await self._watched.wait()
            seen = await self._following(seen)

    async def _following(self, seen: NodesSeen) -> NodesSeen:
        try:
            nodes = await self._activation.nodes_changed(seen)
        except LicensingError:
            await self._wait_for_another_moment()
            return NodesSeen()
        self._status.tell_watchers()
        await asyncio.sleep(CALM_S)
        return NodesSeen(version=nodes.version)

    async def _wait_for_another_moment(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(AGAIN_S):
                await self._status.news.wait()
