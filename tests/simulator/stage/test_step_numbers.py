"""What came of a step stands beside that one, also where several steps have one line."""

from pathlib import Path

from staged import at, shipped, staged

from licensing.events import ExpectationFailed, ExpectationMet, StepBegan, StepRefused
from simulator.scenario import Scenario, load_scenario
from simulator.scenario.steps.fault_steps import Cut
from simulator.stage.step_numbers import StepNumbers

ON_THE_HOUR = """
title: A call every hour
about: One system, and one line with several steps.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      model: X3
      role: standalone
      subscribers: [{numbers: 100-104, type: up0, licenses: [tdm]}]
      trunks: [{name: s2m-1, kind: s2m, channels: 2}]
  links:
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase: {LAC-1: {base: 1, tdm: 5, s2m: 2}}
timeline:
  - {at: day 1, every: 1 h, times: 3, expect: {node: hq, state: restricted}}
"""


async def test_a_step_that_has_not_happened_is_not_done():
    """Forty-eight cuts stand in one line; of one that was played one is done, and it is the last.

    The past knows it as well.
    """
    async with staged(shipped("thirty-branches-and-a-line-that-flaps")) as stage:
        await stage.steps.set_up()
        while not isinstance(stage.steps.steps[stage.steps.next], Cut):
            await stage.steps.one()
        before = stage.steps.next
        await stage.steps.one()
        seen, before_ms = at(stage), stage.now_ns // 1_000_000 - 60_000
        outcomes = [step.outcome for step in seen["steps"]]
        assert [bool(outcome) for outcome in outcomes].count(True) == before + 1
        assert outcomes[before] == "done"
        assert seen["last_step"].number == before
        assert seen["next_step"].number == before + 1
        past = at(stage, before_ms)
        assert [step.outcome for step in past["steps"]][before] == ""
        assert past["last_step"].number == before - 1


def hourly(tmp_path: Path) -> Scenario:
    """Three steps that read alike, in one line."""
    file = tmp_path / "hourly.yaml"
    file.write_text(ON_THE_HOUR)
    return load_scenario(file)


def test_steps_that_read_alike_have_their_turn_in_the_order_of_the_file(tmp_path: Path):
    """Each fact is about the one under way; one whose moment never came did not begin."""
    scenario = hourly(tmp_path)
    first, *_ = scenario.timeline
    place = f"{first.place[0]}:{first.place[1]}"
    told = {"step": str(first), "place": place}
    numbers = StepNumbers(scenario.internetwork, scenario.timeline)
    facts = [
        StepBegan(**told),
        ExpectationMet(**told),
        StepBegan(**told),
        StepRefused(**told, code="no-deadline", text=""),
        ExpectationFailed(**told, wanted="", got=""),
        StepBegan(**told),
        StepBegan(step=str(first), place=""),
    ]
    assert [numbers.of(fact) for fact in facts] == [0, 0, 1, 2, 1, None, None]
