"""How many licenses are free, as the central CLA counts them: asked whenever somebody assigns.

The last answer is remembered, for the time in which the CLA cannot be asked; a restart forgets it.
"""

import asyncio
import contextlib
from datetime import datetime

import msgspec

from licensing.license_table import FreeLicense
from licensing.messages import CountFreeLicenses, FreeLicensesCounted
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.wall_time import utc_of
from nodes.cla_session.link import ClaLink
from runtime.host import Host

PATIENCE_NS = 2 * NS_PER_SECOND
"""So long a page waits for a CLA behind a slow line; then it shows what was last known."""


class FreeLicenses(Record):
    """Free licenses by license; what is not in the license file, and not stood in for, is left out.

    `counted_at` is when the central CLA counted them, None where it never did; `current` says
    whether that was just now.
    """

    licenses: dict[str, FreeLicense] = msgspec.field(default_factory=dict)
    counted_at: datetime | None = None
    current: bool = False


class FreeCount:
    """Asks over `link`."""

    def __init__(self, host: Host, link: ClaLink) -> None:
        self._host = host
        self._link = link
        self._known = FreeLicenses()
        self._number = 0
        self._told: asyncio.Future[FreeLicenses] | None = None
        self._silent = False
        """Whether somebody has waited for that in vain: then nobody else does."""

    async def ask(self) -> FreeLicenses:
        """What is free now, or what was when the CLA was last asked; waits for a moment only."""
        if not self._link.connected:
            return self._known
        waiting = self._told
        if waiting is None:
            self._number += 1
            self._silent = False
            waiting = self._told = asyncio.get_running_loop().create_future()
            await self._link.send(CountFreeLicenses(number=self._number))
        if not self._silent:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_NS / NS_PER_SECOND):
                    return await asyncio.shield(waiting)
            self._silent = True
        return self._known

    def told(self, counted: FreeLicensesCounted) -> None:
        """The CLA has answered; an answer to an earlier question says nothing."""
        if counted.number != self._number or self._told is None:
            return
        at = utc_of(self._host.clock.wall_ns())
        self._known = FreeLicenses(licenses=counted.licenses, counted_at=at)
        waiting, self._told = self._told, None
        if not waiting.done():
            waiting.set_result(msgspec.structs.replace(self._known, current=True))

    def disconnected(self) -> None:
        """Nobody will answer any more."""
        waiting, self._told = self._told, None
        if waiting and not waiting.done():
            waiting.set_result(self._known)

    def forget(self) -> None:
        """The node has left its CLA: what that had is nothing to us."""
        self._known = FreeLicenses()
