"""What is read from the journal of a run is what the programs of that run would say."""

import re
from pathlib import Path
from typing import Any

import pytest

from licensing import events
from licensing.entitlements import Entitlement
from licensing.events import Entry
from licensing.policies import DAY_NS, HOUR_NS
from licensing.wall_time import utc_of
from licensing.words import Condition, NodeState, Role, Trigger
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.report.account.agents import Agents
from simulator.report.account.run_account import RunAccount
from simulator.report.account.seats import SeatCount
from simulator.report.account.seats_account import SeatsAccount
from simulator.report.account.states import LinkState, SiteState
from simulator.report.account.worst_moment import worst_moment_ns
from simulator.report.node_states import NodeStates
from simulator.runs.play import Result, play
from simulator.scenario import Scenario, load_scenario, parse_scenario


def played(name: str) -> tuple[RunAccount, Result]:
    """A shipped scenario, played and read."""
    account = RunAccount()
    result = play(load_scenario(DIRECTORY / f"{name}.yaml"), readers=[account])
    return account, result


def days(scenario: Path) -> int:
    """On which day its last step is, at least."""
    return max(map(int, re.findall(r"day (\d+) ", scenario.read_text())), default=0)


WITHIN_A_WEEK = sorted(path.stem for path in DIRECTORY.glob("*.yaml") if days(path) <= 7)
"""Shipped scenarios; the heartbeats of a month say nothing more of seats."""


@pytest.mark.parametrize("name", WITHIN_A_WEEK)
def test_seats_are_counted_as_the_central_cla_counts_them(name: str) -> None:
    """Bought, in use, reserved and free at the end are those of each CLA's own license table."""
    expect_counted_as_told(load_scenario(DIRECTORY / f"{name}.yaml"))


def expect_counted_as_told(scenario: Scenario) -> RunAccount:
    """What the CLAs that nodes use tell at the end, where they answer, is what was read."""
    account, agents = RunAccount(), Agents()
    result = play(scenario, readers=[account, agents])
    told = {
        (agent, row.license): (row.bought, row.in_use, row.reserved, row.free)
        for agent, table in result.licenses.items()
        for row in table.licenses
        if agents.is_used(agent)
    }
    counted = {
        (agent, key): tuple(course.now or ())
        for agent, courses in account.seats.courses().items()
        for key, course in courses.items()
        if agent in result.licenses and any(course.now or ())
    }
    assert counted == told
    return account


OWNER = {"company": "Example Ltd", "contact": "it@example.com"}
ACTIVATED = {"at": "day 0 09:00", "activate": {"node": "hq", "lac": "L", "registration": OWNER}}
LATER = {"at": "day 2 08:00", "expect": {"node": "hq", "state": "regular"}}
JOINED_AND_CUT = [ACTIVATED, {"at": "day 0 10:00", "cut": "hq-north"}]
OF_A_BACKUP = [
    ACTIVATED,
    {"at": "day 0 10:00", "unlock": "all"},
    {"at": "day 1 10:00", "disk": {"node": "hq", "restored_from": "day 0 09:30"}},
]
KNOWN_AGAIN = [
    ACTIVATED,
    {"at": "day 0 10:00", "unlock": "all"},
    {"at": "day 1 10:00", "cut": "hq-north"},
    {"at": "day 1 12:00", "forget": {"node": "north", "destroyed": True}},
    {"at": "day 1 13:00", "heal": "hq-north"},
    {"at": "day 1 15:00", "wizard": {"node": "north", "role": "slave", "master": "hq"}},
]


