"""What a node remembers of its internetwork: its role, its master, and the central CLA's key."""

from licensing.addresses import parse_address
from licensing.errors import LicensingError
from licensing.messages import AGENT_PORT, Demand
from licensing.records import Record
from licensing.words import Role
from nodes.assignment.table import Check
from nodes.assignment.views import AssignmentRow
from nodes.telephony.equipment import Equipment


class Membership(Record):
    """Set by the Network Wizard; `agent_key` is pinned by the first session after it."""

    role: Role = Role.STANDALONE
    master_address: str = ""
    agent_key: str = ""


class StoredLease(Record):
    """The newest accepted lease, as the CLA signed it; `lease_id` and `seq` "" and 0 for none.

    `agent_key` is that CLA's. It stays when the node leaves: a node that left in emergency mode and
    comes back to the same CLA needs relicensing as before (F4).
    """

    document: str = ""
    agent_key: str = ""
    serial: int = 0
    lease_id: str = ""
    seq: int = 0
    epoch: int = 0


class Pending(Record):
    """A demand on its way: kept until it is decided, sent again in every new session (A8)."""

    demand: Demand
    check: Check


class StoredAssignments(Record):
    """The rows of the assignment table, of one holder."""

    rows: list[AssignmentRow]


def bandwidth_advice(role: Role, equipment: Equipment) -> str:
    """The node with the largest bandwidth should be the master (manual 4.4); "" where that fits.

    Nothing is advised on lines that are not known.
    """
    ours_bit_s, neighbors = equipment.bandwidth_bit_s, equipment.neighbors
    widest = max(neighbors, key=lambda node: neighbors[node].bandwidth_bit_s, default=None)
    if not ours_bit_s or widest is None:
        return ""
    if role is Role.MASTER and neighbors[widest].bandwidth_bit_s > ours_bit_s:
        return f"{widest} has more bandwidth than this node, and should be the master."
    known = all(neighbor.bandwidth_bit_s for neighbor in neighbors.values())
    if role is Role.SLAVE and known and neighbors[widest].bandwidth_bit_s < ours_bit_s:
        return "This node has the largest bandwidth, and should be the master."
    return ""


def central_cla(role: Role, entered: str, own: str) -> str:
    """The `host:port` of the CLA that a node of this role uses, "" where there is none.

    `entered` is what a person entered in the Network Wizard, `own` the address of the CLA on the
    node's own host, "" where none is installed: a master and a standalone system have no other, a
    slave has no use for it. Raises `master-address-foreign`, `master-address-missing`,
    `agent-missing`, or as `parse_address`.
    """
    address = parse_address(entered, AGENT_PORT) if entered.strip() else ""
    if role is Role.SLAVE:
        if address in ("", own):
            raise LicensingError("master-address-missing")
        return address
    if address not in ("", own):
        raise LicensingError("master-address-foreign", role=role, address=address)
    if role is Role.MASTER and not own:
        raise LicensingError("agent-missing")
    return own
