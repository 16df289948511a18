"""The agent's one way to the host's clocks; where the wall clock was set back, the program ends."""

import asyncio

from licensing.errors import LicensingError
from licensing.events import AgentClockJumpedForward
from master_cla.agent_clock import AgentClock
from master_cla.store import Store
from runtime.host import Host


class Timekeeper:
    """Reads the clocks at every message and operation, and keeps the clock mark stored (F11)."""

    def __init__(self, host: Host, store: Store, clock: AgentClock) -> None:
        self._host = host
        self._store = store
        self._clock = clock
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Ends with the `agent-clock-set-back` that ends the program."""

    @property
    def latest_wall_ns(self) -> int:
        """The latest wall time that was ever seen: setting the clock back revives no license."""
        return self._clock.latest_wall_ns

    def now(self) -> int:
        """Agent time; raises `agent-clock-set-back`."""
        now = self._read()
        if by_ns := self._clock.jumped_by_ns(now):
            self._store.save_clock_mark(self._clock.mark(now))
            self._host.journal.record(AgentClockJumpedForward(by_ns=by_ns))
        return now

    def save_mark(self) -> None:
        """Store the mark within a transaction."""
        self._store.save_clock_mark(self._clock.mark(self._read()))

    def _read(self) -> int:
        try:
            return self._clock.read(self._host.clock.monotonic_ns(), self._host.clock.wall_ns())
        except LicensingError as error:
            if not self.stopped.done():
                self.stopped.set_exception(error)
            raise
