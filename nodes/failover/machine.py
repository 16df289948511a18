"""The failover machine of a node: its license status and how much of a period is used up.

Rules of this file:

1. The status changes only along `STATUS_TRANSITIONS`; an absent entry is illegal.
2. What is used up of a period is running time since last-good, plus what restarts charge (F11), and
   what earlier outages have left used up. It falls only when the CLA answers, by the policy of the
   lease (F3): with the recovery `full` back to the time since the question.
3. The date, by which licenses end, is the wall clock's at the start, and goes on by the running
   clock: a step of the wall clock neither ends a license nor revives it while the node runs. It
   goes back only while the CLA answers and the wall clock was set back, and never behind the date
   that the CLA has told (F14: the end that a wrong clock brought is undone when it is right).

Nothing here reads a clock: every method is given the `Reading`.
"""

from dataclasses import dataclass
from typing import Final

from licensing.policies import DAY_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.words import NodeState, Trigger
from nodes.failover.contact import Answer, UnbrokenContact

ACTIVATION_PERIOD_NS = 30 * DAY_NS
"""F10: from the first WBM access, once only."""

_CLOCK_STEP_NS = MINUTE_NS
"""A wall clock that strays less from the running clock is merely inexact."""


_S, _T = NodeState, Trigger

STATUS_TRANSITIONS: Final[dict[NodeState, dict[Trigger, NodeState]]] = {
    _S.ACTIVATION_PERIOD: {
        _T.LEASED: _S.REGULAR,
        _T.LEASED_ANEW: _S.REGULAR,
        _T.LOST: _S.ACTIVATION_PERIOD,
        _T.RELICENSING_REQUIRED: _S.ACTIVATION_PERIOD,
        _T.ACTIVATION_PERIOD_ENDED: _S.RESTRICTED,
        _T.STATE_DAMAGED: _S.RESTRICTED,
        _T.LEFT: _S.ACTIVATION_PERIOD,
    },
    _S.REGULAR: {
        _T.LEASED: _S.REGULAR,
        _T.LEASED_ANEW: _S.REGULAR,
        _T.LOST: _S.FAILOVER,
        _T.PERIOD_ENDED: _S.EMERGENCY,  # it ended while the node was switched off
        _T.RELICENSING_REQUIRED: _S.EMERGENCY,
        _T.FILE_ENDED: _S.RESTRICTED,
        _T.STATE_DAMAGED: _S.RESTRICTED,
        _T.LEFT: _S.RESTRICTED,
    },
    _S.FAILOVER: {
        _T.LEASED: _S.REGULAR,
        _T.LEASED_ANEW: _S.REGULAR,
        _T.LOST: _S.FAILOVER,
        _T.PERIOD_ENDED: _S.EMERGENCY,
        _T.RELICENSING_REQUIRED: _S.EMERGENCY,
        _T.FILE_ENDED: _S.RESTRICTED,
        _T.STATE_DAMAGED: _S.RESTRICTED,
        _T.LEFT: _S.RESTRICTED,
    },
    _S.EMERGENCY: {
        _T.LEASED_ANEW: _S.REGULAR,  # F4: reconnecting alone does not end it
        _T.LOST: _S.EMERGENCY,
        _T.RELICENSING_REQUIRED: _S.EMERGENCY,
        _T.STATE_DAMAGED: _S.RESTRICTED,
        _T.LEFT: _S.RESTRICTED,
    },
    _S.RESTRICTED: {
        _T.LEASED: _S.REGULAR,
        _T.LEASED_ANEW: _S.REGULAR,
        _T.LOST: _S.RESTRICTED,
        _T.RELICENSING_REQUIRED: _S.RESTRICTED,
        _T.STATE_DAMAGED: _S.RESTRICTED,
        _T.LEFT: _S.RESTRICTED,
    },
}

_PERIOD_THAT_RUNS: Final[dict[NodeState, Trigger]] = {
    _S.ACTIVATION_PERIOD: _T.ACTIVATION_PERIOD_ENDED,
    _S.REGULAR: _T.PERIOD_ENDED,
    _S.FAILOVER: _T.PERIOD_ENDED,
}


PERIOD_WRITE_NS: Final = TIMING.redialed_ns
"""A period that runs is written down at least this often."""

