"""Why something is so: chains that go back to what was done, and never by the order of facts."""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from licensing import events
from licensing.entitlements import Entitlement
from licensing.events import Entry, Fact
from licensing.messages import RefusedSeat, Seat
from licensing.policies import DAY_NS, HOUR_NS, MINUTE_NS
from licensing.words import CallOutcome, Condition, LicenseState, NodeState, Role, Trigger
from simulator import Internetwork, Registration, load_scenario, run
from simulator.cli.app import main
from simulator.cli.shipped_scenarios import DIRECTORY
from simulator.report.explain.answers import NothingToExplain, Question, answer
from simulator.report.explain.causes import Causes
from simulator.report.explain.reason import Reason

Captured = pytest.CaptureFixture[str]

LINKS = (("hq", "hub"), ("hub", "north"), ("hub", "south"))
ANSWERS = Path(__file__).parent / "answers"
ASKED: dict[str, tuple[str, ...]] = {
    "emergency": ("slave-cut-off-31-days", "day 34 12:00", "--node", "north"),
    "regular-again": ("healed-on-day-29", "", "--node", "north"),
    "relicensed": ("slave-cut-off-31-days", "", "--node", "north"),
    "failover-of-a-dead-master": ("master-host-crashes", "day 3 12:00", "--node", "north"),
    "display": ("slave-cut-off-31-days", "day 20 12:00", "--display", "200"),
    "refused-call": ("slave-cut-off-31-days", "day 34 12:01:30", "--call", "200"),
    "red-license": ("more-assigned-than-bought", "", "--license", "309:voicemail"),
    "none-free": ("more-assigned-than-bought", "", "--free", "voicemail"),
    "none-free-to-stand-in": ("flexible-licensing", "", "--free", "mobile"),
    "reserved": ("slave-cut-off-31-days", "day 20 12:00", "--reserved", "north"),
    "over-used": ("rehosted-while-the-old-system-goes-on", "day 30 12:00", "--over-use", "ip"),
    "over-used-after-a-backup": (
        "backup-of-the-master-is-put-back",
        "day 4 11:00",
        "--over-use",
        "tdm",
    ),
    "over-used-though-destroyed": (
        "declared-destroyed-and-alive",
        "day 4 13:00",
        "--over-use",
        "ip",
    ),
    "other-hardware": ("other-hardware-same-disk", "day 2 09:00", "--node", "north"),
    "refused-without-its-key": ("master-loses-its-disk", "day 3 09:30", "--refusal"),
    "refused-as-given-up": ("three-systems-combined", "", "--refusal"),
    "evaluation-ended": ("evaluation-order-beside-a-permanent-one", "", "--free", "voicemail"),
    "reserved-beyond-what-has-ended": (
        "evaluation-ends-while-a-slave-is-cut-off",
        "day 95",
        "--free",
        "tdm",
    ),
    "red-by-its-end": (
        "evaluation-ends-while-a-slave-is-cut-off",
        "day 95",
        "--license",
        "203:tdm",
    ),
    "red-by-a-wrong-clock": (
        "evaluation-ends-by-a-wrong-clock",
        "day 20 12:00",
        "--license",
        "203:voicemail",
    ),
    "red-since-it-left": ("slave-leaves-the-internetwork", "day 9 09:30", "--license", "200:ip"),
    "red-since-a-disk-was-lost": (
        "master-loses-its-disk",
        "day 3 10:00:30",
        "--license",
        "200:tdm",
    ),
    "red-since-it-left-and-did-not-know": (
        "left-while-relicensing-is-required",
        "day 1 15:30",
        "--license",
        "300:ip",
    ),
    "red-since-a-backup-was-put-back": (
        "backup-of-the-master-is-put-back",
        "day 6 08:30",
        "--license",
        "300:tdm",
    ),
    "red-since-it-was-forgotten": (
        "declared-destroyed-and-alive",
        "day 4 15:30",
        "--license",
        "400:ip",
    ),
    "freed-by-a-forgetting": ("declared-destroyed-and-alive", "day 4 12:05", "--free", "ip"),
    "free-where-licenses-are-used": ("three-systems-combined", "", "--free", "ip"),
    "none-free-without-a-disk": ("master-loses-its-disk", "day 3 09:05", "--free", "ip"),
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The journal of a shipped scenario, which is played for the first who asks."""
    folder = tmp_path_factory.mktemp("kept")

    def journal_of(name: str) -> Path:
        journal = folder / name
        if not journal.exists():
            assert main(["run", name, "--quiet", "--journal", str(journal)]) == 0
        return journal

    return journal_of


@pytest.mark.parametrize("name", ASKED)
def test_each_kind_of_answer_is_as_its_transcript_says(
    name: str,
    kept: Callable[[str], Path],
    capsys: pytest.CaptureFixture[str],
    pytestconfig: pytest.Config,
) -> None:
    """What a person reads is a contract; `make transcripts` writes it anew, for review."""
    scenario, at, *asked = ASKED[name]
    journal = str(kept(scenario))
    capsys.readouterr()
    assert main(["explain", journal, *(["--at", at] if at else []), *asked]) == 0
    told = capsys.readouterr().out
    transcript = ANSWERS / f"{name}.txt"
    if pytestconfig.getoption("regenerate_transcripts"):
        transcript.write_text(told)
    assert transcript.read_text() == told


def test_what_is_not_met_has_the_chain_of_what_was_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of licenses, a call, a telephone; of anything else the state of the node."""
    asked = {
        "15:00, expect: {node: south, licensed: {voicemail: 10}}": "voicemail of 309 is not lic",
        "15:01, expect: {node: hq, free: {voicemail: 1}}": "central CLA: 0 x voicemail free",
        "15:02, call: {from: 209, to: 130, expect: connected}": "209 calls 130: refused, the sub",
        "15:03, cut: hq-north": "",
        "18:00, expect: {number: 200, display: idle}": '200-209 show "Failover Period"',
        "18:01, expect: {node: north, state: regular}": "regular -> failover: connection to",
    }
    text = (DIRECTORY / "more-assigned-than-bought.yaml").read_text()
    file = tmp_path / "short.yaml"
    file.write_text(text + "".join(f"  - {{at: day 0 {step}}}\n" for step in asked))
    assert main(["run", str(file)]) == 1
    told = capsys.readouterr().out.split("  why\n")[1:]
    firsts = [each.splitlines()[0] for each in told]
    assert len(firsts) == 5
    for first, words in zip(firsts, filter(None, asked.values()), strict=True):
        assert words in first


def chain(reason: Reason) -> list[str]:
    """All texts of a chain, in the order in which they are read."""
    return [reason.text, *(text for cause in reason.because for text in chain(cause))]


def story(*facts: tuple[int, str, Fact]) -> Causes:
    """Two sites behind a hub; the facts of a run that is made up."""
    site = events.NodeFacts(Role.SLAVE, "10.0.0.2:1", {"200": "up0"}, {}, "200")
    hub = events.NodeFacts(Role.MASTER, "10.0.0.1:1", {"100": "ip-hfa"}, {}, "100")
    network = events.NetworkFacts(
        links={f"{one}-{two}": (one, two) for one, two in LINKS},
        routers=["hub"],
    )
    began = events.RunBegan(
        title="", seed=1, start=datetime(2026, 3, 2, tzinfo=UTC), network=network,
        nodes={"hq": hub, "north": site, "south": site},
    )  # fmt: skip
    causes = Causes()
    wizard = events.WizardCompleted(Role.SLAVE, "10.0.0.1:61740")
    first: Iterable[tuple[int, str, Fact]] = ((0, "world", began), (0, "north", wizard))
    for at_ns, host, fact in (*first, *facts):
        causes(Entry(at_ns, host, fact))
    return causes


def cut(link: str) -> events.LinkCut:
    """Both directions."""
    one, _, other = link.partition("-")
    return events.LinkCut(link, [f"{one}->{other}", f"{other}->{one}"])


def lost(at_ns: int) -> list[tuple[int, str, Fact]]:
    """North notices that its connection is gone, and is in failover five minutes later."""
    failover = events.StateChanged(NodeState.REGULAR, NodeState.FAILOVER, Trigger.LOST, HOUR_NS)
    gone = events.ConnectionLost("heartbeat not answered")
    return [(at_ns, "north", gone), (at_ns + 5 * MINUTE_NS, "north", failover)]


def test_a_refusal_is_about_its_locking_id_and_not_about_the_latest_file() -> None:
    """Another system's file, issued later, is no cause of it; nor is another host's disk."""
    mine, other = "00-1A-E8-00-00-01", "00-1A-E8-00-00-02"
    causes = story(
        (1, "internet", events.LicenseFileIssued(mine, 1, 1, [], False)),
        (2, "internet", events.LicenseFileIssued(other, 2, 1, [], False)),
        (3, "north", events.DiskReplaced()),
        (4, "internet", events.IssueRefused(mine, "agent-key-foreign")),
    )
    told = " ".join(chain(answer(causes.book, Question(refusal=True), HOUR_NS)[0]))
    assert mine in told
    assert other not in told
    assert "disk" not in told


def why_north(causes: Causes) -> list[str]:
    """The chain of its state."""
    return chain(answer(causes.book, Question(node="north"), HOUR_NS)[0])


def test_a_cause_is_found_by_the_network_and_not_by_the_order_of_facts() -> None:
    """The latest fault before a failover is of another branch: it is not the cause."""
    causes = story(
        (HOUR_NS, "world", cut("hub-north")),
        (HOUR_NS + 1, "world", cut("hub-south")),
        (HOUR_NS + 2, "south", events.HostCrashed(0)),
        *lost(HOUR_NS + 3),
    )
    assert why_north(causes)[-1] == "link cut"
    state = causes.book.states["north"]
    assert state.because[0].because[0].where == "hub-north"
    assert len(state.because[0].because) == 1


def test_the_planted_bug_that_the_latest_fact_is_the_cause_is_caught() -> None:
    """With the way of another site in place of its own, the chain names the wrong link."""
    causes = story((HOUR_NS, "world", cut("hub-north")), (HOUR_NS + 1, "world", cut("hub-south")))
    wrong = causes.book.faults.between("south", "hq", HOUR_NS)
    right = causes.book.faults.between("north", "hq", HOUR_NS)
    assert [each.reason.where for each in right] == ["hub-north"]
    assert wrong != right


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (("world", events.TransitFailed("hub")), "failed: nothing gets through it"),
        (("hq", events.HostCrashed(0)), "power cut"),
        (("hq", events.HostFrozen()), "all programs are frozen"),
        (
            ("hq", events.AgentStopped("x", "its clock is wrong")),
            "central CLA stopped: its clock is wrong",
        ),
        (
            ("world", events.LinkCut("hq-hub", ["hub->hq"])),
            "link cut in one direction, from hub to hq",
        ),
        (("world", events.LinkFaulted("hq-hub", "drop")), "the link loses everything that is sent"),
        (("world", events.LossChanged("hub-north", 90)), "the link loses 90 % of what is sent"),
    ],
)
def test_whatever_keeps_a_node_from_its_cla_is_named(fault: tuple[str, Fact], told: str) -> None:
    """Links in either direction, routers, hosts and programs."""
    assert why_north(story((HOUR_NS, *fault), *lost(HOUR_NS + 1)))[-1] == told


