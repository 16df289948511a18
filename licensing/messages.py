"""What the three parties say to each other: sessions of node and CLA, and HTTP bodies.

One JSON text frame is one message, or a part of a larger one. Both unions are closed and versioned,
unknown fields refused, and durations travel instead of instants (A9). Requests carry ids, because
what is sent during a cut may arrive after its sender gave up (pitfalls C).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from licensing.errors import LicensingError
from licensing.license_table import FreeLicense
from licensing.records import UNREADABLE, Record, kebab_case
from licensing.words import Condition, NodeState

PROTOCOL_VERSION = 2
"""Of the session. It stands in the path: a node that dials that of another is refused before either
side has to read a message of the other."""
LONGEST_EXPIRED_S = 1 << 31
"""The longest emergency mode that a node may report, 68 years in seconds."""

AGENT_PORT = 61740
LICENSE_SERVER_PORT = 7790
NODE_PORT = 8102

SESSION_PATH = f"/v{PROTOCOL_VERSION}/session"
OTHER_SESSION_PATH = "/v{version:[0-9]+}/session"
"""A pattern of the paths that other versions dial."""
INCOMING_CALL_PATH = "/v1/incoming-call"
CLS_ACTIVATE_PATH = "/v1/activate"
CLS_REISSUE_PATH = "/v1/reissue"
CLS_CHALLENGE_PATH = "/v1/challenge"
CLS_TIME_PATH = "/v1/time"
RELICENSING_REQUEST_PATH = "/v1/relicensing-request"
HEALTH_PATH = "/v1/health"


class Message(Record, tag_field="message", tag=kebab_case):
    """A frame of the session; its tag is the class name in kebab case."""


SYSTEM_HOLDER = "system"
UNCLAIMED = "unclaimed"
"""Holder of what has passed to another key of a node, and nobody there has demanded yet (F16)."""


class Seat(Record):
    """`quantity` seats of a license for one holder: a call number, a trunk's name, or `system`."""

    holder: str
    license: str
    quantity: int = 1


NETWORKING = Seat(holder=SYSTEM_HOLDER, license="networking")
"""The seat that each slave needs for itself (manual 4.4)."""


class RefusedSeat(Record):
    """Seats demanded and not granted; `reason` is a code of `licensing.errors.REFUSALS`."""

    holder: str
    license: str
    quantity: int
    reason: str


# In both directions.


class MessagePart(Message):
    """A piece of a message that is larger than a frame: `number` of `count`, from 1 on.

    All pieces carry the request id of their demand or decision, "" where the message has none. The
    message counts when its last piece is here (`licensing.parts`).
    """

    request_id: str
    number: int
    count: int
    content: str


# From the central CLA to a node.


class Challenge(Message, kw_only=True):
    """The CLA's first frame. `nonce` is base64url, `agent_key` the CLA's public key."""

    version: Literal[2] = 2
    nonce: str
    agent_key: str


class Welcome(Message):
    """The hello is accepted. `proof` is the CLA's signature over the node's nonce.

    `lease` is the signed lease as it stands now; None where `condition` is not `licensed`. `lost`
    are former seats that are not in it any more (F13, and after relicensing). `date` is that by
    which the CLA counts the ends of licenses (F14).
    """

    condition: Condition
    lease: str | None
    proof: str
    lost: list[Seat] = msgspec.field(default_factory=list)
    date: datetime | None = None


class Refusal(Message):
    """The session ends here; `code` is of the error registry."""

    code: str
    text: str
    hint: str


class Decision(Message):
    """The answer to a demand, the same bytes for the same request id (A8).

    `refused` has wants that were not granted and releases under another lease than the present one.
    `lease` is the lease that includes the granted seats, None where nothing changed.
    """

    request_id: str
    granted: list[Seat]
    refused: list[RefusedSeat]
    lease: str | None


class HeartbeatAcknowledged(Message):
    """The answer to the heartbeat of the same number."""

    number: int


class LeaseChanged(Message):
    """The CLA changes a lease by itself. `lost` names what the node must give up (F13).

    `prolonged`: seats of it end at other instants than before (F14).
    """

    reason: Literal["activated", "relicensed", "shrunk", "prolonged"]
    condition: Condition
    lease: str | None
    lost: list[Seat]


class FreeLicensesCounted(Message):
    """The answer to the question of the same number, by license; what nobody bought is left out."""

    number: int
    licenses: dict[str, FreeLicense]


FromAgent: TypeAlias = (
    Challenge
    | Welcome
    | Refusal
    | Decision
    | HeartbeatAcknowledged
    | LeaseChanged
    | FreeLicensesCounted
    | MessagePart
)


# From a node to the central CLA.


class Hello(Message, kw_only=True):
    """The node's answer to the challenge.

    `epoch`, `seq` and `serial` are of the newest lease that the node has (0: none), `boot_id`
    differs at every start, `expired_for_s` says for how long the node has been in emergency mode.
    `public_key` is the node's: a CLA that does not know it can show it to a person (F16).
    `signature` covers the challenge and all other fields (`hello_message`).
    """

    version: Literal[2] = 2
    node: str
    locking_id: str
    epoch: int
    seq: int
    serial: int
    boot_id: str
    nonce: str
    state: NodeState
    expired_for_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_EXPIRED_S)] | None = None
    public_key: str = ""
    signature: str = ""


