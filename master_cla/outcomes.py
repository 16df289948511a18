"""What the ledger decided about a node's lease, which the node hears after the commit."""

from dataclasses import dataclass
from typing import Literal

from licensing.messages import LeaseChanged, Seat
from licensing.words import Condition
from master_cla.lease_signing import SignedLease


@dataclass(frozen=True, slots=True)
class Admission:
    """An accepted hello: the lease as it stands now, and seats that were not restored."""

    condition: Condition
    signed: SignedLease | None
    lost: list[Seat]


@dataclass(frozen=True, slots=True)
class Renewal:
    """A connected node's lease is another one now; `lost` are seats that it has no more."""

    reason: Literal["activated", "relicensed", "shrunk"]
    signed: SignedLease
    lost: list[Seat]

    def message(self) -> LeaseChanged:
        """What to tell the node, after the commit."""
        return LeaseChanged(
            reason=self.reason,
            condition=Condition.LICENSED,
            lease=self.signed.text,
            lost=self.lost,
        )
