"""The page of a plan, put together from its tables."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from licensing.policies import DAY_NS
from simulator.plan.model.courses import YearCourse
from simulator.plan.model.network import PlannedNetwork
from simulator.plan.pages.curves import ByDay, CurveChart, curve_chart
from simulator.plan.pages.risk_map import risk_map
from simulator.plan.pages.risk_rows import risk_rows, scale_of
from simulator.plan.pages.worst_year import year_rows
from simulator.plan.risk.causes import most_frequent
from simulator.plan.risk.emphases import sampler_for
from simulator.plan.risk.risk_table import Estimate, RiskTable
from simulator.plan.risk.words import (
    LEVELS,
    bare,
    bare_interval,
    failover_in_words,
    form_in_words,
    in_percent,
    in_words,
    interval_in_words,
    level,
    made_in_words,
    off_in_words,
    outages_in_words,
    share_in_words,
    with_a_tenth_more,
)
from simulator.plan.told.assumptions import Basis, assumptions, failing
from simulator.report.pages.frame import page
from simulator.report.pages.run_page import Provenance
from simulator.scenario import Scenario, period_in_words

MOST_CAUSES = 10
MOST_FORMED = 12


class RiskGrid(msgspec.Struct, frozen=True):
    """Chances by row and column, such as the spread of repairs and the failover period.

    `own` is the row and column of the file itself, where it has one; None is a cell of nothing.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    cells: Sequence[Sequence[Estimate | None]]
    own: tuple[int, int] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether each cell has something."""
        return all(cell for row in self.cells for cell in row)


class Plan(msgspec.Struct, frozen=True):
    """All that the page tells: the answer, the same network under other terms, and one bad year."""

    scenario: Scenario
    network: PlannedNetwork
    table: RiskTable
    policies: Mapping[str, ByDay]
    grid: RiskGrid | None
    worst: YearCourse | None


def plan_page(plan: Plan, provenance: Provenance, replay: str = "") -> str:
    """The page as HTML: one file that can be mailed; `replay` is the call for its bad year."""
    table, network = plan.table, plan.network
    scale = scale_of(each.probability for each in table)
    basis = Basis(
        table.settings,
        table.years,
        table.reached,
        on_purpose=sampler_for(network, table.settings.seed).has_emphases,
    )
    return page(
        "plan.html",
        beside=Path(__file__).parent,
        plan=plan,
        table=table,
        horizon=period_in_words(table.horizon_ns),
        map=risk_map(plan.scenario.internetwork, {each.site: each.probability for each in table}),
        rows=[*risk_rows(table, scale)],
        formed=[each for each in table.sites if each.closed_forms][:MOST_FORMED],
        form_in_words=form_in_words,
        made=made_in_words,
        scale=scale,
        chart=_chart(plan),
        causes=most_frequent(table.any.causes, MOST_CAUSES),
        year=year_rows(plan.worst, table.horizon_ns) if plan.worst else None,
        failing=failing(network),
        assumptions=[*assumptions(network, basis)],
        provenance=provenance,
        replay=replay,
        levels=LEVELS,
        level=level,
        in_words=in_words,
        interval=interval_in_words,
        in_percent=in_percent,
        outages=outages_in_words,
        failover=failover_in_words,
        share=share_in_words,
        off_share=off_in_words,
        more=with_a_tenth_more,
        bare=bare,
        bare_interval=bare_interval,
    )


def _chart(plan: Plan) -> CurveChart | None:
    """By policy; nothing where no policy saw an emergency."""
    seen = {name: by_day for name, by_day in plan.policies.items() if by_day}
    return curve_chart(seen, plan.table.horizon_ns / DAY_NS) if seen else None
