"""Why things are so, as the stage records it: what `explain` says at that instant."""

from datetime import UTC, datetime

from licensing import events
from licensing.events import Entry, Fact
from licensing.policies import DAY_NS, HOUR_NS
from licensing.words import Condition, NodeState, Role, Trigger
from simulator.report.explain.reason import Reason
from simulator.stage.reasons import ReasonsReader

LOST = events.StateChanged(NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST, HOUR_NS)
HEALED = events.LinkHealed("hq-north")
REFUSED = events.SessionRefused("north", "node-unknown")


def recorded(*facts: tuple[str, Fact]) -> dict[object, object]:
    """What stands there at the end: a slave has joined, and then these facts, an hour apart."""
    nodes = {
        name: events.NodeFacts(role, f"10.0.0.{number}:1", {}, {}, "")
        for number, (name, role) in enumerate((("hq", Role.MASTER), ("north", Role.SLAVE)), 1)
    }
    network = events.NetworkFacts(links={"hq-north": ("hq", "north")})
    start = datetime(2026, 3, 2, tzinfo=UTC)
    joined: tuple[tuple[str, Fact], ...] = (
        ("world", events.RunBegan(title="", seed=1, start=start, nodes=nodes, network=network)),
        ("north", events.WizardCompleted(Role.SLAVE, "10.0.0.1:1")),
        ("hq", events.LeaseSigned("north", "north/1", 1, 1, {"networking": 1})),
        ("hq", events.SessionOpened("north", Condition.LICENSED, False)),
    )
    reader = ReasonsReader()
    for hour, (host, fact) in enumerate((*joined, *facts)):
        reader(Entry(hour * HOUR_NS, host, fact))
    return dict(reader.recording.now)


def why(told: object) -> list[str]:
    """The texts of the causes that stand first."""
    assert isinstance(told, Reason)
    return [each.text for each in told.because]


def test_a_reservation_has_its_reason_where_the_cla_has_lost_its_power() -> None:
    """No session is said to end then; back again, the node has nothing that is reserved."""
    off = recorded(("hq", events.HostCrashed(DAY_NS)))
    assert why(off["reserved", "north"]) == ["power cut"]
    here = events.SessionOpened("north", Condition.LICENSED, False)
    back = recorded(("hq", events.HostCrashed(0)), ("hq", events.HostStarted(0)), ("hq", here))
    assert back["reserved", "north"] is None


def test_a_failover_that_goes_on_has_what_keeps_it_so() -> None:
    """From the next word of the node on: the cut is healed, and its CLA knows it no more."""
    cut = events.LinkCut("hq-north", ["hq->north", "north->hq"])
    began = (("world", cut), ("north", LOST))
    assert why(recorded(*began)["node", "north"]) == ["link cut"]
    dialed = ("north", events.ConnectionRefused("node-unknown"))
    goes_on = recorded(*began, ("world", HEALED), ("hq", REFUSED), dialed)["node", "north"]
    assert why(goes_on)[0] == "central CLA: session with north refused: node unknown"
