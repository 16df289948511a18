"""Bodies of the CLA's administration API; those of activation are in `licensing.messages`."""

from licensing.records import Record
from licensing.words import Condition


class NodeStatus(Record):
    """A node as the CLA sees it; `last_contact_s` is how long ago it was (None: never)."""

    connected: bool
    condition: Condition | None
    seq: int
    acknowledged: int
    last_contact_s: int | None
    expired: bool
    lapsed: bool


class AgentState(Record):
    """The CLA at a glance; serial and epoch are 0 before the first activation.

    `commits` counts the writer's since the start: demands that arrive together share one.
    """

    serial: int
    epoch: int
    relicensing_required: bool
    recovery_window_s: int
    commits: int
    nodes: dict[str, NodeStatus]
