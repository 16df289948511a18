"""The steps of the scenario, one by one: a person says when each has its turn."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from simulator.runs.internetwork import Internetwork, first_of
from simulator.runs.play import back_up_when_due, do_step, until_due
from simulator.scenario import Deadline, Step
from simulator.scenario.steps.expectations import EXPECTATION_STEPS
from simulator.scenario.steps.license_steps import LICENSE_STEPS
from simulator.scenario.steps.server_steps import SERVER_STEPS
from simulator.scenario.steps.system_steps import SYSTEM_STEPS
from simulator.stage.hurry import Hurry
from simulator.worlds.backups import backups_of

_SETTING_UP = (*LICENSE_STEPS, *SERVER_STEPS, *SYSTEM_STEPS)


class ScenarioSteps:
    """Which steps have been played, by whatever came of them.

    They are played as they fall due, as in a run: while one waits for a deadline, those that have
    an instant go on.
    """

    def __init__(self, net: Internetwork, hurry: Hurry) -> None:
        self._net = net
        self._hurry = hurry
        self._played: set[int] = set()
        self._backing_up = [
            asyncio.ensure_future(back_up_when_due(net, node, at_ns))
            for node, at_ns in backups_of(net.scenario)
        ]

    def close(self) -> None:
        """No more backups are made."""
        for task in self._backing_up:
            task.cancel()

    @property
    def steps(self) -> tuple[Step, ...]:
        """All of them, in the order of the file."""
        return self._net.scenario.timeline

    @property
    def left(self) -> list[int]:
        """The numbers of those that have not been played, in the order of the file."""
        return [number for number in range(len(self.steps)) if number not in self._played]

    @property
    def next(self) -> int:
        """The number of the first of these; that of all steps where none is left."""
        return next(iter(self.left), len(self.steps))

    @property
    def to_set_up(self) -> int:
        """How many steps there are before the first that is no technician's preparation."""
        steps = self.steps[self.next :]
        others = (number for number, step in enumerate(steps) if not isinstance(step, _SETTING_UP))
        return next(others, len(steps))

    @property
    def due(self) -> int:
        """How many steps have had their instant and were not done."""
        now_ns, start = self._net.world.now_ns(), self._net.scenario.start
        ahead = (self.steps[number].at for number in self.left)
        return sum(not isinstance(at, Deadline) and at.after_ns(start) <= now_ns for at in ahead)

    async def one(self) -> str:
        """Let time pass until the next step is due, and do it."""
        return await self._play(1)

    async def to_the_next_expectation(self) -> str:
        """All steps until one that expects something, that one included."""
        return await self._play(len(self.steps), expects)

    async def set_up(self) -> str:
        """What the technician does before anything befalls the internetwork, as the file says."""
        if not self.to_set_up:
            return "The scenario has nothing to set up at this point."
        return await self._play(self.to_set_up)

    async def _play(self, most: int, is_last: Callable[[Step], bool] = lambda _: False) -> str:
        if not self.left:
            return "The scenario has no further step."
        for _ in self.left[:most]:
            waiting = self._waiting()
            what = ", or ".join(f"{self.steps[each].at}: {self.steps[each]}" for each in waiting)
            played: list[int] = []
            if not await self._hurry.doing(what, partial(self._one, waiting, played)):
                return "Stopped."
            self._played.update(played)
            if is_last(self.steps[played[0]]):
                break
        return ""

    def _waiting(self) -> list[int]:
        """The next step that has an instant, and those before it that wait for a deadline."""
        left = self.left
        dated = (n for n, each in enumerate(left) if not isinstance(self.steps[each].at, Deadline))
        return left[: next(dated, len(left)) + 1]

    async def _one(self, waiting: Sequence[int], played: list[int]) -> None:
        """Do whichever of them is due first."""
        dues = [
            asyncio.ensure_future(until_due(self._net, self.steps[each], self._earliest_ns(each)))
            for each in waiting
        ]
        try:
            await first_of(*dues)
        finally:
            for due in dues:
                due.cancel()
        number, due = next(pair for pair in zip(waiting, dues, strict=True) if pair[1].done())
        await do_step(self._net, self.steps[number], due.result())
        played.append(number)

    def _earliest_ns(self, number: int) -> int:
        """When the last step before it is that has an instant."""
        earlier = (step.at for step in self.steps[:number] if not isinstance(step.at, Deadline))
        return max((at.after_ns(self._net.scenario.start) for at in earlier), default=0)


def expects(step: Step) -> bool:
    """Whether a step is to show something."""
    return isinstance(step, EXPECTATION_STEPS) or bool(step.expectation)
