"""A run as Wireshark sees it: read by tshark, and compared with what the journal tells."""

import json
import shutil
import subprocess
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from simulator.cli.app import main
from simulator.network.capture import Capture
from simulator.network.listeners import Listeners

SCENARIO = """\
title: {title}
about: What is sent is lost, held or late.
start: 2026-03-02 08:00
seed: 1
internetwork:
  nodes:
    hq: {{model: S, role: master, locking_id: 00-1A-E8-4C-00-01, subscribers: []}}
    north:
      model: X3
      role: slave
      subscribers: [{{numbers: 200-209, type: up0, licenses: [tdm]}}]
    south: {{model: X3, role: slave, subscribers: []}}
  links:
    hq-north: {{bandwidth: 64 kbit/s, latency: 15 ms}}
    hq-south: {{bandwidth: 1 Gbit/s, latency: 8 ms}}
    hq-internet: {{bandwidth: 1 Gbit/s, latency: 20 ms}}
  purchase:
    LAC-1: {{base: 1, tdm: 10, networking: 2}}
policies: {{failover_period: 30 days, recovery: full, seats: hold, expiry_scope: node}}
timeline:
  - at: day 0 09:00
    activate: {{node: hq, lac: LAC-1, registration: {{company: A, contact: b@example.com}}}}
  - {{at: day 0 10:00, unlock: all}}
  - {{at: day 0 11:00, cut: hq-north}}
  - {{at: day 0 13:00, heal: hq-north}}
  - {{at: day 0 15:00, loss: {{link: hq-north, percent: 50}}}}
  - {{at: day 1 15:00, loss: {{link: hq-north, percent: 0}}}}
  - {{at: day 1 22:00, expect: {{node: north, state: regular}}}}
"""
"""A reconnection, a line on which half of all is lost, a slow one, and HTTP to the Internet."""

RECEIVED = {
    "connection-established": "welcome",
    "heartbeat-answered": "heartbeat-acknowledged",
    "decision-received": "decision",
}
"""What a node has received, by the fact that tells of it."""

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is missing")


def tshark(*arguments: str) -> list[list[str]]:
    """The columns of what tshark prints."""
    printed = subprocess.run(["tshark", *arguments], check=True, capture_output=True, text=True)
    return [line.split("\t") for line in printed.stdout.splitlines()]


def fields(path: Path, shown: str, *names: str) -> list[list[str]]:
    """The fields of all packets that a display filter shows."""
    named = [word for name in names for word in ("-e", name)]
    json_shown = ["-o", "websocket.text_type:As json"]
    return tshark("-r", str(path), *json_shown, "-Y", shown, "-T", "fields", *named)


def messages(path: Path) -> Counter[str]:
    """How often each kind of message was received from the central CLA."""
    shown = "websocket && json && ip.src == 10.0.0.1 && !tcp.analysis.retransmission"
    said = fields(path, shown, "json.value.string")
    return Counter(kind for (values,) in said for kind in values.split(",") if kind in KINDS)


def play(folder: Path, *arguments: str, title: str = "A line that loses") -> Path:
    """The capture of a run, with its journal in the same folder."""
    scenario, path = folder / "net.yaml", folder / "wire.pcapng"
    scenario.write_text(SCENARIO.format(title=json.dumps(title)))
    journal = ["--journal", str(folder / "out.jsonl")]
    assert main(["run", str(scenario), "--quiet", "--pcap", str(path), *journal, *arguments]) == 0
    return path


def received(path: Path, *hosts: str) -> Counter[str]:
    """The messages of which the journal of a capture's run tells."""
    lines = (path.parent / "out.jsonl").read_text().splitlines()
    facts = [json.loads(line) for line in lines]
    events = (each["fact"]["event"] for each in facts if each["host"] in hosts)
    return Counter(RECEIVED[event] for event in events if event in RECEIVED)


KINDS = frozenset(RECEIVED.values())