UNWRITTEN_NS: Final[dict[NodeState, int]] = {
    _S.ACTIVATION_PERIOD: PERIOD_WRITE_NS,
    _S.REGULAR: TIMING.noticed_ns + TIMING.answer_ns,
    _S.FAILOVER: PERIOD_WRITE_NS,
}
"""How much of a period may have run since it was last written, when the machine stops."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks of the machine at one instant, in nanoseconds."""

    monotonic_ns: int
    wall_ns: int


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of the license status; `charged_ns` is what of the period was used up."""

    before: NodeState
    after: NodeState
    trigger: Trigger
    charged_ns: int


class StoredFailover(Record):
    """What survives a restart: the status, with the `cause` that led to it, and the period.

    `charged_ns` is None while no period has begun. `high_water_ns` is the latest wall time that the
    node had seen when this was written, `date_ns` its date, `epoch` that of the newest lease,
    `emergency_ns` the wall time at which emergency mode began, until there is a lease again.

    What is used up counts against leases of the key `cla` and of `cla_epoch`, also after the node
    has left; with `damaged` all of it is, against any lease.
    """

    state: NodeState = NodeState.ACTIVATION_PERIOD
    cause: Trigger | None = None
    charged_ns: int | None = None
    high_water_ns: int = 0
    date_ns: int = 0
    period_ns: int = ACTIVATION_PERIOD_NS
    recovery: Recovery = FULL
    epoch: int = 0
    file_ends_ns: int | None = None
    emergency_ns: int = 0
    cla: str = ""
    cla_epoch: int = 0
    damaged: bool = False


class Failover:
    """License status, period and clock watch of one node since its last start."""

    def __init__(self, stored: StoredFailover, now: Reading) -> None:
        """Continue from `stored`: the downtime is charged by the wall clock (F11).

        `clock_step_ns` is negative then where the wall clock stands behind the high-water mark.
        """
        self.state = stored.state
        self.cause = stored.cause
        self.period_ns = stored.period_ns
        self.recovery = stored.recovery
        self.epoch = stored.epoch
        self.file_ends_ns = stored.file_ends_ns
        self._emergency_ns = stored.emergency_ns
        self._counts_for = stored.cla, stored.cla_epoch
        self._damaged = stored.damaged
        self._high_water_ns = max(stored.high_water_ns, now.wall_ns)
        # The later one, so that no file is revived by a start with the clock set back.
        self._date_origin_ns = max(stored.date_ns, now.wall_ns) - now.monotonic_ns
        self._told_origin_ns: int | None = None
        """The same by the CLA's word."""
        self._seen = now
        self._lost_at_ns: int | None = None
        self._last_answer: Answer | None = None
        self._contact = UnbrokenContact()
        away_ns = now.wall_ns - stored.high_water_ns
        self.clock_step_ns = min(0, away_ns) if stored.high_water_ns else 0
        self._origin_ns: int | None = None
        if stored.charged_ns is not None:
            # The wall clock may have been set back, so what the node ran after it last wrote is
            # unknown: at least the longest such time counts. Shorter, never longer.
            charged_ns = stored.charged_ns + max(away_ns, UNWRITTEN_NS.get(self.state, 0))
            self._origin_ns = now.monotonic_ns - charged_ns
        if self.state is NodeState.REGULAR:
            self._lost_at_ns = now.monotonic_ns + TIMING.redial_grace_ns

    def stored(self, now: Reading) -> StoredFailover:
        """What to write down at this instant."""
        return StoredFailover(
            state=self.state,
            cause=self.cause,
            charged_ns=None if self._origin_ns is None else self.charged_ns(now),
            high_water_ns=max(self._high_water_ns, now.wall_ns),
            date_ns=self.date_ns(now),
            period_ns=self.period_ns,
            recovery=self.recovery,
            epoch=self.epoch,
            file_ends_ns=self.file_ends_ns,
            emergency_ns=self._emergency_ns,
            cla=self._counts_for[0],
            cla_epoch=self._counts_for[1],
            damaged=self._damaged,
        )

    def charged_ns(self, now: Reading) -> int:
        """How much of the running period is used up."""
        return 0 if self._origin_ns is None else now.monotonic_ns - self._origin_ns

    def rest_ns(self, now: Reading) -> int:
        """How much of the running period is left; negative after its end."""
        return self.period_ns - self.charged_ns(now)

    @property
    def period_runs(self) -> bool:
        """Whether the status has a period that ends it: failover's, or the activation period."""
        return self.state in _PERIOD_THAT_RUNS and self._origin_ns is not None

    def expired_for_s(self, now: Reading) -> int | None:
        """Since when a period has been over that no lease has made good, in seconds; or None.

        Also after the node has left in emergency mode: leaving alone does not end it (F4).
        """
        restricted = self.state is NodeState.RESTRICTED and self._emergency_ns
        if self.state is not NodeState.EMERGENCY and not restricted:
            return None
        return max(0, now.wall_ns - self._emergency_ns) // NS_PER_SECOND

    def epoch_counted(self, cla: str) -> int:
        """The epoch of the CLA with this key against which a period counts; 0 of any other CLA."""
        counts_for, epoch = self._counts_for
        return epoch if cla == counts_for else 0

    def accessed(self, now: Reading) -> bool:
        """The WBM was used; the first time begins the activation period (F10). True if it did."""
        if self._origin_ns is not None or self.state is not NodeState.ACTIVATION_PERIOD:
            return False
        self._origin_ns = now.monotonic_ns
        return True

    def told_date(self, date_ns: int, now: Reading) -> None:
        """The CLA's date: no license ends later than by that, and by our own clock only if set."""
        self._told_origin_ns = date_ns - now.monotonic_ns

    def answered(self, sent_ns: int, now: Reading) -> None:
        """The CLA answered what was sent at `sent_ns` (running time).

        To a regular node that is its new last-good (F2); to others it is no license.
        """
        self._correct_date(now)
        self._last_answer = Answer(sent_ns, now.monotonic_ns)
        if self.state is NodeState.REGULAR:
            self._count_on(self._last_answer)
            self._lost_at_ns = None

    def leased(
        self,
        *,
        cla: str,
        epoch: int,
        period_ns: int,
        recovery: Recovery,
        file_ends_ns: int | None,
        now: Reading,
    ) -> Transition | None:
        """A lease of the CLA with the key `cla` was accepted.

        Its first one of each epoch has a whole period; what a further one gives back of that is a
        matter of `recovery` (F3).

        One of a license file that has ended is no license (A16). Raises `IllegalTransition` where
        it cannot end the status (F4).
        """
        charged_ns = self.charged_ns(now)
        if file_ends_ns is not None and self.date_ns(now) >= file_ends_ns:
            self.file_ends_ns = file_ends_ns
            may_end = Trigger.FILE_ENDED in STATUS_TRANSITIONS[self.state]
            return self._move(Trigger.FILE_ENDED, now, charged_ns) if may_end else None
        trigger = Trigger.LEASED_ANEW if epoch > self.epoch else Trigger.LEASED
        transition = self._move(trigger, now, charged_ns)
        self.epoch, self.period_ns, self.file_ends_ns = epoch, period_ns, file_ends_ns
        self.recovery = recovery
        self._emergency_ns = 0
        answer = self._last_answer or Answer(now.monotonic_ns, now.monotonic_ns)
        if self._counts_for != (cla, epoch):
            self._origin_ns = answer.sent_ns - period_ns if self._damaged else None
            self._contact.lost()
        self._counts_for, self._damaged = (cla, epoch), False
        self._count_on(answer)
        self._lost_at_ns = None
        return transition

    def left(self, now: Reading) -> Transition | None:
        """The node uses another CLA from now on: what the old one granted and counted is over.

        A node that ever had a license has no activation period any more (F10).
        """
        transition = self.happened(Trigger.LEFT, now)
        self.epoch, self.file_ends_ns, self._last_answer = 0, None, None
        return transition

    def disconnected(self, now: Reading) -> None:
        """It is gone, or an answer is overdue: lost without a welcome within the grace (F17)."""
        if self.state is NodeState.REGULAR and self._lost_at_ns is None:
            self._lost_at_ns = now.monotonic_ns + TIMING.redial_grace_ns

    def happened(self, trigger: Trigger, now: Reading) -> Transition | None:
        """Move along the table; None where the status stays. Raises `IllegalTransition`."""
        return self._move(trigger, now, self.charged_ns(now))

    def due_ns(self) -> int | None:
        """Running time at which `tick` has something to do."""
        candidates = [self._lost_at_ns if self.state is NodeState.REGULAR else None]
        if self.state in _PERIOD_THAT_RUNS and self._origin_ns is not None:
            candidates.append(self._origin_ns + self.period_ns + 1)  # F2: at the deadline, not yet
        if self.file_ends_ns is not None and Trigger.FILE_ENDED in STATUS_TRANSITIONS[self.state]:
            candidates.append(self.due_at_ns(self.file_ends_ns))
        return min((due for due in candidates if due is not None), default=None)

    def tick(self, now: Reading) -> Transition | None:
        """Do what time has brought; call again until it returns None."""
        table = STATUS_TRANSITIONS[self.state]
        if self.file_has_ended(now) and Trigger.FILE_ENDED in table:
            return self.happened(Trigger.FILE_ENDED, now)
        if self.state in _PERIOD_THAT_RUNS and self.rest_ns(now) < 0:
            return self.happened(_PERIOD_THAT_RUNS[self.state], now)
        lost = self._lost_at_ns is not None and now.monotonic_ns >= self._lost_at_ns
        if self.state is NodeState.REGULAR and lost:
            return self.happened(Trigger.LOST, now)
        return None

    def observe(self, now: Reading) -> int:
        """Compare both clocks since the last look; returns the step of the wall clock, 0 if none.

        Steps are for the journal and the high-water mark; they charge nothing while the node runs.
        """
        ran_ns = now.monotonic_ns - self._seen.monotonic_ns
        step_ns = now.wall_ns - self._seen.wall_ns - ran_ns
        self._seen = now
        self._high_water_ns = max(self._high_water_ns, now.wall_ns)
        return step_ns if abs(step_ns) >= _CLOCK_STEP_NS else 0

    def _count_on(self, answer: Answer) -> None:
        self._origin_ns = self._contact.answered(
            answer,
            counts_from_ns=answer.sent_ns if self._origin_ns is None else self._origin_ns,
            period_ns=self.period_ns,
            recovery=self.recovery,
        )

    def file_has_ended(self, now: Reading) -> bool:
        """Whether the license file of the newest lease has ended at our date."""
        return self.file_ends_ns is not None and self.date_ns(now) >= self.file_ends_ns

    def due_at_ns(self, date_ns: int) -> int:
        """The running time at which it is `date_ns`."""
        return date_ns - self._date_origin_ns

    def _correct_date(self, now: Reading) -> None:
        if self._told_origin_ns is not None:
            by_the_clock_ns = min(self._date_origin_ns, now.wall_ns - now.monotonic_ns)
            self._date_origin_ns = max(self._told_origin_ns, by_the_clock_ns)

    def date_ns(self, now: Reading) -> int:
        """The date by which licenses end, as wall time in nanoseconds."""
        return self._date_origin_ns + now.monotonic_ns

    def _move(self, trigger: Trigger, now: Reading, charged_ns: int) -> Transition | None:
        before = self.state
        if trigger not in STATUS_TRANSITIONS[before]:
            raise IllegalTransition(before, trigger)
        self.state = STATUS_TRANSITIONS[before][trigger]
        if self.state is before:
            return None
        self.cause = trigger
        self._lost_at_ns = None
        if self.state is not NodeState.REGULAR:
            self._contact.lost()
        if self.state is NodeState.EMERGENCY:
            self._emergency_ns = now.wall_ns - max(0, charged_ns - self.period_ns)
        return Transition(before, self.state, trigger, charged_ns)


class IllegalTransition(Exception):
    """A trigger that the present status does not know."""

    def __init__(self, state: NodeState, trigger: Trigger) -> None:
        super().__init__(f"{trigger}: impossible in {state}")


def damaged(now: Reading) -> StoredFailover:
    """What counts where the stored state is missing or was altered (A12): no period is left."""
    return StoredFailover(
        state=NodeState.RESTRICTED,
        cause=Trigger.STATE_DAMAGED,
        high_water_ns=now.wall_ns,
        damaged=True,
    )
