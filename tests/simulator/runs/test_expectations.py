"""What can be expected, and that nothing is met for the wrong reason."""

import pytest
from test_steps import SMALL, judged, played

from licensing.events import (
    DemandUnanswered,
    DemandUnsent,
    Entry,
    NothingChanged,
    StepRefused,
    WizardCompleted,
)
from licensing.words import Role
from simulator.report.sentences import sentence
from simulator.report.verdict import verdict
from simulator.runs.play import Result, play
from simulator.scenario import ScenarioError, parse_scenario

OUTAGE = "cut: hq-north"
SLAVE_AGAIN = "wizard: {node: north, role: slave, master: hq}"


def played_at(*steps: tuple[str, str]) -> tuple[Result, list[Entry], str]:
    """The small internetwork, licensed, then steps at their moments; with the verdict."""
    lines = [f"  - {{at: {at}, {step}}}" for at, step in steps]
    scenario = parse_scenario(SMALL + "\n".join(lines) + "\n", "small")
    entries: list[Entry] = []
    result = play(scenario, readers=[entries.append])
    return result, entries, verdict(result).text


def test_everything_that_the_license_table_counts_can_be_expected():
    """Networking, too; by node what the CLA counts of it, of all nodes the whole table."""
    result, entries = played(
        "expect: {node: north, licensed: {tdm: 2, s2m: 2, networking: 1, ip: 0}}",
        "expect: {node: all, licensed: {networking: 1, ip: 2}}",
        "expect: {node: all, bought: {base: 1, s2m: 4}, free: {base: 1, s2m: 2, tdm: 0}}",
        "expect: {node: hq, bought: {base: 1}, in_use: {ip: 2}}",
        "expect: {node: north, in_use: {networking: 1, tdm: 2, ip: 0}, reserved: {tdm: 0}}",
        "assign: {trunk: s2m-1, channels: 4}",
        "unassign: {number: 200, license: tdm}",
        "expect: {node: north, unsaved: {s2m: 2, tdm: 1}, not_licensed: {s2m: 0}}",
        "add_subscriber: {node: north, number: 210, type: analog}",
        "add_subscriber: {node: north, number: 211, type: analog}",
        "assign: {number: 210, license: tdm}",
        "assign: {number: 211, license: tdm}",
        "unlock: north",
        "expect: {node: north, unsaved: {s2m: 0}, not_licensed: {tdm: 1}, licensed: {tdm: 2}}",
        "expect: {node: all, not_licensed: {tdm: 1}, free: {tdm: 0}}",
    )
    assert result.holds, judged(entries)


def test_counts_that_differ_say_what_was_counted():
    """Each number of each key by itself; a table that a node does not have cannot be asked."""
    _, entries = played(
        "expect: {node: north, licensed: {networking: 2, tdm: 2}, in_use: {tdm: 1}}",
        "expect: {node: north, bought: {base: 1}}",
        "crash: north",
        "expect: {node: all, licensed: {ip: 2}}",
        "expect: {node: all, in_use: {ip: 2}}",
    )
    got = judged(entries)
    assert got[0] == (
        "wanted licensed networking: 2, in use tdm: 1; got licensed networking: 1, in use tdm: 2"
    )
    assert (
        "could not be asked: No Customer License Agent is installed on this system's host" in got[1]
    )
    assert ".," not in got[1]
    assert "could not be asked: node of north does not answer: the host has no power" in got[2]
    assert got[3].startswith("ok")


