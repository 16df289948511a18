"""F14 under O1: nobody uses what has ended, from that instant on and by its own clock.

Judged is a node whose clock nobody has set since its start: what it counts as the date is not
earlier then than what its wall clock shows.
"""

from collections.abc import Sequence
from heapq import heappop, heappush

from licensing.entitlements import UNLIMITED_NS, Entitlement, end_ns, seats_in_force
from licensing.events import (
    ClockStepped,
    HostStarted,
    HostThawed,
    LeaseInstalled,
    LicenseFileAccepted,
    ProgramStarted,
    StateChanged,
)
from licensing.words import NODE_PROGRAM, ON_A_LEASE, Trigger
from simulator.network.virtual_time import NEVER_NS
from simulator.oracle.leases import Leases
from simulator.oracle.period import TOLERANCE_NS
from simulator.oracle.picture import Handlers, NodePicture, Picture


class EndedSeats:
    """The ends in all leases; `alarm_ns` is the next instant after which to call `look`."""

    def __init__(self, picture: Picture, leases: Leases) -> None:
        self._picture = picture
        self._leases = leases
        self._file_ends_ns: dict[str, int] = {}
        self._first_end_ns = UNLIMITED_NS
        """Of all files that any CLA has accepted, the end that comes first."""
        self._stepped: set[str] = set()
        self._alarms: list[tuple[int, str]] = []
        self.alarm_ns = NEVER_NS
        self.handlers: Handlers = {
            LicenseFileAccepted: self._file_accepted,
            LeaseInstalled: self._lease_installed,
            ClockStepped: self._clock_stepped,
            HostStarted: self._host_started,
            ProgramStarted: self._program_started,
            HostThawed: self._goes_on,
            StateChanged: self._state_changed,
        }

    def look(self, at_ns: int) -> None:
        """Raise a `Violation` where what ended before `at_ns` (ns) is in use."""
        while self._alarms and self._alarms[0][0] < at_ns:
            _, name = heappop(self._alarms)
            self._judge(self._picture.nodes[name])
        self._set_alarm()

    def _judge(self, node: NodePicture) -> None:
        entitlements, is_known = self._ends_of(node.name), node.name not in self._stepped
        if not (entitlements and is_known and node.up and node.state in ON_A_LEASE):
            return
        file_ends_ns = self._file_ends_ns.get(node.agent, UNLIMITED_NS)
        # An alarm may be from before its clock was set back: then this is the instant of the end.
        shown_ns = node.clock.wall_ns(self._picture.now_ns) - TOLERANCE_NS
        date_ns = min(shown_ns, file_ends_ns - 1)
        in_force = seats_in_force(entitlements, date_ns)
        for key, used in node.used.items():
            if used > in_force.get(key, 0):
                expected = f"at most {in_force.get(key, 0)} x {key}, the others have ended"
                raise self._picture.violation("O1", node.name, expected, f"{used} in use")

    def _file_accepted(self, host: str, fact: LicenseFileAccepted) -> None:
        ends = [entry.end_ns for entry in fact.entitlements if "base" in entry.seats]
        self._file_ends_ns[host] = max(ends, default=UNLIMITED_NS)
        self._first_end_ns = min(self._first_end_ns, end_ns(fact.valid_until))

    def _state_changed(self, host: str, fact: StateChanged) -> None:
        """No file has ended that has no end, nor before any clock has shown it (O2)."""
        if fact.cause != Trigger.FILE_ENDED:
            return
        now_ns, nodes = self._picture.now_ns, self._picture.nodes.values()
        # By its own clock, or by the date that a CLA has told it: which was right, others judge.
        latest_ns = max(node.clock.latest_ns(now_ns) for node in nodes)
        if latest_ns + TOLERANCE_NS + self._picture.tolerance_ns(now_ns) < self._first_end_ns:
            expected = f"{fact.before} until its license file ends"
            raise self._picture.violation("O2", host, expected, f"{fact.after} ({fact.cause})")

    def _ends_of(self, node: str) -> Sequence[Entitlement]:
        """Those of its lease, where that has several: it knows no end that is not on its disk."""
        lease = self._leases.of(node)
        return lease.entitlements if lease and len(lease.entitlements) > 1 else ()

    def _lease_installed(self, host: str, _: LeaseInstalled) -> None:
        self._watch(host)

    def _clock_stepped(self, host: str, _: ClockStepped) -> None:
        self._stepped.add(host)

    def _host_started(self, host: str, _: HostStarted) -> None:
        self._stepped.discard(host)

    def _program_started(self, host: str, fact: ProgramStarted) -> None:
        if fact.program == NODE_PROGRAM:
            self._watch(host)

    def _goes_on(self, host: str, _: HostThawed) -> None:
        self._watch(host)

    def _watch(self, host: str) -> None:
        """Judge now, where something has ended already, and at each end to come."""
        if host not in self._picture.nodes:
            return
        now_ns = self._picture.now_ns
        ahead_ns = self._picture.nodes[host].clock.wall_ns(now_ns) - now_ns
        for entry in self._ends_of(host):
            if entry.end_ns < UNLIMITED_NS:
                due_ns = max(now_ns, entry.end_ns - ahead_ns) + TOLERANCE_NS
                late_ns = self._picture.tolerance_ns(now_ns, due_ns)
                heappush(self._alarms, (due_ns + late_ns, host))
        self._set_alarm()

    def _set_alarm(self) -> None:
        self.alarm_ns = self._alarms[0][0] if self._alarms else NEVER_NS
