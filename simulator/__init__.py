"""The world in a box: runs the programs unmodified, and everything for its user.

From Python, the names that scripts and tests need:

    from simulator import Internetwork, load_scenario, run
"""

TYPE_CHECKING = False  # as in `typing`, which takes long to import

if TYPE_CHECKING:
    from simulator.loop.runner import NotSimulated, run
    from simulator.oracle import Violation
    from simulator.report.script_internetwork import Internetwork
    from simulator.runs.internetwork import Unexpected
    from simulator.runs.play import Result, play
    from simulator.scenario import Registration, Scenario, load_scenario, parse_scenario

__all__ = [
    "Internetwork",
    "NotSimulated",
    "Registration",
    "Result",
    "Scenario",
    "Unexpected",
    "Violation",
    "load_scenario",
    "parse_scenario",
    "play",
    "run",
]

_HOME = {
    "Internetwork": "report.script_internetwork",
    "NotSimulated": "loop.runner",
    "Registration": "scenario",
    "Result": "runs.play",
    "Scenario": "scenario",
    "Unexpected": "runs.internetwork",
    "Violation": "oracle",
    "load_scenario": "scenario",
    "parse_scenario": "scenario",
    "play": "runs.play",
    "run": "loop.runner",
}


def __getattr__(name: str) -> object:
    """Import a name's home when it is first asked for: `internetsim --help` needs none of them."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib  # noqa: PLC0415 - nothing is loaded before the command line heeds Ctrl-C

    return getattr(importlib.import_module(f"simulator.{_HOME[name]}"), name)  # noqa: TID251 - of the names imported above for type checking
