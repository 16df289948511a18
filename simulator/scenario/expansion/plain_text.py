"""A scenario without short forms, as a text that can be read again."""

import io
from collections.abc import Iterator
from typing import ClassVar

from ruamel.yaml import YAML
from ruamel.yaml.resolver import VersionedResolver

from simulator.scenario.model import Scenario

_WIDTH = 120
_ENDLESS = 2**20


class _EveryWordIsText(VersionedResolver):
    """As our reader understands it: nothing that looks like a number or a date needs quotes."""

    versioned_resolver: ClassVar[dict[str, object]] = {}


def plain_text(scenario: Scenario) -> str:
    """YAML in which every file is included, and every site and step is written out."""
    assert scenario.document, "only what was read from a text has one"
    data = dict(scenario.document.data)
    timeline = data.pop("timeline")
    return _yaml(data, on_one_line=False) + "".join(_timeline(timeline))


def _timeline(steps: list[object]) -> Iterator[str]:
    yield "timeline:\n" if steps else "timeline: []\n"
    yield from (f"  - {_yaml(step, on_one_line=True)}" for step in steps)


def _yaml(data: object, *, on_one_line: bool) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _EveryWordIsText
    yaml.default_flow_style = on_one_line or None  # else only what holds single words is on a line
    yaml.width = _ENDLESS if on_one_line else _WIDTH
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # None by default
    text = io.StringIO()
    yaml.dump(data, text)
    return text.getvalue()
