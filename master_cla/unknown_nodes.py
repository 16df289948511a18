"""Who has asked the CLA lately and is not enrolled: names and keys for a person to pick from (F16).

Pure, and in memory only. Anybody can ask, so that the number is bounded: where there are too many,
the address that most of them come from loses its oldest, and no other address does.
"""

from collections import Counter
from typing import NamedTuple

from licensing.messages import Hello
from licensing.policies import TIMING
from licensing.signing import SignatureInvalid, VerificationKey

MOST = 32
"""Names with their keys that are kept at a time."""
KEPT_NS = 2 * TIMING.longest_backoff_ns
"""A node that still asks does so more often."""


class Stranger(NamedTuple):
    """A name and key, when it asked last (agent time), and from which address."""

    node: str
    key: VerificationKey
    at_ns: int
    address: str


class UnknownNodes:
    """The latest of them."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, str], Stranger] = {}

    def asked(self, asked: Stranger) -> None:
        """It was refused just now, and has proved that it has the key."""
        self._asked.pop((asked.node, asked.key.text), None)
        self._asked[asked.node, asked.key.text] = asked  # the latest stands last
        if len(self._asked) > MOST:
            self._drop_one()

    def latest(self, now_ns: int) -> list[Stranger]:
        """Who has asked not long ago, by name."""
        recent = [asked for asked in self._asked.values() if now_ns - asked.at_ns <= KEPT_NS]
        return sorted(recent, key=lambda asked: (asked.node, asked.key.text))

    def has_asked(self, node: str, key: VerificationKey, now_ns: int) -> bool:
        """Whether this name has asked with this key not long ago."""
        return any((asked.node, asked.key) == (node, key) for asked in self.latest(now_ns))

    def _drop_one(self) -> None:
        ((busiest, _),) = Counter(asked.address for asked in self._asked.values()).most_common(1)
        oldest = next(key for key, asked in self._asked.items() if asked.address == busiest)
        del self._asked[oldest]


def has_signed(key: VerificationKey, hello: Hello, message: bytes) -> bool:
    """Whether whoever says `hello` has the key; `message` is what a node signs of it."""
    try:
        key.verify_answer(hello.signature, message)
    except SignatureInvalid:
        return False
    return True
