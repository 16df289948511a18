"""The scenario language: reading, validating and diagnosing scenario files.

Read in this order: `model` and `timeline` (what can be said), `values` (how), `reading`
(text to data with places), `rules` and `warnings` (what fits), `loading` (the door). Nothing here
plays a scenario, and nothing outside needs to know that files are YAML.
"""

from simulator.scenario.diagnostics import Place, Problem, ScenarioError
from simulator.scenario.loading import load_scenario, parse_scenario
from simulator.scenario.model import (
    INTERNET,
    Internetwork,
    Link,
    Node,
    Policies,
    Scenario,
    SubscriberGroup,
    Trunk,
)
from simulator.scenario.moments import Deadline, Instant, Moment, moment
from simulator.scenario.step import Step
from simulator.scenario.timeline import (
    EVERY_NODE,
    OUTSIDE,
    Activate,
    AnyStep,
    Assign,
    Call,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Expect,
    Heal,
    Latency,
    Registration,
    Relicense,
    Start,
    Unassign,
    Unlock,
)
from simulator.scenario.values import duration
from simulator.scenario.warnings import warnings_of

__all__ = [
    "EVERY_NODE",
    "INTERNET",
    "OUTSIDE",
    "Activate",
    "AnyStep",
    "Assign",
    "Call",
    "ClockStep",
    "Crash",
    "Cut",
    "CutOneWay",
    "Deadline",
    "Expect",
    "Heal",
    "Instant",
    "Internetwork",
    "Latency",
    "Link",
    "Moment",
    "Node",
    "Place",
    "Policies",
    "Problem",
    "Registration",
    "Relicense",
    "Scenario",
    "ScenarioError",
    "Start",
    "Step",
    "SubscriberGroup",
    "Trunk",
    "Unassign",
    "Unlock",
    "duration",
    "load_scenario",
    "moment",
    "parse_scenario",
    "warnings_of",
]
