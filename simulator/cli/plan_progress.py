"""How far a plan has come, before a person: years a second, and the precision reached."""

import sys
import time  # noqa: TID251 - the patience of the person who watches is real time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from simulator.plan.risk import RiskTable
from simulator.plan.risk_words import in_words, percent

if TYPE_CHECKING:
    from rich.live import Live

_REFRESH_S = 0.2


class ProgressLine:
    """A line below everything else, where somebody watches; nothing of it reaches a pipe."""

    def __init__(self) -> None:
        self._watched = sys.stderr.isatty()
        self._next_look = time.monotonic()
        self._line: Live | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._line is not None:
            self._line.stop()

    def show(self, text: str) -> None:
        """Put it in the place of what stood there, if that stood for long enough."""
        now = time.monotonic()
        if self._watched and now >= self._next_look:
            self._next_look = now + _REFRESH_S
            self._line = self._line or _begun_line()
            self._line.update(text, refresh=True)


def _begun_line() -> "Live":
    from rich.console import Console  # noqa: PLC0415 - not needed for a pipe
    from rich.live import Live  # noqa: PLC0415 - not needed for a pipe

    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    line = Live(console=console, transient=True, auto_refresh=False)  # else: a thread
    line.start()
    return line


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
    estimate, wanted = table.any.probability, percent(table.settings.precision)
    reached = (
        f"{in_words(estimate)} +- {percent(estimate.relative_half_width)} of it"
        if estimate.value
        else in_words(estimate)
    )
    rate = f"{table.years:,} years, {site_years_a_second:,.0f} site-years/s"
    return f"{rate}; any: {reached} (wanted {wanted})"
