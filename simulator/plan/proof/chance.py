"""The simulated world with the chance of the plan: model and programs draw the same pauses."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from licensing.words import NODE_PROGRAM
from runtime.host import Dice, Host
from simulator.scenario import Scenario
from simulator.worlds.run_journal import RunJournal
from simulator.worlds.simulated import SimulatedWorld
from simulator.worlds.simulated_machine import ProgramEntry

Redialing = Callable[[str, int], Iterator[float]]
"""The chance (0 to 1) of a site's pauses between dials, since the given start of its host."""


class _PlannedDice:
    """A host's own dice, but for its pauses: the only number that a node draws."""

    def __init__(self, dice: Dice, pause_chances: Iterator[float]) -> None:
        self._dice = dice
        self._pause_chances = pause_chances

    def token(self, size: int) -> bytes:
        """As its own."""
        return self._dice.token(size)

    def uniform(self, low: float, high: float) -> float:
        """As the plan has drawn it."""
        return low + (high - low) * next(self._pause_chances)


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
        self._starts: Counter[str] = Counter()
        super().__init__(scenario, seed=seed, directory=directory, journal=journal)

    def _program(self, host: str, program: str) -> ProgramEntry:
        entry = super()._program(host, program)
        if program != NODE_PROGRAM:
            return entry

        async def live(seam: Host) -> None:
            seam.dice = _PlannedDice(seam.dice, self._redialing(host, self._starts[host]))
            self._starts[host] += 1
            await entry(seam)

        return live
