"""What is said about enrolled nodes: which there are, who has asked, and forgetting one (F16)."""

from datetime import datetime

from licensing.records import Record
from licensing.words import CountedState

ENROL_PATH = "/v1/enrol"
FORGET_PATH = "/v1/forget"
NODES_PATH = "/v1/nodes"


class ForgetNode(Record):
    """ForgetNode an enrolled node that cannot be asked (F16).

    Its seats come free when its hold ends, or at once where its hardware is declared `destroyed`.
    """

    node: str
    destroyed: bool = False


class Forgotten(Record):
    """The node's `seats` by license: free now, or at `free_at` where that is not None."""

    seats: dict[str, int]
    free_at: datetime | None = None


class CountedNode(Record):
    """An enrolled node as the central CLA counts it; instants are of its host's clock.

    `former_of` is the node whose former key this is, "" where it is the present one. `hold_end` is
    when its `seats` (by license) come free if it stays away, None where it holds none.
    """

    node: str
    fingerprint: str
    connected: bool
    state: CountedState
    last_contact: datetime | None
    hold_end: datetime | None
    seats: dict[str, int]
    former_of: str = ""


class UnknownNode(Record):
    """A name and key that have asked lately and are not enrolled."""

    node: str
    public_key: str
    fingerprint: str
    last_asked: datetime


class EnrolledNodes(Record):
    """The nodes in the order of their enrolment, and who has asked in vain, by name."""

    nodes: list[CountedNode]
    unknown: list[UnknownNode]
