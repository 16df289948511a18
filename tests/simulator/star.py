"""The smallest internetwork that is large: a master and its slaves, all alike."""

from simulator.report.groups import FOLDED_FROM
from simulator.scenario import Scenario, parse_scenario

SLAVES = [f"site-{number}" for number in range(1, FOLDED_FROM)]


def star(*timeline: dict[str, object], slaves: list[str] = SLAVES) -> Scenario:
    """A master and its slaves, all alike, each on a line of its own."""
    nodes: dict[str, object] = {
        "hq": {
            "model": "S",
            "role": "master",
            "subscribers": [{"numbers": "100", "type": "ip-hfa", "licenses": ["ip"]}],
            "trunks": [{"name": "itsp-1", "kind": "itsp", "channels": "2"}],
        }
    }
    for index, name in enumerate(slaves, 20):
        up0 = {"numbers": f"{index}0-{index}1", "type": "up0", "licenses": ["tdm"]}
        s2m = {"name": "s2m-1", "kind": "s2m", "channels": "1"}
        nodes[name] = {"model": "X3", "role": "slave", "subscribers": [up0], "trunks": [s2m]}
    line = {"bandwidth": "20 Mbit/s", "latency": "15 ms"}
    bought = {"base": 1, "networking": len(slaves), "ip": 1, "itsp": 2, "s2m": len(slaves)}
    return parse_scenario(
        {
            "title": "A star",
            "about": "Many sites.",
            "start": "2026-03-02 08:00",
            "seed": "1",
            "internetwork": {
                "nodes": nodes,
                "links": {f"hq-{name}": line for name in (*slaves, "internet")},
                "purchase": {"LAC-1": bought | {"tdm": 2 * len(slaves)}},
            },
            "timeline": list(timeline),
        }
    )
