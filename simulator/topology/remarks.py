"""What was assumed for a source, as comments at the head of the scenario that it became."""

from collections.abc import Iterable, Iterator
from textwrap import wrap

from licensing.words import counted

_WIDTH = 100


def head(remarks: Iterable[str], source: str) -> str:
    """Lines of YAML comments: whence it comes, and the remarks on it."""
    note = " What it does not say, and what was assumed:" if remarks else ""
    lines = [*_comment(f"Imported from {source}.{note}", "")]
    for remark in remarks:
        lines += _comment(remark, "- ")
    return "\n".join([*lines, ""])


def share_of_lines(count: int, total: int) -> str:
    """How many of all lines these are, in words."""
    return "every line" if count == total else f"{count} of {counted(total, 'line')}"


def _comment(text: str, bullet: str) -> Iterator[str]:
    printable = "".join(char if char.isprintable() else " " for char in text)
    for index, line in enumerate(wrap(printable, _WIDTH - len(bullet) - 2)):
        yield f"# {' ' * len(bullet) if index else bullet}{line}"
