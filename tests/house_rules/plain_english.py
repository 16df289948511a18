"""Plain English: comments, docstrings, messages and documents that do not read as translated."""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator

from house_rules.source import Breach, Source

TRANSLATED = (
    r"by and by",
    r"(is|are|was|were|be|being)( [a-z]+)? told(?! (apart|from))",
    r"who(ever)? (is|are|was|were) to",
    r"the own",
    r"on (whose|which|that) account",
    r"(nothing|something|all) (is|are|was|were) to be",
    r"to be had",
    r"lest",
)
"""Word for word from another language; each has a plain form, subject first."""

_BETWEEN_STRINGS = re.compile(r"""["']\s*(?:#.*\s+)*[bfrBFR]{0,2}["']""")
_TRANSLATED = re.compile("|".join(rf"\b{phrase}\b" for phrase in TRANSLATED), re.IGNORECASE)


def translated_phrases(sources: Iterable[Source]) -> list[Breach]:
    """Comments, docstrings, messages and documents that read as translated."""
    return [
        Breach(source.path, line, found.group())
        for source in sources
        for line, prose in _prose(source)
        for found in _TRANSLATED.finditer(prose)
    ]


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    """Documents line by line; of code the comments and all strings, messages among them.

    Code in which nothing is to be found, strings taken together, is not parsed: that takes long.
    """
    if not source.path.endswith(".py"):
        yield from enumerate(source.text.splitlines(), start=1)
        return
    together = _BETWEEN_STRINGS.sub("", source.text)
    if not (_TRANSLATED.search(source.text) or _TRANSLATED.search(together)):
        return
    for node in source.nodes:
        match node:
            case ast.Constant(value=str(text)):
                yield from enumerate(text.splitlines(), start=node.lineno)
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
