"""O2: failover begins in time, ends with the next welcome, and lasts exactly the period.

Last-good is the sending of the last request whose answer was delivered (F2); from there the period
runs in charged time (F11, `clocks`), after what earlier outages have left used up (F3). Two
questions are asked: may emergency mode begin now, and is a change of status overdue? The second is
asked of every later entry, so that a period that never ends is seen too. Its tolerances stand in
`period`.
"""

from collections import defaultdict
from heapq import heappop, heappush

from msgspec.structs import replace

from licensing.events import (
    ConnectionEstablished,
    ConnectionLost,
    DecisionReceived,
    DiskReplaced,
    DiskSaved,
    HeartbeatAnswered,
    HoldEnded,
    HostStarted,
    HostThawed,
    LeaseInstalled,
    LeaseRefused,
    LeaseSigned,
    LicenseFileAccepted,
    PeriodEndCounted,
    ProgramRestarted,
    ProgramStarted,
    RelicensingRequired,
    RunBegan,
    SessionOpened,
    StateChanged,
    StateDamaged,
)
from licensing.policies import TIMING
from licensing.reservation import HOLD
from licensing.words import NODE_PROGRAM, Condition, ExpiryScope, NodeState, Trigger
from simulator.network.virtual_time import NEVER_NS
from simulator.oracle.disks import Backup
from simulator.oracle.period import HEARD_LATER_NS, TOLERANCE_NS, Period, Terms
from simulator.oracle.picture import Agent, Handlers, NodePicture, Picture
from simulator.oracle.violation import Violation, day_and_time

_REGULAR, _FAILOVER = NodeState.REGULAR, NodeState.FAILOVER


