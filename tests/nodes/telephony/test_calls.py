"""Calls of one node: who is connected in which state, and what an emergency call may do (F5)."""

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from licensing.catalogue import TrunkKind
from licensing.errors import REFUSALS, LicensingError
from licensing.messages import IncomingCallAnswer
from licensing.words import OUTSIDE, CallOutcome, NodeState
from nodes.telephony.calls import Exchange, Placed, ToNeighbor
from nodes.telephony.equipment import Equipment, Neighbor, Subscriber, TrunkLine

REGULAR, FAILOVER, EMERGENCY = NodeState.REGULAR, NodeState.FAILOVER, NodeState.EMERGENCY
RESTRICTED, ACTIVATION_PERIOD = NodeState.RESTRICTED, NodeState.ACTIVATION_PERIOD
TRUNKS = [
    TrunkLine(name="s2m-1", kind=TrunkKind.S2M, channels=2),
    TrunkLine(name="itsp-1", kind=TrunkKind.ITSP, channels=1),
]
EXTERNAL = "0891234567"


def _equipment(trunks: list[TrunkLine]) -> Equipment:
    return Equipment(
        model="X3",
        subscribers=[Subscriber(number=n, type="up0") for n in ("200", "201", "202")],
        trunks=trunks,
        neighbors={"hq": Neighbor(address="10.0.0.1", numbers=["130"])},
    )


def _exchange(licenses: dict[tuple[str, str], int] | None = None, trunks=TRUNKS) -> Exchange:
    licensed = {("200", "tdm"): 1, ("201", "tdm"): 1, ("s2m-1", "s2m"): 1}
    held = licensed if licenses is None else licenses
    return Exchange(_equipment(trunks), lambda holder, key: held.get((holder, key), 0))


def _outcome(placed: Placed | ToNeighbor) -> str:
    """`connected`, or the reason."""
    assert isinstance(placed, Placed)
    assert (placed.call is not None) == (placed.outcome is CallOutcome.CONNECTED)
    assert placed.reason in REFUSALS or placed.outcome is CallOutcome.CONNECTED
    return placed.reason or placed.outcome


@pytest.mark.parametrize(
    ("source", "destination", "in_state"),
    [
        ("200", "201", {REGULAR: "connected", EMERGENCY: "emergency-mode"}),
        ("202", "200", {REGULAR: "no-station-license", EMERGENCY: "connected"}),
        ("200", "202", {REGULAR: "called-party-unlicensed", RESTRICTED: "restricted"}),
        ("200", EXTERNAL, {REGULAR: "connected", EMERGENCY: "emergency-mode"}),
        ("202", EXTERNAL, {REGULAR: "no-station-license", RESTRICTED: "restricted"}),
        ("202", "112", {REGULAR: "connected", EMERGENCY: "connected", RESTRICTED: "connected"}),
        (OUTSIDE, "200", {REGULAR: "connected", EMERGENCY: "connected", RESTRICTED: "connected"}),
        (OUTSIDE, "201", {REGULAR: "connected", EMERGENCY: "emergency-mode"}),
        (OUTSIDE, "202", {REGULAR: "called-party-unlicensed", ACTIVATION_PERIOD: "connected"}),
        (OUTSIDE, "999", {REGULAR: "no-such-number", EMERGENCY: "no-such-number"}),
        ("202", EXTERNAL, {ACTIVATION_PERIOD: "connected"}),
        ("202", "130", {REGULAR: "no-station-license", EMERGENCY: "emergency-mode"}),
    ],
)
def test_a_call_in_each_license_status(source, destination, in_state):
    """F5 and F10 by table: subscriber 200 is the attendant, 202 has no license."""
    for state, outcome in in_state.items():
        assert _outcome(_exchange().place(source, destination, state=state)) == outcome, state
        if state is REGULAR:  # F2: all features go on during failover
            placed = _exchange().place(source, destination, state=FAILOVER)
            assert _outcome(placed) == outcome


