"""Two histories side by side; and facts of many processes in one order."""

from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from examples import examples_of
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from licensing.entitlements import Entitlement
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    ConnectionEstablished,
    ConnectionLost,
    ConnectionRefused,
    DemandDecided,
    DemandUnanswered,
    Entry,
    ExpectationFailed,
    ExpectationMet,
    Fact,
    HoldEnded,
    HostCrashed,
    IssueRefused,
    LeaseInstalled,
    LeaseRefused,
    LicenseFileAccepted,
    LicenseFileRefused,
    LinkCut,
    NodeEnrolled,
    OrderTaken,
    OverUseChanged,
    ProgramEnded,
    RunBegan,
    RunEnded,
    SeatsLost,
    SessionRefused,
    StateChanged,
)
from licensing.messages import RefusedSeat, Seat
from licensing.policies import DAY_NS, MINUTE_NS, TIMING
from licensing.recovery import FULL, Recovery, RecoveryPolicy
from licensing.wall_time import date_after
from licensing.words import Condition, ExpiryScope, LicenseState, NodeState, Trigger
from simulator.live.fact_merge import FactMerge
from simulator.report.histories import History, compare
from simulator.report.matching import Agreement, first_difference
from simulator.report.milestones import TELLERS, UNTOLD, words_of
from simulator.report.page import Calendar
from simulator.report.side_by_side import side_by_side
from simulator.scenario import IN_THE_WHOLE_RUN

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CALENDAR = Calendar(START)
RESUME = Recovery(policy=RecoveryPolicy.RESUME)
SEAT = Seat(holder="200", license="tdm")
REFUSED = RefusedSeat(holder="200", license="tdm", quantity=1, reason="too-few-licenses")


def lost(at: int, host: str = "north", after: NodeState = NodeState.FAILOVER) -> Entry:
    """A change of status."""
    fact = StateChanged(before=NodeState.REGULAR, after=after, cause="lost", charged_ns=at)
    return Entry(at=at, host=host, fact=fact)


def off(at: int) -> Entry:
    """A power cut, which is no matter of chance."""
    return Entry(at=at, host="north", fact=HostCrashed(wall_ns=0))


def decision(**fields: Any) -> DemandDecided:
    """Of a demand of north, by which nothing is granted or lost but these."""
    nothing = {"granted": [], "refused": [], "released": [], "held": {}}
    return DemandDecided(node="north", request_id="r", **(nothing | fields))


def accepted(**fields: Any) -> LicenseFileAccepted:
    """A license file, of which only these fields differ."""
    usual = {"licenses": {"ip": 1}, "failover_period_ns": 30 * DAY_NS, "valid_until": None}
    return LicenseFileAccepted(serial=1, epoch=1, **(usual | fields))


END_NS = 200 * DAY_NS


def history(*entries: Entry, end_ns: int | None = END_NS) -> History:
    """What a reader keeps of these entries; without an end of a run that was ended by a rule."""
    read = History()
    for entry in entries:
        read(entry)
    if end_ns is not None:
        read(Entry(at=end_ns, host="world", fact=RunEnded(verdict="holds")))
    return read


def verdicts(one: History, other: History) -> list[Agreement]:
    """How two histories compare, pair by pair."""
    return [pair.verdict for pair in compare(one, other, tolerance=lambda *_: MINUTE_NS)]


def test_small_shifts_are_the_same_and_redialing_is_within_the_tolerance() -> None:
    """What a machine adds counts little; what the back-off's chance decides counts as within."""
    assert verdicts(history(off(0)), history(off(1000))) == [Agreement.SAME]
    assert verdicts(history(off(0)), history(off(MINUTE_NS))) == [Agreement.WITHIN]
    assert verdicts(history(off(0)), history(off(MINUTE_NS + 1))) == [Agreement.DIFFERENT]
    for after, chance_ns in (
        (NodeState.REGULAR, TIMING.redialed_ns),
        (NodeState.FAILOVER, TIMING.overdue_ns),
        (NodeState.EMERGENCY, TIMING.overdue_ns),
    ):
        most_ns = chance_ns + MINUTE_NS
        for apart_ns, verdict in ((most_ns, Agreement.WITHIN), (most_ns + 1, Agreement.DIFFERENT)):
            one, other = history(lost(0, after=after)), history(lost(apart_ns, after=after))
            assert verdicts(one, other) == [verdict]


