"""Files and functions that one can take in at a time."""

from collections.abc import Iterable

from house_rules.source import Breach, Source

LONGEST_FILE = 400
LONGEST_FUNCTION = 60
"""Lines."""


def files_too_long(sources: Iterable[Source]) -> list[Breach]:
    """Files that have several subjects."""
    lengths = ((source, source.text.count("\n")) for source in sources)
    return [
        source.breach(source.tree, f"{lines} lines")
        for source, lines in lengths
        if lines > LONGEST_FILE
    ]


def functions_too_long(sources: Iterable[Source]) -> list[Breach]:
    """Functions that do several things."""
    return [
        source.breach(function, function.name)
        for source in sources
        for function in source.functions
        if (function.end_lineno or 0) - function.lineno >= LONGEST_FUNCTION
    ]
