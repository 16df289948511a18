"""The lease that the central CLA signs for one node: what it may use, and for how long alone."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import msgspec

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.recovery import FULL, Recovery
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

LEASE_KIND = "leases+jws"


class Lease(Record, kw_only=True):
    """Signed anew only when it changes; then `seq` rises by one.

    `seats` maps license keys to the node's seats; `serial`, `failover_period_s` and `recovery` are
    those of the license file, `valid_until` its end (A16: no lease outlives its file).
    """

    version: Literal[1] = 1
    lease_id: str
    node: str
    epoch: int
    seq: int
    serial: int
    seats: dict[str, int]
    failover_period_s: int
    recovery: Recovery = FULL
    valid_until: datetime | None = None

    @property
    def failover_period_ns(self) -> int:
        """The failover period in nanoseconds."""
        return self.failover_period_s * NS_PER_SECOND


_encoder = msgspec.json.Encoder(order="deterministic")
_decoder = msgspec.json.Decoder(Lease)


def sign_leases(leases: Iterable[Lease], key: SigningKey) -> list[str]:
    """The documents that travel and that the nodes store, all under one signature."""
    return key.sign_batch([_encoder.encode(lease) for lease in leases], LEASE_KIND)


def read_lease(document: str, agent_key: VerificationKey, node: str) -> Lease:
    """Verify and read a lease for `node`; raises `lease-invalid`."""
    try:
        lease = _decoder.decode(agent_key.verify_one_of_batch(document, LEASE_KIND))
    except (SignatureInvalid, msgspec.DecodeError) as error:
        raise LicensingError("lease-invalid", reason=str(error)) from error
    if lease.node != node:
        raise LicensingError("lease-invalid", reason=f"made out to {lease.node}")
    return lease
