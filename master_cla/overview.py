"""The CLA's answers to "who has what": license table and state, computed from the books."""

from collections.abc import Container

from licensing.catalogue import LICENSES
from licensing.messages import LicenseRow, LicenseTable
from licensing.policies import NS_PER_SECOND
from master_cla.administration import AgentState, NodeStatus
from master_cla.ledger import Ledger
from master_cla.members import Member


def license_table(ledger: Ledger, connected: Container[str]) -> LicenseTable:
    """All licenses that were bought or are held, in the price list's order."""
    held = {node: ledger.pool.held(node) for node in ledger.members}
    rows = [_row(ledger, key, held, connected) for key in LICENSES]
    return LicenseTable(licenses=[row for row in rows if row.bought or row.held])


def _row(
    ledger: Ledger, key: str, held: dict[str, dict[str, int]], connected: Container[str]
) -> LicenseRow:
    of_node = {node: seats[key] for node, seats in held.items() if seats.get(key)}
    in_use = sum(seats for node, seats in of_node.items() if node in connected)
    return LicenseRow(
        license=key,
        name=LICENSES[key].name,
        bought=ledger.pool.bought.get(key, 0),
        in_use=in_use,
        reserved=sum(of_node.values()) - in_use,
        free=ledger.pool.free(key),
        held=of_node,
    )


def agent_state(ledger: Ledger, connected: Container[str], now_ns: int, commits: int) -> AgentState:
    """The CLA at a glance, at agent time `now_ns`."""
    return AgentState(
        serial=ledger.serial,
        epoch=ledger.epoch,
        relicensing_required=ledger.relicensing_required,
        recovery_window_s=max(0, ledger.reclaim_not_before_ns - now_ns) // NS_PER_SECOND,
        commits=commits,
        nodes={
            member.name: _status(ledger, member, now_ns, connected=member.name in connected)
            for member in ledger.members.values()
        },
    )


def _status(ledger: Ledger, member: Member, now_ns: int, *, connected: bool) -> NodeStatus:
    contact_ns = member.contact_ns if member.heard_ns is None else member.heard_ns
    return NodeStatus(
        connected=connected,
        condition=ledger.condition(member) if connected else None,
        seq=member.seq,
        acknowledged=member.acknowledged,
        last_contact_s=None if contact_ns is None else max(0, now_ns - contact_ns) // NS_PER_SECOND,
        expired=member.expired_ns is not None,
        lapsed=ledger.pool.lapsed(member.name),
    )
