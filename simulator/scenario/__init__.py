"""The scenario language: reading, validating and diagnosing scenario files.

Read in this order: `model` and `steps` (what can be said), `values` (how), `yaml_text` (text to
data with places), `expansion` (short forms written out), `rules` (what fits), `loader` (the door).
Nothing here plays a scenario, and nothing outside needs to know that files are YAML.
"""

from licensing.words import OUTSIDE
from simulator.scenario.diagnostics import Place, Problem, ScenarioError, meant
from simulator.scenario.expansion import Folders
from simulator.scenario.expansion.plain_text import plain_text
from simulator.scenario.expansion.written_form import written_form
from simulator.scenario.files import scenario_text
from simulator.scenario.license_sums import assigned_at, assigned_in, bought_in
from simulator.scenario.links import INTERNET, Cloud, Link, Router
from simulator.scenario.loader import load_scenario, parse_scenario
from simulator.scenario.locking_ids import is_locking_id
from simulator.scenario.model import (
    Internetwork,
    Node,
    Scenario,
    SubscriberGroup,
    Trunk,
)
from simulator.scenario.moments import Deadline, Instant, Moment, moment
from simulator.scenario.own_clients import NO_CLIENTS, ClientFile, OwnClients
from simulator.scenario.policies import OrderTerms, Policies
from simulator.scenario.rest import Rest, period_in_words
from simulator.scenario.rules.reliability_rules import components_of
from simulator.scenario.rules.warnings import warnings_of
from simulator.scenario.step import EVERY_NODE, Request, Step
from simulator.scenario.steps.call_steps import NO_ANSWER, Call
from simulator.scenario.steps.expectations import IN_THE_WHOLE_RUN, OVER, UP, CallUp, Expect
from simulator.scenario.steps.fault_steps import (
    FREED,
    FULL,
    LOST,
    Bandwidth,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Disk,
    Drop,
    Fail,
    Freeze,
    Heal,
    Latency,
    Loss,
    Refuse,
    Repair,
    ReplaceHardware,
    Reset,
    Start,
    Thaw,
)
from simulator.scenario.steps.license_steps import (
    Activate,
    Assign,
    Registration,
    Relicense,
    RequestRelicensing,
    Unassign,
    Unlock,
    UploadLicenseFile,
)
from simulator.scenario.steps.order import Order
from simulator.scenario.steps.server_steps import (
    Combine,
    Issue,
    Purchase,
    Rehost,
    ReleaseAgentKey,
    RelicenseByFile,
)
from simulator.scenario.steps.system_steps import (
    AddSubscriber,
    DeleteSubscriber,
    Forget,
    Reconfigure,
    RetypeSubscriber,
    RunWizard,
    Virtual,
)
from simulator.scenario.steps.timeline import AnyStep
from simulator.scenario.values import bandwidth, bandwidth_in_words, duration, duration_in_words

__all__ = [
    "EVERY_NODE",
    "FREED",
    "FULL",
    "INTERNET",
    "IN_THE_WHOLE_RUN",
    "LOST",
    "NO_ANSWER",
    "NO_CLIENTS",
    "OUTSIDE",
    "OVER",
    "UP",
    "Activate",
    "AddSubscriber",
    "AnyStep",
    "Assign",
    "Bandwidth",
    "Call",
    "CallUp",
    "ClientFile",
    "ClockStep",
    "Cloud",
    "Combine",
    "Crash",
    "Cut",
    "CutOneWay",
    "Deadline",
    "DeleteSubscriber",
    "Disk",
    "Drop",
    "Expect",
    "Fail",
    "Folders",
    "Forget",
    "Freeze",
    "Heal",
    "Instant",
    "Internetwork",
    "Issue",
    "Latency",
    "Link",
    "Loss",
    "Moment",
    "Node",
    "Order",
    "OrderTerms",
    "OwnClients",
    "Place",
    "Policies",
    "Problem",
    "Purchase",
    "Reconfigure",
    "Refuse",
    "Registration",
    "Rehost",
    "ReleaseAgentKey",
    "Relicense",
    "RelicenseByFile",
    "Repair",
    "ReplaceHardware",
    "Request",
    "RequestRelicensing",
    "Reset",
    "Rest",
    "RetypeSubscriber",
    "Router",
    "RunWizard",
    "Scenario",
    "ScenarioError",
    "Start",
    "Step",
    "SubscriberGroup",
    "Thaw",
    "Trunk",
    "Unassign",
    "Unlock",
    "UploadLicenseFile",
    "Virtual",
    "assigned_at",
    "assigned_in",
    "bandwidth",
    "bandwidth_in_words",
    "bought_in",
    "components_of",
    "duration",
    "duration_in_words",
    "is_locking_id",
    "load_scenario",
    "meant",
    "moment",
    "parse_scenario",
    "period_in_words",
    "plain_text",
    "scenario_text",
    "warnings_of",
    "written_form",
]
