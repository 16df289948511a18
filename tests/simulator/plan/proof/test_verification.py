"""The model is proved on the programs, verdict by verdict; whatever is planted in it is found."""

from unittest.mock import patch

import pytest
from msgspec.structs import replace

from licensing.policies import HOUR_NS, MINUTE_NS, NS_PER_SECOND, TIMING
from licensing.recovery import FULL, RecoveryPolicy
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.plan.model.courses import Emergency, SiteCourse, TimeSpan, YearCourse
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import Drawn, played
from simulator.plan.proof.explanations import (
    EXPLANATIONS,
    Circumstances,
    Moved,
    creep_ns,
    explained,
)
from simulator.plan.proof.verdicts import SiteVerdict
from simulator.plan.proof.verification import (
    CourseModel,
    TrialOrder,
    drawn_before,
    judged_trial,
    verified,
)
from simulator.plan.years.sampler import Year
from simulator.scenario import Link, Scenario, load_scenario

SEED = 1
EIGHT_SITES = 8


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Eight sites at a cloud and a hub, one with a second line."""
    return load_scenario(DIRECTORY / "hub-and-cloud.yaml")


@pytest.fixture(scope="module")
def drawn(scenario: Scenario) -> Drawn:
    """What its programs have drawn before a year."""
    return drawn_before(scenario)


def test_model_and_programs_agree_to_the_second(scenario: Scenario) -> None:
    """A third ends, a third is healed within two hours of its deadline, by all four policies."""
    verdicts = list(verified(scenario, seed=SEED, verdicts=4 * EIGHT_SITES))
    assert [verdict for verdict in verdicts if not verdict.agrees] == []
    assert {verdict.policy for verdict in verdicts} == set(RecoveryPolicy)
    assert 3 * sum(verdict.ended for verdict in verdicts) >= len(verdicts)
    assert 3 * sum(verdict.near for verdict in verdicts) >= len(verdicts)


def wrong_policy(network: PlannedNetwork, year: Year, drawn: Drawn) -> YearCourse:
    """Any contact gives the whole period back."""
    return played(replace(network, recovery=FULL), year, drawn=drawn)


def wrong_floor(network: PlannedNetwork, year: Year, drawn: Drawn) -> YearCourse:
    """A contact leaves nothing of a period that is used up (decision 10)."""
    with patch("licensing.recovery.SHORTEST_FAILOVER_PERIOD_NS", 0):
        return played(network, year, drawn=drawn)


def forgotten_age(network: PlannedNetwork, year: Year, drawn: Drawn) -> YearCourse:
    """A period counts from the cut, and not from the last answer before it (F2)."""
    course = played(network, year, drawn=drawn)
    sites = []
    for site in course.sites:
        began_ns = [cut.began_ns for cut in site.cuts]
        later = tuple(_from_the_cut(each, began_ns) for each in site.emergencies)
        sites.append(replace(site, emergencies=later))
    return replace(course, sites=tuple(sites))


def _from_the_cut(emergency: Emergency, cuts_ns: list[int]) -> Emergency:
    cut_ns = next((at for at in cuts_ns if at >= emergency.last_good_ns), emergency.last_good_ns)
    (began_ns, ended_ns), age_ns = emergency.span, cut_ns - emergency.last_good_ns
    return replace(emergency, span=TimeSpan(began_ns + age_ns, ended_ns))


@pytest.mark.parametrize(
    ("model", "number"), [(wrong_policy, 3), (wrong_floor, 7), (forgotten_age, 0)]
)
def test_what_is_planted_in_the_model_is_found(
    scenario: Scenario, drawn: Drawn, model: CourseModel, number: int
) -> None:
    """And nothing allowed explains it."""
    verdicts = judged_trial(TrialOrder(scenario, drawn, number, SEED, model))
    assert any(verdict.unexplained for verdict in verdicts)


LINE = Link(bandwidth=20_000_000, latency=15_000_000)
JITTERS = Link(bandwidth=20_000_000, latency=15_000_000, jitter=20_000_000)
FORGETS = Link(bandwidth=20_000_000, latency=15_000_000, forgets_idle_after=5 * MINUTE_NS)


def differing(by_ns: int) -> SiteVerdict:
    """One emergency, which the programs have later."""
    at_ns = 60 * HOUR_NS
    return SiteVerdict(
        0, "north", RecoveryPolicy.FULL, (at_ns,), (at_ns + by_ns,), (0,), near=False
    )


def at_the_same_instants(verdict: SiteVerdict) -> Moved:
    """The phase of the heartbeats makes no difference."""
    spans = [TimeSpan(at_ns, at_ns + HOUR_NS) for at_ns in verdict.said_ns]
    emergencies = tuple(Emergency(span, 0, (), 0) for span in spans)
    site = SiteCourse(verdict.site, (), (), (), emergencies)
    return lambda _: YearCourse(0, (site,), (), ())


def nothing_else(_: int) -> YearCourse:
    """Nobody asks."""
    raise AssertionError


def test_the_age_of_an_answer_explains_what_jitter_can_do() -> None:
    """F2: a second and the creep of a trial's heartbeats, and no more than that."""
    allowed_ns = creep_ns([JITTERS]) + NS_PER_SECOND
    assert allowed_ns < 6 * NS_PER_SECOND
    by_its_name, *_ = EXPLANATIONS
    same = at_the_same_instants(differing(allowed_ns))
    assert (
        explained(differing(allowed_ns), Circumstances([JITTERS], same)).explanation
        == by_its_name.name
    )
    assert explained(differing(2 * allowed_ns), Circumstances([JITTERS], same)).unexplained
    assert explained(differing(allowed_ns), Circumstances([LINE], same)).unexplained


def test_a_forgotten_connection_explains_one_answer() -> None:
    """F17: the next one comes within a silence, and only where a device forgets."""
    *_, by_its_name = EXPLANATIONS
    late = differing(TIMING.silence_ns)
    same = at_the_same_instants(late)
    assert explained(late, Circumstances([FORGETS], same)).explanation == by_its_name.name
    assert explained(late, Circumstances([LINE], same)).unexplained
    assert explained(differing(TIMING.silence_ns + 1), Circumstances([FORGETS], same)).unexplained


def test_a_cla_that_was_off_may_require_relicensing_later() -> None:
    """F9: with the license files of the programs the model says what they do."""
    _, by_its_name, _ = EXPLANATIONS
    seen_ns = (60 * HOUR_NS, 80 * HOUR_NS)
    verdict = replace(differing(0), seen_ns=seen_ns)
    alone = at_the_same_instants(verdict)
    with_files = at_the_same_instants(replace(verdict, said_ns=seen_ns))
    was_off = Circumstances([LINE], alone, lambda: with_files(0))
    assert explained(verdict, was_off).explanation == by_its_name.name
    assert explained(verdict, Circumstances([LINE], alone)).unexplained
    assert explained(verdict, Circumstances([LINE], alone, lambda: alone(0))).unexplained


def test_what_agrees_needs_no_explanation() -> None:
    """To the second."""
    assert (
        explained(differing(NS_PER_SECOND), Circumstances([FORGETS], nothing_else)).explanation
        == ""
    )
