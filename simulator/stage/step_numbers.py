"""Which step of the scenario a fact is about: the steps of one `every`, or of a list, share a line.

It goes by the facts alone, so that the past is as well known as the present.
"""

from collections import defaultdict
from collections.abc import Sequence

from licensing.events import ExpectationFailed, ExpectationMet, Fact, StepBegan, StepRefused
from simulator.runs.steps.judgments import place_of
from simulator.scenario import Internetwork, Step

_NEVER_BEGAN = ("no-deadline", "deadline-passed")


class StepNumbers:
    """By place and words of `steps`; those that read alike have their turn in the file's order."""

    def __init__(self, internetwork: Internetwork, steps: Sequence[Step]) -> None:
        self._alike: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for number, step in enumerate(steps):
            for words in {str(step), str(internetwork.as_declared(step))}:
                self._alike[place_of(step), words].append(number)
        self._begun: set[int] = set()
        self._concluded: set[int] = set()

    def of(self, fact: Fact) -> int | None:
        """The number of the step that `fact` is about, None where it is about none of them."""
        if not isinstance(fact, StepBegan | StepRefused | ExpectationMet | ExpectationFailed):
            return None
        alike = self._alike.get((fact.place, fact.step), ()) if fact.place else ()
        if isinstance(fact, StepBegan):
            return self._next(alike)
        under_way = (number for number in alike if number in self._begun - self._concluded)
        number = max(under_way, default=None)
        if number is None or (isinstance(fact, StepRefused) and fact.code in _NEVER_BEGAN):
            number = self._next(alike)
        if number is not None:
            self._concluded.add(number)
        return number

    def _next(self, alike: Sequence[int]) -> int | None:
        """The first of them that has not begun, which it has from now on."""
        number = next((each for each in alike if each not in self._begun), None)
        if number is not None:
            self._begun.add(number)
        return number
