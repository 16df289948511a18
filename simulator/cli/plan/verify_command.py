"""What `internetsim plan verify` does. Only `plan_app` imports this, when it runs."""

from collections.abc import Callable, Mapping
from pathlib import Path

from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.plan import options
from simulator.cli.plan.outputs import PlanOutputs, shown
from simulator.cli.plan.question import network_of
from simulator.plan.proof.verdicts import SiteVerdict
from simulator.plan.proof.verification import verified
from simulator.plan.told.checks import RiskCheck, checks_junit
from simulator.plan.told.verdict_rows import verdict_rows
from simulator.report.screen import ProgressLine
from simulator.scenario import Scenario
from simulator.spread import workers


def verify(
    named: Called, verdicts: str, *, seed: int | None, jobs: int, dask: str, junit: Path | None
) -> int:
    """Print how many verdicts agree; 1 where one is unexplained. Raises `WrongCall`."""
    loaded = load(named)
    outputs = PlanOutputs(junit=junit)
    outputs.spare(sources_of(loaded))
    ((path, scenario),) = loaded
    network_of(path, scenario)
    wanted = options.number_of_verdicts(verdicts)
    used_seed = scenario.seed if seed is None else seed
    proof = _Proof(path, scenario, wanted, used_seed)
    with (
        outputs.written(proof.contents),
        shown(lambda: outputs.screen.show(verdict_rows(proof.found))),
    ):
        proof.collect(jobs, dask)
    return int(any(verdict.unexplained for verdict in proof.found))


class _Proof:
    """The verdicts that were found, at any time."""

    def __init__(self, path: Path, scenario: Scenario, wanted: int, seed: int) -> None:
        self._path = path
        self._scenario = scenario
        self._wanted = wanted
        self._seed = seed
        self.found: list[SiteVerdict] = []

    def collect(self, jobs: int, dask: str) -> None:
        """All that are wanted; may raise `NoWorkers`."""
        seed, wanted = self._seed, self._wanted
        with workers(jobs, dask) as workforce, ProgressLine() as line:
            for verdict in verified(self._scenario, seed=seed, verdicts=wanted, spread=workforce):
                self.found.append(verdict)
                wrong = sum(each.unexplained for each in self.found)
                line.show(f"{len(self.found):,} of {self._wanted:,} verdicts, {wrong} unexplained")

    @property
    def contents(self) -> Mapping[str, Callable[[], bytes]]:
        """What the file has, by its option."""
        return {"junit": self._junit}

    def _junit(self) -> bytes:
        repeat = (
            f"internetsim plan verify {self._path} --verdicts {self._wanted} --seed {self._seed}"
        )
        return checks_junit(str(self._path), repeat, map(_check, self.found))


def _check(verdict: SiteVerdict) -> RiskCheck:
    said = f"by the model {verdict.said_ns}, on the programs {verdict.seen_ns} (ns)"
    name = f"trial {verdict.trial}: {verdict.site} under {verdict.policy}"
    return RiskCheck(name, said if verdict.unexplained else "")
