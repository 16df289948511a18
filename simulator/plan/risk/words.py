"""How probabilities and their intervals are said, and which of them look alike in a picture.

Probabilities are in percent with three digits; below one in a million they are written as powers
of ten. What was never seen is said as a bound, and never as nothing.
"""

from math import floor, log10

from simulator.plan.risk.risk_table import (
    ClosedForm,
    Estimate,
    FormOf,
    RiskBasis,
    Sensitivity,
    SiteRisk,
)

SELDOM = 1e-6
"""Below it a probability is no matter of percents."""

CANNOT = "cannot"
"""Of a chance that is proved to be none."""

LEVELS = (
    "none seen", "under 0.01 %", "under 0.1 %", "under 1 %", "under 10 %", "10 % and more",
)  # fmt: skip
"""From the palest to the darkest of a picture."""

_EDGES = (1e-4, 1e-3, 1e-2, 1e-1)


def level(risk: Estimate) -> int:
    """Which of `LEVELS` it is; 0 where nothing was seen."""
    return 1 + sum(risk.value >= edge for edge in _EDGES) if risk.value else 0


def in_words(risk: Estimate) -> str:
    """`3.24 %`; a bound, `under 0.018 %`, of what was not seen, or is under one in a million."""
    if risk.value >= SELDOM:
        return in_percent(risk.value)
    return f"under {in_percent(max(risk.high, SELDOM))}" if risk.high else CANNOT


def interval_in_words(risk: Estimate) -> str:
    """`3.08 to 3.41 %`; "" where the bound says it all."""
    return between(risk.low, risk.high) if risk.value >= SELDOM else ""


def beside(risk: SiteRisk) -> str:
    """Its interval; of a bound, where it is from. "" where there is no more to say."""
    if risk.probability.value or risk.basis is RiskBasis.PROVED:
        return interval_in_words(risk.probability)
    return "none seen" if risk.basis is RiskBasis.DRAWN else "calculated"


def share_in_words(share: float, most: float) -> str:
    """A share of time that is no more than `most`: `0.02 %`, `< 0.000100 %`, `0 %`."""
    if share >= SELDOM:
        return in_percent(share)
    return f"< {in_percent(max(most, SELDOM))}" if most else in_percent(0)


def shortly(risk: Estimate) -> str:
    """`3.2 %`, `< 0.018 %`: two digits, where there is little room."""
    return f"{bare(risk)} %"


def bare(risk: Estimate) -> str:
    """`3.2`, `< 0.018`, `0`: in percent, where a unit has no room; none is under `SELDOM`."""
    if risk.value >= SELDOM:
        return _digits(risk.value * 100, 2)
    return f"< {_digits(max(risk.high, SELDOM) * 100, 2)}" if risk.high else "0"


def form_in_words(form: ClosedForm) -> tuple[str, str]:
    """What a closed form says, and the model with its interval: `0.320 %`, `0.312 to 0.336 %`."""
    model = form.model
    if form.of is FormOf.PROBABILITY:
        seen = between(model.low, model.high) if model and model.value else "none seen"
        return in_percent(form.value), seen
    seen = f"{_number(model.low)} to {_number(model.high)}" if model else "too rare to draw"
    return _number(form.value), seen


def made_in_words(risk: SiteRisk) -> str:
    """`+0.14 % (0.08 to 0.20 %)`: what age, redialing and floor make, of what would be without.

    "" where that is not known.
    """
    made, ideal = risk.made, risk.ideal
    if not (made and ideal and ideal.value and risk.probability.value):
        return ""
    value, low, high = (100 * each / ideal.value for each in (made.value, made.low, made.high))
    return f"{value:+.2g} % ({low:.2g} to {high:.2g} %)"


def with_a_tenth_more(sensitivity: Sensitivity) -> str:
    """`+9.3 %`: how much likelier it is with a mean that is a tenth longer."""
    return f"{100 * (1.1**sensitivity.percent.value - 1):+.2g} %"


def in_percent(share: float, digits: int = 3) -> str:
    """`3.24 %`, `-0.00041 %`, `3.1e-09`: so many digits at most."""
    if share == 0 or abs(share) >= SELDOM:
        return f"{_digits(share * 100, digits)} %"
    return f"{share:.1e}"


def between(low: float, high: float) -> str:
    """`3.08 to 3.41 %`."""
    if all(edge == 0 or abs(edge) >= SELDOM for edge in (low, high)):
        return f"{_digits(low * 100)} to {_digits(high * 100)} %"
    return f"{in_percent(low)} to {in_percent(high)}"


def _number(number: float) -> str:
    """With three digits, and an exponent where it is very large or small."""
    return _digits(number) if SELDOM <= abs(number) < 1 / SELDOM else f"{number:.2e}"


def _digits(number: float, digits: int = 3) -> str:
    """So many digits, without an exponent."""
    before_the_point = floor(log10(abs(number))) + 1 if number else digits
    return f"{number:.{max(digits - before_the_point, 0)}f}"
