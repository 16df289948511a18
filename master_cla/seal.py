"""What a transaction leaves to its end: the leases that it made are signed there, all at once.

A signature costs more than everything else in a decision, so decisions that share a commit share
that, too. Until then a lease has no document and an answer no bytes; nobody can miss them, because
nothing leaves before the commit.
"""

from dataclasses import dataclass

import msgspec

from licensing.lease import Lease, sign_leases
from licensing.messages import Decision, encode
from licensing.signing import SigningKey


@dataclass(slots=True)
class Document:
    """A signed lease as it travels; `text` is "" until the transaction's end."""

    text: str = ""


@dataclass(slots=True)
class Answer:
    """A decision as it travels and is kept (A8); `encoded` is b"" until the transaction's end."""

    encoded: bytes = b""


class Seal:
    """Collects what is to be signed with `key`, until `close`."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key
        self._leases: list[Lease] = []
        self._documents: list[Document] = []
        self._answers: list[tuple[Answer, Decision, Document | None]] = []

    def document(self, lease: Lease) -> Document:
        """What will be the signed `lease`."""
        document = Document()
        self._leases.append(lease)
        self._documents.append(document)
        return document

    def answer(self, decision: Decision, document: Document | None) -> Answer:
        """What will be `decision` with the lease of `document`."""
        answer = Answer()
        self._answers.append((answer, decision, document))
        return answer

    def close(self) -> None:
        """Sign everything collected."""
        signed = sign_leases(self._leases, self.key)
        for document, text in zip(self._documents, signed, strict=True):
            document.text = text
        for answer, decision, changed in self._answers:
            lease = changed.text if changed else None
            answer.encoded = encode(msgspec.structs.replace(decision, lease=lease))
        self._leases, self._documents, self._answers = [], [], []