def test_cause_rest_and_reserved_seats_of_a_node_that_is_cut_off():
    """What led to its status, what is left of its period with a tolerance, what is kept for it."""
    result, entries, _ = played_at(
        ("day 0 09:30", "expect: {node: north, cause: lease of a newer epoch}"),
        ("day 0 10:00", OUTAGE),
        ("day 1 10:00", "expect: {node: north, state: failover, rest: 29 days ± 1 h}"),
        ("day 1 10:00", "expect: {node: north, rest: 28 days 23 h}"),
        ("day 1 10:00", "expect: {node: north, cause: connection to the central CLA lost}"),
        ("day 1 10:00", "expect: {node: all, reserved: {tdm: 2, networking: 1}, in_use: {tdm: 0}}"),
        ("day 1 10:00", "expect: {node: north, reserved: {s2m: 2}}"),
        ("deadline of north - 1 h", "expect: {node: north, rest: 1 h}"),
        ("deadline of north - 1 h", "expect: {node: north, rest: 1 h +- 1 min}"),
        ("deadline of north + 1 h", "expect: {node: north, cause: failover period ended}"),
    )  # fmt: skip
    assert result.holds, judged(entries)
    _, entries, _ = played_at(
        ("day 0 10:00", OUTAGE),
        ("day 1 10:00", "expect: {node: north, rest: 27 days ± 1 h}"),
        ("deadline of north + 1 min", "expect: {node: north, rest: 0 s ± 1 h}"),
    )
    got = judged(entries)
    assert got[0].startswith("wanted north rest: 27 days ± 1 h; got north rest: 28 days 23 h")
    assert got[1].endswith("no period runs")


def test_what_is_left_of_the_activation_period_can_be_expected():
    """It is a period, too (F10), and begins with the first access to the WBM."""
    text = SMALL.partition("timeline:")[0] + "timeline:\n"
    text += "  - {at: day 10 08:00, expect: {node: hq, state: activation-period, rest: 20 days}}\n"
    assert play(parse_scenario(text, "fresh")).holds


def test_a_call_that_is_up_and_what_one_telephone_shows():
    """Until it is over; of a telephone without a display there is nothing to read."""
    result, entries, _ = played_at(
        ("day 0 10:00", "call: {from: 200, to: 0891234567, for: 10 min}"),
        ("day 0 10:00", "call: {from: outside, to: 100, for: 10 min}"),
        ("day 0 10:05", "expect: {call: {from: 200, to: 0891234567, is: up}}"),
        ("day 0 10:05", "expect: {call: {from: outside, to: 100}}"),
        ("day 0 10:11", "expect: {call: {from: 200, to: 0891234567, is: over}}"),
        ("day 0 10:11", "expect: {number: 100, display: idle}"),
        ("day 0 10:11", "expect: {number: 200, display: no system telephone}"),
    )
    assert result.holds, judged(entries)
    _, entries = played(
        "call: {from: 200, to: 0891234567}",
        "expect: {call: {from: 200, to: 0891234567}}",
        "expect: {number: 100, display: Failover Period}",
    )
    assert judged(entries) == [
        "wanted call from 200 to 0891234567: up; got call from 200 to 0891234567: over",
        "wanted display of 100: Failover Period; got display of 100: idle",
    ]


def test_a_call_may_last_longer_than_the_run():
    """Who hangs up finds no program any more, and nothing fails."""
    result, _, _ = played_at(("day 0 10:00", "call: {from: 200, to: 0891234567, for: 10 min}"))
    assert result.holds


def test_a_call_is_refused_for_the_reason_that_is_expected():
    """Another reason, or none, is not what was meant."""
    _, entries, _ = played_at(
        ("day 0 10:00", "unassign: {number: 200, license: tdm}"),
        ("day 0 10:01", "unlock: north"),
        ("day 0 10:02", "call: {from: 200, to: 0891234567, refused: no-station-license}"),
        ("day 0 10:02", "call: {from: 200, to: 0891234567, refused: emergency-mode}"),
        ("day 0 10:02", "call: {from: 201, to: 0891234567, refused: emergency-mode}"),
    )
    assert judged(entries) == [
        "ok: call from 200 to 0891234567, expect refused (no-station-license)",
        "wanted call: refused (emergency-mode); got call: refused (no-station-license)",
        "wanted call: refused (emergency-mode); got call: connected",
    ]


