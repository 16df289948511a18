"""Challenges that a signed request answers, each once: a copy of a request is worth nothing (F18).

Nothing is kept of a challenge until it is answered, so that nobody can fill the memory by asking
for them. Pure: chance and instants come in as arguments.
"""

import base64
import hmac

from licensing.errors import LicensingError
from licensing.policies import TIMING

LIFETIME_NS = TIMING.answer_ns
"""So long a challenge may be answered; an asking CLA gives up after the same time."""
CHANCE_BYTES = 16
_MAC_BYTES = 16
_INSTANT_BYTES = 8


class Challenges:
    """The challenges of one process; its successor knows none of them."""

    def __init__(self) -> None:
        self._answered: dict[bytes, int] = {}

    def make(self, secret: bytes, chance: bytes, now_ns: int) -> str:
        """A challenge of this moment; `secret` is the same in all calls."""
        content = now_ns.to_bytes(_INSTANT_BYTES, signed=True) + chance
        return base64.urlsafe_b64encode(content + _mac(secret, content)).decode()

    def use(self, secret: bytes, text: str, now_ns: int) -> None:
        """Take a challenge that was answered; raises `challenge-unknown`."""
        self._forget(now_ns - LIFETIME_NS)
        raw = _raw(text)
        if raw in self._answered or not _is_ours(secret, raw, now_ns - LIFETIME_NS):
            raise LicensingError("challenge-unknown")
        self._answered[raw] = now_ns

    def _forget(self, until_ns: int) -> None:
        """They stand in the order in which they were answered."""
        while self._answered:
            oldest = next(iter(self._answered))
            if self._answered[oldest] > until_ns:
                return
            del self._answered[oldest]


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _is_ours(secret: bytes, raw: bytes, too_old_ns: int) -> bool:
    content, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    ours = bool(secret) and hmac.compare_digest(mac, _mac(secret, content))
    return ours and int.from_bytes(content[:_INSTANT_BYTES], signed=True) > too_old_ns


def _mac(secret: bytes, content: bytes) -> bytes:
    return hmac.digest(secret, content, "sha256")[:_MAC_BYTES]
