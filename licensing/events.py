"""Journal events: every fact of a run is one of these, on one canonical JSON line.

The closed union `Fact` is what transcript, report, oracle and digest read; none of them looks into
a machine. Names are in the past tense. Durations are integer nanoseconds.
"""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from licensing.catalogue import EMERGENCY_NUMBERS
from licensing.entitlements import Entitlement
from licensing.messages import RefusedSeat, Seat
from licensing.records import Record, kebab_case
from licensing.recovery import FULL, Recovery
from licensing.reservation import HOLD, SeatsBound
from licensing.words import (
    CallOutcome,
    Condition,
    LicenseState,
    NodeState,
    Profile,
    Role,
    SaidScope,
)

JOURNAL_VERSION = 1


class Event(Record, tag_field="event", tag=kebab_case):
    """A fact; its tag is the class name in kebab case."""


# Facts of the world.


class NodeFacts(Record):
    """What the world knows of a node: numbers with subscriber types, trunks with channels.

    An emergency number may be dialed with the prefix `outside_line`, "" for none.
    """

    role: Role
    address: str
    subscribers: dict[str, str]
    trunks: dict[str, int]
    attendant: str
    emergency_numbers: list[str] = msgspec.field(default_factory=lambda: [*EMERGENCY_NUMBERS])
    outside_line: str = ""


class NetworkFacts(Record):
    """What a map needs: the two ends of each link, what carries traffic, and where things stand.

    `latencies_ns` are those that are declared, by link; `closed` sites forward for nobody; `places`
    are longitude and latitude in degrees.
    """

    links: dict[str, tuple[str, str]] = msgspec.field(default_factory=dict)
    latencies_ns: dict[str, int] = msgspec.field(default_factory=dict)
    closed: list[str] = msgspec.field(default_factory=list)
    routers: list[str] = msgspec.field(default_factory=list)
    clouds: list[str] = msgspec.field(default_factory=list)
    places: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)


class RunBegan(Event, kw_only=True):
    """Always the first line. `nodes` is keyed by host name."""

    version: int = JOURNAL_VERSION
    title: str
    seed: int
    start: datetime
    nodes: dict[str, NodeFacts]
    network: NetworkFacts = msgspec.field(default_factory=NetworkFacts)


class RunEnded(Event):
    """Always the last line of a complete journal."""

    verdict: str


class HostStarted(Event):
    """The machine runs; `wall_ns` is its clock (UTC since 1970)."""

    wall_ns: int


class HostCrashed(Event):
    """The machine lost power; `wall_ns` was its clock."""

    wall_ns: int


class HostStopped(Event):
    """A host was shut down in order; `wall_ns` as in `HostStarted`."""

    wall_ns: int


class HostFrozen(Event):
    """All programs of a host stall, and do not know it; its clock runs on."""


class HostThawed(Event):
    """The programs of a frozen host go on."""


class HostReconfigured(Event):
    """A virtual host has another configuration, and with it another Locking ID (domain.md 1)."""

    changes: dict[str, str]
    locking_id: str


class HardwareReplaced(Event):
    """A host has another mainboard and the same disk; `locking_id` is its own from now on."""

    locking_id: str


class DiskSaved(Event):
    """A backup of all that the programs of a host have on their disk was made."""


class DiskReplaced(Event):
    """The disk of a host is an empty one, or the backup that was made at `saved_ns` is put back.

    `saved_ns` is in nanoseconds since the start of the run, None for an empty disk.
    """

    saved_ns: int | None = None


class DiskFilled(Event):
    """Nothing can be written to the disk of a host any more."""


class DiskFreed(Event):
    """There is room on the disk of a host again."""


class ClockStepped(Event):
    """Somebody set the machine's clock; `wall_ns` is what it shows now."""

    by_ns: int
    wall_ns: int


class ProgramStarted(Event):
    """A program listens; `program` is node, cla or cls."""

    program: str


class ProgramEnded(Event):
    """A program ended by itself; `reason` is a code of the error registry."""

    program: str
    reason: str


class ProgramRestarted(Event):
    """The unit of a program that had ended itself starts it again.

    This stands for `times` starts: of those that can only end as the one before did the last is
    made (decision 15).
    """

    program: str
    times: int


class LinkCut(Event):
    """`link` no longer carries `directions`, each written `from->to`.

    `besides` is here, and in the facts below, what else is wrong with the link, in words.
    """

    link: str
    directions: list[str]
    besides: list[str] = msgspec.field(default_factory=list)


