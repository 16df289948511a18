"""The story of a run, from facts made by hand: what it tells, in which words, and what not."""

from datetime import UTC, datetime
from itertools import pairwise
from typing import get_args

import pytest

from licensing import events
from licensing.events import (
    AssignmentChange,
    AssignmentsChanged,
    CallAnswered,
    CallReleased,
    ConnectionEstablished,
    DemandDecided,
    DisplaysChanged,
    Entry,
    ExpectationFailed,
    ExpectationMet,
    Fact,
    HeartbeatAnswered,
    HostCrashed,
    HostStarted,
    LeaseInstalled,
    LicenseFileAccepted,
    LinkCut,
    LinkHealed,
    NodeFacts,
    NothingChanged,
    OverUseChanged,
    RunBegan,
    SessionOpened,
    SessionRefused,
    StateChanged,
    SubscriberChanged,
)
from licensing.messages import RefusedSeat
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS, NS_PER_SECOND
from licensing.words import CallOutcome, Condition, LicenseState, NodeState, Role
from simulator.report.page import Calendar, Layout, Line, Row, Tone
from simulator.report.phrases import TIED, displays_in_words, number_ranges, period, quantities
from simulator.report.sentences import _SENTENCES, sentence
from simulator.report.story import Story

CALENDAR = Calendar(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
SHOWN = {str(number): "Failover Period" for number in range(200, 210)}


def told(*entries: Entry) -> list[Line]:
    """The lines that a story of these entries tells."""
    lines: list[Line] = []
    story = Story(CALENDAR, lines.append)
    for entry in entries:
        story(entry)
    story.end()
    return lines


def texts(*entries: Entry) -> list[str]:
    """Their texts, as a page shows them."""
    return [Row(line.text).text for line in told(*entries)]


def at(host: str, *facts: Fact, since_start: int = 0) -> list[Entry]:
    """Facts of one host at one instant."""
    return [Entry(at=since_start, host=host, fact=fact) for fact in facts]


def changed(before: NodeState, after: NodeState, charged_ns: int = 0) -> StateChanged:
    """A node changes its state."""
    return StateChanged(before=before, after=after, cause="a cause", charged_ns=charged_ns)


def assigned(holder: str, key: str, after: LicenseState, granted: int = 1) -> AssignmentChange:
    """A license gets another state."""
    before = LicenseState.CONFIGURABLE
    return AssignmentChange(
        holder=holder, license=key, before=before, after=after, quantity=1, granted=granted
    )


def call(outcome: CallOutcome = CallOutcome.CONNECTED, reason: str = "") -> CallAnswered:
    """200 calls 0891234567."""
    return CallAnswered(
        source="200",
        destination="0891234567",
        outcome=outcome,
        reason=reason,
        trunk="s2m-1" if outcome is CallOutcome.CONNECTED else "",
        emergency=False,
    )


def test_a_state_and_what_the_telephones_show_are_one_line() -> None:
    """Failover: the cause, the end of the period, and the message on the telephones."""
    failover = changed(NodeState.REGULAR, NodeState.FAILOVER, charged_ns=HOUR_NS)
    lines = told(*at("north", failover, DisplaysChanged(displays=SHOWN), since_start=3 * DAY_NS))
    assert lines == [
        Line(
            3 * DAY_NS,
            "north",
            "regular -> failover: a cause; the period ends on day 33 07:00:00; "
            '200-209 show "Failover Period"',
            Tone.FAILOVER,
            in_full=True,
        )
    ]


def test_the_end_of_a_period_counts_by_the_license_file_of_the_lease() -> None:
    """Not by that of another CLA, nor by a newer one by which the node has no lease yet."""
    files = [
        LicenseFileAccepted(
            serial=days, epoch=1, licenses={}, failover_period_ns=days * DAY_NS, valid_until=None
        )
        for days in (1, 2, 3)
    ]
    lease = LeaseInstalled("north/1", 1, 1, {})
    failover = changed(NodeState.REGULAR, NodeState.FAILOVER)
    lines = texts(
        *at("north", files[0], lease),
        *at("alone", files[1]),
        *at("north", files[2], failover),
    )
    assert "the period ends on day 1 08:00:00" in lines[-1]


def test_a_call_that_no_link_leads_to_names_the_node_of_a_number_that_was_added() -> None:
    """As of one that was there from the beginning."""
    refused = CallAnswered("200", "205", CallOutcome.REFUSED, "no-link", "", False)
    added = SubscriberChanged("205", "", "sip")
    (line,) = texts(*at("south", added), *at("north", refused))[-1:]
    assert line.endswith("(south)")


def test_what_changes_nothing_is_left_out() -> None:
    """Heartbeats, sessions and the first start of a machine are no story."""
    quiet: list[Fact] = [
        HostStarted(wall_ns=0),
        HeartbeatAnswered(round_trip_ns=1),
        SessionOpened(node="hq", condition=Condition.LICENSED, superseded=False),
        ConnectionEstablished(condition=Condition.LICENSED, epoch=1, round_trip_ns=1),
        LeaseInstalled(lease_id="hq/1", seq=1, epoch=1, seats={}),
    ]
    assert texts(*at("hq", *quiet)) == []


def test_power_comes_back_only_after_a_power_cut() -> None:
    """The second start of a machine is a line with its clock, the first is none."""
    facts = at("hq", HostStarted(wall_ns=0), HostCrashed(wall_ns=0), HostStarted(wall_ns=DAY_NS))
    assert texts(*facts) == ["power cut", "power on, clock at 1970-01-02 00:00:00"]


def test_links_stand_where_nodes_stand() -> None:
    """A cut names the link, and its direction where there is one."""
    cut = LinkCut(link="hq-north", directions=["hq->north", "north->hq"])
    one_way = LinkCut(link="hq-north", directions=["hq->north"])
    lines = told(*at("world", cut, one_way, LinkHealed(link="hq-north")))
    assert [(line.where, line.text) for line in lines] == [
        ("hq-north", "link cut"),
        ("hq-north", "link cut in one direction, from hq to north"),
        ("hq-north", "link healed"),
    ]


def test_a_refusal_is_told_once_until_it_is_over() -> None:
    """Redialing in vain every few minutes is one line."""
    refused = SessionRefused(node="north", code="clone-suspected")
    opened = SessionOpened(node="north", condition=Condition.LICENSED, superseded=False)
    words = "central CLA: session with north refused: clone suspected"
    assert texts(*at("hq", refused, refused)) == [words]
    assert texts(*at("hq", refused, opened, refused)) == [words, words]


def test_a_connection_that_needs_relicensing_is_told_once() -> None:
    """Being connected again does not end emergency mode: that is worth a line, but only one."""
    connected = ConnectionEstablished(
        condition=Condition.RELICENSING_REQUIRED, epoch=1, round_trip_ns=1
    )
    words = ["connected to the central CLA, epoch 1 (relicensing required)"]
    assert texts(*at("north", connected, connected)) == words


def test_check_and_unlock_is_one_line_with_the_reasons() -> None:
    """What was demanded stands there once; red licenses have their numbers and the reason."""
    holders = ("200", "201", "202")
    demand = [assigned(holder, "tdm", LicenseState.UNSAVED_DEMAND, 0) for holder in holders]
    decided = DemandDecided(
        node="north",
        request_id="1",
        granted=[],
        refused=[
            RefusedSeat(holder=holder, license="tdm", quantity=1, reason="too-few-licenses")
            for holder in holders[1:]
        ],
        released=[],
        held={},
    )
    outcome = [
        assigned("200", "tdm", LicenseState.LICENSED),
        assigned("201", "tdm", LicenseState.NOT_LICENSED, 0),
        assigned("202", "tdm", LicenseState.NOT_LICENSED, 0),
    ]
    lines = told(
        *at("north", AssignmentsChanged(changes=demand)),
        *at("hq", decided),
        *at("north", AssignmentsChanged(changes=outcome)),
    )
    assert [Row(line.text).text for line in lines] == [
        "licensed: 1 x tdm; not licensed: 2 x tdm (201-202), no tdm license is free"
    ]
    assert lines[0].tone is Tone.FAILED


def test_a_demand_without_an_answer_is_told() -> None:
    """While the CLA cannot be asked, demands stay unsaved, and a person sees it."""
    demand = [assigned("200", "tdm", LicenseState.UNSAVED_DEMAND, 0)]
    assert texts(*at("north", AssignmentsChanged(changes=demand))) == [
        "unsaved demand: 1 x tdm (200)"
    ]


def test_licenses_that_only_become_configurable_are_no_story() -> None:
    """Ticking a station license opens others; nobody wants to read that."""
    opened = assigned("200", "voicemail", LicenseState.NOT_CONFIGURABLE, 0)
    assert texts(*at("north", AssignmentsChanged(changes=[opened]))) == []


def test_some_channels_of_a_trunk() -> None:
    """A trunk with fewer channels than demanded is red, and uses what it has."""
    change = AssignmentChange(
        holder="s2m-1",
        license="s2m",
        before=LicenseState.UNSAVED_DEMAND,
        after=LicenseState.NOT_LICENSED,
        quantity=10,
        granted=6,
    )
    assert texts(*at("north", AssignmentsChanged(changes=[change]))) == [
        "not licensed: 10 x s2m (s2m-1), only 6 of 10 granted"
    ]


def test_a_call_and_its_expectation_are_one_line() -> None:
    """What was expected of a call stands at the call."""
    met = ExpectationMet(step="call from 200 to 0891234567, expect connected", place="f:1")
    expected = ["200 calls 0891234567: connected over s2m-1 (ok)"]
    assert texts(*at("north", call()), *at("world", met)) == expected


def test_a_refused_call_says_why() -> None:
    """The reason is in words, not a code."""
    refused = call(CallOutcome.REFUSED, "emergency-mode")
    reason = "emergency mode: emergency calls and calls to the attendant only"
    assert texts(*at("north", refused)) == [f"200 calls 0891234567: refused, {reason}"]


def test_only_a_call_that_lasted_has_an_end() -> None:
    """A call that is released at once is one line; one that was kept up, or cleared, has two."""
    released = CallReleased(source="200", destination="0891234567", cleared=False)
    cleared = CallReleased(source="200", destination="0891234567", cleared=True)
    placed = at("north", call())
    assert len(texts(*placed, *at("north", released))) == 1
    assert texts(*placed, *at("north", released, since_start=MINUTE_NS))[1] == (
        "call from 200 to 0891234567 ended"
    )
    assert texts(*placed, *at("north", cleared))[1] == (
        "call from 200 to 0891234567 cleared for an emergency call"
    )


def test_expectations_stand_at_their_node_with_a_mark() -> None:
    """What holds is quiet, what does not is not."""
    step = "expect north: failover"
    met = ExpectationMet(step=step, place="f:1")
    failed = ExpectationFailed(
        step=step, place="f:1", wanted="north state: failover", got="north state: regular"
    )
    lines = told(*at("world", met, failed))
    assert [(line.where, line.text, line.tone) for line in lines] == [
        ("north", "ok: failover", Tone.QUIET),
        (
            "north",
            "FAILED: wanted north state: failover; got north state: regular",
            Tone.FAILED,
        ),
    ]


def test_a_refusal_that_was_expected_is_told_as_one() -> None:
    """In the words of its code."""
    step = "relicense at north, expect refused: not-master"
    assert texts(*at("world", ExpectationMet(step=step, place=""))) == [
        "ok: relicense at north: refused, not master"
    ]


def test_a_step_that_changes_nothing_is_told_at_its_place() -> None:
    """Quietly: it is no mistake."""
    (line,) = told(*at("world", NothingChanged(where="hq-north", why="the link was healthy")))
    assert (line.where, line.tone) == ("hq-north", Tone.QUIET)
    assert line.text == "nothing changed: the link was healthy"


def test_a_call_without_a_link_names_the_node_that_none_leads_to() -> None:
    """The story knows the numbers of all nodes from the beginning of the run."""
    facts = NodeFacts(
        role=Role.SLAVE,
        address="",
        subscribers={"300": "ip-hfa"},
        trunks={},
        attendant="300",
    )
    began = RunBegan(title="", seed=1, start=datetime(2026, 3, 2, tzinfo=UTC), nodes={"s": facts})
    refused = CallAnswered(
        source="200",
        destination="300",
        outcome=CallOutcome.REFUSED,
        reason="no-link",
        trunk="",
        emergency=False,
    )
    assert texts(*at("world", began), *at("north", refused)) == [
        "200 calls 300: refused, no link leads to the called subscriber's node (s)"
    ]


def test_what_happens_to_a_license_at_once_is_told_by_its_end() -> None:
    """A subscriber is deleted: released, and not configurable any more, within one fact."""
    states = (LicenseState.LICENSED, LicenseState.UNSAVED_RELEASE, LicenseState.NOT_CONFIGURABLE)
    changes = [
        AssignmentChange(
            holder="200", license="tdm", before=before, after=after, quantity=0, granted=0
        )
        for before, after in pairwise(states)
    ]
    assert texts(*at("north", AssignmentsChanged(changes=changes))) == [
        "no longer assigned: 1 x tdm (200)"
    ]


def test_every_fact_has_its_sentence() -> None:
    """A fact that a journal can hold and nobody could read would be a hole in every report."""
    kinds = {kind for union in get_args(Fact) for kind in (get_args(union) or (union,))}
    assert kinds == set(_SENTENCES)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (
            events.SeatsRestored(node="north", held={"tdm": 10}, lost=[]),
            "central CLA: north holds its licenses again: 10 x tdm",
        ),
        (
            events.ClockStepped(by_ns=-HOUR_NS, wall_ns=0),
            "clock set back by 1 h, to 1970-01-01 00:00:00",
        ),
        (
            events.LatencyChanged(link="a-b", latency_ns=1_650_000),
            "latency of the link is now 1.65 ms",
        ),
        (
            events.BandwidthChanged(link="a-b", bandwidth_bit_s=1_500),
            "bandwidth of the link is now 1500 bit/s",
        ),
        (events.AgentStopped(code="c", text="its clock"), "central CLA stopped: its clock"),
        (
            events.IssueRefused(locking_id="X", code="lac-used"),
            "license server: no file for X: lac used",
        ),
    ],
)
def test_sentences(fact: Fact, words: str) -> None:
    """Durations, dates and codes are words."""
    assert Row(sentence(fact)).text == words


