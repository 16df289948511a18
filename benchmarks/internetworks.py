"""The internetworks that are measured: one master and any number of slaves, as a star."""

from typing import Any

from simulator import Scenario, parse_scenario

_REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}
_SLAVES_NUMBERS = 10
_FIRST_NUMBER = 10_000


def star(slaves: int, days: int, *, cut_for_days: int = 0) -> Scenario:
    """An internetwork that works for `days`; the first slave is cut off on day 1 where asked."""
    steps: list[dict[str, object]] = [
        {
            "at": "day 0 09:00",
            "activate": {"node": "hq", "lac": "LAC", "registration": _REGISTRATION},
        },
        {"at": "day 0 10:00", "unlock": "all"},
    ]
    if cut_for_days:
        steps.append({"at": "day 1 08:00", "cut": "hq-slave-1"})
        steps.append(
            {
                "at": f"day {1 + cut_for_days} 08:00",
                "expect": {"node": "slave-1", "state": "emergency"},
            }
        )
    steps.append(
        {"at": f"day {days} 08:00", "expect": {"node": "hq", "state": "regular"}},
    )
    return parse_scenario(
        {
            "title": f"{slaves} slaves",
            "about": "To be measured.",
            "start": "2026-03-02 08:00",
            "seed": "1",
            "internetwork": _internetwork([f"slave-{number}" for number in range(1, slaves + 1)]),
            "timeline": steps,
        }
    )


def _internetwork(slaves: list[str]) -> dict[str, Any]:
    return {
        "nodes": {
            "hq": {
                "model": "S",
                "role": "master",
                "subscribers": [
                    {"numbers": "130-139", "type": "ip-hfa", "licenses": ["ip", "voicemail"]}
                ],
                "trunks": [{"name": "itsp-1", "kind": "itsp", "channels": 4}],
            },
            **{name: _slave(place) for place, name in enumerate(slaves)},
        },
        "links": {
            "hq-internet": {"bandwidth": "1 Gbit/s", "latency": "20 ms"},
            **{f"hq-{name}": {"bandwidth": "20 Mbit/s", "latency": "15 ms"} for name in slaves},
        },
        "purchase": {
            "LAC": {
                "base": 1,
                "ip": 10,
                "voicemail": 10,
                "itsp": 4,
                "tdm": len(slaves) * _SLAVES_NUMBERS,
                "s2m": len(slaves) * 2,
                "networking": len(slaves),
            }
        },
    }


def _slave(place: int) -> dict[str, Any]:
    first = _FIRST_NUMBER + place * _SLAVES_NUMBERS
    numbers = f"{first}-{first + _SLAVES_NUMBERS - 1}"
    return {
        "model": "X3",
        "role": "slave",
        "subscribers": [{"numbers": numbers, "type": "up0", "licenses": ["tdm"]}],
        "trunks": [{"name": "s2m-1", "kind": "s2m", "channels": 2}],
    }
