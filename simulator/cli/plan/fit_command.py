"""What `internetsim plan fit` does; only `plan_app` imports this, when it runs."""

import sys
from pathlib import Path

from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.plan.told.fit_text import fit_text
from simulator.scenario import ScenarioError
from simulator.scenario.files import scenario_text, text_of
from simulator.scenario.outages.fit import FEWEST
from simulator.scenario.outages.record_file import read_record


def fit(file: Path) -> int:
    """Print the distributions of a record of outages. Raises `WrongCall` where there is none."""
    is_input = file == STANDARD_INPUT
    name = "standard input" if is_input else str(file)
    try:
        text = scenario_text(sys.stdin.buffer, Path(name)) if is_input else text_of(file, ".csv")
        record = read_record(text, name)
    except ScenarioError as error:
        raise WrongCall(str(error)) from None
    answer, is_fitted = fit_text(record)
    sys.stdout.write(answer)
    if not is_fitted:
        raise WrongCall(
            f"{name}: nothing in it has {FEWEST} outages: no tail can be read off fewer"
        )
    return 0
