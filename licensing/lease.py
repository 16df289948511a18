"""The lease that the central CLA signs for one node: what it may use, and for how long alone."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from licensing.entitlements import (
    EARLIEST_NS,
    Entitlement,
    end_ns,
    entitlements_of,
    next_end_ns,
    seats_in_force,
)
from licensing.errors import LicensingError
from licensing.node_names import same_name
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

LEASE_KIND = "leases+jws"


class Lease(Record, kw_only=True, tag_field="version", tag=2):
    """Signed anew only when it changes; then `seq` rises by one.

    `entitlements` are the node's seats, one entry for each end (F14); `serial`, `failover_period_s`
    and `recovery` are those of the license file, `valid_until` its end (A16: no lease outlives its
    file).
    """

    lease_id: str
    node: str
    epoch: int
    seq: int
    serial: int
    entitlements: list[Entitlement]
    failover_period_s: int
    recovery: Recovery = FULL
    valid_until: datetime | None = None

    @property
    def seats(self) -> dict[str, int]:
        """License keys to seats, whenever they end."""
        return seats_in_force(self.entitlements, EARLIEST_NS)

    @property
    def file_ends_ns(self) -> int:
        """The wall time of the license file's end in nanoseconds, `UNLIMITED_NS` for none."""
        return end_ns(self.valid_until)

    def seats_at(self, date_ns: int) -> dict[str, int]:
        """License keys to the seats in force; at the file's end as they were just before."""
        return seats_in_force(self.entitlements, min(date_ns, self.file_ends_ns - 1))

    def next_end_ns(self, date_ns: int) -> int | None:
        """When the next seats end before the file does; None where none do."""
        end = next_end_ns(self.entitlements, date_ns)
        return None if end is None or end >= self.file_ends_ns else end

    @property
    def failover_period_ns(self) -> int:
        """The failover period in nanoseconds."""
        return self.failover_period_s * NS_PER_SECOND


class _Version1(Record, kw_only=True, tag_field="version", tag=1):
    """A lease as it was before single licenses had ends of their own."""

    lease_id: str
    node: str
    epoch: int
    seq: int
    serial: int
    seats: dict[str, int]
    failover_period_s: int
    recovery: Recovery = FULL
    valid_until: datetime | None = None

    def as_now(self) -> Lease:
        """The same as one entry, which ends with the file."""
        same = {field: getattr(self, field) for field in self.__struct_fields__}
        seats = same.pop("seats")
        return Lease(entitlements=entitlements_of({end_ns(self.valid_until): seats}), **same)


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Lease | _Version1)


def sign_leases(leases: Iterable[Lease], key: SigningKey) -> list[str]:
    """The documents that travel and that the nodes store, all under one signature."""
    return key.sign_batch([_encoder.encode(lease) for lease in leases], LEASE_KIND)


def read_lease(document: str, agent_key: VerificationKey, node: str) -> Lease:
    """Verify and read a lease for `node`; raises `lease-invalid`."""
    try:
        said = _decoder.decode(agent_key.verify_one_of_batch(document, LEASE_KIND))
    except (SignatureInvalid, msgspec.DecodeError) as error:
        raise LicensingError("lease-invalid", reason=str(error)) from error
    lease = said.as_now() if isinstance(said, _Version1) else said
    if not same_name(lease.node, node):
        raise LicensingError("lease-invalid", reason=f"made out to {lease.node}")
    return lease