class Heartbeat(Message):
    """A sign of life; `seq` is that of the newest lease stored."""

    number: int
    seq: int


class Demand(Message):
    """Seats wanted and given back in one check and unlock.

    `lease_id` names the lease under which the released seats are held; under another than the
    present one they are not released (`lease-replaced`). A node that knows of none says "", and may
    give back whatever it holds (A12).
    """

    request_id: str
    lease_id: str
    wants: list[Seat]
    releases: list[Seat]


class LeaseAcknowledged(Message):
    """The node has stored the lease `seq`."""

    seq: int


class CountFreeLicenses(Message):
    """What may this node be granted? Somebody is about to assign licenses there."""

    number: int


FromNode: TypeAlias = (
    Hello | Heartbeat | Demand | LeaseAcknowledged | CountFreeLicenses | MessagePart
)

_encoder = msgspec.json.Encoder(order="deterministic")
_from_agent: msgspec.json.Decoder[FromAgent] = msgspec.json.Decoder(FromAgent)
_from_node: msgspec.json.Decoder[FromNode] = msgspec.json.Decoder(FromNode)


def encode(message: msgspec.Struct) -> bytes:
    """The canonical JSON of a message or body."""
    return _encoder.encode(message)


def encode_lines(records: Sequence[msgspec.Struct]) -> bytes:
    """The canonical JSON of each of `records`, all in one piece, every one ended by a newline."""
    return _encoder.encode_lines(records)


def from_agent(frame: str | bytes) -> FromAgent:
    """Read a frame that the CLA sent; raises `message-malformed`."""
    try:
        return _from_agent.decode(frame)
    except UNREADABLE as error:
        raise LicensingError("message-malformed", reason=str(error)) from error


def from_node(frame: str | bytes) -> FromNode:
    """Read a frame that a node sent; raises `message-malformed`."""
    try:
        return _from_node.decode(frame)
    except UNREADABLE as error:
        raise LicensingError("message-malformed", reason=str(error)) from error


def hello_message(challenge: Challenge, hello: Hello) -> bytes:
    """The bytes that a node signs: both sides' words, so that none can be replayed or altered."""
    unsigned = msgspec.structs.replace(hello, signature="")
    return b"internetsim hello\n" + encode(challenge) + b"\n" + encode(unsigned)


def welcome_message(hello: Hello) -> bytes:
    """The bytes that the CLA signs as its `proof`."""
    return b"internetsim welcome\n" + hello.nonce.encode() + b"\n" + hello.node.encode()


# Bodies of HTTP requests between parties.


class Registration(Record):
    """Who uses the licenses; entered in the WBM before the online activation (manual 4.3.1)."""

    company: str
    contact: str


class Activate(Record):
    """Node to its host's CLA, and the CLA (with its Locking ID) to the license server."""

    lac: str
    registration: Registration
    license_server: str


class ActivateAtServer(Record):
    """A person to the license server: bind the LAC to the Locking ID and issue a file."""

    lac: str
    locking_id: str
    registration: Registration


class Relicense(Record):
    """Node to its host's CLA: have the license file issued anew (F4)."""

    license_server: str


class IssuedFile(Record, omit_defaults=True):
    """License server's answer: the signed license file (JWS in JSON form).

    `notice` is what whoever moved a file should know; left out where there is nothing.
    """

    license_file: str
    notice: str = ""


class IssuedAnswer(Record):
    """License server's answer to a relicensing request: `licensing.agent_requests.answer_in` it."""

    answer: str


class ServerChallenge(Record):
    """What the next request of a CLA has to repeat, once and within minutes (base64url)."""

    challenge: str


class SignedTime(Record):
    """License server's time, signed: `licensing.agent_requests.read_time` has the content."""

    time: str


class Activated(Record):
    """The CLA's answer to an activation, relicensing or loaded file.

    `repeated` where that file was in force before, and nothing has changed.
    """

    serial: int
    epoch: int
    licenses: dict[str, int]
    repeated: bool = False


class Enrol(Record):
    """Make a node known: its name and its public key (base64url).

    `destroyed` answers the question that another key under a known name raises (F16): whether the
    old hardware or its disk is destroyed. None where nobody was asked.
    """

    node: str
    public_key: str
    destroyed: bool | None = None


class Enrolled(Record):
    """The CLA's public key, by which the node knows its leases.

    `seen` says whether a node of this name has been here with this key.
    """

    agent_key: str
    seen: bool = False


class LoadLicenseFile(Record):
    """A license file, or answer to a relicensing request, from the license server's pages."""

    license_file: str


class IncomingCall(Record):
    """Node to node: a call for one of the receiver's subscribers."""

    call_id: str
    source: str
    destination: str


class IncomingCallAnswer(Record):
    """Whether the called node takes the call; `reason` is a code of REFUSALS, "" if connected."""

    connected: bool
    reason: str = ""