def test_what_is_given_back_comes_with_the_reconnection() -> None:
    """A release that waited for the link has the back-off's chance; a grant has none."""

    def decided(at: int, *granted: Seat) -> Entry:
        fact = DemandDecided(
            node="north", request_id="r", granted=[*granted], refused=[], released=[SEAT], held={}
        )
        return Entry(at=at, host="hq", fact=fact)

    late_ns = MINUTE_NS + TIMING.redialed_ns
    assert verdicts(history(decided(0)), history(decided(late_ns))) == [Agreement.WITHIN]
    granted = history(decided(0, SEAT)), history(decided(late_ns, SEAT))
    assert verdicts(*granted) == [Agreement.DIFFERENT]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (decision(refused=[REFUSED]), decision(released=[SEAT])),
        (decision(held={"tdm": 1}), decision(held={"tdm": 2})),
        (HoldEnded(node="north", seats={"tdm": 5}), HoldEnded(node="north", seats={})),
        (accepted(licenses={"ip": 100}), accepted(licenses={})),
        (accepted(failover_period_ns=DAY_NS), accepted(failover_period_ns=2 * DAY_NS)),
        (accepted(), accepted(recovery=RESUME)),
        (accepted(), accepted(reserved_at_most_s=0)),
        (accepted(), accepted(expiry_scope=ExpiryScope.INTERNETWORK)),
        (accepted(), accepted(flexible=True)),
        (accepted(entitlements=[Entitlement(seats={"ip": 1})]),
         accepted(entitlements=[Entitlement(seats={"ip": 1}, valid_until=START)])),
        (SeatsLost(node="north", lost=[SEAT], held={"tdm": 1}),
         SeatsLost(node="north", lost=[SEAT], held={})),
        (IssueRefused(locking_id="", code="lac-unknown"), LicenseFileRefused(code="file-older")),
    ],
)  # fmt: skip
def test_what_was_decided_must_be_the_same(one: Fact, other: Fact) -> None:
    """Who was granted, refused and released what, what is held, and what a file brings."""
    entries = [Entry(at=0, host="hq", fact=fact) for fact in (one, other)]
    assert verdicts(history(entries[0]), history(entries[0])) == [Agreement.SAME]
    assert Agreement.DIFFERENT in verdicts(history(entries[0]), history(entries[1]))


def ordered(at: int, valid_ns: int | None, made_earlier_ns: int = 0) -> History:
    """An order that was taken so much later than it was made, from when its end counts."""
    began = RunBegan(title="", seed=1, start=START, nodes={})
    made_ns = max(0, at) - made_earlier_ns
    until = None if valid_ns is None else date_after(START, made_ns + valid_ns)
    taken = OrderTaken(lac="x", licenses={"ip": 1}, valid_until=until)
    return history(Entry(0, "world", began), Entry(at, "internet", taken))


def test_for_how_long_an_order_is_valid_must_be_the_same() -> None:
    """However long it took, and whether a live run took it before its start; the end itself moves.

    A file says then which of its licenses end: when, follows from the orders.
    """
    quick, slow = ordered(DAY_NS, 90 * DAY_NS), ordered(DAY_NS, 90 * DAY_NS, MINUTE_NS)
    assert verdicts(quick, slow) == [Agreement.SAME]
    early = ordered(-1000, 90 * DAY_NS), ordered(1000, 90 * DAY_NS, 1000)
    assert verdicts(*early) == [Agreement.SAME]
    for valid_ns in (91 * DAY_NS, None):
        pair = ordered(DAY_NS, valid_ns), slow
        assert verdicts(*pair) == [Agreement.DIFFERENT]
    ends = [date_after(START, at_ns) for at_ns in (DAY_NS, DAY_NS + 1_000_000)]
    files = [accepted(entitlements=[Entitlement(seats={"ip": 1}, valid_until=end)]) for end in ends]
    one, other = (history(Entry(0, "hq", file)) for file in files)
    assert verdicts(one, other) == [Agreement.SAME]


def test_where_steps_wait_for_a_deadline_all_that_they_cause_has_its_chance() -> None:
    """The deadline follows from a heartbeat, and so does what happens a minute after it."""
    one, other = History(relative=True), History(relative=True)
    one(off(0))
    other(off(TIMING.overdue_ns))
    assert verdicts(one, other) == [Agreement.WITHIN]


def leased(file: LicenseFileAccepted) -> list[Entry]:
    """A lease of north by this file."""
    return [Entry(0, "north", file), Entry(0, "north", LeaseInstalled("north/1", 1, 1, {}))]


