"""What becomes of a demand: the type of each step's value says which step it has come through.

`NewDemand` -> `SettledDemand` -> `AnsweredDemand` -> stored and stated, by the ledger. Each step
asks for the value of the one before, so that no lease names seats that were not put into the store,
and no answer is kept before it has its lease. The answer leaves after the commit.
"""

import msgspec

from licensing.errors import LEASE_REPLACED
from licensing.events import DemandDecided
from licensing.messages import Demand
from master_cla.holdings import DemandOutcome, refusal
from master_cla.lease_signing import SignedLease
from master_cla.members import Member
from master_cla.pool import Pool


class DecisionParts(msgspec.Struct, tag_field="message", tag="decision", frozen=True, gc=False):
    """A `Decision` whose parts are encoded already; only the lease is filled in at last."""

    request_id: msgspec.Raw
    granted: msgspec.Raw
    refused: msgspec.Raw
    lease: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DecisionParts).decode


class EncodedDecision(msgspec.Struct):
    """A decision as it is kept and travels (A8); `lease` has what fills in the one of `parts`."""

    parts: DecisionParts
    lease: SignedLease | None = None

    @property
    def encoded_without(self) -> bytes:
        """The `Decision` in JSON, without what `lease` has."""
        return _encode(self.parts)

    @property
    def encoded(self) -> bytes:
        """What is sent, the same whenever it is asked for from the transaction's end on."""
        if self.lease is None:
            return _encode(self.parts)
        assert self.lease.text, "what leaves was signed before"
        return _encode(msgspec.structs.replace(self.parts, lease=self.lease.text))


def read_decision(encoded: bytes, lease: SignedLease | None = None) -> EncodedDecision:
    """A stored `Decision` in JSON; raises `msgspec.ValidationError` where it is none."""
    return EncodedDecision(_decode(encoded), lease)


class NewDemand(msgspec.Struct, frozen=True, gc=False):
    """A demand that was never decided and that its node may make.

    `digest` is that of its contents: a repetition is known by it.
    """

    demand: Demand
    digest: bytes


class SettledDemand(msgspec.Struct, frozen=True, gc=False):
    """A demand that the pool has carried out; the changed grants are put into the store.

    `held` is what the node has now, quantities by license.
    """

    new: NewDemand
    outcome: DemandOutcome
    held: dict[str, int]

    def answer(self, lease: SignedLease | None) -> EncodedDecision:
        """The decision; `lease` is the one that it brings, None where nothing changed."""
        parts = DecisionParts(
            request_id=msgspec.Raw(_encode(self.new.demand.request_id)),
            granted=msgspec.Raw(_encode(self.outcome.granted)),
            refused=msgspec.Raw(_encode(self.outcome.refused)),
        )
        return EncodedDecision(parts, lease)

    def fact(self, node: str) -> DemandDecided:
        """What is audited and journaled."""
        return DemandDecided(
            node=node,
            request_id=self.new.demand.request_id,
            granted=self.outcome.granted,
            refused=self.outcome.refused,
            released=self.outcome.released,
            held=self.held,
        )


class AnsweredDemand(msgspec.Struct, frozen=True, gc=False):
    """A settled demand with its answer; the lease that it brings is the member's by now."""

    settled: SettledDemand
    answer: EncodedDecision


def carry_out(demand: Demand, pool: Pool, member: Member, *, closed: str) -> DemandOutcome:
    """What becomes of a demand; a release is only of the lease that it names (A8).

    `closed` is the reason why nothing is granted at present, as in `Pool.decide`.
    """
    present = member.lease.lease_id if member.lease else ""
    current = demand.lease_id in ("", present)
    releases = demand.releases if current else []
    outcome = pool.decide(member.name, demand.wants, releases, closed=closed)
    if current:
        return outcome
    kept = [refusal(seat, seat.quantity, LEASE_REPLACED) for seat in demand.releases]
    return outcome._replace(refused=[*outcome.refused, *kept])
