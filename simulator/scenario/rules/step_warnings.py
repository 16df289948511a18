"""What `check` warns of in a timeline: steps whose author may have meant something else."""

from collections.abc import Iterator

from licensing.errors import CALL_REFUSALS
from licensing.words import CallOutcome
from simulator.scenario.diagnostics import Finding
from simulator.scenario.model import Scenario
from simulator.scenario.moments import Instant, Moment
from simulator.scenario.steps.call_steps import Call
from simulator.scenario.steps.expectations import Expect
from simulator.scenario.steps.fault_steps import Crash, Freeze


def reasons_are_said(scenario: Scenario) -> Iterator[Finding]:
    """A call that is to be refused for any reason is met by the wrong one, too."""
    for index, step in enumerate(scenario.timeline):
        if isinstance(step, Call) and step.expect == CallOutcome.REFUSED:
            message = "any reason meets this expectation: say which, `refused: emergency-mode`"
            path = ("timeline", index, "call", "expect")
            yield Finding(path, message, allowed=CALL_REFUSALS)


def steps_stand_in_order(scenario: Scenario) -> Iterator[Finding]:
    """They happen by their times, whatever the order of the file; one line may make several."""
    latest: Instant | None = None
    line: tuple[str, int] | None = None
    for index, step in enumerate(scenario.timeline):
        if not isinstance(step.at, Instant) or (step.place and step.place == line):
            continue
        line = step.place
        if latest and step.at.since_midnight_ns < latest.since_midnight_ns:
            message = f"{step.at} stands after {latest}: steps happen by their times"
            yield Finding(("timeline", index, "at"), message)
        else:
            latest = step.at


def who_is_asked_can_answer(scenario: Scenario) -> Iterator[Finding]:
    """Steps of one instant begin one after the other, and programs answer after all of them."""
    asked: dict[Moment, list[tuple[int, Expect]]] = {}
    for index, step in enumerate(scenario.timeline):
        if isinstance(step, Expect):
            asked.setdefault(step.at, []).append((index, step))
        elif isinstance(step, Crash | Freeze):
            for before, expected in asked.get(step.at, ()):
                if expected.everywhere or expected.node == step.node:
                    message = f"{step} comes at this instant, too, before {step.node} has answered"
                    yield Finding(("timeline", before, "at"), f"{message}: expect it earlier")
