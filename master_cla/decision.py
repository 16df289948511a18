"""What becomes of a demand: the type of each step's value says which step it has come through.

`NewDemand` -> `SettledDemand` -> `AnsweredDemand` -> stored and stated, by the ledger. Each step
asks for the value of the one before, so that no lease names seats that were not put into the store,
and no answer is kept before it has its lease. The answer leaves after the commit.
"""

from typing import NamedTuple

import msgspec

from licensing.events import DemandDecided
from licensing.messages import Decision, Demand, Message, encode
from master_cla.lease_signing import SignedLease
from master_cla.pool import DemandOutcome


class _DecisionParts(Message, tag="decision"):
    """A `Decision` of which only the lease is looked at: all else is copied as it was encoded."""

    request_id: msgspec.Raw
    granted: msgspec.Raw
    refused: msgspec.Raw
    lease: str | None


_parts = msgspec.json.Decoder(_DecisionParts)


class EncodedDecision(msgspec.Struct):
    """A decision as it is kept and travels (A8): encoded without a lease, and its lease if any.

    One that was read back from the table of decisions has its lease in `encoded_without`.
    """

    encoded_without: bytes
    lease: SignedLease | None = None

    @property
    def encoded(self) -> bytes:
        """What is sent, the same whenever it is asked for from the transaction's end on."""
        if self.lease is None:
            return self.encoded_without
        assert self.lease.text, "what leaves was signed before"
        parts = _parts.decode(self.encoded_without)
        return encode(msgspec.structs.replace(parts, lease=self.lease.text))


class NewDemand(NamedTuple):
    """A demand that was never decided and that its node may make.

    `digest` is that of its contents: a repetition is known by it.
    """

    demand: Demand
    digest: bytes


class SettledDemand(NamedTuple):
    """A demand that the pool has carried out; the changed grants are put into the store.

    `held` is what the node has now, quantities by license.
    """

    new: NewDemand
    outcome: DemandOutcome
    held: dict[str, int]

    def decision(self) -> Decision:
        """The answer to the node, still without a lease."""
        return Decision(
            request_id=self.new.demand.request_id,
            granted=self.outcome.granted,
            refused=self.outcome.refused,
            lease=None,
        )

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


class AnsweredDemand(NamedTuple):
    """A settled demand with its answer; the lease that it brings is the member's by now."""

    settled: SettledDemand
    answer: EncodedDecision