def test_a_fault_that_is_over_when_the_loss_is_noticed_is_still_its_cause() -> None:
    """Within the longest time between two answers (F17); an older one is not."""
    short = story(
        (HOUR_NS, "world", cut("hub-north")),
        (HOUR_NS + 1, "world", events.LinkHealed("hub-north")),
        *lost(HOUR_NS + 10 * MINUTE_NS),
    )
    assert why_north(short)[-1] == "link cut"
    long_ago = story(
        (HOUR_NS, "world", cut("hub-north")),
        (HOUR_NS + 1, "world", events.LinkHealed("hub-north")),
        *lost(9 * HOUR_NS),
    )
    assert why_north(long_ago)[-1] == "connection to the central CLA lost: heartbeat not answered"


def test_a_way_that_is_whole_again_is_not_to_blame() -> None:
    """Nor what fails beyond it; the same link is, when it is cut once more."""
    causes = story(
        (1, "world", cut("hq-hub")),
        (2, "hq", events.SessionEnded("south")),
        (3, "world", events.LinkHealed("hq-hub")),
        (9 * HOUR_NS, "world", cut("hub-south")),
        (9 * HOUR_NS + 1, "hq", events.SessionEnded("south")),
        (10 * HOUR_NS, "world", events.LinkHealed("hub-south")),
        (20 * HOUR_NS, "world", cut("hq-hub")),
        (20 * HOUR_NS + 1, "hq", events.SessionEnded("south")),
    )
    now = causes.book.faults.between("south", "hq", 20 * HOUR_NS)
    assert [(each.reason.where, each.began.at) for each in now] == [("hq-hub", 20 * HOUR_NS)]
    assert [each.where for each in causes.book.away["hq", "south"].because] == ["hq-hub"]


