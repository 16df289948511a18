"""What a node remembers of its internetwork: its role, its master, and the central CLA's key."""

from licensing.errors import LicensingError
from licensing.messages import AGENT_PORT, Demand
from licensing.records import Record
from licensing.words import Role
from nodes.assignment import AssignmentRow, Check


class Membership(Record):
    """Set by the Network Wizard; `agent_key` is pinned by the first session after it."""

    role: Role = Role.STANDALONE
    master_address: str = ""
    agent_key: str = ""


class StoredLease(Record):
    """The newest accepted lease, as the CLA signed it; `lease_id` and `seq` "" and 0 for none."""

    document: str = ""
    serial: int = 0
    lease_id: str = ""
    seq: int = 0
    epoch: int = 0


class Pending(Record):
    """A demand on its way: kept until it is decided, sent again in every new session (A8)."""

    demand: Demand
    check: Check


class StoredAssignments(Record):
    """The rows of the assignment table."""

    rows: list[AssignmentRow]


def parse_address(text: str, default_port: int = AGENT_PORT) -> str:
    """`host[:port]` as `host:port`; raises `request-malformed`."""
    host, colon, port = text.strip().partition(":")
    if not host or "/" in host or (colon and not port.isdecimal()):
        raise LicensingError("request-malformed", reason=f"{text[:60]!r} is not host[:port]")
    return f"{host}:{port or default_port}"
