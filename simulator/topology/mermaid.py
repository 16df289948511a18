"""An internetwork as a Mermaid flowchart, as many pages and wikis show it."""

import json
from collections.abc import Iterator

from simulator.scenario import INTERNET, Scenario, bandwidth_in_words
from simulator.scenario.values import exact_duration

_ROUTER, _CLOUD, _INTERNET = '("{}")', '(["{}"])', '(("{}"))'


def to_mermaid(scenario: Scenario) -> str:
    """The text of the flowchart; sites are boxes, all else is round."""
    return "\n".join([*_lines(scenario), ""])


def _lines(scenario: Scenario) -> Iterator[str]:
    internetwork = scenario.internetwork
    yield from ("---", f"title: {json.dumps(scenario.title)}", "---", "flowchart LR")
    shapes = {
        name: f'["{name}<br/>{node.model}, {node.role}"]'
        for name, node in internetwork.nodes.items()
    }
    shapes |= {name: _ROUTER.format(name) for name in internetwork.routers}
    shapes |= {name: _CLOUD.format(name) for name in internetwork.clouds}
    if any(INTERNET in link.ends for link in internetwork.links.values()):
        shapes[INTERNET] = _INTERNET.format(INTERNET)
    keys = {name: f"n{index}" for index, name in enumerate(shapes)}
    yield from (f"  {keys[name]}{shape}" for name, shape in shapes.items())
    for name, link in internetwork.links.items():
        words = f"{bandwidth_in_words(link.bandwidth)}, {exact_duration(link.latency)}"
        own = f"{name}: " if link.joins else ""
        one, other = (keys[end] for end in link.ends)
        yield f'  {one} ---|"{own}{words}"| {other}'
