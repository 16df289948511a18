"""What the page of a plan shows beside its table: the same network on other terms, and a bad year.

A fixed number of years is drawn for each picture, from the seed of the table: so the page is the
same for any number of jobs, too. What there is no time for is left out.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.model.courses import YearCourse
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.model.play import played
from simulator.plan.pages.curves import ByDay
from simulator.plan.pages.plan_page import Plan, RiskGrid
from simulator.plan.risk.bounds import Bounds
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.estimation import batch_years
from simulator.plan.risk.risk_table import ANY, Estimate, RiskTable
from simulator.plan.risk.table_rows import by_day_of, known_chance
from simulator.plan.risk.tallies import Batch, YearTally, judged
from simulator.plan.years.sampler import Sampler
from simulator.scenario import Scenario, period_in_words
from simulator.scenario.outages.distributions import Lognormal
from simulator.spread import Workforce

SIGMAS = (0.5, 1.0, 1.5, 2.0, 2.5)
PERIODS_NS = tuple(days * DAY_NS for days in (10, 20, 30))
_STABLE = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=3 * DAY_NS // NS_PER_SECOND)
_AS_IN_THE_FILE = "as in the file"
_BATCHES_OF_POLICIES = 4
_BATCHES_OF_GRID = 3
_FEWEST_SEEN = 8
_MOST_EMPHASES = 16


def pictured(
    scenario: Scenario,
    network: PlannedNetwork,
    table: RiskTable,
    workforce: Workforce,
    *,
    show: Callable[[str], None],
    is_over: Callable[[], bool],
) -> Plan:
    """All that the page of the plan tells; `table` is what was asked for.

    `show` hears how far the pictures are. Once time `is_over` no more are drawn.
    """
    years = _YearsOfPictures(table.settings.seed, workforce, show, is_over)
    return Plan(
        scenario=scenario,
        network=network,
        table=table,
        policies=_by_policy(network, table, years),
        grid=_grid(network, table, years),
        worst=worst_year(network, table),
    )


def _by_policy(
    network: PlannedNetwork, table: RiskTable, years: "_YearsOfPictures"
) -> dict[str, ByDay]:
    """The chance of a first emergency up to each day; its own policy has the table's."""
    policies = recoveries(network.recovery)
    others = [name for name, recovery in policies.items() if recovery != network.recovery]
    networks = [network.under(recovery=policies[name]) for name in others]
    tallies = years.tallies("policies", networks, _BATCHES_OF_POLICIES)
    drawn = {
        name: by_day_of(other, each.tally, ANY, each.probability)
        for name, other, each in zip(others, networks, tallies, strict=True)
        if each.tally.years
    }
    own = dict.fromkeys(policies.keys() - {*others}, table.any.by_day)
    return {name: by_day for name in policies if (by_day := {**drawn, **own}.get(name))}


class _YearsOfPictures(msgspec.Struct, frozen=True):
    """What some batches of years say of other networks, of which some dozens must be played."""

    seed: int
    workforce: Workforce
    show: Callable[[str], None]
    is_over: Callable[[], bool]

    def tallies(
        self, picture: str, networks: Sequence[PlannedNetwork], batches: int
    ) -> list["_OtherTerms"]:
        """Of years as they happen; where too little is seen in them, of those with rare outages.

        One of no years where time was over before.
        """
        plain = [Sampler(each.reliability, self.seed, each.horizon_ns) for each in networks]
        found = self._judged(picture, networks, plain, batches)
        emphasized = {
            at: sampler_for(networks[at], self.seed)
            for at, tally in enumerate(found)
            if tally.years and tally.rows[ANY].ends.seen < _FEWEST_SEEN
        }
        rare = {at: each for at, each in emphasized.items() if len(each.emphases) <= _MOST_EMPHASES}
        further = [networks[at] for at in rare]
        of_rare = self._judged(f"{picture}, what is rare", further, [*rare.values()], batches)
        drawn = [_OtherTerms(*each) for each in zip(networks, plain, found, strict=True)]
        for (at, sampler), tally in zip(rare.items(), of_rare, strict=True):
            if tally.years:
                drawn[at] = _OtherTerms(networks[at], sampler, tally)
        return drawn

    def _judged(
        self,
        picture: str,
        networks: Sequence[PlannedNetwork],
        samplers: Sequence[Sampler],
        batches: int,
    ) -> list[YearTally]:
        tallies = [YearTally() for _ in samplers]
        if self.is_over():
            return tallies
        asked = (
            Batch(network, sampler, number * years, years)
            for network, sampler in zip(networks, samplers, strict=True)
            for years in [batch_years(network, sampler)]
            for number in range(batches)
        )
        for at, result in enumerate(self.workforce(judged, asked)):
            tallies[at // batches].add(result)
            self.show(f"the page: {picture}, {at + 1} of {batches * len(networks)} batches")
            if self.is_over():
                break
        return tallies


class _OtherTerms(msgspec.Struct, frozen=True):
    """A network that is not the one of the table, and what some of its years come to."""

    network: PlannedNetwork
    sampler: Sampler
    tally: YearTally

    @property
    def probability(self) -> Estimate:
        """The chance of an emergency anywhere."""
        bounds = Bounds(self.network, self.sampler)
        return known_chance(self.tally, bounds, ANY).probability


def recoveries(own: Recovery) -> Mapping[str, Recovery]:
    """All four policies by their names, `own` among them."""
    stable = own if own.policy is RecoveryPolicy.AFTER_STABLE else _STABLE
    each = [
        stable if policy is stable.policy else Recovery(policy=policy) for policy in RecoveryPolicy
    ]
    return {_name(recovery, own): recovery for recovery in each}


def _name(recovery: Recovery, own: Recovery) -> str:
    stable = f"({period_in_words(recovery.stable_s * NS_PER_SECOND)})" * (recovery.stable_s > 0)
    own_word = f", {_AS_IN_THE_FILE}" * (recovery == own)
    return f"{recovery.policy}{stable}{own_word}"


def _grid(network: PlannedNetwork, table: RiskTable, years: _YearsOfPictures) -> RiskGrid:
    """By row the spread of repairs, first as it is; by column the failover period.

    A cell that there was no time for is empty.
    """
    periods_ns = sorted({*PERIODS_NS, network.failover_period_ns})
    rows = {_AS_IN_THE_FILE: network}
    rows |= {f"sigma {sigma:g}": _with_sigma(network, sigma) for sigma in SIGMAS}
    networks = [
        row.under(failover_period_ns=period_ns) for row in rows.values() for period_ns in periods_ns
    ]
    drawn = years.tallies("repairs and periods", networks, _BATCHES_OF_GRID)
    cells = [each.probability if each.tally.years else None for each in drawn]
    own, width = periods_ns.index(network.failover_period_ns), len(periods_ns)
    cells[own] = table.any.probability  # as exact as it was asked for
    return RiskGrid(
        rows=[*rows],
        columns=[*map(period_in_words, periods_ns)],
        cells=[cells[at : at + width] for at in range(0, len(cells), width)],
        own=(0, own),
    )


def _with_sigma(network: PlannedNetwork, sigma: float) -> PlannedNetwork:
    """With every repair lognormal, with the mean that it has."""
    changed = (
        replace(each, repair=Lognormal(each.repair.mean_ns, sigma)) for each in network.reliability
    )
    return replace(network, reliability=tuple(changed))


def worst_year(network: PlannedNetwork, table: RiskTable) -> YearCourse | None:
    """The drawn year with the most time in emergency mode, with all its sites."""
    if table.worst is None:
        return None
    return played(network, sampler_for(network, table.settings.seed).year(table.worst))
