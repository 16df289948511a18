"""What is said about enrolled nodes: which there are, who has asked, and forgetting one (F16)."""

from datetime import datetime

from licensing.records import Record
from licensing.words import CountedState

ENROL_PATH = "/v1/enrol"
FORGET_PATH = "/v1/forget"
NODES_PATH = "/v1/nodes"
NODES_CHANGED_PATH = "/v1/nodes-changed"


class ForgetNode(Record):
    """Forget an enrolled node that cannot be asked (F16).

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

    `period_end` is when its failover period ends by the worst case (F9), or has ended, and
    `period_rest_s` what is left of it in seconds; both are None where no period runs.
    """

    node: str
    fingerprint: str
    connected: bool
    state: CountedState
    last_contact: datetime | None
    hold_end: datetime | None
    seats: dict[str, int]
    former_of: str = ""
    period_end: datetime | None = None
    period_rest_s: int | None = None

    @property
    def cut_off(self) -> bool:
        """Whether somebody has to act: it is away, and its period runs or has ended."""
        away = not self.connected and self.period_end is not None
        return away and self.state is not CountedState.FORGOTTEN

    @property
    def in_use(self) -> dict[str, int]:
        """Its seats while it is connected, by license."""
        return self.seats if self.connected else {}

    @property
    def reserved(self) -> dict[str, int]:
        """Its seats while it is away, by license: it may use them, and they are not free (F9)."""
        return {} if self.connected else self.seats


class UnknownNode(Record):
    """A name and key that have asked lately and are not enrolled."""

    node: str
    public_key: str
    fingerprint: str
    last_asked: datetime


class EnrolledNodes(Record):
    """The nodes in the order of their enrolment, and who has asked in vain, by name.

    `relicensing_required` says whether a period has ended under the present epoch (F6). `version`
    is another one whenever something of all this has changed.
    """

    nodes: list[CountedNode]
    unknown: list[UnknownNode]
    relicensing_required: bool = False
    version: int = 0


class NodesSeen(Record):
    """Which `version` of `EnrolledNodes` is known to whoever waits for the next one."""

    version: int = 0
