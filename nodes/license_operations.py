"""The operations of the WBM on a node's licenses: joining and leaving, assignment, unlocking.

What must survive a restart is written down before it is stated as a fact or answered. What the
central CLA says comes in through `nodes.licensed_node`.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping

import msgspec

from licensing.errors import LicensingError
from licensing.events import (
    DemandUnanswered,
    SubscriberChanged,
    WizardCompleted,
)
from licensing.messages import (
    NETWORKING,
    SYSTEM_HOLDER,
    Decision,
    Seat,
)
from licensing.policies import MICROSECOND_NS, NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.words import ON_A_LEASE, DemandState, Role
from nodes.administration import LicenseInformation, Ticks, Unlocked
from nodes.assignment.table import Check
from nodes.cla_session.membership import Membership, Pending
from nodes.licensed_node import LicensedNode
from nodes.telephony.equipment import Equipment
from runtime.host import Host


class NodeLicensing:
    """What technicians do at one running node; `node` is its side of the session."""

    def __init__(self, host: Host, node: LicensedNode) -> None:
        self._host = host
        self._node = node
        self._books = node.books

    async def make_member(self, role: Role, master_address: str, failure: str = "") -> bool:
        """Network Wizard (manual 4.4): the role, and the `host:port` of the CLA; whether it is new.

        The key of the CLA is forgotten, so that the next session pins that of the new one. A node
        that becomes a slave, or is one no longer, has another CLA than before: the node leaves the
        old one. Raises as `require_free`.
        """
        before = self._books.membership
        after = Membership(role=role, master_address=master_address)
        self.require_free(role)
        if self._leaves_for(role):
            await self._leave(after)
        self._books.become(after)
        done = WizardCompleted(role=role, master_address=master_address, failure=failure)
        self._host.journal.record(done)
        self._node.link.dial_anew()
        return (before.role, before.master_address) != (role, master_address)

    def require_free(self, role: Role) -> None:
        """Raise `request-pending` where the CLA that the node would leave has not answered yet."""
        may_come = self._node.link.connected or self._node.is_asking
        if self._leaves_for(role) and self._books.pending and may_come:
            raise LicensingError("request-pending")

    def _leaves_for(self, role: Role) -> bool:
        from_slave = self._books.membership.role is Role.SLAVE
        return from_slave is not (role is Role.SLAVE) and bool(self._books.lease.document)

    async def _leave(self, after: Membership) -> None:
        """Give everything back to the CLA, if it can be reached; what was assigned is red then."""
        pending, held = self._books.pending, self._books.table.holdings()
        asked = pending.check.wants if pending else []
        if self._node.link.connected:
            check = Check(releases=held)
            with contextlib.suppress(LicensingError):  # the CLA counts our seats as held, then
                await self._node.ask(check, further_releases=[NETWORKING])
        self._node.free_count.forget()
        self._books.leave(after, held, asked)

    def equip(self, equipment: Equipment, change: SubscriberChanged, /, **records: Record) -> None:
        """Follow other subscribers; `records` are written down with what it does to licenses."""
        changes = self._books.table.equip(equipment)
        self._books.write(**records)
        self._host.journal.record(change)
        self._books.record(changes)
        self._books.status.equip(equipment, change.number)

    async def give_back(self) -> None:
        """Give what was given up back to the CLA; otherwise that is done at the reconnection."""
        if self._node.link.connected and not self._books.pending:
            for demand in self._books.remembered_releases():
                await self._node.link.send(demand)

    async def keep_to_ends(self) -> None:
        """Give up what ends, at that instant, and back to the CLA if it can be reached (F14)."""
        while True:
            self._books.lease_changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_next_end_s()):
                    await self._books.lease_changed.wait()
            self._books.give_up_ended()
            if self._books.take_ended():
                await self.give_back()

    def _until_next_end_s(self) -> float | None:
        date_ns = self._books.status.date_ns
        end_ns = self._books.leased.next_end_ns(date_ns) if self._books.leased else None
        if end_ns is None:
            return None
        return max(self._books.status.due_in_ns(end_ns), MICROSECOND_NS) / NS_PER_SECOND

    def tick(self, seats: Iterable[Seat]) -> None:
        """Assign licenses (steps a and b of the manual), all or none; raises as the table does."""
        self._books.edit(
            change
            for seat in seats
            for change in self._books.table.tick(seat.holder, seat.license, seat.quantity)
        )

    def untick(self, seats: Iterable[Seat]) -> None:
        """Take assignments back, all or none; raises as the table does."""
        self._books.edit(
            change
            for seat in seats
            for change in self._books.table.untick(seat.holder, seat.license)
        )

    def tick_exactly(self, *holders: Ticks) -> None:
        """Have for each holder what was chosen, and nothing else; raises as the table does."""
        self._books.edit(
            change
            for ticks in holders
            for change in self._books.table.tick_exactly(ticks.holder, ticks.wanted, ticks.seen)
        )

    def require_answered(self) -> None:
        """Raise `request-pending` where the CLA has not answered the last check and unlock yet."""
        if self._books.pending and self._node.link.connected:
            raise LicensingError("request-pending")

    async def check_and_unlock(self, only: str | None = None) -> Unlocked:
        """Steps c and d of the manual, for one holder or all of them.

        While the CLA cannot be asked only the releases count; demands stay unsaved (F8). A node
        without a CLA is refused everything. Raises `request-pending`, `agent-unreachable`.
        """
        self.require_answered()
        check = self._books.table.check(only)
        # What is given back is out of use from here on: the CLA may grant it to others before its
        # answer is here, or although that never comes.
        released = self._books.table.release_only(check)
        self._books.edit(released)
        if not self._books.membership.master_address:
            unlocked, checked = self._unlicensed(check), check.size
        elif not self._node.link.connected:
            new = [change for change in released if change.before is not change.after]
            unlocked, checked = self._not_sent(check), len(check.wants) + len(new)
        else:
            unlocked, checked = await self._sent(check), check.size
        return msgspec.structs.replace(unlocked, checked=checked)

    async def _sent(self, check: Check) -> Unlocked:
        if not check.wants and not check.releases:
            self._books.edit(self._books.table.settle(check, [], []))
            return Unlocked(answered=True, granted=[], refused=[])
        decision = await self._decision_on(check)
        return Unlocked(answered=True, granted=decision.granted, refused=decision.refused)

    def _not_sent(self, check: Check) -> Unlocked:
        """Releases are remembered; what is wanted, and not under way, has to be checked again."""
        under_way = set(self._books.pending.check.wants) if self._books.pending else set()
        if wants := [seat for seat in check.wants if seat not in under_way]:
            self._books.put_off(wants)
        elif check.wants and self._books.pending:
            self._still_waiting(self._books.pending)
        return Unlocked(answered=False, granted=[], refused=[], demand=self.demand)

    @property
    def demand(self) -> DemandState:
        """What became of the newest check and unlock; of two, what somebody has to do (F8)."""
        if (
            self._books.unsent.seats
            and self._books.unsent.left(self._books.table.check().wants).seats
        ):
            return DemandState.UNSENT
        return DemandState.WAITING if self._books.pending else DemandState.NONE

    async def _decision_on(self, check: Check) -> Decision:
        """One that does not come in time is still waited for: the demand is kept (A8)."""
        try:
            return await self._node.ask(check)
        except LicensingError:
            if self._books.pending:
                self._still_waiting(self._books.pending)
            raise

    def _still_waiting(self, pending: Pending) -> None:
        self._host.journal.record(DemandUnanswered(request_id=pending.demand.request_id))

    def _unlicensed(self, check: Check) -> Unlocked:
        """Nothing was ever activated here, and no master is known: there is nobody to ask."""
        refused = check.all_refused("not-activated")
        demands = Check(wants=check.wants, withdrawn=check.withdrawn)
        self._books.edit(self._books.table.settle(demands, [], refused))
        return Unlocked(answered=True, granted=[], refused=refused)

    async def unlock_features(self, licenses: Mapping[str, int]) -> None:
        """Tick and unlock the system licenses among `licenses` (standalone, manual 4.3.2).

        While the CLA does not answer they stay ticked, for the next check and unlock.
        """
        self._books.edit(
            change
            for key in self._books.table.features()
            if licenses.get(key)
            for change in self._books.table.tick(SYSTEM_HOLDER, key)
        )
        with contextlib.suppress(TimeoutError, LicensingError):
            async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
                await self._node.link.opened()
                await self.check_and_unlock(SYSTEM_HOLDER)

    def seats_in_use(self) -> dict[str, int]:
        """Seats in effect by license; none in emergency mode or while restricted (F5)."""
        return self._books.table.licensed() if self._usable else {}

    def networking_in_use(self) -> int:
        """Whether the license with which a slave has joined is in effect: 1, or 0."""
        leased = self._books.leased.seats if self._books.leased and self._usable else {}
        return leased.get(NETWORKING.license, 0)

    @property
    def _usable(self) -> bool:
        return self._books.status.state in ON_A_LEASE

    def information(self) -> LicenseInformation:
        """What the newest lease says of the license file; zeros where there is none."""
        if not self._books.lease.document:
            return LicenseInformation(locking_id=self._host.locking_id)
        lease = self._books.stored_lease()
        return LicenseInformation(
            locking_id=self._host.locking_id,
            serial=lease.serial,
            epoch=lease.epoch,
            seats=lease.seats,
            failover_period_s=lease.failover_period_s,
            recovery=lease.recovery,
            valid_until=lease.valid_until,
            entitlements=lease.entitlements,
        )
