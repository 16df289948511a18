"""What theory says of one site: the first emergency under each recovery, where a formula is known.

A site works for a time `up`, is cut off for a time `repair`, and so on; an emergency begins when it
is cut off for longer than its period allows. All are of an ideal node: no age of the last answer,
no redialing, no floor (`ideal` plays the same years so). All times in nanoseconds.

Sources: the renewal equation, and alternating renewal processes (Cox, Renewal Theory, 1962); the
compound Poisson distribution (Panjer, ASTIN Bulletin 12, 1981); a fluid queue that is filled by one
source (Kosten; Anick, Mitra and Sondhi, 1982). Each is derived in the docstring of its function.
"""

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import mul
from typing import NamedTuple, Protocol

from licensing.policies import NS_PER_SECOND
from licensing.recovery import RecoveryPolicy
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.phase_types import PhaseType
from simulator.plan.risk.risk_table import FormOf
from simulator.plan.years.sampler import YEAR_NS
from simulator.scenario.components import Reliability
from simulator.scenario.outages.distributions import Exponential, Fixed

_STEPS = 1500
_LATTICE = 2000
_LARGE = 1e200
_MOST_PERIODS = 10_000
"""Of a horizon that has more of them the form takes too long."""
_KEPT = 256
"""Most sites of a network are like another one."""


class PlannedSpan(NamedTuple):
    """The failover period, and the horizon within which an emergency is to begin."""

    period_ns: int
    horizon_ns: int


