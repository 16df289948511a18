"""Chance of a run: one stream of random numbers for each purpose, from the run's seed."""

import hashlib
import random  # noqa: TID251 - the dice of a simulated host are streams of the run's seed


def stream(seed: int, label: str) -> random.Random:
    """The random stream of one purpose: another draw elsewhere does not move it."""
    digest = hashlib.sha256(f"{seed}|{label}".encode()).digest()
    return random.Random(int.from_bytes(digest, "big"))  # noqa: S311 - a repeatable run wants it so


class LateStream:
    """A stream that is made at its first draw: it takes 2.5 KiB, and most lines draw nothing."""

    __slots__ = ("_label", "_seed", "_stream")

    def __init__(self, seed: int, label: str) -> None:
        self._seed = seed
        self._label = label
        self._stream: random.Random | None = None

    def randint(self, a: int, b: int) -> int:
        """A whole number from `a` to `b`, both included."""
        if self._stream is None:
            self._stream = stream(self._seed, self._label)
        return self._stream.randint(a, b)
