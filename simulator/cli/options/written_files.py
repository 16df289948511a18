"""Files that a command writes: what stands in their way is said in one line, before a run."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.cli.wrong_call import STANDARD_OUTPUT, WrongCall

if TYPE_CHECKING:
    from typing_extensions import Buffer

_OUTPUT = 1
"""The descriptor of the standard output."""


def spare_all(files: Iterable[tuple[str, str, Path | None]], read: Sequence[Path]) -> None:
    """As `spare`, of each option and what is in its file.

    Raises `WrongCall` also where two have the same file, or one cannot be written: before the
    first of them is opened, and loses what stands in it.
    """
    options: dict[str, str] = {}
    for option, what, path in files:
        spare(option, what, path, read)
        if path is None or path.is_char_device():
            continue
        _require_writable(what, path)
        written = "-" if path == STANDARD_OUTPUT else os.path.realpath(path)
        first = options.setdefault(written, option)
        if first != option:
            raise WrongCall(f"{first} and {option} cannot both be written to {path}")


def spare(
    option: str, what: str, path: Path | None, read: Sequence[Path], source: str = "scenario"
) -> None:
    """Raise `WrongCall` where `path` would overwrite what is read, by whatever name.

    Also where it cannot even be looked for, because then it cannot be written either.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    with complaining(what, path):
        overwritten = path.exists() and any(path.samefile(each) for each in read if each.exists())
    if overwritten:
        raise WrongCall(f"{option} {path} would overwrite the {source}")


def _require_writable(what: str, path: Path) -> None:
    if path == STANDARD_OUTPUT or (path.exists() and not path.is_file()):
        return  # a pipe may have nobody yet who reads it
    is_new = not path.exists()
    with complaining(what, path):
        path.open("ab").close()
        if is_new:
            path.unlink()


@contextmanager
def complaining(what: str, path: object) -> Iterator[None]:
    """Raise `WrongCall`, one line, where `what` cannot be written; a reader may have gone."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise WrongCall(f"{what} {path} cannot be written: {error.strerror}") from error


class WrittenFile(BufferedWriter):
    """A file that is opened at once, or the standard output for `-`.

    What fails beside its own writing is no matter of it.

    Opening, writing and closing raise `WrongCall`, in which `what` says what was to be in it.
    """

    def __init__(self, what: str, path: Path) -> None:
        self._what, self._path = what, path
        with complaining(what, path):
            opened = os.dup(_OUTPUT) if path == STANDARD_OUTPUT else path
            super().__init__(FileIO(opened, "wb"))

    def write(self, data: "Buffer", /) -> int:
        """All of it."""
        with complaining(self._what, self._path):
            return super().write(data)

    def close(self) -> None:
        """With what is still to be written."""
        with complaining(self._what, self._path):
            super().close()
