"""The table of ways out in docs/operating.md: each row starts from its state and ends regular.

A row is a state or a refusal that can last. Most are played as timelines of the scenario language,
with the oracle; a row that the language cannot bring about names the test that plays it.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from licensing.errors import ERRORS, REFUSALS
from licensing.words import NodeState
from simulator.cli.api_documents import api_document
from simulator.runs.play import play
from simulator.scenario import parse_scenario

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs" / "operating.md"

INTERNETWORK = """
title: A way out
about: From a state that lasts to regular operation.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq:
      {model: S, role: master, locking_id: 00-1A-E8-4C-00-01,
       subscribers: [{numbers: 100-101, type: ip-hfa, licenses: [ip]}],
       trunks: [{name: itsp-1, kind: itsp, channels: 2}]}
    north:
      {model: X3, role: slave, subscribers: [{numbers: 200-201, type: up0, licenses: [tdm]}],
       trunks: [{name: s2m-1, kind: s2m, channels: 2}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1, ip: 2, tdm: 2, itsp: 2, s2m: 2}
    LAC-2: {base: 1, networking: 1, ip: 2, tdm: 2, itsp: 2, s2m: 2}
    EVALUATION:
      {licenses: {base: 1, networking: 1, ip: 2, tdm: 2, itsp: 2, s2m: 2}, valid_for: 40 days}
    NO-NETWORKING: {base: 1, ip: 2, tdm: 2, itsp: 2, s2m: 2}
    NETWORKING: {networking: 1}
    NO-BASE: {ip: 2}
timeline:
"""
REGISTRATION = "registration: {company: Example Ltd, contact: it@example.com}"
LICENSED = """
day 0 09:00, ACTIVATE LAC-1
day 0 10:00, unlock: all
day 0 11:00, expect: {all: regular}
"""
EMERGENCY = f"""{LICENSED}
day 1 08:00, cut: hq-north
day 31 12:00, heal: hq-north
day 31 13:00, expect: {{node: north, state: emergency}}
"""
RELICENSED = """
day 32 09:00, relicense: {node: hq}
day 32 10:00, expect: {all: regular}
"""

PLAYED: Mapping[str, str] = {
    "failover": f"""{LICENSED}
        day 1 08:00, cut: hq-north
        day 2 08:00, expect: {{node: north, state: failover}}
        day 2 08:00, heal: hq-north
        day 2 09:00, expect: {{all: regular}}""",
    "emergency": EMERGENCY + RELICENSED,
    "emergency, without the Internet": f"""{EMERGENCY}
        day 31 14:00, cut: hq-internet
        day 32 09:00, relicensing_request: {{node: hq, as: request}}
        day 32 10:00, relicense_by_file: {{request: request, as: answer}}
        day 32 11:00, upload_license_file: {{node: hq, file: answer}}
        day 32 12:00, expect: {{all: regular}}""",
    "relicensing-required": f"""{EMERGENCY}
        day 31 14:00, unassign: {{number: 100, license: ip}}
        day 31 14:01, unlock: hq
        day 31 14:10, assign: {{number: 100, license: ip}}
        day 31 14:11, unlock: hq
        day 31 14:20, expect: {{node: hq, state: regular, licensed: {{ip: 1}}}}
        {RELICENSED}
        day 32 11:00, unlock: hq
        day 32 11:10, expect: {{node: hq, state: regular, licensed: {{ip: 2}}}}""",
    "restricted": """
        day 31 09:00, expect: {node: hq, state: restricted}
        day 31 10:00, ACTIVATE LAC-1
        day 31 11:00, unlock: all
        day 31 12:00, expect: {all: regular}""",
    "restricted, its state is damaged": f"""{LICENSED}
        day 1 08:00, replace_hardware: {{node: north, locking_id: 00-1A-E8-4C-00-22}}
        day 1 09:00, expect: {{node: north, state: restricted}}
        day 1 10:00, wizard: {{node: north, role: slave, master: hq}}
        day 1 11:00, assign: {{number: 200, license: tdm}}
        day 1 11:01, unlock: north
        day 1 11:10, expect: {{node: north, state: regular, licensed: {{tdm: 1}}}}""",
    "license-file-ended": """
        day 0 09:00, ACTIVATE EVALUATION
        day 0 10:00, unlock: all
        day 0 11:00, expect: {all: regular}
        day 41 09:00, expect: {node: hq, state: restricted}
        day 41 09:00, expect: {node: north, state: restricted}
        day 41 10:00, ACTIVATE LAC-1
        day 41 11:00, unlock: all
        day 41 12:00, expect: {all: regular}""",
    "not-activated": """
        day 0 09:00, unlock: all
        day 0 09:10, expect: {node: north, licensed: {tdm: 0}}
        day 0 10:00, ACTIVATE LAC-1
        day 0 10:30, unlock: all
        day 0 11:00, expect: {all: regular}
        day 0 11:00, expect: {node: north, licensed: {tdm: 2}}""",
    "too-few-licenses": f"""{LICENSED}
        day 1 08:00, add_subscriber: {{node: hq, number: 102, type: ip-hfa}}
        day 1 08:01, assign: {{number: 102, license: ip}}
        day 1 08:02, unlock: hq
        day 1 08:10, expect: {{node: hq, licensed: {{ip: 2}}}}
        day 1 09:00, ACTIVATE LAC-2
        day 1 09:10, unlock: hq
        day 1 09:20, expect: {{node: hq, state: regular, licensed: {{ip: 3}}}}""",
    "agent-clock-set-back": f"""{LICENSED}
        day 1 08:00, cut: hq-internet
        day 1 08:00, clock: {{node: hq, by: -2 days}}
        day 1 12:00, expect: {{node: north, state: failover}}
        day 1 12:30, relicense: {{node: hq}}, refused: agent-clock-set-back
        day 1 13:00, clock: {{node: hq, by: +2 days}}
        day 1 14:00, expect: {{all: regular}}""",
    "agent-clock-set-back, without the Internet": f"""{LICENSED}
        day 1 08:00, cut: hq-internet
        day 1 08:00, clock: {{node: hq, by: +30 days}}
        day 1 10:00, clock: {{node: hq, by: -30 days}}
        day 1 14:00, expect: {{node: north, state: failover}}
        day 1 15:00, relicensing_request: {{node: hq, as: request}}
        day 1 15:30, relicense_by_file: {{request: request, as: answer}}
        day 1 16:00, upload_license_file: {{node: hq, file: answer}}
        day 1 17:00, expect: {{all: regular}}""",
    "agent-clock-wrong": f"""{LICENSED}
        day 1 08:00, clock: {{node: hq, by: -3 days}}
        day 1 12:00, expect: {{node: north, state: failover}}
        day 1 12:30, relicense: {{node: hq}}, refused: agent-clock-wrong
        day 1 13:00, clock: {{node: hq, by: +3 days}}
        day 1 14:00, expect: {{all: regular}}""",
    "locking-id-changed": f"""{LICENSED}
        day 1 08:00, replace_hardware: {{node: hq, locking_id: 00-1A-E8-4C-00-11}}
        day 1 09:00, wizard: {{node: hq, role: master}}, refused: locking-id-changed
        day 1 09:10, rehost: {{from: hq, for: 00-1A-E8-4C-00-11, as: moved}}
        day 1 09:20, upload_license_file: {{node: hq, file: moved}}
        day 1 09:30, wizard: {{node: hq, role: master}}
        day 1 10:30, expect: {{all: regular}}""",
    "state-unreachable": f"""{LICENSED}
        day 1 08:00, disk: {{node: hq, is: full}}
        day 1 08:10, unassign: {{number: 200, license: tdm}}
        day 1 08:11, unlock: north
        day 1 11:00, expect: {{node: north, state: failover}}
        day 1 12:00, disk: {{node: hq, is: freed}}
        day 1 13:00, expect: {{all: regular}}""",
    "node-unknown": f"""{LICENSED}
        day 1 08:00, crash: north
        day 1 12:00, forget: {{node: north}}
        day 1 13:00, start: north
        day 1 14:00, expect: {{node: north, state: failover}}
        day 1 15:00, wizard: {{node: north, role: slave, master: hq}}
        day 1 16:00, expect: {{all: regular}}
        day 1 16:00, expect: {{node: north, licensed: {{tdm: 2}}}}""",
    "node-key-differs": f"""{LICENSED}
        day 1 08:00, disk: {{node: north, is: lost}}
        day 1 09:00, wizard: {{node: north, role: slave, master: hq}}, refused: node-key-differs
        day 1 09:10, wizard: {{node: north, role: slave, master: hq, destroyed: yes}}
        day 1 10:00, unlock: north
        day 1 10:10, expect: {{node: north, state: regular, licensed: {{tdm: 2, s2m: 2}}}}""",
    "node-connected": f"""{LICENSED}
        day 1 08:00, forget: {{node: north}}, refused: node-connected
        day 1 08:10, wizard: {{node: north, role: standalone}}
        day 1 08:20, wizard: {{node: north, role: slave, master: hq}}
        day 1 09:00, unlock: north
        day 1 09:10, expect: {{all: regular}}""",
    "no-networking-license": """
        day 0 09:00, ACTIVATE NO-NETWORKING
        day 0 10:00, expect: {node: hq, state: regular}
        day 0 10:00, expect: {node: north, state: activation-period}
        day 0 10:10, ACTIVATE NETWORKING
        day 0 11:00, expect: {all: regular}""",
    "not-master": """
        day 0 08:30, activate: {node: north, lac: LAC-1, REGISTRATION}, refused: not-master
        day 0 09:00, ACTIVATE LAC-1
        day 0 10:00, expect: {all: regular}""",
    "base-license-missing": """
        day 0 09:00, ACTIVATE NO-BASE, refused: base-license-missing
        day 0 09:10, ACTIVATE LAC-1
        day 0 09:20, ACTIVATE NO-BASE
        day 0 10:00, expect: {all: regular}""",
    "lac-used": """
        day 0 08:30, issue: {lac: LAC-1, for: 00-1A-E8-4C-00-09, REGISTRATION, as: elsewhere}
        day 0 09:00, ACTIVATE LAC-1, refused: lac-used
        day 0 09:10, rehost: {from: 00-1A-E8-4C-00-09, for: hq, as: moved}
        day 0 09:20, upload_license_file: {node: hq, file: moved}
        day 0 10:00, expect: {all: regular}""",
    "license-file-foreign": """
        day 0 08:30, issue: {lac: LAC-1, for: 00-1A-E8-4C-00-09, REGISTRATION, as: elsewhere}
        day 0 09:00, upload_license_file: {node: hq, file: elsewhere}, refused: license-file-foreign
        day 0 09:10, rehost: {from: 00-1A-E8-4C-00-09, for: hq, as: moved}
        day 0 09:20, upload_license_file: {node: hq, file: moved}
        day 0 10:00, expect: {all: regular}""",
    "license-file-outdated": """
        day 0 08:30, issue: {lac: LAC-1, for: hq, REGISTRATION, as: older}
        day 0 08:40, issue: {lac: LAC-2, for: hq, REGISTRATION, as: newer}
        day 0 09:00, upload_license_file: {node: hq, file: newer}
        day 0 09:10, upload_license_file: {node: hq, file: older}, refused: license-file-outdated
        day 0 09:20, upload_license_file: {node: hq, file: newer}
        day 0 10:00, expect: {all: regular}""",
    "license-file-given-up": f"""{LICENSED}
        day 1 08:00, rehost: {{from: hq, for: 00-1A-E8-4C-00-09, as: away}}
        day 1 09:00, relicense: {{node: hq}}, refused: license-file-given-up
        day 1 09:10, rehost: {{from: 00-1A-E8-4C-00-09, for: hq, as: back}}
        day 1 09:20, upload_license_file: {{node: hq, file: back}}
        day 1 10:00, expect: {{all: regular}}""",
    "connection-failed": """
        day 0 08:30, cut: hq-internet
        day 0 09:00, ACTIVATE LAC-1, refused: connection-failed
        day 0 09:10, heal: hq-internet
        day 0 09:20, ACTIVATE LAC-1
        day 0 10:00, expect: {all: regular}""",
    "locking-id-in-use": """
        day 0 08:30, issue: {lac: LAC-1, for: 00-1A-E8-4C-00-09, REGISTRATION, as: other}
        day 0 08:40, issue: {lac: LAC-2, for: hq, REGISTRATION, as: own}
        day 0 09:00, rehost: {from: 00-1A-E8-4C-00-09, for: hq, as: no}, refused: locking-id-in-use
        day 0 09:10, combine: {files: [other, own], for: hq, as: both}
        day 0 09:20, upload_license_file: {node: hq, file: both}
        day 0 10:00, expect: {all: regular}""",
    "license-file-superseded": """
        day 0 08:20, issue: {lac: LAC-1, for: 00-1A-E8-4C-00-09, REGISTRATION, as: old}
        day 0 08:30, issue: {lac: NETWORKING, for: 00-1A-E8-4C-00-09, REGISTRATION, as: new}
        day 0 08:40, issue: {lac: LAC-2, for: hq, REGISTRATION, as: own}
        day 0 09:00, combine: {files: [old, own], for: hq, as: no}, refused: license-file-superseded
        day 0 09:10, combine: {files: [new, own], for: hq, as: both}
        day 0 09:20, upload_license_file: {node: hq, file: both}
        day 0 10:00, expect: {all: regular}""",
    "agent-key-unproven": """
        day 0 08:30, issue: {lac: LAC-1, for: hq, REGISTRATION, as: newest}
        day 0 09:00, ACTIVATE LAC-1, refused: agent-key-unproven
        day 0 09:10, upload_license_file: {node: hq, file: newest}
        day 0 09:20, ACTIVATE LAC-1
        day 0 10:00, expect: {all: regular}""",
    "agent-key-foreign": f"""{LICENSED}
        day 1 08:00, disk: {{node: hq, is: lost}}
        day 1 09:00, wizard: {{node: hq, role: master}}
        day 1 09:10, ACTIVATE LAC-1, refused: agent-key-foreign
        day 1 09:20, release_key: hq
        day 1 09:30, ACTIVATE LAC-1
        day 1 09:40, unlock: hq
        day 1 10:00, wizard: {{node: north, role: slave, master: hq}}
        day 1 11:00, unlock: north
        day 1 11:10, expect: {{all: regular}}""",
}
"""By state or refusal, and after a comma which way: what happens, one step a line."""

SHOWN_BY: Mapping[str, str] = {
    "agent-missing": "tests/nodes/wbm/test_wbm.py::"
    "test_only_a_host_with_a_cla_is_offered_to_be_master",
    "agent-outdated": "tests/simulator/runs/test_restore.py::"
    "test_a_license_file_that_is_newer_than_the_backup_must_be_activated_again",
    "clock-behind-file": "tests/master_cla/test_stopped_clock.py::"
    "test_a_clock_that_was_never_right_is_found_at_the_activation",
    "clone-suspected": "tests/nodes/test_node_disk.py::"
    "test_an_older_copy_with_an_older_lease_looks_like_a_clone",
    "demands-excessive": "tests/master_cla/test_demands.py::"
    "test_a_node_that_demands_without_end_is_refused_until_tomorrow",
    "agent-unreachable": "tests/nodes/test_node_disk.py::"
    "test_a_master_whose_cla_does_not_answer_stays_the_master",
    "epoch-unknown": "tests/simulator/runs/test_restore.py::"
    "test_a_license_server_that_was_put_back_knows_no_later_epoch",
    "equipment-unfitting": "tests/nodes/assignment/test_odd_orders.py::"
    "test_stored_subscribers_that_do_not_fit_a_changed_installation_are_told",
    "lease-invalid": "tests/nodes/cla_session/test_node_wire.py::"
    "test_a_lease_stays_readable_whoever_the_cla_is_now",
    "license-file-invalid": "tests/master_cla/test_unfitting_file.py::"
    "test_a_file_that_does_not_fit_changes_nothing",
    "locking-id-foreign": "tests/license_server/test_moves.py::"
    "test_an_order_is_activated_by_whoever_has_its_lac_but_not_by_another_customer",
    "locking-id-unclaimed": "tests/license_server/test_license_server_pages.py::"
    "test_a_system_of_nobody_is_expanded_once_it_is_the_customers",
    "request-malformed": "tests/license_server/test_ownership.py::"
    "test_a_cla_of_the_version_before_hears_what_to_do",
    "time-not-vouched": "tests/master_cla/test_stopped_clock.py::"
    "test_without_the_internet_a_request_is_carried",
    "license-ended": "tests/simulator/runs/test_transcripts.py::"
    "test_scenarios_play_as_their_transcripts_say_and_twice_the_same",
    "master-key-differs": "tests/nodes/cla_session/test_node_wire.py::"
    "test_a_lease_stays_readable_whoever_the_cla_is_now",
    "master-not-cla": "tests/nodes/wbm/test_wbm_nodes.py::"
    "test_the_wizard_refuses_what_is_no_central_cla",
    "node-name-taken": "tests/master_cla/test_enrolment.py::"
    "test_a_name_that_differs_in_capital_letters_only_is_no_other_node",
    "registration-missing": "tests/nodes/wbm/test_wbm.py::test_from_the_lac_to_a_licensed_station",
    "sign-in-too-often": "tests/nodes/wbm/test_wbm.py::"
    "test_guessing_is_slowed_down_and_the_first_account_is_explained",
    "signature-invalid": "tests/nodes/wbm/test_wbm_nodes.py::"
    "test_another_key_under_a_known_name_asks_what_became_of_the_old_one",
    "slaves-licensed": "tests/nodes/test_standalone.py::"
    "test_a_master_stays_it_while_its_cla_licenses_slaves",
    "state-damaged": "tests/nodes/test_node_disk.py::"
    "test_a_damaged_database_of_the_cla_puts_everyone_into_failover",
    "state-names-alike": "tests/master_cla/test_enrolment.py::"
    "test_a_store_with_two_names_that_differ_in_case_is_refused_with_both",
    "state-version-unknown": "tests/migration/test_former_states.py::"
    "test_any_other_version_is_refused_with_the_way_on",
    "vendor-key-foreign": "tests/master_cla/test_master_cla_process.py::"
    "test_a_vendor_key_that_is_not_that_of_the_stored_file",
    "version-unsupported": "tests/migration/test_other_versions.py::"
    "test_a_node_that_meets_a_cla_of_the_version_before_goes_on_in_failover",
}


def codes(text: str) -> frozenset[str]:
    """The codes in a text."""
    return frozenset(text.split())


WRONG_ENTRY = codes("""
request-too-large request-incomplete no-such-operation wrong-method idempotency-key-reused
idempotency-key-busy internal-error challenge-unknown lac-mistyped locking-id-malformed
lac-unknown order-empty license-unknown locking-id-unregistered relicensing-not-required
combine-too-few
locking-id-not-yours signed-request-invalid relicensing-request-answered customer-unknown
customer-exists account-malformed sign-in-refused registration-incomplete contact-malformed
request-pending master-indispensable master-address-foreign master-address-missing
subscriber-unknown trunk-unknown subscriber-refused license-unsuitable license-not-configurable
license-not-assigned assignments-changed profile-insufficient channels-exceeded message-malformed
""")
"""Of one entry or call: its hint says what to enter instead, and the next answer is another."""

BETWEEN_PROGRAMS = codes("""
message-unexpected lease-outdated request-reused agent-busy not-configured
""")
"""Programs say it to each other and go on by themselves; no operation of a person answers it."""

WORDS_OF_A_STATE = codes("""
lease-replaced taken-back prerequisite-refused file-ended no-station-license no-trunk-license
all-channels-busy emergency-mode called-party-unlicensed node-unreachable no-link no-such-number
no-trunk
""")
"""Of a call or an assignment: what it says of a state that has a row, or of the equipment."""

PASSING = WRONG_ENTRY | BETWEEN_PROGRAMS | WORDS_OF_A_STATE

LASTING_STATES = {NodeState.FAILOVER, NodeState.EMERGENCY, NodeState.RESTRICTED}


def rows() -> list[str]:
    """The states and refusals of the table, in its order; several may share a row."""
    table = DOCS.read_text().partition("## Ways out")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    return [code for cell in first_cells for code in re.findall(r"`([a-z-]+)`", cell)]


def timeline(text: str) -> str:
    """Steps as a scenario has them."""
    steps = []
    for line in filter(None, map(str.strip, text.splitlines())):
        at, _, step = line.partition(", ")
        step = re.sub(
            r"ACTIVATE ([A-Z0-9-]+)", r"activate: {node: hq, lac: \1, REGISTRATION}", step
        )
        steps.append(f"  - {{at: {at}, {step.replace('REGISTRATION', REGISTRATION)}}}\n")
    return "".join(steps)


@pytest.mark.parametrize("way", PLAYED)
def test_a_way_out_leads_out(way: str) -> None:
    """From the state, by what the row says, to regular operation; no rule is broken on the way."""
    result = play(parse_scenario(INTERNETWORK + timeline(PLAYED[way])))
    assert result.violation is None
    assert [entry.fact for entry in result.shortfalls] == []


def test_every_state_and_refusal_that_can_last_has_a_row() -> None:
    """A new code of the registry is either the answer to one request, or has a way out here."""
    known = {*ERRORS, *REFUSALS, *LASTING_STATES}
    assert set(rows()) == {str(code) for code in known} - PASSING
    assert known >= PASSING
    assert len(rows()) == len(set(rows()))
    assert len(PASSING) == len(WRONG_ENTRY) + len(BETWEEN_PROGRAMS) + len(WORDS_OF_A_STATE)


@pytest.mark.parametrize("api", ["node", "cla", "cls"])
def test_what_people_meet_is_not_put_aside_as_a_matter_of_programs(api: str) -> None:
    """The administration addresses answer nothing of it; whoever calls there is a person."""
    described = api_document(api).decode()
    met = {code for code in ERRORS if re.search(rf"\b{code}\b", described)}
    assert met
    assert met & BETWEEN_PROGRAMS == set()


def test_every_row_is_played() -> None:
    """By a timeline of this file, or by the test that is named, which exists."""
    played = {way.partition(",")[0] for way in PLAYED}
    assert played | SHOWN_BY.keys() == set(rows())
    for name in SHOWN_BY.values():
        path, _, function = name.partition("::")
        assert f"def {function}(" in (ROOT / path).read_text(), name


def test_a_way_out_that_leads_nowhere_is_found() -> None:
    """The planted fault: the row says to wait, where the internetwork has to be relicensed."""
    waiting = EMERGENCY + RELICENSED.replace("relicense: {node: hq}", "unlock: hq")
    result = play(parse_scenario(INTERNETWORK + timeline(waiting)))
    assert [entry.fact for entry in result.shortfalls] != []
