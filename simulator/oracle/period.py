"""The failover period of one node, as the oracle counts it from facts (F2, F3, F11).

Pure arithmetic on charged time (`clocks`). Tolerances are those of what a node writes
down, and no others:

- while it runs a node knows its period to the nanosecond; it acts at most 1 us late, or ends itself
  within a second where its disk is full;
- after a restart the last-good that it had written counts, which may be older: early;
- a step forward that it had not seen yet is charged by its next start: early;
- a restarted node cannot tell for how long it ran after it last wrote: it charges the longest such
  time at least, which is early. It is late only against a wall clock that had run behind its mark
  and came back: then the same time is charged here twice, as it ran and as the clock shows it; or
  that is behind its mark, for the time for which the host had stood still right before it stopped.
"""

from functools import partial
from typing import Final

import msgspec

from licensing.policies import MICROSECOND_NS, NS_PER_SECOND, TIMING
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from licensing.words import NodeState
from simulator.network.virtual_time import LONG_AGO_NS, NEVER_NS
from simulator.oracle.clocks import Restart
from simulator.oracle.picture import NodePicture, Tolerance, exact

TOLERANCE_NS = MICROSECOND_NS

SILENCE_NS = TIMING.silence_ns
LAST_GOOD_UNWRITTEN_NS = TIMING.last_good_write_ns + SILENCE_NS
"""How much older than last-good the written one may be: it is written with an answer, at the first
one that is at least 6 h after the last writing, and what was written may be as old as a silence."""

_ENDS_ITSELF_NS = NS_PER_SECOND
"""What a program that cannot write its change of status down takes at most to end itself."""

HEARD_LATER_NS = LAST_GOOD_UNWRITTEN_NS + SILENCE_NS + TIMING.clock_slack_ns
"""How much later than anybody saw it the central CLA may count a contact: an answer was lost, and
after a restart it adds what it may not have written; and as late as the slack it is not late."""

_REGULAR, _FAILOVER = NodeState.REGULAR, NodeState.FAILOVER

UNWRITTEN_AT_STOP_NS: Final = {
    _REGULAR: TIMING.noticed_ns + TIMING.answer_ns,
    _FAILOVER: TIMING.redialed_ns,
}
"""What a restarted node charges at least: the longest time since it last wrote (F11)."""


class Terms(msgspec.Struct, frozen=True):
    """What a lease says of a period, and whose it is."""

    agent: str
    epoch: int
    period_ns: int | None
    recovery: Recovery


