"""What the ledger decided: what a node hears after the commit, and what is stated as a fact."""

from dataclasses import dataclass
from typing import Literal

from licensing.events import LeaseSigned, LicenseFileAccepted
from licensing.lease import Lease
from licensing.license_file import LicenseFile
from licensing.messages import UNCLAIMED, LeaseChanged, Seat
from licensing.words import Condition
from master_cla.lease_signing import SignedLease


@dataclass(frozen=True, slots=True)
class Admission:
    """An accepted hello: the lease as it stands now, and seats that the node has no more."""

    condition: Condition
    signed: SignedLease | None
    lost: list[Seat]


@dataclass(frozen=True, slots=True)
class Renewal:
    """A connected node's lease is another one now; `lost` are seats that it has no more."""

    reason: Literal["activated", "relicensed", "shrunk", "prolonged"]
    signed: SignedLease
    lost: list[Seat]

    def message(self) -> LeaseChanged:
        """What to tell the node, after the commit."""
        return LeaseChanged(
            reason=self.reason,
            condition=Condition.LICENSED,
            lease=self.signed.text,
            lost=known_of(self.lost),
        )


def known_of(lost: list[Seat]) -> list[Seat]:
    """Of `lost` seats those of which the node knows."""
    return [seat for seat in lost if seat.holder != UNCLAIMED]


def accepted(file: LicenseFile) -> LicenseFileAccepted:
    """The fact that `file` is the newest license file from now on."""
    return LicenseFileAccepted(
        serial=file.serial,
        epoch=file.epoch,
        licenses=file.licenses,
        entitlements=file.entitlements,
        flexible=file.flexible,
        failover_period_ns=file.failover_period_ns,
        recovery=file.recovery,
        reserved_at_most_s=file.reserved_at_most_s,
        expiry_scope=file.expiry_scope,
        valid_until=file.valid_until,
    )


def lease_signed(lease: Lease) -> LeaseSigned:
    """The fact that `lease` is its node's newest from now on."""
    return LeaseSigned(
        node=lease.node,
        lease_id=lease.lease_id,
        seq=lease.seq,
        epoch=lease.epoch,
        seats=lease.seats,
    )
