"""The seals of a node's records: an edit, or a disk in another machine, breaks them (A12)."""

import hashlib
import hmac

from licensing.identifiers import is_advanced


class Seals:
    """Seals with a key of the node's `secret` and its machine's Locking ID."""

    def __init__(self, secret: bytes, locking_id: str) -> None:
        # An Advanced Locking ID may change with the configuration, and the state is still our own.
        machine = "" if is_advanced(locking_id) else locking_id
        self._key = hashlib.sha256(b"seal\n" + secret + machine.encode()).digest()

    def seal(self, name: str, content: bytes) -> bytes:
        """The seal of the record `name` with this content."""
        return hmac.digest(self._key, name.encode() + b"\n" + content, "sha256")

    def is_sound(self, name: str, content: object, seal: object) -> bool:
        """Whether a stored record is what was sealed under that name."""
        if not isinstance(content, bytes) or not isinstance(seal, bytes):
            return False
        return hmac.compare_digest(seal, self.seal(name, content))
