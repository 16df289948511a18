"""Steps of the language as they are played: what is expected, refused, or changes nothing."""

import pytest

from licensing.events import (
    Entry,
    ExpectationFailed,
    ExpectationMet,
    LinkCut,
    NothingChanged,
    StepRefused,
)
from simulator.loop.runner import run
from simulator.runs.internetwork import Internetwork
from simulator.runs.play import Result, play
from simulator.scenario import parse_scenario
from simulator.worlds.known_names import UnknownName

SMALL = """
title: Small
about: A master and a slave.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: master, subscribers: [{numbers: 100-101, type: ip-hfa, licenses: [ip]}],
         trunks: [{name: itsp-1, kind: itsp, channels: 2}]}
    north: {model: X3, role: slave,
            subscribers: [{numbers: 200-201, type: analog, licenses: [tdm]}],
            trunks: [{name: s2m-1, kind: s2m, channels: 4, licensed: 2}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, networking: 1, ip: 2, tdm: 2, itsp: 2, s2m: 4, gate-view: 1}
timeline:
  - at: day 0 08:30
    activate: {node: hq, lac: LAC-1, registration: {company: Example, contact: it@example.com}}
  - {at: day 0 09:00, unlock: all}
"""


def played(*steps: str) -> tuple[Result, list[Entry]]:
    """The small internetwork, licensed, and then `steps` from 10:00 on, a minute apart."""
    lines = [f"  - {{at: day 0 10:{minute:02}, {step}}}" for minute, step in enumerate(steps)]
    entries: list[Entry] = []
    scenario = parse_scenario(SMALL + "\n".join(lines) + "\n", "small")
    return play(scenario, readers=[entries.append]), entries


def judged(entries: list[Entry]) -> list[str]:
    """How the expectations came out."""
    return [
        f"ok: {entry.fact.step}"
        if isinstance(entry.fact, ExpectationMet)
        else f"wanted {entry.fact.wanted}; got {entry.fact.got}"
        for entry in entries
        if isinstance(entry.fact, ExpectationMet | ExpectationFailed)
    ]


def test_a_step_that_needs_what_a_refused_step_was_to_make():
    """It is refused too, with the name that is missing, and the run goes on."""
    registration = "registration: {company: Example, contact: it@example.com}"
    result, entries = played(
        f"issue: {{lac: LAC-1, for: north, {registration}, as: again}}",
        "upload_license_file: {node: hq, file: again}",
        "upload_license_file: {node: hq, file: again}, refused: not-master",
        "crash: north",
        "add_subscriber: {node: north, number: 210, type: analog}",
        "assign: {number: 210, license: tdm}",
        "expect: {node: hq, state: regular}",
    )
    refused = [entry.fact for entry in result.shortfalls if isinstance(entry.fact, StepRefused)]
    assert [fact.code for fact in refused] == [
        "lac-used",
        "unknown-name",
        "connection-failed",
        "unknown-name",
    ]
    assert refused[1].text == "There is no license file 'again'; known: none."
    never = f"could not be asked: {refused[1].text.removesuffix('.')}"
    assert judged(entries) == [
        f"wanted upload_license_file: refused: not-master; got upload_license_file: {never}",
        "ok: expect hq: regular",
    ]
    assert len(result.shortfalls) == 5


def test_a_refusal_that_is_expected_is_no_shortfall():
    """The code must be the right one, and a step that is done is not refused."""
    result, entries = played(
        "relicense: {node: north}, refused: not-master",
        "relicense: {node: hq}, refused: not-master",
        "unlock: all, refused: not-master",
    )
    assert judged(entries) == [
        "ok: relicense at north, expect refused: not-master",
        "wanted step: refused: not-master; got step: refused: relicensing-not-required",
        "wanted step: refused: not-master; got step: hq done, north done",
    ]
    assert len(result.shortfalls) == 2


def test_channels_and_system_licenses_are_assigned_and_taken_back():
    """A trunk by its name, a system license by the node's (manual 4.3.2)."""
    result, entries = played(
        "assign: {trunk: s2m-1, channels: 4}",
        "assign: {node: north, license: gate-view}",
        "unlock: north",
        "expect: {node: north, licensed: {s2m: 4, gate-view: 1}}",
        "assign: {node: north, trunk: s2m-1, channels: 1}",
        "unassign: {node: north, license: gate-view}",
        "unlock: north",
        "expect: {node: north, licensed: {s2m: 1, gate-view: 0}}",
        "unassign: {trunk: s2m-1}",
        "unlock: north",
        "expect: {node: north, licensed: {s2m: 0}}",
    )
    assert result.holds, judged(entries)


def test_a_call_from_a_node_that_is_down_has_no_answer():
    """Nobody is there who could refuse it; one that is answered is not that."""
    result, entries = played(
        "call: {from: 200, to: 0891234567, expect: no answer}",
        "crash: north",
        "call: {from: 200, to: 0891234567, expect: no answer}",
        "expect: {node: north, display: dark}",
    )
    assert judged(entries) == [
        "wanted call: no answer; got call: connected",
        "ok: call from 200 to 0891234567, expect no answer",
        "ok: expect north: display 'dark'",
    ]
    assert len(result.shortfalls) == 1


