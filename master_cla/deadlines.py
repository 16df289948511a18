"""What the CLA does at an instant and not because of a message: silences, holds, savings.

A failure here frees no seat and ends no session too early, so it does not end the program: it is
reported, and tried again. A CLA that wakes up long after what was due stood still, as a stopped
process or a suspended computer does, and does not know what it has missed: that opens a recovery
window, as a start does (A10). A stall in which nothing fell due missed nothing.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection

from licensing.errors import LicensingError
from licensing.policies import MICROSECOND_NS, NS_PER_SECOND, TIMING
from master_cla.holds import Holds
from master_cla.ledger import Ledger
from master_cla.writer import Writer

_NEVER_NS = 1 << 62


class Deadlines:
    """Sleeps until the earliest of them.

    `now_ns` is agent time, `connected` the names of the nodes with a session as it changes, `drop`
    ends the session of one.
    """

    def __init__(
        self,
        ledger: Ledger,
        writer: Writer,
        now_ns: Callable[[], int],
        connected: Collection[str],
        drop: Callable[[str], None],
    ) -> None:
        self._ledger = ledger
        self._holds = Holds(ledger)
        self._writer = writer
        self._now_ns = now_ns
        self._connected = connected
        self._drop = drop
        self._changed = asyncio.Event()
        self._next_save_ns = now_ns() + TIMING.last_good_write_ns
        self._looked_ns = now_ns()
        self._earliest_end = (_NEVER_NS, -1)
        """With the state of the books under which it was found."""
        self._next_move_ns: int | None = None
        """The date at which the ledger is to move seats (F14)."""

    def sessions_changed(self) -> None:
        """Look again: the earliest may be another one now."""
        self._changed.set()

    async def keep(self) -> None:
        """End silent sessions and the holds of cut-off nodes at their instants, endlessly."""
        while True:
            self._changed.clear()
            # What was due at the last look is done, or failed: it makes no later one late.
            due_ns = max(self._next_due_ns(), self._looked_ns)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout((due_ns - self._now_ns()) / NS_PER_SECOND):
                    await self._changed.wait()
            self._looked_ns = now_ns = self._now_ns()
            try:
                self._end_silent_sessions(now_ns + MICROSECOND_NS)
                await self._notice_stall(due_ns, now_ns)
                await self._attend(now_ns + MICROSECOND_NS)
            except LicensingError:
                raise
            except Exception as error:  # noqa: BLE001 - a fault in one hold must not stop all nodes
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "a deadline was missed, and is tried again", "exception": error}
                )
                self._looked_ns += TIMING.answer_ns
                await asyncio.sleep(TIMING.answer_ns / NS_PER_SECOND)

    def _end_silent_sessions(self, now_ns: int) -> None:
        members = self._ledger.members
        silent = [node for node in self._connected if members[node].silence_end_ns <= now_ns]
        for node in silent:
            self._drop(node)

    async def _notice_stall(self, due_ns: int, now_ns: int) -> None:
        if now_ns - due_ns > TIMING.clock_slack_ns:
            await self._writer.commit(lambda: self._holds.begin_recovery_window(now_ns))

    async def _attend(self, now_ns: int) -> None:
        if self._earliest_end_ns(now_ns) <= now_ns:
            await self._writer.commit(lambda: self._holds.end(now_ns))
        if self._seats_end_soon():
            await self._writer.commit(self._ledger.prolong_seats)
        if self._next_save_ns <= now_ns:
            self._next_save_ns = now_ns + TIMING.last_good_write_ns
            # Of all, not only of the connected: with them the clock mark is stored, and time that
            # is not marked counts as switched off after a kill.
            members = self._ledger.members.values()
            await self._writer.commit(lambda: self._ledger.save_members(members))

    def _next_due_ns(self) -> int:
        silent = (self._ledger.members[node].silence_end_ns for node in self._connected)
        dues = [self._next_save_ns, *silent, self._earliest_end_ns(self._looked_ns)]
        if self._looked_ns < self._ledger.reclaim_not_before_ns:
            dues.append(self._looked_ns + TIMING.clock_slack_ns)  # no stall may use up the window
        if (date_ns := self._ledger.pool.ends.next_change_ns()) is not None:
            # The date may stand still: it is the latest that the clock has shown.
            dues.append(self._looked_ns + max(date_ns - self._ledger.wall_ns, TIMING.answer_ns))
        return min(dues)

    def _seats_end_soon(self) -> bool:
        due_ns, self._next_move_ns = self._next_move_ns, self._ledger.pool.ends.next_change_ns()
        return due_ns is not None and due_ns <= self._ledger.wall_ns

    def _earliest_end_ns(self, now_ns: int) -> int:
        """When a hold or a period ends at the earliest; not later, for contacts put it off.

        Looked for anew when the books have changed, and when it has come.
        """
        earliest_ns, changes = self._earliest_end
        if changes != self._ledger.changes or earliest_ns <= now_ns:
            absences = map(self._ledger.absence, self._ledger.members.values())
            ends = (absence.next_ns for absence in absences)
            earliest_ns = min((end for end in ends if end is not None), default=_NEVER_NS)
            self._earliest_end = earliest_ns, self._ledger.changes
        return earliest_ns
