"""A large internetwork on one page: what is alike is said once, and the worst stands first."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace

import pytest
from star import SLAVES, star

from licensing.events import Entry, StateDamaged
from licensing.policies import HOUR_NS, MINUTE_NS, NS_PER_SECOND
from simulator.cli.app import main
from simulator.report.folding import Folding
from simulator.report.groups import Groups
from simulator.report.opening import opening
from simulator.report.page import Calendar, Layout, Line
from simulator.report.site_table import SiteAccount
from simulator.scenario import Internetwork, parse_scenario


@pytest.fixture(scope="module")
def internetwork() -> Internetwork:
    """The smallest one that is large."""
    return star().internetwork


def folded(internetwork: Internetwork, *lines: Line) -> list[tuple[str, str]]:
    """Where and what, after folding."""
    told: list[Line] = []
    folding = Folding(internetwork, told.append)
    for line in lines:
        folding(line)
    folding.end()
    assert [line.at_ns for line in told] == sorted(line.at_ns for line in told)
    return [(line.where, line.text.replace("\N{NO-BREAK SPACE}", " ")) for line in told]


def test_lines_that_differ_in_the_site_alone_are_one(internetwork: Internetwork) -> None:
    """Its own telephones and the seconds of an instant make no difference."""
    lines = [
        Line(
            index * NS_PER_SECOND,
            name,
            f'lost; the period ends on day 33 07:00:0{index}; 20{index}-21{index} show "Failover"',
        )
        for index, name in enumerate(SLAVES)
    ]
    said = (
        'lost; the period ends on day 33 07:00:00 at the earliest; their telephones show "Failover"'
    )
    assert folded(internetwork, *lines) == [("9 slaves", f"{said} (within 8 s)")]
    assert folded(internetwork, *lines[:2])[0][1].endswith("(site-1, site-2; within 1 s)")
    assert folded(internetwork, lines[3]) == [("site-4", lines[3].text)]


def test_other_words_are_another_line(internetwork: Internetwork) -> None:
    """Quantities and states count; what was first stands first."""
    lines = [
        Line(0, "site-1", "licensed: 2 x tdm"),
        Line(0, "site-2", "licensed: 1 x tdm"),
        Line(0, "site-3", "licensed: 2 x tdm"),
    ]
    assert folded(internetwork, *lines) == [
        ("2 slaves", "licensed: 2 x tdm (site-1, site-3)"),
        ("site-2", "licensed: 1 x tdm"),
    ]


def test_what_the_master_says_of_each_is_one_line(internetwork: Internetwork) -> None:
    """It stands at the master, and says of how many."""
    lines = [Line(0, "hq", f"no longer reserved for {name}: 2 x tdm") for name in SLAVES[:7]]
    (line,) = folded(internetwork, *lines)
    assert line == ("hq", "no longer reserved for each of 7 slaves: 2 x tdm (site-1 ... site-7)")


def test_a_line_waits_for_its_like_an_hour_at_most(internetwork: Internetwork) -> None:
    """So long takes what each notices with its next heartbeat; and a site says one thing once."""
    early, late = Line(0, "site-1", "lost"), Line(HOUR_NS + 1, "site-2", "lost")
    assert folded(internetwork, early, late) == [("site-1", "lost"), ("site-2", "lost")]
    again = Line(MINUTE_NS, "site-1", "lost")
    assert folded(internetwork, early, again) == [("site-1", "lost")] * 2


def test_nothing_waits_beyond_a_step(internetwork: Internetwork) -> None:
    """What follows a step stands behind it; steps of one instant are folded themselves."""
    before, after = Line(0, "site-1", "lost"), Line(3, "site-2", "lost")
    healed = [Line(2, f"hq-{name}", "link healed", by_a_step=True) for name in SLAVES]
    assert folded(internetwork, before, *healed, after) == [
        ("site-1", "lost"),
        ("9 links", "link healed (hq-site-1 ... hq-site-9)"),
        ("site-2", "lost"),
    ]


def test_what_was_wanted_of_many_is_one_line(internetwork: Internetwork) -> None:
    """Who is not as expected is counted, too; a text of something else stays as it is."""
    wanted = ", ".join(f"{name} state: regular" for name in SLAVES)
    got = "hq state: regular, site-1 licensed: 2 x ip, 1 x itsp, site-2 state: regular"
    said = (
        "FAILED: wanted 9 slaves state: regular; got 2 nodes state: regular (hq, site-2), "
        "site-1 licensed: 2 x ip, 1 x itsp"
    )
    line = Line(0, "", f"FAILED: wanted {wanted}; got {got}")
    assert folded(internetwork, line) == [("", said)]
    assert Groups(internetwork).shared("call from 200 to 300: over") == "call from 200 to 300: over"


@pytest.mark.parametrize(
    ("chosen", "called", "which"),
    [
        (SLAVES, "9 slaves", ""),
        (["hq", *SLAVES], "10 nodes", ""),
        (SLAVES[:1], "site-1", ""),
        (SLAVES[2:8], "6 slaves", "site-3 ... site-8"),
        ([SLAVES[0], *SLAVES[2:]], "8 slaves", "site-1, site-3 ... site-9"),
        (SLAVES[::2], "5 slaves", "all but site-2, site-4, site-6, site-8"),
    ],
)
def test_which_they_are(
    internetwork: Internetwork, chosen: list[str], called: str, which: str
) -> None:
    """In a few words, by those that are meant or by those that are not."""
    groups = Groups(internetwork)
    assert (groups.called(chosen), groups.which(chosen)) == (called, which)


def test_lines_of_many_sites_are_a_range() -> None:
    """From the narrowest to the widest, where all else is alike."""
    data = deepcopy(star().document.data)
    for index, name in enumerate(SLAVES, 2):
        data["internetwork"]["nodes"][name]["line"] = f"{index} Mbit/s"
        data["internetwork"]["links"][f"hq-{name}"] = {
            "bandwidth": f"{index} Mbit/s",
            "latency": f"{index}.25 ms",
        }
    scenario = parse_scenario(data)
    rows = [row.text for row in opening(scenario, 1, Layout(Calendar(scenario.start)))]
    assert "trunks 1 x s2m; line 2 Mbit/s to 10 Mbit/s" in " ".join(" ".join(rows).split())
    assert "  9 links      2 Mbit/s to 10 Mbit/s  2.25 ms to 10.25 ms" in rows


REGISTRATION = {"company": "Example Ltd", "contact": "it@example.com"}
ACTIVATE = {"node": "hq", "lac": "LAC-1", "registration": REGISTRATION}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The star with all slaves cut off but one, and the same without the last slave."""
    timeline = [
        {"at": "day 0 09:00", "activate": ACTIVATE},
        {"at": "day 0 10:00", "unlock": "all"},
        *({"at": "day 1 08:00", "cut": f"hq-{name}"} for name in SLAVES[:-1]),
        {"at": "day 1 20:00", "heal": "hq-site-2"},
        {"at": "day 2 08:00", "expect": {"node": "site-1", "state": "failover"}},
    ]
    written = {}
    for name, slaves in {"large": SLAVES, "small": SLAVES[:-1]}.items():
        written[name] = tmp_path_factory.mktemp(name) / "star.yaml"
        data = star(*timeline, slaves=slaves).document.data
        written[name].write_text(json.dumps(data))
    return written


