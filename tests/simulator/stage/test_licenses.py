"""The licenses of the page are those that each central CLA counts, and what it refused."""

from typing import Any

from staged import at, staged

from licensing.policies import MINUTE_NS
from simulator.runs.internetwork import Internetwork
from simulator.scenario import parse_scenario
from simulator.stage.stage_page import rendered

OWNER = {"company": "Example Ltd", "contact": "it@example.com"}


def system(role: str, numbers: str, *licenses: str) -> dict[str, Any]:
    """A node whose telephones shall have these licenses."""
    telephones = {"numbers": numbers, "type": "ip-hfa", "licenses": list(licenses)}
    return {"model": "X3", "role": role, "subscribers": [telephones]}


INTERNETWORK = {
    "nodes": {
        "hq": system("master", "100-109", "ip", "voicemail"),
        "north": system("slave", "200-204", "ip"),
        "north-refused": system("slave", "300-304", "ip"),
        "alone": system("standalone", "400-409", "ip"),
    },
    "links": {
        "hq-north": {"bandwidth": "20 Mbit/s", "latency": "15 ms"},
        "second": {"joins": ["hq", "north-refused"], "bandwidth": "20 Mbit/s", "latency": "15 ms"},
        "hq-internet": {"bandwidth": "1 Gbit/s", "latency": "20 ms"},
        "alone-internet": {"bandwidth": "1 Gbit/s", "latency": "20 ms"},
    },
    "purchase": {
        "LAC-1": {"base": 1, "ip": 18, "voicemail": 10, "networking": 2},
        "LAC-2": {"base": 1, "ip": 4},
    },
}
LICENSED = [
    {"at": "day 0 09:00", "activate": {"node": "hq", "lac": "LAC-1", "registration": OWNER}},
    {"at": "day 0 09:10", "activate": {"node": "alone", "lac": "LAC-2", "registration": OWNER}},
    {"at": "day 0 09:20", "unlock": "hq"},
    {"at": "day 0 09:21", "unlock": "north-refused"},
    {"at": "day 0 09:22", "unlock": "north"},
    {"at": "day 0 09:23", "unlock": "alone"},
]


AGENTS = ("hq", "alone")


async def played(*further: dict[str, Any], agents: tuple[str, ...] = AGENTS) -> dict[str, object]:
    """What the page shows after these steps; what it counts is what each of the CLAs counts."""
    described = {
        "title": "Licenses",
        "about": "A master with two slaves, and a system of its own.",
        "start": "2026-03-02 08:00",
        "seed": 1,
        "internetwork": INTERNETWORK,
        "timeline": [*LICENSED, *further],
    }
    async with staged(parse_scenario(described)) as stage:
        for _ in stage.scenario.timeline:
            await stage.steps.one()
        await stage.hurry.pass_until(stage.now_ns + MINUTE_NS, "the last one has been answered")
        seen = at(stage)
        for agent in agents:
            with stage.clock.answering():
                assert shown(seen, agent) == await counted(stage.net, agent)
    return seen


def shown(seen: dict[str, Any], agent: str) -> dict[str, tuple[int, int, int]]:
    """Bought, in use and reserved, of what there is any of."""
    rows = {row.key: (row.bought, row.in_use, row.reserved) for row in seen["licenses"]
            if row.agent == agent}  # fmt: skip
    return {key: row for key, row in rows.items() if any(row)}


async def counted(net: Internetwork, agent: str) -> dict[str, tuple[int, int, int]]:
    """The same by the license table of the CLA."""
    table = await net.license_table(agent)
    return {row.license: (row.bought, row.in_use, row.reserved) for row in table.licenses}


def refused(seen: dict[str, Any]) -> dict[str, tuple[tuple[str, int], ...]]:
    """Who has asked for more IP User licenses than were free, by the CLA that was asked."""
    return {row.agent: row.refused for row in seen["licenses"] if row.key == "ip"}


async def test_a_refusal_stands_at_the_central_cla_that_refused():
    """Not at that of another system, where plenty may be free; each has an id of its own."""
    seen = await played()
    assert refused(seen) == {"hq": (("north", 2),), "alone": (("alone", 6),)}
    page = "".join(rendered(seen, ["licenses"]).values())
    ids = [each.partition('"')[0] for each in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert {"seat.hq.ip.north-refused", "refused.hq.ip.north"} <= {*ids}


async def test_what_is_given_back_is_in_use_no_more():
    """Also where a node gives back all that it had of a license."""
    seen = await played(
        {"at": "day 0 10:00", "unassign": {"number": "100-109", "license": "voicemail"}},
        {"at": "day 0 10:30", "unlock": "hq"},
    )
    assert shown(seen, "hq")["voicemail"] == (10, 0, 0)


async def test_a_node_with_an_empty_disk_has_asked_for_nothing():
    """What was refused there before is forgotten."""
    seen = await played({"at": "day 1 10:00", "disk": {"node": "north", "is": "lost"}})
    assert refused(seen)["hq"] == ()


async def test_a_central_cla_with_an_empty_disk_counts_nothing():
    """It has no license file any more."""
    seen = await played({"at": "day 1 10:00", "disk": {"node": "hq", "is": "lost"}})
    assert shown(seen, "hq") == {}


async def test_a_backup_that_is_put_back_has_what_it_had():
    """What was refused since is not known there, nor what was granted."""
    seen = await played(
        {"at": "day 1 09:00", "unassign": {"number": "200-204", "license": "ip"}},
        {"at": "day 1 09:01", "unlock": "north"},
        {"at": "day 1 10:00", "disk": {"node": "north", "restored_from": "day 1 08:00"}},
    )
    assert refused(seen)["hq"] == (("north", 2),)


async def test_a_central_cla_that_all_have_left_counts_nothing():
    """A system of its own becomes a slave: what it had bought counts nowhere until it is moved."""
    seen = await played(
        {"at": "day 1 09:00", "wizard": {"node": "alone", "role": "slave", "master": "hq"}},
        agents=("hq",),
    )
    assert shown(seen, "alone") == {}
