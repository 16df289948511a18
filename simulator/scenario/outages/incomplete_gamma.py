"""The upper incomplete gamma function, which the mean of long Weibull times needs."""

import math
from itertools import count

_PRECISION = 1e-15
_TINY = 1e-300


def upper_gamma(order: float, begin: float) -> float:
    """The integral of t^(order-1) e^-t from `begin`, which is at least 0, to infinity.

    The series of the lower function near 0, the continued fraction beyond (Numerical Recipes 6.2).
    """
    if begin <= 0:
        return math.gamma(order)
    front = math.exp(order * math.log(begin) - begin)
    if begin < order + 1:
        return math.gamma(order) - front * _series(order, begin)
    return front * _continued_fraction(order, begin)


def _series(order: float, begin: float) -> float:
    term = total = 1 / order
    for number in count(1):
        term *= begin / (order + number)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _continued_fraction(order: float, begin: float) -> float:
    """Lentz's way, from the first denominator on."""
    below = begin + 1 - order
    above, share = 1 / _TINY, 1 / below
    value = share
    for number in count(1):
        factor = -number * (number - order)
        below += 2
        share = 1 / (factor * share + below or _TINY)
        above = below + factor / above or _TINY
        step = share * above
        value *= step
        if abs(step - 1) < _PRECISION:
            break
    return value
