"""How simulated time follows this computer's: stretches of constant rate, one after the other.

All processes of a live run share one tempo. Its supervisor announces each new stretch a moment
before it begins, in a file that all have mapped, so that every clock turns at the same instant.
Nothing here waits or reads a clock.
"""

import mmap
import struct
from pathlib import Path
from typing import NamedTuple

from licensing.policies import NS_PER_SECOND

NOTICE_NS = NS_PER_SECOND // 10
"""So long before it begins a stretch is announced, in real time; whoever sleeps looks twice."""

_HEAD = struct.Struct("=qd")
_STRETCH = struct.Struct("=qqd")
_ROOM = 50_000


class Stretch(NamedTuple):
    """From real instant `real_ns` (monotonic clock) on, `rate` simulated seconds in each real one.

    `simulated_ns` is the simulated instant at which it begins.
    """

    real_ns: int
    simulated_ns: int
    rate: float


class Tempo:
    """The stretches so far; the first reaches back for ever, the last goes on for ever.

    `fastest` is the highest rate that any of them may have, by default that of the first.
    """

    def __init__(self, rate: float, origin_ns: int = 0, *, fastest: float | None = None) -> None:
        self._stretches = [Stretch(origin_ns, 0, rate)]
        self.fastest = rate if fastest is None else fastest
        self._memory: mmap.mmap | None = None

    @classmethod
    def shared(cls, path: Path) -> "Tempo":
        """The tempo in a file that `share` made; raises `OSError`, and `ValueError` for another."""
        with path.open("rb") as file:
            memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if len(memory) != _place(_ROOM):
            raise ValueError(f"{path}: this is no file of a tempo")
        _, fastest = _HEAD.unpack_from(memory)
        first = Stretch(*_STRETCH.unpack_from(memory, _place(0)))
        tempo = cls(first.rate, first.real_ns, fastest=fastest)
        tempo._stretches = [first]
        tempo._memory = memory
        return tempo

    def share(self, path: Path) -> None:
        """Write all stretches, and those to come, to a new file."""
        with path.open("x+b") as file:
            file.truncate(_place(_ROOM))
            self._memory = mmap.mmap(file.fileno(), 0)
        for number in range(len(self._stretches)):
            self._write(number)

    def announce(self, now_ns: int, simulated_ns: int, rate: float) -> Stretch:
        """Let a stretch begin at a simulated instant, or as soon as all have heard of it.

        `now_ns` is the real instant that it is. Returns the stretch.
        """
        last = self._stretches[-1]
        real_ns = max(self.real_ns(simulated_ns), now_ns + NOTICE_NS, last.real_ns)
        self._stretches.append(Stretch(real_ns, self.simulated_ns(real_ns), rate))
        self._write(len(self._stretches) - 1)
        return self._stretches[-1]

    @property
    def is_shared(self) -> bool:
        """Whether a further stretch may be announced at any time."""
        return self._memory is not None

    @property
    def last(self) -> Stretch:
        """The stretch that was announced last; it may not have begun."""
        return self._known()[-1]

    def simulated_ns(self, real_ns: int) -> int:
        """The simulated instant at a real one."""
        for stretch in reversed(self._known()):
            if stretch.real_ns <= real_ns:
                break
        return stretch.simulated_ns + int((real_ns - stretch.real_ns) * stretch.rate)

    def real_ns(self, simulated_ns: int) -> int:
        """The real instant at a simulated one, as far as is announced; never too early."""
        for stretch in reversed(self._known()):
            if stretch.simulated_ns <= simulated_ns:
                break
        return stretch.real_ns - int((stretch.simulated_ns - simulated_ns) / stretch.rate)

    def _known(self) -> list[Stretch]:
        if self._memory is not None:
            count = _HEAD.unpack_from(self._memory)[0]
            for number in range(len(self._stretches), count):
                self._stretches.append(Stretch(*_STRETCH.unpack_from(self._memory, _place(number))))
        return self._stretches

    def _write(self, number: int) -> None:
        """First the stretch, then that there is one."""
        if self._memory is not None:
            assert number < _ROOM, "a run with more changes of its tempo than anybody can follow"
            _STRETCH.pack_into(self._memory, _place(number), *self._stretches[number])
            _HEAD.pack_into(self._memory, 0, number + 1, self.fastest)


def _place(number: int) -> int:
    return _HEAD.size + number * _STRETCH.size
