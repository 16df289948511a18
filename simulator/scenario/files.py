"""The text of a file, or in one sentence why it has none."""

from pathlib import Path
from typing import IO

from simulator.scenario.diagnostics import Problem, ScenarioError, nearest

_LARGEST_FILE_BYTES = 4 * 2**20
_SUFFIX = ".yaml"


def text_of(path: Path, suffix: str = _SUFFIX) -> str:
    """The text of a scenario file, or of one that it names; raises `ScenarioError`.

    Where there is none, the message lists files with the suffix.
    """
    return _decoded(_bytes_of(path, suffix), path)


def scenario_text(stream: IO[bytes], name: Path) -> str:
    """The text that a stream has, which messages call `name`; raises `ScenarioError`."""
    return _decoded(_read_from(stream), name)


def _decoded(content: bytes, path: Path) -> str:
    if len(content) > _LARGEST_FILE_BYTES:
        raise trouble(path, f"this file is larger than {_LARGEST_FILE_BYTES >> 20} MiB")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise trouble(path, "this file is UTF-16: save it as UTF-8")
    if b"\0" in content:
        raise trouble(path, "this is a binary file, and no text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise trouble(path, f"line {line} is not UTF-8: save the file as UTF-8") from None


def _bytes_of(path: Path, suffix: str) -> bytes:
    try:
        with path.open("rb") as file:
            return _read_from(file)
    except IsADirectoryError:
        message = "this is a directory: name a file in it"
        raise trouble(path, message, allowed=_files_in(path, suffix)) from None
    except FileNotFoundError:
        raise _missing(path, suffix) from None
    except (OSError, ValueError) as error:  # no permission, a name too long or with a NUL in it
        raise trouble(path, f"this file cannot be read: {error}") from None


def _read_from(stream: IO[bytes]) -> bytes:
    """What a scenario can be at most, and one byte more where there is more."""
    return stream.read(_LARGEST_FILE_BYTES + 1)


def _missing(path: Path, suffix: str) -> ScenarioError:
    names = _files_in(path.parent, suffix)
    guess = nearest(path.name, names) or nearest(path.stem, [Path(name).stem for name in names])
    near = f"; did you mean {path.with_name(guess).with_suffix(suffix)}?" if guess else ""
    return trouble(path, f"there is no such file{near}", allowed=() if guess else names)


def _files_in(directory: Path, suffix: str) -> tuple[str, ...]:
    try:
        files = (file.name for file in directory.glob(f"*{suffix}"))
        return tuple(sorted(name for name in files if not name.startswith(".")))
    except OSError:
        return ()


def trouble(path: Path, message: str, allowed: tuple[str, ...] = ()) -> ScenarioError:
    """What is wrong with a whole file."""
    return ScenarioError([Problem(str(path), "", message, allowed=allowed)])
