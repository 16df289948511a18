"""How often what the CLA counts of its nodes has changed: for whoever shows it, and waits for more.

Nothing is decided here, and nothing kept: after a restart everything counts as changed.
"""

import asyncio
import contextlib

LONGEST_QUIET_S = 3 * 3600.0
"""Then whoever waits learns that nothing has changed, and how much time has passed."""


class Changes:
    """Counts from `began_ns` on, the agent time of the start: no two starts say the same."""

    def __init__(self, began_ns: int) -> None:
        self.version = began_ns
        self._next = asyncio.Event()

    def note(self) -> None:
        """Something is other than before."""
        self.version += 1
        self._next.set()
        self._next = asyncio.Event()

    async def after(self, version: int) -> None:
        """Wait until there is another than `version`, or for `LONGEST_QUIET_S`."""
        if self.version == version:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_QUIET_S):
                    await self._next.wait()