class LinkHealed(Event):
    """`link` carries both directions again; what `remains` no heal ends, in words."""

    link: str
    remains: list[str] = msgspec.field(default_factory=list)


class TransitFailed(Event):
    """The router or cloud `name` carries nothing any more."""

    name: str


class TransitRepaired(Event):
    """The router or cloud `name` works again."""

    name: str


class LinkFaulted(Event):
    """What befell `link`: `drop` and `refuse` last until it is healed, `reset` is a moment."""

    link: str
    fault: str
    besides: list[str] = msgspec.field(default_factory=list)


class LatencyChanged(Event):
    """`link` has another latency."""

    link: str
    latency_ns: int
    besides: list[str] = msgspec.field(default_factory=list)


class BandwidthChanged(Event):
    """`link` has another bandwidth in each direction, in bit/s."""

    link: str
    bandwidth_bit_s: int
    besides: list[str] = msgspec.field(default_factory=list)


class LossChanged(Event):
    """That much of what is sent over `link` is lost, and repeated by TCP."""

    link: str
    loss_percent: int
    besides: list[str] = msgspec.field(default_factory=list)


class ConnectionOpened(Event):
    """The host opened a TCP connection to another host."""

    to: str
    port: int


class StepBegan(Event):
    """A scenario step starts; `step` in words, `place` is file:line or ""."""

    step: str
    place: str


class StepRefused(Event):
    """A step was not done. `code` is of the error registry where a program refused it.

    The run itself refuses with `unknown-name`, for what an earlier step should have made, and with
    `no-deadline`, where the node enters no failover within a whole period, or `deadline-passed`,
    where the moment before a deadline was over when the run came to know it.
    """

    step: str
    place: str
    code: str
    text: str


class NothingChanged(Event):
    """A step had no effect: `where` (a link or a host) all was so already, for the reason `why`."""

    where: str
    why: str


class ExpectationMet(Event):
    """A scenario's expectation holds."""

    step: str
    place: str


class ExpectationFailed(Event):
    """A scenario's expectation does not hold."""

    step: str
    place: str
    wanted: str
    got: str


# Facts of the observer, who sees everything.


class SeatsInUse(Record):
    """What a node uses of a license, by license file `serial` of its CLA and by its lease."""

    node: str
    license: str
    quantity: int
    serial: int
    lease_id: str


class OverUseChanged(Event):
    """More is used of a license than the purchases bought that license files have in common (O10).

    `excess` is how many more than were `bought`; with 0 the over-use has ended. `users` are all who
    use the license, or with flexible licensing one for which it may stand in.
    """

    license: str
    excess: int
    bought: int
    users: list[SeatsInUse]


# Facts of the Central License Server.


class OrderTaken(Event):
    """An order was taken and its LAC made; `valid_until` None is without end."""

    lac: str
    licenses: dict[str, int]
    valid_until: datetime | None = None


class LicenseFileIssued(Event):
    """A file was issued; `repeated` where the same file was handed out again."""

    locking_id: str
    serial: int
    epoch: int
    lacs: list[str]
    repeated: bool


HowMoved: TypeAlias = Literal["combined", "rehosted"]
"""How a license file left its Locking ID."""


class LicenseFileMoved(Event):
    """The Locking IDs `sources` gave up their files for file `serial`, bound to `locking_id`."""

    how: HowMoved
    sources: list[str]
    locking_id: str
    serial: int


class CustomerAdded(Event):
    """An account was made."""

    customer: str


class OrderAssigned(Event):
    """An order belongs to a customer from now on."""

    lac: str
    customer: str


class AgentKeyReleased(Event):
    """The next CLA that comes with a LAC of `locking_id` is taken for its owner (F18).

    `customer` is who had it released, "" for the operator.
    """

    locking_id: str
    customer: str


class IssueRefused(Event):
    """An activation, relicensing, combining, rehosting or release of a key was refused."""

    locking_id: str
    code: str


# Facts of the central CLA.


class LicenseFileAccepted(Event, kw_only=True):
    """The newest license file is this one from now on.

    `entitlements` are its `licenses` by their ends, `valid_until` is the end of the file.
    """

    serial: int
    epoch: int
    licenses: dict[str, int]
    entitlements: list[Entitlement] = msgspec.field(default_factory=list)
    flexible: bool = False
    failover_period_ns: int
    recovery: Recovery = FULL
    reserved_at_most_s: SeatsBound = HOLD
    expiry_scope: SaidScope = msgspec.UNSET
    valid_until: datetime | None


