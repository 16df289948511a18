"""What can be calculated without drawing a year: the checks of the model. In nanoseconds.

All are of an ideal node, whose period is used up by cuts alone: no age of the last answer, no
redialing, no floor (`ideal` plays the same years so). One component fails after exponential times
with the rate `per_ns`; `period_ns` is the failover period, `horizon_ns` what is asked about.

- Policy `full`: the first repair that is too long, as a renewal equation (Feller II, XI).
- Policy `resume`: all repairs together use the period up. It ends within the horizon exactly where
  those that begin in `horizon - period` of time up last longer than it: a compound Poisson
  distribution, by Panjer's recursion between two bounds.
- Policies `recharge` and `after_stable`, of exponential repairs: the mean time to the first end, as
  a fluid that rises and falls, and as clusters of repairs.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from operator import mul

from licensing.recovery import RecoveryPolicy
from simulator.plan.network import PlannedNetwork
from simulator.scenario.outages.distributions import Exponential

Survival = Callable[[float], float]
"""The probability that a cut lasts longer than so many nanoseconds."""

_STEPS = 2400


def first_long_cut(
    per_ns: float, survival: Survival, *, period_ns: float, horizon_ns: float, steps: int = _STEPS
) -> float:
    """The probability that a cut outlasts the period and so ends it within the horizon (`full`).

    F' = rate (A - F), where A has the cuts that are too long and, after all others, F anew.
    """
    step_ns = horizon_ns / steps
    masses = _masses(survival, period_ns, step_ns)
    too_long = survival(period_ns)
    decay = math.exp(-per_ns * step_ns)
    found, before = [0.0], _entered(0.0, period_ns, too_long)
    for index in range(1, steps + 1):
        # Cuts that begin at the end of this step have F of earlier steps only.
        recent = found[max(0, index - len(masses)) :]
        anew = math.fsum(map(mul, masses, [found[-1], *reversed(recent)]))
        after = _entered(index * step_ns, period_ns, too_long) + anew
        found.append(found[-1] * decay + (before + after) / 2 * (1 - decay))
        before = after
    return found[-1]


def _entered(at_ns: float, period_ns: float, too_long: float) -> float:
    return too_long if at_ns >= period_ns else 0.0


def _masses(survival: Survival, period_ns: float, step_ns: float) -> list[float]:
    """The probability of each step of a cut's length, up to the period."""
    edges = [0.0]
    while edges[-1] < period_ns:
        edges.append(min((len(edges) - 0.5) * step_ns, period_ns))
    tails = [survival(edge) for edge in edges]
    tails[0] = 1.0
    return [longer - shorter for longer, shorter in pairwise(tails)]


def long_run_rate(per_ns: float, survival: Survival, *, period_ns: float, mean_ns: float) -> float:
    """How many ends a nanosecond has in the long run (`full`): failures that are too long."""
    return survival(period_ns) / (1 / per_ns + mean_ns)


def repairs_together(
    per_ns: float, survival: Survival, *, period_ns: float, horizon_ns: float, steps: int = _STEPS
) -> float:
    """The probability that repairs together outlast the period within the horizon (`resume`)."""
    if horizon_ns <= period_ns:
        return 0.0
    expected = per_ns * (horizon_ns - period_ns)
    step_ns = period_ns / steps
    tails = [survival(index * step_ns) for index in range(steps + 1)]
    tails[0] = 1.0
    masses = [longer - shorter for longer, shorter in pairwise(tails)]
    shorter, longer = [*masses, 0.0], [0.0, *masses]  # each repair rounded down, and up
    return (_over(expected, shorter) + _over(expected, longer)) / 2


def _over(expected: float, masses: Sequence[float]) -> float:
    """The probability that a compound Poisson sum is over all `masses`, which begin at 0."""
    found = [math.exp(-expected * (1 - masses[0]))]
    weighted = [index * mass for index, mass in enumerate(masses)]
    for index in range(1, len(masses)):
        terms = map(mul, weighted[1 : index + 1], reversed(found))
        found.append(expected / index * math.fsum(terms))
    return 1 - math.fsum(found)


def mean_recharged_ns(per_ns: float, repair_per_ns: float, *, period_ns: float) -> float:
    """The mean time to the first end under `recharge`.

    What is left rises while up, at most to the whole, and falls while down. The difference D of the
    mean times from up and from down has D' = (rate - repair rate) D - 2, and 1/rate at the whole.
    """
    slope = per_ns - repair_per_ns
    if math.isclose(slope, 0.0, abs_tol=1e-12 * per_ns):
        area = period_ns / per_ns + period_ns**2
    else:
        level = 2 / slope
        area = (1 / per_ns - level) * -math.expm1(-slope * period_ns) / slope + level * period_ns
    return 1 / per_ns + repair_per_ns * area + period_ns


