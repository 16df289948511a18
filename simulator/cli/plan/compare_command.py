"""What `internetsim plan compare` does. Only `plan_app` imports this, when it runs."""

import time  # noqa: TID251 - how long a person waits is real time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from pathlib import Path

from simulator.cli.call_words import quoted
from simulator.cli.named_scenarios import Called, load, sources_of
from simulator.cli.options.page import provenance
from simulator.cli.plan import options
from simulator.cli.plan.outputs import PlanOutputs, shown
from simulator.cli.plan.question import PlanQuestion, PlanWishes, question_of, tell_remarks
from simulator.cli.wrong_call import WrongCall
from simulator.plan.pages.comparison_page import comparison_page
from simulator.plan.risk.risk_table import ANY
from simulator.plan.risk.words import in_words
from simulator.plan.told.checks import RiskCheck, checks_junit, variant_checks
from simulator.plan.told.comparison_outcome import comparison_csv, plan_comparison_outcome
from simulator.plan.told.document_head import AskedPlan, plan_json
from simulator.plan.variants.common_years import compared, comparison_of
from simulator.plan.variants.comparison import PlanComparison, comparison_rows
from simulator.plan.variants.variation import VariedScenario, WrongVariation, variants
from simulator.report.page import Row, Tone
from simulator.report.screen import ProgressLine, Screen
from simulator.scenario import Scenario
from simulator.spread import workers


def compare(named: Called, vary: Sequence[str], wishes: PlanWishes, outputs: PlanOutputs) -> int:
    """Print the comparison; 1 where a limit is passed. Raises `WrongCall`."""
    loaded = load(named)
    outputs.spare(sources_of(loaded))
    questions = dict(_questions(loaded, named, vary, wishes))
    _require_difference(questions)
    sites = dict.fromkeys(site for each in questions.values() for site in each.network.sites)
    answer = _ComparedPlans(questions, vary, options.limits(wishes.max_risk, [*sites]))
    with outputs.written(answer.contents), shown(partial(answer.show, outputs.screen)):
        answer.draw(wishes)
    return answer.status


def _require_difference(questions: Mapping[str, PlanQuestion]) -> None:
    """Raises `WrongCall` where no two networks are there, or two that are the same to a plan."""
    if len(questions) < 2:
        hint = "give --vary two values, as in recovery=full,resume, or another file"
        raise WrongCall(f"one network alone is no comparison: {hint}")
    for (one, asked), (other, also_asked) in combinations(questions.items(), 2):
        if asked.network == also_asked.network:
            hint = "a plan is about what fails, the ways around it, and the failover period"
            seed = "; all variants have the years of one seed, --seed draws others"
            raise WrongCall(f"{one} and {other} are the same to a plan: {hint}{seed}")


def _questions(
    loaded: Sequence[tuple[Path, Scenario]], named: Called, vary: Sequence[str], wishes: PlanWishes
) -> Iterator[tuple[str, PlanQuestion]]:
    """Each variant of each file, by its name; raises `WrongCall`."""
    for number, (path, scenario) in enumerate(loaded, start=1):
        tell_remarks(scenario)
        file = path.stem if len(loaded) > 1 else ""
        same = [other.stem for other, _ in loaded].count(path.stem) > 1
        file += f" ({number})" * same
        for variant in _variants(path, scenario, vary):
            name = ": ".join(filter(None, (file, variant.name))) or path.stem
            yield name, question_of("compare", path, variant.scenario, named, wishes)


def _variants(path: Path, scenario: Scenario, vary: Sequence[str]) -> list[VariedScenario]:
    try:
        return variants(scenario, vary)
    except WrongVariation as error:
        raise WrongCall(f"{path}: {error}") from error


class _ComparedPlans:
    """What came of a comparison, at any time: before a person, and for the files."""

    def __init__(
        self, questions: Mapping[str, PlanQuestion], vary: Sequence[str], limits: options.Limits
    ) -> None:
        self._questions = questions
        self._limits = limits
        self._first = next(iter(questions.values()))
        said = "".join(f' --vary "{each}"' for each in vary)
        files = quoted(*dict.fromkeys(each.path for each in questions.values()))
        first = f" {quoted(self._first.path)}"
        self._repeat = self._first.repeat.replace(first, f" {files}{said}", 1)
        self._comparison: PlanComparison | None = None
        self._done = False

    def draw(self, wishes: PlanWishes) -> None:
        """Draw years until they are enough; may raise `NoWorkers`."""
        networks = [each.network for each in self._questions.values()]
        settings, names = self._first.settings, [*self._questions]
        with workers(wishes.jobs, wishes.dask) as workforce, ProgressLine() as line:
            for tallies in compared(networks, settings, workforce, time.monotonic):
                self._comparison = comparison_of(names, tallies, settings)
                line.show(_progress(self._comparison))
        self._done = True

    def show(self, screen: Screen) -> None:
        """The tables; of an interrupted comparison what is known so far."""
        if self._comparison is None:
            screen.show([Row("nothing is known yet", Tone.FAILED)])
            return
        screen.show([Row(self._first.scenario.title, Tone.HEADING), Row()])
        screen.show(comparison_rows(self._comparison))
        if not self._done:
            screen.show([Row("interrupted: that is what is known so far", Tone.FAILED)])
        screen.show(check.row for check in self._checks(self._comparison))

    @property
    def status(self) -> int:
        """1 where a limit is passed."""
        checks = self._checks(self._comparison) if self._comparison else ()
        return int(any(check.wrong for check in checks))

    def _checks(self, comparison: PlanComparison) -> list[RiskCheck]:
        return [
            check
            for each in comparison.variants
            for check in variant_checks(each.name, each.risks, self._limits)
        ]

    @property
    def contents(self) -> Mapping[str, Callable[[], bytes]]:
        """What the files have, by their options; nothing where nothing is known."""
        writers = {
            "json": self._json,
            "csv": comparison_csv,
            "junit": self._junit,
            "html": self._html,
        }
        return {name: self._known(write) for name, write in writers.items()}

    def _known(self, write: Callable[[PlanComparison], bytes]) -> Callable[[], bytes]:
        return lambda: write(self._comparison) if self._comparison else b""

    def _json(self, comparison: PlanComparison) -> bytes:
        asked = AskedPlan(self._first.scenario.title, str(self._first.path), self._repeat)
        return plan_json(plan_comparison_outcome(comparison, asked))

    def _junit(self, comparison: PlanComparison) -> bytes:
        """A case for each limit, or for each variant that was compared."""
        compared = (RiskCheck(f"{each.name}: compared", "") for each in comparison.variants)
        checks = self._checks(comparison) or compared
        return checks_junit(str(self._first.path), self._repeat, checks)

    def _html(self, comparison: PlanComparison) -> bytes:
        title = self._first.scenario.title
        return comparison_page(title, comparison, provenance(self._repeat)).encode()


def _progress(comparison: PlanComparison) -> str:
    """`4,000 years on 3 variants; any: 2.10 %, 3.40 %, 18.4 %`."""
    risks = ", ".join(in_words(each.risks[ANY].probability) for each in comparison.variants)
    return f"{comparison.years:,} years on {len(comparison.variants)} variants; any: {risks}"
