"""The internetworks that are measured: one master and any number of slaves, as a star."""

import random  # noqa: TID251 - seeded: the same faults in every run
from collections.abc import Sequence
from typing import Any

from simulator import Scenario, parse_scenario

_REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}
_SLAVES_NUMBERS = 10
_FIRST_NUMBER = 10_000
_DAY_MINUTES = 24 * 60
_LICENSED: list[dict[str, object]] = [
    {"at": "day 0 09:00", "activate": {"node": "hq", "lac": "LAC", "registration": _REGISTRATION}},
    {"at": "day 0 10:00", "unlock": "all"},
]


def star(slaves: int, days: int, *, cut_for_days: int = 0) -> Scenario:
    """An internetwork that works for `days`; the first slave is cut off on day 1 where asked."""
    return parse_scenario(star_written(slaves, days, cut_for_days=cut_for_days))


def star_written(slaves: int, days: int, *, cut_for_days: int = 0) -> dict[str, Any]:
    """The same, as a scenario file says it."""
    steps = list(_LICENSED)
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
    return _written(slaves, steps)


def year_with_outages(slaves: int, days: int, *, seed: int) -> Scenario:
    """Each slave is cut off once a week for half an hour, the first for more than a month."""
    dice = random.Random(seed)
    steps = list(_LICENSED)
    steps.append({"at": "day 40 08:00", "cut": "hq-slave-1", "for": "32 days"})
    for week in range(1, days // 7):
        for place in range(2, slaves + 1):
            day, hour = 7 * week + dice.randrange(7), dice.randrange(24)
            at = f"day {day} {hour:02}:{dice.randrange(60):02}"
            steps.append({"at": at, "cut": f"hq-slave-{place}", "for": "30 min"})
    steps.append({"at": f"day {days} 08:00", "expect": {"node": "hq", "state": "regular"}})
    return parse_scenario(_written(slaves, steps))


def random_day_written(slaves: int, seed: int) -> dict[str, Any]:
    """A day on which links and hosts fail at random, as a scenario file says it."""
    dice = random.Random(seed)
    steps = list(_LICENSED)
    minutes = 0
    while (minutes := minutes + dice.randint(1, 20)) < _DAY_MINUTES:
        name = f"slave-{dice.randint(1, slaves)}"
        link, host = f"hq-{name}", dice.choice(["hq", name])
        faults: list[dict[str, object]] = [
            {"cut": link},
            {"heal": link},
            {"heal": link},
            {"cut_one_way": {"from": "hq", "to": name}},
            {"latency": {"link": link, "to": f"{dice.randint(1, 500)} ms"}},
            {"loss": {"link": link, "percent": dice.randint(0, 20)}},
            {"crash": host},
            {"start": host},
            {"start": host},
            {"freeze": host},
            {"thaw": host},
            {"thaw": host},
        ]
        hours, rest = divmod(minutes, 60)
        steps.append(
            {"at": f"day {1 + hours // 24} {hours % 24:02}:{rest:02}", **dice.choice(faults)}
        )
    return _written(slaves, steps)


def _written(slaves: int, steps: Sequence[dict[str, object]]) -> dict[str, Any]:
    return {
        "title": f"{slaves} slaves",
        "about": "To be measured.",
        "start": "2026-03-02 08:00",
        "seed": "1",
        "internetwork": _internetwork([f"slave-{number}" for number in range(1, slaves + 1)]),
        "timeline": steps,
    }


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
