"""Times until a chain of exponential phases ends, such as that of a line or its master being down.

A phase type has the same questions as the distributions of `simulator.scenario.outages`, as far as
closed forms ask them. Matrices are small, and lists of rows.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import msgspec

_Matrix = list[list[float]]
_TERMS = 18
_SMALL = 0.5


class PhaseType(msgspec.Struct, frozen=True):
    """It begins in a phase by `initial`, and ends when none is left.

    `rates[i][j]` is how often a nanosecond phase i goes over to j; `ends[i]` how often it ends.
    """

    initial: tuple[float, ...]
    rates: tuple[tuple[float, ...], ...]
    ends: tuple[float, ...]

    @property
    def mean_ns(self) -> float:
        """The mean of all times."""
        return _dot(self.initial, self._means_ns())

    def survival(self, time_ns: float) -> float:
        """The probability that it lasts longer."""
        return _dot(self.initial, [math.fsum(row) for row in self._after(time_ns)])

    def cdf(self, time_ns: float) -> float:
        """The probability that it lasts no longer."""
        return 1 - self.survival(time_ns)

    def mean_beyond_ns(self, time_ns: float) -> float:
        """What longer times contribute to the mean: the mean of X where X > time, else of 0."""
        means_ns = self._means_ns()
        rest_ns = _dot(self.initial, [_dot(row, means_ns) for row in self._after(time_ns)])
        return max(0.0, time_ns) * self.survival(time_ns) + rest_ns

    @lru_cache(maxsize=4096)  # noqa: B019 - a few phase types, each at the points of a grid
    def _after(self, time_ns: float) -> _Matrix:
        """Where it is after some time, by where it began."""
        return _exponential(
            [[rate * max(0.0, time_ns) for rate in row] for row in self._generator()]
        )

    @lru_cache(maxsize=64)  # noqa: B019 - the same
    def _generator(self) -> _Matrix:
        phases = range(len(self.initial))
        leaves = [math.fsum((*self.rates[i], self.ends[i])) for i in phases]
        return [[self.rates[i][j] - leaves[i] * (i == j) for j in phases] for i in phases]

    @lru_cache(maxsize=64)  # noqa: B019 - the same
    def _means_ns(self) -> list[float]:
        """How long it lasts on average from each phase on: what solves generator x means = -1."""
        rows = [[-rate for rate in row] + [1.0] for row in self._generator()]
        for at, pivot in enumerate(rows):
            for other in rows:
                if other is not pivot:
                    share = other[at] / pivot[at]
                    other[:] = [
                        value - share * part for value, part in zip(other, pivot, strict=True)
                    ]
        return [row[-1] / row[at] for at, row in enumerate(rows)]


def _exponential(matrix: _Matrix) -> _Matrix:
    """By its series where it is small, and squared again as often as it was halved."""
    largest = max(abs(value) for row in matrix for value in row)
    halvings = max(0, math.ceil(math.log2(largest / _SMALL))) if largest else 0
    small = [[value / 2**halvings for value in row] for row in matrix]
    total = _unit(len(matrix))
    for term in range(_TERMS, 0, -1):
        product = _times(small, total)
        total = [
            [(i == j) + value / term for j, value in enumerate(row)]
            for i, row in enumerate(product)
        ]
    for _ in range(halvings):
        total = _times(total, total)
    return total


def _unit(size: int) -> _Matrix:
    return [[float(i == j) for j in range(size)] for i in range(size)]


def _times(one: _Matrix, other: _Matrix) -> _Matrix:
    columns = list(zip(*other, strict=True))
    return [[_dot(row, column) for column in columns] for row in one]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(left * right for left, right in zip(one, other, strict=True))
