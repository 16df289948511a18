"""Letting time pass: until something happens, no longer than anybody would wait, until a stop."""

import asyncio
import re

import pytest
from staged import SHIPPED, at, shipped, staged

from licensing.events import StepBegan
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.words import NodeState
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.loop.pace import STANDING
from simulator.scenario import parse_scenario
from simulator.stage.commands import Commanded, NoSuchCommand, do
from simulator.stage.hurry import Busy
from simulator.stage.stage import Stage
from simulator.stage.stage_page import rendered

DAY_MS = 86_400_000


def hands_on(stage: Stage):
    """A person who presses: `press(NAME, FIELD=...)`."""
    on = Commanded(stage.net, stage.clock, stage.hurry, stage.steps, lambda _: None)

    async def press(name: str, **fields: str) -> str:
        return await do(on, name, fields)

    return press


async def test_the_demonstration_takes_twelve_presses():
    """Cut, look, heal; cut again, too late, nothing helps; relicense: all regular."""
    presses = 0
    async with staged(shipped()) as stage:
        await stage.make_ready()
        press_it = hands_on(stage)

        async def press(name: str, **fields: str) -> dict[str, object]:
            nonlocal presses
            presses += 1
            told = await press_it(name, **fields)
            assert told in ("", RELICENSED) or told.startswith("Still to be done: ")
            return at(stage, kind="node", name="north")

        assert at(stage)["day"] == "Day 3"
        await press("cut", what="hq-north")
        seen = await press("next-change")
        assert (seen["site"].word, seen["site"].lit) == ("Failover Period", 10)
        seen = await press("before-the-deadline")
        assert seen["site"].rest == "0 h 5 min"
        await press("heal", what="hq-north")
        assert (await press("next-change"))["site"].word == "regular"
        await press("cut", what="hq-north")
        await press("next-change")
        assert (await press("next-change"))["site"].word == "emergency mode"
        await press("heal", what="hq-north")
        await press("next-event")
        assert stage.net.oracle.state_of("north") is NodeState.EMERGENCY
        await press("relicense", what="hq")
        seen = await press("next-change")
        assert {site.word for site in seen["sites"].values()} == {"regular"}
    assert presses <= 12


RELICENSED = "The internetwork is relicensed: nodes learn of it as they ask."


async def test_waiting_for_what_never_happens_has_an_end():
    """One failover period after the last step, and then it says so, and what it passed by.

    Whoever goes on waiting hears that, too; time is paused afterwards.
    """
    async with staged(shipped()) as stage:
        await stage.make_ready()
        press = hands_on(stage)
        assert await press("next-change") == (
            "Nothing happened until day 65 12:00:00, one failover period after the scenario's last "
            "step. Still to be done: 9 steps of the scenario."
        )
        assert {step.is_due for step in at(stage)["steps"][2:]} == {True}
        assert not any(step.is_due for step in at(stage, 3 * DAY_MS - 3_600_000)["steps"])
        assert await press("next-change") == (
            "Nothing happened until day 95 12:00:00, another failover period later."
        )
        assert stage.clock.chosen == STANDING


async def test_a_deadline_that_is_not_there_is_not_waited_for():
    """With all as it should be no time passes; after a cut one begins."""
    async with staged(shipped()) as stage:
        await stage.make_ready()
        press, before_ns = hands_on(stage), stage.now_ns
        assert await press("before-the-deadline") == "No failover period runs."
        assert stage.now_ns == before_ns
        await press("cut", what="hq-north")
        assert "No failover period" not in await press("before-the-deadline")
        assert stage.net.oracle.deadline_ns("north") == stage.now_ns + 5 * MINUTE_NS


async def test_a_period_that_an_outage_may_begin_is_waited_for_two_hours():
    """In a ring a cut begins none: within that time every node has asked."""
    async with staged(shipped("ring-survives-one-cut")) as stage:
        await stage.make_ready()
        press, before_ns = hands_on(stage), stage.now_ns
        await press("cut", what=next(iter(stage.scenario.internetwork.links)))
        assert "two hours later" in await press("before-the-deadline")
        assert stage.now_ns - before_ns < 3 * HOUR_NS


async def test_the_deadline_of_a_cut_that_a_person_made_late_is_waited_for():
    """However long after the scenario's last step it is: its end is known."""
    async with staged(shipped()) as stage:
        await stage.make_ready()
        press = hands_on(stage)
        await stage.hurry.pass_until(63 * DAY_NS, "what the scenario has is over")
        await stage.net.cut("hq-north")
        assert await press("next-change") == ""
        assert await press("before-the-deadline") == ""
        assert stage.net.oracle.deadline_ns("north") == stage.now_ns + 5 * MINUTE_NS


async def test_a_pace_that_nobody_stops_has_an_end():
    """The same one; the page says why, until time goes on."""
    async with staged(shipped()) as stage:
        press, ended = hands_on(stage), asyncio.Event()
        limit_ns, why = stage.hurry.limit()
        await stage.net.sleep_until_ns(limit_ns - HOUR_NS)
        stage.clock.listen(lambda: ended.set() if stage.clock.chosen == STANDING else None)
        await press("pace", what="1 day a second")
        await ended.wait()
        assert (stage.now_ns, stage.clock.rate) == (limit_ns, 0)
        assert at(stage)["ended"] == why
        assert "stopped by itself" in rendered(at(stage), ["clock"])["clock"]
        await press("pass", what="1 hour")
        assert at(stage)["ended"] == ""