ACCEPTED = events.LicenseFileAccepted(
    serial=1, epoch=1, licenses={"networking": 2, "ip": 5},
    entitlements=[Entitlement(seats={"networking": 2, "ip": 5})],
    failover_period_ns=30 * DAY_NS, valid_until=None,
)  # fmt: skip


HERE = events.SessionOpened("north", Condition.LICENSED, False)


def signed(node: str, **seats: int) -> events.LeaseSigned:
    """The lease of a node that has joined."""
    return events.LeaseSigned(node, f"{node}/1", 1, 1, seats)


def test_a_networking_seat_is_held_since_its_node_has_joined() -> None:
    """Its lease alone says so; a later lease that says the same is no change."""
    causes = story(
        (1, "hq", ACCEPTED),
        (2, "hq", signed("north", networking=1)),
        (2, "hq", HERE),
        (DAY_NS, "hq", signed("north", networking=1)),
    )
    (free,) = answer(causes.book, Question(free="networking"), 2 * DAY_NS)
    assert free.text == "central CLA: 1 x networking free"
    assert [(each.at_ns, each.text) for each in free.because[1:]] == [
        (2, "central CLA: 1 x networking in use by north")
    ]


BEHIND = events.AgentStopped("agent-clock-set-back", "set back")
HELD = ((1, "hq", ACCEPTED), (2, "hq", signed("north", networking=1, ip=4)), (2, "hq", HERE))
FORMER = "north (former key X)"
ANOTHER_KEY = events.NodeKeyChanged("north", False, {"ip": 4, "networking": 1}, FORMER)