def test_a_run_of_many_sites(files: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Opening, story and sites fold what is alike; who was cut off longest stands first."""
    assert main(["run", "--by-node", str(files["large"])]) == 0
    out = capsys.readouterr().out
    assert "  9 slaves  OpenScape Business X3  slave   2 x up0; trunks 1 x s2m\n" in out
    assert "  9 links" in out
    assert "8 links      link cut (hq-site-1 ... hq-site-8)\n" in out
    assert "day  0 10:00:00  9 slaves" in out
    rows = out[out.index("\nsites ") :].splitlines()[2:6]
    assert rows[0].startswith("7 slaves  23 h 49 min")
    assert rows[0].endswith("site-1, site-3 ... site-8")
    assert rows[1].startswith("site-2 ")
    assert [row.split()[0] for row in rows[2:]] == ["hq", "site-9"]
    assert "licenses      bought  in use  reserved  free\n" in out
    assert "licenses      hq  site-1  site-2" in out
    assert len(out.splitlines()) < 60


def test_a_smaller_one_is_told_as_ever(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """With nine nodes each line of each site stands for itself, and no table of sites."""
    assert main(["run", str(files["small"])]) == 0
    out = capsys.readouterr().out
    assert len([line for line in out.splitlines() if line.endswith("link cut")]) == 8
    assert "slaves" not in out
    assert "sites " not in out


def test_warnings_that_many_sites_share(
    files: dict[str, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` shows the first place, and names the others."""
    for name, shown in {"large": 1, "small": 8}.items():
        text = files[name].read_text().replace('"name": "s2m-1", "kind": "s2m"', "").replace
        without = files[name].with_name("no-trunk.yaml")
        without.write_text(text('"trunks": [{, "channels": "1"}]', '"trunks": []'))
        assert main(["check", str(without)]) == 0
        out = capsys.readouterr().out
        assert out.count("has no trunk") == shown
        assert ("    the same of 8 slaves: site-2 ... site-9\n" in out) == (name == "large")


def test_a_site_that_starts_restricted_is_counted_so(internetwork: Internetwork) -> None:
    """No transition says it, for it is what a record that cannot be trusted leaves (A12)."""
    account = SiteAccount()
    account(Entry(HOUR_NS, "site-1", StateDamaged("lease")))
    ended = SimpleNamespace(ended_ns=3 * HOUR_NS, licenses={})
    head, worst, *_ = (row.text for row in account.rows(internetwork, ended))
    assert "restricted" in head
    assert worst.split()[:1] == ["site-1"]
    assert "2 h" in worst