def ended(at: int) -> list[Entry]:
    """A healed outage, and the end of a period that it has shortened, or not."""
    healed = StateChanged(
        before=NodeState.FAILOVER, after=NodeState.REGULAR, cause="leased", charged_ns=0
    )
    emergency = lost(at, after=NodeState.EMERGENCY)
    return [lost(DAY_NS), Entry(at=2 * DAY_NS, host="north", fact=healed), emergency]


def test_the_chance_of_an_outage_stays_in_what_it_has_left_of_a_period() -> None:
    """F3: under `resume` its beginning and its end both move the end of the period."""
    later_ns = 2 * (TIMING.overdue_ns + TIMING.redialed_ns)
    for recovery, verdict in [(FULL, Agreement.DIFFERENT), (RESUME, Agreement.WITHIN)]:
        file = leased(accepted(recovery=recovery))
        one, other = (history(*file, *ended(at)) for at in (30 * DAY_NS, 30 * DAY_NS + later_ns))
        assert verdicts(one, other)[-1] is verdict


def test_that_chance_is_of_one_host_and_ends_with_relicensing() -> None:
    """South was never cut off, and north begins anew with a newer epoch."""
    later_ns = 2 * (TIMING.overdue_ns + TIMING.redialed_ns)
    file = leased(accepted(recovery=RESUME))
    anew = StateChanged(
        before=NodeState.EMERGENCY,
        after=NodeState.REGULAR,
        cause=Trigger.LEASED_ANEW,
        charged_ns=0,
    )
    for host in ("south", "north"):
        one, other = (
            history(
                *file,
                *ended(30 * DAY_NS),
                Entry(at=40 * DAY_NS, host="north", fact=anew),
                lost(at, host, after=NodeState.EMERGENCY),
            )
            for at in (80 * DAY_NS, 80 * DAY_NS + later_ns)
        )
        assert Agreement.DIFFERENT in verdicts(one, other)


def test_the_tolerance_is_that_of_the_two_instants() -> None:
    """It is asked for each pair, for the pace is not the same everywhere."""
    asked = []

    def tolerance(*instants: int) -> int:
        asked.append(instants)
        return 0

    assert compare(history(off(3)), history(off(5)), tolerance=tolerance)[0].apart_ns == 2
    assert set(asked) == {(3, 5)}


def test_a_demand_that_waits_is_answered_with_the_reconnection() -> None:
    """When that is, is chance; one that is answered at once is not."""
    granted = AssignmentChange(
        holder="200",
        license="tdm",
        before=LicenseState.UNSAVED_DEMAND,
        after=LicenseState.LICENSED,
        quantity=1,
        granted=1,
    )
    waits = Entry(at=0, host="north", fact=DemandUnanswered(request_id="1"))

    def licensed(at: int) -> Entry:
        return Entry(at=at, host="north", fact=AssignmentsChanged(changes=[granted]))

    late_ns = MINUTE_NS + TIMING.redialed_ns
    one, other = history(waits, licensed(0)), history(waits, licensed(late_ns))
    assert Agreement.DIFFERENT not in verdicts(one, other)
    assert Agreement.DIFFERENT in verdicts(history(licensed(0)), history(licensed(late_ns)))
    again = history(waits, licensed(0), licensed(1)), history(waits, licensed(0), licensed(late_ns))
    assert Agreement.DIFFERENT in verdicts(*again)


def test_what_a_welcome_takes_away_comes_with_the_reconnection() -> None:
    """Seats that the CLA has given to others meanwhile (F9); what changes later has an instant."""
    taken = AssignmentChange(
        holder="200",
        license="tdm",
        before=LicenseState.LICENSED,
        after=LicenseState.NOT_LICENSED,
        quantity=1,
        granted=0,
    )
    fact = AssignmentsChanged(changes=[taken])
    welcome = ConnectionEstablished(condition=Condition.LICENSED, epoch=1, round_trip_ns=0)

    def welcomed(at: int, after_ns: int) -> History:
        told = Entry(at=at, host="north", fact=welcome)
        return history(told, Entry(at=at + after_ns, host="north", fact=fact))

    for after_ns, differs in ((MINUTE_NS, False), (TIMING.answer_ns + 1, True)):
        both = welcomed(0, after_ns), welcomed(TIMING.redialed_ns, after_ns)
        assert (Agreement.DIFFERENT in verdicts(*both)) is differs


