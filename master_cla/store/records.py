"""The rows of the store: nodes, answers to be replayed, and all that a transaction changed."""

from typing import NamedTuple

import msgspec

from master_cla.agent_time import ClockMark
from master_cla.holdings import Grant
from master_cla.lease_signing import SignedLease


class NodeRow(NamedTuple):
    """An enrolled node as stored; times are agent time.

    `earlier_ends` is what leases say that it may still go by and that end later than its newest:
    `Entitlement`s in JSON, "" for none.
    """

    name: str
    public_key: str
    acknowledged: int
    seq: int
    lease: SignedLease | None
    contact_ns: int | None
    expired_ns: int | None
    lapsed: bool
    earlier_period_ns: int = 0
    unseen_ns: int = 0
    forgotten: bool = False
    former_of: str = ""
    earlier_ends: str = ""


class LoggedDecision(msgspec.Struct, frozen=True, array_like=True):
    """An answer to be replayed (A8), beside the row of its node: its lease stands there.

    `node_row` is that row's place in `Rows.nodes`, `digest` that of what was demanded,
    `decision` the encoded decision without a lease, `leased` whether it has the one of the row.
    """

    node_row: int
    request_id: str
    digest: bytes
    decision: bytes
    leased: bool


class Rows(msgspec.Struct):
    """What a transaction changed, in this order; of what changed twice the last counts.

    `grants` has by number whose it is, and None where nothing is left of it.
    """

    mark: ClockMark | None = None
    nodes: list[NodeRow] = []
    grants: dict[int, tuple[str, Grant | None]] = {}
    answers: list[LoggedDecision] = []

    def __len__(self) -> int:
        return bool(self.mark) + len(self.nodes) + len(self.grants) + len(self.answers)
