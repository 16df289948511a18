"""The lease that the central CLA signs for one node: what it may use, and for how long alone."""

from datetime import datetime
from typing import Literal

import msgspec

from licensing.errors import LicensingError
from licensing.policies import NS_PER_SECOND
from licensing.records import Record
from licensing.signing import SignatureInvalid, SigningKey, VerificationKey

KIND = "lease+jws"


class Lease(Record):
    """Signed anew only when it changes; then `seq` rises by one.

    `seats` maps license keys to the node's seats, `serial` is that of the license file,
    `valid_until` the file's end (A16: no lease outlives its file).
    """

    version: Literal[1] = 1
    lease_id: str
    node: str
    epoch: int
    seq: int
    serial: int
    seats: dict[str, int]
    failover_period_s: int
    valid_until: datetime | None = None

    @property
    def failover_period_ns(self) -> int:
        """The failover period in nanoseconds."""
        return self.failover_period_s * NS_PER_SECOND


def sign_lease(lease: Lease, key: SigningKey) -> str:
    """The signed document that travels and that the node stores."""
    return key.sign_document(msgspec.json.encode(lease, order="deterministic"), KIND)


def read_lease(document: str, agent_key: VerificationKey, node: str) -> Lease:
    """Verify and read a lease for `node`; raises `lease-invalid`."""
    try:
        lease = msgspec.json.decode(agent_key.verify_document(document, KIND), type=Lease)
    except (SignatureInvalid, msgspec.DecodeError) as error:
        raise LicensingError("lease-invalid", reason=str(error)) from error
    if lease.node != node:
        raise LicensingError("lease-invalid", reason=f"made out to {lease.node}")
    return lease
