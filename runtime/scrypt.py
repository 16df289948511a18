"""scrypt; run as a file, the process that hashes one password which it reads from its input.

The process needs only Python's standard library, so that it has begun after a few milliseconds.
"""

import hashlib
import os
import sys

SALT_BYTES = 16
DIGEST_BYTES = 64
BEHIND = 10
"""The process is nicer by so much: a tenth of a processor, where others want it, too."""
_MEMORY_BYTES = 64 << 20

ScryptCost = tuple[int, int, int]
"""n, r and p."""


def scrypt(secret: bytes, salt: bytes, cost: ScryptCost) -> bytes:
    """The hash of a password."""
    n, r, p = cost
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=_MEMORY_BYTES)


def _process() -> None:
    """Cost is the arguments; salt, then password are the input; the hash is the output."""
    os.nice(BEHIND)
    n, r, p = map(int, sys.argv[1:])
    given = sys.stdin.buffer.read()
    sys.stdout.buffer.write(scrypt(given[SALT_BYTES:], given[:SALT_BYTES], (n, r, p)))


if __name__ == "__main__":
    _process()
