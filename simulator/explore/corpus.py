"""A folder that keeps the seeds of runs which reached something new, for other nights.

One file of lines, each a seed and what its run reached first. A seed is worth what it is worth with
the programs and the mix of now: whoever reads it plays the run again.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from simulator.scenario.values import LARGEST_COUNT

_FILE = "seeds.txt"


class NoCorpus(Exception):
    """A folder that cannot be read or written as a corpus; the message says why."""


@dataclass(frozen=True)
class Corpus:
    """The corpus in `folder`, which is made with its first seed."""

    folder: Path

    def seeds(self) -> list[int]:
        """All of them, in the order in which they were found; raises `NoCorpus`."""
        file = self.folder / _FILE
        try:
            lines = file.read_text().splitlines() if file.exists() else []
        except OSError as error:
            raise NoCorpus(f"{file}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise NoCorpus(f"{file}: this is no text, so {self.folder} is no corpus") from error
        for number, line in enumerate(lines, 1):
            if not re.fullmatch("[0-9]{1,10}", line) or int(line) > LARGEST_COUNT:
                raise NoCorpus(f"{file}:{number}: this is no seed, so {self.folder} is no corpus")
        return [int(line) for line in lines]

    def require_writable(self) -> None:
        """Make the folder; raises `NoCorpus` where that cannot be."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / _FILE).open("a").close()
        except OSError as error:
            raise NoCorpus(f"{self.folder}: cannot be written: {error.strerror}") from error

    def add(self, seeds: Iterable[int]) -> None:
        """Keep further seeds; raises `NoCorpus`."""
        try:
            with (self.folder / _FILE).open("a") as file:
                file.writelines(f"{seed}\n" for seed in seeds)
        except OSError as error:
            raise NoCorpus(f"{self.folder}: cannot be written: {error.strerror}") from error
