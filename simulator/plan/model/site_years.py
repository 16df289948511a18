"""One site through one year: what its failover period does, by the rules of the node.

Rules of this file, as decision 22 measured them on the programs:

1. The site is connected, or it dials, or its host is off. While the way is open nothing happens
   from one answer to the next but time, so all answers of an open way are one step.
2. What is used up of the period falls only with an answer, as `Recovery.used_ns` says (F3).
3. A new license file begins a whole period: at once for a site that is connected, for others with
   their next welcome (F4).
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from licensing.policies import LATEST_WALL_NS
from licensing.words import NodeState
from nodes.failover.machine import UNWRITTEN_NS
from simulator.plan.model.contacts import (
    Contact,
    EndedPeriod,
    Interruption,
    last_written_ns,
    written_status,
)
from simulator.plan.model.counting_cla import CountingCla
from simulator.plan.model.courses import Emergency, SiteCourse, TimeSpan, within
from simulator.plan.model.dialer import Dialer
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.ways import Closure, Ways
from simulator.plan.years.sampler import Outage

_NEVER_NS = LATEST_WALL_NS
_AFTER_DEADLINE_NS = 1
"""At the deadline itself a node is still in failover (F2)."""


class SiteYear:
    """One site in one year in which new license files come at `issued_ns`.

    In the spans of `refusing` the central CLA grants nothing new, and waits for one of them.
    """

    def __init__(
        self,
        network: PlannedNetwork,
        site: str,
        ways: Ways,
        redialing: Dialer,
        *,
        outages: Sequence[Outage],
        issued_ns: Sequence[int],
        refusing: Sequence[TimeSpan],
        phase_ns: int,
        written_ns: int,
    ) -> None:
        self._network = network
        self._site = site
        self._ways = ways
        self._redialing = redialing
        self._outages = outages
        self._issued_ns = issued_ns
        self._known_files = 0
        (_, self._round_trip_ns), *turns = ways.round_trips
        self._turns = deque(turns)
        """Other round trips, and from when on."""
        sent_ns = -phase_ns - self._round_trip_ns
        self._contact = Contact(sent_ns, -phase_ns, sent_ns, -phase_ns - written_ns)
        self._cla = CountingCla(network, ways.master_off, issued_ns, refusing, sent_ns)
        self._left_ns = network.failover_period_ns
        """How much of the period the last answer has left."""
        self._closure = 0
        self._ended: EndedPeriod | None = None
        self._spent: list[TimeSpan] = []
        self._failover: list[TimeSpan] = []
        self._emergencies: list[Emergency] = []

    @property
    def required_ns(self) -> Sequence[int]:
        """When the central CLA came to require relicensing because of the site."""
        return self._cla.required_ns

    def course(self) -> SiteCourse:
        """Walk through the year, once."""
        horizon_ns = self._network.horizon_ns
        interruption: Interruption | None = None
        for off in self._ways.off:
            interruption = self._restarted(self._run(off.began_ns, interruption), off)
        if self._run(horizon_ns, interruption) and self._ended:
            self._cla.count(self._ended, horizon_ns)
        self._leave_emergency(horizon_ns)
        return SiteCourse(
            self._site,
            cuts=within(self._ways.cuts, horizon_ns),
            failover=within(self._failover, horizon_ns),
            off=within(self._ways.off, horizon_ns),
            emergencies=tuple(self._emergencies),
        )

    def _run(self, until_ns: int, interruption: Interruption | None) -> Interruption | None:
        """On with its host running; returns why it dials then, None where it is connected."""
        while True:
            if interruption and not self._dial(interruption, until_ns):
                return interruption
            interruption = self._connected(until_ns)
            if interruption is None or interruption.dials_ns >= until_ns:
                return None

    # Connected.

    def _connected(self, until_ns: int) -> Interruption | None:
        """From answer to answer until one is missing; None where none is before `until_ns`."""
        while True:
            file_ns, turn_ns = self._next_file_ns(), self._next_turn_ns()
            next_ns = min(file_ns, turn_ns, until_ns)
            lost_ns, closure = self._next_lost(next_ns)
            if closure and lost_ns < until_ns:
                self._answered_until(closure.began_ns)
                if interruption := self._unanswered(lost_ns, closure):
                    return interruption
                continue
            self._answered_until(next_ns)
            if next_ns == until_ns:
                return None
            if next_ns == turn_ns:
                self._turn(turn_ns)
            else:
                self._leased_anew(file_ns)

    def _next_file_ns(self) -> int:
        later = self._issued_ns[self._known_files : self._known_files + 1]
        return later[0] if later else _NEVER_NS

    def _next_turn_ns(self) -> int:
        return self._turns[0][0] if self._turns else _NEVER_NS

    def _turn(self, until_ns: int) -> None:
        """Traffic takes other ways."""
        while self._turns and self._turns[0][0] <= until_ns:
            _, self._round_trip_ns = self._turns.popleft()

    @property
    def _every_ns(self) -> int:
        return self._network.timing.heartbeat_ns + self._round_trip_ns

    def _next_lost(self, before_ns: int) -> tuple[int, Closure | None]:
        """The next heartbeat that meets a closure which begins before an instant, and that one."""
        closures = self._ways.closures
        while self._closure < len(closures) and closures[self._closure].began_ns < before_ns:
            closure = closures[self._closure]
            lost_ns = self._contact.arrived_ns + self._network.timing.heartbeat_ns
            lost_ns += self._answer_count(closure.began_ns) * self._every_ns
            if closure.ended_ns > self._contact.arrived_ns and (
                lost_ns < closure.ended_ns or closure.resets
            ):
                return lost_ns, closure
            self._closure += 1
        return 0, None

    def _answer_count(self, at_ns: int) -> int:
        """How many heartbeats will have been answered then, over an open way."""
        return max(0, (at_ns - self._contact.arrived_ns) // self._every_ns)

    def _answered_until(self, at_ns: int) -> None:
        if answers := self._answer_count(at_ns):
            arrived_ns = self._contact.arrived_ns + answers * self._every_ns
            self._answered(arrived_ns - self._round_trip_ns, arrived_ns, answers)

    def _unanswered(self, sent_ns: int, closure: Closure) -> Interruption | None:
        """A request is sent into a closure, or after one: None where it is answered in time."""
        overdue_ns = sent_ns + self._network.timing.answer_ns
        reached_ns, resets = self._redialing.repeated_ns(sent_ns, closure)
        answered_ns = reached_ns + self._redialing.round_trip_ns(reached_ns)
        if answered_ns > overdue_ns:
            return self._interrupted(overdue_ns)
        if resets:
            return self._interrupted(answered_ns)
        self._answered(sent_ns, answered_ns)
        return None

    def _interrupted(self, at_ns: int) -> Interruption:
        return Interruption(at_ns, at_ns + self._network.timing.redial_grace_ns)

    def _answered(self, sent_ns: int, arrived_ns: int, answers: int = 1) -> None:
        """The last of so many answers, over a connection that has lasted since the one before."""
        contact = self._contact
        written_ns = last_written_ns(self._network, contact, arrived_ns, answers)
        if written_ns != contact.written_ns:
            contact = contact._replace(written_ns=written_ns, charged_ns=0)
        self._take(
            contact._replace(sent_ns=sent_ns, arrived_ns=arrived_ns),
            contact.used_ns,
            connected_ns=sent_ns - contact.sent_ns,
            stable_ns=sent_ns - contact.began_ns,
        )

    def _take(self, contact: Contact, used_ns: int, *, connected_ns: int, stable_ns: int) -> None:
        network = self._network
        used_ns = network.recovery.used_ns(
            used_ns,
            connected_ns=connected_ns,
            stable_ns=stable_ns,
            period_ns=network.failover_period_ns,
        )
        self._contact = contact._replace(used_ns=used_ns)
        self._cla.hear(contact.sent_ns + self._round_trip_ns // 2)
        self._left_ns = network.failover_period_ns - used_ns
        if not used_ns:
            self._spent.clear()

    def _leased_anew(self, issued_ns: int) -> None:
        """A new license file has come while the site is connected (F4)."""
        self._known_files += 1
        if self._ended is None or issued_ns > self._ended.after_ns:
            self._leave_emergency(issued_ns)
            charged_ns = issued_ns - self._contact.sent_ns
            written = self._contact._replace(written_ns=issued_ns, charged_ns=charged_ns)
            self._begin_whole(written)
            self._cla.hear(issued_ns + self._round_trip_ns)

    def _begin_whole(self, contact: Contact) -> None:
        self._contact = contact._replace(began_ns=contact.sent_ns, used_ns=0)
        self._cla.hear(contact.sent_ns + self._round_trip_ns // 2)
        self._left_ns = self._network.failover_period_ns
        self._spent.clear()

    # Dialing.

    def _dial(self, interruption: Interruption, until_ns: int) -> bool:
        """Dial until a welcome; whether there is one before `until_ns`."""
        contact, shown_ns = self._contact, interruption.shown_ns
        period_ends_ns = contact.sent_ns + self._network.failover_period_ns - contact.used_ns
        hello_ns = self._redialing.hello_ns(
            interruption.dials_ns, until_ns, None if self._ended else period_ends_ns
        )
        welcomed_ns = hello_ns + self._redialing.round_trip_ns(hello_ns)
        if not self._ended:
            earliest_ns = interruption.dials_ns if interruption.restarted else 0
            emergency_ns = max(period_ends_ns + _AFTER_DEADLINE_NS, earliest_ns)
            over_ns = min(welcomed_ns, until_ns, emergency_ns)
            if shown_ns < over_ns:
                self._failover.append(TimeSpan(shown_ns, over_ns))
            if over_ns == emergency_ns:
                self._end_period(emergency_ns, period_ends_ns)
        if welcomed_ns >= until_ns:
            return False
        self._turn(welcomed_ns)
        unbroken = welcomed_ns < shown_ns and not interruption.restarted
        self._welcomed(hello_ns, welcomed_ns, unbroken=unbroken)
        return True

    def _welcomed(self, hello_ns: int, welcomed_ns: int, *, unbroken: bool) -> None:
        files = bisect_right(self._issued_ns, welcomed_ns)
        newer, self._known_files = files > self._known_files, files
        before = self._contact
        contact = Contact(hello_ns, welcomed_ns, hello_ns, welcomed_ns, before.used_ns)
        if self._ended:
            newer = newer and self._issued_ns[files - 1] > self._ended.after_ns
            newer = newer and not self._cla.refuses(welcomed_ns)
            self._cla.hear_of_end(self._ended, welcomed_ns, newer=newer)
            if not newer:
                self._contact = contact
                return
            self._leave_emergency(welcomed_ns)
        if newer:
            self._begin_whole(contact)
        elif unbroken:
            self._contact = before._replace(written_ns=welcomed_ns, charged_ns=0)
            self._answered(hello_ns, welcomed_ns)
        else:
            self._spent.append(TimeSpan(before.sent_ns, hello_ns))
            used_ns = before.used_ns + hello_ns - before.sent_ns
            self._take(contact, used_ns, connected_ns=0, stable_ns=0)

    # Emergency mode.

    def _end_period(self, at_ns: int, period_ends_ns: int) -> None:
        """Its period ended before `at_ns` where its host was off then."""
        contact = self._contact
        causes = [
            outage
            for span in (TimeSpan(contact.sent_ns, at_ns), *self._spent)
            for outage in self._outages
            if outage.began_ns < span.ended_ns and span.began_ns < outage.ended_ns
        ]
        self._ended = EndedPeriod(
            at_ns, period_ends_ns, contact.sent_ns, tuple(dict.fromkeys(causes)), self._left_ns
        )

    def _leave_emergency(self, at_ns: int) -> None:
        if ended := self._ended:
            span = TimeSpan(ended.began_ns, at_ns)
            self._emergencies.append(
                Emergency(span, ended.last_good_ns, ended.causes, ended.left_ns)
            )
            self._ended = None

    # Its own host.

    def _restarted(self, interruption: Interruption | None, off: TimeSpan) -> Interruption:
        """The host starts again: it charges the time since it last wrote, by the clock (F11)."""
        contact, at_ns = self._contact, off.ended_ns
        shown_ns = at_ns + self._network.timing.redial_grace_ns
        if not self._ended:
            written = written_status(
                contact, interruption, dialed_ns=self._redialing.dialed_ns, before_ns=off.began_ns
            )
            if written.state is NodeState.FAILOVER:
                shown_ns = at_ns
            charged_ns = max(at_ns - written.written_ns, UNWRITTEN_NS[written.state])
            self._spent.append(TimeSpan(contact.sent_ns, at_ns))
            used_ns = written.used_ns + charged_ns
            self._contact = Contact(at_ns, at_ns, at_ns, at_ns, used_ns)
        self._redialing.restarted()
        return Interruption(at_ns, shown_ns, restarted=True)
