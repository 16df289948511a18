"""A look before each start whether the packages are our own.

Their names are common ones. A module `nodes.py` in somebody's folder, or a package `runtime` of
another distribution in the same environment, hides ours or is hidden by it, and either fails far
from the cause. This module looks before any of them is imported.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

OF_THE_PROGRAMS = ("licensing", "runtime", "license_server", "master_cla", "nodes")
"""What runs in a process of its own; the simulator watches."""

PACKAGES = (*OF_THE_PROGRAMS, "simulator")
HOME = Path(__file__).resolve().parents[1]
"""The folder that has them."""

_WRONG = 2
_NOTES = (".dist-info", ".egg-info")
_OWN_NOTES = ("internetsim-", "internetsim.")
_CLAIM = re.compile(rf"\n({'|'.join(PACKAGES)})(?=[/.\r\n])".encode())
"""With the end of the line before it, by which a megabyte is looked through in a moment."""
_OWN_TOOL = "install internetsim as a tool of its own (`uv tool install`, `pipx install`)"


def require_own_packages() -> None:
    """Exit with status 2 where a package is not ours alone; one line names it and the way out."""
    for obstacle in filter(None, _obstacles()):
        sys.stderr.write(f"internetsim: {obstacle}\n")
        sys.exit(_WRONG)


def _obstacles() -> Iterator[str]:
    yield from _other_distributions()
    yield from map(_instead_of, PACKAGES)
    yield from map(_behind, PACKAGES)


def _other_distributions() -> Iterator[str]:
    """Those that have files before, behind or among ours; an import finds only the first."""
    for notes in _notes_of_others():
        files = b"\n".join([b"", *map(_read, (notes / "RECORD", notes / "top_level.txt")), b""])
        if claim := _CLAIM.search(files):
            other, _, version = notes.stem.partition("-")
            whose, name = f"{other.replace('_', '-')} {version}".rstrip(), claim[1].decode()
            yield f"{whose} has a package {name}, too, in {notes.parent / name}: {_OWN_TOOL}"


def _notes_of_others() -> Iterator[Path]:
    """The folders in which installers keep what they know of a distribution; none within a zip."""
    for folder in sys.path:
        # What is no folder, or not for us, has nothing to import either.
        with suppress(OSError), os.scandir(folder or os.curdir) as entries:
            for entry in entries:
                if entry.name.endswith(_NOTES) and not entry.name.startswith(_OWN_NOTES):
                    yield Path(entry.path)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # not every installer writes every file
        return b""


def _behind(name: str) -> str:
    """What our package `name` hides from its user; "" for nothing, or another copy of ours."""
    for folder in sys.path:
        found = PathFinder.find_spec(name, [folder])
        if found and found.origin:
            path = Path(found.origin).resolve()
            if path.parent != HOME / name and not path.parent.with_name(__package__).is_dir():
                return f"our package {name} hides {path}: {_OWN_TOOL}"
    return ""


def _instead_of(name: str) -> str:
    """What `import` would find instead of our package `name`; "" where it finds ours."""
    found = find_spec(name)
    if found is None or found.origin is None:
        return f"the package {name} is missing from {HOME}: {_OWN_TOOL}"
    path = Path(found.origin).resolve()
    if path.parent == HOME / name:
        return ""
    folder = path.parent if path.stem != "__init__" else path.parent.parent
    return (
        f"{path} hides our package {name}: rename it, or start where {folder} is not searched"
        " (another working directory, another PYTHONPATH)"
    )
