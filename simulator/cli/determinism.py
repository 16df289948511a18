"""The guard of repeatability: the same run twice, in two processes that differ in all but the seed.

The second process has another PYTHONHASHSEED, and its memory lies elsewhere. Compared are whole
canonical journal lines, each as soon as it is written, so that both runs go on side by side.
Reported is the first that differs. Nothing here knows what a run is.
"""

import os
import signal
import subprocess
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import IO, Self

import msgspec

from simulator.cli.run_failed import RunFailed

END_OF_JOURNAL = b"\n"
"""The line between the journals of one process that writes several."""

_HASH_SEEDS = ("1", "2")
_MOST_COMPLAINTS = 4000


class Difference(msgspec.Struct, frozen=True):
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


class FreshRun:
    """A process that writes journals to its standard output; use as context manager.

    It starts at once, so that it runs beside whoever reads it, and is ended at the exit.
    """

    def __init__(self, command: Sequence[str], hash_seed: str, *, accepted: Sequence[int]) -> None:
        self._accepted = accepted
        self._complaints: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the exit
        self._process = subprocess.Popen(  # noqa: S603 - the caller's own command, no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            process_group=0,  # Ctrl-C at the terminal is for us, who pass it on once
        )
        assert self._process.stdout is not None
        self._journals: IO[bytes] = self._process.stdout

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
        self._journals.close()
        self._process.wait()
        self._complaints.close()

    def journal(self) -> Iterator[bytes]:
        """The lines of its next journal, each as soon as it is written."""
        for line in self._journals:
            if line == END_OF_JOURNAL:
                return
            yield line
        self._process.wait()

    def require_success(self) -> None:
        """Raise `RunFailed` where it has ended with a status that is not accepted."""
        if self._process.poll() not in (None, *self._accepted):
            self._complaints.seek(0)
            said = self._complaints.read().decode(errors="replace")
            raise RunFailed(
                said[-_MOST_COMPLAINTS:].strip() or f"status {self._process.returncode}"
            )


class JournalComparison:
    """Takes the lines of one journal, and compares each with the next one of another."""

    def __init__(self, other: Iterable[bytes]) -> None:
        self._other = iter(other)
        self._line = 0
        self._difference: Difference | None = None

    def __call__(self, own: bytes) -> None:
        """The next line; waits for the other one where that is not written yet."""
        self._compare(own, next(self._other, None))

    def end(self) -> Difference | None:
        """The first line that differs, once both journals are at their ends."""
        if (more := next(self._other, None)) is not None:
            self._compare(None, more)
        deque(self._other, maxlen=0)
        return self._difference

    def _compare(self, own: bytes | None, other: bytes | None) -> None:
        self._line += 1
        if self._difference is None and own != other:
            self._difference = Difference(self._line, own, other)


def run_twice(command: Sequence[str], *, accepted: Sequence[int] = (0,)) -> Difference | None:
    """Run `command`, which writes a journal to its standard output, twice in fresh processes.

    None where both write the same; raises `RunFailed` where one ends with a status that is not
    `accepted`.
    """
    one, other = (FreshRun(command, seed, accepted=accepted) for seed in _HASH_SEEDS)
    with one, other:
        difference = first_differing_line(one.journal(), other.journal())
        one.require_success()
        other.require_success()
        return difference


def first_differing_line(first: Iterable[bytes], second: Iterable[bytes]) -> Difference | None:
    """The first line in which two journals differ."""
    comparison = JournalComparison(second)
    for line in first:
        comparison(line)
    return comparison.end()


def other_hash_seed() -> str:
    """A PYTHONHASHSEED that this process does not have."""
    return next(seed for seed in _HASH_SEEDS if seed != os.environ.get("PYTHONHASHSEED"))


def _shown(line: bytes | None) -> str:
    return "(had ended)" if line is None else line.decode(errors="replace").rstrip("\n")
