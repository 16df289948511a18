"""One digest over many contents, and for each of them the proof that it is among these.

The Merkle tree of RFC 9162, 2.1: leaves and nodes are hashed with different prefixes, so that
neither passes for the other. Where a level has an odd number, its last goes up as it is.

A proof is the way from the leaf to the root: for each step the side on which the sibling stands
(0: left, 1: right) and the sibling's digest, 33 bytes in all.
"""

from collections.abc import Sequence
from hashlib import sha256

_DIGEST_BYTES = 32
_STEP_BYTES = 1 + _DIGEST_BYTES
_LEAF, _NODE = b"\x00", b"\x01"
_LEFT, _RIGHT = b"\x00", b"\x01"


def root_and_proofs(contents: Sequence[bytes]) -> tuple[bytes, list[bytes]]:
    """The digest over `contents`, at least one, and the proof of each in their order."""
    levels = [[sha256(_LEAF + content).digest() for content in contents]]
    while len(levels[-1]) > 1:
        levels.append(_level_above(levels[-1]))
    (root,) = levels.pop()
    proofs = [b""]
    for level in reversed(levels):
        proofs = [_step(level, place) + proofs[place // 2] for place in range(len(level))]
    return root, proofs


def root_with(content: bytes, proof: bytes) -> bytes:
    """The digest over all contents, where `content` is one of them; raises `ValueError`."""
    if len(proof) % _STEP_BYTES:
        raise ValueError("a proof of another length")
    digest = sha256(_LEAF + content).digest()
    for start in range(0, len(proof), _STEP_BYTES):
        side, sibling = proof[start : start + 1], proof[start + 1 : start + _STEP_BYTES]
        if side not in (_LEFT, _RIGHT):
            raise ValueError("a proof with another side than left and right")
        pair = sibling + digest if side == _LEFT else digest + sibling
        digest = sha256(_NODE + pair).digest()
    return digest


def _level_above(level: list[bytes]) -> list[bytes]:
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [sha256(_NODE + left + right).digest() for left, right in pairs]
    return above + level[2 * len(above) :]


def _step(level: list[bytes], place: int) -> bytes:
    if place % 2:
        return _LEFT + level[place - 1]
    return _RIGHT + level[place + 1] if place + 1 < len(level) else b""
