"""How probabilities and their intervals are said, and which of them look alike in a picture.

Probabilities are in percent with three digits; below one in a million they are written as powers
of ten. What was never seen is said as a bound, and never as nothing.
"""

from math import floor, log10

from simulator.plan.risk.risk_table import (
    NEVER_CUT_OFF,
    ClosedForm,
    Estimate,
    FormOf,
    KnownChance,
    RiskBasis,
    Sensitivity,
    SiteRisk,
)

SELDOM = 1e-6
"""Below it a probability is no matter of percents."""

CANNOT = "cannot"
"""Of a chance that is proved to be none."""

_MOST_DIGITS = 16

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


def beside(known: KnownChance) -> str:
    """Its interval; of a bound, where it is from. "" where there is no more to say."""
    if known.probability.value or known.basis is RiskBasis.PROVED:
        return interval_in_words(known.probability)
    return "none seen" if known.basis is RiskBasis.DRAWN else "calculated"


def outages_in_words(risk: SiteRisk) -> str:
    """How often it is cut off in a year: `1,205`, `10.7`, `0.00348`."""
    return _seen(risk, in_number(risk.outages), risk.outages)


def failover_in_words(risk: SiteRisk) -> str:
    """Its share of time in the failover period."""
    return _seen(risk, in_percent(risk.failover_share), risk.failover_share)


def off_in_words(risk: SiteRisk) -> str:
    """Its share of time without power."""
    return in_percent(risk.off_share) if risk.off_share else "none seen"


def _seen(risk: SiteRisk, text: str, amount: float) -> str:
    """What was not seen is none only where it cannot be."""
    return text if amount or risk.proof == NEVER_CUT_OFF else "none seen"


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
        return in_number(risk.value * 100, 2)
    return f"< {in_number(max(risk.high, SELDOM) * 100, 2)}" if risk.high else "0"


def bare_interval(risk: Estimate) -> str:
    """`2.9 to 3.5`: its interval, as bare."""
    if risk.value < SELDOM:
        return ""
    return " to ".join(in_number(edge * 100, 2) for edge in (risk.low, risk.high))


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
    return f"{_signed(value)} % ({in_number(low, 2)} to {in_number(high, 2)} %)"


def with_a_tenth_more(sensitivity: Sensitivity) -> str:
    """`+9.3 %`: how much likelier it is with a mean that is a tenth longer."""
    return f"{_signed(100 * (1.1**sensitivity.percent.value - 1))} %"


def in_percent(share: float, digits: int = 3) -> str:
    """`3.24 %`, `-0.00041 %`, `3.1e-09`: so many digits at most."""
    if share == 0 or abs(share) >= SELDOM:
        return f"{in_number(share * 100, digits)} %"
    return f"{share:.1e}"


def between(low: float, high: float) -> str:
    """`3.08 to 3.41 %`; both edges are percents, or both are `2.4e-08`."""
    if max(abs(low), abs(high)) >= SELDOM:
        return f"{_of_percent(low)} to {_of_percent(high)} %"
    return f"{_power(low)} to {_power(high)}"


def apart(high: float, limit: float) -> tuple[str, str]:
    """Both in percent, with so many digits that they differ, as they do."""
    for digits in range(3, _MOST_DIGITS):
        texts = in_number(high * 100, digits), in_number(limit * 100, digits)
        if texts[0] != texts[1]:
            return texts
    return f"{high * 100!r}", f"{limit * 100!r}"


def _of_percent(share: float) -> str:
    """One edge of two: with two digits where it would be written as a power."""
    return in_number(share * 100, 3 if abs(share) >= SELDOM else 2)


def _power(share: float) -> str:
    return f"{share:.1e}" if share else "0"


def _number(number: float) -> str:
    """With three digits, and an exponent where it is very large or small."""
    return in_number(number) if SELDOM <= abs(number) < 1 / SELDOM else f"{number:.2e}"


def _signed(number: float) -> str:
    return f"{'+' * (number >= 0)}{in_number(number, 2)}"


def in_number(number: float, digits: int = 3) -> str:
    """So many digits, without an exponent."""
    before_the_point = floor(log10(abs(number))) + 1 if number else digits
    return f"{number:,.{max(digits - before_the_point, 0)}f}"
