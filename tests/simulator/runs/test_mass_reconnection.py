"""Many slaves, all cut off at once and healed at once: nobody is turned away."""

from licensing.events import Entry, RelicensingRequired, SeatsLost, SessionRefused, StateChanged
from licensing.policies import TIMING
from licensing.words import NodeState
from simulator import Internetwork, Registration, Scenario, parse_scenario

SLAVES = 140  # more than a listener lets wait; benchmarks take 500
REGISTRATION = Registration(company="Example", contact="it@example.com")
PROMISED_NS = TIMING.redialed_ns


def star() -> Scenario:
    """A master and its slaves, each with a link to it, one telephone and one license for that."""
    slaves = {
        f"slave-{place}": {
            "model": "X3",
            "role": "slave",
            "subscribers": [{"numbers": str(1000 + place), "type": "up0", "licenses": ["tdm"]}],
        }
        for place in range(SLAVES)
    }
    return parse_scenario(
        {
            "title": "A star",
            "about": "All slaves are cut off at once.",
            "start": "2026-03-02 08:00",
            "seed": "1",
            "internetwork": {
                "nodes": {"hq": {"model": "S", "role": "master", "subscribers": []}, **slaves},
                "links": {
                    f"hq-{other}": {"bandwidth": "20 Mbit/s", "latency": "15 ms"}
                    for other in ("internet", *slaves)
                },
                "purchase": {"LAC": {"base": 1, "tdm": SLAVES, "networking": SLAVES}},
            },
            "timeline": [],
        }
    )


async def test_all_slaves_are_regular_again_within_the_longest_back_off():
    """O8, with seats as before; the oracle watches that nobody holds one too many meanwhile."""
    entries: list[Entry] = []
    async with Internetwork(star(), readers=[entries.append]) as net:
        spokes = [link for link in net.scenario.internetwork.links if link != "hq-internet"]
        await net.activate("hq", "LAC", REGISTRATION)
        await net.unlock()
        await net.run_until("day 0 09:00")
        for spoke in spokes:
            await net.cut(spoke)
        await net.run_until("day 0 12:00")
        assert await in_use(net) == {"tdm": 0, "networking": 0}
        for spoke in spokes:
            await net.heal(spoke)
        healed_ns = net.world.now_ns()
        await net.sleep_until_ns(healed_ns + PROMISED_NS)
        await net.expect("all", state="regular", licensed={"tdm": SLAVES})
        assert await in_use(net) == {"tdm": SLAVES, "networking": SLAVES}
    changes = [entry for entry in entries if isinstance(entry.fact, StateChanged)]
    lost = [entry for entry in changes if entry.fact.after is NodeState.FAILOVER]
    back = [entry for entry in changes if entry.at >= healed_ns]
    assert len(lost) == len(back) == SLAVES
    assert all(entry.fact.after is NodeState.REGULAR for entry in back)
    bad = (SessionRefused, SeatsLost, RelicensingRequired)
    assert [entry.fact for entry in entries if isinstance(entry.fact, bad)] == []


async def in_use(net: Internetwork) -> dict[str, int]:
    """What the central CLA counts as in use of the slaves' licenses."""
    rows = {row.license: row for row in (await net.license_table()).licenses}
    return {key: rows[key].in_use for key in ("tdm", "networking")}