def test_what_is_asked_at_the_end_of_a_period_is_not_compared() -> None:
    """Met in the one and failed in the other is no difference there; everywhere else it is."""
    step = "expect north: failover"
    met = ExpectationMet(step=step, place="deadline.yaml:7")
    failed = ExpectationFailed(step=step, place=met.place, wanted="failover", got="emergency")
    entries = [Entry(at=5, host="world", fact=fact) for fact in (met, failed)]
    for places, verdict in (
        (frozenset({met.place}), Agreement.AT_A_DEADLINE),
        (frozenset({"deadline.yaml:8"}), Agreement.DIFFERENT),
    ):
        one, other = (History(at_deadlines=places) for _ in range(2))
        one(entries[0])
        other(entries[1])
        pairs = compare(one, other, tolerance=lambda *_: MINUTE_NS)
        assert [pair.verdict for pair in pairs] == [verdict]
        assert (first_difference(pairs) is None) is (verdict is Agreement.AT_A_DEADLINE)
        told = "\n".join(r.text for r in side_by_side(pairs, CALENDAR, ("simulated", "live")))
        assert "which only a simulated run knows" in told or verdict is Agreement.DIFFERENT


def test_two_differences_that_are_alike_are_two() -> None:
    """The same fact twice at one instant, which the other history lacks: each has its line."""
    twice = [Entry(at=9, host="hq", fact=HostCrashed(wall_ns=0))] * 2
    pairs = compare(history(*twice), history(), tolerance=lambda *_: MINUTE_NS)
    told = [row.text for row in side_by_side(pairs, CALENDAR, ("simulated", "live"))]
    assert [line.strip() for line in told[-2:]] == [
        "the other differences:",
        "day 0 08:00:00  hq  power off: only simulated",
    ]


def test_another_state_and_a_missing_one_are_differences() -> None:
    """The first of them is explained."""
    one = history(lost(5), Entry(at=9, host="hq", fact=HostCrashed(wall_ns=0)))
    other = history(lost(5, after=NodeState.EMERGENCY))
    pairs = compare(one, other, tolerance=lambda *_: MINUTE_NS)
    assert [pair.verdict for pair in pairs] == [Agreement.DIFFERENT, Agreement.DIFFERENT]
    first = first_difference(pairs)
    assert first is not None
    assert first.other is not None
    assert "emergency" in first.other.words


def test_how_often_somebody_is_refused_is_chance_but_not_that_and_why() -> None:
    """Repeated refusals are one milestone, beside all others; another reason is another one."""

    def refused(at: int, code: str = "node-unknown") -> Entry:
        return Entry(at=at, host="north", fact=ConnectionRefused(code=code))

    once, often = history(refused(1), lost(2)), history(refused(1), lost(2), refused(3))
    assert verdicts(once, often) == [Agreement.SAME, Agreement.SAME]
    assert Agreement.DIFFERENT in verdicts(once, history(lost(2)))
    assert Agreement.DIFFERENT in verdicts(once, history(refused(1, "agent-outdated"), lost(2)))


def test_what_is_judged_at_the_end_of_a_run_has_no_instant_of_its_own() -> None:
    """A live run waits there until over-use would have been stated; other expectations have one."""
    apart_ns = TIMING.overdue_ns + MINUTE_NS
    for step, verdict in (
        (f"{IN_THE_WHOLE_RUN}: 1 x tdm", Agreement.WITHIN),
        ("expect north: regular", Agreement.DIFFERENT),
    ):
        met = [
            Entry(at=at, host="world", fact=ExpectationMet(step=step, place=""))
            for at in (0, apart_ns)
        ]
        assert verdicts(history(met[0]), history(met[1])) == [verdict]


def test_whether_a_node_dials_before_it_is_enrolled_is_chance() -> None:
    """Both are done at once, and two processes do them. Where nobody enrols it, it is refused."""
    refused = Entry(at=MINUTE_NS, host="hq", fact=SessionRefused(node="north", code="node-unknown"))
    own = Entry(at=MINUTE_NS + 1, host="north", fact=ConnectionRefused(code="node-unknown"))
    for after_ns in (0, 2, TIMING.answer_ns):
        at_ns = MINUTE_NS + after_ns
        enrolled = Entry(at=at_ns, host="hq", fact=NodeEnrolled(node="north"))
        story = sorted([refused, own, enrolled], key=lambda entry: entry.at)
        assert verdicts(history(*story), history(enrolled)) == [Agreement.SAME], after_ns
    never = [Agreement.DIFFERENT, Agreement.DIFFERENT]
    assert verdicts(history(refused, own), history()) == never
    late = Entry(at=2 * MINUTE_NS + TIMING.answer_ns, host="hq", fact=NodeEnrolled(node="north"))
    assert verdicts(history(refused, own, late), history(late)).count(Agreement.DIFFERENT) == 2


