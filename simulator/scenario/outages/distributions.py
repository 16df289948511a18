"""How long something works until it fails, and how long its repair lasts: four distributions.

All times are nanoseconds, given as whole numbers and computed as floats; densities are those of a
nanosecond. Far tails keep their relative precision: a probability of 1e-200 is no 0.
"""

import math
from statistics import NormalDist
from typing import TypeAlias

import msgspec

from licensing.policies import DAY_NS
from simulator.scenario.outages.incomplete_gamma import upper_gamma

LONGEST_REPAIR_NS = 9999 * DAY_NS
SIGMA_LIMITS = (0.01, 5.0)
SHAPE_LIMITS = (0.1, 50.0)
"""Beyond them a mean says nothing, or the distribution is `Fixed`."""

_NORMAL = NormalDist()
_LOG_ROOT_OF_2_PI = math.log(math.tau) / 2
_FAR = 30.0
"""Standard deviations, beyond which the logarithm of a normal tail comes from its series."""


class Exponential(msgspec.Struct, frozen=True):
    """No memory: what has lasted long is no nearer to its end."""

    mean_ns: int

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""
        return math.exp(self.log_survival(time_ns))

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""
        return -math.expm1(self.log_survival(time_ns))

    def log_survival(self, time_ns: float) -> float:
        """The natural logarithm of `survival`; minus infinity of 0."""
        return -max(0.0, time_ns) / self.mean_ns

    def log_density(self, time_ns: float) -> float:
        """The natural logarithm of the density per nanosecond, at a time over 0."""
        return self.log_survival(time_ns) - math.log(self.mean_ns)

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean: the mean of X where X > time, else of 0."""
        return (max(0.0, time_ns) + self.mean_ns) * self.survival(time_ns)

    def outlasted_ns(self, share: float) -> float:
        """The time that so large a share outlasts, over 0 and at most 1."""
        return -self.mean_ns * math.log(share)


class Lognormal(msgspec.Struct, frozen=True):
    """Its logarithm is normal with the standard deviation `sigma`: many short, few very long."""

    mean_ns: int
    sigma: float

    @property
    def mu(self) -> float:
        """The mean of the natural logarithm of its nanoseconds."""
        return math.log(self.mean_ns) - self.sigma**2 / 2

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""
        return _normal_tail(self._standard(time_ns))

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""
        return _normal_tail(-self._standard(time_ns))

    def log_survival(self, time_ns: float) -> float:
        """The natural logarithm of `survival`."""
        return _log_normal_tail(self._standard(time_ns))

    def log_density(self, time_ns: float) -> float:
        """The natural logarithm of the density per nanosecond, at a time over 0."""
        square = self._standard(time_ns) ** 2
        return -square / 2 - _LOG_ROOT_OF_2_PI - math.log(self.sigma) - math.log(time_ns)

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean: the mean of X where X > time, else of 0."""
        return self.mean_ns * _normal_tail(self._standard(time_ns) - self.sigma)

    def outlasted_ns(self, share: float) -> float:
        """The time that so large a share outlasts, over 0 and at most 1."""
        return math.exp(self.mu - self.sigma * _NORMAL.inv_cdf(share)) if share < 1 else 0.0

    def _standard(self, time_ns: float) -> float:
        """By how many standard deviations the logarithm of a time is over its mean."""
        return (math.log(time_ns) - self.mu) / self.sigma if time_ns > 0 else -math.inf


class Weibull(msgspec.Struct, frozen=True):
    """With a `shape` under 1 what has lasted long lasts longer still; 1 is `Exponential`."""

    mean_ns: int
    shape: float

    @property
    def scale_ns(self) -> float:
        """The time that a share of 1/e outlasts."""
        return self.mean_ns / math.gamma(1 + 1 / self.shape)

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""
        return math.exp(self.log_survival(time_ns))

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""
        return -math.expm1(self.log_survival(time_ns))

    def log_survival(self, time_ns: float) -> float:
        """The natural logarithm of `survival`; minus infinity of 0."""
        return -math.pow(max(0.0, time_ns) / self.scale_ns, self.shape)

    def log_density(self, time_ns: float) -> float:
        """The natural logarithm of the density per nanosecond, at a time over 0."""
        scale_ns, shape = self.scale_ns, self.shape
        risen = (shape - 1) * math.log(time_ns / scale_ns)
        return math.log(shape / scale_ns) + risen + self.log_survival(time_ns)

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean: the mean of X where X > time, else of 0."""
        return self.scale_ns * upper_gamma(1 + 1 / self.shape, -self.log_survival(time_ns))

    def outlasted_ns(self, share: float) -> float:
        """The time that so large a share outlasts, over 0 and at most 1."""
        return self.scale_ns * math.pow(-math.log(share), 1 / self.shape)


class Fixed(msgspec.Struct, frozen=True):
    """Always the same; at that time itself it is over."""

    duration_ns: int

    @property
    def mean_ns(self) -> int:
        """The same."""
        return self.duration_ns

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""
        return float(time_ns < self.duration_ns)

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""
        return float(time_ns >= self.duration_ns)

    def log_survival(self, time_ns: float) -> float:
        """The natural logarithm of `survival`; minus infinity of 0."""
        return 0.0 if time_ns < self.duration_ns else -math.inf

    def log_density(self, time_ns: float) -> float:
        """The natural logarithm of the probability of that nanosecond."""
        return 0.0 if time_ns == self.duration_ns else -math.inf

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean: the mean of X where X > time, else of 0."""
        return self.duration_ns * self.survival(time_ns)

    def outlasted_ns(self, share: float) -> float:  # noqa: ARG002 - as those of chance
        """The time that so large a share outlasts, over 0 and at most 1."""
        return float(self.duration_ns)


Distribution: TypeAlias = Exponential | Lognormal | Weibull | Fixed


def normal_hazard(standard: float) -> float:
    """The density of a standard normal value, by the probability that it is larger."""
    return math.exp(-(standard**2) / 2 - _LOG_ROOT_OF_2_PI - _log_normal_tail(standard))


def _normal_tail(standard: float) -> float:
    """The probability that a standard normal value is larger."""
    return math.erfc(standard / math.sqrt(2)) / 2


def _log_normal_tail(standard: float) -> float:
    """Its natural logarithm, also where the tail itself is too small for a float."""
    if standard < _FAR:
        return math.log(_normal_tail(standard))
    square = standard**2
    rest = math.log1p(-1 / square + 3 / square**2)
    return -square / 2 - _LOG_ROOT_OF_2_PI - math.log(standard) + rest
