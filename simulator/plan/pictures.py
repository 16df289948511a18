"""What the page of a plan shows beside its table: the same network on other terms, and a bad year.

A fixed number of years is drawn for each picture, from the seed of the table: so the page is the
same for any number of jobs, too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from licensing.policies import DAY_NS, NS_PER_SECOND
from licensing.recovery import Recovery, RecoveryPolicy
from simulator.plan.courses import YearCourse
from simulator.plan.estimating import batch_years, by_day_of, probability_of, sampler_for
from simulator.plan.model import played
from simulator.plan.network import PlannedNetwork
from simulator.plan.pages.curves import ByDay
from simulator.plan.pages.plan_page import Plan, RiskGrid
from simulator.plan.risk import ANY, RiskTable
from simulator.plan.tallies import Batch, YearTally, judged
from simulator.plan.years import Sampler
from simulator.scenario import Scenario, period_in_words
from simulator.scenario.outages.distributions import Lognormal
from simulator.spread import Workforce

SIGMAS = (0.5, 1.0, 1.5, 2.0, 2.5)
PERIODS_NS = tuple(days * DAY_NS for days in (10, 20, 30))
_STABLE = Recovery(policy=RecoveryPolicy.AFTER_STABLE, stable_s=3 * DAY_NS // NS_PER_SECOND)
_AS_IN_THE_FILE = "as in the file"
_BATCHES_OF_POLICIES = 4
_BATCHES_OF_GRID = 1
_FEWEST_SEEN = 8
_MOST_EMPHASES = 16


def pictured(
    scenario: Scenario,
    network: PlannedNetwork,
    table: RiskTable,
    workforce: Workforce,
    drawing: Callable[[str], None],
) -> Plan:
    """All that the page of the plan tells; `table` is what was asked for.

    `drawing` hears which picture is being drawn.
    """
    drawing("the page: policies")
    policies = _by_policy(network, table, workforce)
    drawing("the page: repairs and periods")
    return Plan(
        scenario=scenario,
        network=network,
        table=table,
        policies=policies,
        grid=_grid(network, table, workforce),
        worst=worst_year(network, table),
    )


def _by_policy(network: PlannedNetwork, table: RiskTable, workforce: Workforce) -> dict[str, ByDay]:
    """The chance of a first emergency up to each day; its own policy has the table's."""
    policies = recoveries(network.recovery)
    others = [name for name, recovery in policies.items() if recovery != network.recovery]
    networks = [network.under(recovery=policies[name]) for name in others]
    tallies = _tallies(networks, table.settings.seed, workforce, _BATCHES_OF_POLICIES)
    drawn = {
        name: by_day_of(network, tally, ANY) for name, tally in zip(others, tallies, strict=True)
    }
    return {name: drawn.get(name, table.any.by_day) for name in policies}


def _tallies(
    networks: Sequence[PlannedNetwork], seed: int, workforce: Workforce, batches: int
) -> list[YearTally]:
    """What some batches of years say of each network, of which some dozens must be played.

    They are as they happen; where too little is seen in them, those with the rare outages are.
    """
    plain = [Sampler(each.reliability, seed, each.horizon_ns) for each in networks]
    tallies = _judged(networks, plain, workforce, batches)
    seldom = [at for at, tally in enumerate(tallies) if tally.rows[ANY].ends.seen < _FEWEST_SEEN]
    emphasized = {at: sampler_for(networks[at], seed) for at in seldom}
    rare = [at for at, each in emphasized.items() if len(each.emphases) <= _MOST_EMPHASES]
    further = [networks[at] for at in rare]
    for at, tally in zip(
        rare,
        _judged(further, [emphasized[at] for at in rare], workforce, batches),
        strict=True,
    ):
        tallies[at] = tally
    return tallies


def _judged(
    networks: Sequence[PlannedNetwork],
    samplers: Sequence[Sampler],
    workforce: Workforce,
    batches: int,
) -> list[YearTally]:
    asked = [
        Batch(network, sampler, number * years, years)
        for network, sampler in zip(networks, samplers, strict=True)
        for years in [batch_years(network, sampler)]
        for number in range(batches)
    ]
    tallies = [YearTally(turns=len(each.emphases)) for each in samplers]
    for at, result in enumerate(workforce(judged, asked)):
        tallies[at // batches].add(result)
    return tallies


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


def _grid(network: PlannedNetwork, table: RiskTable, workforce: Workforce) -> RiskGrid:
    """By row the spread of repairs, first as it is; by column the failover period."""
    periods_ns = sorted({*PERIODS_NS, network.failover_period_ns})
    rows = {_AS_IN_THE_FILE: network}
    rows |= {f"sigma {sigma:g}": _with_sigma(network, sigma) for sigma in SIGMAS}
    networks = [
        row.under(failover_period_ns=period_ns) for row in rows.values() for period_ns in periods_ns
    ]
    tallies = _tallies(networks, table.settings.seed, workforce, _BATCHES_OF_GRID)
    cells = [probability_of(tally, ANY) for tally in tallies]
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
