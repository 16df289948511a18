"""A folder that keeps the seeds of runs which reached something new, for other nights.

One file of lines, each a seed, and one with how many runs there have been on all nights. A seed is
worth what it is worth with the programs and the mix of now: whoever reads it plays the run again.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from simulator.scenario.values import LARGEST_COUNT

_FILE = "seeds.txt"
_RUNS = "runs.txt"


class NoCorpus(Exception):
    """A folder that cannot be read or written as a corpus; the message says why."""


class Corpus(msgspec.Struct, frozen=True):
    """The corpus in `folder`, which is made with its first seed."""

    folder: Path

    @property
    def files(self) -> list[Path]:
        """Those that it consists of."""
        return [self.folder / name for name in (_FILE, _RUNS)]

    def seeds(self) -> list[int]:
        """All of them, in the order in which they were found; raises `NoCorpus`."""
        return self._numbers(_FILE, "seed")

    def runs(self) -> int:
        """How many runs there have been on other nights; raises `NoCorpus`."""
        return sum(self._numbers(_RUNS, "number of runs"))

    def _numbers(self, name: str, what: str) -> list[int]:
        """Those of a file, one in a line, each once."""
        file = self.folder / name
        try:
            lines = file.read_text().splitlines() if file.exists() else []
        except OSError as error:
            raise NoCorpus(f"{file}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise NoCorpus(f"{file}: this is no text, so {self.folder} is no corpus") from error
        for number, line in enumerate(lines, 1):
            if not re.fullmatch("[0-9]{1,10}", line) or int(line) > LARGEST_COUNT:
                raise NoCorpus(f"{file}:{number}: this is no {what}, so {self.folder} is no corpus")
        return [*dict.fromkeys(map(int, lines))]

    def require_writable(self) -> None:
        """Make the folder; raises `NoCorpus` where that cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for file in self.files:
                file.open("a").close()
        except OSError as error:
            raise NoCorpus(f"{self.folder}: cannot be written: {error.strerror}") from error

    def add(self, seeds: Iterable[int], runs: int) -> None:
        """Keep further seeds, of so many further runs; raises `NoCorpus`."""
        kept, before = self.seeds(), self.runs()
        try:
            self._write(_FILE, [*kept, *seeds])
            self._write(_RUNS, [before + runs])
        except OSError as error:
            raise NoCorpus(f"{self.folder}: cannot be written: {error.strerror}") from error

    def _write(self, name: str, numbers: Iterable[int]) -> None:
        """All lines anew, in a file that takes the place of the old one when it is whole."""
        new = self.folder / f"{name}.new"
        new.write_text("".join(f"{number}\n" for number in numbers))
        new.replace(self.folder / name)
