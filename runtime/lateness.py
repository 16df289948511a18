"""How late a process comes to what is due, kept for a supervisor that plays with its time.

Only a loop in simulated time measures it: there a moment in which a process does not run is many of
its own. What may matter is appended, one line each, to a file that outlives the process.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from licensing.policies import NS_PER_SECOND
from licensing.records import Record

NOTED_NS = NS_PER_SECOND // 50
"""A delay is only written down from here on: shorter ones belong to every computer."""


class Delay(Record):
    """A process came to what was due `late_ns` late, at the real instant `until_ns`.

    Both in real nanoseconds; instants are those of this computer's monotonic clock.
    """

    until_ns: int
    late_ns: int


class DelayFile:
    """Appends delays to a file; raises `OSError` where there can be none."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(self, delay: Delay) -> None:
        """Write it down where it is long enough, in one piece."""
        if delay.late_ns < NOTED_NS:
            return
        with suppress(OSError):  # a full disk is part of the play
            os.write(self._file, msgspec.json.encode(delay) + b"\n")


def read_delays(path: Path) -> list[Delay]:
    """All that a file has; none where there is no file."""
    content = path.read_bytes() if path.exists() else b""
    return msgspec.json.Decoder(Delay).decode_lines(content)