def test_what_could_not_be_asked_is_not_met():
    """Its host is off, its program is starting, it is frozen, its deadline never comes."""
    result, entries, text = played_at(
        ("day 0 10:00", "crash: north"),
        ("day 0 10:01", "expect: {node: north, licensed: {tdm: 2}}"),
        ("day 0 10:01", "expect: {node: north, state: down, display: dark}"),
        ("day 0 10:01", "call: {from: 200, to: 112, expect: connected}"),
        ("day 0 10:02", "start: north"),
        ("day 0 10:02", "expect: {node: north, state: regular}"),
        ("day 0 10:03", "freeze: north"),
        ("day 0 10:03", "expect: {node: north, state: regular}"),
        ("day 0 10:03", "thaw: north"),
        ("deadline of hq", "expect: {node: hq, state: failover}"),
        ("deadline of hq", "unlock: hq"),
    )
    told = judged(entries)
    assert sum("could not be asked" in each for each in told) == 5, told
    assert sum(each.startswith("ok") for each in told) == 1
    refused = [entry for entry in result.shortfalls if isinstance(entry.fact, StepRefused)]
    assert [entry.fact.code for entry in refused] == ["no-deadline"]
    assert text == "fails: 5 of 6 expectations not met, 1 step refused"


def test_a_moment_that_was_over_when_its_turn_came_is_told():
    """Steps that stand after a dated one and are before it, or after the end of the period."""
    _, entries, text = played_at(
        ("day 0 10:00", OUTAGE),
        ("day 20 08:00", "expect: {node: north, state: failover}"),
        ("deadline of north - 20 days", "expect: {node: north, state: failover}"),
        ("deadline of north - 20 days", "freeze: north"),
        ("day 40 08:00", "expect: {node: north, state: emergency}"),
        ("deadline of north - 1 h", "expect: {node: north, state: failover}"),
    )  # fmt: skip
    late, met, emergency, never = judged(entries)
    assert "that was before day 20 08:00:00, when this step's turn came" in late
    assert "north has not been in failover since day 40 08:00:00" in never
    assert met.startswith("ok")
    assert emergency.startswith("ok")
    assert text == "fails: 2 of 4 expectations not met, 1 step refused"


UNREACHED = (
    ("day 0 10:00", OUTAGE),
    ("day 0 10:00", "add_subscriber: {node: north, number: 210, type: analog}"),
    ("day 0 10:00", "unassign: {number: 201, license: tdm}"),
    ("day 0 10:01", "assign: {number: 210, license: tdm}"),
    ("day 0 12:00", "unlock: all"),
)


def test_a_check_and_unlock_that_is_not_sent_is_told_and_fails_nothing():
    """F8: the journal says it, both ways of expecting it work, the verdict counts what is left."""
    unsent = ("day 0 13:00", "expect: {node: north, demand: unsent}")
    _, entries, text = played_at(*UNREACHED, unsent)
    told = [entry for entry in entries if isinstance(entry.fact, DemandUnsent)]
    assert [(entry.host, entry.fact.seats[0].holder) for entry in told] == [("north", "210")]
    nothing = [e.fact.where for e in entries if isinstance(e.fact, NothingChanged)]
    assert nothing == ["hq"], "of all nodes each has its line"
    assert text == "holds: 1 expectation met in 5 h; at the end 1 demand not sent (north)"
    result, entries, text = played_at(
        *UNREACHED,
        ("day 0 12:30", "unlock: all, refused: {north: agent-unreachable}"),
        ("day 0 12:31", "unlock: north, refused: agent-unreachable"),
        ("day 0 12:32", "unlock: all, refused: agent-unreachable"),
        ("day 0 13:00", "heal: hq-north"),
        ("day 0 14:00", "expect: {node: north, demand: unsent, unsaved: {tdm: 1}}"),
        ("day 0 14:01", "unlock: north"),
        ("day 0 14:02", "expect: {node: north, demand: none, licensed: {tdm: 2}}"),
    )
    assert result.holds, judged(entries)
    assert text == "holds: 5 expectations met in 6 h 2 min"


def test_a_check_and_unlock_that_waits_for_its_answer():
    """Sent, and cut off from the answer: told after five minutes, answered after the heal."""
    _, entries, text = played_at(
        ("day 0 10:00", "unassign: {number: 201, license: tdm}"),
        ("day 0 10:00", "assign: {trunk: s2m-1, channels: 4}"),
        ("day 0 10:01", "cut_one_way: {from: hq, to: north}"),
        ("day 0 10:01", "unlock: north"),
        ("day 0 10:02", "expect: {node: north, demand: waiting}"),
        ("day 0 10:10", "expect: {node: north, demand: waiting}"),
    )
    assert not any(isinstance(entry.fact, DemandUnsent) for entry in entries)
    (waiting,) = [entry for entry in entries if isinstance(entry.fact, DemandUnanswered)]
    assert waiting.host == "north"
    assert text.endswith("2 h 10 min; at the end 1 demand waiting for the answer (north)")


