"""Nodes as members of the books and as rows of the store, and what lies between the two."""

import msgspec

from licensing.entitlements import Entitlement
from licensing.errors import LicensingError
from licensing.lease import Lease, read_lease
from licensing.policies import TIMING
from licensing.signing import SignatureInvalid, VerificationKey
from master_cla.agent_time import AgentClock
from master_cla.members import Member
from master_cla.pool import Pool
from master_cla.store.records import NodeRow

_encode = msgspec.json.Encoder().encode
_read = msgspec.json.Decoder(list[Entitlement]).decode


def row_of(member: Member, pool: Pool) -> NodeRow:
    """The row to store; the pool has its word on the node's hold and on when its seats end."""
    return NodeRow(  # by position: this is done for each decision
        member.name,
        member.key.text,
        member.acknowledged,
        member.seq,
        member.signed,
        member.contact_ns,
        member.expired_ns,
        pool.lapsed(member.name),
        member.earlier_period_ns,
        member.unseen_ns,
        member.forgotten,
        member.former_of,
        _text(pool.ends.earlier(member.name)),
    )


def earlier_ends_of(row: NodeRow) -> list[Entitlement]:
    """What `row` has of leases that end later; raises `msgspec.ValidationError`."""
    return _read(row.earlier_ends) if row.earlier_ends else []


def _text(entitlements: list[Entitlement]) -> str:
    return _encode(entitlements).decode() if entitlements else ""


def is_stored(row: NodeRow, stored: NodeRow) -> bool:
    """Whether `stored` is `row`, apart from what is stored later.

    That is a contact, an acknowledgement, and that a lease came through.
    """
    expired_ns = stored.expired_ns if row.expired_ns is None else row.expired_ns
    return stored == row._replace(
        contact_ns=stored.contact_ns,
        acknowledged=stored.acknowledged,
        expired_ns=expired_ns,
        earlier_period_ns=row.earlier_period_ns or stored.earlier_period_ns,
        unseen_ns=stored.unseen_ns,
    )


def member_of(row: NodeRow, agent_key: VerificationKey, clock: AgentClock) -> Member:
    """A stored node at a start of the CLA, whose `clock` says for how long it was switched off.

    Raises `SignatureInvalid` for a lease that `agent_key` did not sign.

    Where it may have been connected at the end, its last contact may have been as much later as
    contacts are written late: what is written every 6 h is the last contact then, which may be as
    old as a silence.
    """
    return Member(
        name=row.name,
        key=VerificationKey(row.public_key),
        acknowledged=row.acknowledged,
        seq=row.seq,
        lease=_lease(row, agent_key),
        signed=row.lease,
        contact_ns=_latest_contact_ns(row, clock),
        expired_ns=row.expired_ns,
        earlier_period_ns=row.earlier_period_ns,
        unseen_ns=row.unseen_ns + clock.off_ns,
        forgotten=row.forgotten,
        former_of=row.former_of,
    )


def _latest_contact_ns(row: NodeRow, clock: AgentClock) -> int | None:
    """Never after this start; and where the last run had no contact, as it was before that run."""
    if row.contact_ns is None:
        return None
    latest_ns = row.contact_ns + TIMING.last_good_write_ns + TIMING.silence_ns
    known = row.unseen_ns or latest_ns < clock.resumed_ns
    return min(row.contact_ns if known else latest_ns, clock.marked.time_ns)


def _lease(row: NodeRow, agent_key: VerificationKey) -> Lease | None:
    if row.lease is None:
        return None
    try:
        return read_lease(row.lease.text, agent_key, row.former_of or row.name)
    except LicensingError as error:
        raise SignatureInvalid(f"the stored lease of {row.name}: {error.message}") from error