@pytest.mark.parametrize(
    ("timeline", "networking"),
    [
        ([ACTIVATED], SeatCount(2, 2, 0, 0)),
        (JOINED_AND_CUT, SeatCount(2, 1, 1, 0)),
        (OF_A_BACKUP, SeatCount(2, 2, 0, 0)),
        (KNOWN_AGAIN, SeatCount(2, 2, 0, 0)),
    ],
)
def test_a_slave_that_has_joined_has_its_networking_seat(
    timeline: list[dict[str, Any]], networking: SeatCount
) -> None:
    """Without any check and unlock: no decision says so, its lease does; also when it is away."""
    nodes = {
        name: {"model": "X3", "role": role, "subscribers": [{"numbers": numbers, "type": "ip-hfa"}]}
        for name, role, numbers in (
            ("hq", "master", "100-101"), ("north", "slave", "200-201"), ("south", "slave", "300"),
        )
    }  # fmt: skip
    scenario = parse_scenario({
        "title": "Joined", "about": "Who has joined.", "start": "2026-03-02 08:00", "seed": 1,
        "internetwork": {
            "nodes": nodes,
            "links": {
                f"hq-{name}": {"bandwidth": "20 Mbit/s", "latency": "15 ms"}
                for name in ("north", "south", "internet")
            },
            "purchase": {"L": {"base": 1, "ip": 5, "networking": 2}},
        },
        "timeline": [*timeline, LATER],
    })  # fmt: skip
    account = expect_counted_as_told(scenario)
    assert account.seats.courses()["hq"]["networking"].now == networking


def test_seats_are_no_more_when_their_order_ends_and_when_the_disk_is_lost() -> None:
    """At that instant, though no CLA says a word then; a new disk knows no license file."""
    seats = SeatsAccount()
    ends = [
        Entitlement(seats={"ip": 2}),
        Entitlement(seats={"ip": 3}, valid_until=utc_of(2 * DAY_NS)),
    ]
    accepted = events.LicenseFileAccepted(
        serial=1, epoch=1, licenses={"ip": 5}, entitlements=ends,
        failover_period_ns=30 * DAY_NS, valid_until=None,
    )  # fmt: skip
    decided = events.DemandDecided("hq", "1", [], [], [], {"ip": 4})
    for at_ns, fact in (
        (0, events.HostStarted(0)),
        (1, accepted),
        (2, events.SessionOpened("hq", Condition.LICENSED, False)),
        (3, decided),
        (5 * DAY_NS, events.DiskReplaced()),
        (6 * DAY_NS, events.HostCrashed(0)),
    ):
        seats(Entry(at_ns, "hq", fact))
    course = seats.courses()["hq"]["ip"]
    assert [*course.spans(6 * DAY_NS)] == [
        (1, 3, SeatCount(5, 0, 0, 5)),
        (3, 2 * DAY_NS, SeatCount(5, 4, 0, 1)),
        (2 * DAY_NS, 5 * DAY_NS, SeatCount(2, 4, 0, 0)),
        (5 * DAY_NS, 6 * DAY_NS, SeatCount()),
    ]


def test_a_cla_that_its_nodes_have_left_has_nothing_from_then_on() -> None:
    """Its license file was combined with others; what it had before stays in its course."""
    account, _ = played("three-systems-combined")
    south = [span.value for span in account.seats.courses()["south"]["ip"].spans(account.ended_ns)]
    assert SeatCount(4, 4, 0, 0) in south
    assert south[-1] == SeatCount()


def test_a_cla_that_is_used_again_has_what_it_had() -> None:
    """A slave becomes standalone, and has the license file again that it had before."""
    seats, account = SeatsAccount(), RunAccount()
    site = events.NodeFacts(Role.STANDALONE, "10.0.0.2:1", {}, {}, "")
    master = events.NodeFacts(Role.MASTER, "10.0.0.1:1", {}, {}, "")
    accepted = events.LicenseFileAccepted(
        serial=1, epoch=1, licenses={"ip": 5}, entitlements=[Entitlement(seats={"ip": 5})],
        failover_period_ns=30 * DAY_NS, valid_until=None,
    )  # fmt: skip
    nodes = {"north": site, "hq": master}
    for at_ns, host, fact in (
        (0, "world", events.RunBegan(title="", seed=1, start=account.start, nodes=nodes)),
        (1, "north", accepted),
        (2, "north", events.WizardCompleted(Role.SLAVE, "10.0.0.1:1")),
        (3, "north", events.SessionOpened("north", Condition.LICENSED, False)),
        (4, "north", events.WizardCompleted(Role.STANDALONE, "10.0.0.2:1")),
    ):
        seats(Entry(at_ns, host, fact))
    five = SeatCount(5, 0, 0, 5)
    assert [*seats.courses()["north"]["ip"].spans(5)] == [
        (1, 2, five), (2, 4, SeatCount()), (4, 5, five),
    ]  # fmt: skip


