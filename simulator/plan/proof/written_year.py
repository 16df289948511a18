"""A timeline as a scenario file, in the words in which its internetwork is written."""

import re
from collections.abc import Iterable, Iterator, Sequence

from simulator.plan.proof.timeline import TimelineEntry, start_of_run
from simulator.scenario import Scenario, ScenarioError, parse_scenario, plain_text
from simulator.scenario.expansion.plain_text import on_one_line, paragraph

_KEY = re.compile("([A-Za-z_]+)[ ]*:")
_WRITTEN_ANEW = frozenset(
    ("title", "about", "start", "seed", "timeline", "over_use", "reliability", "relicensing")
)


def written_year(
    scenario: Scenario, timeline: Sequence[TimelineEntry], *, title: str, about: str
) -> str:
    """The internetwork of `scenario` with another `timeline`, as `internetsim run` plays it.

    Its short forms stay as they are written, unless they need another file, or the old timeline.
    """
    document = scenario.document
    assert document, "a plan is made of a file"
    head = [
        *paragraph("title", title),
        *paragraph("about", about),
        f"start: {start_of_run(scenario)}",
        f"seed: {scenario.seed}",
    ]
    tail = ["timeline:", *(f"  - {on_one_line(entry)}" for entry in timeline)]
    if len(document.sources) == 1:
        text = _text(head, document.sources[0].lines, tail)
        if _is_scenario(text):
            return text
    return _text(head, plain_text(scenario).splitlines(), tail)


def _text(head: Sequence[str], lines: Iterable[str], tail: Sequence[str]) -> str:
    return "\n".join([*head, "", *_rest(lines), *tail, ""])


def _rest(lines: Iterable[str]) -> Iterator[str]:
    """All keys of a scenario but those that are written anew, each with its lines."""
    kept = False
    for line in lines:
        if key := _KEY.match(line):
            kept = key[1] not in _WRITTEN_ANEW
        if kept and line.strip():
            yield line


def _is_scenario(text: str) -> bool:
    try:
        parse_scenario(text)
    except ScenarioError:
        return False
    return True
