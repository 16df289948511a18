"""What happens to nodes that stay away: their holds end, and their periods (F6, F9; pitfall A10).

Like the ledger's, every method runs within one store transaction of its caller, without waiting.
"""

from licensing.events import HoldEnded, PeriodEndCounted, RecoveryWindowBegan
from licensing.policies import TIMING
from licensing.reservation import HOLD
from master_cla.absence import is_due
from master_cla.ledger import Ledger
from master_cla.members import Member


class Holds:
    """Those of all nodes in the books of `ledger`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def begin_recovery_window(self, now_ns: int, not_before_ns: int = 0) -> None:
        """After a start or a stall nodes may renew before anything is reclaimed (A10).

        It lasts at least until `not_before_ns`, the end of the window after a restore.
        """
        ledger = self._ledger
        if any(member.lease for member in ledger.members.values()):
            ledger.reclaim_not_before_ns = max(
                ledger.reclaim_not_before_ns, not_before_ns, now_ns + TIMING.recovery_window_ns
            )
            lasts_ns = ledger.reclaim_not_before_ns - now_ns
            ledger.facts.append(RecoveryWindowBegan(lasts_ns=lasts_ns))

    def end(self, now_ns: int) -> None:
        """Free the seats of nodes whose hold has ended; those expire whose period has."""
        for member in self._ledger.members.values():
            absence = self._ledger.absence(member)
            if is_due(absence.hold_end_ns, now_ns):
                self._end_hold(member)
            if is_due(absence.expiry_ns, now_ns):
                self._expire(member, told=absence.bound_s is HOLD)
        self._ledger.prolong_seats()

    def _end_hold(self, member: Member) -> None:
        seats = self._ledger.pool.lapse(member.name)
        self._ledger.save_members([member])
        self._ledger.note(HoldEnded(node=member.name, seats=seats))

    def _expire(self, member: Member, *, told: bool) -> None:
        """The end of its hold has `told` it, unless seats go sooner."""
        member.expired_ns = member.period_end_ns
        self._ledger.save_members([member])
        if not told:
            self._ledger.note(PeriodEndCounted(node=member.name))
        self._ledger.require_relicensing(member.name, reported_by_node=False)
