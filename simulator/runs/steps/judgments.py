"""Whether what was expected is so: stated in the journal, and raised where it is not."""

from collections.abc import Iterable, Mapping

import msgspec

from licensing.catalogue import LICENSES
from licensing.events import ExpectationFailed, ExpectationMet
from simulator.scenario import IN_THE_WHOLE_RUN, Scenario, Step
from simulator.worlds.world import World


class Unexpected(AssertionError):
    """An expectation that does not hold: what was `wanted`, and what was `got`."""

    def __init__(self, step: Step, wanted: str, got: str) -> None:
        super().__init__(f"{step}: wanted {wanted}, got {got}")
        self.wanted = wanted
        self.got = got


class Judgment(msgspec.Struct, frozen=True):
    """What was wanted of something, what it is, and whether that is what was meant."""

    about: str
    wanted: str
    got: str
    holds: bool


def same(about: str, wanted: str, got: str) -> Judgment:
    """A judgment that holds where what was got is what was wanted, to the letter."""
    return Judgment(about, wanted, got, holds=wanted == got)


def not_asked(about: str, wanted: str, reason: Exception) -> Judgment:
    """Of what could not be asked; it never holds."""
    why = str(reason).removesuffix(".")  # one of several in a line
    return Judgment(about, wanted, f"could not be asked: {why}", holds=False)


def judge(world: World, step: Step, judgments: Iterable[Judgment]) -> None:
    """State what was expected as a fact; raises `Unexpected` where it does not hold."""
    differ = [judgment for judgment in judgments if not judgment.holds]
    if not differ:
        world.record("world", ExpectationMet(step=str(step), place=place_of(step)))
        return
    wanted = ", ".join(f"{each.about}: {each.wanted}" for each in differ)
    got = ", ".join(f"{each.about}: {each.got}" for each in differ)
    failed = ExpectationFailed(step=str(step), place=place_of(step), wanted=wanted, got=got)
    world.record("world", failed)
    raise Unexpected(step, wanted, got)


def judge_unasked(world: World, step: Step, reason: Exception) -> None:
    """A step was not done for that `reason`, and so what it expects was never seen.

    Raises `Unexpected`; nothing happens where the step expects nothing.
    """
    if step.expectation:
        judge(world, step, [not_asked(step.action, step.expectation, reason)])


def judge_over_use(world: World, scenario: Scenario, over_used: Mapping[str, int]) -> None:
    """State at the end of a run whether `over_use` says what was over-used, no more, no less."""
    wanted, got = (_seats_in_words(seats) for seats in (scenario.over_use, over_used))
    step, place = f"{IN_THE_WHOLE_RUN}: {wanted}", scenario.place_of(("over_use",))
    if wanted == got:
        world.record("world", ExpectationMet(step=step, place=place))
    else:
        failed = ExpectationFailed(step=step, place=place, wanted=wanted, got=got)
        world.record("world", failed)


def place_of(step: Step) -> str:
    """`file:line` of a step, "" for one made in Python."""
    return f"{step.place[0]}:{step.place[1]}" if step.place else ""


def _seats_in_words(seats: Mapping[str, int]) -> str:
    return ", ".join(f"{seats[key]} x {key}" for key in LICENSES if key in seats) or "none"
