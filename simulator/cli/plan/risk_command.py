"""What the commands of a plan do. Only `plan_app` imports this, when one of them runs."""

import time  # noqa: TID251 - how long a person waits is real time
from collections.abc import Callable, Mapping
from functools import partial

from msgspec.structs import replace

from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.options.page import provenance
from simulator.cli.plan import options
from simulator.cli.plan.outputs import PlanOutputs, shown
from simulator.cli.plan.progress import PlanProgress
from simulator.cli.plan.question import PlanQuestion, PlanWishes, question_of, tell_remarks
from simulator.cli.plan.replay_command import replayed
from simulator.plan.pages.pictures import pictured
from simulator.plan.pages.plan_page import Plan, plan_page
from simulator.plan.risk.estimation import estimate
from simulator.plan.risk.risk_table import RiskTable
from simulator.plan.told.answer import answer_rows
from simulator.plan.told.checks import RiskCheck, checks_junit, form_checks, limit_checks
from simulator.plan.told.document_head import plan_json
from simulator.plan.told.outcome import PlanOutcome, plan_csv, plan_outcome
from simulator.report.page import Row, Tone
from simulator.report.screen import Screen
from simulator.spread import workers

_SECONDS_PER_MINUTE = 60
_OF_TABLE = 0.7
"""So much of the minutes is for the table where a page is wanted, too."""


def risk(named: Called, wishes: PlanWishes, outputs: PlanOutputs) -> int:
    """Print the table; 1 where a limit is passed. Raises `WrongCall`."""
    loaded = load(named)
    outputs.spare(sources_of(loaded))
    ((path, scenario),) = loaded
    tell_remarks(scenario)
    question = question_of("risk", path, scenario, named, wishes)
    limits = options.limits(wishes.max_risk, question.network.sites)
    answer = _Answer(question, limits)
    with outputs.written(answer.contents), shown(partial(answer.show, outputs.screen)):
        answer.draw(wishes, with_page=outputs.html is not None)
    return answer.status


class _Answer:
    """What came of a question, at any time: before a person, and for the files."""

    def __init__(self, question: PlanQuestion, limits: options.Limits) -> None:
        self._question = question
        self._limits = limits
        self.progress = PlanProgress()
        self.table: RiskTable | None = None
        self.plan: Plan | None = None

    def draw(self, wishes: PlanWishes, *, with_page: bool) -> None:
        """Draw years until they are enough, or time is up; may raise `NoWorkers`.

        Some of the time is kept for the pictures of the page.
        """
        asked, settings = self._question, self._question.settings
        ends_s = time.monotonic() + _SECONDS_PER_MINUTE * settings.minutes
        if with_page:
            settings = replace(settings, minutes=_OF_TABLE * settings.minutes)
        with workers(wishes.jobs, wishes.dask) as workforce, self.progress as progress:
            self.table = estimate(
                asked.network, settings, workforce, now_s=time.monotonic, progress=progress
            )
            if with_page:
                self.plan = pictured(
                    asked.scenario,
                    asked.network,
                    self.table,
                    workforce,
                    show=progress.show,
                    is_over=lambda: time.monotonic() >= ends_s,
                )

    @property
    def _known(self) -> RiskTable | None:
        return self.table or self.progress.table

    @property
    def contents(self) -> Mapping[str, Callable[[], bytes]]:
        """What the files have, by their options."""
        return {
            "json": self._json,
            "csv": self._csv,
            "junit": self._junit,
            "html": self._html,
            "worst-year": self._worst_year,
        }

    def show(self, screen: Screen) -> None:
        """The table, and of an interrupted one what is known so far."""
        if self._known is None:
            screen.show([Row("nothing is known yet", Tone.FAILED)])
            return
        screen.show([Row(self._question.scenario.title, Tone.HEADING), Row()])
        screen.show(answer_rows(self._known))
        if self.table is None:
            screen.show([Row("interrupted: that is what is known so far", Tone.FAILED)])
        elif self.table.worst is not None:
            replay = self._question.replay(self.table.worst)
            screen.show([Row(f"its worst year, for the real programs: {replay}", Tone.QUIET)])
        screen.show(check.row for check in self._checks)

    @property
    def status(self) -> int:
        """1 where a limit is passed."""
        return int(any(check.wrong for check in self._checks))

    @property
    def _checks(self) -> list[RiskCheck]:
        return [*limit_checks(self._known, self._limits)] if self._known else []

    def _outcome(self) -> PlanOutcome | None:
        return plan_outcome(self._known, self._question.asked) if self._known else None

    def _json(self) -> bytes:
        outcome = self._outcome()
        return plan_json(outcome) if outcome else b""

    def _csv(self) -> bytes:
        outcome = self._outcome()
        return plan_csv({self._question.path.stem: outcome}) if outcome else b""

    def _junit(self) -> bytes:
        forms = form_checks(self._known) if self._known else ()
        return checks_junit(
            str(self._question.path), self._question.repeat, [*self._checks, *forms]
        )

    def _html(self) -> bytes:
        if self._known is None:
            return b""
        asked = self._question
        plan = self.plan or Plan(asked.scenario, asked.network, self._known, {}, None, None)
        replay = asked.replay(plan.worst.number) if plan.worst else ""
        return plan_page(plan, provenance(asked.repeat), replay).encode()

    def _worst_year(self) -> bytes:
        if self._known is None or self._known.worst is None:
            return b""
        return replayed(self._question, self._known.worst).text.encode()
