"""What a transaction leaves to its end: the leases that it made are signed there, all at once.

A signature costs more than everything else in a decision, so decisions that share a commit share
that, too. Until then a lease has no document; nobody can miss it, because nothing leaves before the
commit.
"""

import msgspec

from licensing.lease import Lease, sign_leases
from licensing.signing import SigningKey


class SignedLease(msgspec.Struct):
    """A signed lease as it travels; `text` is "" until the transaction's end."""

    text: str = ""


class LeaseSigning:
    """Collects what is to be signed with `key`, until `sign`."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self._leases: list[Lease] = []
        self._signed: list[SignedLease] = []

    def add(self, lease: Lease) -> SignedLease:
        """What will be the signed `lease`."""
        signed = SignedLease()
        self._leases.append(lease)
        self._signed.append(signed)
        return signed

    def sign(self) -> None:
        """Sign everything collected, at the transaction's end."""
        documents = sign_leases(self._leases, self.key)
        for signed, document in zip(self._signed, documents, strict=True):
            signed.text = document
        self._leases, self._signed = [], []