class Period(msgspec.Struct):
    """The failover period of one node. `good_ns` and `asked_ns` are charged time of its host.

    `asked_ns` is the last answered request since its start, `newest_ns` the one of them that was
    sent last, `answered_ns` the instant of the last answer, `joined_ns` the first request of their
    connection; `good_ns` is that from which the period counts, with what stays used up of it taken
    off, against leases of the CLA and epoch in `counts_for`. Failover begins not before
    `broken_ns` and the grace, and by `lost_ns` (F17); `alarm_ns` is when to look again. While it is
    `starting`, a real process for seconds, the program can do nothing. `unsaved_ns` is what the
    last answer gave while there was no room to write it down. `told_early_ns` is by how much the
    node's own deadline is earlier than what is counted here, of the `early_ns` that it may be.
    """

    node: NodePicture
    length_ns: int | None = None
    recovery: Recovery = FULL
    counts_for: tuple[str, int] = "", 0
    damaged: bool = False
    good_ns: int | None = None
    asked_ns: int | None = None
    newest_ns: int | None = None
    answered_ns: int = LONG_AGO_NS
    joined_ns: int = 0
    broken_ns: int | None = None
    lost_ns: int = NEVER_NS
    early_ns: int = 0
    late_ns: int = 0
    unwritten: bool = False
    unsaved_ns: int = 0
    told_early_ns: int = 0
    alarm_ns: int = NEVER_NS
    starting: bool = False
    tolerance_ns: Tolerance = exact

    def begin(self, good_ns: int) -> None:
        """A whole period counts from there."""
        self.good_ns = self.joined_ns = good_ns
        self.early_ns = self.late_ns = 0

    def go_on(self, asked_ns: int, before_ns: int | None) -> None:
        """An answer: the period counts from its request, but for what the policy leaves used up.

        `before_ns` is the request before in the same connection, None where this is its first. What
        the node may count more or less is given back as what is counted here.
        """
        if self.good_ns is None or self.length_ns is None:
            self.begin(asked_ns)
            return
        if before_ns is None:
            self.joined_ns = before_ns = asked_ns
        asked_ns = max(asked_ns, before_ns)
        if self.recovery.policy is RecoveryPolicy.FULL:  # whatever was counted, none stays used up
            self.good_ns, self.early_ns, self.late_ns = asked_ns, 0, 0
            return
        still_used_ns = partial(
            self.recovery.used_ns,
            connected_ns=asked_ns - before_ns,
            stable_ns=asked_ns - self.joined_ns,
            period_ns=self.length_ns,
        )
        before_used_ns = before_ns - self.good_ns
        used_ns = still_used_ns(before_used_ns)
        self.good_ns = asked_ns - used_ns
        self.early_ns = still_used_ns(before_used_ns + self.early_ns) - used_ns
        self.late_ns = used_ns - still_used_ns(before_used_ns - self.late_ns)

    def answered(self, asked_ns: int, now_ns: int) -> None:
        """The request of `asked_ns` is answered at the instant `now_ns`: the node is connected.

        A break since the answer before is no interruption, unless more than a silence lies between
        the two: then the host stood still (F17).
        """
        self.asked_ns = asked_ns
        if self.node.state is _REGULAR:
            unbroken = now_ns - self.answered_ns <= SILENCE_NS
            before_ns = self.good_ns or 0
            self.go_on(asked_ns, self.newest_ns if unbroken else None)
            self.unsaved_ns = (self.good_ns or 0) - before_ns if self.node.disk_full else 0
            self.unwritten = True
        self.newest_ns = max(self.newest_ns or 0, asked_ns)
        self.answered_ns, self.broken_ns = now_ns, None
        self.lost_ns = now_ns + TIMING.noticed_ns

    def broke(self, now_ns: int) -> None:
        """The node has seen that its connection is gone; from the first time on the grace runs."""
        if self.broken_ns is None:
            self.broken_ns = now_ns
        self.lost_ns = min(self.lost_ns, now_ns + TIMING.redial_grace_ns)

    def leased(self, lease: Terms, asked_ns: int, before_ns: int | None) -> None:
        """A lease; the first of its CLA and epoch has a whole period (F3, F4).

        To a node that could not trust its state none of it is left (A12).
        """
        self.length_ns, self.recovery = lease.period_ns, lease.recovery
        first = (lease.agent, lease.epoch) != self.counts_for
        self.counts_for = lease.agent, lease.epoch
        if self.damaged and self.length_ns is not None:
            self.good_ns, self.damaged = asked_ns - self.length_ns, False
            self.early_ns = self.late_ns = 0
            self.go_on(asked_ns, None)
        elif first:
            self.begin(asked_ns)
        else:
            self.go_on(asked_ns, before_ns)

    def restarted(self, restart: Restart) -> None:
        """What the node had written down may be less, or other, than what was."""
        if self.unwritten:
            # Where what is used up stays so, it is written with every answer, if there is room.
            full = self.recovery == FULL
            self.early_ns += LAST_GOOD_UNWRITTEN_NS if full else max(SILENCE_NS, self.unsaved_ns)
            self.unwritten = False
        unwritten_ns = UNWRITTEN_AT_STOP_NS.get(self.node.state, 0)
        more_ns = restart.more_ns + max(0, unwritten_ns - restart.charged_ns)
        self.early_ns += more_ns
        self.told_early_ns += more_ns
        if restart.doubtful:
            self.late_ns += min(unwritten_ns, restart.charged_ns) + restart.frozen_ns

    def end_ns(self) -> int | None:
        """The deadline: the last instant at which the node is still in failover (F2)."""
        if self.good_ns is None or self.length_ns is None:
            return None
        return self.good_ns + self.length_ns - self.node.clock.shift_ns

    def told(self, used_ns: int, now_ns: int) -> None:
        """The node says how much of its period is used up, which may be more than is known here."""
        end_ns = self.end_ns()
        if end_ns is not None and self.length_ns is not None:
            early_ns = end_ns - (now_ns + self.length_ns - used_ns)
            self.told_early_ns = min(max(early_ns, -self.late_ns), self.early_ns)

    def deadline_ns(self) -> int | None:
        """The same as the node counts it; after a restart within the period at the earliest."""
        end_ns = self.end_ns()
        return None if end_ns is None else end_ns - self.told_early_ns

    def due_ns(self) -> int | None:
        """Until when the status must have changed; None where nothing is due."""
        node = self.node
        if not node.up or self.starting or node.state not in (_REGULAR, _FAILOVER):
            return None
        end_ns = self.end_ns()
        # A period that ended while the host was off ends with its start.
        due_ns = NEVER_NS if end_ns is None else max(end_ns + self.late_ns, node.started_ns)
        if node.state is _REGULAR:
            due_ns = min(due_ns, self.lost_ns)
        return due_ns

    def overdue_ns(self) -> int | None:
        """After which instant what is due is late, also where time runs faster just behind it."""
        due_ns = self.due_ns()
        if due_ns is None:
            return None
        if self.node.disk_full:
            due_ns += _ENDS_ITSELF_NS
        if self.tolerance_ns is exact:
            return due_ns + TOLERANCE_NS
        late_ns = self.tolerance_ns(due_ns)
        return due_ns + TOLERANCE_NS + max(late_ns, self.tolerance_ns(due_ns + late_ns))
