"""The option `--journal FILE`: every fact as a canonical JSON line, to a file or the output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from licensing.events import Entry
from runtime.journal import encode_entry
from simulator.cli.options.written_files import WrittenFile, complaining
from simulator.cli.wrong_call import STANDARD_OUTPUT
from simulator.report.screen import Screen
from simulator.worlds.run_journal import Reader


def screen_beside(*files: Path | None) -> Screen:
    """Where everything else is shown: the standard output, unless one of `files` is that."""
    return Screen(sys.stderr if STANDARD_OUTPUT in files else sys.stdout)


@contextmanager
def writers(path: Path | None) -> Iterator[list[Reader]]:
    """The reader that writes the journal that was asked for; none where none was.

    Raises `WrongCall` where it cannot be written.
    """
    if path is None:
        yield []
    elif path == STANDARD_OUTPUT:
        yield [writer(sys.stdout.buffer, path)]
        sys.stdout.buffer.flush()
    else:
        with WrittenFile("the journal", path) as stream:
            yield [writer(stream, path)]


def writer(stream: IO[bytes], path: Path) -> Reader:
    """The reader that writes each entry to `stream`, which `path` is; raises `WrongCall`."""

    def write(entry: Entry) -> None:
        with complaining("the journal", path):
            stream.write(encode_entry(entry) + b"\n")

    return write