@pytest.mark.parametrize(
    ("facts", "whose", "told"),
    [
        ([("hq", events.HostCrashed(0)), ("hq", events.HostStarted(0))], "north", "power cut"),
        ([("hq", events.HostStopped(0)), ("hq", events.HostStarted(0))], "north", "shut down"),
        ([("hq", events.ClockStepped(-5, 0)), ("hq", BEHIND)], "north", "clock set back"),
        ([("north", events.DiskReplaced()), ("hq", ANOTHER_KEY)], FORMER, "its disk is lost"),
    ],
)
def test_what_a_node_holds_that_its_cla_cannot_see_is_reserved(
    facts: list[tuple[str, Fact]], whose: str, told: str
) -> None:
    """Though no session is said to end: the CLA was off or stopped, or the node has a new key."""
    at = range(DAY_NS, DAY_NS + len(facts))
    causes = story(*HELD, *((at_ns, *fact) for at_ns, fact in zip(at, facts, strict=True)))
    (reserved,) = answer(causes.book, Question(reserved="north"), 2 * DAY_NS)
    assert told in chain(reserved)[-1]
    (free,) = answer(causes.book, Question(free="ip"), 2 * DAY_NS)
    assert free.because[1].text == f"central CLA: 4 x ip reserved for {whose}"
    assert free.because[1].because == (reserved,)
    again = story(*HELD, *((DAY_NS, *fact) for fact in facts), (DAY_NS, "hq", HERE))
    if whose == "north":
        with pytest.raises(NothingToExplain, match="nothing is reserved"):
            answer(again.book, Question(reserved="north"), 2 * DAY_NS)


FORGOTTEN = events.NodeForgotten("north", False, {"ip": 4})
UNKNOWN = events.SessionRefused("north", "node-unknown")
REPORTED = events.StateChanged(NodeState.FAILOVER, NodeState.EMERGENCY, Trigger.PERIOD_ENDED, 0)
CUT_AND_HEALED = (
    (DAY_NS, "world", cut("hub-north")),
    *lost(DAY_NS + 1),
    (DAY_NS + HOUR_NS, "hq", events.SessionEnded("north")),
    (2 * DAY_NS, "world", events.LinkHealed("hub-north")),
)  # fmt: skip


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (("hq", events.HostCrashed(0)), ["power cut"]),
        (("world", events.TransitFailed("hub")), ["failed: nothing gets through it"]),
        (("hq", UNKNOWN), ["session with north refused: node unknown", "north is forgotten"]),
    ],
)
def test_what_lasts_longer_than_its_first_fault_has_what_keeps_it_so(
    fact: tuple[str, Fact], told: list[str], ended: bool
) -> None:
    """A failover, its end and a reservation: the cut was healed, and something else is wrong."""
    forgotten = (DAY_NS + 2 * HOUR_NS, "hq", FORGOTTEN)
    causes = story(*HELD, *CUT_AND_HEALED, forgotten, (2 * DAY_NS + 1, *fact))
    if ended:
        causes(Entry(31 * DAY_NS, "north", REPORTED))
    (state,) = answer(causes.book, Question(node="north"), 32 * DAY_NS)
    (reserved,) = answer(causes.book, Question(reserved="north"), 32 * DAY_NS)
    assert state.text.startswith("failover -> emergency" if ended else "failover goes on")
    for words in ("link cut", *told):
        assert words in " ".join(chain(state))
        assert words in " ".join(chain(reserved))


