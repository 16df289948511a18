"""Bodies of a node's administration API: what WBM, scripts and scenarios say to it."""

from datetime import datetime

import msgspec

from licensing.entitlements import Entitlement
from licensing.messages import RefusedSeat, Seat
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.words import CallOutcome, DemandState, NodeState, Profile, Role
from nodes.assignment.views import AssignmentRow


class Wizard(Record):
    """Network Wizard: make this node master, slave, or standalone (it leaves an internetwork).

    `master_address` is `host[:port]` of a slave's master; "" at the others, for the CLA on the
    node's own host. A CLA with another key than before is trusted where `trust_new_key` says so.
    """

    role: Role
    master_address: str = ""
    trust_new_key: bool = False


class WizardDone(Record):
    """The node's public key, to be enrolled at the central CLA.

    `changed` is False where role and address were the same before: then the key of the CLA is
    learnt anew, and nothing else happens. `advice` is on bandwidth, "" where all is well. `failure`
    says why the master's central CLA is not reached yet, "" where it is.
    """

    public_key: str
    changed: bool
    advice: str = ""
    failure: str = ""


class DeleteSubscriber(Record):
    """A subscriber that goes; the licenses are released (manual 4.3.2)."""

    number: str


class ActivateOnline(Record):
    """The license authorization code of a purchase (manual 4.3.1)."""

    lac: str


class Assignments(Record):
    """Licenses to tick or to untick, in this order."""

    seats: list[Seat]


class Ticks(Record):
    """What one holder shall have ticked; `seen` is what was ticked when that was decided."""

    holder: str
    wanted: dict[str, int]
    seen: dict[str, int]


class TicksOfHolders(Record):
    """Several holders in one decision; none of them twice."""

    holders: list[Ticks]


class LicenseServerAddress(Record):
    """The address of the CLS, `host[:port]`; "" for that of the installation."""

    address: str


class SaveWbmUser(Record):
    """Let somebody sign in at the WBM, or give them another password or profile.

    Whoever makes the same account at many nodes gives `password_hash` in place of `password`: the
    text of `runtime.passwords.hashed`, which takes a computer a while.
    """

    name: str
    profile: Profile
    password: str = ""
    password_hash: str = ""


class Unlocked(Record):
    """What check and unlock did; `answered` is False where the CLA could not be asked (F8).

    `demand` says then whether something was wanted that somebody has to check and unlock again,
    `checked` of how many entries there was anything to ask or to give back.
    """

    answered: bool
    granted: list[Seat]
    refused: list[RefusedSeat]
    demand: DemandState = DemandState.NONE
    checked: int = 0


class PlaceCall(Record):
    """A call from a subscriber of this node to any number."""

    source: str
    destination: str


class OutsideCall(Record):
    """A call from the public network to one of this node's numbers."""

    destination: str


class CallAnswer(Record):
    """How a call attempt ended; `call_id` releases it, "" where nothing was connected."""

    call_id: str
    outcome: CallOutcome
    reason: str
    trunk: str


class CallInProgress(Record):
    """A call that is up; `trunk` is "" for one within the internetwork."""

    call_id: str
    source: str
    destination: str
    trunk: str
    emergency: bool


class Calls(Record):
    """The calls that this node keeps up, oldest first; one to a neighbor is kept where it began."""

    calls: list[CallInProgress]


class ReleaseCall(Record):
    """Hang up; a call that is over already is no error."""

    call_id: str


class Displays(Record):
    """What the system telephones show: call number to text, "" for the idle display."""

    displays: dict[str, str]


class Licenses(Record):
    """Local User Licenses > Overview; `in_use` counts the seats that are usable now, by license.

    `networking` is the same of the license with which a slave has joined, and which nobody assigns.
    """

    rows: list[AssignmentRow]
    in_use: dict[str, int]
    networking: int


class LicenseInformation(Record):
    """The Locking ID of the node, and what its newest lease says of the license file.

    `entitlements` are the `seats` by their ends, also those that have ended (F14).
    """

    locking_id: str
    serial: int = 0
    epoch: int = 0
    seats: dict[str, int] = msgspec.field(default_factory=dict)
    failover_period_s: int = 0
    recovery: Recovery = FULL
    valid_until: datetime | None = None
    entitlements: list[Entitlement] = msgspec.field(default_factory=list)


class State(Record):
    """The node at a glance. `rest_s` is what is left of the running period, in seconds, or None.

    `cause` is what led to the state, in words, "" where nothing has. `demand` says whether a check
    and unlock could not be sent, or waits for its answer (F8), as `request_pending` does.
    `refusal` is the code with which the CLA has refused the last connection, "" where it has not;
    `failure` says why the CLA was not reached, "" where it was.
    """

    node: str
    role: Role
    master_address: str
    state: NodeState
    cause: str
    connected: bool
    refusal: str
    failure: str
    epoch: int
    lease_seq: int
    rest_s: int | None
    request_pending: bool
    demand: DemandState
    registered: bool
