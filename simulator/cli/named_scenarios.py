"""The scenarios that a call names, by their files or by the names of those that are shipped."""

import sys
from collections.abc import Sequence
from pathlib import Path

from simulator.cli.shipped_scenarios import NoSuchScenario, scenario_file
from simulator.cli.wrong_call import WrongCall
from simulator.report.warnings import warning_texts
from simulator.scenario import Scenario, ScenarioError, load_scenario, warnings_of


def load(files: Sequence[Path]) -> list[tuple[Path, Scenario]]:
    """Read all files, or raise `WrongCall` with the problems of all of them."""
    loaded, problems = [], []
    for named in files:
        try:
            path = scenario_file(named)
            loaded.append((path, load_scenario(path)))
        except (ScenarioError, NoSuchScenario) as error:
            problems.append(str(error))
    if problems:
        raise WrongCall("\n".join(problems))
    return loaded


def warn(scenario: Scenario) -> None:
    """Say before a run, on the standard error, what `check` warns of."""
    for text in warning_texts(warnings_of(scenario), scenario.internetwork):
        sys.stderr.write(f"warning: {text}\n")
