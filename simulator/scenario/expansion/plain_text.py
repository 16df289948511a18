"""A scenario without short forms, as a text that can be read again.

A node, a link, an order, what fails, and a step have a line each, as in the shipped scenarios.
"""

import json
import re
from collections.abc import Iterator, Mapping
from textwrap import wrap

from simulator.scenario.expansion.named_values import to_the_letter
from simulator.scenario.model import Scenario

_WIDTH = 98
_OF_PARTS = ("internetwork", "reliability")
"""Mappings with many parts, each of which has a line."""

_PLAIN = re.compile(r"-?[A-Za-z0-9](?:(?:[A-Za-z0-9 ./()+@_-]|:(?! ))*[A-Za-z0-9./()])?")
"""What YAML takes for one text anywhere; all else stands in quotation marks."""


def plain_text(scenario: Scenario) -> str:
    """YAML in which every file is included, and every site and step is written out."""
    assert scenario.document, "only what was read from a text has one"
    data = scenario.document.data
    assert isinstance(data, Mapping), "a scenario is a mapping"
    return "\n".join([*_lines(data), ""])


def _lines(data: Mapping[str, object]) -> Iterator[str]:
    for key, value in data.items():
        if key in _OF_PARTS and isinstance(value, Mapping) and value:
            yield f"{key}:"
            yield from _parts(value)
        elif key == "timeline" and isinstance(value, list | tuple) and value:
            yield f"{key}:"
            yield from (f"  - {on_one_line(step)}" for step in value)
        elif key == "about":
            yield from paragraph(key, str(value))
        else:
            yield f"{key}: {on_one_line(value)}"


def paragraph(key: str, text: str) -> Iterator[str]:
    """Long text in lines that YAML puts together again, where it has single spaces only."""
    written = to_the_letter(text)
    lines = wrap(written, _WIDTH, break_long_words=False, break_on_hyphens=False)
    if len(lines) < 2 or " ".join(lines) != written or not written.isprintable():
        yield f"{key}: {on_one_line(text)}"
        return
    yield f"{key}: >-"
    yield from (f"  {line}" for line in lines)


def _parts(whole: Mapping[str, object]) -> Iterator[str]:
    for key, part in whole.items():
        if isinstance(part, Mapping) and part:
            yield f"  {key}:"
            yield from (
                f"    {on_one_line(name)}: {on_one_line(value)}" for name, value in part.items()
            )
        else:
            yield f"  {key}: {on_one_line(part)}"


def on_one_line(value: object) -> str:
    """YAML for `value`, of mappings, lists and text, on one line; None is nothing written."""
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{on_one_line(key)}: {on_one_line(each)}" for key, each in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(on_one_line, value))}]"
    text = "" if value is None else to_the_letter(str(value))
    if value is None or _PLAIN.fullmatch(text):
        return text
    return json.dumps(text, ensure_ascii=not text.isprintable())
