"""The guard of repeatability: the same run twice, in two processes that differ in all but the seed.

The second process has another PYTHONHASHSEED, and its memory lies elsewhere. Compared are whole
canonical journal lines, and reported is the first that differs. Nothing here knows what a run is.
"""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from types import TracebackType
from typing import IO, Self

_HASH_SEEDS = ("1", "2")
_MOST_COMPLAINTS = 4000


@dataclass(frozen=True, slots=True)
class Difference:
    """The first line, counted from 1, in which two journals differ; None where one had ended."""

    line: int
    first: bytes | None
    second: bytes | None

    def __str__(self) -> str:
        return "\n".join(
            [
                f"not repeatable: the journals differ in line {self.line}",
                f"  first run   {_shown(self.first)}",
                f"  second run  {_shown(self.second)}",
            ]
        )


class RunFailed(Exception):
    """A process that was to write a journal failed; the message is what it said."""


class FreshRun:
    """A process that writes a journal to its standard output; use as context manager.

    It starts at once, so that it runs beside whoever waits for it, and is ended at the exit.
    """

    def __init__(self, command: Sequence[str], hash_seed: str, *, accepted: Sequence[int]) -> None:
        self._accepted = accepted
        self._journal: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the exit
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the exit
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own command, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=self._journal,
            stderr=self._complaints,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            process_group=0,  # Ctrl-C at the terminal is for us, who pass it on once
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)  # so that it tidies up
            self._process.wait()
        self._journal.close()
        self._complaints.close()

    def lines(self) -> Iterable[bytes]:
        """Wait for its end, then its journal; raises `RunFailed` at another status."""
        if self._process.wait() not in self._accepted:
            self._complaints.seek(0)
            said = self._complaints.read().decode(errors="replace")
            raise RunFailed(
                said[-_MOST_COMPLAINTS:].strip() or f"status {self._process.returncode}"
            )
        self._journal.seek(0)
        return self._journal


def compare(command: Sequence[str], *, accepted: Sequence[int] = (0,)) -> Difference | None:
    """Run `command`, which writes a journal to its standard output, twice in fresh processes.

    None where both write the same; raises `RunFailed` where one ends with a status that is not
    `accepted`.
    """
    one, other = (FreshRun(command, seed, accepted=accepted) for seed in _HASH_SEEDS)
    with one, other:
        return first_difference(one.lines(), other.lines())


def first_difference(first: Iterable[bytes], second: Iterable[bytes]) -> Difference | None:
    """The first line in which two journals differ."""
    for number, (one, other) in enumerate(zip_longest(first, second), 1):
        if one != other:
            return Difference(number, one, other)
    return None


def other_hash_seed() -> str:
    """A PYTHONHASHSEED that this process does not have."""
    return next(seed for seed in _HASH_SEEDS if seed != os.environ.get("PYTHONHASHSEED"))


def _shown(line: bytes | None) -> str:
    return "(had ended)" if line is None else line.decode(errors="replace").rstrip("\n")
