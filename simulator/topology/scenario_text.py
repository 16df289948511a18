"""A scenario in the words of its language as YAML: a line for each node, link, order and step."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from textwrap import wrap
from typing import Any

_PLAIN = re.compile(r"-?[A-Za-z0-9](?:(?:[A-Za-z0-9 ./()+@_-]|:(?! ))*[A-Za-z0-9./()])?")
"""What YAML takes for one text anywhere; all else stands in quotation marks."""

_WIDTH = 100


def scenario_text(data: Mapping[str, Any], remarks: Iterable[str], source: str) -> str:
    """YAML of `data`, with the source and the remarks on it as comments at its head."""
    return "\n".join([*_head(remarks, source), *_body(data), ""])


def _head(remarks: Iterable[str], source: str) -> Iterator[str]:
    remarks = [*remarks]
    note = " What it does not say, and what was assumed:" if remarks else ""
    yield from _comment(f"Imported from {source}.{note}", "")
    for remark in remarks:
        yield from _comment(remark, "- ")


def _comment(text: str, bullet: str) -> Iterator[str]:
    printable = "".join(char if char.isprintable() else " " for char in text)
    for index, line in enumerate(wrap(printable, _WIDTH - len(bullet) - 2)):
        yield f"# {bullet if not index else ' ' * len(bullet)}{line}"


def _body(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        if key == "internetwork":
            yield f"{key}:"
            yield from _parts(value)
        elif key == "timeline" and value:
            yield f"{key}:"
            yield from (f"  - {flow(step)}" for step in value)
        elif key == "about":
            yield from _folded(key, str(value))
        else:
            yield f"{key}: {flow(value)}"


def _folded(key: str, text: str) -> Iterator[str]:
    """In lines that YAML puts together again, where the text is long and has single spaces only."""
    lines = wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    if len(lines) < 2 or " ".join(lines) != text or not text.isprintable():
        yield f"{key}: {flow(text)}"
        return
    yield f"{key}: >-"
    yield from (f"  {line}" for line in lines)


def _parts(internetwork: Mapping[str, Any]) -> Iterator[str]:
    for key, part in internetwork.items():
        if isinstance(part, Mapping) and part:
            yield f"  {key}:"
            yield from (f"    {flow(name)}: {flow(value)}" for name, value in part.items())
        else:
            yield f"  {key}: {flow(part)}"


def flow(value: object) -> str:
    """`value`, of mappings, lists and text, on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(flow, value))}]"
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=not text.isprintable())
