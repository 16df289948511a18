"""The same outages to the model and to the programs, and what both say of each site.

A trial needs nothing of another one, so a workforce does them in any order: the verdicts are the
same. The model is given what the programs have drawn: the phase of the first heartbeats, and the
chance of each pause between dials. All else it has to know.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, repeat

import msgspec
from msgspec.structs import replace

from licensing.policies import DAY_NS, HOUR_NS
from simulator.plan.model.courses import TimeSpan, YearCourse
from simulator.plan.model.network import PlannedNetwork, planned_network
from simulator.plan.model.play import Drawn, played
from simulator.plan.proof.explanations import Circumstances, Moved, explained
from simulator.plan.proof.programs import played_on_programs
from simulator.plan.proof.timeline import failing, licensed, with_timeline
from simulator.plan.proof.trials import Trial, trial
from simulator.plan.proof.verdicts import SiteVerdict, is_near
from simulator.plan.proof.year_facts import YearFacts
from simulator.plan.years.chance import key_of, shares
from simulator.plan.years.sampler import Year
from simulator.scenario import Link, Scenario
from simulator.scenario.components import Component, ComponentKind, Reliability
from simulator.scenario.outages.distributions import Exponential
from simulator.spread import Workforce

VERDICTS = 1000
"""So many make a proof."""

CourseModel = Callable[[PlannedNetwork, Year, Drawn], YearCourse]
"""Which course a year takes where that was drawn."""


def the_model(network: PlannedNetwork, year: Year, drawn: Drawn) -> YearCourse:
    """The one that is to be proved."""
    return played(network, year, drawn=drawn)


class TrialOrder(msgspec.Struct, frozen=True):
    """One trial: `number` of `seed`, in `scenario`; `before` is what its programs have drawn."""

    scenario: Scenario
    before: Drawn
    number: int
    seed: int
    model: CourseModel = the_model


def verified(
    scenario: Scenario,
    *,
    seed: int,
    verdicts: int = VERDICTS,
    spread: Workforce = map,
    model: CourseModel = the_model,
) -> Iterator[SiteVerdict]:
    """As many verdicts as are asked for, in an order that depends on the seed alone.

    Raises `ValueError` as `planned_network`, `Violation` where a program breaks a rule.
    """
    planned_network(scenario)
    drawn = drawn_before(scenario)
    sites = len(scenario.internetwork.nodes)
    trials = -(-verdicts // sites)
    orders = (TrialOrder(scenario, drawn, number, seed, model) for number in range(trials))
    for judged in spread(judged_trial, orders):
        yield from judged


def judged_trial(order: TrialOrder) -> tuple[SiteVerdict, ...]:
    """The verdicts of one trial, in the order of its sites."""
    network, chances = everything_fails(order.scenario), partial(_chances, order)
    before = replace(order.before, chances=chances)
    tried = trial(
        network,
        order.number,
        seed=order.seed,
        model=lambda network, year: order.model(network, year, before),
    )
    facts = _programs(order.scenario, tried, chances)
    drawn = replace(_drawn(facts), chances=chances)
    course = order.model(tried.network, tried.year, drawn)
    return tuple(_verdicts(order, tried, course, facts, drawn))


def everything_fails(scenario: Scenario) -> PlannedNetwork:
    """The network of `scenario`, in which each link, cloud, router and host can fail."""
    internetwork = scenario.internetwork
    names: dict[ComponentKind, Iterable[str]] = {
        ComponentKind.LINK: internetwork.links,
        ComponentKind.CLOUD: internetwork.clouds,
        ComponentKind.ROUTER: internetwork.routers,
        ComponentKind.HOST: internetwork.nodes,
    }
    components = (Component(kind, name) for kind, some in names.items() for name in some)
    reliability = (
        Reliability(each, Exponential(DAY_NS), Exponential(HOUR_NS)) for each in components
    )
    return replace(planned_network(scenario), reliability=tuple(reliability))


def drawn_before(scenario: Scenario) -> Drawn:
    """When each site was last answered, and had written that down, before a year begins."""
    quiet = with_timeline(scenario, licensed(scenario))
    facts = played_on_programs(
        quiet, horizon_ns=0, relicensing_ns=DAY_NS, redialing=lambda *_: repeat(0.5)
    )
    return _drawn(facts)


def _drawn(facts: YearFacts) -> Drawn:
    before = {name: site.before for name, site in facts.sites.items() if site.before}
    return Drawn(
        phases_ns={name: -answer.at_ns for name, answer in before.items()},
        written_ns={
            name: answer.at_ns - facts.sites[name].written_ns for name, answer in before.items()
        },
    )


def _chances(order: TrialOrder, site: str, start: int) -> Iterator[float]:
    return shares(key_of(order.seed, "pauses", order.number, site, start))


def _programs(
    scenario: Scenario, tried: Trial, chances: Callable[[str, int], Iterator[float]]
) -> YearFacts:
    network, year = tried
    timeline = [*licensed(scenario), *failing(year.outages, network.horizon_ns)]
    policies = {"failover_period": network.failover_period_ns, "recovery": network.recovery}
    return played_on_programs(
        with_timeline(scenario, timeline, policies=policies),
        horizon_ns=network.horizon_ns,
        relicensing_ns=network.relicensing_ns,
        redialing=chances,
    )


def _verdicts(
    order: TrialOrder, tried: Trial, course: YearCourse, facts: YearFacts, drawn: Drawn
) -> Iterator[SiteVerdict]:
    network = tried.network
    master = Component(ComponentKind.HOST, network.master)
    for site in course.sites:
        seen = facts.sites[site.name]
        verdict = SiteVerdict(
            trial=order.number,
            site=site.name,
            policy=network.recovery.policy,
            said_ns=tuple(each.span.began_ns for each in site.emergencies),
            seen_ns=tuple(at for at in seen.emergencies_ns if 0 <= at < network.horizon_ns),
            last_good_ns=tuple(seen.last_good_ns),
            near=is_near(site, seen, network.failover_period_ns),
        )
        links = _links(order, network, site.name)
        relicensed = partial(_relicensed, order, tried, drawn, facts)
        was_off = any(each.component == master for each in tried.year.outages)
        known = Circumstances(links, _moved(order, tried, drawn), relicensed if was_off else None)
        yield explained(verdict, known)


def _links(order: TrialOrder, network: PlannedNetwork, site: str) -> list[Link]:
    """Those on the usual way of a site."""
    links = order.scenario.internetwork.links
    return [links[hop.link] for hop in network.routes(frozenset())[site].hops]


def _moved(order: TrialOrder, tried: Trial, drawn: Drawn) -> Moved:
    def course(by_ns: int) -> YearCourse:
        phases_ns = {name: phase_ns - by_ns for name, phase_ns in drawn.phases_ns.items()}
        return order.model(tried.network, tried.year, replace(drawn, phases_ns=phases_ns))

    return course


def _relicensed(order: TrialOrder, tried: Trial, drawn: Drawn, facts: YearFacts) -> YearCourse:
    """The course with the requirements and the license files of the programs."""
    horizon_ns = tried.network.horizon_ns
    ends_ns = chain(facts.issued_ns, repeat(horizon_ns))
    required = tuple(map(TimeSpan, facts.required_ns, ends_ns))
    return order.model(tried.network, tried.year, replace(drawn, required=required))
