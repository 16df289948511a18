"""Chance as a calculation: numbers that follow from keys alone, the same on every computer.

SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): a stream is a
64-bit key, its n-th number is the mix of the key and n. So a number that nobody asks for need not
be drawn, and an array of keys gives an array of numbers.
"""

import hashlib
from collections.abc import Iterator

_WORD = 0xFFFFFFFFFFFFFFFF
GOLDEN = 0x9E3779B97F4A7C15
"""From one number of a stream to the next."""

MIX_SHIFTS = (30, 27, 31)
MIX_FACTORS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)

BETWEEN_SHARES = 2.0**-52
"""Between two neighbouring shares."""


def mixed(word: int) -> int:
    """A 64-bit number of which each bit follows from all bits of `word`."""
    word = ((word ^ (word >> 30)) * MIX_FACTORS[0]) & _WORD
    word = ((word ^ (word >> 27)) * MIX_FACTORS[1]) & _WORD
    return word ^ (word >> 31)


def key_of(*parts: object) -> int:
    """The key of a stream that is called by `parts`."""
    words = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(words, digest_size=8).digest(), "big")


def key_of_year(key: int, number: int) -> int:
    """The key of a stream's part that belongs to the year `number`."""
    return mixed((key + number * GOLDEN) & _WORD)


def share(key: int, index: int) -> float:
    """The number `index` of a stream, over 0 and under 1."""
    return ((mixed((key + (index + 1) * GOLDEN) & _WORD) >> 12) + 0.5) * BETWEEN_SHARES


def shares(key: int) -> Iterator[float]:
    """All numbers of a stream, in order."""
    while True:
        key = (key + GOLDEN) & _WORD
        yield ((mixed(key) >> 12) + 0.5) * BETWEEN_SHARES