def mean_after_stable_ns(
    per_ns: float, repair_per_ns: float, *, period_ns: float, stable_ns: float
) -> float:
    """The mean time to the first end under `after_stable`.

    Repairs between which the component is up for less than `stable_ns` are a cluster; along its
    time down repairs end by a Poisson process, and each of them ends the cluster with one chance.
    """
    ends = math.exp(-per_ns * stable_ns)
    through = math.exp(-repair_per_ns * ends * period_ns)
    down_ns = (1 - through) / (repair_per_ns * ends)
    short_ns = (1 - ends * (1 + per_ns * stable_ns)) / per_ns
    cluster_ns = down_ns * (1 + repair_per_ns * short_ns)
    return 1 / per_ns + cluster_ns / through + (1 - through) / through * (stable_ns + 1 / per_ns)


def either_down(per_ns: tuple[float, float], repair_per_ns: tuple[float, float]) -> Survival:
    """How long a cut lasts in which a line, or the master, or both are down: exponential repairs.

    The cut is a Markov chain of three states, whose exponential is taken by uniformization.
    """
    (one, other), (repairs_one, repairs_other) = per_ns, repair_per_ns
    fastest = one + other + repairs_one + repairs_other

    def survival(time_ns: float) -> float:
        first, second, both = one / (one + other), other / (one + other), 0.0
        weight, total, steps = math.exp(-fastest * time_ns), 0.0, 0
        while steps < fastest * time_ns or weight > 1e-18:
            total += weight * (first + second + both)
            stays = (fastest - repairs_one - other, fastest - repairs_other - one, one + other)
            first, second, both = (
                (first * stays[0] + both * repairs_other) / fastest,
                (second * stays[1] + both * repairs_one) / fastest,
                (both * stays[2] + first * other + second * one) / fastest,
            )
            steps += 1
            weight *= fastest * time_ns / steps
        return total

    return survival


def both_down(
    per_ns: float,
    repair_per_ns: float,
    *,
    period_ns: float,
    horizon_ns: float,
    steps: int = 10 * _STEPS,
) -> float:
    """The probability that two equal lines are down together for longer than the period (`full`).

    Their repairs are exponential. A step of time moves the probabilities of none and of one down;
    what enters *both down* leaves it for *one* before the period is over, or ends it.
    """
    step_ns = horizon_ns / steps
    lag = round(period_ns / step_ns)
    leaves, stays = 2 * repair_per_ns, math.exp(-2 * repair_per_ns * period_ns)
    none, one, both, ended = 1.0, 0.0, 0.0, 0.0
    entered: list[float] = []
    for index in range(steps):
        fails, heals = 2 * per_ns * step_ns * none, repair_per_ns * step_ns * one
        enters, returns = per_ns * step_ns * one, leaves * step_ns * both
        ends = entered[index - lag] * stays if index >= lag else 0.0
        none += heals - fails
        one += fails - heals - enters + returns
        both += enters - returns - ends
        ended += ends
        entered.append(enters)
    return ended


def closed_form_of(network: PlannedNetwork, site: str) -> tuple[str, float] | None:
    """The name and value of the probability that `site` comes to an end within the horizon.

    None where what may cut it off is none of the cases above.
    """
    times = [each for each in network.reliability if each.component in network.relevant(site)]
    if not times or not all(isinstance(each.up, Exponential) for each in times):
        return None
    span = {"period_ns": network.failover_period_ns, "horizon_ns": network.horizon_ns}
    alone = all(each.component in network.alone_cut_off(site) for each in times)
    rate, repair = 1 / times[0].up.mean_ns, times[0].repair
    policy = network.recovery.policy
    if len(times) == 1 and alone and policy is RecoveryPolicy.FULL:
        return "renewal equation", first_long_cut(rate, repair.survival, **span)
    if len(times) == 1 and alone and policy is RecoveryPolicy.RESUME:
        return "compound Poisson", repairs_together(rate, repair.survival, **span)
    markov = all(isinstance(each.repair, Exponential) for each in times)
    if len(times) != 2 or not markov or policy is not RecoveryPolicy.FULL:
        return None
    rates = 1 / times[0].up.mean_ns, 1 / times[1].up.mean_ns
    repairs = 1 / times[0].repair.mean_ns, 1 / times[1].repair.mean_ns
    if alone:
        cut = either_down(rates, repairs)
        return "renewal equation, either down", first_long_cut(sum(rates), cut, **span)
    equal = rates[0] == rates[1] and repairs[0] == repairs[1]
    return ("two lines", both_down(rates[0], repairs[0], **span)) if equal else None