def test_a_failover_whose_fault_lasts_has_no_other_cause() -> None:
    """Nor has one whose fault is over, before the node has dialed again."""
    cut_off = story(*HELD, *CUT_AND_HEALED[:-1])
    assert why_north(cut_off)[0].startswith("regular -> failover")
    assert why_north(story(*HELD, *CUT_AND_HEALED))[0].startswith("regular -> failover")


RETURNED = events.StateChanged(NodeState.FAILOVER, NodeState.REGULAR, Trigger.LEASED, 0)
WIZARD = events.WizardCompleted(Role.SLAVE, "10.0.0.1:61740")


@pytest.mark.parametrize(
    ("before", "since", "told"),
    [
        ([("north", events.HostCrashed(0)), ("north", events.HostStarted(0)), ("hq", UNKNOWN)],
         [("north", WIZARD)], ["Network Wizard: slave, central CLA at 10.0.0.1:61740"]),
        ([("world", events.LinkFaulted("hub-north", each)) for each in ("drop", "refuse")],
         [("world", events.LinkHealed("hub-north"))], ["link healed"]),
        ([("hq", UNKNOWN)], [("north", events.HostCrashed(0)), ("north", events.HostStarted(0))],
         ["central CLA: license file 1, epoch 1, accepted"]),
        ([("world", cut("hub-north"))],
         [("hq", events.HostCrashed(0)), ("world", events.LinkHealed("hub-north")),
          ("hq", events.HostStarted(0))], ["link healed", "power on"]),
    ],
)  # fmt: skip
def test_a_return_has_what_was_put_right_since_the_failover_began(
    before: list[tuple[str, Fact]], since: list[tuple[str, Fact]], told: list[str]
) -> None:
    """Each once, and no older fact; after its Network Wizard, that alone."""
    causes = story(*HELD, *((DAY_NS, *fact) for fact in before), *lost(DAY_NS + 1))
    for at_ns, (host, fact) in enumerate([*since, ("north", RETURNED)], 2 * DAY_NS):
        causes(Entry(at_ns, host, fact))
    state = answer(causes.book, Question(node="north"), 3 * DAY_NS)[0]
    assert state.text.startswith("failover -> regular")
    assert len(state.because) == len(told)
    for each, words in zip(state.because, told, strict=True):
        assert each.text.startswith(words)


IP = Seat(holder="200", license="ip")
RELEASED = events.DemandDecided("north", "2", [], [], [IP], {"networking": 1, "ip": 3})
LOST = events.SeatsLost("north", [IP], {"networking": 1, "ip": 3})
ENDED = events.HoldEnded("north", {"networking": 1, "ip": 4})
DESTROYED = events.NodeForgotten("north", True, {"networking": 1, "ip": 4})
GRANTED = events.DemandDecided("south", "3", [IP], [], [], {"ip": 1})


@pytest.mark.parametrize(
    ("freed", "free", "told"),
    [
        (RELEASED, 2, "demand of north decided"),
        (LOST, 2, "north gives up"),
        (ENDED, 5, "no longer reserved for north"),
        (DESTROYED, 5, "north is forgotten, its hardware is destroyed"),
    ],
)
def test_what_is_free_is_so_since_some_came_free_and_for_that(
    freed: Fact, free: int, told: str
) -> None:
    """Whoever has them no more; once they are granted again, who has them now says all."""
    causes = story(*HELD, (DAY_NS, "hq", freed))
    (before,) = answer(story(*HELD).book, Question(free="ip"), 2 * DAY_NS)
    (after,) = answer(causes.book, Question(free="ip"), 2 * DAY_NS)
    assert (before.at_ns, before.text) == (2, "central CLA: 1 x ip free")
    assert (after.at_ns, after.text) == (DAY_NS, f"central CLA: {free} x ip free")
    assert told in after.because[-1].text
    causes(Entry(2 * DAY_NS, "hq", GRANTED))
    (again,) = answer(causes.book, Question(free="ip"), 3 * DAY_NS)
    assert (again.at_ns, again.text) == (2 * DAY_NS, f"central CLA: {free - 1} x ip free")
    assert told not in " ".join(chain(again))