def test_states_cuts_calls_and_expectations_of_a_month() -> None:
    """Who was in which state for how long, what was cut, what was expected."""
    account, _ = played("slave-cut-off-31-days")
    north = [*account.sites["north"].spans(account.ended_ns)]
    assert [span.value for span in north] == [
        SiteState.ACTIVATION_PERIOD,
        SiteState.REGULAR,
        SiteState.FAILOVER,
        SiteState.EMERGENCY,
        SiteState.REGULAR,
    ]
    assert [span.value for span in account.sites["south"].spans(account.ended_ns)] == [
        SiteState.ACTIVATION_PERIOD,
        SiteState.REGULAR,
    ]
    cut, healed = account.links["hq-north"].spans(account.ended_ns)
    assert (cut.value, cut.to_ns - cut.from_ns) == (LinkState.CUT, 31 * DAY_NS + HOUR_NS)
    assert healed.value is LinkState.UP
    assert worst_moment_ns(account) == north[3].from_ns
    assert [call.outcome for call in account.calls] == ["connected", "refused", "connected"]
    assert account.counts == {"met": 6}
    assert account.verdict == "holds"
    lit = [span.value for span in account.lit["north"].spans(account.ended_ns)]
    assert max(lit) == 10
    assert account.lit["north"].now == 0


def test_a_telephone_shows_nothing_without_power() -> None:
    """Nor when it is another one; frozen programs leave on it what stands there."""
    account = RunAccount()
    failover = events.DisplaysChanged({"200": "Failover Period", "201": "Failover Period"})
    for at_ns, fact in enumerate((
        failover, events.HostFrozen(), events.HostCrashed(0), events.HostStarted(0), failover,
        events.SubscriberChanged("201", "ip-hfa", ""), events.HostStopped(0),
    )):  # fmt: skip
        account(Entry(at_ns, "north", fact))
    spans = [*account.lit["north"].spans(7)]
    assert spans == [(0, 2, 2), (2, 4, 0), (4, 5, 2), (5, 6, 1), (6, 7, 0)]


def test_a_node_that_trusts_no_record_is_restricted_and_an_empty_disk_begins_anew() -> None:
    """No transition says it: a damaged record (A12), an empty disk, a backup that is put back."""
    states = NodeStates()
    regular = events.StateChanged(NodeState.ACTIVATION_PERIOD, NodeState.REGULAR, Trigger.LEASED, 0)
    told = [
        states(Entry(at_ns, "north", fact))
        for at_ns, fact in enumerate((
            regular, events.DiskSaved(), events.StateDamaged("x"), events.StateDamaged("y"),
            events.DiskReplaced(), events.DiskReplaced(saved_ns=1),
        ))
    ]  # fmt: skip
    assert told == [
        NodeState.REGULAR, None, NodeState.RESTRICTED, None,
        NodeState.ACTIVATION_PERIOD, NodeState.REGULAR,
    ]  # fmt: skip


def test_sites_stand_in_the_order_of_their_numbers() -> None:
    """The master first, then site-2 before site-10, whatever order the journal has them in."""
    account = RunAccount()
    roles = {"site-10": Role.SLAVE, "site-2": Role.SLAVE, "site": Role.SLAVE, "z9": Role.MASTER}
    nodes = {name: events.NodeFacts(role, "10.0.0.1:1", {}, {}, "") for name, role in roles.items()}
    began = events.RunBegan(title="", seed=1, start=account.start, nodes=nodes)
    account(Entry(0, "world", began))
    assert [*account.nodes] == ["z9", "site", "site-2", "site-10"]
