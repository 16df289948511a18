"""Bodies of the CLA's administration API; those of activation are in `licensing.messages`."""

from licensing.records import Record
from licensing.words import Condition


class Enrol(Record):
    """Make a node known: its name and its public key (base64url)."""

    node: str
    public_key: str


class Enrolled(Record):
    """The CLA's public key, by which the node knows its leases."""

    agent_key: str


class LoadLicenseFile(Record):
    """A license file that was downloaded from the license server."""

    license_file: str


class LicenseRow(Record):
    """One line of the license table; `reserved` seats belong to nodes that are cut off (F9)."""

    license: str
    name: str
    bought: int
    in_use: int
    reserved: int
    free: int
    held: dict[str, int]


class LicenseTable(Record):
    """All licenses that were bought or are held, in the price list's order."""

    licenses: list[LicenseRow]


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
