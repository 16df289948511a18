"""What a scenario file becomes, its JSON Schema, and scenarios made in Python."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from licensing.catalogue import LICENSES
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.recovery import FULL, RecoveryPolicy
from licensing.reservation import HOLD
from licensing.words import ExpiryScope
from simulator.scenario import (
    Activate,
    Assign,
    Bandwidth,
    Call,
    ClockStep,
    Crash,
    Cut,
    CutOneWay,
    Deadline,
    Drop,
    Expect,
    Freeze,
    Heal,
    Latency,
    Loss,
    Order,
    OrderTerms,
    Refuse,
    Registration,
    Relicense,
    Reset,
    Scenario,
    ScenarioError,
    Start,
    Thaw,
    Unassign,
    Unlock,
    load_scenario,
    parse_scenario,
    warnings_of,
)
from simulator.scenario.steps.timeline import ACTIONS
from simulator.scenario.wording import allowed_keys
from simulator.scenario.written import written
from simulator.scenario.yaml_text import read_text

SCENARIOS = Path(__file__).parents[3] / "scenarios"
MANUAL = SCENARIOS / "slave-cut-off-31-days.yaml"

ABOUT_A_WARNING = {
    "an-order-without-flexible-licensing": 1,
    "clock-ahead-while-the-master-is-off": 1,
    "expectations-of-counts": 1,
    "flexible-licensing": 1,
    "frozen-then-without-power-and-the-clock-set-back": 1,
    "more-assigned-than-bought": 2,
    "node-gone-for-good": 1,
    "slave-loses-its-disk": 1,
    "standalone-from-lac-to-licensed-stations": 1,
    "subscribers-deleted-and-retyped": 1,
}
"""Scenarios in which more is assigned than was bought, for that is what they show."""


@pytest.fixture
def scenario() -> Scenario:
    """The manual's internetwork, as the repository ships it."""
    return load_scenario(MANUAL)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_is_sound(path):
    """Each can be played, says what it proves, and deserves no warning but the one it is about."""
    warnings = warnings_of(load_scenario(path))
    assert len(warnings) == ABOUT_A_WARNING.get(path.stem, 0)


def test_the_internetwork_is_read_in_file_order_with_normalized_values(scenario):
    """Nanoseconds, bits per second, expanded numbers, ends of links."""
    internetwork = scenario.internetwork
    link = internetwork.links["hq-north"]
    assert list(internetwork.nodes) == ["hq", "north", "south"]
    assert link.ends == ("hq", "north")
    assert (link.bandwidth, link.latency, link.jitter) == (20_000_000, 15_000_000, 0)
    assert internetwork.master() == "hq"
    assert len(internetwork.nodes["hq"].numbers()) == 25
    assert internetwork.nodes["north"].attendant_number == "200"
    assert internetwork.nodes["north"].trunks[0].demanded == 10
    assert scenario.policies.failover_period == 30 * DAY_NS


def test_scalars_are_taken_as_they_are_written(scenario):
    """A dialed number keeps its leading zero; words that YAML 1.1 would convert stay words."""
    call = scenario.timeline[4]
    assert isinstance(call, Call)
    assert call.to == "0891234567"
    text = MANUAL.read_text()
    for word in ("on", "0x10", "1e3", "12:30:00", "null", "2026-03-02"):
        title = text.replace("title: A slave is cut off for 31 days", f"title: {word}")
        assert word == parse_scenario(title).title


