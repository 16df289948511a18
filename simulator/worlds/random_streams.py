"""Chance of a run: one stream of random numbers for each purpose, from the run's seed."""

import hashlib
import random  # noqa: TID251 - the dice of a simulated host are streams of the run's seed


def stream(seed: int, label: str) -> random.Random:
    """The random stream of one purpose: another draw elsewhere does not move it."""
    digest = hashlib.sha256(f"{seed}|{label}".encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))  # noqa: S311 - a repeatable run wants it so