def test_who_is_refused_again_after_a_success_is_told_again() -> None:
    """That is another refusal, and one history alone may have it."""
    refused = [Entry(at=at, host="north", fact=LeaseRefused(code="old")) for at in (1, DAY_NS)]
    lease = LeaseInstalled(lease_id="", seq=1, epoch=1, seats={})
    between = Entry(at=2, host="north", fact=lease)
    assert verdicts(history(*refused), history(*refused[:1])) == [Agreement.SAME]
    twice = history(refused[0], between, refused[1])
    assert verdicts(twice, history(*refused[:1])) == [Agreement.SAME, Agreement.DIFFERENT]


def test_every_fact_is_a_milestone_or_said_to_be_none() -> None:
    """Messages and retries are what the worlds may do differently."""
    assert history(Entry(at=1, host="north", fact=ConnectionLost(cause="x"))).milestones == []
    assert set(TELLERS).isdisjoint(UNTOLD)
    assert {*TELLERS, *UNTOLD} == set(get_args(Fact))


@pytest.mark.parametrize("kind", TELLERS)
@settings(max_examples=3)
@given(data=st.data())
def test_one_fact_of_each_kind_is_found_where_the_other_lacks_it(
    kind: type[Fact], data: st.DataObject
) -> None:
    """In either history, among the others, which are the same."""
    entry = Entry(at=40 * DAY_NS, host="north", fact=data.draw(examples_of(kind)))
    assume(words_of(entry.fact))
    assume(not isinstance(entry.fact, OverUseChanged) or entry.fact.excess > 0)
    with_it, without = history(*ended(30 * DAY_NS), entry), history(*ended(30 * DAY_NS))
    for sides in ((with_it, without), (without, with_it)):
        pairs = compare(*sides, tolerance=lambda *_: MINUTE_NS)
        [found] = [pair for pair in pairs if pair.verdict is Agreement.DIFFERENT]
        assert (found.one or found.other).words == words_of(entry.fact)


def test_programs_that_end_have_no_order() -> None:
    """A central CLA that ends itself is there, though other facts stand before it."""
    programs = [
        Entry(at=at, host="hq", fact=ProgramEnded(program=name, reason="state-unreachable"))
        for at, name in enumerate(["cla", "node"])
    ]
    beside = [Entry(at=at, host="hq", fact=HostCrashed(wall_ns=0)) for at in (1, 2)]
    one, other = history(programs[0], *beside, programs[1]), history(*beside, *programs[::-1])
    assert verdicts(one, other) == [Agreement.SAME] * 4


def test_what_may_have_been_about_to_happen_at_the_end_is_left_open() -> None:
    """The other run ended before chance could bring it; what a step does is in every whole run."""
    late_ns = END_NS - TIMING.overdue_ns
    assert verdicts(history(lost(late_ns)), history()) == [Agreement.OPEN]
    assert verdicts(history(), history(lost(late_ns - 2 * MINUTE_NS))) == [Agreement.DIFFERENT]
    assert verdicts(history(off(END_NS)), history()) == [Agreement.DIFFERENT]


def test_after_the_end_by_a_broken_rule_nothing_is_compared() -> None:
    """What stands before that end is."""
    broken = history(off(5), end_ns=None)
    assert verdicts(history(off(5), off(DAY_NS)), broken) == [Agreement.SAME, Agreement.OPEN]
    broken = history(off(DAY_NS), end_ns=None)
    assert verdicts(history(off(5), off(DAY_NS)), broken) == [Agreement.DIFFERENT, Agreement.SAME]


def test_facts_are_released_in_the_order_of_their_instants() -> None:
    """A late one is not lost: it gets the instant of its predecessor, and that is noted."""
    out: list[tuple[int, str, Fact]] = []
    late: list[tuple[str, int, int]] = []
    merge = FactMerge(
        lambda at, host, fact: out.append((at, host, fact)),
        lambda host, at, by: late.append((host, at, by)),
    )
    cut = LinkCut(link="hq-north", directions=[])
    for at in (30, 10, 20):
        merge.add(Entry(at=at, host=str(at), fact=cut))
    merge.release_until(20)
    assert [host for _, host, _ in out] == ["10", "20"]
    merge.add(Entry(at=5, host="late", fact=cut))
    merge.release_all()
    assert [(at, host) for at, host, _ in out] == [(10, "10"), (20, "20"), (20, "late"), (30, "30")]
    assert late == [("late", 20, 15)]