def test_steps_know_their_place_and_print_in_words(scenario):
    """Messages name file and line of a step and say what it does."""
    cut = scenario.timeline[2]
    text = MANUAL.read_text()
    line = 1 + text[: text.index("cut: hq-north")].count("\n")
    assert (str(MANUAL), line) == cut.place
    assert f"{cut.at}: {cut}" == "day 3 08:00: cut hq-north"
    assert Cut(link="a-b").place is None


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (
            Activate(
                node="hq", lac="L", registration=Registration(company="A", contact="a@b.example")
            ),
            "activate L at hq for A",
        ),
        (Relicense(node="hq"), "relicense at hq"),
        (Unlock(node="all"), "check and unlock at every node"),
        (Unlock(node="hq"), "check and unlock at hq"),
        (Assign(number="130", license="ip"), "assign ip to 130"),
        (Unassign(number="130", license="ip"), "unassign ip from 130"),
        (Cut(link="hq-north"), "cut hq-north"),
        (CutOneWay(from_host="hq", to_host="north"), "cut one way from hq to north"),
        (Heal(link="hq-north"), "heal hq-north"),
        (Drop(link="hq-north"), "drop what is sent over hq-north"),
        (Refuse(link="hq-north"), "refuse new connections over hq-north"),
        (Reset(link="hq-north"), "reset the connections over hq-north"),
        (Latency(link="hq-north", to="200 ms"), "latency of hq-north becomes 200 ms"),
        (Bandwidth(link="hq-north", to="64 kbit/s"), "bandwidth of hq-north becomes 64 kbit/s"),
        (Loss(link="hq-north", percent=10), "loss of 10 % on hq-north"),
        (Crash(node="hq"), "crash hq"),
        (Freeze(node="hq"), "freeze hq"),
        (Thaw(node="hq"), "thaw hq"),
        (Start(node="hq"), "start hq"),
        (ClockStep(node="hq", by="-1 h"), "set the clock of hq back by 1 h"),
        (
            Call(caller="200", to="112", expect="connected", lasting="10 min"),
            "call from 200 to 112 for 10 min, expect connected",
        ),
        (Call(caller="outside", to="130"), "call from outside to 130"),
        (Expect(all="regular"), "expect every node: regular"),
        (
            Expect(node="north", state="failover", display="Failover Period", licensed={"ip": 2}),
            "expect north: failover, display 'Failover Period', licensed 2 x ip",
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_steps_made_in_python_print_in_words(step, words):
    """The Python API takes the same models, with the language's words or finished values."""
    assert words == str(step)


@pytest.mark.parametrize(
    "fields",
    [
        {"node": "north"},
        {"node": "north", "all": "regular"},
        {"all": "regular", "state": "regular"},
        {"state": "regular"},
    ],
)
def test_an_expectation_says_who_and_what(fields):
    """Neither a node without an expectation nor two subjects."""
    with pytest.raises(ValidationError):
        Expect(**fields)


def test_a_scenario_never_changes(scenario):
    """Frozen: what was checked is what is played."""
    with pytest.raises(ValidationError):
        scenario.seed = 2
    with pytest.raises(ValidationError):
        scenario.timeline[0].at = scenario.start


def test_a_scenario_may_be_made_in_python():
    """A mapping of the file's form, its timeline of step objects, passes the same rules."""
    made = {
        "title": "Made in Python",
        "about": "The same rules hold.",
        "start": "2026-03-02 08:00",
        "seed": 7,
        "internetwork": {
            "nodes": {
                "hq-1": {"model": "S", "role": "master", "subscribers": []},
                "north": {"model": "X3", "role": "slave", "subscribers": []},
            },
            "links": {"hq-1-north": {"bandwidth": "1 Mbit/s", "latency": 0}},
            "purchase": {},
        },
        "timeline": [Cut(at="day 1 08:00", link="north-hq-1"), Heal(at="day 1 09:00", link="no")],
    }
    with pytest.raises(ScenarioError, match=r"made: timeline\[1\].heal.*no link 'no'"):
        parse_scenario(made, "made")
    scenario = parse_scenario(made | {"timeline": made["timeline"][:1]})
    assert scenario.internetwork.links["hq-1-north"].ends == ("hq-1", "north")
    assert scenario.timeline[0].link == "hq-1-north", "the other way round means the same link"
    assert "<scenario>: internetwork.nodes.hq-1" in str(warnings_of(scenario)[0])


WARNED = [
    ("hq-internet: {bandwidth: 1 Gbit/s", "hq-internet: {bandwidth: 1 kbit/s", None),
    ("hq-south: {bandwidth: 50", "north-south: {bandwidth: 50", None),
    ("hq-south: {bandwidth: 50", "internet-south: {bandwidth: 50", "from south to its master hq"),
    ("hq-internet: {bandwidth: 1", "north-internet: {bandwidth: 1", None),
    ("    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}\n", "", "cannot be activated online"),
    ("trunks: [{name: itsp-2, kind: itsp, channels: 2}]", "trunks: []", "no emergency call"),
    ("tdm: 10", "tdm: 9", "10 x TDM User assigned, 9 bought"),
    ("channels: 10}", "channels: 11}", "11 x S2M Channel assigned, 10 bought"),
    ("networking: 2", "networking: 1", "1 networking license for 2 slaves"),
    ("base: 1, ", "", "no base license"),
    ("from: 200, to: 112", "from: 200, to: 300", None),
    ("day 20 12:00", "day 2 12:00", "day 2 12:00 stands after day 3 10:00"),
    ("refused: emergency-mode", "expect: refused", "any reason meets this expectation"),
]


@pytest.mark.parametrize(("old", "new", "warning"), WARNED)
def test_check_warns_where_the_author_should_look_again(old, new, warning):
    """Each warning names its place; a scenario with warnings can still be played."""
    text = MANUAL.read_text()
    assert old in text
    warnings = warnings_of(parse_scenario(text.replace(old, new), "x.yaml"))
    messages = [problem.message for problem in warnings]
    assert any(warning in message for message in messages) if warning else not messages
    assert all(str(problem).startswith("x.yaml:") for problem in warnings)


@pytest.mark.parametrize("expected", ["{node: north, state: regular}", "{all: regular}"])
@pytest.mark.parametrize("fault", ["crash", "freeze"])
def test_check_warns_of_an_expectation_that_nobody_can_answer_any_more(expected, fault):
    """At one instant steps begin before programs answer; after the fault it means to be there."""
    asked = f"  - {{at: day 40, expect: {expected}}}\n"
    faults = [f"  - {{at: day 40, {fault}: {node}}}\n" for node in ("north", "south")]
    text = MANUAL.read_text()

    def warned(*steps: str) -> list[str]:
        return [each.message for each in warnings_of(parse_scenario(text + "".join(steps)))]

    told = f"{fault} north comes at this instant, too, before north has answered: expect it earlier"
    assert told in warned(asked, faults[0])
    assert not warned(faults[0], asked)
    assert bool(warned(asked, faults[1])) == ("all" in expected)


RESTARTS = "  - {at: day 40, crash: north, for: 1 s}\n"
UNRELIABLE = "reliability: {hosts: {north: {fails: every 300 days, repair: fixed(1 min)}}}\n"


@pytest.mark.parametrize("failing", [RESTARTS, UNRELIABLE], ids=["a-crash", "reliability"])
@pytest.mark.parametrize(("period", "warned"), [("7 h", True), ("8 h", False)])
def test_check_warns_of_a_period_that_a_restart_may_use_up(failing, period, warned):
    """F2, F11: after a start the last contact counts that was written down, every 6 h."""
    text = MANUAL.read_text().replace("failover_period: 30 days", f"failover_period: {period}")
    messages = [problem.message for problem in warnings_of(parse_scenario(text + failing))]
    told = "a failover period of 7 h may be over at once when north starts"
    assert any(told in each for each in messages) == warned


def test_check_warns_of_a_slave_that_the_wizard_makes():
    """It needs a link to its master and a networking license like those of the file."""
    text = MANUAL.read_text().replace("role: slave", "role: standalone")
    text = text.replace("networking: 2", "fax: 1").replace("fax: 20, ", "")
    text = text.replace("hq-south: {bandwidth: 50", "internet-south: {bandwidth: 5")
    text += "  - {at: day 40, wizard: {node: south, role: slave, master: hq}}\n"
    messages = [problem.message for problem in warnings_of(parse_scenario(text))]
    assert "0 networking licenses for 1 slave: each needs one" in messages
    assert "nothing leads from south to its master hq: it gets no licenses" in messages


def test_networking_licenses_are_counted_by_the_slaves_of_one_time():
    """One that has left needs none any more."""
    text = MANUAL.read_text().replace("networking: 2", "networking: 1")
    text = text.replace("role: slave", "role: standalone")
    for node, role, master in (("north", "slave", ", master: hq"), ("north", "standalone", ""),
                               ("south", "slave", ", master: hq")):  # fmt: skip
        text += f"  - {{at: day 40, wizard: {{node: {node}, role: {role}{master}}}}}\n"
    messages = [problem.message for problem in warnings_of(parse_scenario(text))]
    assert not [each for each in messages if "networking license" in each]


@pytest.mark.parametrize(("first", "warned"), [("south", True), ("hq", True), ("north", False)])
def test_check_warns_of_a_master_that_leaves_before_its_slaves(first, warned):
    """Its wizard refuses that; whoever has left or has another master is none of them."""
    text = MANUAL.read_text()
    for day, node in enumerate([first, "south", "hq"], start=40):
        text += f"  - {{at: day {day}, wizard: {{node: {node}, role: standalone}}}}\n"
    messages = [problem.message for problem in warnings_of(parse_scenario(text))]
    assert any("should leave before the master hq does" in each for each in messages) == warned


@pytest.mark.parametrize(("step", "warned"), [("", True), (", refused: order-empty", False)])
def test_check_counts_what_the_timeline_buys(step, warned):
    """A demand may wait for its order; an order that is to be refused buys nothing."""
    text = MANUAL.read_text().replace("tdm: 10", "tdm: 9")
    text += (
        f"  - {{at: day 40, purchase: {{LAC-2: {{licenses: {{tdm: 1}}, valid_for: 1 h}}}}{step}}}\n"
    )
    messages = [problem.message for problem in warnings_of(parse_scenario(text))]
    assert any("10 x TDM User assigned, 9 bought" in each for each in messages) != warned


def test_an_order_without_words_of_its_own_has_those_of_the_policies():
    """So a license file may have each of the periods, and each of the policies of recovery."""
    own = {"licenses": {"ip": 1}, "failover_period": "75 min", "recovery": "resume"}
    text = MANUAL.read_text() + f"  - {{at: day 40, purchase: {{LAC-2: {json.dumps(own)}}}}}\n"
    scenario = parse_scenario(text)
    first, second = (order.terms(scenario.policies) for order in scenario.orders().values())
    assert first == OrderTerms(30 * DAY_NS, FULL, HOLD, ExpiryScope.NODE)
    assert second.failover_period_ns == 75 * MINUTE_NS
    assert second.recovery.policy is RecoveryPolicy.RESUME
    assert len(scenario.terms()) == 4


@pytest.mark.parametrize(
    ("word", "bound_s"),
    [("hold", HOLD), ("reclaim", 0), ("bounded(2 days)", 172_800), ("bounded (75 min)", 4_500)],
)
def test_for_how_long_seats_of_a_cut_off_node_are_reserved(word, bound_s):
    """F9: for all orders, or for one by its own word; written out it is read as the same again."""
    usual = "seats: hold, expiry_scope: node"
    text = MANUAL.read_text().replace(usual, f"seats: {word}, expiry_scope: internetwork")
    order = next(iter(parse_scenario(text).orders().values()))
    terms = order.terms(parse_scenario(text).policies)
    assert (terms.seats_bound_s, terms.expiry_scope) == (bound_s, ExpiryScope.INTERNETWORK)
    own = Order.model_validate({"licenses": {"ip": 1}, "seats": word, "expiry_scope": "node"})
    assert own.terms(parse_scenario(text).policies)[2:] == (bound_s, ExpiryScope.NODE)
    assert Order.model_validate(written(own)) == own


def test_a_bound_on_seats_from_python_is_checked_as_one_of_a_file_is():
    """In seconds; 0 is `reclaim`. What no license server would sell is refused at once."""
    assert Order.model_validate({"licenses": {"ip": 1}, "seats": 7_200}).seats == 7_200
    assert Order.model_validate({"licenses": {"ip": 1}, "seats": 0}).seats == 0
    for wrong in (-1, 60, 31 * 86_400, True, 7_200.0):
        with pytest.raises(ValidationError):
            Order.model_validate({"licenses": {"ip": 1}, "seats": wrong})


def test_check_warns_of_no_assignment_that_is_said_to_be_over_use():
    """O10: the author has said how much more is used than was bought; one more is worth a word."""
    text = MANUAL.read_text().replace("tdm: 10", "tdm: 8")
    for said, warned in ((2, False), (1, True)):
        scenario = parse_scenario(f"{text}over_use: {{tdm: {said}}}\n")
        messages = [problem.message for problem in warnings_of(scenario)]
        assert any("10 x TDM User assigned, 8 bought" in each for each in messages) == warned


def test_check_warns_of_an_empty_timeline():
    """Nothing happens, and nothing is expected."""
    head, _, _ = MANUAL.read_text().partition("timeline:")
    (warning,) = warnings_of(parse_scenario(head + "timeline: []\n"))
    assert (warning.path, warning.message) == ("timeline", "the timeline is empty: nothing happens")


def test_the_schema_speaks_of_what_is_written():
    """No nanoseconds, no names of Python, no null: an editor shows it to a network planner."""
    schema = Scenario.model_json_schema()
    text = json.dumps(schema)
    for stranger in ("nanoseconds", "lasting", "2592000000000000", '"null"', '"default": null'):
        assert stranger not in text
    assert schema["$defs"]["Policies"]["properties"]["failover_period"]["default"] == "30 days"


def test_an_assignment_of_the_timeline_counts_as_demand():
    """More assigned than bought may also come from the steps."""
    text = MANUAL.read_text() + "  - {at: day 40 08:00, assign: {number: 154, license: uc-suite}}\n"
    assert [
        problem.message.partition(": ")[2] for problem in warnings_of(parse_scenario(text))
    ] == ["21 x UC Suite assigned, 20 bought"]


def test_the_schema_knows_each_step_in_the_form_of_the_file():
    """An editor learns: `at`, exactly one action, perhaps a note or a refusal, and nothing else."""
    schema = Scenario.model_json_schema()
    choices = schema["properties"]["timeline"]["items"]["oneOf"]
    steps = [schema["$defs"][choice["$ref"].rpartition("/")[2]] for choice in choices]
    assert list(ACTIONS) == [
        next(key for key in step["properties"] if key != "at") for step in steps
    ]
    for step in steps:
        assert step["required"] == [
            key for key in step["properties"] if key not in ("note", "refused")
        ]
        assert step["additionalProperties"] is False
    assert allowed_keys(("timeline", 0, "activate")) == ("node", "lac", "registration")
    assert allowed_keys(("timeline", 0, "call")) == ("from", "to", "expect", "refused", "for")
    of_a_link = ("bandwidth", "latency", "jitter", "forgets_idle_after", "joins")
    assert allowed_keys(("internetwork", "links", "hq-x")) == of_a_link


def test_the_schema_knows_both_forms_of_an_order_and_all_licenses():
    """An editor proposes what may be written there, also of an order in the timeline."""
    for path in (("internetwork", "purchase", "LAC-1"), ("timeline", 0, "purchase", "LAC-2")):
        own = ("licenses", "failover_period", "recovery", "seats", "expiry_scope")
        own += ("valid_for", "flexible")
        assert allowed_keys(path) == (*own, *LICENSES, "flexible")
        assert allowed_keys((*path, "licenses")) == tuple(LICENSES)
    assert allowed_keys(("over_use",)) == tuple(LICENSES)


TWO_SITES = """
title: Two lines
about: Two sites, two lines, a cloud.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: master, line: 50 Mbit/s, subscribers: []}
    branch: {model: X3, role: slave, forwards: no, place: [-0.5, 48.25], subscribers: []}
  clouds: {mpls: {}}
  links:
    mpls-hq: {bandwidth: 50 Mbit/s, latency: 8 ms}
    dsl: {joins: [mpls, branch], bandwidth: 16 Mbit/s, latency: 12 ms}
    lte: {joins: [branch, hq], bandwidth: 5 Mbit/s, latency: 60 ms}
    radio: {joins: [hq, branch], bandwidth: 5 Mbit/s, latency: 70 ms}
  convergence: 3 s
  purchase: {}
timeline:
  - {at: day 1 08:00, cut: branch-mpls}
  - {at: day 1 09:00, cut_one_way: {from: mpls, to: branch}}
  - {at: day 1 10:00, cut_one_way: {link: lte, from: hq}}
  - {at: day 1 11:00, fail: mpls}
  - {at: day 1 12:00, repair: mpls}
"""


def test_a_network_with_transit_is_read():
    """A step may name a link by its ends where no other joins them."""
    scenario = parse_scenario(TWO_SITES)
    internetwork = scenario.internetwork
    assert internetwork.links["lte"].ends == ("branch", "hq")
    assert internetwork.forwarding == {"hq", "mpls"}
    assert internetwork.nodes["branch"].place == (-0.5, 48.25)
    assert internetwork.convergence == 3_000_000_000
    assert internetwork.links_called("hq-branch") == ["lte", "radio"]
    assert [getattr(step, "link", None) for step in scenario.timeline[:3]] == ["dsl", "dsl", "lte"]
    assert [str(step) for step in scenario.timeline] == [
        "cut dsl",
        "cut one way from mpls to branch",
        "cut lte one way from hq",
        "fail mpls",
        "repair mpls",
    ]


def test_lines_tell_who_should_be_the_master():
    """Of two that are known the wider; a line that is not known is nobody's advantage."""

    def warned(*lines: str) -> bool:
        text = MANUAL.read_text()
        for name, line in zip(("hq", "north"), lines, strict=True):
            text = re.sub(rf"(?m)^( +{name}: +{{)", rf"\1{line}", text, count=1)
        return any(
            "should be the master" in str(each) for each in warnings_of(parse_scenario(text))
        )

    assert warned("line: 5 Mbit/s, ", "line: 6 Mbit/s, ")
    assert not warned("line: 5 Mbit/s, ", "line: 5 Mbit/s, ")
    assert not warned("line: 5 Mbit/s, ", "")
    assert not warned("", "line: 6 Mbit/s, ")


def test_a_call_over_a_site_that_does_not_forward_cannot_be_connected():
    """`check` says so; the call may still be what the scenario is to show."""
    text = MANUAL.read_text().replace("from: 200, to: 112", "from: 200, to: 300")
    text = re.sub(r"(?m)^( +hq: +{)", r"\1forwards: no, ", text, count=1)
    messages = [problem.message for problem in warnings_of(parse_scenario(text))]
    assert messages == ["nothing leads from north to south: this call cannot be connected"]


def test_deadlines_are_read_with_their_shift():
    """The end of a running failover period, plus or minus a duration."""
    early = load_scenario(SCENARIOS / "healed-5-minutes-before-the-deadline.yaml")
    shifts = [step.at.shift_ns for step in early.timeline if isinstance(step.at, Deadline)]
    assert shifts == [-HOUR_NS // 6, -HOUR_NS // 12]


def test_ambiguous_and_self_joining_links_are_refused():
    """Node names may contain `-`; a link's name must still mean one pair of hosts."""
    names = {"a": "master", "a-b": "slave", "b-c": "slave", "c": "slave"}
    nodes = {name: {"model": "X3", "role": role, "subscribers": []} for name, role in names.items()}
    link = {"bandwidth": "1 Mbit/s", "latency": "1 ms"}
    made = {
        "title": "t",
        "about": "a",
        "start": "2026-03-02 08:00",
        "seed": 1,
        "internetwork": {
            "nodes": nodes | {"all": nodes["c"]},
            "links": {"a-b-c": link, "c-c": link, "x-y": link},
            "purchase": {},
        },
        "timeline": [],
    }
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(made)
    text = str(caught.value)
    assert "may mean a to b-c or a-b to c" in text
    assert "'c-c' joins c to itself" in text
    assert "does not say what it joins" in text
    assert "no node may be called 'all'" in text


def test_steps_name_hosts_and_links_in_any_case():
    """What is stored, stated and signed has the spelling of the internetwork."""
    steps = """
  - {at: day 40 08:00, cut: SOUTH-Hq}
  - {at: day 40 08:00, cut_one_way: {from: HQ, to: Internet}}
  - {at: day 40 08:00, wizard: {node: North, role: slave, master: HQ}}
  - {at: deadline of NORTH, expect: {node: NORTH, state: failover}}
"""
    cut, one_way, wizard, expect = parse_scenario(MANUAL.read_text() + steps).timeline[-4:]
    assert cut.link == "hq-south"
    assert (one_way.from_host, one_way.to_host) == ("hq", "internet")
    assert (wizard.node, wizard.master) == ("north", "hq")
    assert (expect.node, expect.at.node) == ("north", "north")


def test_a_large_fleet_loads_in_reasonable_time():
    """Thousands of steps: reading must stay linear (measured separately: 128 kB in about 1 s)."""
    step = "  - {at: day 40 08:00, call: {from: 200, to: 0891234567, expect: connected}}\n"
    assert len(parse_scenario(MANUAL.read_text() + step * 1000).timeline) == 1011


def answer_to(text: str | dict) -> Scenario | str:
    """The scenario, or the message; every other exception fails the test."""
    try:
        return parse_scenario(text)
    except ScenarioError as error:
        return str(error)


_YAML = "\n &a *a !!x ? - { } [ ] \" ' %YAML --- ... | > \\U << ~ : # \t \r \ufeff \x85 \u2028"
_PIECES = st.sampled_from([*MANUAL.read_text().split(" "), *_YAML.split(" ")])


@given(st.one_of(st.text(), st.lists(_PIECES).map(" ".join), st.lists(_PIECES).map("".join)))
def test_any_text_is_a_scenario_or_a_scenario_error(text):
    """Nothing that an author can type escapes as another exception."""
    assert answer_to(text)


@given(st.data())
def test_a_scenario_with_a_wound_is_a_scenario_or_a_scenario_error(data):
    """Cut anything out of a good scenario, put anything in: the answer is a message."""
    text = MANUAL.read_text()
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    wound = data.draw(st.one_of(st.just(""), st.text(max_size=5), _PIECES))
    assert answer_to(text[:start] + wound + text[end:])


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _PIECES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.integers(), inner, max_size=3)
    ),
    max_leaves=4,
)


@given(st.data())
def test_a_mapping_with_junk_in_it_is_a_scenario_or_a_scenario_error(data):
    """The same holds for what is made in Python, whatever stands in whichever place."""
    made = read_text(MANUAL.read_text(), "manual").data
    around, key, value = {"": made}, "", made
    for _ in range(data.draw(st.integers(1, 5))):
        if not isinstance(value, dict | list) or not value:
            break
        around = value
        key = data.draw(st.sampled_from([*value] if isinstance(value, dict) else range(len(value))))
        value = around[key]
    around[key] = data.draw(_JUNK)
    assert answer_to(made)
