"""What the commands do that read scenarios and play none: no program and no aiohttp is loaded."""

import json
import sys

from licensing.words import counted
from simulator.cli.named_scenarios import Called, load
from simulator.cli.shipped_scenarios import shipped
from simulator.report.inventory import inventory
from simulator.report.page import Calendar, Layout
from simulator.report.screen import Screen
from simulator.report.warnings import warning_texts
from simulator.scenario import plain_text, warnings_of, written_form


def check(named: Called, *, expanded: bool) -> int:
    """Print the warnings of all scenarios that can be played, or what they are in plain words.

    Of an internetwork without a timeline also what can be said of it without one. 2 where one
    cannot be played.
    """
    count = 0
    loaded = load(named)
    if expanded:
        sys.stdout.write("---\n".join(plain_text(scenario) for _, scenario in loaded))
        return 0
    screen = Screen(sys.stdout)
    for _, scenario in loaded:
        if not scenario.timeline:
            screen.show(inventory(scenario, Layout(Calendar(scenario.start), width=screen.width)))
        warnings = warnings_of(scenario)
        count += len(warnings)
        for text in warning_texts(warnings, scenario.internetwork):
            sys.stdout.write(f"{text}\n    this is a warning: the scenario can be played\n")
    scenarios = f"{counted(len(loaded), 'scenario')} can be played"
    sys.stdout.write(f"{scenarios}, {counted(count, 'warning')}\n")
    return 0


def schema(of: str) -> int:
    """Print the JSON Schema of the scenario language, or of a result, a plan or a comparison."""
    sys.stdout.write(json.dumps(_schema(of), indent=2) + "\n")
    return 0


def _schema(of: str) -> dict[str, object]:
    match of:
        case "result":
            from simulator.report.exports.outcome import outcome_schema  # noqa: PLC0415 - loads runs

            return outcome_schema()
        case "plan":
            from simulator.plan.told.outcome import plan_schema  # noqa: PLC0415 - loads the room

            return plan_schema()
        case "comparison":
            from simulator.plan.told.comparison_outcome import (  # noqa: PLC0415 - loads the room
                comparison_schema,
            )

            return comparison_schema()
    form: dict[str, object] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return form | written_form()


def scenarios() -> int:
    """Print the names and titles of the scenarios that come with the product."""
    loaded = load(Called(shipped()))
    width = max((len(path.stem) for path, _ in loaded), default=0)
    for path, scenario in loaded:
        sys.stdout.write(f"{path.stem:{width}}  {scenario.title}\n")
    return 0
