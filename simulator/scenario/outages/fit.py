"""Which of the four distributions recorded durations have: maximum likelihood, then Akaike's word.

Durations whose end was not seen count as what they are: at least so long. The likelihood is that of
durations to the second. Of the best of each kind that one is chosen whose logarithm of likelihood,
less the number of its parameters, is largest: a Weibull distribution is always at least as likely
as the exponential ones among it. What is chosen is rounded to four digits, and likely as such.
"""

import math
from collections.abc import Iterator, Sequence

import msgspec

from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.words import counted
from simulator.scenario.outages.distributions import (
    LONGEST_REPAIR_NS,
    SHAPE_LIMITS,
    SIGMA_LIMITS,
    Distribution,
    Exponential,
    Fixed,
    Lognormal,
    Weibull,
    normal_hazard,
)
from simulator.scenario.outages.record import Observation, OutageHistory

FEWEST = 10
"""Fewer durations say too little of a tail."""

_DIGITS = 4
_PRECISION = 1e-9
_MOST_STEPS = 10_000
_UNITS_NS = (DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND)


class Candidate(msgspec.Struct, frozen=True):
    """The likeliest of its kind, and the natural logarithm of its likelihood."""

    distribution: Distribution
    log_likelihood: float

    @property
    def is_possible(self) -> bool:
        """Whether it could have been so, and a scenario can say it."""
        return self.log_likelihood > -math.inf and self.distribution.mean_ns <= LONGEST_REPAIR_NS

    @property
    def score(self) -> float:
        """By which candidates are compared, the larger the better (Akaike)."""
        return self.log_likelihood - len(self.distribution.__struct_fields__)


class Fit(msgspec.Struct, frozen=True):
    """What the durations came to: the candidates, the best first."""

    durations: tuple[Observation, ...]
    candidates: tuple[Candidate, ...]

    @property
    def distribution(self) -> Distribution:
        """The one that was chosen."""
        return self.candidates[0].distribution


class TooFewOutages(ValueError):
    """A distribution of so little would be invented."""


def fitted(durations: Sequence[Observation], noun: str, fewest: int = FEWEST) -> Fit:
    """The best of each kind that there is; raises `TooFewOutages`, which calls each a `noun`."""
    ends = sum(each.ended for each in durations)
    if len(durations) < fewest or not ends:
        seen = "" if ends else ", of none of which the end was seen"
        needed = f"at least {fewest} are needed for a distribution"
        raise TooFewOutages(f"{counted(len(durations), noun)}{seen}: {needed}")
    candidates = [
        Candidate(each, log_likelihood(each, durations)) for each in _likeliest(durations)
    ]
    possible = [each for each in candidates if each.is_possible]
    if not possible:
        counted_ends = f"{ends} of {counted(len(durations), noun)}"
        raise TooFewOutages(f"{counted_ends} came to an end: too few for a distribution")
    return Fit(tuple(durations), tuple(sorted(possible, key=lambda each: -each.score)))


class HistoryFit(msgspec.Struct, frozen=True):
    """How something fails, and how long its repairs take, by what was recorded of it."""

    up: Fit
    repair: Fit


def fitted_history(*histories: OutageHistory) -> HistoryFit:
    """Both fits of one thing, or of several as if they failed alike; raises `TooFewOutages`."""
    repairs = [each for history in histories for each in history.repairs()]
    times_up = [each for history in histories for each in history.times_up()]
    repair = fitted(repairs, "outage")
    return HistoryFit(fitted(times_up, "time up", FEWEST - 1), repair)


def log_likelihood(distribution: Distribution, durations: Sequence[Observation]) -> float:
    """The natural logarithm of the probability of the record, to the second."""
    unit = 0.0 if isinstance(distribution, Fixed) else math.log(NS_PER_SECOND)
    return math.fsum(
        distribution.log_density(lasted_ns) + unit
        if ended
        else distribution.log_survival(lasted_ns)
        for lasted_ns, ended in durations
    )


def _likeliest(durations: Sequence[Observation]) -> Iterator[Distribution]:
    """The likeliest of each kind, in round numbers, within the limits of each."""
    seconds = [lasted_ns / NS_PER_SECOND for lasted_ns, _ in durations]
    ended = [lasted_ns / NS_PER_SECOND for lasted_ns, ended in durations if ended]
    cut_short = [lasted_ns / NS_PER_SECOND for lasted_ns, ended in durations if not ended]
    yield Exponential(_round_ns(math.fsum(seconds) / len(ended)))
    yield _lognormal(ended, cut_short)
    yield _weibull(seconds, ended)
    if len(set(ended)) == 1:
        yield Fixed(next(lasted_ns for lasted_ns, ended in durations if ended))


def _lognormal(ended: Sequence[float], cut_short: Sequence[float]) -> Lognormal:
    """By expectation and maximization: what was cut short counts as what it will be on average."""
    logs = [math.log(lasted_s) for lasted_s in ended]
    bounds = [math.log(lasted_s) for lasted_s in cut_short if lasted_s > 0]
    count = len(logs) + len(bounds)
    mu = math.fsum(logs) / len(logs)
    sigma = _within(SIGMA_LIMITS, math.dist(logs, [mu] * len(logs)) / math.sqrt(len(logs)))
    for _ in range(_MOST_STEPS):
        heights = [(bound - mu) / sigma for bound in bounds]
        hazards = [normal_hazard(height) for height in heights]
        means = [*logs, *(mu + sigma * hazard for hazard in hazards)]
        pairs = zip(heights, hazards, strict=True)
        spread = math.fsum(1 + (height - hazard) * hazard for height, hazard in pairs)
        centre = math.fsum(means) / count
        square = math.fsum((each - centre) ** 2 for each in means) + sigma**2 * spread
        former = mu, sigma
        mu, sigma = centre, _within(SIGMA_LIMITS, math.sqrt(square / count))
        if math.dist(former, (mu, sigma)) < _PRECISION:
            break
    sigma = _round(sigma)
    return Lognormal(_round_ns(math.exp(mu + sigma**2 / 2)), sigma)


def _weibull(seconds: Sequence[float], ended: Sequence[float]) -> Weibull:
    """Its shape is where the derivative of the likelihood is 0, which falls with it (bisection)."""
    largest = max(seconds)
    shares = [lasted_s / largest for lasted_s in seconds if lasted_s > 0]
    mean_log = math.fsum(math.log(lasted_s / largest) for lasted_s in ended) / len(ended)

    def too_large(shape: float) -> bool:
        powers = [share**shape for share in shares]
        logs = (power * math.log(share) for power, share in zip(powers, shares, strict=True))
        return math.fsum(logs) / math.fsum(powers) - 1 / shape > mean_log

    low, high = SHAPE_LIMITS
    while high - low > _PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if too_large(middle) else (middle, high)
    shape = _round(low)
    scale_s = largest * (math.fsum(share**shape for share in shares) / len(ended)) ** (1 / shape)
    return Weibull(_round_ns(scale_s * math.gamma(1 + 1 / shape)), shape)


def _within(limits: tuple[float, float], number: float) -> float:
    return max(limits[0], min(limits[1], number))


def _round(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


def _round_ns(time_s: float) -> int:
    """In the unit in which a person reads it, and at least a second."""
    time_ns = max(1.0, time_s) * NS_PER_SECOND
    unit_ns = next(unit_ns for unit_ns in _UNITS_NS if time_ns >= unit_ns)
    return round(_round(time_ns / unit_ns) * unit_ns)
