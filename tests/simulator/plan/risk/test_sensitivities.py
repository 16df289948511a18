"""What the chance is most sensitive to: slopes that one line has in a formula, too."""

import math

import plan_tables as made_up
from msgspec.structs import replace

from licensing.policies import DAY_NS
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.risk_table import ANY, RiskSettings
from simulator.plan.risk.tallies import Batch, judged
from simulator.plan.risk.words import with_a_tenth_more
from simulator.scenario.components import Component, ComponentKind
from simulator.scenario.outages.distributions import Fixed


def test_whether_any_site_ends_hangs_on_what_fails_anywhere() -> None:
    """Also on the line of a site that did not end: else a chance of 95 % could rise by a tenth."""
    network = made_up.network(made_up.scenario()).under(failover_period_ns=5 * DAY_NS)
    line = next(each for each in network.reliability if each.component == made_up.NORTH)
    brief = replace(line, component=Component(ComponentKind.LINK, "hq-south"), repair=Fixed(DAY_NS))
    network = replace(network, reliability=(line, brief))
    tally = judged(Batch(network, sampler_for(network, 1), 0, 100))
    assert tally.rows[ANY].ends.seen == tally.rows["north"].ends.seen > 20
    both = {"link hq-north: mean repair", "link hq-south: time between failures"}
    assert both <= tally.rows[ANY].scores.keys()
    assert both - tally.rows["north"].scores.keys() == {"link hq-south: time between failures"}


def test_one_line_has_the_slopes_of_its_formula() -> None:
    """Where ends are rare: twice as many failures are twice as many ends, and so on.

    The slope over the mean repair is that of the tail of its distribution at the period.
    """
    network = made_up.network(made_up.scenario()).under(failover_period_ns=5 * DAY_NS)
    line = next(each for each in network.reliability if each.component == made_up.NORTH)
    network = replace(network, reliability=(line,))
    table = estimate(network, RiskSettings(precision=0.05), map, now_s=lambda: 0.0)
    slopes = {each.parameter: each.percent for each in table.any.sensitivity}
    tail = [math.log(line.repair.survival(5 * DAY_NS / factor)) for factor in (1.001, 0.999)]
    known = {"time between failures": -1.0, "mean repair": (tail[0] - tail[1]) / 0.002}
    for parameter, slope in known.items():
        found = slopes[f"link hq-north: {parameter}"]
        assert found.low - 0.1 < slope < found.high + 0.1, parameter
    assert with_a_tenth_more(table.any.sensitivity[0]).startswith(("+", "-"))
