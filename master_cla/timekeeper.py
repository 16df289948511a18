"""The agent's one way to the host's clocks; where the wall clock was set back, the service ends.

Nothing is written here but within a transaction of the one writer, so that a clock mark that cannot
be stored ends the program as any other change does, and a jump is stated with its mark or never.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from licensing.errors import LicensingError
from licensing.events import AgentClockJumpedForward, AgentFact
from master_cla.agent_time import AgentClock
from master_cla.store.store import ClaStore
from runtime.host import Host


class Timekeeper:
    """Reads the clocks at every message and operation, and keeps the clock mark stored (F11).

    `note_fact` is given the facts that are journaled after the transaction.
    """

    def __init__(
        self, host: Host, store: ClaStore, clock: AgentClock, note_fact: Callable[[AgentFact], None]
    ) -> None:
        self._machine_clock = host.clock
        self._store = store
        self._clock = clock
        self._note_fact = note_fact
        self.stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Ends with the `agent-clock-set-back` that ends the service."""

    @property
    def latest_wall_ns(self) -> int:
        """The latest wall time that was ever seen: setting the clock back revives no license."""
        return self._clock.latest_wall_ns

    def now_ns(self) -> int:
        """Agent time in ns; raises `agent-clock-set-back`."""
        try:
            machine = self._machine_clock
            return self._clock.read(machine.monotonic_ns(), machine.wall_ns())
        except LicensingError as error:
            if not self.stopped.done():
                self.stopped.set_exception(error)
            raise

    def will_ask(self, license_server: str) -> None:
        """Within a transaction: a CLA that its clock stops asks there for the time."""
        memory = self._store.license_server
        if memory.address != license_server:
            self._store.license_server = replace(memory, address=license_server)

    def jumped(self, now_ns: int) -> bool:
        """Whether the wall clock went ahead, so that `save_mark` is due at once."""
        return self._clock.jumped_by_ns(now_ns) > 0

    def save_mark(self, now_ns: int) -> None:
        """Within a transaction: store the mark at agent time `now_ns`, a jump stated before it."""
        by_ns = self._clock.jumped_by_ns(now_ns)
        self._store.save_clock_mark(self._clock.mark(now_ns))
        if by_ns:
            self._note_fact(AgentClockJumpedForward(by_ns=by_ns))
