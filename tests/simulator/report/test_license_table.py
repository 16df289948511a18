"""The license tables at the end of a run: one for each CLA that has something to count."""

from licensing.license_table import LicenseRow, LicenseTable
from simulator.report.closing import Evidence, closing
from simulator.report.license_table import license_tables
from simulator.report.page import Calendar, Layout
from simulator.runs.play import play
from simulator.scenario import parse_scenario

SYSTEMS = """
title: two standalone systems
about: test
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    a: {model: X3, role: standalone, subscribers: []}
    b: {model: X3, role: standalone, subscribers: []}
  links:
    a-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
    b-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LA: {base: 1, ip: 6}
    LB: {base: 1, ip: 5}
timeline:
"""


def told(*steps: str) -> list[str]:
    """What stands below the story, without empty rows."""
    lines = [f"  - {{at: day 0 09:00, {step}}}" for step in steps] or ["  []"]
    scenario = parse_scenario(SYSTEMS + "\n".join(lines) + "\n", "systems")
    evidence = Evidence(scenario)
    result = play(scenario, readers=[evidence])
    page = Layout(Calendar(scenario.start), places=8, width=100)
    rows = closing(evidence, result, page, "", by_node=False)
    return [" ".join(row.text.split()) for row in rows if row.text]


def activated(node: str, order: str) -> str:
    """The step that activates an order."""
    registration = "{company: Example Ltd, contact: it@example.com}"
    return f"activate: {{node: {node}, lac: {order}, registration: {registration}}}"


def test_each_standalone_system_has_its_table_with_its_name() -> None:
    """Also where it uses nothing of what it bought; one that bought nothing yet has none."""
    assert told(activated("a", "LA"), activated("b", "LB")) == [
        "CLA of a",
        "licenses bought in use reserved free",
        "Base License 1 - - 1",
        "IP User 6 - - 6",
        "CLA of b",
        "licenses bought in use reserved free",
        "Base License 1 - - 1",
        "IP User 5 - - 5",
    ]
    assert told(activated("a", "LA")) == [
        "licenses bought in use reserved free a b",
        "Base License 1 - - 1 - -",
        "IP User 6 - - 6 - -",
    ]


def test_where_nobody_has_bought_anything_the_empty_tables_have_names() -> None:
    """Each says whose it is."""
    head = "licenses bought in use reserved free"
    assert told() == ["CLA of a", head, "CLA of b", head]


def test_what_a_former_cla_once_bought_stays_out() -> None:
    """Its nodes have another one now, to which its licenses went; one that holds some is shown."""
    page = Layout(Calendar(parse_scenario(SYSTEMS + "  []\n", "systems").start), 8, 100)
    of_each = {"hq": _of(5, {"hq": 2, "old": 3}), "old": _of(3, {}), "cut-off": _of(3, {"cut": 1})}
    rows = license_tables(of_each, ["hq", "old"], page, in_charge={"hq"}, by_node=False)
    assert [row.text for row in rows if row.text.startswith("CLA")] == [
        "CLA of hq",
        "CLA of cut-off",
    ]


def _of(bought: int, held: dict[str, int]) -> LicenseTable:
    used = sum(held.values())
    return LicenseTable(
        licenses=[LicenseRow("ip", "IP User", bought, used, 0, bought - used, held)]
    )
