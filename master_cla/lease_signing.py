"""What a transaction leaves to its end: the leases that it made are signed there, all at once.

A signature costs more than everything else in a decision, so decisions that share a commit share
that, too. Until then a lease has no document; nobody can miss it, because nothing leaves before the
commit.
"""

import msgspec

from licensing.lease import Lease, sign_leases
from licensing.signing import SigningKey


class Document(msgspec.Struct):
    """A signed lease as it travels; `text` is "" until the transaction's end."""

    text: str = ""


class Answer(msgspec.Struct):
    """A decision as it is kept and travels (A8): encoded without a lease, and its lease if any."""

    decision: bytes
    document: Document | None = None

    @property
    def encoded(self) -> bytes:
        """What is sent, the same whenever it is asked for from the transaction's end on."""
        if self.document is None:
            return self.decision
        assert self.document.text, "what leaves was signed before"
        lease = msgspec.json.encode(self.document.text)
        return self.decision.removesuffix(_NO_LEASE) + lease + b"}"


_NO_LEASE = b"null}"
"""How a `Decision` without a lease ends: that is its last field."""


class Seal:
    """Collects what is to be signed with `key`, until `close`."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self._leases: list[Lease] = []
        self._documents: list[Document] = []

    def document(self, lease: Lease) -> Document:
        """What will be the signed `lease`."""
        document = Document()
        self._leases.append(lease)
        self._documents.append(document)
        return document

    def close(self) -> None:
        """Sign everything collected."""
        signed = sign_leases(self._leases, self.key)
        for document, text in zip(self._documents, signed, strict=True):
            document.text = text
        self._leases, self._documents = [], []