def test_numbers_in_ranges() -> None:
    """Runs of call numbers, with their leading zeros; names stay names."""
    assert number_ranges(["0098", "0099", "0100", "102", "s2m-1"]) == "0098-0100, 102, s2m-1"
    assert number_ranges(["99", "100"]) == "99, 100"


def test_displays_by_their_text() -> None:
    """Telephones with the same text stand together."""
    shown = displays_in_words({"200": "Failover Period", "201": "", "202": "Failover Period"})
    assert shown == '200, 202 show "Failover Period"; 201 show the idle display'


@pytest.mark.parametrize(
    ("nanoseconds", "words"),
    [
        (0, "0 s"),
        (15_000_000, "15 ms"),
        (DAY_NS, "1 day"),
        (30 * DAY_NS + 1, "30 days"),
        (29 * DAY_NS + HOUR_NS + 2 * NS_PER_SECOND, "29 days 1 h 2 s"),
    ],
)
def test_periods(nanoseconds: int, words: str) -> None:
    """Days, hours, minutes, seconds; smaller only where there is nothing larger."""
    assert period(nanoseconds).replace(TIED, " ") == words


def test_quantities_in_the_price_lists_order() -> None:
    """Whatever order a dictionary has."""
    assert quantities({"fax": 1, "ip": 2, "tdm": 0}).replace(TIED, " ") == "2 x ip, 1 x fax"
    assert quantities({}) == "none"


