"""Tables and years of a plan that tests make up: of three sites, without a model."""

from pathlib import Path

from msgspec.structs import replace

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.model.courses import Emergency, SiteCourse, TimeSpan, YearCourse
from simulator.plan.model.network import PlannedNetwork, planned_network
from simulator.plan.risk.risk_table import CauseShare, Estimate, RiskSettings, RiskTable, SiteRisk
from simulator.plan.variants.comparison import ComparedVariant, PlanComparison
from simulator.plan.years.sampler import YEAR_NS, Outage
from simulator.scenario import Scenario, load_scenario
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential, Lognormal

FILE = Path(DIRECTORY / "slave-cut-off-31-days.yaml")
NORTH = Component(ComponentKind.LINK, "hq-north")
RESUME = Recovery(policy=RecoveryPolicy.RESUME)
LONG = Outage(NORTH, 80 * DAY_NS, 115 * DAY_NS)


def scenario() -> Scenario:
    """The manual's internetwork: hq, north, south."""
    return load_scenario(FILE)


def network(loaded: Scenario) -> PlannedNetwork:
    """Its links fail every 60 days."""
    repair = Lognormal(8 * HOUR_NS, 2.0)
    links = (Component(ComponentKind.LINK, name) for name in loaded.internetwork.links)
    reliability = tuple(Reliability(link, Exponential(60 * DAY_NS), repair) for link in links)
    return replace(planned_network(loaded), reliability=reliability)


def risk(site: str, estimate: Estimate, *causes: CauseShare) -> SiteRisk:
    """A row of the table; its chance rises evenly over the year."""
    by_day = tuple(
        (
            float(day),
            Estimate(*(edge * day / 365 for edge in (estimate.value, estimate.low, estimate.high))),
        )
        for day in range(1, 366)
    )
    seen = round(estimate.value * 10_000)
    return SiteRisk(
        site, estimate, seen, 6.25, 0.0071, estimate.value / 100, 0.0, causes, (), (), by_day
    )


def table(any_site: Estimate = Estimate(0.184, 0.18, 0.188)) -> RiskTable:  # noqa: B008 - frozen
    """`hq` was never seen to end, `north` often, `south` seldom."""
    cause = CauseShare("one long repair of link hq-north", 0.94)
    return RiskTable(
        RiskSettings(),
        YEAR_NS,
        10_000,
        True,
        risk("any", any_site, cause),
        (
            risk("hq", Estimate(0.0, 0.0, 0.000369)),
            risk("north", Estimate(0.18, 0.17, 0.19), cause),
            risk("south", Estimate(0.0041, 0.0038, 0.0044)),
        ),
        2.1,
        17,
    )


def comparison(*names: str) -> PlanComparison:
    """Variants of which each is 2 % more likely than the first to end; the last but one is not."""
    apart, same = Estimate(0.02, 0.015, 0.025), Estimate(0.0, -0.002, 0.002)
    risks = {each.site: each.known for each in table()}
    variants = [
        ComparedVariant(
            name,
            network(scenario()),
            risks,
            dict.fromkeys(risks, same if number == len(names) - 2 else apart),
            table().any.by_day,
        )
        for number, name in enumerate(names)
    ]
    return PlanComparison(variants, RiskSettings(), 10_000, reached=True)


def bad_year() -> YearCourse:
    """North is cut off for 35 days, and relicensed on day 117; south is off for three days."""
    emergency = Emergency(TimeSpan(110 * DAY_NS, 117 * DAY_NS), 80 * DAY_NS, (LONG,), 30 * DAY_NS)
    calm = SiteCourse("hq", (), (), (), ())
    north = replace(
        calm,
        name="north",
        cuts=(TimeSpan(LONG.began_ns, LONG.ended_ns),),
        failover=(TimeSpan(80 * DAY_NS + HOUR_NS, 110 * DAY_NS),),
        emergencies=(emergency,),
    )
    south = replace(calm, name="south", off=(TimeSpan(200 * DAY_NS, 203 * DAY_NS),))
    required = TimeSpan(110 * DAY_NS, 117 * DAY_NS)
    return YearCourse(17, (calm, north, south), (required,), (117 * DAY_NS,))
