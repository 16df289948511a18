"""Time as the simulated network sees it, and the two instants that no run reaches.

Every instant is a whole number of nanoseconds since the start of the scenario. What a live run
prepares before it has negative ones.
"""

# ruff: noqa: ANN401 - a callback takes whatever it takes

import asyncio
import contextvars
from collections.abc import Callable
from typing import Any, Protocol

LONG_AGO_NS = -(1 << 62)
"""Before every instant of a run."""

NEVER_NS = 1 << 62
"""After every instant of a run."""


class VirtualTime(Protocol):
    """What the network needs of the loop that plays it."""

    def time_ns(self) -> int:
        """The instant that it is, in nanoseconds."""

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        """Run `callback` at this instant, after what is due already."""

    def call_at_ns(
        self,
        when_ns: int,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run `callback` at the instant `when_ns`, or now where that has passed."""

    def create_future(self) -> asyncio.Future[Any]:
        """A future of the loop, to be awaited on it."""