def test_trunks_are_tried_in_order_and_only_licensed_channels():
    """The second call goes over the second trunk; with its license used up, all are busy."""
    one_each = {("200", "tdm"): 1, ("s2m-1", "s2m"): 1, ("itsp-1", "itsp"): 1}
    exchange = _exchange(one_each)
    placed = [exchange.place("200", EXTERNAL, state=REGULAR) for _ in range(3)]
    assert [p.trunk for p in placed] == ["s2m-1", "itsp-1", ""]
    assert _outcome(placed[2]) == "all-channels-busy"
    exchange.release(placed[0].call)
    assert exchange.place("200", EXTERNAL, state=REGULAR).trunk == "s2m-1"


def test_without_a_licensed_channel_the_reason_says_so():
    """A missing license is another thing than a busy channel."""
    placed = _exchange({("200", "tdm"): 1}).place("200", EXTERNAL, state=REGULAR)
    assert _outcome(placed) == "no-trunk-license"


def test_a_node_without_trunk_has_no_way_out():
    """`no route`, for emergency calls too (F5)."""
    for destination in (EXTERNAL, "112"):
        placed = _exchange(trunks=[]).place("200", destination, state=REGULAR)
        assert (placed.outcome, placed.reason) == (CallOutcome.NO_ROUTE, "no-trunk")


@pytest.mark.parametrize("state", [REGULAR, EMERGENCY, RESTRICTED])
@pytest.mark.parametrize(
    ("dialed", "gets_out"),
    [("999", True), ("0999", True), ("00999", True), ("000999", False), ("112", False)],
)
def test_emergency_numbers_are_the_nodes_own_with_the_prefix_of_an_outside_line(
    dialed, gets_out, state
):
    """Dialed once, twice, or not at all; numbers that are not set are like any other (F5)."""
    equipment = msgspec.structs.replace(
        _equipment(TRUNKS), emergency_numbers=["999"], outside_line="0"
    )
    placed = Exchange(equipment, lambda *_: 0).place("202", dialed, state=state)
    assert isinstance(placed, Placed)
    assert (placed.emergency, _outcome(placed) == "connected") == (gets_out, gets_out)


def test_an_emergency_call_clears_the_newest_other_call():
    """All channels busy: the newest call that is not itself an emergency call loses its own."""
    exchange = _exchange()
    calls = [exchange.place("202", EXTERNAL, state=ACTIVATION_PERIOD).call for _ in range(3)]
    internal = exchange.place("200", "201", state=REGULAR).call
    first = exchange.place("200", "112", state=EMERGENCY)
    second = exchange.place("201", "110", state=EMERGENCY)
    assert (first.cleared, second.cleared) == (calls[2], calls[1])
    assert (first.trunk, second.trunk) == ("itsp-1", "s2m-1")
    assert exchange.calls == [calls[0], internal, first.call, second.call]


def test_an_emergency_call_never_clears_another():
    """Physically nothing is left then; the answer is busy, not a license or a state."""
    exchange = _exchange(trunks=TRUNKS[1:])
    exchange.place("200", "112", state=REGULAR)
    assert _outcome(exchange.place("201", "112", state=REGULAR)) == "all-channels-busy"


def test_releasing_a_cleared_call_does_nothing():
    """Its caller may hang up after it was cleared; the channel is the emergency call's."""
    exchange = _exchange(trunks=TRUNKS[1:])
    call = exchange.place("200", EXTERNAL, state=ACTIVATION_PERIOD).call
    emergency = exchange.place("201", "112", state=REGULAR)
    exchange.release(call)
    assert exchange.calls == [emergency.call]


def test_a_neighbor_is_asked_and_its_answer_is_the_calls():
    """A number of another node: nothing is connected before that node has answered."""
    exchange = _exchange()
    asked = exchange.place("200", "130", state=REGULAR)
    assert asked == ToNeighbor(node="hq", source="200", destination="130")
    assert exchange.calls == []
    refusal = IncomingCallAnswer(connected=False, reason="node-unreachable")
    assert _outcome(exchange.complete(asked, refusal)) == "node-unreachable"
    placed = exchange.complete(asked, IncomingCallAnswer(connected=True))
    assert exchange.calls == [placed.call]


