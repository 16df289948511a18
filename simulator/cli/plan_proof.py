"""What `internetsim plan verify` does. Only `plan_app` imports this, when it runs."""

from pathlib import Path

from simulator.cli import plan_options as options
from simulator.cli.journal_option import screen_beside
from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.plan_progress import ProgressLine
from simulator.cli.written_files import WrittenFile, spare
from simulator.cli.wrong_call import WrongCall
from simulator.plan.checks import RiskCheck, checks_junit
from simulator.plan.proof.verdicts import SiteVerdict
from simulator.plan.proof.verification import verified
from simulator.plan.verdict_rows import verdict_rows
from simulator.scenario import Scenario
from simulator.spread import NoWorkers, workers


def verify(
    named: Called, verdicts: str, *, seed: int | None, jobs: int, dask: str, junit: Path | None
) -> int:
    """Print how many verdicts agree; 1 where one is unexplained. Raises `WrongCall`."""
    loaded = load(named)
    spare("--junit", "the report", junit, sources_of(loaded))
    ((path, scenario),) = loaded
    wanted = options.number_of_verdicts(verdicts)
    used_seed = scenario.seed if seed is None else seed
    report = WrittenFile("the report", junit) if junit else None
    found: list[SiteVerdict] = []
    try:
        _collect(found, scenario, wanted, used_seed, jobs=jobs, dask=dask)
    except (NoWorkers, ValueError) as error:
        raise WrongCall(f"{path}: {error}") from error
    finally:
        screen_beside(junit).show(verdict_rows(found))
    if report:
        repeat = f"internetsim plan verify {path} --verdicts {wanted} --seed {used_seed}"
        with report:
            report.write(checks_junit(str(path), repeat, map(_check, found)))
    return int(any(verdict.unexplained for verdict in found))


def _collect(
    found: list[SiteVerdict], scenario: Scenario, wanted: int, seed: int, *, jobs: int, dask: str
) -> None:
    with workers(jobs, dask) as workforce, ProgressLine() as line:
        for verdict in verified(scenario, seed=seed, verdicts=wanted, spread=workforce):
            found.append(verdict)
            wrong = sum(each.unexplained for each in found)
            line.show(f"{len(found):,} of {wanted:,} verdicts, {wrong} unexplained")


def _check(verdict: SiteVerdict) -> RiskCheck:
    said = f"by the model {verdict.said_ns}, on the programs {verdict.seen_ns} (ns)"
    name = f"trial {verdict.trial}: {verdict.site} under {verdict.policy}"
    return RiskCheck(name, said if verdict.unexplained else "")
