"""Manual 4.4, behavior during network problems: failover, emergency mode, relicensing."""

import pytest
from systems import NODES, OUTSIDE, SAMPLE, Systems, running
from technician import sign_in

from license_server.administration import ORDER_PATH, PlaceOrder
from licensing.policies import DAY_NS
from licensing.words import CLS_PROGRAM
from simulator.scenario import INTERNET, ScenarioError, parse_scenario

MESSAGE = "Failover Period"


async def telephone(here: Systems, *, node: str = "north") -> dict[str, str]:
    """What the features of a node do: calls, and the licenses in use."""
    numbers = here.net.scenario.internetwork.nodes[node].numbers()
    first, second = numbers[:2]
    answers = {
        "outside": await here.net.call(first, OUTSIDE),
        "inside": await here.net.call(first, second),
        "attendant": await here.net.call("outside", first),
        "incoming": await here.net.call("outside", second),
        "emergency": await here.net.call(second, "112"),
    }
    return {name: answer.outcome.value for name, answer in answers.items()}


async def test_failover_period_appears_on_the_system_telephones():
    """To the letter, on system telephones of the node that is cut off, and nowhere else."""
    async with running(SAMPLE) as here:
        await here.license()
        north = await sign_in(here, "north")
        assert await here.net.displays("north") == {"200": "", "201": ""}
        await here.net.cut("hq-north")
        await here.net.run_until("day 0 12:00")
        assert await here.net.displays("north") == {"200": MESSAGE, "201": MESSAGE}
        assert set((await here.net.displays("south")).values()) == {""}
        assert set(await here.net.displays("hq")) == {"100", "101"}
        assert set((await here.net.displays("hq")).values()) == {""}
        page = (await north.open("/telephones")).source
        assert page.count('data-display="20') == 2
        assert page.count(f">{MESSAGE}</p>") == 2
        await here.net.crash("hq")
        await here.net.run_until("day 0 14:00")
        assert set((await here.net.displays("south")).values()) == {MESSAGE}


async def test_the_failover_period_is_at_most_30_days():
    """At its end the node is in failover, then no more; nobody can order or plan a longer one."""
    async with running(SAMPLE) as here:
        await here.license()
        await here.net.run_until("day 3 08:00")
        await here.net.cut("hq-north")
        cut_ns = here.net.world.now_ns()
        await here.net.run_until("deadline of north - 1 s")
        assert 29 * DAY_NS < here.net.world.now_ns() - cut_ns <= 30 * DAY_NS
        await here.net.expect("north", state="failover", display=MESSAGE)
        await here.net.run_until("deadline of north + 1 s")
        await here.net.expect("north", state="emergency")
        longer = PlaceOrder(licenses={"base": 1}, failover_period_s=30 * 86_400 + 1)
        assert (
            await here.refusal(INTERNET, ORDER_PATH, longer, program=CLS_PROGRAM)
            == "request-malformed"
        )
    with pytest.raises(ScenarioError, match="at most 30 days"):
        parse_scenario(SAMPLE.replace("timeline", "policies: {failover_period: 31 days}\ntimeline"))


async def test_during_the_failover_period_all_features_continue():
    """On day 29 of it calls and licenses are as before; one day later they are not."""
    async with running(SAMPLE) as here:
        await here.license()
        await here.net.run_until("day 1")
        before, licensed = await telephone(here), (await here.net.licenses("north")).in_use
        assert set(before.values()) == {"connected"}
        await here.net.cut("hq-north")
        await here.net.run_until("deadline of north - 1 day")
        await here.net.expect("north", state="failover")
        assert await telephone(here) == before
        assert (await here.net.licenses("north")).in_use == licensed
        await here.net.run_until("deadline of north + 1 s")
        assert await telephone(here) != before
        assert (await here.net.licenses("north")).in_use == {}


async def test_with_the_connection_restored_all_nodes_are_regular_again():
    """By itself, the message gone, nothing lost, and with a whole new period for the next time."""
    async with running(SAMPLE) as here:
        await here.license()
        await here.net.run_until("day 1")
        for link in ("hq-north", "hq-south"):
            await here.net.cut(link)
        await here.net.run_until("day 25")
        await here.net.heal("hq-north")
        await here.net.run_until("day 26")
        await here.net.expect(
            "north", state="regular", display="idle", licensed={"tdm": 3, "s2m": 2}
        )
        await here.net.expect("south", state="failover", display=MESSAGE)
        await here.net.heal("hq-south")
        await here.net.run_until("day 27")
        await here.net.expect("all", state="regular", display="idle")
        await here.net.cut("hq-north")
        await here.net.run_until("day 56")
        await here.net.expect("north", state="failover")


async def test_after_the_failover_period_the_nodes_are_in_emergency_mode():
    """Emergency calls and the attendant only, no message; a node that is healed in time is not."""
    async with running(SAMPLE) as here:
        await here.license()
        await here.net.run_until("day 1")
        for link in ("hq-north", "hq-south"):
            await here.net.cut(link)
        await here.net.run_until("day 20")
        await here.net.heal("hq-south")
        await here.net.run_until("day 32")
        await here.net.expect("north", state="emergency", display="idle")
        await here.net.expect("south", state="regular")
        assert await telephone(here) == {
            "outside": "refused",
            "inside": "refused",
            "attendant": "connected",
            "incoming": "refused",
            "emergency": "connected",
        }
        assert set((await telephone(here, node="south")).values()) == {"connected"}
        home = await (await sign_in(here, "north")).open("/")
        assert "Emergency mode" in home.text


async def test_then_the_entire_internetwork_is_relicensed():
    """The connection alone does not help; relicensed at the master, every node has its licenses."""
    async with running(SAMPLE) as here:
        await here.license()
        await here.net.run_until("day 1")
        hq = await sign_in(here)
        refused = await hq.submit("/activate/relicense")
        assert "does not report that relicensing is required" in refused.text
        await here.net.cut("hq-north")
        await here.net.run_until("day 32")
        await here.net.heal("hq-north")
        await here.net.run_until("day 33")
        await here.net.expect("north", state="emergency", licensed={"tdm": 0})
        await here.net.unassign("300", "voicemail")
        await here.net.assign("102", "voicemail")
        await here.net.unlock("south")
        (refusal,) = (await here.unlock("hq")).refused
        assert refusal.reason == "relicensing-required"
        at_north = await (await sign_in(here, "north")).submit("/activate/relicense")
        assert "at the master node only" in at_north.text
        assert "epoch 2, is activated" in (await hq.submit("/activate/relicense")).text
        await here.net.run_until("day 34")
        await here.net.expect("all", state="regular")
        await here.net.expect("north", licensed={"tdm": 3, "s2m": 2})
        assert {(await here.net.state(node)).epoch for node in NODES} == {2}
        await here.net.unlock("hq")
        await here.net.expect("hq", licensed={"ip": 3, "voicemail": 3})
