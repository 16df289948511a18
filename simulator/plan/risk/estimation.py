"""From batches of years to the table: how many are judged until it is as exact as is wanted.

Batches are judged in order, so the same seed gives the same table for any number of jobs.
"""

from collections.abc import Callable, Iterator

from simulator.plan.model.network import PlannedNetwork
from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.intervals import RowChances
from simulator.plan.risk.risk_table import ANY, RiskSettings, RiskTable
from simulator.plan.risk.screen import YearScreen
from simulator.plan.risk.table_rows import table_of
from simulator.plan.risk.tallies import Batch, RowTally, YearTally, judged
from simulator.plan.risk.usual_years import UsualYears
from simulator.plan.years.sampler import Sampler
from simulator.spread import Workforce

Progress = Callable[[RiskTable, float], None]
"""Hears what is known so far, and how many site-years a second were judged."""

LEAST_PROBABILITY = 1e-6
"""What is rarer gets a bound."""

_TRIAL_YEARS = 256
_PLAYED_EACH = 48
_DETAILED_BATCHES = 10
_LARGER = 8
"""By so much are the batches larger that follow the detailed ones."""
_MORE_YEARS = 1.5
"""By so much, before it is asked again: who asks all the time stops where chance flatters."""
_FEWEST_YEARS, _MOST_YEARS = 64, 32_768
_MANY_OUTAGES = 20_000
_MOST_BATCHES = 200_000
_TELLS_EVERY_S = 0.5
_UNSEEN_YEARS = 200_000


def estimate(
    network: PlannedNetwork,
    settings: RiskSettings,
    spread: Workforce,
    *,
    sampler: Sampler | None = None,
    now_s: Callable[[], float],
    progress: Progress | None = None,
) -> RiskTable:
    """The table of `network`: judges batches until it is as exact as wanted, or time is up.

    `now_s` reads a clock, in seconds. With a `sampler` the years are those of another network.
    """
    years = sampler or sampler_for(network, settings.seed)
    began_s = told_s = now_s()
    beside = UsualYears.of(network, years)
    tally, reached, look_at = YearTally(), False, 1.0
    for result in spread(judged, _batches(network, years)):
        tally.add(result)
        at_s = now_s()
        if tally.years >= look_at:
            look_at = _MORE_YEARS * tally.years
            reached = is_reached(tally, beside.bounds, settings)
        if reached or at_s - began_s >= 60 * settings.minutes:
            break
        if progress and at_s - told_s >= _TELLS_EVERY_S:
            told_s = at_s
            site_years = tally.years * len(network.sites)
            table = table_of(network, settings, tally, beside, reached=False)
            progress(table, site_years / (at_s - began_s))
    return table_of(network, settings, tally, beside, reached=reached)


def batch_years(network: PlannedNetwork, sampler: Sampler) -> int:
    """So many that some dozens of them must be played; whole turns of the emphases.

    Where so much fails that a year takes long, fewer.
    """
    screen = YearScreen(network, sampler)
    few = 1 + int(_MANY_OUTAGES / sampler.expected)
    trials = min(_TRIAL_YEARS, few)
    suspects = sum(1 for _ in screen.suspects(0, trials))
    years = trials * min(_PLAYED_EACH, few) // max(1, suspects)
    turn, fewest = len(sampler.emphases), min(_FEWEST_YEARS, few)
    return -(-max(fewest, min(years, _MOST_YEARS)) // turn) * turn


def _batches(network: PlannedNetwork, sampler: Sampler) -> Iterator[Batch]:
    """First those that tell details, then larger ones."""
    size = batch_years(network, sampler)
    first = _DETAILED_BATCHES * size
    for at in range(_DETAILED_BATCHES):
        yield Batch(network, sampler, at * size, size)
    for at in range(_MOST_BATCHES):
        years = _LARGER * size
        yield Batch(network, sampler, first + at * years, years, detailed=False)


def is_reached(tally: YearTally, bounds: Bounds, settings: RiskSettings) -> bool:
    """Whether `any`, and each site that is not too rare for it, is as exact as wanted.

    A site that was never seen to end has a bound that was calculated, or after a good many years
    that of these.
    """
    sites, chances = bounds.network.sites, RowChances(tally, bounds)
    for name in (ANY, *sites):
        ends = tally.rows.get(name, RowTally()).ends
        probability = chances.probability(name)
        counts = name == ANY or probability.value >= LEAST_PROBABILITY
        if not ends.seen:
            high = bounds.of(name).high
            inexact = tally.years < _UNSEEN_YEARS and high >= LEAST_PROBABILITY
        else:
            half = chances.cautious_half_width(name)
            inexact = counts and half > settings.precision * probability.value
        if inexact:
            return False
    return True