@pytest.fixture(scope="module")
def seen_by_hq(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture of the host of the central CLA."""
    return play(tmp_path_factory.mktemp("hq"))


@pytest.fixture(scope="module")
def seen_by_north(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The capture of the one who was cut off."""
    return play(tmp_path_factory.mktemp("north"), "--pcap-of", "north")


def test_every_session_is_there_with_all_its_messages(seen_by_hq: Path) -> None:
    """The journal tells of as many, over the reconnection and what was lost."""
    assert messages(seen_by_hq) == received(seen_by_hq, "north", "south")
    journal = (seen_by_hq.parent / "out.jsonl").read_text()
    accepted = journal.count('"to":"hq"') + journal.count('"to":"internet"')
    shaken = fields(seen_by_hq, "tcp.flags.syn == 1 && tcp.flags.ack == 1", "tcp.stream")
    talked = fields(seen_by_hq, "http.request", "tcp.stream", "http.request.uri")
    assert len({stream for (stream,) in shaken}) == len(talked) == accepted
    assert {"/v2/session", "/v1/activate"} <= {uri for _, uri in talked}


def test_a_message_that_is_missing_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison with the journal can fail: here a capture forgets one packet in fifty."""
    seen, see = count(1), Capture.see

    def forgetful(self: Capture, at_ns: int, data: bytes) -> None:
        if next(seen) % 50:
            see(self, at_ns, data)

    monkeypatch.setattr(Capture, "see", forgetful)
    path = play(tmp_path)
    assert messages(path) != received(path, "north", "south")


def test_what_was_lost_is_missing_and_what_was_repeated_is_there_twice(
    seen_by_hq: Path, seen_by_north: Path
) -> None:
    """Who sends sees each repetition, who receives what has arrived."""
    sent = "tcp.analysis.retransmission && tcp.len > 0 && ip.src == 10.0.0.2"
    assert len(fields(seen_by_north, sent, "tcp.seq")) > 20
    assert fields(seen_by_hq, sent, "tcp.seq") == []
    assert messages(seen_by_north) == received(seen_by_north, "north")


def test_a_link_carries_nothing_while_it_is_cut(tmp_path: Path) -> None:
    """It may be named by its ends, in any order and case; what others say is not there."""
    path = play(tmp_path, "--pcap-of", "North-HQ")
    times = [float(at) for (at,) in fields(path, "tcp", "frame.time_relative")]
    assert [at for at in times if 3 * 3600 < at < 5 * 3600] == []
    assert len(times) > 100
    assert fields(path, "!(ip.addr == 10.0.0.2)", "ip.src") == []
    assert messages(path) == received(path, "north")


def test_packets_are_sound(seen_by_hq: Path, seen_by_north: Path) -> None:
    """Each has the checksums that it should have; the instants are those of the run."""
    checks = ["-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE"]
    wrong = "_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0"
    for path in (seen_by_hq, seen_by_north):
        assert tshark("-r", str(path), *checks, "-Y", wrong) == []
    (began, *_), *_ = fields(seen_by_hq, "tcp", "frame.time_epoch")
    assert began.startswith("1772438400.0")


def test_who_is_seen_does_the_same(seen_by_hq: Path, tmp_path: Path) -> None:
    """The journal is the same where nobody looks on."""
    scenario, journal = seen_by_hq.parent / "net.yaml", tmp_path / "out.jsonl"
    assert main(["run", str(scenario), "--quiet", "--journal", str(journal)]) == 0
    assert (seen_by_hq.parent / "out.jsonl").read_bytes() == journal.read_bytes()


def test_wireshark_knows_no_other_protocol_by_a_port_that_the_network_gives() -> None:
    """Else it would not look for HTTP and WebSocket in what comes from there."""
    listeners = Listeners()
    given = {listeners.free_port("north") for _ in range(60_999 - 32_768)}
    taken = {int(row[1]) for row in tshark("-G", "decodes") if row[0] == "tcp.port"}
    assert len(given) > 28_000
    assert given & taken == set()


def test_no_text_of_a_scenario_stands_in_a_capture(seen_by_hq: Path, tmp_path: Path) -> None:
    """A hostile title changes no packet."""
    shape = ("frame.time_epoch", "ip.src", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.len")
    hostile = play(tmp_path, title="<b>hostile\0\r\n")
    assert fields(hostile, "tcp", *shape) == fields(seen_by_hq, "tcp", *shape)
    assert b"hostile" not in hostile.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--pcap-of", "hq"], "name the file, too"),
        (
            ["--pcap", "p", "--pcap-of", "hp"],
            "no such link; there are hq, north, south, internet, hq-north",
        ),
        (["--pcap", "p", "--pcap-of", "hq-nort"], "did you mean 'hq-north'?"),
        (["--pcap", "nowhere/p"], "the capture nowhere/p cannot be written"),
        (["slave-loses-its-disk", "--pcap", "p"], "one capture holds one run"),
    ],
)
def test_a_wrong_call_is_refused_before_anything_is_played(
    arguments: list[str],
    told: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line, status 2, and no output."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", "slave-cut-off-31-days", *arguments]) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out == ""
