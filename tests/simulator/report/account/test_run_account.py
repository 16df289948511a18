"""What is read from the journal of a run is what the programs of that run would say."""

import pytest

from licensing import events
from licensing.events import Entry
from licensing.policies import DAY_NS, HOUR_NS
from licensing.words import NodeState, Role, Trigger
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.report.account.run_account import RunAccount
from simulator.report.account.states import LinkState, SiteState
from simulator.report.account.worst_moment import worst_moment_ns
from simulator.report.node_states import NodeStates
from simulator.runs.play import Result, play
from simulator.scenario import load_scenario


def played(name: str) -> tuple[RunAccount, Result]:
    """A shipped scenario, played and read."""
    account = RunAccount()
    result = play(load_scenario(DIRECTORY / f"{name}.yaml"), readers=[account])
    return account, result


@pytest.mark.parametrize(
    "name",
    [
        "slave-cut-off-31-days",
        "evaluation-ends-while-a-slave-is-cut-off",
        "new-master-while-a-slave-is-cut-off",
        "declared-destroyed-and-alive",
        "node-gone-for-good",
    ],
)
def test_seats_are_counted_as_the_central_cla_counts_them(name: str) -> None:
    """Bought, in use and reserved at the end are those of each CLA's own license table."""
    account, result = played(name)
    told = {
        (agent, row.license): (row.bought, row.in_use, row.reserved)
        for agent, table in result.licenses.items()
        for row in table.licenses
    }
    counted = {
        (agent, key): tuple(course.now or ())
        for agent, courses in account.seats.courses().items()
        for key, course in courses.items()
        if agent in result.licenses and any(course.now or ())
    }
    assert counted == told


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
