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
    DemandUnsent,
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
from nodes.cla_session.membership import Membership, Pending, StoredLease
from nodes.cla_session.unsent import Unsent
from nodes.licensed_node import LicensedNode
from nodes.telephony.equipment import Equipment


class NodeLicensing(LicensedNode):
    """The licenses of one running node."""

    async def make_member(self, role: Role, master_address: str, failure: str = "") -> bool:
        """Network Wizard (manual 4.4): the role, and the `host:port` of the CLA; whether it is new.

        The key of the CLA is forgotten, so that the next session pins that of the new one. A node
        that becomes a slave, or is one no longer, has another CLA than before: the node leaves the
        old one. Raises as `require_free`.
        """
        before = self.membership
        after = Membership(role=role, master_address=master_address)
        self.require_free(role)
        if self._leaves_for(role):
            await self._leave(after)
        self.membership = after
        self.status.write(membership=after)
        done = WizardCompleted(role=role, master_address=master_address, failure=failure)
        self._host.journal.record(done)
        self.link.dial_anew()
        return (before.role, before.master_address) != (role, master_address)

    def require_free(self, role: Role) -> None:
        """Raise `request-pending` where the CLA that the node would leave has not answered yet."""
        if self._leaves_for(role) and self._pending and (self.link.connected or self._decided):
            raise LicensingError("request-pending")

    def _leaves_for(self, role: Role) -> bool:
        from_slave = self.membership.role is Role.SLAVE
        return from_slave is not (role is Role.SLAVE) and bool(self.lease.document)

    async def _leave(self, after: Membership) -> None:
        """Give everything back to the CLA, if it can be reached; what was assigned is red then."""
        held, asked = self.table.holdings(), self._pending.check.wants if self._pending else []
        if self.link.connected:
            check = Check(releases=held)
            with contextlib.suppress(LicensingError):  # the CLA counts our seats as held, then
                await self._ask(check, further_releases=[NETWORKING])
        self._pending, self.lease = None, StoredLease(agent_key=self.lease.agent_key)
        self._leased = None
        self.free_count.forget()
        changes = self.table.leave(held, asked)
        self.membership = after
        self.status.left(
            pending=None, lease=self.lease, assignments=self._assignments(), membership=after
        )
        self.table.saved()
        self._record(changes)

    def equip(self, equipment: Equipment, change: SubscriberChanged, /, **records: Record) -> None:
        """Follow other subscribers; `records` are written down with what it does to licenses."""
        changes = self.table.equip(equipment)
        self._write(**records)
        self._host.journal.record(change)
        self._record(changes)
        self.status.equip(equipment, change.number)

    async def give_back(self) -> None:
        """Give what was given up back to the CLA; otherwise that is done at the reconnection."""
        if self.link.connected and not self._pending:
            for demand in self._remembered_releases():
                await self.link.send(demand)

    async def keep_to_ends(self) -> None:
        """Give up what ends, at that instant, and back to the CLA if it can be reached (F14)."""
        while True:
            self._lease_changed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._until_next_end_s()):
                    await self._lease_changed.wait()
            self._give_up_ended()
            if self._ended_to_give_back:
                self._ended_to_give_back = False
                await self.give_back()

    def _until_next_end_s(self) -> float | None:
        date_ns = self.status.date_ns
        end_ns = self._leased.next_end_ns(date_ns) if self._leased else None
        if end_ns is None:
            return None
        return max(self.status.due_in_ns(end_ns), MICROSECOND_NS) / NS_PER_SECOND

    def tick(self, seats: Iterable[Seat]) -> None:
        """Assign licenses (steps a and b of the manual), all or none; raises as the table does."""
        self._edit(
            change
            for seat in seats
            for change in self.table.tick(seat.holder, seat.license, seat.quantity)
        )

    def untick(self, seats: Iterable[Seat]) -> None:
        """Take assignments back, all or none; raises as the table does."""
        self._edit(
            change for seat in seats for change in self.table.untick(seat.holder, seat.license)
        )

    def tick_exactly(self, *holders: Ticks) -> None:
        """Have for each holder what was chosen, and nothing else; raises as the table does."""
        self._edit(
            change
            for ticks in holders
            for change in self.table.tick_exactly(ticks.holder, ticks.wanted, ticks.seen)
        )

    def require_answered(self) -> None:
        """Raise `request-pending` where the CLA has not answered the last check and unlock yet."""
        if self._pending and self.link.connected:
            raise LicensingError("request-pending")

    async def check_and_unlock(self, only: str | None = None) -> Unlocked:
        """Steps c and d of the manual, for one holder or all of them.

        While the CLA cannot be asked only the releases count; demands stay unsaved (F8). A node
        without a CLA is refused everything. Raises `request-pending`, `agent-unreachable`.
        """
        self.require_answered()
        check = self.table.check(only)
        # What is given back is out of use from here on: the CLA may grant it to others before its
        # answer is here, or although that never comes.
        released = self.table.release_only(check)
        self._edit(released)
        if not self.membership.master_address:
            unlocked, checked = self._unlicensed(check), check.size
        elif not self.link.connected:
            new = [change for change in released if change.before is not change.after]
            unlocked, checked = self._not_sent(check), len(check.wants) + len(new)
        else:
            unlocked, checked = await self._sent(check), check.size
        return msgspec.structs.replace(unlocked, checked=checked)

    async def _sent(self, check: Check) -> Unlocked:
        if not check.wants and not check.releases:
            self._edit(self.table.settle(check, [], []))
            return Unlocked(answered=True, granted=[], refused=[])
        decision = await self._decision_on(check)
        return Unlocked(answered=True, granted=decision.granted, refused=decision.refused)

    def _not_sent(self, check: Check) -> Unlocked:
        """Releases are remembered; what is wanted, and not under way, has to be checked again."""
        under_way = set(self._pending.check.wants) if self._pending else set()
        if wants := [seat for seat in check.wants if seat not in under_way]:
            before = self._unsent.left(self.table.check().wants, sent=wants)
            self._unsent = Unsent(seats=[*before.seats, *wants])
            self.status.write(unsent=self._unsent)
            self._host.journal.record(DemandUnsent(seats=wants))
        elif check.wants and self._pending:
            self._still_waiting(self._pending)
        return Unlocked(answered=False, granted=[], refused=[], demand=self.demand)

    @property
    def demand(self) -> DemandState:
        """What became of the newest check and unlock; of two, what somebody has to do (F8)."""
        if self._unsent.seats and self._unsent.left(self.table.check().wants).seats:
            return DemandState.UNSENT
        return DemandState.WAITING if self._pending else DemandState.NONE

    async def _decision_on(self, check: Check) -> Decision:
        """One that does not come in time is still waited for: the demand is kept (A8)."""
        try:
            return await self._ask(check)
        except LicensingError:
            if self._pending:
                self._still_waiting(self._pending)
            raise

    def _still_waiting(self, pending: Pending) -> None:
        self._host.journal.record(DemandUnanswered(request_id=pending.demand.request_id))

    def _unlicensed(self, check: Check) -> Unlocked:
        """Nothing was ever activated here, and no master is known: there is nobody to ask."""
        refused = check.all_refused("not-activated")
        demands = Check(wants=check.wants, withdrawn=check.withdrawn)
        self._edit(self.table.settle(demands, [], refused))
        return Unlocked(answered=True, granted=[], refused=refused)

    async def unlock_features(self, licenses: Mapping[str, int]) -> None:
        """Tick and unlock the system licenses among `licenses` (standalone, manual 4.3.2).

        While the CLA does not answer they stay ticked, for the next check and unlock.
        """
        self._edit(
            change
            for key in self.table.features()
            if licenses.get(key)
            for change in self.table.tick(SYSTEM_HOLDER, key)
        )
        with contextlib.suppress(TimeoutError, LicensingError):
            async with asyncio.timeout(TIMING.answer_ns / NS_PER_SECOND):
                await self.link.opened()
                await self.check_and_unlock(SYSTEM_HOLDER)

    def seats_in_use(self) -> dict[str, int]:
        """Seats in effect by license; none in emergency mode or while restricted (F5)."""
        return self.table.licensed() if self._usable else {}

    def networking_in_use(self) -> int:
        """Whether the license with which a slave has joined is in effect: 1, or 0."""
        leased = self._leased.seats if self._leased and self._usable else {}
        return leased.get(NETWORKING.license, 0)

    @property
    def _usable(self) -> bool:
        return self.status.state in ON_A_LEASE

    def information(self) -> LicenseInformation:
        """What the newest lease says of the license file; zeros where there is none."""
        if not self.lease.document:
            return LicenseInformation(locking_id=self._host.locking_id)
        lease = self._stored_lease()
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
