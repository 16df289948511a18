"""The simulated world with the chance of the plan: model and programs draw the same pauses."""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from licensing.words import NODE_PROGRAM
from runtime.host import Dice, Host
from simulator.scenario import Scenario
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.simulated import SimulatedWorld
from simulator.worlds.simulated_machine import ProgramEntry

Redialing = Callable[[str, int], float]
"""What chance (0 to 1) takes off a site's pause before it dials again: by name, by its number."""


class _PlannedDice:
    """A host's own dice, but for its pauses: the only number that a node draws."""

    def __init__(self, dice: Dice, chance: Callable[[], float]) -> None:
        self._dice = dice
        self._chance = chance

    def token(self, size: int) -> bytes:
        """As its own."""
        return self._dice.token(size)

    def uniform(self, low: float, high: float) -> float:
        """As the plan has drawn it."""
        return low + (high - low) * self._chance()


class PlannedWorld(SimulatedWorld):
    """The simulated world, in which `redialing` has the chance of all pauses between dials."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int,
        directory: Path,
        journal: RunJournal,
        redialing: Redialing,
    ) -> None:
        self._redialing = redialing
        self._drawn: dict[str, int] = defaultdict(int)
        super().__init__(scenario, seed=seed, directory=directory, journal=journal)

    def _program(self, host: str, program: str) -> ProgramEntry:
        entry = super()._program(host, program)
        if program != NODE_PROGRAM:
            return entry

        async def live(seam: Host) -> None:
            seam.dice = _PlannedDice(seam.dice, lambda: self._next_chance(host))
            await entry(seam)

        return live

    def _next_chance(self, host: str) -> float:
        number = self._drawn[host]
        self._drawn[host] += 1
        return self._redialing(host, number)
