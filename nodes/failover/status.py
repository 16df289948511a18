"""The license status at work: the failover machine with its clock, disk, journal and telephones.

Decisions are in `failover`; here they are written down first, then stated as facts, then shown.
"""

import asyncio
from collections.abc import Callable

from licensing.events import (
    ClockJumpedForward,
    ClockSetBack,
    DisplaysChanged,
    StateChanged,
    StateDamaged,
)
from licensing.lease import Lease
from licensing.policies import MICROSECOND_NS, NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.recovery import FULL
from licensing.words import NodeState, Trigger
from nodes.failover import displays
from nodes.failover.machine import (
    PERIOD_WRITE_NS,
    Failover,
    Reading,
    StoredFailover,
    Transition,
    damaged,
)
from nodes.store import NodeStore
from nodes.telephony.equipment import Equipment
from runtime.host import Host

RECORD = "failover"


class LicenseStatus:
    """The license status of one running node; `at_period_end` is called when its period is over."""

    def __init__(
        self,
        host: Host,
        store: NodeStore,
        equipment: Equipment,
        at_period_end: Callable[[], None] = lambda: None,
    ) -> None:
        """Continue from the store; state that cannot be trusted counts as the worst case (A12)."""
        self._host = host
        self._store = store
        self._equipment = equipment
        self._at_period_end = at_period_end
        self._changed = asyncio.Event()
        self.news = asyncio.Event()
        """Set when there is something new to see; then it is another one."""
        now = self.reading()
        stored = store.load(RECORD, StoredFailover)
        if stored is None and store.commissioned and not store.damage:
            store.damage.append(f"the record {RECORD} is missing")
        if store.damage:
            stored = damaged(now)
        self._failover = Failover(stored or StoredFailover(), now)
        self._written_ns = now.monotonic_ns
        self._displays = displays.displays(equipment, NodeState.REGULAR)

    @property
    def state(self) -> NodeState:
        """The license status as it is now."""
        return self._failover.state

    @property
    def cause(self) -> str:
        """What led to the license status, in words; "" where nothing has."""
        return self._failover.cause or ""

    @property
    def rest_ns(self) -> int:
        """What is left of the running period, in nanoseconds."""
        return self._failover.rest_ns(self.reading())

    @property
    def period_runs(self) -> bool:
        """Whether a period runs that ends the license status."""
        return self._failover.period_runs

    @property
    def expired_for_s(self) -> int | None:
        """For how long the node has been in emergency mode, in seconds."""
        return self._failover.expired_for_s(self.reading())

    def epoch_counted(self, cla: str) -> int:
        """The epoch of the CLA with this key against which a period counts; 0 of any other CLA."""
        return self._failover.epoch_counted(cla)

    @property
    def displays(self) -> dict[str, str]:
        """What the system telephones show: call number to text."""
        return self._displays

    @property
    def date_ns(self) -> int:
        """The date by which licenses end here, as wall time in nanoseconds."""
        return self._failover.date_ns(self.reading())

    def due_in_ns(self, date_ns: int) -> int:
        """In how many nanoseconds it is `date_ns`."""
        now = self.reading()
        return self._failover.due_at_ns(date_ns) - now.monotonic_ns

    def told_date(self, date_ns: int) -> None:
        """The CLA has told its date."""
        self._failover.told_date(date_ns, self.reading())
        self._changed.set()

    def reading(self) -> Reading:
        """Both clocks, now."""
        return Reading(self._host.clock.monotonic_ns(), self._host.clock.wall_ns())

    def start(self) -> None:
        """State what the restart has brought; the first thing that a started node does."""
        for what in self._store.damage:
            self._host.journal.record(StateDamaged(record=what))
        if self._failover.clock_step_ns:
            self._host.journal.record(ClockSetBack(by_ns=-self._failover.clock_step_ns))
        self.write()
        self._show()
        self._tick()

    def write(self, **records: Record | None) -> None:
        """Write the status down, and `records` in the same transaction."""
        now = self.reading()
        self._written_ns = now.monotonic_ns
        self._store.save(**{RECORD: self._failover.stored(now)}, **records)

    def look_at_clock(self) -> None:
        """Notice a step of the wall clock, and write down a running period."""
        self._observe(self.reading())

    def _observe(self, now: Reading) -> None:
        step_ns = self._failover.observe(now)
        if step_ns < 0:
            self._host.journal.record(ClockSetBack(by_ns=-step_ns))
        elif step_ns > 0:
            self._host.journal.record(ClockJumpedForward(by_ns=step_ns))
        if step_ns or self.state is not NodeState.REGULAR:
            self.write()

    def accessed(self) -> None:
        """Somebody used the WBM (F10)."""
        if self._failover.accessed(self.reading()):
            self.write()
            self._changed.set()

    def answered(self, sent_ns: int) -> None:
        """The CLA answered what was sent at `sent_ns` running time.

        Written at most every 6 h while connected; after a restart the older value counts. Where
        that would stay used up for good (F3), it is written every time.
        """
        self._answered(sent_ns, self.reading())

    def heartbeat_answered(self, sent_ns: int, now: Reading) -> bool:
        """A heartbeat, sent at `sent_ns`: also a good moment to look at the clock.

        True where the license file had ended only because our clock was wrong.
        """
        self._observe(now)
        had_ended = self._failover.file_has_ended(now)
        self._answered(sent_ns, now)
        return had_ended and not self._failover.file_has_ended(now)

    def _answered(self, sent_ns: int, now: Reading) -> None:
        self._failover.answered(sent_ns, now)
        lasting = self._failover.recovery != FULL
        if lasting or now.monotonic_ns - self._written_ns >= TIMING.last_good_write_ns:
            self.write()

    def leased(self, lease: Lease, cla: str, /, **records: Record | None) -> None:
        """A lease of the CLA with the key `cla` was accepted; `records` are written down with it.

        Raises `IllegalTransition` where it does not end the present status (F4).
        """
        now = self.reading()
        transition = self._failover.leased(
            cla=cla,
            epoch=lease.epoch,
            period_ns=lease.failover_period_ns,
            recovery=lease.recovery,
            file_ends_ns=None if lease.valid_until is None else lease.file_ends_ns,
            now=now,
        )
        self.write(**records)
        self._record(transition)
        self.tell_watchers()
        self._changed.set()

    def left(self, **records: Record | None) -> None:
        """The node has left its CLA; `records` are written down with it."""
        transition = self._failover.left(self.reading())
        self.write(**records)
        self._record(transition)
        self._changed.set()

    def equip(self, equipment: Equipment, number: str) -> None:
        """The telephones are others, that of `number` at least: they show what they must."""
        self._equipment = equipment
        self._displays.pop(number, None)  # another telephone begins idle
        self._show()

    def disconnected(self) -> None:
        """The connection broke; unless a welcome comes soon, failover begins."""
        self._failover.disconnected(self.reading())
        self.write()
        self.tell_watchers()
        self._changed.set()

    def happened(self, trigger: Trigger) -> None:
        """Something happened that the table knows."""
        transition = self._failover.happened(trigger, self.reading())
        if transition:
            self.write()
        self._record(transition)

    async def watch(self) -> None:
        """Bring about what only time brings: failover, the end of a period, the end of the file."""
        while True:
            self._changed.clear()
            now = self.reading()
            dues_ns = [self._failover.due_ns(), self._write_due_ns()]
            due_ns = min((due for due in dues_ns if due is not None), default=None)
            pause = None
            if due_ns is not None:
                pause = max(due_ns - now.monotonic_ns, MICROSECOND_NS) / NS_PER_SECOND
            try:
                async with asyncio.timeout(pause):
                    await self._changed.wait()
            except TimeoutError:
                self._write_running_period()
                self._tick()

    def _write_due_ns(self) -> int | None:
        """When a period that runs must be written down, whether or not anybody dials (F11)."""
        runs = self.state in (NodeState.ACTIVATION_PERIOD, NodeState.FAILOVER)
        return self._written_ns + PERIOD_WRITE_NS if runs else None

    def _write_running_period(self) -> None:
        due_ns = self._write_due_ns()
        if due_ns is not None and self.reading().monotonic_ns >= due_ns - MICROSECOND_NS:
            self.look_at_clock()

    def _tick(self) -> None:
        while transition := self._failover.tick(self.reading()):
            self.write()
            self._record(transition)
            if transition.trigger is Trigger.PERIOD_ENDED:
                self._at_period_end()

    def _record(self, transition: Transition | None) -> None:
        if transition is None:
            return
        self._host.journal.record(
            StateChanged(
                before=transition.before,
                after=transition.after,
                cause=transition.trigger.value,
                charged_ns=transition.charged_ns,
            )
        )
        self._show()
        self._changed.set()

    def _show(self) -> None:
        before, self._displays = self._displays, displays.displays(self._equipment, self.state)
        changes = displays.changed(before, self._displays)
        if changes:
            self._host.journal.record(DisplaysChanged(displays=changes))
        self.tell_watchers()

    def tell_watchers(self) -> None:
        """There is something new to see."""
        self.news.set()
        self.news = asyncio.Event()