@pytest.mark.parametrize(
    ("destination", "state", "outcome"),
    [
        ("201", REGULAR, "connected"),
        ("202", FAILOVER, "called-party-unlicensed"),
        ("200", EMERGENCY, "connected"),
        ("201", EMERGENCY, "emergency-mode"),
        ("200", RESTRICTED, "connected"),
        ("300", REGULAR, "no-such-number"),
    ],
)
def test_a_neighbors_call_is_taken_by_the_same_rules(destination, state, outcome):
    """The called node decides on its own subscriber (F5)."""
    assert _outcome(_exchange().accept("130", destination, state=state)) == outcome


def test_a_caller_must_be_a_subscriber():
    """A wrong source is a mistake of whoever asks, not a refusal."""
    with pytest.raises(LicensingError, match="No subscriber has the call number 999"):
        _exchange().place("999", "112", state=REGULAR)


def _emergency_call_may_fail(exchange: Exchange) -> bool:
    """Only physics excuses: every channel already carries an emergency call."""
    emergencies = sum(call.emergency for call in exchange.calls)
    return emergencies == sum(trunk.channels for trunk in TRUNKS)


def _assert_channels(exchange: Exchange) -> None:
    for trunk in TRUNKS:
        assert sum(call.trunk == trunk.name for call in exchange.calls) <= trunk.channels


class Calls(RuleBasedStateMachine):
    """Calls in any order, through any states, while licenses come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.licenses = {("200", "tdm"): 1, ("201", "tdm"): 1}
        self.state = REGULAR
        self.exchange = _exchange(self.licenses)

    @rule(state=st.sampled_from(NodeState), s2m=st.integers(0, 2), itsp=st.integers(0, 1))
    def change(self, state, s2m, itsp):
        """The license status and the licensed channels change; nobody is cut."""
        before = self.exchange.calls
        self.state = state
        self.licenses |= {("s2m-1", "s2m"): s2m, ("itsp-1", "itsp"): itsp}
        assert self.exchange.calls == before

    @rule(source=st.sampled_from(["200", "202"]), number=st.sampled_from(["110", "112"]))
    def call_for_help(self, source, number):
        """An emergency call is connected, whatever else is going on."""
        excused = _emergency_call_may_fail(self.exchange)
        placed = self.exchange.place(source, number, state=self.state)
        assert (placed.outcome is CallOutcome.CONNECTED) != excused

    @rule(
        source=st.sampled_from(["200", "202", OUTSIDE]),
        destination=st.sampled_from(["200", "201", "202", EXTERNAL]),
    )
    def call(self, source, destination):
        """Any other call takes at most a licensed channel, and cuts nobody."""
        before = self.exchange.calls
        placed = self.exchange.place(source, destination, state=self.state)
        assert self.exchange.calls == before + [placed.call] * (placed.call is not None)
        if placed.trunk and self.state in {REGULAR, FAILOVER}:
            on = [c for c in self.exchange.calls if c.trunk == placed.trunk and not c.emergency]
            assert len(on) <= sum(
                self.licenses.get((placed.trunk, kind), 0) for kind in ("s2m", "itsp")
            )

    @precondition(lambda self: self.exchange.calls)
    @rule(data=st.data())
    def release(self, data):
        """Somebody hangs up."""
        self.exchange.release(data.draw(st.sampled_from(self.exchange.calls)))

    @invariant()
    def no_channel_carries_two_calls(self):
        """A channel carries one call."""
        _assert_channels(self.exchange)


TestCalls = Calls.TestCase
TestCalls.settings = settings(stateful_step_count=30)


def test_the_channel_check_can_fail(monkeypatch):
    """Planted bug: an exchange that counts no calls puts two on one channel."""
    exchange = _exchange()
    monkeypatch.setattr(exchange, "_calls_on", lambda _trunk: [])
    for _ in range(3):
        exchange.place("200", EXTERNAL, state=REGULAR)
    with pytest.raises(AssertionError):
        _assert_channels(exchange)