def test_days_are_counted_by_dates() -> None:
    """16 hours after 8 o'clock it is day 1."""
    assert CALENDAR.moment(16 * HOUR_NS - 1) == "day 0 23:59:59"
    assert CALENDAR.moment(16 * HOUR_NS, padded=True) == "day  1 00:00:00"


def test_a_narrow_page_breaks_between_words() -> None:
    """No word is broken, what belongs together stays together, and nothing is lost."""
    line = Line(0, "north", f"licensed: {quantities({'ip': 25, 'voicemail': 20, 'uc-suite': 20})}")
    for width in (100, 60, 40, 10):
        rows = [row.text for row in Layout(CALENDAR, places=8, width=width).rows(line)]
        assert all(len(row) <= max(width, 40) for row in rows)
        assert " ".join(" ".join(rows).split()) == (
            "day 0 08:00:00 north licensed: 25 x ip, 20 x voicemail, 20 x uc-suite"
        )
        assert not any(row.rstrip().endswith(" x") for row in rows)


def test_over_use_that_has_ended_is_no_failure() -> None:
    """Its begin is red; its end is as green as what is regular again."""
    begins = OverUseChanged(license="ip", excess=2, bought=10, users=[])
    ends = OverUseChanged(license="ip", excess=0, bought=10, users=[])
    lines = told(*at("hq", begins), *at("hq", ends, since_start=DAY_NS))
    assert [line.tone for line in lines] == [Tone.FAILED, Tone.REGULAR]
