"""The largest node that is promised, and demands that take longer than anybody waits for them."""

from typing import Any

import pytest

from licensing.catalogue import LICENSES, LicenseKind
from licensing.events import ConnectionLost, Entry, StateChanged
from licensing.sizes import MOST_SUBSCRIBERS
from licensing.words import NodeState
from simulator import Scenario, parse_scenario
from simulator.runs.play import play

EVERYTHING = ["ip", *(key for key, row in LICENSES.items() if row.kind is LicenseKind.USER)]
REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}


def large_slave(
    subscribers: int, licenses: list[str], bandwidth: str, *steps: dict[str, Any]
) -> Scenario:
    """A master and a slave, with enough licenses for all of the slave's subscribers."""
    numbers = f"10000-{10_000 + subscribers - 1}"
    group = {"numbers": numbers, "type": "ip-hfa", "licenses": licenses}
    first = {"numbers": "100", "type": "ip-hfa"}
    activate = {"node": "hq", "lac": "LAC", "registration": REGISTRATION}
    return parse_scenario(
        {
            "title": f"{subscribers} subscribers",
            "about": "A large node is licensed as any other.",
            "start": "2026-03-02 08:00",
            "seed": "1",
            "internetwork": {
                "nodes": {
                    "hq": {"model": "S", "role": "master", "subscribers": [first]},
                    "far": {"model": "X8", "role": "slave", "subscribers": [group]},
                },
                "links": {
                    "hq-internet": {"bandwidth": "1 Gbit/s", "latency": "20 ms"},
                    "hq-far": {"bandwidth": bandwidth, "latency": "15 ms"},
                },
                "purchase": {
                    "LAC": {"base": 1, "networking": 1, **dict.fromkeys(licenses, subscribers)}
                },
            },
            "timeline": [{"at": "day 0 08:10", "activate": activate}, *steps],
        }
    )


def test_the_largest_node_is_licensed() -> None:
    """Each of its subscribers with everything that suits one, in one check and unlock."""
    all_in_use = {"node": "far", "licensed": dict.fromkeys(EVERYTHING, MOST_SUBSCRIBERS)}
    scenario = large_slave(
        MOST_SUBSCRIBERS,
        EVERYTHING,
        "20 Mbit/s",
        {"at": "day 0 08:30", "unlock": "far"},
        {"at": "day 0 08:40", "expect": all_in_use},
    )
    result = play(scenario)
    assert (result.holds, result.shortfalls) == (True, ())


@pytest.mark.parametrize("asked_at", ["08:59", "08:53"], ids=["demand", "answer"])
def test_what_takes_longer_than_a_heartbeat_may_breaks_nothing(asked_at: str) -> None:
    """The heartbeat of 09:00 goes between the parts of a demand, or of its answer.

    Each of them takes more than 6 minutes, and a heartbeat has 5 to be answered.
    """
    entries: list[Entry] = []
    licenses = EVERYTHING[:4]
    scenario = large_slave(
        6000,
        licenses,
        "32 kbit/s",
        {"at": f"day 0 {asked_at}", "unlock": "far", "refused": "agent-unreachable"},
        {"at": "day 0 09:40", "expect": {"node": "far", "licensed": dict.fromkeys(licenses, 6000)}},
    )
    result = play(scenario, readers=[entries.append])
    assert (result.holds, result.shortfalls) == (True, ())
    broken = [entry.fact for entry in entries if isinstance(entry.fact, ConnectionLost)]
    failed = [entry.fact for entry in entries if isinstance(entry.fact, StateChanged)]
    assert broken == []
    assert NodeState.FAILOVER not in {fact.after for fact in failed}
