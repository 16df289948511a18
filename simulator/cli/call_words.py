"""A call as a person may paste it into a shell: names with blanks are quoted."""

import shlex
from collections.abc import Iterable
from pathlib import Path


def quoted(*files: Path) -> str:
    """Files, with a blank between them."""
    return " ".join(shlex.quote(str(file)) for file in files)


def including(folders: Iterable[Path]) -> str:
    """The options for folders from which scenarios may include files, each after a blank."""
    return "".join(f" --include-from {quoted(folder)}" for folder in folders)
