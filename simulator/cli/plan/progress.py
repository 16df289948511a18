"""How far a plan has come, before a person: years a second, and the precision reached."""

from simulator.plan.risk.risk_table import RiskTable
from simulator.plan.risk.words import in_percent, in_words
from simulator.report.screen import ProgressLine


class PlanProgress(ProgressLine):
    """Hears of each batch; keeps the latest table, and shows how far it is."""

    def __init__(self) -> None:
        super().__init__()
        self.table: RiskTable | None = None

    def __call__(self, table: RiskTable, site_years_a_second: float) -> None:
        """What is known so far."""
        self.table = table
        self.show(progress_in_words(table, site_years_a_second))


def progress_in_words(table: RiskTable, site_years_a_second: float) -> str:
    """`12,000 years, 84,000 site-years/s; any: 3.2 % +- 8.1 % of it (wanted 5.00 %)`."""
    estimate, wanted = table.any.probability, in_percent(table.settings.precision)
    reached = (
        f"{in_words(estimate)} +- {in_percent(estimate.relative_half_width)} of it"
        if estimate.value
        else in_words(estimate)
    )
    rate = f"{table.years:,} years, {site_years_a_second:,.0f} site-years/s"
    return f"{rate}; any: {reached} (wanted {wanted})"
