"""What the commands of a plan take: years, precision, minutes and limits, and how each is said."""

import re
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from licensing.policies import DAY_NS
from simulator.cli.wrong_call import WrongCall
from simulator.plan.risk.risk_table import ANY
from simulator.scenario.diagnostics import meant
from simulator.scenario.values import LAST_DAY

YEAR_DAYS = 365
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,9})?")
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,12})?) ?%")
_LONGEST_MINUTES = 10_080
_MOST_VERDICTS = 1_000_000
_LEAST_PRECISION, _MOST_PRECISION = 0.001, 0.5

Limits: TypeAlias = Mapping[str, float]
"""The most that the upper end of an interval may be, by the name of a site or `any`."""


def horizon_ns(years: str) -> int:
    """`1`, `0.5` years of 365 days in nanoseconds; raises `WrongCall`."""
    most = LAST_DAY // YEAR_DAYS
    days = float(years) * YEAR_DAYS if _NUMBER.fullmatch(years) else 0
    if not 1 <= days <= most * YEAR_DAYS:
        expected = f"a number from 0.003, which is a day, to {most} is expected, such as 1 or 0.5"
        raise WrongCall(f"--years {years}: {expected}")
    return round(days * DAY_NS)


def precision(said: str) -> float:
    """`5%` as 0.05: half the interval over the value; raises `WrongCall`."""
    share = _share("--precision", said, said, "5%")
    if share == 0:
        raise WrongCall("--precision 0%: nothing that is drawn is exact; 5% is usual, 1% is exact")
    if not _LEAST_PRECISION <= share <= _MOST_PRECISION:
        raise WrongCall(f"--precision {said}: from 0.1% to 50%")
    return share


def minutes(said: str) -> float:
    """After how many minutes to stop; raises `WrongCall`."""
    if not _NUMBER.fullmatch(said):
        raise WrongCall(f"--minutes {said}: a number of minutes is expected, such as 5 or 0.5")
    if not 0 < float(said) <= _LONGEST_MINUTES:
        raise WrongCall(f"--minutes {said}: more than 0, up to {_LONGEST_MINUTES:,}, a week")
    return float(said)


def number_of_verdicts(said: str) -> int:
    """How many verdicts are wanted; raises `WrongCall`."""
    if not said.isdecimal() or not 1 <= int(said[:9]) <= _MOST_VERDICTS:
        raise WrongCall(f"--verdicts {said}: a whole number from 1 to {_MOST_VERDICTS:,}")
    return int(said)


def limits(said: Sequence[str], sites: Sequence[str]) -> Limits:
    """`1%` for `any`, `north=1%` for a site of the network; raises `WrongCall`."""
    found: dict[str, float] = {}
    for each in said:
        site, equals, written = each.rpartition("=")
        name = site if equals else ANY
        if name not in (*sites, ANY):
            raise WrongCall(f"--max-risk {each}: there is no site {site!r}{meant(site, sites)}")
        if name in found:
            raise WrongCall(f"--max-risk is given twice for {name}")
        found[name] = _share("--max-risk", each, written, "1% or north=1%")
        if found[name] > 1:
            raise WrongCall(f"--max-risk {each}: a chance is at most 100%")
    return found


def _share(option: str, said: str, written: str, example: str) -> float:
    match = _PERCENT.fullmatch(written)
    if not match:
        raise WrongCall(
            f"{option} {said}: a share in percent is expected, with its sign, such as {example}"
        )
    return float(match[1]) / 100
