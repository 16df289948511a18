"""From a run that fails to a scenario of a few lines that fails for the same rule.

Delta debugging on the scenario as it is written: what can be left out is left out, what can be
plainer is made plainer, and each candidate is played. It is smaller than what Hypothesis could make
of the draws, because the file need not be one that can be drawn (decision 23).
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from simulator.explore.draws import DrawnRun
from simulator.explore.plainer import PLAINER, WrittenScenario, fewer_sites
from simulator.explore.played_run import PlayedRun, played
from simulator.scenario import NO_CLIENTS, OwnClients, ScenarioError, parse_scenario

_CONVERGENCE = "O8"


@dataclass
class Shrinking:
    """Makes `written` smaller, as long as it fails as `failed` does; `best` is what there is.

    No step may be refused that was not refused there for the same reason: a master without a line
    to the license server is never regular, and nobody's fault. With `mended` the technician comes
    after each trial (O8): a run that is only cut off is none that cannot be brought back. `enough`
    is asked before each trial. `clients` are played in the place of their nodes.
    """

    written: WrittenScenario
    failed: PlayedRun
    mended: bool
    enough: Callable[[], bool] = lambda: False
    clients: OwnClients = NO_CLIENTS
    trials: int = 0
    best: WrittenScenario = field(init=False)
    _seen: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.best = self.written

    def run(self) -> WrittenScenario:
        """All passes, until none makes it smaller or there is enough; `best` is as good always."""
        before = None
        while before != self.best and not self.enough():
            before = self.best
            for plainer in PLAINER:
                self._make_plainer(plainer)
                if plainer is fewer_sites:  # with fewer sites each trial takes less
                    self._leave_out_steps()
            self._leave_out_steps()
        return self.best

    def _leave_out_steps(self) -> None:
        """Halves of them first, then smaller parts, single ones at last; the later ones first."""
        size = max(1, len(self.best["timeline"]) // 2)
        while size:
            end = len(self.best["timeline"])
            while end > 0 and not self.enough():
                self._try(_without(self.best, max(0, end - size), end))
                end -= size
            size //= 2

    def _make_plainer(
        self, plainer: Callable[[WrittenScenario], Iterator[WrittenScenario]]
    ) -> None:
        """Each candidate once; after one that fails as well, those of the plainer one."""
        again = True
        while again:
            again = any(self._try(each) for each in plainer(deepcopy(self.best)))

    def _try(self, candidate: WrittenScenario) -> bool:
        key = repr(candidate)
        if key in self._seen or candidate == self.best or self.enough():
            return False
        self._seen.add(key)
        self.trials += 1
        run = self._played(candidate)
        if run is None or run.failure != self.failed.failure or run.refused - self.failed.refused:
            return False
        self.best = candidate
        return True

    def _played(self, candidate: WrittenScenario) -> PlayedRun | None:
        """None where it cannot be played."""
        try:
            return self.played(candidate)
        except ScenarioError:
            return None

    def played(self, scenario: WrittenScenario) -> PlayedRun:
        """As the failed run was; raises `ScenarioError` where it cannot be played."""
        return played(parse_scenario(scenario).with_clients(self.clients), mended=self.mended)


def _without(scenario: WrittenScenario, begin: int, end: int) -> WrittenScenario:
    timeline = scenario["timeline"]
    return {**scenario, "timeline": timeline[:begin] + timeline[end:]}


def shrinking_of(
    drawn: DrawnRun,
    run: PlayedRun,
    enough: Callable[[], bool],
    clients: OwnClients = NO_CLIENTS,
) -> Shrinking:
    """What makes a failed run smaller: with all that was done in it, unless it is about that."""
    mended = run.rule == _CONVERGENCE
    steps = drawn.written["timeline"] + ([] if mended else list(run.technician))
    written = {**drawn.written, "timeline": steps}
    return Shrinking(written, run, mended, enough, clients)


def finished(shrinking: Shrinking, seed: int) -> WrittenScenario:
    """The best, with what a technician did who could not bring it back, and with its story."""
    best = shrinking.best
    run = shrinking.played(best)
    steps = best["timeline"]
    if shrinking.mended:
        steps = [*steps, *_first_visit(run)]
    scenario = {**best, "timeline": steps}
    return {**scenario, "title": f"Found by exploring: {run.failure}", "about": _story(run, seed)}


def _first_visit(run: PlayedRun) -> list[WrittenScenario]:
    """What was done until it was clear that nothing else is named, and the question at last."""
    *done, asked = run.technician
    seen: list[object] = []
    for step in done:
        what = {key: value for key, value in step.items() if key != "at"}
        if what in seen:
            break
        seen.append(what)
    return [*done[: len(seen)], asked]


def _story(run: PlayedRun, seed: int) -> str:
    """What is expected, and what is seen, in one paragraph."""
    lines = [line.strip() for line in run.says.splitlines()]
    told = lines[: next((at for at, line in enumerate(lines) if "last facts" in line), len(lines))]
    return f"Found by exploring (seed {seed}), and made short. {'; '.join(told)}."