class LicenseFileRefused(Event):
    """A license file was offered and not accepted."""

    code: str


class LicenseServerNotReached(Event):
    """A license file was to be fetched at `address`; `cause` in words, also of a certificate."""

    address: str
    cause: str


class NodeEnrolled(Event):
    """The node's public key is known."""

    node: str


class NodeKeyChanged(Event):
    """Another key was enrolled for a node (F16).

    Its old hardware was declared `destroyed`, and its `seats` pass to the new key, where it has not
    been known before; otherwise they stay reserved for the old one, which is called `former`.
    """

    node: str
    destroyed: bool
    seats: dict[str, int]
    former: str = ""


class NodeForgotten(Event):
    """A node was forgotten (F16): its `seats` are free at once where it was declared `destroyed`.

    Otherwise they come free when its hold ends.
    """

    node: str
    destroyed: bool
    seats: dict[str, int]


class SessionOpened(Event):
    """A node was welcomed; `superseded` where an older session of it was still open."""

    node: str
    condition: Condition
    superseded: bool


class SessionRefused(Event):
    """A hello or a message was refused."""

    node: str
    code: str


class SessionEnded(Event):
    """The session's connection is gone."""

    node: str


class LeaseSigned(Event):
    """A lease changed and was signed."""

    node: str
    lease_id: str
    seq: int
    epoch: int
    seats: dict[str, int]


class DemandDecided(Event):
    """A demand was decided, with its audit row; `held` is what the node holds now, by license."""

    node: str
    request_id: str
    granted: list[Seat]
    refused: list[RefusedSeat]
    released: list[Seat]
    held: dict[str, int]


class HoldEnded(Event):
    """Seats of a cut-off node are reserved no longer (F9): they are free to be granted."""

    node: str
    seats: dict[str, int]


class PeriodEndCounted(Event):
    """A node whose seats could go sooner has expired by the count of its central CLA (F6)."""

    node: str


class SeatsRestored(Event):
    """A node that leases anew has its former seats again; `lost` no longer had a free seat."""

    node: str
    held: dict[str, int]
    lost: list[Seat]


class SeatsLost(Event):
    """A smaller license file: the node gave these seats up (F13)."""

    node: str
    lost: list[Seat]
    held: dict[str, int]


class RelicensingRequired(Event):
    """A node's period ended: new demands are refused until relicensing (F6)."""

    node: str
    reported_by_node: bool


class RecoveryWindowBegan(Event):
    """After a restart or a stall nodes may renew and nothing is reclaimed for this long (A10)."""

    lasts_ns: int


class AgentClockJumpedForward(Event):
    """The clock of the central CLA's host went further than the CLA's running time (F11)."""

    by_ns: int


class AgentClockCompared(Event):
    """A central CLA that its clock has stopped knows the license server's time (F11).

    The clock of its host is ahead of that by `ahead_ns`, negative where it is behind.
    """

    ahead_ns: int


class AgentStopped(Event):
    """The central CLA ended itself, or its service; `code` is of the error registry."""

    code: str
    text: str


# Facts of a node.


class WizardCompleted(Event):
    """The Network Wizard made the node what it is.

    `failure` says why the central CLA of a slave is not reached yet, "" where it is.
    """

    role: Role
    master_address: str
    failure: str = ""


class SubscriberChanged(Event):
    """A subscriber was added (`before` is ""), deleted (`after` is ""), or is of another type."""

    number: str
    before: str
    after: str


class RegistrationSaved(Event):
    """The registration data were entered."""

    company: str


class LicenseServerChanged(Event):
    """Settings: another CLS address, "" for that of the installation."""

    address: str


class WbmUserSaved(Event):
    """Somebody may sign in at the WBM, or has another password or profile."""

    name: str
    profile: Profile


class StateChanged(Event):
    """The license status changed; `charged_ns` is what of the period is used up."""

    before: NodeState
    after: NodeState
    cause: str
    charged_ns: int


class DisplaysChanged(Event):
    """What system telephones show from now on: call number to text; "" is the idle display."""

    displays: dict[str, str]


class AssignmentChange(Record):
    """One license of one holder: `quantity` is ticked now, `granted` may be used now."""

    holder: str
    license: str
    before: LicenseState
    after: LicenseState
    quantity: int
    granted: int