async def test_whoever_hurries_can_be_stopped():
    """A second one is refused meanwhile; a stop ends the first at once."""
    async with staged(shipped()) as stage:
        press = hands_on(stage)
        hurrying = asyncio.ensure_future(press("fast"))
        await asyncio.sleep(1800)
        assert at(stage)["hurry"] == "somebody stops it"
        with pytest.raises(Busy, match="stop it first"):
            await press("next-event")
        before_ns = stage.now_ns
        assert await press("pace", what="paused") == ""
        assert await hurrying == ""
        assert (stage.now_ns, at(stage)["hurry"]) == (before_ns, "")


async def test_play_goes_on_at_the_pace_that_was_chosen_last():
    """A minute a second at first; where something hurries that nobody saw begin, it stops it."""
    async with staged(shipped()) as stage:
        press = hands_on(stage)
        for chosen, rate in (("", 60), ("1 hour a second", 3600)):
            if chosen:
                await press("pace", what=chosen)
            await press("pace", what="paused")
            await press("play")
            assert stage.clock.rate == rate
        hurrying = asyncio.ensure_future(press("fast"))
        await asyncio.sleep(600)
        await press("play")
        await hurrying
        assert stage.clock.chosen == STANDING


async def test_the_scenario_is_played_step_by_step():
    """Set up in one press, then up to each expectation; what came of each step stands beside it."""
    async with staged(shipped()) as stage:
        press = hands_on(stage)
        assert "2 steps" in await press("set-up")
        assert {site.word for site in at(stage)["sites"].values()} == {"regular"}
        assert await press("step") == ""
        assert at(stage)["links"]["hq-north"].faults == "cut"
        await press("next-expectation")
        outcomes = [step.outcome for step in at(stage)["steps"]]
        assert outcomes[:5] == ["done", "done", "done", "met", ""]
        for _ in range(7):
            await press("step")
        assert "no further step" in await press("step")
        outcomes = [step.outcome for step in at(stage)["steps"]]
        assert set(outcomes) == {"done", "met"}


AT_A_DEADLINE = """
  - {at: day 2 08:00, cut: hq-north}
  - {at: day 2 10:00, expect: {node: north, state: failover}}
  - {at: deadline of north + 1 h, expect: {node: north, state: emergency}}
  - {at: day 3 08:00, crash: south}
  - {at: day 3 09:00, expect: {node: south, state: down}}
  - {at: day 3 10:00, start: south}
  - {at: day 5, expect: {node: south, state: regular}}
"""


async def test_steps_are_played_as_they_fall_due_while_one_waits_for_a_deadline():
    """At the instants of a run, in whatever order the file has them."""
    text = (DIRECTORY / f"{SHIPPED}.yaml").read_text().replace("30 days, rec", "2 days, rec")
    setting_up = re.search(r"(?s)\ntimeline:\n.*?unlock: all}", text)
    assert setting_up
    scenario = parse_scenario(text[: setting_up.end()] + AT_A_DEADLINE)
    async with staged(scenario) as stage:
        press, begun = hands_on(stage), []
        stage.net.journal.add_reader(begun.append, StepBegan)
        await press("set-up")
        for _ in range(4):
            assert await press("next-expectation") == ""
        assert "no further step" in await press("step")
        assert {step.outcome for step in at(stage)["steps"]} == {"done", "met"}
        at_ns = {entry.fact.step: entry.at for entry in begun}
        assert at_ns["crash south"] == 3 * DAY_NS
        assert at_ns["start south"] == 3 * DAY_NS + 2 * HOUR_NS


async def test_what_befalls_a_link_is_said_and_undone():
    """One way only, slow, narrow, lossy, forgetting; each in words, and as declared afterwards."""
    async with staged(shipped()) as stage:
        press = hands_on(stage)
        for name, fields, faults in (
            ("one-way", {"from": "north"}, "cut from north to hq"),
            ("heal", {}, ""),
            ("latency", {"to": "800 ms"}, "latency 800 ms"),
            ("latency", {"to": "15 ms"}, ""),
            ("bandwidth", {"to": "64 kbit/s"}, "bandwidth 64 kbit/s"),
            ("bandwidth", {"to": "20 Mbit/s"}, ""),
            ("loss", {"to": "20"}, "loses 20 %"),
            ("loss", {"to": "0"}, ""),
            ("drop", {}, "loses everything"),
            ("heal", {}, ""),
            ("refuse", {}, "refuses new connections"),
            ("heal", {}, ""),
            ("reset", {}, ""),
        ):
            told = await press(name, what="hq-north", **fields)
            assert at(stage)["links"]["hq-north"].faults == faults, name
            assert bool(told) == (name == "reset"), "what cannot be seen is said"
        with pytest.raises(ValueError, match="no link"):
            await press("cut", what="hq-east")
        with pytest.raises(NoSuchCommand):
            await press("fly", what="hq")


async def test_what_befalls_a_node_is_seen():
    """Power, a freeze, a clock, a call and its outcome in words; why it is off, or frozen."""
    async with staged(shipped()) as stage:
        await stage.make_ready()
        press = hands_on(stage)
        told = await press("call", **{"from": "200", "to": "112"})
        assert told == "200 calls 112: connected over s2m-1."
        for name, word, why in (
            ("crash", "off", "power cut"),
            ("start", "regular", "activation-period -> regular"),
            ("freeze", "frozen", "all programs are frozen"),
            ("thaw", "regular", "activation-period -> regular"),
        ):
            await press(name, what="north")
            seen = at(stage, kind="node", name="north")
            assert seen["site"].word == word
            assert why in seen["why"][0][1]
        told = await press("clock", what="north", by="-1 h")
        assert told == "The clock of north is set back by 1 h."
        assert "clock" in at(stage)["last"].line.text