class Times(Protocol):
    """What a closed form asks of a distribution."""

    def __hash__(self) -> int:
        """What is calculated of it is kept."""

    @property
    def mean_ns(self) -> float:
        """The mean of all times."""

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean."""


@lru_cache(maxsize=_KEPT)
def probability_under_full(
    up: Times, repair: Times, span: PlannedSpan, first_up: Times | None = None
) -> float:
    """P that an emergency begins within the horizon, where each contact makes the period whole.

    V(t), from a repair on, and W(t), from a failure on, are the probabilities within t. A repair
    that outlasts the period is an emergency at its end, any other begins anew:

        V(t) = integral of W(t - u) dUp(u)
        W(t) = S(period) [t >= period] + integral up to the period of V(t - r) dRepair(r)

    Both integrals are exact for V and W that are straight between points of a grid on which the
    period lies; W without its step is. `first_up` is the time up from the start on, where it is
    another one.
    """
    period_ns, horizon_ns = span
    if horizon_ns <= period_ns:
        return 0.0
    periods = math.ceil(period_ns * _STEPS / horizon_ns)
    step_ns = period_ns / periods
    last = math.ceil(horizon_ns / step_ns)
    ends = repair.survival(period_ns)
    of_up, of_repair = _weights(up, step_ns, last), _weights(repair, step_ns, periods)
    begun, failed = [0.0], [0.0]
    for number in range(1, last + 1):
        from_up = ends * up.cdf(number * step_ns - period_ns) + _folded(of_up, failed)
        from_repair = _folded(of_repair, begun)
        begun.append((from_up + of_up[0] * from_repair) / (1 - of_up[0] * of_repair[0]))
        failed.append(from_repair + of_repair[0] * begun[-1])
    if first_up:
        of_first = _weights(first_up, step_ns, last)
        begun[-2:] = [
            ends * first_up.cdf(number * step_ns - period_ns)
            + _folded(of_first, failed[:number])
            + of_first[0] * failed[number]
            for number in (last - 1, last)
        ]
    share = horizon_ns / step_ns - (last - 1)
    return begun[-2] + share * (begun[-1] - begun[-2])


def _weights(times: Times, step_ns: float, count: int) -> list[float]:
    """What each point of a grid of so many steps weighs in an integral over the times.

    What lies in a step weighs for both of its ends, by how near it is to each.
    """
    points = [number * step_ns for number in range(count + 1)]
    shares = [times.cdf(point) for point in points]
    means_ns = [times.mean_beyond_ns(point) for point in points]
    weights = [shares[0]] + [0.0] * count
    for at in range(count):
        share = shares[at + 1] - shares[at]
        far = (means_ns[at] - means_ns[at + 1] - points[at] * share) / step_ns
        weights[at] += share - far
        weights[at + 1] += far
    return weights


def _folded(weights: Sequence[float], values: Sequence[float]) -> float:
    """The sum over all earlier values, the latest with the second weight."""
    return math.fsum(map(mul, weights[1:], reversed(values)))


def emergencies_a_year_under_full(up: Times, repair: Times, *, period_ns: int) -> float:
    """In the long run: the share of repairs that outlast the period, over the mean of a cycle."""
    return YEAR_NS * repair.survival(period_ns) / (up.mean_ns + repair.mean_ns)


def mean_time_under_full_ns(up: Times, repair: Times, *, period_ns: int) -> float:
    """Until the first emergency: 1/S(period) failures, the repairs before the last, the period."""
    shorter_ns = repair.mean_ns - repair.mean_beyond_ns(period_ns)
    ends = repair.survival(period_ns)
    return (up.mean_ns + shorter_ns) / ends + period_ns if ends else math.inf


@lru_cache(maxsize=_KEPT)
def probability_under_resume(up: Exponential, repair: Times, span: PlannedSpan) -> float:
    """P that an emergency begins within the horizon, where only relicensing begins another period.

    It begins when all repairs together have lasted for the period. The horizon has passed by then,
    unless the site was up for less than the horizon without the period; in so long a time up it
    fails a Poisson number of times. So it is the tail of a compound Poisson distribution (Panjer's
    recursion, on a grid which keeps the mean of each repair).
    """
    period_ns, horizon_ns = span
    failures = (horizon_ns - period_ns) / up.mean_ns
    if failures <= 0:
        return 0.0
    if isinstance(repair, Fixed):
        return _poisson_tail(failures, period_ns // repair.duration_ns)
    weights = _weights(repair, period_ns / _LATTICE, _LATTICE + 1)
    graded = [number * weight for number, weight in enumerate(weights)]
    # Of many failures the chance of none is no float: the sums are kept over it, and its logarithm.
    sums, log_unit = [1.0], failures * (weights[0] - 1)
    for number in range(1, _LATTICE + 1):
        sums.append(failures / number * _folded(graded[: number + 1], sums))
        if sums[-1] > _LARGE:
            sums, log_unit = [each / _LARGE for each in sums], log_unit + math.log(_LARGE)
    less = math.fsum(sums[:-1]) + sums[-1] / 2
    return max(0.0, 1 - math.exp(log_unit + math.log(less)))


def _poisson_tail(mean: float, most: int) -> float:
    """The probability of more than so many."""
    logs = (number * math.log(mean) - mean - math.lgamma(number + 1) for number in range(most + 1))
    return max(0.0, 1 - math.fsum(map(math.exp, logs)))


def mean_time_under_recharge_ns(up: Exponential, repair: Exponential, *, period_ns: int) -> float:
    """Until the first emergency, where an hour of connection gives an hour of the period back.

    What is used up rises with time while the site is cut off, and falls with it while it is not.
    With m0(u), m1(u) the mean times from u on, cut off and connected, f and r the rates of failure
    and repair: m0' = -1 + r (m0 - m1) and m1' = 1 + f (m0 - m1), m0(period) = 0, and at u = 0 the
    site waits for its next failure: m1(0) = 1/f + m0(0). So d = m0 - m1 has d' = -2 + (r - f) d.
    """
    fails, repairs = 1 / up.mean_ns, 1 / repair.mean_ns
    net = repairs - fails
    if net:
        grown = _grown(net, period_ns)
        integral = 2 / net * period_ns - (up.mean_ns + 2 / net) * grown
    else:
        integral = -up.mean_ns * period_ns - float(period_ns) ** 2
    return up.mean_ns + period_ns - repairs * integral


def mean_time_under_after_stable_ns(
    up: Exponential, repair: Exponential, *, period_ns: int, stable_ns: int
) -> float:
    """Until the first emergency, where a connection of `stable_ns` makes the period whole.

    A time up lasts so long with probability p, and each ends with a failure. With m(u) the mean
    time from a failure on at which u is used up: m' = -1 - r/f + r p (m(u) - m(0)), m(period) = 0.
    """
    repairs = 1 / repair.mean_ns
    cycle = 1 + up.mean_ns * repairs
    return up.mean_ns + cycle * _grown(repairs * up.survival(stable_ns), period_ns)


def _grown(rate: float, time_ns: float) -> float:
    """The integral of e^(rate t) over the time; infinite where no float holds it."""
    try:
        return math.expm1(rate * time_ns) / rate if rate else time_ns
    except OverflowError:
        return math.inf


def both_of_two_lines(
    line_up: Exponential, line_repair: Exponential
) -> tuple[PhaseType, PhaseType, Exponential]:
    """Two equal lines in parallel: first time up, any further one, time both are down.

    Up is until both are down: with one of them down, the other one fails, or the first is repaired.
    """
    fails, repairs = 1 / line_up.mean_ns, 1 / line_repair.mean_ns
    rates = ((0.0, 2 * fails), (repairs, 0.0))
    ends = (0.0, fails)
    first, further = (PhaseType(initial, rates, ends) for initial in ((1.0, 0.0), (0.0, 1.0)))
    return first, further, Exponential(round(line_repair.mean_ns / 2))


def either_of_two(
    one_up: Exponential, one_repair: Exponential, other_up: Exponential, other_repair: Exponential
) -> tuple[Exponential, PhaseType]:
    """A line or the master down: the time until one of them fails, and until both work again.

    The phases are: the one down, the other down, both down.
    """
    fails, repairs = (
        (1 / one_up.mean_ns, 1 / other_up.mean_ns),
        (
            1 / one_repair.mean_ns,
            1 / other_repair.mean_ns,
        ),
    )
    any_fails = math.fsum(fails)
    rates = ((0.0, 0.0, fails[1]), (0.0, 0.0, fails[0]), (repairs[1], repairs[0], 0.0))
    cut_off = PhaseType((fails[0] / any_fails, fails[1] / any_fails, 0.0), rates, (*repairs, 0.0))
    return Exponential(round(1 / any_fails)), cut_off


class KnownForm(NamedTuple):
    """A closed form: of which quantity, how it is called, and its value."""

    of: FormOf
    name: str
    value: float


def forms_of(network: PlannedNetwork, site: str) -> Iterator[KnownForm]:
    """What is known of `site`: nothing where what may cut it off is none of the cases above."""
    times = [each for each in network.reliability if each.component in network.relevant(site)]
    alone = [each.component in network.alone_cut_off(site) for each in times]
    match network.recovery.policy, times, alone:
        case RecoveryPolicy.FULL, [one], [True]:
            yield from _under_full(network, "renewal equation", one.up, one.repair)
        case RecoveryPolicy.FULL, [one, other], [True, True] | [False, False]:
            yield from _of_two(network, one, other, either=all(alone))
        case _, [one], [True]:
            yield from _of_one(network, one)


def _of_two(
    network: PlannedNetwork, one: Reliability, other: Reliability, *, either: bool
) -> Iterator[KnownForm]:
    """Of two components under `full`, of which `either` cuts the site off, or both together."""
    match one.up, one.repair, other.up, other.repair:
        case Exponential() as up, Exponential() as repair, Exponential() as u, Exponential() as r:
            if either:
                cases = either_of_two(up, repair, u, r)
                yield from _under_full(network, "renewal equation, either down", *cases)
            elif (up, repair) == (u, r):
                first, further, both = both_of_two_lines(up, repair)
                name = "renewal equation, two lines"
                yield from _under_full(network, name, further, both, first_up=first)


def _under_full(
    network: PlannedNetwork, name: str, up: Times, repair: Times, first_up: Times | None = None
) -> Iterator[KnownForm]:
    period_ns = network.failover_period_ns
    if network.horizon_ns > _MOST_PERIODS * period_ns:
        return
    span = PlannedSpan(period_ns, network.horizon_ns)
    value = probability_under_full(up, repair, span, first_up=first_up)
    yield KnownForm(FormOf.PROBABILITY, name, value)
    yearly = emergencies_a_year_under_full(up, repair, period_ns=period_ns)
    yield KnownForm(FormOf.YEARLY, "rate over up and repair", yearly)


def _of_one(network: PlannedNetwork, one: Reliability) -> Iterator[KnownForm]:
    """Of one component that cuts the site off, under the policies by which cuts add up."""
    period_ns, recovery = network.failover_period_ns, network.recovery
    match recovery.policy, one.up, one.repair:
        case RecoveryPolicy.RESUME, Exponential() as up, repair:
            span = PlannedSpan(period_ns, network.horizon_ns)
            value = probability_under_resume(up, repair, span)
            yield KnownForm(FormOf.PROBABILITY, "compound Poisson", value)
        case RecoveryPolicy.RECHARGE, Exponential() as up, Exponential() as repair:
            time_ns = mean_time_under_recharge_ns(up, repair, period_ns=period_ns)
            yield KnownForm(FormOf.MEAN_TIME, "fluid queue", time_ns / YEAR_NS)
        case RecoveryPolicy.AFTER_STABLE, Exponential() as up, Exponential() as repair:
            stable_ns = recovery.stable_s * NS_PER_SECOND
            time_ns = mean_time_under_after_stable_ns(
                up, repair, period_ns=period_ns, stable_ns=stable_ns
            )
            yield KnownForm(FormOf.MEAN_TIME, "first passage", time_ns / YEAR_NS)