@pytest.mark.parametrize(("node", "shown"), [("hq", "idle"), ("north", "no system telephone")])
def test_displays_have_words_of_their_own(node, shown):
    """An idle display, and a node whose telephones have none."""
    result, _ = played(f"expect: {{node: {node}, display: {shown}}}")
    assert result.holds


def test_a_file_takes_the_offline_way():
    """Issued for the present owner, it is the same file; rehosted, the old Locking ID lost it."""
    registration = "registration: {company: Example, contact: it@example.com}"
    result, entries = played(
        f"issue: {{lac: LAC-1, for: hq, {registration}, as: again}}",
        "upload_license_file: {node: hq, file: again}",
        "rehost: {from: hq, for: 00-1A-E8-4C-00-09, as: elsewhere}",
        "upload_license_file: {node: hq, file: elsewhere}, refused: license-file-foreign",
        f"issue: {{lac: LAC-1, for: hq, {registration}, as: not}}, refused: license-file-given-up",
        "combine: {files: [again], for: hq, as: one}, refused: combine-too-few",
    )
    assert judged(entries)[-1].startswith("ok: combine"), judged(entries)
    assert result.holds, judged(entries)


def test_a_master_leaves_after_its_slaves():
    """The step is refused as in the WBM; the way out that the refusal tells works."""
    early = "wizard: {node: hq, role: standalone}"
    result, _ = played(
        f"{early}, refused: slaves-licensed",
        "wizard: {node: north, role: standalone}",
        early,
    )
    assert result.holds


def test_a_step_without_effect_says_that_nothing_changed():
    """It is no shortfall; the fact says where, and why."""
    result, entries = played(
        "heal: hq-north",
        "cut: hq-north",
        "cut: north-hq",
        "cut_one_way: {from: hq, to: north}",
        "heal: hq-north",
        "cut_one_way: {from: hq, to: north}",
        "cut_one_way: {from: hq, to: north}",
        "start: north",
        "crash: north",
        "crash: north",
        "start: north",
        "wizard: {node: north, role: slave, master: hq}",
    )
    assert result.holds
    told = [entry.fact for entry in entries if isinstance(entry.fact, NothingChanged)]
    assert [(fact.where, fact.why) for fact in told] == [
        ("hq-north", "the link was healthy"),
        ("hq-north", "the link had that fault already (cut)"),
        ("hq-north", "it is cut in both directions already"),
        ("hq-north", "the link had that fault already (cut from hq to north)"),
        ("north", "all its programs were running"),
        ("north", "it had no power"),
        ("north", "it was slave already, with that CLA"),
    ]


def test_a_virtual_system_that_is_switched_off_can_be_reconfigured():
    """Its next start is with the new Locking ID; nothing was running that had to be stopped."""
    virtual = "virtual: {host_name: hq, ip_address: 10.0.0.1, default_gateway: 10.0.0.254,"
    virtual += " dns_server: 10.0.0.53, time_zone: UTC}"
    entries: list[Entry] = []
    text = SMALL.replace("hq: {model: S,", f"hq: {{model: S, {virtual},")
    text += "  - {at: day 0 10:00, crash: hq}\n"
    text += "  - {at: day 0 10:01, reconfigure: {node: hq, time_zone: Europe/Berlin}}\n"
    text += "  - {at: day 0 10:02, start: hq}\n"
    text += "  - {at: day 0 12:00, expect: {all: failover}}\n"
    assert play(parse_scenario(text), readers=[entries.append]).holds
    facts = [type(entry.fact).__name__ for entry in entries if entry.host == "hq"]
    since = facts[facts.index("HostCrashed") :]
    assert since[:3] == ["HostCrashed", "HostReconfigured", "HostStarted"]
    assert "AgentStopped" in since


def test_scripts_name_nodes_and_links_in_any_case():
    """The journal has the names of the scenario; an unknown name is answered with them."""

    async def script() -> list[str]:
        entries: list[Entry] = []
        scenario = parse_scenario(SMALL)
        async with Internetwork(scenario, readers=[entries.append]) as net:
            await net.cut("NORTH-hq")
            await net.cut_one_way("HQ", "Internet")
            await net.crash("North")
            with pytest.raises(ValueError, match="no node 'EAST'; known: internet, hq, north"):
                await net.state("EAST")
            assert (await net.state("HQ")).node == "hq"
        return [entry.fact.link for entry in entries if isinstance(entry.fact, LinkCut)]

    assert run(script()) == ["hq-north", "hq-internet"]


async def test_what_a_script_gets_wrong_is_one_error_that_says_so() -> None:
    """A name that does not exist, with those that do; in no group of errors of the run."""
    with pytest.raises(UnknownName, match=r"no link 'hq-nroth'; known: hq-north, hq-internet"):
        async with Internetwork(parse_scenario(SMALL)) as net:
            await net.cut("hq-nroth")
