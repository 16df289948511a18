"""What a plan is asked about: a scenario that can be planned, and how exactly; or why it cannot."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from simulator.cli.call_words import including, quoted
from simulator.cli.named_scenarios import Called
from simulator.cli.plan import options
from simulator.cli.wrong_call import WrongCall
from simulator.plan.model.network import PlannedNetwork, planned_network
from simulator.plan.risk.risk_table import ANY, RiskSettings
from simulator.plan.told.document_head import AskedPlan
from simulator.plan.years.sampler import YEAR_NS
from simulator.scenario import INTERNET, Scenario
from simulator.scenario.diagnostics import Finding
from simulator.topology.weak_points import unreached


class PlanWishes(msgspec.Struct, frozen=True):
    """What was asked for, as it was written."""

    years: str = "1"
    precision: str = "5%"
    minutes: str = "5"
    max_risk: Sequence[str] = ()
    jobs: int = 1
    dask: str = ""
    seed: int | None = None

    def settings(self, scenario: Scenario) -> RiskSettings:
        """How exact the answer is to be; raises `WrongCall`."""
        return RiskSettings(
            seed=scenario.seed if self.seed is None else self.seed,
            precision=options.precision(self.precision),
            minutes=options.minutes(self.minutes),
        )


class PlanQuestion(msgspec.Struct, frozen=True):
    """One network to plan, where it stands, and the call that asks the same again."""

    path: Path
    scenario: Scenario
    network: PlannedNetwork
    settings: RiskSettings
    repeat: str
    terms: str

    def replay(self, number: int) -> str:
        """The call that prints the drawn year of that number."""
        return f"internetsim plan replay {self.terms} --year {number} --seed {self.settings.seed}"

    @property
    def asked(self) -> AskedPlan:
        """The same for other tools."""
        return AskedPlan(self.scenario.title, str(self.path), self.repeat)


def tell_remarks(scenario: Scenario) -> None:
    """Say what was done with a record of outages; `check` warns of what concerns runs alone."""
    for remark in scenario.document.remarks if scenario.document else ():
        sys.stderr.write(f"note: {remark}\n")


def question_of(
    command: str, path: Path, scenario: Scenario, named: Called, wishes: PlanWishes
) -> PlanQuestion:
    """What is asked of one scenario; raises `WrongCall` where it has no answer."""
    settings, horizon_ns = wishes.settings(scenario), options.horizon_ns(wishes.years)
    network = plannable(path, scenario, horizon_ns)
    terms = f"{quoted(path)}{including(named.include_from)} --years {wishes.years}"
    repeat = (
        f"internetsim plan {command} {terms} --precision {wishes.precision} --seed {settings.seed}"
    )
    return PlanQuestion(path, scenario, network, settings, repeat, terms)


def plannable(path: Path, scenario: Scenario, horizon_ns: int) -> PlannedNetwork:
    """What the model needs of a scenario; raises `WrongCall` where it lacks something."""
    network = network_of(path, scenario, horizon_ns)
    if not network.reliability:
        raise WrongCall(f"{path}: it does not say what fails how often\n{_WAY_OUT}")
    failures = sum(YEAR_NS / each.up.mean_ns for each in network.reliability)
    if failures > _MOST_FAILURES:
        most = f"{_MOST_FAILURES:,} are the most that years can be drawn of"
        raise WrongCall(f"{path}: these are {failures:,.0f} failures a year: {most}")
    return network


def network_of(path: Path, scenario: Scenario, horizon_ns: int = YEAR_NS) -> PlannedNetwork:
    """The same, whatever fails; raises `WrongCall` where sites do not reach a central CLA."""
    lost = [name for name in unreached(scenario.internetwork) if name != INTERNET]
    if lost and scenario.document:
        message = "no way leads from there to the central CLA, whatever fails: it has no risk"
        findings = [Finding(("internetwork", "nodes", name), message, at_key=True) for name in lost]
        raise WrongCall("\n".join(str(scenario.document.problem(each)) for each in findings))
    if ANY in scenario.internetwork.nodes:
        raise WrongCall(f"{path}: a row of the table is called {ANY}: give that node another name")
    try:
        return planned_network(scenario, horizon_ns=horizon_ns)
    except ValueError as error:
        raise WrongCall(f"{path}: {error}") from error


_MOST_FAILURES = 30_000
_WAY_OUT = """\
    write for instance, beside `internetwork`:
    reliability:
      links: {all: {fails: every 60 days, repair: "lognormal(mean 8 h, sigma 2)"}}"""