def test_a_flexible_license_is_free_again_where_it_stands_in_no_more() -> None:
    """North gives back a TDM license, of which there are none: an IP license stood in for it."""
    flexible = msgspec.structs.replace(ACCEPTED, flexible=True)
    tdm = msgspec.structs.replace(IP, license="tdm")
    had = events.DemandDecided("north", "1", [tdm], [], [], {"networking": 1, "tdm": 1})
    gave_back = events.DemandDecided("north", "2", [], [], [tdm], {"networking": 1})
    first = ((1, "hq", flexible), (2, "hq", had))
    (before,) = answer(story(*first).book, Question(free="ip"), DAY_NS)
    causes = story(*first, (3, "hq", gave_back), (4, "hq", signed("south", networking=1)))
    (after,) = answer(causes.book, Question(free="ip"), DAY_NS)
    assert (before.at_ns, before.text) == (2, "central CLA: 4 x ip free")
    assert (after.at_ns, after.text) == (3, "central CLA: 5 x ip free")
    assert after.because[-1].text.startswith("central CLA: demand of north decided")


def test_a_prerequisite_that_was_refused_explains_the_licenses_of_its_own_holder() -> None:
    """Another subscriber's refusal is none of its causes, though one decision has both."""
    refused = [
        RefusedSeat(holder=number, license=key, quantity=1, reason=reason)
        for number in ("200", "201", "202")
        for key, reason in (("tdm", "too-few-licenses"), ("fax", "prerequisite-refused"))
    ]
    causes = story((1, "hq", events.DemandDecided("north", "1", [], refused, [], {})))
    for number in ("200", "201", "202"):
        (why,) = causes.book.refused_seats["north", number, "fax"].because
        assert f"tdm of {number} (north) refused" in why.text


def test_a_refusal_of_what_a_license_does_not_require_is_no_cause_of_its_own() -> None:
    """Fax requires UC User or Groupware User, and no Voicemail, though all were refused at once."""
    refused = [
        RefusedSeat(holder="200", license=key, quantity=1, reason=reason)
        for key, reason in (
            ("voicemail", "too-few-licenses"),
            ("uc-suite", "too-few-licenses"),
            ("fax", "prerequisite-refused"),
        )
    ]
    causes = story((1, "hq", events.DemandDecided("north", "1", [], refused, [], {})))
    (why,) = causes.book.refused_seats["north", "200", "fax"].because
    assert "uc-suite of 200 (north) refused" in why.text


def red(holder: str, key: str) -> events.AssignmentsChanged:
    """One license of a holder becomes red."""
    states = (LicenseState.UNSAVED_DEMAND, LicenseState.NOT_LICENSED)
    return events.AssignmentsChanged([events.AssignmentChange(holder, key, *states, 1, 0)])


@pytest.mark.parametrize(
    ("reason", "rule", "told"),
    [
        ("no-trunk-license", "domain 3", ["itsp of north is not licensed"]),
        ("no-station-license", "domain 3", ["tdm of 200 is not licensed"]),
        ("all-channels-busy", "", []),
        ("no-such-number", "", []),
    ],
)
def test_a_call_is_refused_for_the_licenses_that_it_needs(
    reason: str, rule: str, told: list[str]
) -> None:
    """Of a trunk or of a station; where all channels are busy no license is to blame."""
    holders = (("200", "tdm"), ("200", "voicemail"), ("201", "tdm"), ("202", "tdm"))
    call = events.CallAnswered("200", "0891", CallOutcome.REFUSED, reason, "", False)
    causes = story(
        *((1, "north", red(*each)) for each in (*holders, ("north", "itsp"))),
        (1, "south", red("itsp-3", "itsp")),
        (2, "north", call),
    )
    refused = answer(causes.book, Question(call="200"), HOUR_NS)[0]
    assert refused.rule == rule
    assert [each.text for each in refused.because] == told


def test_where_no_fact_says_why_the_chain_ends() -> None:
    """Nothing is made up."""
    assert why_north(story(*lost(HOUR_NS)))[-1].startswith("connection to the central CLA lost")


def test_a_host_without_power_says_so_whatever_its_licenses_say() -> None:
    """Its node is down and its telephones are dark; when it has power again all is as it was."""
    off = [(HOUR_NS, host, events.HostCrashed(0)) for host in ("north", "south")]
    for asked in (Question(node="north"), Question(display="200")):
        assert chain(answer(story(*lost(1), *off).book, asked, HOUR_NS)[0]) == ["power cut"]
    on = (HOUR_NS + 1, "north", events.HostStarted(0))
    assert why_north(story(*lost(1), *off, on))[0].startswith("regular -> failover")


