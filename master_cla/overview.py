"""The CLA's answers to "who has what": license table and state, computed from the books."""

from collections.abc import Container
from datetime import datetime

from licensing.catalogue import LICENSES
from licensing.enrolment import CountedNode, EnrolledNodes, UnknownNode
from licensing.license_table import FreeLicense, LicenseRow, LicenseTable
from licensing.policies import NS_PER_SECOND
from licensing.wall_time import utc_of
from licensing.words import Condition, CountedState
from master_cla.administration import AgentState, NodeStatus
from master_cla.ledger import Ledger
from master_cla.members import Member
from master_cla.pool import Pool
from master_cla.unknown_nodes import Stranger


def license_table(ledger: Ledger, connected: Container[str]) -> LicenseTable:
    """All licenses that were bought or are held, in the price list's order."""
    held = {node: ledger.pool.held(node) for node in ledger.members}
    rows = [_row(ledger, key, held, connected) for key in LICENSES]
    return LicenseTable(
        licenses=[row for row in rows if row.bought or row.held],
        entitlements=ledger.file.entitlements if ledger.file else [],
    )


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


def free_licenses(pool: Pool, node: str) -> dict[str, FreeLicense]:
    """What `node` may be granted of each license that is in force, or that others stand in for."""
    return {
        key: FreeLicense(
            bought=pool.bought.get(key, 0),
            own=pool.free_for(node, key, standing_in=False),
            free=pool.free_for(node, key),
        )
        for key in LICENSES
        if pool.bought.get(key) or pool.free_for(node, key)
    }


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
            if not member.forgotten
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


def enrolled_nodes(
    ledger: Ledger, connected: Container[str], asked: list[Stranger], now_ns: int, version: int
) -> EnrolledNodes:
    """The nodes that count, and who of `asked` is not enrolled; `now_ns` is agent time."""
    counting = (each for each in ledger.members.values() if _counts(ledger, each))
    unknown = (each for each in asked if not _is_enrolled(ledger, each))
    return EnrolledNodes(
        nodes=[_enrolled(ledger, each, now_ns, each.name in connected) for each in counting],
        unknown=[
            UnknownNode(
                node=each.node,
                public_key=each.key.text,
                fingerprint=each.key.fingerprint,
                last_asked=_date(ledger, each.at_ns, now_ns),
            )
            for each in unknown
        ],
        relicensing_required=ledger.relicensing_required,
        version=version,
    )


def _enrolled(ledger: Ledger, member: Member, now_ns: int, connected: bool) -> CountedNode:
    contact_ns = member.contact_ns if member.heard_ns is None else member.heard_ns
    end_ns = _period_end_ns(ledger, member, connected=connected)
    return CountedNode(
        node=member.name,
        fingerprint=member.key.fingerprint,
        connected=connected,
        state=_counted_state(ledger, member, connected=connected),
        last_contact=None if contact_ns is None else _date(ledger, contact_ns, now_ns),
        hold_end=hold_end(ledger, member, now_ns),
        seats=ledger.pool.held(member.name),
        former_of=member.former_of,
        period_end=None if end_ns is None else _date(ledger, end_ns, now_ns),
        period_rest_s=None if end_ns is None else max(0, end_ns - now_ns) // NS_PER_SECOND,
    )


def _period_end_ns(ledger: Ledger, member: Member, *, connected: bool) -> int | None:
    """When its period ends at the latest if it stays away, or has ended (F9); None if none runs."""
    if ledger.is_expired(member):
        return member.expired_ns
    return None if connected else member.period_end_ns


def hold_end(ledger: Ledger, member: Member, now_ns: int) -> datetime | None:
    """When its seats come free if it stays away from now on; None where it holds none."""
    end_ns = ledger.absence(member).hold_end_ns
    return None if end_ns is None else _date(ledger, end_ns, now_ns)


def _counts(ledger: Ledger, member: Member) -> bool:
    """A forgotten one does for as long as something is reserved for it."""
    return not member.forgotten or bool(ledger.pool.held(member.name))


def _is_enrolled(ledger: Ledger, asked: Stranger) -> bool:
    member = ledger.members.enrolled(asked.node)
    return member is not None and member.key == asked.key


def _counted_state(ledger: Ledger, member: Member, *, connected: bool) -> CountedState:
    if member.forgotten:
        return CountedState.FORGOTTEN
    if ledger.is_expired(member):
        return CountedState.EMERGENCY
    if connected:
        licensed = ledger.condition(member) is Condition.LICENSED
        return CountedState.REGULAR if licensed else CountedState.UNLICENSED
    if not member.seen:
        return CountedState.NOT_SEEN
    waits = member.lease is not None and ledger.absence(member).next_ns is not None
    return CountedState.FAILOVER if waits else CountedState.UNLICENSED


def _date(ledger: Ledger, at_ns: int, now_ns: int) -> datetime:
    """An instant of agent time by the clock of the CLA's host, as it goes now."""
    return utc_of(ledger.wall_ns + at_ns - now_ns)