class Periods:
    """The periods of all nodes; `alarm_ns` is the next instant after which to call `look`."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        self._periods: dict[str, Period] = {}
        self._signed: dict[tuple[str, str, int], Terms] = {}
        self._newest: dict[str, dict[str, Terms]] = defaultdict(dict)
        """By CLA and node, those of the newest lease."""
        self._saved: dict[Backup, tuple[Period, dict[str, Terms]]] = {}
        self._alarms: list[tuple[int, str]] = []
        self.alarm_ns = NEVER_NS
        self.handlers: Handlers = {
            RunBegan: self._run_began,
            HostStarted: self._started,
            ProgramRestarted: self._restarted,
            HostThawed: self._host_thawed,
            DiskSaved: self._disk_saved,
            DiskReplaced: self._disk_replaced,
            ProgramStarted: self._program_started,
            LicenseFileAccepted: self._file_accepted,
            LeaseSigned: self._lease_signed,
            HoldEnded: self._hold_ended,
            PeriodEndCounted: self._period_end_counted,
            RelicensingRequired: self._relicensing_required,
            LeaseInstalled: self._lease_installed,
            LeaseRefused: self._lease_refused,
            SessionOpened: self._session_opened,
            ConnectionEstablished: self._established,
            ConnectionLost: self._connection_lost,
            HeartbeatAnswered: self._answered,
            DecisionReceived: self._decision_received,
            StateChanged: self._state_changed,
            StateDamaged: self._state_damaged,
        }

    def deadline_ns(self, name: str) -> int | None:
        """When the running failover period of a node ends, as it counts; None where none runs."""
        period = self._periods.get(name)
        if period is None or period.node.state is not _FAILOVER:
            return None
        return period.deadline_ns()

    def period(self, name: str) -> Period | None:
        """That of a node, as it is counted now; None before the run has begun."""
        return self._periods.get(name)

    def look(self, at_ns: int) -> None:
        """Raise a `Violation` where something had to happen before `at_ns` (ns) and did not."""
        while self._alarms and self._alarms[0][0] < at_ns:
            alarm_ns, name = heappop(self._alarms)
            period = self._periods[name]
            if alarm_ns != period.alarm_ns:
                continue  # an earlier alarm took its place
            period.alarm_ns = NEVER_NS
            overdue_ns = period.overdue_ns()
            if overdue_ns is not None and overdue_ns < at_ns:
                raise self._overdue(period)
            self._look_again(period, overdue_ns)
        self.alarm_ns = self._alarms[0][0] if self._alarms else NEVER_NS

    def _watch(self, period: Period) -> None:
        self._look_again(period, period.overdue_ns())

    def _look_again(self, period: Period, overdue_ns: int | None) -> None:
        if overdue_ns is not None and overdue_ns < period.alarm_ns:
            period.alarm_ns = overdue_ns
            heappush(self._alarms, (overdue_ns, period.node.name))
            self.alarm_ns = self._alarms[0][0]

    def _overdue(self, period: Period) -> Violation:
        node, due_ns = period.node, period.due_ns()
        assert due_ns is not None
        lost = node.state is _REGULAR and due_ns == period.lost_ns
        what = NodeState.FAILOVER if lost else NodeState.EMERGENCY
        by = day_and_time(due_ns, self._picture.start)
        return self._picture.violation("O2", node.name, f"{what} by {by}", f"still {node.state}")

    def _run_began(self, _: str, __: RunBegan) -> None:
        self._periods = {
            name: Period(node, tolerance_ns=self._picture.tolerance_ns)
            for name, node in self._picture.nodes.items()
        }

    def _restarted(self, host: str, fact: ProgramRestarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._started(host, fact)

    def _started(self, host: str, _: HostStarted | ProgramRestarted) -> None:
        period = self._periods.get(host)
        if period is None:
            return
        period.asked_ns = period.newest_ns = None
        period.broken_ns = self._picture.now_ns
        period.starting = True
        if period.node.restart:
            period.restarted(period.node.restart)

    def _host_thawed(self, host: str, _: HostThawed) -> None:
        """What it missed a node notices with its next unanswered request."""
        if period := self._periods.get(host):
            noticed_ns = self._picture.now_ns + TIMING.answer_ns + TIMING.redial_grace_ns
            period.lost_ns = max(period.lost_ns, noticed_ns)
            self._watch(period)

    def _disk_saved(self, host: str, _: DiskSaved) -> None:
        kept = replace(self._periods[host]), dict(self._newest[host])
        self._saved[host, self._picture.now_ns] = kept

    def _disk_replaced(self, host: str, fact: DiskReplaced) -> None:
        """What the present disk has used up of a period is what the present period has."""
        node, tolerance_ns = self._picture.nodes[host], self._picture.tolerance_ns
        period, newest = Period(node, tolerance_ns=tolerance_ns), dict[str, Terms]()
        if fact.saved_ns is not None:
            saved, newest = self._saved[host, fact.saved_ns]
            period = replace(saved)
        period.alarm_ns = NEVER_NS
        self._periods[host], self._newest[host] = period, dict(newest)

    def _program_started(self, host: str, fact: ProgramStarted) -> None:
        """From here on the node can redial, and notice that its period is over."""
        period, now_ns = self._periods.get(host), self._picture.now_ns
        if period and fact.program == NODE_PROGRAM:
            period.starting, period.node.started_ns = False, now_ns
            period.lost_ns = now_ns + TIMING.redial_grace_ns
            self._watch(period)

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        agent = self._picture.agents[host]
        agent.period_ns, agent.recovery = fact.failover_period_ns, fact.recovery
        agent.seats_bound_s, agent.expiry_scope = fact.reserved_at_most_s, fact.expiry_scope
        agent.epoch = fact.epoch

    def _relicensing_required(self, host: str, _: RelicensingRequired) -> None:
        agent = self._picture.agents[host]
        if agent.expiry_scope is ExpiryScope.INTERNETWORK:
            agent.expired_epoch = agent.epoch

    def _lease_signed(self, host: str, fact: LeaseSigned) -> None:
        agent = self._picture.agents[host]
        agent.expired.discard(fact.node)
        terms = Terms(host, fact.epoch, agent.period_ns, agent.recovery)
        self._signed[host, fact.node, fact.seq] = self._newest[host][fact.node] = terms

    def _hold_ended(self, host: str, fact: HoldEnded) -> None:
        agent = self._picture.agents[host]
        if agent.seats_bound_s is HOLD:  # else its period goes on
            agent.expired.add(fact.node)

    def _period_end_counted(self, host: str, fact: PeriodEndCounted) -> None:
        self._picture.agents[host].expired.add(fact.node)

    def _lease_installed(self, host: str, fact: LeaseInstalled) -> None:
        period = self._periods[host]
        agent = self._picture.agents[period.node.agent]
        newest = Terms(period.node.agent, fact.epoch, agent.period_ns, agent.recovery)
        terms = self._signed.get((period.node.agent, host, fact.seq), newest)
        if period.node.state is _REGULAR and period.asked_ns is not None:
            period.leased(terms, period.asked_ns, period.newest_ns)
        else:
            period.length_ns, period.recovery = terms.period_ns, terms.recovery
            period.counts_for = terms.agent, terms.epoch
        self._watch(period)

    def _lease_refused(self, host: str, _: LeaseRefused) -> None:
        self._picture.excuse("O2", host)

    def _session_opened(self, host: str, fact: SessionOpened) -> None:
        if fact.condition is not Condition.RELICENSING_REQUIRED:
            self._contact(self._picture.nodes[fact.node], host, self._picture.now_ns)

    def _contact(self, node: NodePicture, agent: str, at_ns: int) -> None:
        ran_ns = self._picture.agents[agent].clock.read(at_ns)
        node.contacts[agent] = max(node.contacts.get(agent, 0), ran_ns)
        node.outlives = False

    def _established(self, host: str, fact: ConnectionEstablished) -> None:
        # It says that contact was too late: what is answered in this session prolongs no hold.
        self._periods[host].node.expired = fact.condition is Condition.RELICENSING_REQUIRED
        self._answered(host, fact)
        if fact.condition is Condition.LICENSED:
            self._picture.judge_later("O2", host, lambda: self._judge_welcome(host))

    def _judge_welcome(self, host: str) -> None:
        state = self._picture.nodes[host].state
        if state is _FAILOVER:
            raise self._picture.violation("O2", host, "regular with the welcome", f"still {state}")

    def _decision_received(self, host: str, fact: DecisionReceived) -> None:
        if fact.round_trip_ns is not None:
            self._answered(host, fact)

    def _answered(
        self,
        host: str,
        fact: HeartbeatAnswered | DecisionReceived | ConnectionEstablished,
    ) -> None:
        """An answer was delivered: to a regular node the sending is its new last-good."""
        period = self._periods[host]
        node = period.node
        assert fact.round_trip_ns is not None
        now_ns = self._picture.now_ns
        sent_ns = now_ns - fact.round_trip_ns
        if not node.expired and node.state is not NodeState.EMERGENCY:
            self._contact(node, node.agent, sent_ns)
        period.answered(sent_ns + node.clock.shift_ns, now_ns)

    def _connection_lost(self, host: str, _: ConnectionLost) -> None:
        period = self._periods[host]
        if period.node.state is _REGULAR:
            period.broke(self._picture.now_ns)
            self._watch(period)

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        period = self._periods[host]
        if fact.after is _REGULAR:
            period.node.expired = False
            asked_ns = period.asked_ns
            if asked_ns is None:
                asked_ns = period.node.clock.read(self._picture.now_ns)
            # The lease that brings the change is stated after it, and was signed before.
            agent = period.node.agent
            if newest := self._newest[agent].get(host):
                period.leased(newest, asked_ns, None)
            else:
                period.begin(asked_ns)
        if fact.after is not _REGULAR:
            period.unwritten = False  # each change of status is written down
        if fact.after is NodeState.EMERGENCY:
            self._judge_emergency(period, fact.cause)
        if fact.after is _FAILOVER:
            self._judge_failover(period)
            period.told(fact.charged_ns, self._picture.now_ns)
        self._watch(period)

    def _state_damaged(self, host: str, _: StateDamaged) -> None:
        period = self._periods[host]
        period.counts_for, period.damaged = ("", 0), True

    def _judge_failover(self, period: Period) -> None:
        """Failover begins: not before a grace has passed without an answer (F17)."""
        now_ns, broken_ns = self._picture.now_ns, period.broken_ns
        earliest_ns = NEVER_NS if broken_ns is None else broken_ns + TIMING.redial_grace_ns
        if now_ns < earliest_ns - self._picture.tolerance_ns(now_ns, earliest_ns):
            begins = day_and_time(earliest_ns, self._picture.start)
            expected = "no failover" if broken_ns is None else f"failover not before {begins}"
            raise self._picture.violation("O2", period.node.name, expected, "failover")

    def _judge_emergency(self, period: Period, cause: str) -> None:
        """Emergency mode begins: not before its time, by the node's count or the central CLA's."""
        host, now_ns = period.node.name, self._picture.now_ns
        if cause == Trigger.PERIOD_ENDED:
            end_ns = period.end_ns()
            earliest_ns = NEVER_NS if end_ns is None else end_ns - period.early_ns + 1
            early_ns = 0
        elif cause == Trigger.RELICENSING_REQUIRED and self._is_counted_out(period.node):
            return
        elif cause == Trigger.RELICENSING_REQUIRED:
            earliest_ns = self._hold_end_ns(period) or NEVER_NS
            early_ns = TOLERANCE_NS
        else:
            raise self._picture.violation("O2", host, "the end of a period as cause", cause)
        if now_ns < earliest_ns - early_ns - self._picture.tolerance_ns(now_ns, earliest_ns):
            ends = day_and_time(earliest_ns, self._picture.start)
            expected = "no emergency mode" if earliest_ns == NEVER_NS else f"not before {ends}"
            raise self._picture.violation("O2", host, expected, f"emergency mode: {cause}")

    def _is_counted_out(self, node: NodePicture) -> bool:
        """Its period has ended with another's (F6), or has begun anew, on another disk.

        Of the new one the central CLA knows nothing. Whether a hold ended too early is judged with
        that fact (O1).
        """
        agent = self._picture.agents[node.agent]
        expired = agent.expired_epoch == agent.epoch
        return expired or node.counted_out or node.name in agent.expired

    def _hold_end_ns(self, period: Period) -> int | None:
        """From when on the central CLA may know the node's period to be over (F6)."""
        agent, length_ns = period.node.agent, period.length_ns
        contact_ns = period.node.contacts.get(agent)
        if contact_ns is None or length_ns is None:
            return None
        return hold_end_ns(self._picture.agents[agent], contact_ns, length_ns)


def hold_end_ns(agent: Agent, contact_ns: int, length_ns: int) -> int:
    """When a hold may end at the earliest: contact, period, slack in the CLA's running time (F9).

    Not within a recovery window, and one that ended in a stall only after the one due then (A10).
    """
    end_ns = contact_ns + length_ns + TIMING.clock_slack_ns - agent.clock.shift_ns
    if end_ns + HEARD_LATER_NS < agent.thawed_ns:
        end_ns = agent.thawed_ns + TIMING.recovery_window_ns
    return max(end_ns, agent.recovers_ns)
