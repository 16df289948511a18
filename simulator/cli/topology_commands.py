"""What `internetsim import` and `export` do; only `app` imports this, when one of them runs."""

import sys
from pathlib import Path

from simulator.cli.named_scenarios import Called, load
from simulator.cli.wrong_call import STANDARD_INPUT, WrongCall
from simulator.scenario import ScenarioError
from simulator.topology.drawing import Unreadable
from simulator.topology.graphml_export import to_graphml
from simulator.topology.importer import MOST_BYTES, imported
from simulator.topology.mermaid import to_mermaid


def import_network(file: Path, *, master: str, like: str) -> int:
    """Print the scenario, and say on the standard error what was assumed. Raises `WrongCall`."""
    try:
        done = imported(_content(file), file.name, master=master, like=like)
    except Unreadable as error:
        raise WrongCall(f"{file}: {error}") from None
    except ScenarioError as error:
        raise WrongCall(f"{file}: it says what no scenario can have\n{error}") from None
    sys.stdout.write(done.text)
    sys.stdout.flush()
    for remark in done.remarks:
        sys.stderr.write(f"{file}: {remark}\n")
    return 0


def export(named: Called, *, graphml: bool) -> int:
    """Print the internetwork of a scenario as GraphML, or for Mermaid. Raises `WrongCall`."""
    ((_, scenario),) = load(named)
    sys.stdout.write(to_graphml(scenario) if graphml else to_mermaid(scenario))
    return 0


def _content(file: Path) -> bytes:
    """What stands in the file, up to one byte more than is read of any."""
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read(MOST_BYTES + 1)
        with file.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise WrongCall(f"{file}: it cannot be read: {error.strerror}") from None
    except ValueError as error:  # a name with a NUL in it
        raise WrongCall(f"{file}: it cannot be read: {error}") from None
