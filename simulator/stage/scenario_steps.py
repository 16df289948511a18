"""The steps of the scenario, one by one: a person says when each has its turn."""

import asyncio
from functools import partial

from simulator.runs.internetwork import Internetwork
from simulator.runs.play import back_up_when_due, play_step
from simulator.scenario import Deadline, Step
from simulator.scenario.steps.expectations import EXPECTATION_STEPS
from simulator.scenario.steps.license_steps import LICENSE_STEPS
from simulator.scenario.steps.server_steps import SERVER_STEPS
from simulator.scenario.steps.system_steps import SYSTEM_STEPS
from simulator.stage.hurry import Hurry
from simulator.worlds.backups import backups_of

_SETTING_UP = (*LICENSE_STEPS, *SERVER_STEPS, *SYSTEM_STEPS)


class ScenarioSteps:
    """Which step is the next one; earlier ones have been played, by whatever came of them."""

    def __init__(self, net: Internetwork, hurry: Hurry) -> None:
        self._net = net
        self._hurry = hurry
        self.next = 0
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
    def to_set_up(self) -> int:
        """How many steps there are before the first that is no technician's preparation."""
        steps = self.steps[self.next :]
        others = (number for number, step in enumerate(steps) if not isinstance(step, _SETTING_UP))
        return next(others, len(steps))

    @property
    def due(self) -> int:
        """How many steps have had their instant and were not done."""
        now_ns, start = self._net.world.now_ns(), self._net.scenario.start
        ahead = (step.at for step in self.steps[self.next :])
        return sum(not isinstance(at, Deadline) and at.after_ns(start) <= now_ns for at in ahead)

    async def one(self) -> str:
        """Let time pass until the next step, and do it."""
        return await self._play(1)

    async def to_the_next_expectation(self) -> str:
        """All steps until one that expects something, that one included."""
        steps = self.steps[self.next :]
        expecting = (number for number, step in enumerate(steps, 1) if expects(step))
        return await self._play(next(expecting, len(steps)))

    async def set_up(self) -> str:
        """What the technician does before anything befalls the internetwork, as the file says."""
        if not self.to_set_up:
            return "The scenario has nothing to set up at this point."
        return await self._play(self.to_set_up)

    async def _play(self, number: int) -> str:
        if self.next >= len(self.steps):
            return "The scenario has no further step."
        for _ in range(number):
            step = self.steps[self.next]
            if not await self._hurry.doing(f"{step.at}: {step}", partial(self._one, step)):
                return "Stopped."
            self.next += 1
        return ""

    async def _one(self, step: Step) -> None:
        earlier = [each.at for each in self.steps[: self.next] if not isinstance(each.at, Deadline)]
        earliest_ns = max((at.after_ns(self._net.scenario.start) for at in earlier), default=0)
        await play_step(self._net, step, earliest_ns)


def expects(step: Step) -> bool:
    """Whether a step is to show something."""
    return isinstance(step, EXPECTATION_STEPS) or bool(step.expectation)
