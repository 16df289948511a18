"""O10: what no program can know is stated by the observer, who sees everything, and judged."""

from pathlib import Path

import pytest
from oracle_stories import Story
from test_mutants import THREE_SEATS_FOR_TWO_SLAVES, frees_the_seats_of_cut_off_nodes

from licensing.events import (
    Entry,
    LicenseFileIssued,
    OrderTaken,
    OverUseChanged,
    RunEnded,
)
from licensing.policies import DAY_NS
from licensing.words import LicenseState
from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.oracle import Oracle
from simulator.oracle.seats import Seats
from simulator.runs.play import Result, play
from simulator.scenario import load_scenario, parse_scenario

REHOSTED = DIRECTORY / "rehosted-while-the-old-system-goes-on.yaml"
SAID = "over_use: {ip: 10, itsp: 4}\n"


def saying(words: str, directory: Path) -> Path:
    """The scenario of a rehosted file that says something else of its over-use."""
    text = REHOSTED.read_text()
    assert SAID in text
    path = directory / "said.yaml"
    path.write_text(text.replace(SAID, words))
    return path


def played(path: Path) -> tuple[Result, list[Entry]]:
    """What comes of a scenario, and its journal."""
    entries: list[Entry] = []
    return play(load_scenario(path), readers=[entries.append]), entries


def test_over_use_of_which_nothing_was_said_is_the_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No expectation failed and no rule was broken; still the run does not hold."""
    path = saying("", tmp_path)
    result, entries = played(path)
    assert (result.shortfalls, result.violation, result.holds) == ((), None, False)
    assert entries[-1].fact == RunEnded(verdict="over-used")
    assert main(["run", str(path)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1].startswith("over-used: 10 x ip, 4 x itsp more than bought, 5 expectations met")


@pytest.mark.parametrize(
    "words",
    [
        "over_use: {ip: 9, itsp: 4}\n",
        "over_use: {ip: 11, itsp: 4}\n",
        "over_use: {ip: 10}\n",
        "over_use: {ip: 10, itsp: 4, tdm: 1}\n",
    ],
    ids=["more than said", "less than said", "another license", "a license that is not over-used"],
)
def test_other_over_use_than_was_said_fails(
    words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the line in the file, with what was wanted and what came."""
    path = saying(words, tmp_path)
    result, entries = played(path)
    assert entries[-1].fact == RunEnded(verdict="fails")
    (failed,) = (entry.fact for entry in result.shortfalls)
    assert failed.got == "10 x ip, 4 x itsp"
    assert failed.place == f"{path}:23"
    assert main(["run", "--quiet", str(path)]) == 1
    assert "1 of 6 expectations not met" in capsys.readouterr().out


def test_it_is_told_when_it_begins_and_ends_by_whom_and_by_which_files() -> None:
    """With the check and unlock at the new system, until the old system is switched off."""
    _, entries = played(REHOSTED)
    began, _, ended, _ = [entry for entry in entries if isinstance(entry.fact, OverUseChanged)]
    assert (began.fact.license, began.fact.excess, began.fact.bought) == ("ip", 10, 10)
    users = [(use.node, use.quantity, use.serial, use.lease_id) for use in began.fact.users]
    assert users == [("old", 10, 1, "old/1"), ("new", 10, 2, "new/1")]
    assert (ended.fact.license, ended.fact.excess, ended.fact.users) == ("ip", 0, [])
    assert ended.at == 61 * DAY_NS


COMBINED = """
title: A combined file, and one of its parts goes on
about: North gives up its file for the combined one, and does not hear of it.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {model: S, role: standalone, subscribers: [{numbers: 300-310, type: ip-hfa, licenses: [ip]}]}
    north: {model: X3, role: standalone, subscribers: [{numbers: 200-209, type: ip-hfa, licenses: [ip]}]}
  links:
    hq-north: {bandwidth: 20 Mbit/s, latency: 15 ms}
    hq-internet: {bandwidth: 1 Gbit/s, latency: 20 ms}
  purchase:
    LAC-1: {base: 1, ip: 10}
    LAC-2: {base: 1, ip: 10}
timeline:
  - at: day 0 09:00
    issue: {lac: LAC-1, for: hq, registration: {company: Example, contact: it@example.com}, as: hq-file}
  - at: day 0 09:00
    issue: {lac: LAC-2, for: north, registration: {company: Example, contact: it@example.com}, as: north-file}
  - {at: day 0 09:10, combine: {files: [hq-file, north-file], for: hq, as: both}}
  - {at: day 0 09:20, upload_license_file: {node: north, file: north-file}}
  - {at: day 0 09:30, upload_license_file: {node: hq, file: both}}
  - {at: day 0 10:00, unlock: all}
"""  # noqa: E501 - as an author writes it


def test_what_was_combined_and_goes_on_is_over_used_together() -> None:
    """Eleven of the twenty at the one, ten of the same twenty at the other: 21 of 20."""
    entries: list[Entry] = []
    result = play(parse_scenario(COMBINED), readers=[entries.append])
    assert (result.shortfalls, result.over_used) == ((), {"ip": 1})
    (told,) = [entry.fact for entry in entries if isinstance(entry.fact, OverUseChanged)]
    assert told.bought == 20
    assert [(use.node, use.quantity) for use in told.users] == [("hq", 11), ("north", 10)]


def test_whoever_reads_the_journal_sees_the_same() -> None:
    """What the observer states follows from the facts before it, and time never goes back."""
    _, entries = played(REHOSTED)
    oracle, seen, now_ns = Oracle(), [], entries[0].at
    for entry in entries:
        assert entry.at >= now_ns
        if entry.at > now_ns:
            seen += [(now_ns, fact) for fact in oracle.seen_before(entry.at)]
        oracle(entry)
        now_ns = entry.at
    stated = [(entry.at, entry.fact) for entry in entries if isinstance(entry.fact, OverUseChanged)]
    assert seen == stated


def test_a_cla_that_grants_a_seat_twice_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted bug: O1, which would end the run, is blind, and O10 still sees both users."""
    frees_the_seats_of_cut_off_nodes(monkeypatch)
    monkeypatch.setattr(Seats, "_judge", lambda *_: None)
    monkeypatch.setattr(Seats, "_hold_ended", lambda *_: None)
    result = play(parse_scenario(THREE_SEATS_FOR_TWO_SLAVES))
    assert (result.violation, result.over_used) == (None, {"ip": 1})


def test_in_a_live_run_an_overlap_within_the_tolerance_is_none() -> None:
    """Facts of one moment have neighboring instants there: only what lasts is stated."""
    story = Story(tolerance_ns=100)
    story.tell("internet", OrderTaken(lac="LAC", licenses={"base": 1, "networking": 2, "tdm": 2}))
    issued = LicenseFileIssued(locking_id="hq", serial=1, epoch=1, lacs=["LAC"], repeated=False)
    story.tell("internet", issued).license("hq", "north")
    for node, number in (("north", "200"), ("north", "201"), ("hq", "131")):
        story.assign(node, number, "tdm")
    assert list(story.oracle.seen_before(100)) == []
    (began,) = story.oracle.seen_before(101)
    assert (began.license, began.excess, began.bought) == ("tdm", 1, 2)
    story.assign("hq", "131", "tdm", after=LicenseState.NOT_LICENSED)
    story.assign("hq", "131", "tdm")
    assert list(story.oracle.seen_before(500)) == []