def test_an_end_at_a_restart_is_one_of_what_was_written_down() -> None:
    """Not of the last answer, which was later; an end in failover is."""
    ended = events.StateChanged(NodeState.REGULAR, NodeState.EMERGENCY, Trigger.PERIOD_ENDED, 0)
    off, on = events.HostCrashed(0), events.HostStarted(0)
    causes = story(
        (HOUR_NS, "north", off), (2 * HOUR_NS, "north", on), (2 * HOUR_NS, "north", ended)
    )
    assert causes.book.states["north"].rule == "decision 2"
    assert why_north(causes)[-1] == "power cut"
    in_failover = msgspec.structs.replace(ended, before=NodeState.FAILOVER)
    assert story(*lost(1), (DAY_NS, "north", in_failover)).book.states["north"].rule == "F2"


LEFT = events.StateChanged(NodeState.REGULAR, NodeState.RESTRICTED, Trigger.LEFT, 0)
ALONE = events.WizardCompleted(Role.STANDALONE, "10.0.0.2:61740")
UNFITTING = events.AgentStopped("locking-id-changed", "another Locking ID")
OUTDATED = events.SessionRefused("north", "agent-outdated")
CONNECTED = events.StepRefused("forget north", "x.yaml:1", "node-connected", "it is connected.")


@pytest.mark.parametrize(
    ("asked", "facts", "told"),
    [
        ({"node": "north"}, [("north", LEFT), ("north", ALONE)], "standalone, with its own CLA"),
        (
            {"node": "north"},
            [("hq", events.DiskReplaced(0)), ("hq", OUTDATED), *((h, f) for _, h, f in lost(1))],
            "an earlier backup of its disk is put back",
        ),
        ({"refusal": True}, [("hq", events.DiskReplaced(0)), ("hq", OUTDATED)], "backup of its"),
        ({"refusal": True}, [("hq", events.HardwareReplaced("x")), ("hq", UNFITTING)], "hardware"),
        ({"refusal": True}, [("hq", events.ClockStepped(-5, 0)), ("hq", BEHIND)], "clock set back"),
        ({"refusal": True}, [("world", CONNECTED)], "forget north: it is connected."),
    ],
)
def test_a_chain_goes_back_to_what_was_done(
    asked: dict[str, Any], facts: list[tuple[str, Fact]], told: str
) -> None:
    """To the wizard that took the node away, not the one before; to what a CLA refuses it for."""
    causes = story(*((at_ns, host, fact) for at_ns, (host, fact) in enumerate(facts, 1)))
    assert told in chain(answer(causes.book, Question(**asked), HOUR_NS)[0])[-1]


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"node": "nort"}, "no node is called nort: did you mean north?"),
        ({"node": "south"}, "activation period"),
        ({"display": "999"}, "no subscriber has the number 999"),
        ({"display": "200"}, "idle display"),
        ({"call": "200"}, "no call of 200"),
        ({"license": "200"}, "write 200:voicemail"),
        ({"license": "200:ip"}, "is not red"),
        ({"license": "999:ip"}, "no subscriber, trunk or node is called 999"),
        ({"free": "ip"}, "no license file is activated"),
        ({"reserved": "north"}, "nothing is reserved"),
        ({"over_use": "ip"}, "is not over-used"),
        ({"refusal": True}, "has refused anything"),
        ({}, "nothing is asked"),
    ],
)
def test_what_is_not_so_cannot_be_explained(asked: dict[str, str], told: str) -> None:
    """It is said in words."""
    with pytest.raises(NothingToExplain, match=told.replace("?", r"\?")):
        answer(story().book, Question(**asked), 0)


def test_a_script_asks_while_it_runs() -> None:
    """`net.explain` answers at the instant at which it is asked."""

    async def cut_off() -> str:
        async with Internetwork(load_scenario(DIRECTORY / "slave-cut-off-31-days.yaml")) as net:
            registration = Registration(company="Example", contact="it@example.com")
            await net.activate("hq", "LAC-1", registration)
            await net.unlock()
            await net.cut("hq-north")
            await net.run_until("day 1 12:00")
            return net.explain(display="200")

    told = run(cut_off())
    assert '200-209 show "Failover Period"' in told
    assert told.endswith("hq-north  link cut")


