"""The screen proves years harmless, and never one in which a site comes to an end."""

import numpy as np
import pytest
from planned_lines import LINE, LONG, one_line, two_ways

from licensing.policies import DAY_NS, HOUR_NS
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.risk import screen
from simulator.plan.risk.screen import YearScreen
from simulator.plan.years import chance
from simulator.plan.years.sampler import Emphasis, Sampler
from simulator.scenario.outages.distributions import Exponential, Fixed, Weibull

RESUME = Recovery(policy=RecoveryPolicy.RESUME)
RECHARGE = Recovery(policy=RecoveryPolicy.RECHARGE)
STABLE = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=3 * 86_400)
YEARS = 200


def missed(network: PlannedNetwork, sampler: Sampler, years: int = YEARS) -> tuple[int, int]:
    """In how many years a site ended that the screen had let go, and how many it let go."""
    suspects = dict(YearScreen(network, sampler).suspects(0, years))
    wrong = 0
    for number in range(years):
        course = played(network, sampler.year(number))
        ended = {site.name for site in course if site.emergencies}
        wrong += not ended <= set(suspects.get(number, ()))
    return wrong, years - len(suspects)


@pytest.mark.parametrize(
    ("years", "network"),
    [
        (400, one_line(period_ns=5 * DAY_NS)),
        (200, one_line(period_ns=25 * DAY_NS, recovery=RESUME)),
        (
            100,
            one_line(
                Exponential(4 * HOUR_NS), period_ns=28 * DAY_NS, recovery=RECHARGE, hosts=True
            ),
        ),
        (200, one_line(period_ns=15 * DAY_NS, recovery=STABLE, up=Weibull(15 * DAY_NS, 0.7))),
        (200, one_line(Fixed(9 * HOUR_NS), period_ns=10 * DAY_NS, recovery=RESUME)),
        (40, two_ways(Exponential(8 * HOUR_NS), period_ns=30 * DAY_NS)),
        (40, two_ways(Exponential(3 * HOUR_NS), period_ns=16 * DAY_NS, recovery=RESUME)),
    ],
)
def test_no_end_is_missed(years: int, network: PlannedNetwork) -> None:
    """Under every policy, with two ways, hosts, repairs and times up of all kinds."""
    sampler = Sampler(network.reliability, 3, network.horizon_ns)
    wrong, harmless = missed(network, sampler, years)
    assert wrong == 0
    assert harmless


def test_a_screen_without_the_age_of_answers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what is used up beyond the outages themselves is forgotten."""
    monkeypatch.setattr(screen, "_overhead_s", lambda *_: 0.0)
    network = one_line(Exponential(HOUR_NS), period_ns=24 * HOUR_NS, recovery=RESUME)
    wrong, _ = missed(network, Sampler(network.reliability, 3, network.horizon_ns))
    assert wrong


def test_arrays_draw_what_single_numbers_draw() -> None:
    """One generator, whether for one year or for thousands: in whole numbers, to the last bit."""
    numbers = np.arange(50, dtype=np.uint64)
    keys = screen.keys_of_years(12_345, numbers)
    assert keys.tolist() == [chance.key_of_year(12_345, number) for number in range(50)]
    expected = [chance.share(key, 7) for key in keys.tolist()]
    assert screen.shares(keys, 7).tolist() == expected


def test_years_with_an_emphasis_are_judged_as_they_are_drawn() -> None:
    """The screen knows which of them have the long repair that the sampler gives them."""
    network = one_line(period_ns=5 * DAY_NS)
    rare = Emphasis(LINE, LONG.survival(4.9 * DAY_NS))
    sampler = Sampler(network.reliability, 3, network.horizon_ns, ((), (rare,)))
    suspects = [number for number, _ in YearScreen(network, sampler).suspects(0, YEARS)]
    assert {*range(1, YEARS, 2)} <= set(suspects)
    assert missed(network, sampler)[0] == 0