def test_a_wizard_at_a_node_that_is_cut_off_says_that_its_cla_is_not_reached():
    """It is done: the address is kept, and tried again."""
    _, entries = played("wizard: {node: north, role: standalone}", OUTAGE, SLAVE_AGAIN)
    (wizard,) = [e.fact for e in entries if isinstance(e.fact, WizardCompleted)][-1:]
    assert (wizard.role, bool(wizard.failure)) == (Role.SLAVE, True)
    assert f"which is not reached yet: {wizard.failure}" in sentence(wizard)


def test_where_nothing_is_expected_the_verdict_speaks_of_the_steps_alone():
    """Nothing of "0 of 0 expectations"."""
    call = ("day 0 10:00", "call: {from: 200, to: 112}")
    assert played_at(("day 0 10:00", "crash: north"), call)[2] == "fails: 1 step refused"


def test_many_steps_at_one_instant():
    """A node that starts at the very instant answers nobody yet: what is asked of it is not met."""
    steps = [
        OUTAGE, "heal: hq-north", OUTAGE, "crash: north", "start: north",
        "call: {from: 200, to: 112, expect: connected}",
        "expect: {node: north, state: failover}", "heal: hq-north",
    ]  # fmt: skip
    at_once = [("day 0 10:00", step) for step in steps]
    later = ("day 0 12:00", "expect: {node: north, state: regular}")
    _, entries, text = played_at(*at_once, later)
    assert text == "fails: 2 of 3 expectations not met"
    assert ["could not be asked" in each for each in judged(entries)] == [True, True, False]


def test_outcomes_of_a_check_and_unlock_are_expected_by_node():
    """A node that is not named must be done; one that is named must be refused so."""
    failed = "refused: connection-failed"
    _, entries = played(
        "unlock: all, refused: {north: agent-unreachable}",
        "crash: north",
        "unlock: all",
        "unlock: all, refused: {north: connection-failed}",
        "unlock: all, refused: {hq: connection-failed}",
    )
    assert judged(entries) == [
        "wanted north: refused: agent-unreachable; got north: done",
        "ok: check and unlock at every node, expect refused: connection-failed at north",
        f"wanted hq: {failed}, north: done; got hq: done, north: {failed}",
    ]
    (refused,) = [entry.fact for entry in entries if isinstance(entry.fact, StepRefused)]
    assert refused.text.startswith("north: node of north does not answer")


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("expect: {node: hq, licensed: {base: 1}}", "expect `bought: {base: 1}`"),
        ("expect: {node: hq, unsaved: {networking: 1}}", "expect it `licensed`"),
        ("expect: {node: hq}", "expect something"),
        ("expect: {node: hq, number: 100, display: idle}", "names one: `node`"),
        ("expect: {number: 100, state: regular}", "its `display` is expected, no more"),
        ("expect: {number: 199, display: idle}", "the number 199 belongs to no subscriber"),
        ("expect: {call: {from: 199, to: 100}}", "the number 199 belongs to no subscriber"),
        ("expect: {call: {from: 100, to: 101}, state: regular}", "leave `state` out"),
        ("expect: {node: hq, rest: 29 days ± 1 h ± 1 h}", "one tolerance"),
        ("call: {from: 100, to: 101, expect: refused, refused: restricted}", "leave `expect` out"),
        ("call: {from: 100, to: 101, refused: not-master}", "emergency-mode"),
        ("call: {from: 100, to: 101}, refused: restricted", "stands inside `call`, not beside"),
        ("expect: {node: hq}, state: regular", "`state` stands inside `expect`, not beside"),
        ("unlock: hq, refused: {hq: not-master}", "write its refusal alone"),
        ("unlock: all, refused: {nroth: not-master}", "there is no node 'nroth'"),
    ],
)  # fmt: skip
def test_an_expectation_that_means_nothing_is_an_error(step, message):
    """It says what to write instead."""
    with pytest.raises(ScenarioError) as error:
        parse_scenario(f"{SMALL}  - {{at: day 0 10:00, {step}}}\n", "small")
    assert message in str(error.value)