@pytest.mark.parametrize("question", ["--node", "--reserved"])
def test_a_node_may_be_written_in_any_case(
    question: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a scenario."""
    asked = [str(DIRECTORY / "slave-cut-off-31-days.yaml"), "--at", "day 20"]
    assert main(["explain", *asked, question, "NORTH"]) == 0
    anyhow = capsys.readouterr().out
    assert main(["explain", *asked, question, "north"]) == 0
    assert capsys.readouterr().out == anyhow


def test_an_expectation_that_is_not_met_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The chain stands below the last facts."""
    scenario = tmp_path / "wrong.yaml"
    text = (DIRECTORY / "slave-cut-off-31-days.yaml").read_text()
    scenario.write_text(text.replace("state: emergency", "state: regular"))
    assert main(["run", str(scenario)]) == 1
    told = capsys.readouterr().out
    assert "  why\n    day 33 07:00:02  north  failover -> emergency: failover period ended" in told
    assert "because day 3 08:00:00  hq-north  link cut" in told


def told_of_refusal(code: str, name: str, folder: Path, capsys: Captured) -> str:
    """What a shipped scenario says that does not expect this refusal."""
    scenario = folder / "refused.yaml"
    text = (DIRECTORY / f"{name}.yaml").read_text()
    scenario.write_text(text.replace(f", refused: {code}", ""))
    assert main(["run", str(scenario)]) == 1
    return capsys.readouterr().out


def test_a_refused_step_says_why_and_the_way_out(tmp_path: Path, capsys: Captured) -> None:
    """The chain of that refusal, and not of the state that the node happens to be in."""
    told = told_of_refusal("agent-key-foreign", "master-loses-its-disk", tmp_path, capsys)
    assert "  way out: If the CLA has lost its disk, ask for the release of its key" in told
    assert told.count("  why\n") == 1
    assert "  why\n    day 3 09:20:00  internet  license server: no file for 00-1A-E8-DF" in told
    assert "because day 3 08:00:00  hq  its disk is lost" in told


def test_a_refusal_that_says_all_itself_has_no_chain(tmp_path: Path, capsys: Captured) -> None:
    """A slave is no master: that it is regular explains nothing of it."""
    told = told_of_refusal("not-master", "add-on-lac-activated-later", tmp_path, capsys)
    assert "refused, not-master" in told
    assert "  why" not in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--node", "nort"], "no node is called nort; there are hq, north, south"),
        (["--node", "north", "--at", "day 99 12:00"], "after the last step"),
        (["--node", "north", "--at", "noon"], "'noon' is no time"),
        (["--node", "north", "--at", "day 0 07:00"], "before the start"),
        (["--node", "north", "--at", "deadline of north"], "write an instant such as"),
        (["--free", "tmd"], "no license is called tmd; there are base, networking"),
        (["--license", "200:tmd"], "no license is called tmd"),
        (["--license", "200"], "name the holder, too"),
        ([], "ask one thing"),
        (["--node", "north", "--free", "ip"], "ask one thing"),
    ],
)
def test_a_wrong_question_is_refused_before_anything_is_played(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, status 2."""
    assert main(["explain", "slave-cut-off-31-days", *arguments]) == 2
    complaint = capsys.readouterr().err
    assert told in complaint


def test_a_kept_journal_answers_as_far_as_it_goes(
    kept: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Up to an instant that it has, by whatever name; what cannot be read of it is said."""
    journal = tmp_path / "cut-off"
    journal.write_bytes(kept("slave-cut-off-31-days").read_bytes()[:-20])
    capsys.readouterr()
    assert main(["explain", str(journal), "--node", "north", "--at", "day 99 12:00"]) == 2
    assert "after the end of the journal" in capsys.readouterr().err
    assert main(["explain", str(journal), "--node", "north", "--seed", "2"]) == 2
    assert "is a journal: --seed and --include-from are for" in capsys.readouterr().err
    assert main(["explain", str(journal), "--node", "north", "--at", "day 34 12:00"]) == 0
    told = capsys.readouterr()
    assert "known from the lines before" in told.err
    assert told.out == (ANSWERS / "emergency.txt").read_text()


def test_the_standard_input_is_a_scenario_or_a_journal(
    kept: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By how it begins; both answer alike."""
    journal = kept("slave-cut-off-31-days")
    capsys.readouterr()
    for piped in (journal, DIRECTORY / "slave-cut-off-31-days.yaml"):
        with piped.open() as standard_input:
            monkeypatch.setattr(sys, "stdin", standard_input)
            assert main(["explain", "-", "--node", "north", "--at", "day 34 12:00"]) == 0
        assert capsys.readouterr().out == (ANSWERS / "emergency.txt").read_text()