class AssignmentsChanged(Event):
    """License states changed, in the order of the table."""

    changes: list[AssignmentChange]


class ConnectionEstablished(Event):
    """A welcome arrived; its hello was sent `round_trip_ns` earlier."""

    condition: Condition
    epoch: int
    round_trip_ns: int


class ConnectionRefused(Event):
    """The central CLA refused the session."""

    code: str


class ConnectionLost(Event):
    """The session with the central CLA ended."""

    cause: str


class HeartbeatAnswered(Event):
    """A heartbeat was answered; it was sent `round_trip_ns` earlier."""

    round_trip_ns: int


class DecisionReceived(Event):
    """A demand was answered; it was sent `round_trip_ns` earlier, or before this start (None)."""

    request_id: str
    round_trip_ns: int | None


class DemandUnsent(Event):
    """A check and unlock could not be sent: the central CLA is not reached (F8).

    `seats` stay ticked, and somebody has to check and unlock again.
    """

    seats: list[Seat]


class DemandUnanswered(Event):
    """A demand was sent and not answered in time; it is kept, and waits for its answer."""

    request_id: str


class LeaseInstalled(Event):
    """A lease was verified and stored; `entitlements` are its `seats` by their ends."""

    lease_id: str
    seq: int
    epoch: int
    seats: dict[str, int]
    entitlements: list[Entitlement] = msgspec.field(default_factory=list)


class LeaseRefused(Event):
    """A lease was not accepted; `code` is of the error registry."""

    code: str


class CallAnswered(Event):
    """A call attempt's outcome; `reason` is a code of REFUSALS, `trunk` "" for an internal call."""

    source: str
    destination: str
    outcome: CallOutcome
    reason: str
    trunk: str
    emergency: bool


class CallReleased(Event):
    """A call ended; `cleared` where an emergency call took its channel (F5)."""

    source: str
    destination: str
    cleared: bool


class ClockSetBack(Event):
    """The node's clock stands behind the latest time that it has seen (F11)."""

    by_ns: int


class ClockJumpedForward(Event):
    """The node's clock went further than its running time (F11)."""

    by_ns: int


class StateDamaged(Event):
    """A stored `record` could not be trusted; the worst case counts (A12)."""

    record: str


WorldFact: TypeAlias = (
    RunBegan | RunEnded | HostStarted | HostCrashed | HostStopped | HostReconfigured
    | HardwareReplaced | DiskSaved | DiskReplaced | DiskFilled | DiskFreed
    | HostFrozen | HostThawed | ClockStepped | ProgramStarted | ProgramEnded
    | ProgramRestarted
    | LinkCut | LinkHealed | LinkFaulted | TransitFailed | TransitRepaired
    | LatencyChanged | BandwidthChanged | LossChanged
    | ConnectionOpened
    | StepBegan | StepRefused | NothingChanged | ExpectationMet | ExpectationFailed
    | OverUseChanged
)  # fmt: skip
LicenseServerFact: TypeAlias = (
    OrderTaken | LicenseFileIssued | LicenseFileMoved | CustomerAdded | OrderAssigned
    | AgentKeyReleased | IssueRefused
)  # fmt: skip
AgentFact: TypeAlias = (
    LicenseFileAccepted | LicenseFileRefused | LicenseServerNotReached | NodeEnrolled
    | NodeKeyChanged | NodeForgotten
    | SessionOpened | SessionRefused | SessionEnded | LeaseSigned | DemandDecided
    | HoldEnded | PeriodEndCounted | SeatsRestored | SeatsLost | RelicensingRequired
    | RecoveryWindowBegan | AgentClockJumpedForward | AgentClockCompared | AgentStopped
)  # fmt: skip
NodeFact: TypeAlias = (
    WizardCompleted | RegistrationSaved | LicenseServerChanged | WbmUserSaved
    | SubscriberChanged
    | StateChanged | DisplaysChanged | AssignmentsChanged
    | ConnectionEstablished | ConnectionRefused | ConnectionLost
    | HeartbeatAnswered | DecisionReceived | DemandUnsent | DemandUnanswered
    | LeaseInstalled | LeaseRefused
    | CallAnswered | CallReleased | ClockSetBack | ClockJumpedForward | StateDamaged
)  # fmt: skip
Fact: TypeAlias = WorldFact | LicenseServerFact | AgentFact | NodeFact


class Entry(Record):
    """A line of the journal. `at` is the instant: nanoseconds since the start of the run."""

    at: int
    host: str
    fact: Fact
